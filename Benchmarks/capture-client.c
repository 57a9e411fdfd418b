// What capture costs an application, measured from the harshest client: C, prepared statements, nothing else to do.
//
//   cc -O2 -o capture-client capture-client.c -lsqlite3
//   capture-client create PLAIN.db    columns blob      makes an empty table of `columns` columns; blob=1 ends it with a 4 KB BLOB
//   capture-client create CAPTURED.db columns blob      (then install capture on this one with msc)
//   capture-client run PLAIN.db CAPTURED.db rows=60000 per=1000 rounds=7 columns=5 blob=0 synchronous=NORMAL [cpu=1]
//
// Inserts `rows` rows, updates each, deletes each, `per` rows in a transaction, in slices of a tenth, alternating between the two
// databases so that whatever else the machine does hits both; empties the outbox of the captured one between slices, outside the
// measured time. Prints the median, least and greatest of the rounds' ratios: captured / plain. cpu=1 compares processor time
// instead of wall time.
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int columns = 5, blob = 0, per = 1000, rows = 60000, rounds = 7, cpu = 0;
static const char *synchronous = "NORMAL";
static char large[4096];

static double now(void) {
    struct timespec t;
    clock_gettime(cpu ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec * 1e-9;
}

static void check(sqlite3 *db, int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static void run(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, 0, 0, 0), sql); }

static sqlite3 *open_database(const char *path) {
    sqlite3 *db;
    char sql[100];
    check(0, sqlite3_open(path, &db), path);
    run(db, "PRAGMA journal_mode=WAL");
    snprintf(sql, sizeof sql, "PRAGMA synchronous=%s", synchronous);
    run(db, sql);
    return db;
}

static void create(const char *path) {
    static const char *types[] = {"INTEGER", "TEXT", "REAL", "TEXT"};
    char sql[8000] = "CREATE TABLE t(id INTEGER PRIMARY KEY";
    for (int c = 0; c < columns - 1; c++)
        sprintf(sql + strlen(sql), ",c%d %s", c, blob && c == columns - 2 ? "BLOB" : types[c % 4]);
    strcat(sql, ")");
    run(open_database(path), sql);
}

static void bind(sqlite3_stmt *statement, int row) {
    for (int c = 0; c < columns - 1; c++) {
        char text[40];
        if (blob && c == columns - 2) {
            for (int i = 0; i < 64; i++) large[i * 64] = row >> (i & 3);
            sqlite3_bind_blob(statement, c + 1, large, sizeof large, SQLITE_STATIC);
            continue;
        }
        switch (c % 4) {
        case 0: sqlite3_bind_int64(statement, c + 1, row * 7LL + c); break;
        case 2: sqlite3_bind_double(statement, c + 1, row * 0.37); break;
        default:
            snprintf(text, sizeof text, "user%d.%d@example.org", row, c);
            sqlite3_bind_text(statement, c + 1, text, -1, SQLITE_TRANSIENT);
        }
    }
}

enum { INSERT, UPDATE, DELETE };

static void work(sqlite3 *db, int kind, int from, int to) {
    char sql[8000], text[40];
    sqlite3_stmt *statement;
    if (kind == INSERT) {
        strcpy(sql, "INSERT INTO t(");
        for (int c = 0; c < columns - 1; c++) sprintf(sql + strlen(sql), "%sc%d", c ? "," : "", c);
        strcat(sql, ") VALUES(");
        for (int c = 0; c < columns - 1; c++) strcat(sql, c ? ",?" : "?");
        strcat(sql, ")");
    } else if (kind == UPDATE) {
        strcpy(sql, blob ? "UPDATE t SET c0=c0+1 WHERE id=?1" : "UPDATE t SET c0=c0+1,c1=?2 WHERE id=?1");
    } else {
        strcpy(sql, "DELETE FROM t WHERE id=?1");
    }
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, 0), sql);
    for (int row = from; row < to;) {
        if (per > 1) run(db, "BEGIN");
        for (int i = 0; i < per && row < to; i++, row++) {
            if (kind == INSERT) {
                bind(statement, row);
            } else {
                sqlite3_bind_int(statement, 1, row + 1);
                if (kind == UPDATE && !blob) {
                    snprintf(text, sizeof text, "changed%d@example.org", row);
                    sqlite3_bind_text(statement, 2, text, -1, SQLITE_TRANSIENT);
                }
            }
            check(db, sqlite3_step(statement), sql);
            sqlite3_reset(statement);
        }
        if (per > 1) run(db, "COMMIT");
    }
    sqlite3_finalize(statement);
}

static int compare(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

int main(int count, char **arguments) {
    if (count >= 5 && !strcmp(arguments[1], "create")) {
        columns = atoi(arguments[3]);
        blob = atoi(arguments[4]);
        create(arguments[2]);
        return 0;
    }
    if (count < 4 || strcmp(arguments[1], "run")) return 2;
    for (int i = 4; i < count; i++) {
        char *value = strchr(arguments[i], '=');
        if (!value) return 2;
        *value++ = 0;
        if (!strcmp(arguments[i], "rows")) rows = atoi(value);
        if (!strcmp(arguments[i], "per")) per = atoi(value);
        if (!strcmp(arguments[i], "rounds")) rounds = atoi(value) > 100 ? 100 : atoi(value);
        if (!strcmp(arguments[i], "columns")) columns = atoi(value);
        if (!strcmp(arguments[i], "blob")) blob = atoi(value);
        if (!strcmp(arguments[i], "cpu")) cpu = atoi(value);
        if (!strcmp(arguments[i], "synchronous")) synchronous = value;
    }
    static const char *names[] = {"insert", "update", "delete"};
    double ratios[3][100], total[2][3] = {{0}};
    sqlite3 *db[2] = {open_database(arguments[2]), open_database(arguments[3])};
    for (int round = 0; round < rounds; round++) {
        for (int kind = INSERT; kind <= DELETE; kind++) {
            double spent[2] = {0, 0};
            int slice = rows / 10;
            for (int from = 0; from + slice <= rows; from += slice) {
                int first = (from / slice + round) & 1;
                for (int turn = 0; turn < 2; turn++) {
                    int which = turn ^ first;
                    double start = now();
                    work(db[which], kind, from, from + slice);
                    spent[which] += now() - start;
                }
                run(db[1], "DELETE FROM _msc_log WHERE n<(SELECT max(n) FROM _msc_log)");
                for (int which = 0; which < 2; which++) run(db[which], "PRAGMA wal_checkpoint");
            }
            ratios[kind][round] = spent[1] / spent[0];
            for (int which = 0; which < 2; which++) total[which][kind] += spent[which];
        }
    }
    for (int kind = INSERT; kind <= DELETE; kind++) {
        qsort(ratios[kind], rounds, sizeof(double), compare);
        printf(
            "%s %.2f (%.2f-%.2f; %.2f -> %.2f us)%s", names[kind], ratios[kind][rounds / 2], ratios[kind][0], ratios[kind][rounds - 1],
            total[0][kind] * 1e6 / rows / rounds, total[1][kind] * 1e6 / rows / rounds, kind < DELETE ? "  " : "\n");
    }
    return 0;
}
