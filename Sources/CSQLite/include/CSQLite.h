// SQLite, and what Swift cannot call of it: variadic functions and cast macros. One wrapper, one reason.
#ifndef CSQLITE_H
#define CSQLITE_H
#include <stdint.h>
#include <sqlite3.h>

/// `sqlite3_db_config` is variadic. Sets one boolean switch; returns SQLite's result code, the new state in `*now`.
int csqlite_db_config(sqlite3 *db, int option, int on, int *now);

/// To be called before the first connection; later it does nothing.
///
/// `sqlite3_config` is variadic. SQLite keeps no account of its memory from now on: nobody reads it, and each allocation of any
/// thread would take a lock for it.
///
/// And the memory that the processes of a WAL database share gets real blocks on the disk before anybody writes to it. SQLite extends
/// that file (`-shm`) by single bytes: on a full disk with blocks below 4 KiB the rest is a hole, and writing there ends the
/// process with SIGBUS. Here it is SQLITE_FULL.
///
/// And SQLite opens nothing but files and folders, and waits for none: a pipe or a device that took the place of a journal is an error
/// (SQLITE_CANTOPEN), however late it came there.
void csqlite_set_up(void);

/// `SQLITE_TRANSIENT` is a cast macro: SQLite copies the bytes before the call returns.
/// `encoding` is the SQLITE_UTF8 (1), SQLITE_UTF16LE (2) or SQLITE_UTF16BE (3) that the text's bytes are in.
int csqlite_bind_text_copy(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count, uint8_t encoding);
int csqlite_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count);

/// `SQLITE_STATIC` is a cast macro: the caller keeps the bytes alive and unchanged until the statement is reset.
/// Inline, because redo calls them for every value. An empty value needs a pointer that is not NULL.
static inline int csqlite_bind_text_static(
    sqlite3_stmt *statement, int index, const void *bytes, uint64_t count, uint8_t encoding) {
    return sqlite3_bind_text64(statement, index, bytes ? bytes : "", count, SQLITE_STATIC, encoding);
}
static inline int csqlite_bind_blob_static(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count) {
    return sqlite3_bind_blob64(statement, index, bytes ? bytes : "", count, SQLITE_STATIC);
}

/// What the wal-index says of the last commit in the write-ahead log. Layout: https://www.sqlite.org/walformat.html
typedef struct CSQLiteWalIndex {
    /// The 48 bytes of the header as they stand, to be compared with a later reading.
    uint8_t header[48];
    /// Size of a page in bytes.
    uint32_t page_size;
    /// The last frame of the last commit, counted from 1; 0 when the log holds nothing.
    uint32_t last_frame;
    /// Pages of the database after that commit.
    uint32_t page_count;
    /// Frames up to this one are in the main file already.
    uint32_t backfilled;
    /// The salts, as bytes in the order in which the log's own headers hold them.
    uint8_t salts[8];
} CSQLiteWalIndex;

/// Reads the wal-index of the connection that owns `file` (SQLITE_FCNTL_FILE_POINTER). The connection must have the
/// write-ahead log open. The number of frames in the main file is read before the header, which is what makes an equal
/// header prove that the number belongs to it. The index is memory that other processes write: C, for `volatile` and fences.
/// Returns SQLITE_OK; SQLITE_BUSY when a writer is changing it this moment or it is not set up; else what the system said.
int csqlite_wal_index(sqlite3_file *file, CSQLiteWalIndex *result);

/// A macro of arithmetic, which Swift does not see.
static const int CSQLITE_IOERR_SHORT_READ = SQLITE_IOERR_SHORT_READ;
static const int CSQLITE_IOERR_SHMSIZE = SQLITE_IOERR_SHMSIZE;

/// Calls through the file's table of methods, which Swift sees as optional pointers.
int csqlite_file_read(sqlite3_file *file, void *bytes, int count, int64_t offset);

/// 1 when the file that the main handle has is not the one that its path leads to now.
int csqlite_has_moved(sqlite3 *db);

/// Makes what was written to the main file durable, through SQLite's own handle: closing another one would drop its locks.
int csqlite_sync(sqlite3 *db);

/// Puts a function in that takes any arguments and refuses every call; `on` 0 takes it away again.
int csqlite_stand_in_function(sqlite3 *db, const char *name, int on);

/// Puts a collation in that sets `*called` when it is asked; NULL takes it away again.
int csqlite_stand_in_collation(sqlite3 *db, const char *name, int *called);

/// Asks `ask` before each read of the main file, telling the count of bytes; when the answer is not 0, the read fails with SQLITE_INTERRUPT. SQLite before 3.43
/// looks at neither its progress handler nor `sqlite3_interrupt` while an integrity check walks through the pages, which takes
/// minutes in a large file.
typedef struct CSQLiteReadGuard {
    sqlite3_io_methods methods;
    const sqlite3_io_methods *original;
    sqlite3_file *file;
    int (*ask)(void *, int);
    void *context;
} CSQLiteReadGuard;

/// The guard must keep its address until `csqlite_read_guard_end`, which the same thread calls. No guards inside one another.
void csqlite_read_guard_begin(CSQLiteReadGuard *guard, sqlite3 *db, int (*ask)(void *, int), void *context);
void csqlite_read_guard_end(CSQLiteReadGuard *guard);
#endif
