// Standard error while the screen is in use: kept in memory, so that it does not disturb the picture, and written out
// when the terminal is given back, also by a crash (Swift prints the reason of a trap before it raises the signal).
#define _GNU_SOURCE
#include "internal.h"
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

// When more than this is held the oldest is not worth memory: everything is dropped and collecting begins again.
static const off_t held_limit = 1 << 20;

static volatile int held = -1;      // the memory file
static volatile int original = -1;  // where standard error went

void cnc_hold_diagnostics(void) {
    // A person who redirected standard error wants it there.
    if (held >= 0 || !isatty(STDERR_FILENO)) return;
    int memory = memfd_create("standard-error", MFD_CLOEXEC);
    if (memory < 0) return;
    int copy = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
    if (copy < 0 || fcntl(memory, F_SETFL, O_APPEND) < 0 || dup2(memory, STDERR_FILENO) < 0) {
        if (copy >= 0) close(copy);
        close(memory);
        return;
    }
    original = copy;
    held = memory;
}

void cnc_release_diagnostics(void) {
    int memory = held, target = original;
    if (memory < 0) return;
    held = -1;
    original = -1;
    dup2(target, STDERR_FILENO);
    char buffer[4096];
    off_t place = 0;
    for (;;) {
        ssize_t count = pread(memory, buffer, sizeof buffer, place);
        if (count <= 0) break;
        place += count;
        for (ssize_t done = 0; done < count;) {
            ssize_t written = write(target, buffer + done, count - done);
            if (written <= 0) { place = held_limit * 2; break; }
            done += written;
        }
        if (place > held_limit * 2) break;
    }
    close(memory);
    close(target);
}

void cnc_bound_diagnostics(void) {
    struct stat status;
    if (held >= 0 && fstat(held, &status) == 0 && status.st_size > held_limit && ftruncate(held, 0) == 0) {
        static const char note[] = "(earlier messages were dropped)\n";
        ssize_t ignored = write(held, note, sizeof note - 1);
        (void)ignored;
    }
}
