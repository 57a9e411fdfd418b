/* measure FILE COMMAND…: runs a command and writes its wall, user and system seconds, its peak memory in KB and its exit status
   into FILE. Peak memory is only right when the parent is small: the kernel counts what was there before exec. */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    pid_t child = fork();
    if (child == 0) {
        execvp(argv[2], argv + 2);
        _exit(127);
    }
    int status;
    struct rusage use;
    wait4(child, &status, 0, &use);
    clock_gettime(CLOCK_MONOTONIC, &b);
    FILE *file = fopen(argv[1], "w");
    if (!file) return 1;
    fprintf(file, "%.6f %.6f %.6f %ld %d\n", b.tv_sec - a.tv_sec + (b.tv_nsec - a.tv_nsec) / 1e9,
            use.ru_utime.tv_sec + use.ru_utime.tv_usec / 1e6, use.ru_stime.tv_sec + use.ru_stime.tv_usec / 1e6, use.ru_maxrss,
            WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
    fclose(file);
    return 0;
}
