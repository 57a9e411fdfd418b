/* insert-rows SOURCE TARGET TABLE: the peer of an integration: the rows of a table, read into memory first, inserted by a
   prepared statement in one transaction. Prints the seconds from BEGIN to the end of COMMIT. */
#include "client.h"

int main(int argc, char **argv) {
    if (argc != 4) return 64;
    sqlite3 *source = open_database(argv[1]), *target = open_database(argv[2]);
    char sql[1000];
    sprintf(sql, "SELECT count(*) FROM %s", argv[3]);
    int64_t count = number(source, sql), row = 0;
    sprintf(sql, "SELECT * FROM %s ORDER BY rowid", argv[3]);
    sqlite3_stmt *select = prepare(source, sql);
    int columns = sqlite3_column_count(select);
    sqlite3_value **values = malloc(sizeof *values * count * columns);
    for (; sqlite3_step(select) == SQLITE_ROW; row++)
        for (int c = 0; c < columns; c++) values[row * columns + c] = sqlite3_value_dup(sqlite3_column_value(select, c));
    int at = sprintf(sql, "INSERT INTO %s VALUES(?", argv[3]);
    for (int c = 1; c < columns; c++) at += sprintf(sql + at, ",?");
    sprintf(sql + at, ")");
    sqlite3_stmt *insert = prepare(target, sql);
    double started = now();
    run(target, "BEGIN");
    for (row = 0; row < count; row++) {
        for (int c = 0; c < columns; c++) sqlite3_bind_value(insert, c + 1, values[row * columns + c]);
        step(target, insert);
    }
    run(target, "COMMIT");
    printf("%.6f\n", now() - started);
    return 0;
}
