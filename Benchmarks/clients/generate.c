/* generate DATA MEGABYTES: makes a shop of that size in WAL mode. */
#include "shop.h"

static const char *const columns[TABLES] = {
    "name,email,city,credit,created", "customer,number,day,total,paid", "invoice,product,quantity,price", "at,kind,detail,weight"};

/* Adds copies of the rows there are, until the database is as large as wanted. They lie 100 MB apart, farther than any
   compressor used here looks back, so they are as good as new ones, and much faster made. */
static void repeat(sqlite3 *db, int64_t wanted) {
    int64_t count[TABLES];
    for (int t = 0; t < TABLES; t++) {
        char sql[100];
        sprintf(sql, "SELECT count(*) FROM %s", table_names[t]);
        count[t] = number(db, sql);
    }
    for (int64_t part = 0; number(db, "PRAGMA page_count") < wanted; part = (part + 1) % 100) {
        run(db, "BEGIN");
        for (int t = 0; t < TABLES; t++) {
            char sql[400];
            sprintf(sql, "INSERT INTO %s(%s) SELECT %s FROM %s WHERE id>%lld AND id<=%lld", table_names[t], columns[t], columns[t],
                    table_names[t], (long long)(count[t] * part / 100), (long long)(count[t] * (part + 1) / 100));
            run(db, sql);
        }
        run(db, "COMMIT");
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    sqlite3 *db = open_database(argv[1]);
    int64_t pages = atoll(argv[2]) * 1000000 / 4096;
    run(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536");
    run(db, schema);
    sqlite3_stmt *insert[TABLES];
    for (int t = 0; t < TABLES; t++) insert[t] = prepare(db, insertions[t]);
    /* The index takes some 8 % more. */
    int64_t wanted = pages * 92 / 100, made = wanted < 25000 ? wanted : 25000;
    while (number(db, "PRAGMA page_count") < made) {
        run(db, "BEGIN");
        for (int i = 0; i < 10000; i++) {
            int chance = below(20), table = chance < 2 ? CUSTOMER : chance < 6 ? INVOICE : chance < 14 ? LINE : EVENT;
            bind_row(insert[table], table);
            step(db, insert[table]);
        }
        run(db, "COMMIT");
    }
    repeat(db, wanted);
    run(db, "CREATE INDEX line_of_invoice ON invoice_line(invoice)");
    for (int t = 0; t < TABLES; t++) sqlite3_finalize(insert[t]);
    run(db, "PRAGMA journal_mode=WAL");
    sqlite3_close(db);
    return 0;
}
