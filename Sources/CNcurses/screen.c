// Taking the terminal over, drawing, and giving it back.
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "internal.h"
#include <curses.h>
#include <langinfo.h>
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <wchar.h>

// From term.h, whose macros (columns, lines, ...) would take common words away.
int setupterm(const char *name, int descriptor, int *error);

volatile int cnc_terminal_descriptor = -1;
static SCREEN *screen;
// Keys are read through a window of their own, because reading from the visible one would redraw it.
WINDOW *cnc_keys;
static int cursor_state = -1;

bool cnc_use_utf8(void) {
    // Only the character set: numbers keep their points, in SQL texts and elsewhere.
    setlocale(LC_CTYPE, "");
    if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0) setlocale(LC_CTYPE, "C.UTF-8");
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

const char *cnc_terminal_name(void) {
    const char *name = getenv("TERM");
    return name ? name : "";
}

static bool has(const char *capability) {
    const char *text = tigetstr(capability);
    return text && text != (const char *)-1;
}

/// Key sequences that many terminals send whatever their entry says; an entry's own meaning is left alone.
static void define_keys(void) {
    static const struct { const char *capability; int code; } named[] = {
        {"kUP5", CNC_KEY_CTRL_UP}, {"kDN5", CNC_KEY_CTRL_DOWN}, {"kLFT5", CNC_KEY_CTRL_LEFT}, {"kRIT5", CNC_KEY_CTRL_RIGHT},
        {"kUP", CNC_KEY_SHIFT_UP}, {"kDN", CNC_KEY_SHIFT_DOWN}, {"kcbt2", KEY_BTAB},
    };
    for (size_t index = 0; index < sizeof named / sizeof named[0]; index++) {
        if (has(named[index].capability)) define_key(tigetstr(named[index].capability), named[index].code);
    }
    static const struct { const char *sequence; int code; } usual[] = {
        {"\033[A", KEY_UP}, {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT}, {"\033[H", KEY_HOME},
        {"\033[F", KEY_END}, {"\033OH", KEY_HOME}, {"\033OF", KEY_END}, {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END},
        {"\033[7~", KEY_HOME}, {"\033[8~", KEY_END}, {"\033[2~", KEY_IC}, {"\033[3~", KEY_DC}, {"\033[5~", KEY_PPAGE},
        {"\033[6~", KEY_NPAGE}, {"\033[Z", KEY_BTAB},
        {"\033[1;5A", CNC_KEY_CTRL_UP}, {"\033[1;5B", CNC_KEY_CTRL_DOWN}, {"\033[1;5C", CNC_KEY_CTRL_RIGHT},
        {"\033[1;5D", CNC_KEY_CTRL_LEFT},
    };
    for (size_t index = 0; index < sizeof usual / sizeof usual[0]; index++) {
        if (key_defined(usual[index].sequence) == 0) define_key(usual[index].sequence, usual[index].code);
    }
}

cnc_status cnc_start(bool mouse, int escape_delay_milliseconds) {
    if (screen) return CNC_BUSY;
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) return CNC_NOT_A_TERMINAL;
    // initscr would end the process by itself for an unknown terminal.
    int error = 0;
    if (*cnc_terminal_name() == 0 || setupterm(NULL, STDOUT_FILENO, &error) != OK) return CNC_UNKNOWN_TERMINAL;
    // newterm succeeds on a dumb terminal and draws rubbish.
    if (!has("cup") || !has("clear")) return CNC_POOR_TERMINAL;
    if (!cnc_prepare_wake()) return CNC_NO_RESOURCES;
    cnc_terminal_descriptor = STDIN_FILENO;
    cnc_remember_modes();
    screen = newterm(NULL, stdout, stdin);
    if (!screen) {
        cnc_terminal_descriptor = -1;
        return CNC_NO_RESOURCES;
    }
    raw();
    noecho();
    nonl();
    cnc_keys = newpad(1, 1);
    if (!cnc_keys) {
        endwin();
        delscreen(screen);
        screen = NULL;
        cnc_terminal_descriptor = -1;
        return CNC_NO_RESOURCES;
    }
    keypad(cnc_keys, TRUE);
    nodelay(cnc_keys, TRUE);
    intrflush(stdscr, FALSE);
    idlok(stdscr, TRUE);
    set_escdelay(escape_delay_milliseconds);
    define_keys();
    if (mouse) {
        mousemask(BUTTON1_PRESSED | BUTTON1_CLICKED | BUTTON2_PRESSED | BUTTON2_CLICKED | BUTTON3_PRESSED | BUTTON3_CLICKED |
            BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
        mouseinterval(0);
    }
    cursor_state = -1;
    cnc_prepare_restore(mouse);
    // After newterm: it installs handlers of its own, which lose a resize that arrives just before poll.
    cnc_catch_signals();
    cnc_hold_diagnostics();
    cnc_adopt_size();
    return CNC_STARTED;
}

void cnc_stop(void) {
    if (!screen) return;
    curs_set(1);
    endwin();
    cnc_terminal_descriptor = -1;
    cnc_release_signals();
    delwin(cnc_keys);
    cnc_keys = NULL;
    delscreen(screen);
    screen = NULL;
    cnc_release_diagnostics();
}

void cnc_suspend(void) {
    if (!screen) return;
    curs_set(1);
    endwin();
    cnc_release_diagnostics();
    struct sigaction ours, system = {.sa_handler = SIG_DFL};
    sigaction(SIGTSTP, &system, &ours);
    // As the terminal driver would have done it: the whole group, with it whatever started us without a shell between.
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &ours, NULL);
    cnc_hold_diagnostics();
    cnc_take_again();
}

void cnc_take_again(void) {
    if (!screen) return;
    // endwin first makes refresh bring back all modes: raw, keypad, mouse, alternate screen.
    endwin();
    cursor_state = -1;
    cnc_adopt_size();
    clearok(curscr, TRUE);
    refresh();
}

void cnc_size(int *columns, int *rows) {
    *columns = getmaxx(stdscr);
    *rows = getmaxy(stdscr);
}

void cnc_adopt_size(void) {
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 && size.ws_row > 0 &&
        is_term_resized(size.ws_row, size.ws_col)) {
        resizeterm(size.ws_row, size.ws_col);
    }
}

int cnc_colours(void) {
    static bool started;
    if (!has_colors()) return 0;
    started = start_color() == OK && use_default_colors() == OK;
    return started ? COLORS : 0;
}

void cnc_define_pair(int pair, int foreground, int background) { init_pair((short)pair, (short)foreground, (short)background); }

int cnc_wcwidth(uint32_t scalar) { return wcwidth((wchar_t)scalar); }

void cnc_draw_row(int row, const cnc_cell *cells, int count) {
    int columns = getmaxx(stdscr);
    if (row < 0 || row >= getmaxy(stdscr)) return;
    for (int column = 0; column < count && column < columns; column++) {
        const cnc_cell *cell = cells + column;
        if (cell->width == 0 || column + cell->width > columns) continue;
        wchar_t text[CCHARW_MAX + 1] = {0};
        for (int index = 0; index < 4 && index < CCHARW_MAX; index++) text[index] = (wchar_t)cell->scalars[index];
        int width = wcwidth(text[0]);
        if (width != cell->width) {
            text[0] = L'?';
            text[1] = 0;
        }
        attr_t attributes = (cell->attributes & CNC_BOLD ? A_BOLD : 0) | (cell->attributes & CNC_DIM ? A_DIM : 0) |
            (cell->attributes & CNC_UNDERLINE ? A_UNDERLINE : 0) | (cell->attributes & CNC_REVERSE ? A_REVERSE : 0);
        cchar_t shown;
        setcchar(&shown, text, attributes, cell->pair, NULL);
        // Unlike wadd_wch this neither wraps nor scrolls, also in the last cell of the screen.
        mvwadd_wchnstr(stdscr, row, column, &shown, 1);
    }
}

void cnc_refresh(int cursor_row, int cursor_column) {
    bool shown = cursor_column >= 0;
    if (cursor_state != shown) curs_set(shown);
    cursor_state = shown;
    // A hidden cursor may stay where drawing left it: fewer bytes.
    leaveok(stdscr, !shown);
    if (shown) move(cursor_row, cursor_column);
    refresh();
}

void cnc_write_raw(const char *bytes, size_t count) {
    while (count > 0) {
        ssize_t written = write(STDOUT_FILENO, bytes, count);
        if (written <= 0) return;
        bytes += written;
        count -= written;
    }
}
