#!/usr/bin/env bash
# Makes the pictures of screenshots/: the built program in a real xterm on a display of its own, at a stopped clock, with made-up
# data. Give the path of msc, or it takes the release build.
#
# Needs: xterm xvfb xdotool imagemagick faketime sqlite3 bsdutils fonts-dejavu-core
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
trap 'for id in "${started[@]}"; do kill -CONT "$id" 2>/dev/null || true; kill "$id" 2>/dev/null || true; done; rm -rf "$work"' EXIT

for program in xterm Xvfb xdotool import faketime sqlite3 script; do
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
# Without -noreset it begins anew when the first terminal goes, and loses the second one.
Xvfb ":$number" -screen 0 1600x1000x24 -nolisten tcp -noreset >/dev/null 2>&1 &
started+=($!)
export DISPLAY=:$number
for _ in $(seq 600); do [ -e "/tmp/.X11-unix/X$number" ] && break; sleep 0.1; done

window=
terminal=
# What the program sent, with its idle marks: they count the keys that were answered.
sent=$work/sent
inputs=0
clock=(faketime -f '2026-11-21 10:15:00')
colours=(101418 e06c75 8fbf6f e5c07b 2f5f9e c678dd 4fb3bf d8dee4 5c6773 ff8b94 a9d98b ffd787 6fa8ff e0a0ff 7fdbe6 ffffff)

show() { # show COLUMNSxROWS ARGUMENT…: the program in a terminal of that size
    local size=$1 palette=() index command
    shift
    for index in "${!colours[@]}"; do palette+=(-xrm "xterm*color$index: #${colours[index]}"); done
    printf -v command '%q ' "${clock[@]}" "$msc" "$@"
    inputs=0
    : >"$sent"
    env HOME="$home" XDG_STATE_HOME="$home/.state" FAKETIME_DONT_FAKE_MONOTONIC=1 MSC_REPORT_IDLE=1 \
        xterm -u8 -tn xterm-256color -fa 'DejaVu Sans Mono' -fs 11 -geometry "$size+0+0" +sb -b 6 -bw 0 \
        -bg '#101418' -fg '#d8dee4' -cr '#d8dee4' +bc -xrm 'xterm*metaSendsEscape: true' -xrm 'xterm*allowTitleOps: false' \
        "${palette[@]}" -e script -qfc "$command" "$sent" &
    terminal=$!
    started+=("$terminal")
    answered
    # Without a window manager nobody else gives the keyboard to the terminal.
    for _ in $(seq 100); do
        window=$(xdotool search --class xterm 2>/dev/null | tail -1 || true)
        xdotool windowfocus "$window" 2>/dev/null || true
        [ -n "$window" ] && [ "$(xdotool getwindowfocus 2>/dev/null || true)" = "$window" ] && break
        sleep 0.1
    done
    settle
}

answered() { # waits until the program has answered every key and works no more
    local last=
    for _ in $(seq 900); do
        last=$(grep -ao '777;idle;[0-9]*' "$sent" | tail -1 | cut -d';' -f3 || true)
        [ "${last:--1}" -ge "$inputs" ] && return
        sleep 0.1
    done
    echo "the program did not answer: $inputs keys, ${last:-no} answers" >&2
    exit 1
}

settle() { # waits until the window shows what was sent
    local last= now
    for _ in $(seq 50); do
        sleep 0.1
        now=$(timeout 20 import -window "$window" rgb:- 2>/dev/null | cksum || true)
        [ "$now" = "$last" ] && return
        last=$now
    done
}

press() { # press KEY…: one after the other, each with its effect
    local key
    for key in "$@"; do
        xdotool key "$key" 2>/dev/null
        inputs=$((inputs + 1))
        answered
        # With a key close behind it, Esc would be Alt.
        [ "$key" != Escape ] || sleep 0.3
    done
}

write() { # write TEXT: typed into a field
    xdotool type --delay 30 "$1" 2>/dev/null
    inputs=$((inputs + ${#1}))
    answered
}

picture() { # picture NAME: of what the window shows now
    settle
    timeout 20 import -window "$window" -strip -define png:exclude-chunks=date,time,tIME,tEXt +dither -colors 40 "png8:$out/$1.png"
    echo "$1.png"
}

leave() { # as when the connection breaks
    kill "$terminal" 2>/dev/null || true
    wait "$terminal" 2>/dev/null || true
}

# --- Pictures -------------------------------------------------------------------------------------------------------------

show 80x24 "$data"
picture information
press Right Right
picture information-space
press Left
picture information-tables
press F1
picture help
leave

show 80x24
picture chooser
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
press Escape s
picture activity-sort
press Escape b
picture activity-logs
press Escape colon
picture activity-goto
press Escape slash
picture activity-search
press Escape f Return
picture activity-filter-tables
leave

show 120x36 "$data" --page activity
picture activity-120x36
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
write 38
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
press Escape J
picture backup-journal
leave

run 10:14:00 settings "$data" Scheduler/Frequency Daily
run 10:14:00 settings "$data" Scheduler/Daily/Hour 21:00
# The schedule is kept by the service.
FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f '2026-11-21 10:14:30' "$msc" watch "$data" >"$work/watch" 2>&1 &
service=$!
started+=("$service")
for _ in $(seq 300); do [ -s "$work/watch" ] && break; sleep 0.1; done
show 80x24 "$data" --page settings
picture settings-scheduler
press Right
picture settings-configuration
press Right
picture settings-backup
leave
kill "$service"
wait "$service" || true

show 80x24 "$data" --page rollback
press bracketleft bracketleft
picture rollback
press R
picture rollback-confirm
write 11
press Return
picture rollback-result
leave

# A larger database without a log, so that there is something to see of an operation.
data=$work/srv/photos.db
sql 10:11:00 "CREATE TABLE scan(id INTEGER PRIMARY KEY, content BLOB)"
run 10:11:30 backup "$data"
sql 10:12:00 "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300) INSERT INTO scan(content) SELECT randomblob(1000000) FROM n"
show 80x24 "$data" --page backup
press b
xdotool key Return s
inputs=$((inputs + 2))
answered
picture stopped
leave

# A backup of another process, held still in its course, so that every run shows the same.
# Under a made-up clock it would not tell how far it is.
"$msc" backup "$data" >/dev/null 2>&1 &
other=$!
started+=("$other")
held=
number_of() { grep -o "\"$1\" *: *[0-9]*" "$work/srv/photos.msc/Lock/operation" 2>/dev/null | grep -o '[0-9]*$' || true; }
while [ -z "$held" ] && kill -0 "$other" 2>/dev/null; do
    held_done=$(number_of done)
    held_total=$(number_of total)
    [ "${held_total:-0}" -gt 0 ] && [ $((${held_done:-0} * 10)) -gt $((held_total * 3)) ] && held=yes
    sleep 0.02
done
[ -n "$held" ] || { echo "the backup ended before it could be held" >&2; exit 1; }
kill -STOP "$other"
clock=()
show 80x24 "$data"
press F2
picture thermometer
press Escape s Return
picture waiting
press Escape
picture cancelled
kill -CONT "$other"
leave
wait "$other" || true
