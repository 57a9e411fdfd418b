#define _GNU_SOURCE
#include "CSQLite.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int csqlite_db_config(sqlite3 *db, int option, int on, int *now) {
    return sqlite3_db_config(db, option, on, now);
}

int csqlite_sync(sqlite3 *db) {
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

int csqlite_has_moved(sqlite3 *db) {
    int moved = 0;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return code == SQLITE_OK && moved;
}

// The system's VFS, and ours: the same, but for the methods of main files.
static sqlite3_vfs *system_vfs;
static sqlite3_vfs own_vfs;

// SQLite has a table of methods for each way of locking. A file's own table is found by the pointer behind the system's part of the file.
typedef struct { const sqlite3_io_methods *original; const char *name; } Extra;
enum { TABLES = 8 };
static struct { const sqlite3_io_methods *original; sqlite3_io_methods own; } tables[TABLES];
static pthread_mutex_t tables_lock = PTHREAD_MUTEX_INITIALIZER;

static Extra *extra_of(sqlite3_file *file) { return (Extra *)((char *)file + system_vfs->szOsFile); }

// Gives the first `size` bytes of the file blocks on the disk, through the descriptor that SQLite has: closing another one would drop SQLite's
// locks. A file system that cannot do so is left alone.
static int allocate(const char *path, off_t size) {
    struct stat wanted, found;
    DIR *folder = stat(path, &wanted) == 0 ? opendir("/proc/self/fd") : NULL;
    if (!folder) return SQLITE_OK;
    int result = SQLITE_OK;
    for (struct dirent *entry; (entry = readdir(folder));) {
        int number = atoi(entry->d_name);
        if (entry->d_name[0] == '.' || fstat(number, &found) != 0) continue;
        if (found.st_dev != wanted.st_dev || found.st_ino != wanted.st_ino) continue;
        if (fallocate(number, FALLOC_FL_KEEP_SIZE, 0, size) == 0) break;
        if (errno == ENOSPC || errno == EDQUOT) {
            result = SQLITE_FULL;
            break;
        }
    }
    closedir(folder);
    return result;
}

static int map_shared_memory(sqlite3_file *file, int region, int size, int extend, void volatile **memory) {
    Extra *extra = extra_of(file);
    int code = extra->original->xShmMap(file, region, size, extend, memory);
    if (code != SQLITE_OK || !*memory) return code;
    char path[4200];
    if (snprintf(path, sizeof path, "%s-shm", extra->name) >= (int)sizeof path) return code;
    code = allocate(path, (off_t)(region + 1) * size);
    if (code != SQLITE_OK) *memory = NULL;
    return code;
}

static const sqlite3_io_methods *own_methods(const sqlite3_io_methods *original) {
    const sqlite3_io_methods *found = original;
    pthread_mutex_lock(&tables_lock);
    for (int i = 0; i < TABLES; i++) {
        if (!tables[i].original) {
            tables[i].own = *original;
            // Methods of a later version are not in this copy.
            if (original->iVersion > 3) tables[i].own.iVersion = 3;
            tables[i].own.xShmMap = map_shared_memory;
            tables[i].original = original;
        }
        if (tables[i].original == original) {
            found = &tables[i].own;
            break;
        }
    }
    pthread_mutex_unlock(&tables_lock);
    return found;
}

static int is_plain(const struct stat *file) { return S_ISREG(file->st_mode) || S_ISDIR(file->st_mode); }

// What SQLite opens besides files and folders: its source of random numbers, and what it keeps the numbers of the standard streams taken with.
static int is_known_device(const char *path) { return strcmp(path, "/dev/urandom") == 0 || strcmp(path, "/dev/null") == 0; }

// Somebody's lease on a file makes an opener that does not wait come again. So long it comes: its holder has been told.
enum { LEASE_ATTEMPTS = 600, LEASE_PAUSE = 5000 };

static int (*system_open)(const char *, int, int);

// Every open of SQLite's: of the data file, the journals, the shared memory, at any time. A pipe that stands there by then would be waited
// for; nothing that Stop could end.
static int open_plain(const char *path, int flags, int mode) {
    struct stat there;
    if (is_known_device(path)) return system_open(path, flags, mode);
    // Looked at first: to open some devices is to use them. What counts is the look at what was opened.
    if (lstat(path, &there) == 0 && !is_plain(&there) && !S_ISLNK(there.st_mode)) {
        errno = ENXIO;
        return -1;
    }
    int descriptor;
    // For what is plain O_NONBLOCK means nothing once it is open.
    for (int i = 0; (descriptor = system_open(path, flags | O_NONBLOCK, mode)) < 0 && errno == EWOULDBLOCK && i < LEASE_ATTEMPTS; i++)
        usleep(LEASE_PAUSE);
    if (descriptor >= 0 && (fstat(descriptor, &there) != 0 || !is_plain(&there))) {
        close(descriptor);
        errno = ENXIO;
        return -1;
    }
    return descriptor;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *opened) {
    (void)vfs;
    int code = system_vfs->xOpen(system_vfs, name, file, flags, opened);
    if (code != SQLITE_OK || !(flags & SQLITE_OPEN_MAIN_DB) || !name) return code;
    const sqlite3_io_methods *original = file->pMethods;
    if (!original || original->iVersion < 2 || !original->xShmMap) return code;
    // SQLite keeps the name as long as the file is open.
    *extra_of(file) = (Extra){ original, name };
    file->pMethods = own_methods(original);
    return code;
}

void csqlite_set_up(void) {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    system_vfs = sqlite3_vfs_find(NULL);
    if (!system_vfs) return;
    if (system_vfs->iVersion >= 3 && system_vfs->xSetSystemCall) {
        system_open = (int (*)(const char *, int, int))system_vfs->xGetSystemCall(system_vfs, "open");
        if (system_open) system_vfs->xSetSystemCall(system_vfs, "open", (sqlite3_syscall_ptr)open_plain);
    }
    own_vfs = *system_vfs;
    own_vfs.zName = "msc";
    own_vfs.pNext = NULL;
    own_vfs.szOsFile += (int)sizeof(Extra);
    own_vfs.xOpen = open_file;
    sqlite3_vfs_register(&own_vfs, 1);
}

// An empty value needs a pointer that is not NULL: with NULL, SQLite binds NULL instead.
static const char nothing = 0;

int csqlite_bind_text_copy(sqlite3_stmt *s, int i, const void *bytes, uint64_t count, uint8_t encoding) {
    return sqlite3_bind_text64(s, i, bytes ? bytes : &nothing, count, SQLITE_TRANSIENT, encoding);
}
int csqlite_bind_blob_copy(sqlite3_stmt *s, int i, const void *bytes, uint64_t count) {
    return sqlite3_bind_blob64(s, i, bytes ? bytes : &nothing, count, SQLITE_TRANSIENT);
}
int csqlite_file_read(sqlite3_file *file, void *bytes, int count, int64_t offset) {
    if (!file->pMethods) return SQLITE_MISUSE;
    return file->pMethods->xRead(file, bytes, count, offset);
}

static void refuse_call(sqlite3_context *context, int count, sqlite3_value **values) {
    (void)count, (void)values;
    sqlite3_result_error(context, "no such function: it belongs to the application", -1);
}

int csqlite_stand_in_function(sqlite3 *db, const char *name, int on) {
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
    return sqlite3_create_function_v2(db, name, -1, flags, NULL, on ? refuse_call : NULL, NULL, NULL, NULL);
}

static int note_comparison(void *called, int a, const void *x, int b, const void *y) {
    (void)a, (void)x, (void)b, (void)y;
    *(int *)called = 1;
    return 0;
}

int csqlite_stand_in_collation(sqlite3 *db, const char *name, int *called) {
    return sqlite3_create_collation_v2(db, name, SQLITE_UTF8, called, called ? note_comparison : NULL, NULL);
}

enum { WORDS = 12, REGION = 32768, BACKFILL_WORD = 24, VERSION = 3007000 };

int csqlite_wal_index(sqlite3_file *file, CSQLiteWalIndex *result) {
    if (!file->pMethods || file->pMethods->iVersion < 2 || !file->pMethods->xShmMap) return SQLITE_MISUSE;
    volatile void *region = 0;
    int code = file->pMethods->xShmMap(file, 0, REGION, 0, &region);
    // A connection that may not write maps the index read-only and says so; the memory is as good.
    if (code != SQLITE_OK && code != SQLITE_READONLY) return code;
    if (!region) return SQLITE_BUSY;
    const volatile uint32_t *words = region;
    // Two copies of the header follow one another. A writer changes the second one first, then the first.
    uint32_t first[WORDS], second[WORDS];
    result->backfilled = words[BACKFILL_WORD];
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (int i = 0; i < WORDS; i++) first[i] = words[i];
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    for (int i = 0; i < WORDS; i++) second[i] = words[WORDS + i];
    if (memcmp(first, second, sizeof first) != 0) return SQLITE_BUSY;
    memcpy(result->header, first, sizeof first);
    if (first[0] != VERSION || !result->header[12]) return SQLITE_BUSY;
    uint16_t size;
    memcpy(&size, result->header + 14, sizeof size);
    result->page_size = size == 1 ? 65536 : size;
    result->last_frame = first[4];
    result->page_count = first[5];
    memcpy(result->salts, result->header + 32, sizeof result->salts);
    return SQLITE_OK;
}

// A file's methods get the file alone. A connection is used by one thread at a time, so the guard is the thread's.
static _Thread_local CSQLiteReadGuard *current_guard;

static int guarded_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset) {
    CSQLiteReadGuard *guard = current_guard;
    if (!guard || guard->file != file) return SQLITE_MISUSE;
    if (guard->ask(guard->context, count)) return SQLITE_INTERRUPT;
    return guard->original->xRead(file, bytes, count, offset);
}

void csqlite_read_guard_begin(CSQLiteReadGuard *guard, sqlite3 *db, int (*ask)(void *, int), void *context) {
    memset(guard, 0, sizeof *guard);
    sqlite3_file *file = 0;
    if (current_guard || sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK) return;
    if (!file || !file->pMethods || file->pMethods->iVersion < 3) return;
    guard->original = file->pMethods;
    guard->file = file;
    guard->ask = ask;
    guard->context = context;
    guard->methods = *guard->original;
    // Methods of a later version are not in this copy.
    guard->methods.iVersion = 3;
    guard->methods.xRead = guarded_read;
    current_guard = guard;
    // The main file's handle lives as long as the connection.
    file->pMethods = &guard->methods;
}

void csqlite_read_guard_end(CSQLiteReadGuard *guard) {
    if (!guard->file) return;
    if (guard->file->pMethods == &guard->methods) guard->file->pMethods = guard->original;
    current_guard = 0;
}
