/* impatient DATA SECONDS PAUSE [MODE [FILE]]: an application that commits one row after the other and waits for no lock, with a pause of so
   many microseconds after each, in this journal mode (WAL). It begins with its own checkpoints on, as most do. Prints one line: commits,
   refusals, the worst second's refusals and the number of seconds with any. FILE gets a line for each second: attempts, refusals. */
#include "client.h"
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc < 4 || argc > 6) return 64;
    sqlite3 *db;
    check(0, sqlite3_open(argv[1], &db), argv[1]);
    sqlite3_busy_timeout(db, 10000);
    char mode[64];
    snprintf(mode, sizeof mode, "PRAGMA journal_mode=%s", argc > 4 ? argv[4] : "WAL");
    run(db, mode);
    run(db, "PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, a TEXT, b REAL)");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO item(a,b) VALUES('a row of some text',0.5)");
    sqlite3_busy_timeout(db, 0);
    FILE *seconds = argc > 5 ? fopen(argv[5], "w") : NULL;
    if (argc > 5 && !seconds) return 74;
    double end = now() + atof(argv[2]), second = now() + 1;
    int pause = atoi(argv[3]);
    long commits = 0, refused = 0, attempts = 0, here = 0, worst = 0, bad = 0;
    for (int going = 1; going;) {
        int code = sqlite3_step(insert);
        sqlite3_reset(insert);
        attempts++;
        if ((code & 0xff) == SQLITE_BUSY) { refused++; here++; }
        else { check(db, code, "insert"); commits++; }
        going = now() < end;
        if (now() > second || !going) {
            if (seconds) { fprintf(seconds, "%ld %ld\n", attempts, here); fflush(seconds); }
            if (here > worst) worst = here;
            if (here) bad++;
            attempts = here = 0;
            second += 1;
        }
        if (pause) usleep(pause);
    }
    printf("%ld %ld %ld %ld\n", commits, refused, worst, bad);
    return 0;
}
