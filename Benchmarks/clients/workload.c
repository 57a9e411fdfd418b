/* workload DATA OPERATIONS BATCH SEED: a day in the shop: half additions, a third modifications, the rest deletions of the
   oldest rows, on four tables, BATCH operations in a transaction. Prints the seconds it took. */
#include "shop.h"

static const char *const updates[TABLES] = {
    "UPDATE customer SET credit=?1, city=?2 WHERE id=?3", "UPDATE invoice SET total=?1, number=?2 WHERE id=?3",
    "UPDATE invoice_line SET price=?1, product=?2 WHERE id=?3", "UPDATE event SET weight=?1, kind=?2 WHERE id=?3"};

int main(int argc, char **argv) {
    if (argc != 5) return 64;
    sqlite3 *db = open_database(argv[1]);
    int64_t operations = atoll(argv[2]), batch = atoll(argv[3]);
    seed ^= atoll(argv[4]) * 0x9e3779b97f4a7c15ULL;
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    sqlite3_stmt *insert[TABLES], *update[TABLES], *delete[TABLES];
    int64_t lowest[TABLES], highest[TABLES];
    for (int t = 0; t < TABLES; t++) {
        char sql[200];
        insert[t] = prepare(db, insertions[t]);
        update[t] = prepare(db, updates[t]);
        sprintf(sql, "DELETE FROM %s WHERE id=?1", table_names[t]);
        delete[t] = prepare(db, sql);
        sprintf(sql, "SELECT ifnull(min(id),1) FROM %s", table_names[t]);
        lowest[t] = number(db, sql);
        sprintf(sql, "SELECT ifnull(max(id),0) FROM %s", table_names[t]);
        highest[t] = number(db, sql);
    }
    double started = now();
    for (int64_t done = 0; done < operations; done++) {
        if (done % batch == 0) run(db, "BEGIN");
        int chance = below(20), kind = below(20);
        int t = chance < 2 ? CUSTOMER : chance < 6 ? INVOICE : chance < 14 ? LINE : EVENT;
        if (kind < 10 || highest[t] < lowest[t]) {
            bind_row(insert[t], t);
            step(db, insert[t]);
            highest[t] = sqlite3_last_insert_rowid(db);
        } else if (kind < 17) {
            sqlite3_bind_double(update[t], 1, money(1000000));
            text(update[t], 2, word());
            sqlite3_bind_int64(update[t], 3, highest[t] - below(highest[t] - lowest[t] + 1));
            step(db, update[t]);
        } else {
            sqlite3_bind_int64(delete[t], 1, lowest[t]++);
            step(db, delete[t]);
        }
        if (done % batch == batch - 1 || done == operations - 1) run(db, "COMMIT");
    }
    printf("%.6f\n", now() - started);
    return 0;
}
