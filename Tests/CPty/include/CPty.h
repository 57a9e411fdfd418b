// A program on a pseudo terminal of its own. posix_spawn instead of fork: the test process has threads.
#ifndef CPTY_H
#define CPTY_H
#include <stdbool.h>
#include <sys/types.h>

/// Starts a program as leader of a new session whose controlling terminal is a new pseudo terminal of that size. All
/// signals are unblocked and at their defaults, whatever the calling thread blocked. Returns 0 or an errno.
int cpty_spawn(const char *path, char *const arguments[], char *const environment[], int columns, int rows, int *master, pid_t *process);
/// Changes the size; the program gets SIGWINCH.
int cpty_resize(int master, int columns, int rows);
/// Whether the terminal edits lines and echoes, as a shell expects it.
bool cpty_is_cooked(int master);
void cpty_make_cooked(int master);
/// The exit code, or 128 + signal; -1 while the process runs.
int cpty_status(pid_t process);
#endif
