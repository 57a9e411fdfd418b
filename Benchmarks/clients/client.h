/* What the clients of the benchmarks share: SQLite calls that end the program when they fail, a clock, cheap random rows.
   The clients know nothing of msc: they are the applications whose data it looks after, and the peers it is compared with. */
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static inline double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void check(sqlite3 *db, int code, const char *what) {
    if (code == SQLITE_OK || code == SQLITE_ROW || code == SQLITE_DONE) return;
    fprintf(stderr, "%s: %s\n", what, sqlite3_errmsg(db));
    exit(1);
}

static inline sqlite3 *open_database(const char *path) {
    sqlite3 *db;
    if (sqlite3_open(path, &db) != SQLITE_OK) {
        fprintf(stderr, "%s: %s\n", path, sqlite3_errmsg(db));
        exit(1);
    }
    sqlite3_busy_timeout(db, 10000);
    return db;
}

static inline void run(sqlite3 *db, const char *sql) { check(db, sqlite3_exec(db, sql, 0, 0, 0), sql); }

static inline sqlite3_stmt *prepare(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement;
    check(db, sqlite3_prepare_v2(db, sql, -1, &statement, 0), sql);
    return statement;
}

static inline void step(sqlite3 *db, sqlite3_stmt *statement) {
    check(db, sqlite3_step(statement), sqlite3_sql(statement));
    sqlite3_reset(statement);
}

static inline int64_t number(sqlite3 *db, const char *sql) {
    sqlite3_stmt *statement = prepare(db, sql);
    check(db, sqlite3_step(statement), sql);
    int64_t value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

/* xorshift64*: the same rows on every machine. */
static uint64_t seed = 88172645463325252ULL;
static inline uint64_t random_number(void) {
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 2685821657736338717ULL;
}
static inline uint64_t below(uint64_t limit) { return (random_number() >> 11) % limit; }

static const char *const words[] = {
    "amber", "anchor", "basket", "beacon", "bottle", "bridge", "cable", "candle", "carbon", "cedar", "circle", "copper", "corner", "cotton",
    "crystal", "delta", "desert", "dragon", "eagle", "ember", "engine", "falcon", "feather", "forest", "garden", "glacier", "granite", "hammer",
    "harbor", "helmet", "island", "ivory", "jacket", "jasper", "kettle", "ladder", "lantern", "lemon", "linen", "marble", "meadow", "mirror",
    "needle", "nickel", "ocean", "olive", "orchid", "paper", "pepper", "pillar", "planet", "pocket", "quartz", "rabbit", "ribbon", "river",
    "saddle", "silver", "summit", "timber", "tunnel", "velvet", "walnut", "window"};

static inline const char *word(void) { return words[below(64)]; }

/* `count` words and a number here and there, as people write notes. */
static inline int sentence(char *out, int count) {
    int length = 0;
    for (int i = 0; i < count; i++)
        length += below(6) ? sprintf(out + length, "%s ", word()) : sprintf(out + length, "%llu ", (unsigned long long)below(100000));
    return length - 1;
}
