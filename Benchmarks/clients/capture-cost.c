/* capture-cost DATA SHAPE KIND ROWS TRANSACTIONS SYNC: times one kind of statement, prepared, in transactions of ROWS rows each.
   SHAPE narrow (5 columns), wide (20), blob (4 KB); KIND prepare, insert, update, rewrite (of the BLOB) or delete; SYNC NORMAL
   or FULL. For prepare: makes the table with ROWS * TRANSACTIONS rows. Otherwise prints the seconds. */
#include "client.h"

static int columns;
static int is_blob;
static unsigned char blob[4096];

static void bind_columns(sqlite3_stmt *s) {
    char note[256];
    if (is_blob) {
        for (int i = 0; i < 64; i++) memcpy(blob + i * 8, &(uint64_t){random_number()}, 8);
        sqlite3_bind_blob(s, 1, blob, sizeof blob, SQLITE_STATIC);
        sqlite3_bind_int64(s, 2, below(1000000));
        return;
    }
    for (int c = 1; c < columns; c++) {
        switch (c % 4) {
        case 1: sqlite3_bind_text(s, c, note, sprintf(note, "%s %s %d", word(), word(), (int)below(10000)), SQLITE_TRANSIENT); break;
        case 2: sqlite3_bind_int64(s, c, below(1000000)); break;
        case 3: sqlite3_bind_double(s, c, below(1000000) / 100.0); break;
        default: sqlite3_bind_text(s, c, word(), -1, SQLITE_STATIC);
        }
    }
}

static sqlite3_stmt *insertion(sqlite3 *db) {
    char sql[400];
    int at = sprintf(sql, "INSERT INTO t VALUES(NULL");
    for (int c = 1; c < columns; c++) at += sprintf(sql + at, ",?");
    sprintf(sql + at, ")");
    return prepare(db, sql);
}

int main(int argc, char **argv) {
    if (argc != 7) return 64;
    const char *kind = argv[3];
    is_blob = !strcmp(argv[2], "blob");
    columns = is_blob ? 3 : !strcmp(argv[2], "wide") ? 20 : 5;
    int64_t rows = atoll(argv[4]), transactions = atoll(argv[5]);
    sqlite3 *db = open_database(argv[1]);
    char sql[1000];
    sprintf(sql, "PRAGMA journal_mode=WAL; PRAGMA synchronous=%s; PRAGMA wal_checkpoint(TRUNCATE)", argv[6]);
    run(db, sql);
    if (!strcmp(kind, "prepare")) {
        int at = sprintf(sql, "CREATE TABLE t(id INTEGER PRIMARY KEY");
        for (int c = 1; c < columns; c++) at += sprintf(sql + at, ", c%d", c);
        sprintf(sql + at, ")");
        run(db, sql);
    }
    int64_t lowest = number(db, "SELECT ifnull(min(id),1) FROM t"), highest = number(db, "SELECT ifnull(max(id),0) FROM t");
    int is_update = !strcmp(kind, "update") || !strcmp(kind, "rewrite"), is_deletion = !strcmp(kind, "delete");
    sqlite3_stmt *s = !is_update && !is_deletion ? insertion(db)
        : is_deletion                            ? prepare(db, "DELETE FROM t WHERE id=?1")
        : is_blob && !strcmp(kind, "rewrite")    ? prepare(db, "UPDATE t SET c1=?1 WHERE id=?2")
        : is_blob                                ? prepare(db, "UPDATE t SET c2=?1 WHERE id=?2")
                                                 : prepare(db, "UPDATE t SET c2=?1, c3=c3+1 WHERE id=?2");
    sqlite3_stmt *begin = prepare(db, "BEGIN"), *commit = prepare(db, "COMMIT");
    double started = now();
    for (int64_t t = 0; t < transactions; t++) {
        if (rows > 1) step(db, begin);
        for (int64_t r = 0; r < rows; r++) {
            if (is_deletion) {
                sqlite3_bind_int64(s, 1, lowest++);
            } else if (is_update) {
                if (!strcmp(kind, "rewrite")) {
                    for (int i = 0; i < 64; i++) memcpy(blob + i * 8, &(uint64_t){random_number()}, 8);
                    sqlite3_bind_blob(s, 1, blob, sizeof blob, SQLITE_STATIC);
                } else {
                    sqlite3_bind_int64(s, 1, below(1000000));
                }
                sqlite3_bind_int64(s, 2, lowest + below(highest - lowest + 1));
            } else {
                bind_columns(s);
            }
            step(db, s);
        }
        if (rows > 1) step(db, commit);
    }
    printf("%.6f\n", now() - started);
    sqlite3_finalize(s), sqlite3_finalize(begin), sqlite3_finalize(commit);
    sqlite3_close(db);
    return 0;
}
