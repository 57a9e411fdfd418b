// See CPty.h: pseudo terminals and the processes on them, for tests only.
#define _GNU_SOURCE
#include "CPty.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

int cpty_resize(int master, int columns, int rows) {
    struct winsize size = {.ws_col = columns, .ws_row = rows};
    return ioctl(master, TIOCSWINSZ, &size) == 0 ? 0 : errno;
}

int cpty_spawn(const char *path, char *const arguments[], char *const environment[], int columns, int rows, int *master, pid_t *process) {
    char name[128];
    int descriptor = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (descriptor < 0) return errno;
    if (grantpt(descriptor) || unlockpt(descriptor) || ptsname_r(descriptor, name, sizeof name) ||
        cpty_resize(descriptor, columns, rows)) {
        int error = errno;
        close(descriptor);
        return error;
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    // The first terminal that a session leader opens becomes its controlling terminal.
    posix_spawn_file_actions_addopen(&actions, 0, name, O_RDWR, 0);
    posix_spawn_file_actions_adddup2(&actions, 0, 1);
    posix_spawn_file_actions_adddup2(&actions, 0, 2);
    posix_spawn_file_actions_addclosefrom_np(&actions, 3);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none, all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int error = posix_spawn(process, path, &actions, &attributes, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attributes);
    if (error) close(descriptor);
    else *master = descriptor;
    return error;
}

bool cpty_is_cooked(int master) {
    struct termios modes;
    return tcgetattr(master, &modes) == 0 && (modes.c_lflag & ICANON) && (modes.c_lflag & ECHO);
}

void cpty_make_cooked(int master) {
    struct termios modes;
    if (tcgetattr(master, &modes) == 0) {
        modes.c_lflag |= ICANON | ECHO | ISIG;
        tcsetattr(master, TCSANOW, &modes);
    }
}

int cpty_status(pid_t process) {
    int status;
    if (waitpid(process, &status, WNOHANG) != process) return -1;
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
