#!/usr/bin/env bash
# Fuzzes the readers of files and texts with libFuzzer and Address Sanitizer: fuzz.sh [SECONDS] [TARGET...]
# Without arguments a minute for each target. What it finds is kept in .build-fuzz/findings; what widens the coverage joins the
# corpus in .build-fuzz/corpus.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-60}
shift || true
targets=("$@")
[ ${#targets[@]} -gt 0 ] || targets=(log forged archive manifest settings history record words parity pages hostileLog hostileArchive hostileData)

build=.build-fuzz
swift build --build-path $build --target FuzzTargets -Xswiftc -sanitize=fuzzer -Xswiftc -sanitize=address \
    -Xcc -fsanitize=address >&2
objects=$(find -L $build/debug -name '*.o' -path '*.build/*' | grep -E "/(FuzzTargets|Engine|Archive|LogFile|Parity|Deflate|PageFormat|Database|FileSystem|Vocabulary|C[A-Z][a-z]*|CSQLite)\.build/")
# SwiftPM writes the module maps of the C libraries.
maps=$(for name in CSQLite CZlib CIsal CCrypto CLinux; do echo "-Xcc -fmodule-map-file=$build/debug/$name.build/module.modulemap"; done)
# shellcheck disable=SC2086
swiftc -swift-version 6 -parse-as-library -sanitize=fuzzer,address -I $build/debug/Modules $maps \
    Tests/Fuzzer/Fuzzer.swift $objects -o $build/fuzzer -lsqlite3 -lz -lisal -lcrypto 2>&1 | grep -v 'Cannot export local symbol' >&2 || true
test -x $build/fuzzer
mkdir -p $build/findings
for target in "${targets[@]}"; do
    mkdir -p "$build/corpus/$target"
    echo "== $target"
    # Leaks are not looked for: what Foundation keeps for the life of the process counts as one.
    MSC_FUZZ_TARGET=$target ASAN_OPTIONS=detect_leaks=0 $build/fuzzer -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
        -max_len=16384 -print_final_stats=1 -artifact_prefix="$build/findings/$target-" "$build/corpus/$target" "Tests/Corpus/$target" \
        2>&1 | grep -E 'finding|ERROR|SUMMARY|Test unit|stat::number_of_executed|cov:.*DONE' || true
    rm -rf /dev/shm/msc-libfuzzer-*
done
if [ -n "$(ls $build/findings)" ]; then
    ls $build/findings
    exit 1
fi
