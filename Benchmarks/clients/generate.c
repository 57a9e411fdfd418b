/* generate DATA MEGABYTES: makes a shop of that size in WAL mode. */
#include "shop.h"

int main(int argc, char **argv) {
    if (argc != 3) return 64;
    sqlite3 *db = open_database(argv[1]);
    int64_t pages = atoll(argv[2]) * 1000000 / 4096;
    run(db, "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-65536");
    run(db, schema);
    sqlite3_stmt *insert[TABLES];
    for (int t = 0; t < TABLES; t++) insert[t] = prepare(db, insertions[t]);
    /* The index takes some 8 % more. */
    while (number(db, "PRAGMA page_count") < pages * 92 / 100) {
        run(db, "BEGIN");
        for (int i = 0; i < 10000; i++) {
            int chance = below(20), table = chance < 2 ? CUSTOMER : chance < 6 ? INVOICE : chance < 14 ? LINE : EVENT;
            bind_row(insert[table], table);
            step(db, insert[table]);
        }
        run(db, "COMMIT");
    }
    run(db, "CREATE INDEX line_of_invoice ON invoice_line(invoice)");
    for (int t = 0; t < TABLES; t++) sqlite3_finalize(insert[t]);
    run(db, "PRAGMA journal_mode=WAL");
    sqlite3_close(db);
    return 0;
}
