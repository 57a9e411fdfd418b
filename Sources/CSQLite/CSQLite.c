#include "CSQLite.h"

int csqlite_db_config(sqlite3 *db, int option, int on, int *now) {
    return sqlite3_db_config(db, option, on, now);
}

// An empty value needs a pointer that is not NULL: with NULL, SQLite binds NULL instead.
static const char nothing = 0;

int csqlite_bind_text_copy(sqlite3_stmt *s, int i, const void *bytes, uint64_t count, uint8_t encoding) {
    return sqlite3_bind_text64(s, i, bytes ? bytes : &nothing, count, SQLITE_TRANSIENT, encoding);
}
int csqlite_bind_blob_copy(sqlite3_stmt *s, int i, const void *bytes, uint64_t count) {
    return sqlite3_bind_blob64(s, i, bytes ? bytes : &nothing, count, SQLITE_TRANSIENT);
}
int csqlite_bind_text_static(sqlite3_stmt *s, int i, const void *bytes, uint64_t count, uint8_t encoding) {
    return sqlite3_bind_text64(s, i, bytes ? bytes : &nothing, count, SQLITE_STATIC, encoding);
}
int csqlite_bind_blob_static(sqlite3_stmt *s, int i, const void *bytes, uint64_t count) {
    return sqlite3_bind_blob64(s, i, bytes ? bytes : &nothing, count, SQLITE_STATIC);
}
