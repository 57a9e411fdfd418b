#!/usr/bin/env bash
# The long form of what the test command does in short: prove.sh [MINUTES] [PART...]
#
# Without arguments ten minutes for each part. The parts: differential twin kill faults power fuzz hostile load thread address.
# What each one proves, and the figures of the longest runs: docs/proof.md.
set -uo pipefail
cd "$(dirname "$0")/.."
minutes=${1:-10}
shift || true
parts=("$@")
[ ${#parts[@]} -gt 0 ] || parts=(differential twin kill faults power fuzz hostile load thread address)
seconds=$((minutes * 60))
failed=()

swift build --build-tests || exit 1
tests() { swift test --disable-xctest --skip-build --filter "$1"; }

# About what two slow cores do in a minute, measured; more is done in the same time on others.
differential() { scripts/differential.sh "$seconds"; }
twin() {
    local msc
    msc="$(swift build --show-bin-path)/msc"
    # Half of it on the versions of SQLite that PyPI has, where it can be reached.
    scripts/twin.py "$msc" --statements $((minutes * 1500)) &&
        scripts/twin.py "$msc" --statements $((minutes * 500)) --drains all &&
        scripts/twin.py "$msc" --statements $((minutes * 500)) --hard &&
        scripts/twin.py "$msc" --statements $((minutes * 500)) --strange &&
        scripts/twin.py "$msc" --statements $((minutes * 2500)) --matrix .build/sqlites
}
kill_() { MSC_KILL_ROUNDS=$((minutes * 12)) tests KillTests; }
power() { MSC_POWER_SEEDS=$minutes tests PowerLossTests; }
faults() {
    for fault in ENOSPC EIO EACCES; do
        MSC_FAULT=$fault tests 'FaultTests|StopTests|HistoryFileTests|RetentionTests|BackupJournalTests|SettingsEditTests|RepairTests|ProofTests|PublicationTests' || return 1
    done
}
fuzz() { scripts/fuzz.sh $((seconds / 8)) && MSC_FUZZ_SECONDS=$((seconds / 8)) tests FuzzTests.FuzzTests; }
hostile() { scripts/hostile.sh "$(swift build --show-bin-path)/msc" $((seconds / 2)); }
load() { scripts/load.py "$(swift build --show-bin-path)/msc" "$seconds"; }
thread() { scripts/sanitize.sh thread; }
address() { scripts/sanitize.sh address; }

for part in "${parts[@]}"; do
    echo "== $part, $(date '+%F %T')"
    [ "$part" = kill ] && command=kill_ || command=$part
    "$command" && echo "== $part: no failure" || failed+=("$part")
done
[ ${#failed[@]} -eq 0 ] || { echo "FAILED: ${failed[*]}"; exit 1; }
