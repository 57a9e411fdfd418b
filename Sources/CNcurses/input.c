// Keys and mouse, one at a time and without waiting.
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "internal.h"
#include <curses.h>

extern WINDOW *cnc_keys;

_Static_assert(CNC_KEY_DOWN == KEY_DOWN && CNC_KEY_UP == KEY_UP && CNC_KEY_LEFT == KEY_LEFT && CNC_KEY_RIGHT == KEY_RIGHT, "arrows");
_Static_assert(CNC_KEY_HOME == KEY_HOME && CNC_KEY_END == KEY_END && CNC_KEY_PAGE_DOWN == KEY_NPAGE, "paging");
_Static_assert(CNC_KEY_PAGE_UP == KEY_PPAGE && CNC_KEY_ENTER == KEY_ENTER && CNC_KEY_BACK_TAB == KEY_BTAB, "paging");
_Static_assert(CNC_KEY_BACKSPACE == KEY_BACKSPACE && CNC_KEY_DELETE == KEY_DC && CNC_KEY_INSERT == KEY_IC, "editing");
_Static_assert(CNC_KEY_F0 == KEY_F0 && CNC_KEY_SHIFT_DOWN == KEY_SF && CNC_KEY_SHIFT_UP == KEY_SR, "shift");
_Static_assert(CNC_KEY_SHIFT_LEFT == KEY_SLEFT && CNC_KEY_SHIFT_RIGHT == KEY_SRIGHT, "shift");

static bool read_mouse(cnc_input *input) {
    MEVENT event;
    if (getmouse(&event) != OK) return false;
    // The older encoding cannot say columns above 223; they come back wrong, even negative.
    if (event.x < 0 || event.y < 0 || event.x >= getmaxx(stdscr) || event.y >= getmaxy(stdscr)) return false;
    static const struct { mmask_t mask; uint32_t code; } buttons[] = {
        {BUTTON4_PRESSED, CNC_MOUSE_WHEEL_UP}, {BUTTON5_PRESSED, CNC_MOUSE_WHEEL_DOWN},
        // A press and release that arrive together become a click, whatever the interval.
        {BUTTON1_PRESSED | BUTTON1_CLICKED, CNC_MOUSE_LEFT}, {BUTTON2_PRESSED | BUTTON2_CLICKED, CNC_MOUSE_MIDDLE},
        {BUTTON3_PRESSED | BUTTON3_CLICKED, CNC_MOUSE_RIGHT},
    };
    for (size_t index = 0; index < sizeof buttons / sizeof buttons[0]; index++) {
        if (event.bstate & buttons[index].mask) {
            *input = (cnc_input){CNC_INPUT_MOUSE, buttons[index].code, event.x, event.y};
            return true;
        }
    }
    return false;
}

bool cnc_read(cnc_input *input) {
    // What is skipped (a release, the resize that resizeterm queues) is followed by what came after it.
    for (;;) {
        wint_t code = 0;
        switch (wget_wch(cnc_keys, &code)) {
        case OK:
            *input = (cnc_input){CNC_INPUT_CHARACTER, code, 0, 0};
            return true;
        case KEY_CODE_YES:
            if (code == KEY_RESIZE) continue;
            if (code == KEY_MOUSE) {
                if (read_mouse(input)) return true;
                continue;
            }
            *input = (cnc_input){CNC_INPUT_KEY, code, 0, 0};
            return true;
        default:
            return false;
        }
    }
}
