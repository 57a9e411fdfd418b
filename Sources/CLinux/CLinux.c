#define _GNU_SOURCE
#include "CLinux.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>
#if __has_include(<linux/openat2.h>) && defined(SYS_openat2)
#include <linux/openat2.h>
#define HAS_OPENAT2 1
#endif

int clinux_open_folder(int at, const char *path) {
#ifdef HAS_OPENAT2
    struct open_how how = { .flags = O_PATH | O_DIRECTORY | O_CLOEXEC, .resolve = RESOLVE_NO_SYMLINKS };
    return (int)syscall(SYS_openat2, at, path, &how, sizeof how);
#else
    (void)at, (void)path;
    errno = ENOSYS;
    return -1;
#endif
}

int clinux_open_name(int at, const char *name) { return openat(at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC); }

int clinux_open_found(int descriptor) {
    char name[32];
    snprintf(name, sizeof name, "/proc/self/fd/%d", descriptor);
    return open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

int clinux_open_subfolder(int at, const char *name) { return openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC); }

int clinux_rename_new(int from, const char *old_name, int to, const char *new_name) {
    return renameat2(from, old_name, to, new_name, RENAME_NOREPLACE);
}

int clinux_is_made_up(int descriptor) {
    static const unsigned long made_up[] = {
        PROC_SUPER_MAGIC, SYSFS_MAGIC, DEBUGFS_MAGIC, TRACEFS_MAGIC, SECURITYFS_MAGIC, SELINUX_MAGIC, CGROUP_SUPER_MAGIC,
        CGROUP2_SUPER_MAGIC, BPF_FS_MAGIC, EFIVARFS_MAGIC, PSTOREFS_MAGIC, BINFMTFS_MAGIC,
    };
    struct statfs found;
    if (fstatfs(descriptor, &found) != 0) return 0;
    for (size_t i = 0; i < sizeof made_up / sizeof *made_up; i++) if ((unsigned long)found.f_type == made_up[i]) return 1;
    return 0;
}
