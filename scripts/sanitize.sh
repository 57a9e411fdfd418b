#!/usr/bin/env bash
# Runs the test suite under a sanitizer, in a build folder of its own: sanitize.sh thread|address [ARGUMENTS OF swift test]
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?thread or address}
shift
case $kind in
thread) export TSAN_OPTIONS="suppressions=$PWD/scripts/thread-sanitizer.suppressions history_size=4 ${TSAN_OPTIONS:-}" ;;
# What Foundation and the testing library keep for the life of the process counts as a leak; what a test leaks itself cannot be told
# from it, so leaks are not looked for.
address) export ASAN_OPTIONS="detect_leaks=0 ${ASAN_OPTIONS:-}" ;;
*) echo "thread or address" >&2; exit 2 ;;
esac
exec swift test --disable-xctest --build-path ".build-$kind" --sanitize "$kind" "$@"
