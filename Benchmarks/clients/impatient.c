/* impatient DATA SECONDS PAUSE: an application in WAL mode that commits one row after the other and waits for no lock, with a pause of so
   many microseconds after each. It begins with its own checkpoints on, as most do. Prints one line: commits, refusals, the worst second's
   refusals and the number of seconds with any. */
#include "client.h"
#include <unistd.h>

int main(int argc, char **argv) {
    if (argc != 4) return 64;
    sqlite3 *db;
    check(0, sqlite3_open(argv[1], &db), argv[1]);
    sqlite3_busy_timeout(db, 10000);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; CREATE TABLE IF NOT EXISTS item(id INTEGER PRIMARY KEY, a TEXT, b REAL)");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO item(a,b) VALUES('a row of some text',0.5)");
    sqlite3_busy_timeout(db, 0);
    double end = now() + atof(argv[2]), second = now() + 1;
    int pause = atoi(argv[3]);
    long commits = 0, refused = 0, here = 0, worst = 0, bad = 0;
    while (now() < end) {
        int code = sqlite3_step(insert);
        sqlite3_reset(insert);
        if ((code & 0xff) == SQLITE_BUSY) { refused++; here++; }
        else { check(db, code, "insert"); commits++; }
        if (now() > second) {
            if (here > worst) worst = here;
            if (here) bad++;
            here = 0;
            second += 1;
        }
        if (pause) usleep(pause);
    }
    printf("%ld %ld %ld %ld\n", commits, refused, worst > here ? worst : here, bad + (here > 0));
    return 0;
}
