/* A shop: four tables of text, integers and reals, and how one row of each is made. */
#include "client.h"

enum { CUSTOMER, INVOICE, LINE, EVENT, TABLES };

static const char *const table_names[TABLES] = {"customer", "invoice", "invoice_line", "event"};

static const char *const schema =
    "CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT, city TEXT, credit REAL, created TEXT);"
    "CREATE TABLE invoice(id INTEGER PRIMARY KEY, customer INTEGER, number TEXT, day TEXT, total REAL, paid INTEGER);"
    "CREATE TABLE invoice_line(id INTEGER PRIMARY KEY, invoice INTEGER, product TEXT, quantity INTEGER, price REAL);"
    "CREATE TABLE event(id INTEGER PRIMARY KEY, at INTEGER, kind TEXT, detail TEXT, weight REAL);";

static const char *const insertions[TABLES] = {
    "INSERT INTO customer(name,email,city,credit,created) VALUES(?,?,?,?,?)",
    "INSERT INTO invoice(customer,number,day,total,paid) VALUES(?,?,?,?,?)",
    "INSERT INTO invoice_line(invoice,product,quantity,price) VALUES(?,?,?,?)",
    "INSERT INTO event(at,kind,detail,weight) VALUES(?,?,?,?)"};

static inline void text(sqlite3_stmt *s, int at, const char *value) { sqlite3_bind_text(s, at, value, -1, SQLITE_TRANSIENT); }
static inline double money(uint64_t limit) { return below(limit) / 100.0; }
static inline void day(char *out) { sprintf(out, "20%02d-%02d-%02d", (int)(15 + below(11)), (int)(1 + below(12)), (int)(1 + below(28))); }

static inline void bind_row(sqlite3_stmt *s, int table) {
    char a[1024], b[1024];
    switch (table) {
    case CUSTOMER:
        sprintf(a, "%s %s", word(), word());
        sprintf(b, "%s.%s%d@example.org", word(), word(), (int)below(1000000));
        text(s, 1, a), text(s, 2, b), text(s, 3, word());
        sqlite3_bind_double(s, 4, money(10000000));
        day(a), text(s, 5, a);
        break;
    case INVOICE:
        sqlite3_bind_int64(s, 1, below(1000000));
        sprintf(a, "R-%08d", (int)below(100000000));
        day(b), text(s, 2, a), text(s, 3, b);
        sqlite3_bind_double(s, 4, money(1000000));
        sqlite3_bind_int64(s, 5, below(2));
        break;
    case LINE:
        sqlite3_bind_int64(s, 1, below(10000000));
        sprintf(a, "%s %s %d", word(), word(), (int)below(1000));
        text(s, 2, a);
        sqlite3_bind_int64(s, 3, 1 + below(20));
        sqlite3_bind_double(s, 4, money(100000));
        break;
    default:
        sqlite3_bind_int64(s, 1, 1700000000000LL + below(50000000000LL));
        text(s, 2, word());
        sentence(a, 8 + below(12)), text(s, 3, a);
        sqlite3_bind_double(s, 4, below(1u << 30) / 1048576.0);
    }
}
