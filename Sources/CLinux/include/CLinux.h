// What Linux has and Swift's view of the C library does not show: openat2, renameat2, O_PATH.

#ifndef CLINUX_H
#define CLINUX_H

/// Opens a folder for the work below it (O_PATH), over no symbolic link on the way. ENOSYS where the kernel has no openat2.
int clinux_open_folder(int at, const char *path);

/// Opens what is named, be it a link, without touching it (O_PATH | O_NOFOLLOW): for looking at it, and for running it.
int clinux_open_name(int at, const char *name);

/// The same for a folder; ENOTDIR or ELOOP for anything else. It makes an automatic mount happen.
int clinux_open_subfolder(int at, const char *name);

/// Opens for reading what `clinux_open_name` found, whatever has its name by now: by the kernel's own name of a descriptor, /proc/self/fd/N.
int clinux_open_found(int descriptor);

/// Renames, and fails with EEXIST where the new name is taken. EINVAL or ENOSYS where the file system or kernel cannot.
int clinux_rename_new(int from, const char *old_name, int to, const char *new_name);

/// 1 when the bytes of an open file are made up by the kernel as they are read (/proc, /sys and the like), 0 when they are kept.
int clinux_is_made_up(int descriptor);

#endif
