#!/usr/bin/env bash
# Makes the pictures of screenshots/: the built program in a real xterm on a display of its own, at a stopped clock, with made-up
# data. Give the path of msc, or it takes the release build.
#
# Needs: xterm xvfb xdotool imagemagick faketime sqlite3 fonts-dejavu-core
set -euo pipefail
export LC_ALL=C.UTF-8 TZ=UTC
cd "$(dirname "$0")/.."
msc=$(realpath "${1:-.build/release/msc}")
out=$PWD/screenshots
work=/tmp/msc-pictures
home=$work/home
mkdir -p "$out"
rm -rf "$work"
mkdir -p "$home" "$work/srv"
data=$work/srv/shop.db
started=()
trap 'for id in "${started[@]}"; do kill -CONT "$id" 2>/dev/null; kill "$id" 2>/dev/null; done; rm -rf "$work"' EXIT

for program in xterm Xvfb xdotool import faketime sqlite3; do
    command -v "$program" >/dev/null || { echo "$program is missing: see the head of this script" >&2; exit 1; }
done

# --- Data -----------------------------------------------------------------------------------------------------------------

at() { # at TIME COMMAND…: as if it were that time
    local time=$1
    shift
    FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f "2026-11-21 $time" "$@"
}
sql() { at "$1" sqlite3 "$data" "$2" >/dev/null; }
run() { local time=$1; shift; at "$time" "$msc" "$@" >/dev/null 2>&1; }

sql 09:00:00 "PRAGMA journal_mode=wal;
    CREATE TABLE customer(id INTEGER PRIMARY KEY, name TEXT NOT NULL, town TEXT, credit REAL);
    CREATE TABLE invoice(id INTEGER PRIMARY KEY, customer INTEGER REFERENCES customer(id), day TEXT, total REAL, paid INTEGER DEFAULT 0);
    CREATE TABLE note(id INTEGER PRIMARY KEY, invoice INTEGER, text TEXT, picture BLOB);"
run 09:00:01 log start "$data"
names=(Abbott Bianchi Castillo Dupont Eriksson Fischer Garcia Horvath Ivanova Jansen Kowalski Lindqvist)
towns=(Leeds Torino Sevilla Lyon Uppsala Bremen Burgos Szeged Varna Delft Gdynia Lund)
for i in "${!names[@]}"; do
    sql "09:0$((i / 4 + 1)):$((i % 4))5" "INSERT INTO customer(name, town, credit) VALUES('${names[i]}', '${towns[i]}', $((i * 250)).5)"
done
run 09:30:00 log drain "$data"
run 09:30:00 backup "$data"
for i in $(seq 1 18); do
    sql "09:$((30 + i)):2$((i % 10))" "INSERT INTO invoice(customer, day, total) VALUES($((i % 12 + 1)), '2026-11-21', $((i * 37 % 400)).25)"
    run "09:$((30 + i)):30" log drain "$data"
done
run 09:50:00 backup "$data"
for i in $(seq 1 9); do
    sql "09:5$i:11" "UPDATE invoice SET paid = 1 WHERE id = $i"
    sql "09:5$i:41" "INSERT INTO note(invoice, text, picture) VALUES($i, 'paid at the counter', x'89504e470d0a1a0a')"
    run "09:5$i:50" log drain "$data"
done
run 10:00:00 backup "$data"
sql 10:04:12 "UPDATE customer SET credit = credit + 100 WHERE id IN (2, 5, 7)"
sql 10:06:40 "DELETE FROM invoice WHERE id > 11"
run 10:07:00 log drain "$data"
sql 10:09:05 "INSERT INTO customer(name, town, credit) VALUES('Moreau', 'Nantes', 80.0)"
run 10:10:00 log drain "$data"

# --- Terminal -------------------------------------------------------------------------------------------------------------

number=77
while [ -e "/tmp/.X11-unix/X$number" ]; do number=$((number + 1)); done
Xvfb ":$number" -screen 0 1600x1000x24 -nolisten tcp >/dev/null 2>&1 &
started+=($!)
export DISPLAY=:$number
for _ in $(seq 100); do [ -e "/tmp/.X11-unix/X$number" ] && break; sleep 0.1; done

window=
terminal=

show() { # show COLUMNSxROWS ARGUMENT…: the program in a terminal of that size
    local size=$1
    shift
    env HOME="$home" XDG_STATE_HOME="$home/.state" FAKETIME_DONT_FAKE_MONOTONIC=1 \
        xterm -u8 -tn xterm-256color -fa 'DejaVu Sans Mono' -fs 11 -geometry "$size+0+0" +sb -b 6 -bw 0 \
        -bg '#101418' -fg '#d8dee4' -cr '#d8dee4' +bc -xrm 'xterm*metaSendsEscape: true' -xrm 'xterm*allowTitleOps: false' \
        -e faketime -f '2026-11-21 10:15:00' "$msc" "$@" &
    terminal=$!
    started+=("$terminal")
    window=
    for _ in $(seq 100); do
        window=$(xdotool search --class xterm 2>/dev/null | tail -1) && [ -n "$window" ] && break
        sleep 0.1
    done
    # Without a window manager nobody else gives the keyboard to the terminal.
    xdotool windowfocus "$window" 2>/dev/null
    settle
}

settle() { # waits until the window has not changed for six tenths of a second
    local last= now same=0
    for _ in $(seq 100); do
        sleep 0.2
        now=$(timeout 5 import -window "$window" rgb:- 2>/dev/null | cksum)
        if [ "$now" = "$last" ]; then same=$((same + 1)); else same=0; fi
        [ "$same" -ge 3 ] && return
        last=$now
    done
}

press() { # press KEY…: one after the other, each with its effect
    local key
    for key in "$@"; do
        xdotool key "$key" 2>/dev/null
        settle
    done
}

write() { xdotool type --delay 60 "$1" 2>/dev/null; settle; }

picture() { # picture NAME: of what the window shows now
    timeout 20 import -window "$window" -strip -define png:exclude-chunks=date,time,tIME,tEXt -dither None -colors 48 "png8:$out/$1.png"
    echo "$1.png"
}

leave() { # as when the connection breaks
    kill "$terminal" 2>/dev/null || true
    wait "$terminal" 2>/dev/null || true
}

# --- Pictures -------------------------------------------------------------------------------------------------------------

show 80x24 "$data"
picture information
press Right
picture information-tables
press F1
picture help
leave

show 80x24 "$data" --page activity
press Up Up
picture activity
press Return
picture activity-detail
press Escape f
picture activity-filter
press Escape c
picture activity-columns
press Escape M
picture activity-minutes
press Escape e
picture activity-export
leave

show 120x36 "$data" --page activity
picture activity-120x36
leave

show 80x24 "$data" --page rollback
press bracketleft bracketleft
picture rollback
press R
picture rollback-confirm
leave

show 80x24 "$data" --page restore
press Down Down
picture restore-1-backup
press o
picture restore-browse
press Escape n
picture restore-2-contents
press n m bracketleft bracketleft
picture restore-3-logs
press o ctrl+u
write 60
picture restore-3-refused
press ctrl+u
write 39
press ctrl+n
picture restore-4-review
leave

show 80x24 "$data" --page restore
press Down Down n n Up n Return
press Return
picture restore-5-next
leave

show 80x24 "$data" --page backup
picture backup
press b
picture backup-start
press Return
picture backup-result
leave

# A backup of another process, held still in its course, so that every run shows the same.
dd if=/dev/zero of="$work/srv/big" bs=1M count=400 status=none
sql 10:12:00 "CREATE TABLE scan(id INTEGER PRIMARY KEY, content BLOB);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 160) INSERT INTO scan(content) SELECT randomblob(1000000) FROM n"
at 10:14:40 "$msc" backup "$data" >/dev/null 2>&1 &
other=$!
started+=("$other")
for _ in $(seq 200); do
    sleep 0.05
    other_msc=$(pgrep -P "$other" -x msc || echo "$other")
    grep -q '"done"' "$work/srv/shop.msc/Lock/operation" 2>/dev/null && break
done
kill -STOP "$other_msc"
show 80x24 "$data" --page backup
press F2
picture thermometer
kill -CONT "$other_msc"
leave
wait "$other" || true
