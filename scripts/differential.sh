#!/usr/bin/env bash
# Runs random applications on captured databases, built with optimisation: differential.sh [SECONDS]
#
# Each minute it tells what it has done so far. A failure prints its seed and the smallest script that fails in the same way.
# MSC_FUZZ_START begins at another seed.
set -euo pipefail
cd "$(dirname "$0")/.."
seconds=${1:-600}
build=.build-differential
swift build -c release --build-path $build -Xswiftc -enable-testing --target DatabaseTests >&2
objects=$(find -L $build/release -name '*.o' -path '*.build/*' | grep -E "/(DatabaseTests|Database|FileSystem|Vocabulary|CSQLite|CCrypto|CLinux)\.build/")
# shellcheck disable=SC2086
swiftc -O -parse-as-library -I $build/release/Modules Tests/Runner/Runner.swift $objects -o $build/runner -lsqlite3 -lcrypto >&2
MSC_FUZZ_SECONDS=$seconds $build/runner --testing-library swift-testing --filter FuzzTests |
    grep --line-buffered -vE ' started\.$'
