#!/usr/bin/env bash
# Measures msc against its peers on this machine and prints one table. Exit status 0 also when a target is missed.
# Usage: run.sh [--size GB] [--quick] [name…]       names: backup restore capture log integration rollback pauses screens watch
# Works in MSC_BENCH_DIR, or in a fresh temporary folder; what it made there is gone afterwards.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
for tool in gcc python3 sqlite3 pigz unzip gzip less swift; do
    command -v "$tool" >/dev/null || { echo "run.sh needs $tool" >&2; exit 1; }
done
folder=$(mktemp -d "${MSC_BENCH_DIR:-${TMPDIR:-/tmp}}/msc-benchmark-XXXXXX")
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/bin"
for source in "$here"/clients/*.c; do
    gcc -O2 -Wall -Wextra -Werror -o "$folder/bin/$(basename "$source" .c)" "$source" -lsqlite3
done
cd "$here/.."
swift build -c release --product msc >"$folder/build.log" 2>&1 || { cat "$folder/build.log" >&2; exit 1; }
ln -s "$(swift build -c release --show-bin-path)/msc" "$folder/bin/msc"
python3 -B "$here/benchmark.py" "$folder" "$@"
