#!/usr/bin/env bash
# The guided demonstration: a day in the life of a database, with an accident and a disaster, on a copy of a real one.
# Usage: demonstration.sh [--no-interface] PATH-OF-MSC
# Works in a fresh folder, which stays for inspection; ends with exit status 1 at the first step that does not hold. On a terminal
# it ends in the interface, opened on what was made; --no-interface leaves that out.
set -euo pipefail
opens=yes
if [ "${1:-}" = --no-interface ]; then opens=no; shift; fi
[ -t 0 ] && [ -t 1 ] || opens=no
[ $# -eq 1 ] || { echo "usage: demonstration.sh [--no-interface] PATH-OF-MSC" >&2; exit 64; }
msc=$(realpath "$1")
here=$(cd "$(dirname "$0")" && pwd)
client="$here/demonstration-client.py"
source_database=/usr/share/proj/proj.db
folder=$(mktemp -d "${TMPDIR:-/tmp}/msc-demonstration-XXXXXX")
data="$folder/coordinates.db"

bold=''; plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then bold=$'\e[1m'; plain=$'\e[0m'; fi
say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
run() { printf '$ msc %s\n' "$*"; "$msc" "$@"; }
same() {
    if [ "$1" != "$2" ]; then
        echo "The content is NOT the same: $1 and $2" >&2
        exit 1
    fi
    echo "The same content, by SHA-256 over every row of every table: ${1:0:16}…"
}
field() { python3 -c "import json, sys; print(json.load(sys.stdin)$1)"; }

say "1. A real database: a copy of PROJ's coordinate reference systems, 36 tables, 35 triggers of its own"
cp "$source_database" "$data"
chmod 644 "$data"
run info "$data" | head -4

say "2. Turn the log on. The database is not empty, so the first backup is made first"
run log start "$data"

say "3. A program that knows nothing of msc works on it (Python's own sqlite3)"
"$client" change "$data"
run activity "$data" --limit 5

say "4. An accident: a deletion with half a WHERE clause"
good=$("$client" digest "$data")
keep=$(run log drain "$data" --json | tail -n +2 | field "['lastOperation']")
"$client" damage "$data"
run activity "$data" --action deletion --from "$((keep + 1))" --limit 3

say "5. Roll back to just before it, on the live database. First what would change, then for good"
run rollback "$data" --to-operation "$keep" --dry-run
run rollback "$data" --to-operation "$keep"
same "$good" "$("$client" digest "$data")"

say "6. Another backup, and more work"
run backup "$data"
sqlite3 "$data" "UPDATE scope SET scope = scope || ' (revised)' WHERE auth_name = 'EPSG' AND code < 1050;"
run log drain "$data"
before=$("$client" digest "$data")

say "7. The disaster: the data file is gone"
rm -f "$data" "$data-wal" "$data-shm" "$data-journal"
ls -l "$folder"

say "8. Restore the first backup in place and integrate all logs that follow it"
run restore "$folder/coordinates.msc/Backups/coordinates[0001].4BK" --in-place --integrate auto
same "$before" "$("$client" digest "$data")"
run verify "$data"
run backups "$data"

say "Done. Everything is in $folder"
echo "Look at it with:   $msc $data"
echo "What changed:      $msc activity $data --limit 20"
echo "Inside an archive: unzip -l '$folder/coordinates.msc/Backups/coordinates[0002].4BK'"
if [ "$opens" = yes ]; then
    printf '\nEnter opens it in the terminal, at its activity (q leaves it again): '
    read -r _ || exit 0
    "$msc" "$data" --page activity
fi
