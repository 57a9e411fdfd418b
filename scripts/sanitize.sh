#!/usr/bin/env bash
# Runs the test suite under a sanitizer, in a build folder of its own: sanitize.sh thread|address [ARGUMENTS OF swift test]
# A finding in a program that a test started ends it with a status that no test expects.
set -euo pipefail
cd "$(dirname "$0")/.."
kind=${1:?thread or address}
shift
# Tests that say nothing under a sanitizer, by name:
# - aCrashRestoresTheTerminal: the sanitizers keep the signals of a crash for themselves.
left_out=(--skip aCrashRestoresTheTerminal)
case $kind in
thread)
    # One thread's work hundreds of times over, which takes hours here and shows no race; the address sanitizer has them.
    left_out+=(--skip 'EngineFaultTests|EngineStopTests|EndFaultTests|PowerLossTests|FuzzTests|DamageTests|LogFileTests.FaultTests')
    export TSAN_OPTIONS="suppressions=$PWD/scripts/thread-sanitizer.suppressions history_size=4 ${TSAN_OPTIONS:-}"
    ;;
# What Foundation and the testing library keep for the life of the process counts as a leak; what a test leaks itself cannot be told
# from it, so leaks are not looked for.
address) export ASAN_OPTIONS="detect_leaks=0 ${ASAN_OPTIONS:-}" ;;
*) echo "thread or address" >&2; exit 2 ;;
esac
# A kill is a matter of time, which a sanitizer stretches: one of each kind.
export MSC_KILL_ROUNDS=${MSC_KILL_ROUNDS:-1}
exec swift test --disable-xctest --build-path ".build-$kind" --sanitize "$kind" "${left_out[@]}" "$@"
