// What NcursesTerminal needs of ncurses, and what must be C: signal handlers, the wake descriptor, restoring a terminal
// while the process dies. curses.h stays out of this header: its names (move, erase, clear, timeout, box, echo, ...) would
// land in every Swift file that imports the module. All names here begin with cnc_.
//
// There is one terminal per process. All functions but cnc_wake belong to the thread that called cnc_start.
#ifndef CNCURSES_H
#define CNCURSES_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Starting and ending.

typedef enum {
    CNC_STARTED = 0,
    CNC_NOT_A_TERMINAL = 1,     // standard input or output is something else
    CNC_UNKNOWN_TERMINAL = 2,   // TERM is not set or not in the terminal database
    CNC_POOR_TERMINAL = 3,      // it cannot move its cursor or clear its screen
    CNC_NO_RESOURCES = 4,       // descriptors or memory
    CNC_BUSY = 5,               // started already
} cnc_status;

/// Makes the character set UTF-8 where the system can (the locale of the environment, else C.UTF-8); says whether it is.
bool cnc_use_utf8(void);
/// Takes the terminal over. After any result but CNC_STARTED nothing is changed.
cnc_status cnc_start(bool mouse, int escape_delay_milliseconds);
/// Gives the terminal back as it was found. Without effect when not started.
void cnc_stop(void);
/// Gives the terminal back, stops the process as Ctrl-Z does, and takes the terminal again when it goes on.
void cnc_suspend(void);
/// Takes the terminal again after somebody else stopped and continued the process.
void cnc_take_again(void);
/// The terminal's name as TERM gives it, "" when not set.
const char *cnc_terminal_name(void);

// Output.

enum { CNC_BOLD = 1, CNC_DIM = 2, CNC_UNDERLINE = 4, CNC_REVERSE = 8 };

typedef struct {
    uint32_t scalars[4];    // the character and its marks, ended by 0 when fewer
    uint8_t attributes;     // CNC_BOLD | ...
    uint8_t pair;           // of cnc_define_pair; 0 is the terminal's own colours
    uint8_t width;          // 1 or 2; 0 for the right half of a wide character, which is skipped
} cnc_cell;

void cnc_size(int *columns, int *rows);
/// Asks the terminal for its size and takes it over; the screen is then blank and must be drawn whole.
void cnc_adopt_size(void);
/// Colours the terminal has; 0 when none.
int cnc_colours(void);
/// Colours are 0 to 7 in the order of the ANSI standard; -1 is the terminal's own.
void cnc_define_pair(int pair, int foreground, int background);
/// Puts the cells of a row from column 0. Cells outside of the screen are left out. A character whose width the C library
/// sees otherwise is shown as a question mark, because what follows it would be misplaced.
void cnc_draw_row(int row, const cnc_cell *cells, int count);
/// Sends what changed; hides the cursor when its column is negative.
void cnc_refresh(int cursor_row, int cursor_column);
/// Writes bytes behind everything sent so far.
void cnc_write_raw(const char *bytes, size_t count);
/// The C library's width of a character in the current locale.
int cnc_wcwidth(uint32_t scalar);

// Input.

enum { CNC_INPUT_CHARACTER = 1, CNC_INPUT_KEY = 2, CNC_INPUT_MOUSE = 3 };
enum { CNC_MOUSE_LEFT = 1, CNC_MOUSE_MIDDLE = 2, CNC_MOUSE_RIGHT = 3, CNC_MOUSE_WHEEL_UP = 4, CNC_MOUSE_WHEEL_DOWN = 5 };

typedef struct {
    int kind;               // CNC_INPUT_...
    uint32_t code;          // a scalar, a key number, or CNC_MOUSE_...
    int column, row;        // of the mouse, inside the screen
} cnc_input;

/// Takes one input without waiting (a lone escape waits for the escape delay). False when there is none.
bool cnc_read(cnc_input *input);

// Key numbers. Those up to 0777 are ncurses' own, checked when cnc_start's file is compiled; the rest are defined here.
enum {
    CNC_KEY_DOWN = 0402, CNC_KEY_UP = 0403, CNC_KEY_LEFT = 0404, CNC_KEY_RIGHT = 0405, CNC_KEY_HOME = 0406,
    CNC_KEY_BACKSPACE = 0407, CNC_KEY_F0 = 0410, CNC_KEY_DELETE = 0512, CNC_KEY_INSERT = 0513, CNC_KEY_SHIFT_DOWN = 0520,
    CNC_KEY_SHIFT_UP = 0521, CNC_KEY_PAGE_DOWN = 0522, CNC_KEY_PAGE_UP = 0523, CNC_KEY_ENTER = 0527,
    CNC_KEY_BACK_TAB = 0541, CNC_KEY_END = 0550, CNC_KEY_SHIFT_LEFT = 0611, CNC_KEY_SHIFT_RIGHT = 0622,
    CNC_KEY_CTRL_UP = 0x1001, CNC_KEY_CTRL_DOWN = 0x1002, CNC_KEY_CTRL_LEFT = 0x1003, CNC_KEY_CTRL_RIGHT = 0x1004,
};

// Waiting and signals.

enum {
    CNC_READY_INPUT = 1, CNC_READY_WAKE = 2, CNC_READY_HANG_UP = 4,
};
/// Waits for input, a wake-up or a signal: at most that many milliseconds, for ever when negative. With `input` false only
/// for wake-ups (the terminal is gone). Returns CNC_READY_... bits; a signal counts as a wake-up.
int cnc_wait(bool input, int milliseconds);
/// Ends the current or the next cnc_wait. From any thread, at any time.
void cnc_wake(void);
/// Whether cnc_wake was called since this was asked last; signals do not count.
bool cnc_take_wake(void);

enum {
    CNC_SIGNAL_RESIZE = 1, CNC_SIGNAL_SUSPEND = 2, CNC_SIGNAL_CONTINUE = 4, CNC_SIGNAL_INTERRUPT = 8, CNC_SIGNAL_TERMINATE = 16,
    CNC_SIGNAL_HANG_UP = 32,
};
/// The signals that arrived since this was asked last.
int cnc_take_signals(void);
#endif
