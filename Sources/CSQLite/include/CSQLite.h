// SQLite, and what Swift cannot call of it: variadic functions and cast macros. One wrapper, one reason.
#ifndef CSQLITE_H
#define CSQLITE_H
#include <stdint.h>
#include <sqlite3.h>

/// `sqlite3_db_config` is variadic. Sets one boolean switch; returns SQLite's result code, the new state in `*now`.
int csqlite_db_config(sqlite3 *db, int option, int on, int *now);

/// `SQLITE_TRANSIENT` is a cast macro: SQLite copies the bytes before the call returns.
/// `encoding` is the SQLITE_UTF8 (1), SQLITE_UTF16LE (2) or SQLITE_UTF16BE (3) that the text's bytes are in.
int csqlite_bind_text_copy(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count, uint8_t encoding);
int csqlite_bind_blob_copy(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count);

/// `SQLITE_STATIC` is a cast macro: the caller keeps the bytes alive and unchanged until the statement is reset.
int csqlite_bind_text_static(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count, uint8_t encoding);
int csqlite_bind_blob_static(sqlite3_stmt *statement, int index, const void *bytes, uint64_t count);
#endif
