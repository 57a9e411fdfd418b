// Signals and waiting. Handlers do two things only: note the signal and write the wake descriptor; or, when the process is
// dying, write a prepared text that restores the terminal. Everything they touch is prepared beforehand.
#define _GNU_SOURCE
#define NCURSES_WIDECHAR 1
#include "internal.h"
#include <curses.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <termios.h>
#include <unistd.h>

// From term.h, whose macros (columns, lines, ...) would take common words away.
int tputs(const char *text, int lines, int (*put)(int));

// Never closed once open: another thread may hold a waker for ever, and a descriptor number used again would make it
// write into somebody's file.
static volatile int wake_descriptor = -1;
static int wake_requested;
static int arrived;

static const struct { int number, bit; } noted[] = {
    {SIGWINCH, CNC_SIGNAL_RESIZE}, {SIGTSTP, CNC_SIGNAL_SUSPEND}, {SIGCONT, CNC_SIGNAL_CONTINUE},
    {SIGINT, CNC_SIGNAL_INTERRUPT}, {SIGTERM, CNC_SIGNAL_TERMINATE}, {SIGHUP, CNC_SIGNAL_HANG_UP},
};
static const int deadly[] = {SIGILL, SIGTRAP, SIGSEGV, SIGBUS, SIGFPE, SIGABRT, SIGQUIT, SIGSYS};
enum { noted_count = sizeof noted / sizeof noted[0], deadly_count = sizeof deadly / sizeof deadly[0] };
static struct sigaction noted_before[noted_count], deadly_before[deadly_count];
static stack_t stack_before;
static void *handler_stack;
static bool caught, passes_crashes_on;

static char restore_text[512];
static size_t restore_length;
static struct termios modes_before;

static void ring(void) {
    uint64_t one = 1;
    ssize_t ignored = write(wake_descriptor, &one, sizeof one);
    (void)ignored;
}

bool cnc_prepare_wake(void) {
    if (wake_descriptor < 0) wake_descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return wake_descriptor >= 0;
}

void cnc_wake(void) {
    if (!__atomic_exchange_n(&wake_requested, 1, __ATOMIC_SEQ_CST)) ring();
}

bool cnc_take_wake(void) { return __atomic_exchange_n(&wake_requested, 0, __ATOMIC_SEQ_CST); }

int cnc_take_signals(void) { return __atomic_exchange_n(&arrived, 0, __ATOMIC_SEQ_CST); }

int cnc_wait(bool input, int milliseconds) {
    cnc_bound_diagnostics();
    struct pollfd descriptors[2] = {
        {.fd = wake_descriptor, .events = POLLIN},
        {.fd = input ? cnc_terminal_descriptor : -1, .events = POLLIN},
    };
    int ready = 0;
    // An interrupted wait was interrupted by a handler, which wrote the wake descriptor: looking again sees it.
    int count = poll(descriptors, 2, milliseconds);
    if (count < 0 && errno == EINTR) count = poll(descriptors, 2, 0);
    if (count <= 0) return 0;
    if (descriptors[0].revents) {
        uint64_t rings;
        ssize_t ignored = read(wake_descriptor, &rings, sizeof rings);
        (void)ignored;
        ready |= CNC_READY_WAKE;
    }
    if (descriptors[1].revents & POLLIN) ready |= CNC_READY_INPUT;
    if (descriptors[1].revents & (POLLHUP | POLLERR | POLLNVAL)) ready |= CNC_READY_HANG_UP;
    return ready;
}

static void note(int number) {
    int saved = errno;
    for (int index = 0; index < noted_count; index++) {
        if (noted[index].number == number) __atomic_fetch_or(&arrived, noted[index].bit, __ATOMIC_SEQ_CST);
    }
    ring();
    errno = saved;
}

static void restore_terminal(void) {
    int terminal = cnc_terminal_descriptor;
    if (terminal < 0) return;
    cnc_terminal_descriptor = -1;
    ssize_t ignored = write(STDOUT_FILENO, restore_text, restore_length);
    (void)ignored;
    tcsetattr(terminal, TCSANOW, &modes_before);
    cnc_release_diagnostics();
}

static void crash(int number) {
    restore_terminal();
    // The signal is raised again with the handler of before, or the system's own: it ends the process and leaves the
    // right exit status, after this handler returns and unblocks it.
    struct sigaction next = {.sa_handler = SIG_DFL};
    for (int index = 0; index < deadly_count; index++) {
        if (deadly[index] == number && passes_crashes_on) next = deadly_before[index];
    }
    sigaction(number, &next, NULL);
    raise(number);
}

// A call of exit() anywhere else leaves the terminal in order too.
static void at_exit(void) { cnc_stop(); }

void cnc_catch_signals(void) {
    static bool registered;
    if (!registered) atexit(at_exit);
    registered = true;
    cnc_take_signals();
    // Swift's own backtracer, the handler of before in a program linked to its dynamic library, waits half a minute for a
    // key on a terminal. It gets its turn only when a person asked for it.
    passes_crashes_on = getenv("SWIFT_BACKTRACE") != NULL;
    // A stack of its own lets the handler run after a stack overflow.
    if (!handler_stack) handler_stack = malloc(64 * 1024);
    stack_t stack = {.ss_sp = handler_stack, .ss_size = 64 * 1024};
    if (handler_stack) sigaltstack(&stack, &stack_before);
    for (int index = 0; index < noted_count; index++) {
        struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
        sigemptyset(&action.sa_mask);
        sigaction(noted[index].number, &action, &noted_before[index]);
        // nohup and shells without job control mean it when they ignore a signal.
        int number = noted[index].number;
        if (noted_before[index].sa_handler == SIG_IGN && (number == SIGHUP || number == SIGINT || number == SIGTSTP)) {
            sigaction(number, &noted_before[index], NULL);
        }
    }
    for (int index = 0; index < deadly_count; index++) {
        struct sigaction action = {.sa_handler = crash, .sa_flags = SA_ONSTACK};
        sigemptyset(&action.sa_mask);
        sigaction(deadly[index], &action, &deadly_before[index]);
    }
    caught = true;
}

void cnc_release_signals(void) {
    if (!caught) return;
    caught = false;
    for (int index = 0; index < noted_count; index++) sigaction(noted[index].number, &noted_before[index], NULL);
    for (int index = 0; index < deadly_count; index++) sigaction(deadly[index], &deadly_before[index], NULL);
    if (handler_stack) sigaltstack(&stack_before, NULL);
}

static int collect(int byte) {
    if (restore_length < sizeof restore_text) restore_text[restore_length++] = (char)byte;
    return byte;
}

void cnc_prepare_restore(bool mouse) {
    restore_length = 0;
    if (mouse) {
        for (const char *text = "\033[?1006l\033[?1000l"; *text; text++) collect(*text);
    }
    const char *names[] = {"sgr0", "op", "cnorm", "rmkx", "rmcup"};
    for (size_t index = 0; index < sizeof names / sizeof names[0]; index++) {
        const char *text = tigetstr(names[index]);
        if (text && text != (const char *)-1) tputs(text, 1, collect);
    }
    collect('\r');
    collect('\n');
}

/// The modes to put back; asked before ncurses changes them.
void cnc_remember_modes(void) { tcgetattr(cnc_terminal_descriptor, &modes_before); }
