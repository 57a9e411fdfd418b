#include "CSQLite.h"
#include <string.h>

int csqlite_db_config(sqlite3 *db, int option, int on, int *now) {
    return sqlite3_db_config(db, option, on, now);
}

int csqlite_sync(sqlite3 *db) {
    sqlite3_file *file = NULL;
    int code = sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file);
    return code == SQLITE_OK && file && file->pMethods ? file->pMethods->xSync(file, SQLITE_SYNC_NORMAL) : code;
}

void csqlite_without_memory_account(void) { sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); }

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
