/* writer DATA: an application in WAL mode that commits one row after the other, about a thousand a second, until its standard
   input ends. Prints how many commits there were, and the median, 99.9th percentile and longest of their times, in ms. */
#include "client.h"
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

static int ascending(const void *a, const void *b) { return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b); }

int main(int argc, char **argv) {
    if (argc != 2) return 64;
    sqlite3 *db = open_database(argv[1]);
    run(db, "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL");
    sqlite3_stmt *insert = prepare(db, "INSERT INTO event(at,kind,detail,weight) VALUES(1,'pause','a row',0.5)");
    int64_t count = 0, limit = 1000000;
    double *times = malloc(sizeof *times * limit);
    struct pollfd input = {.fd = 0, .events = POLLIN};
    while (count < limit && poll(&input, 1, 1) == 0) {
        double started = now();
        step(db, insert);
        times[count++] = (now() - started) * 1000;
    }
    qsort(times, count, sizeof *times, ascending);
    printf("%lld %.3f %.3f %.3f\n", (long long)count, times[count / 2], times[count * 999 / 1000], times[count - 1]);
    return 0;
}
