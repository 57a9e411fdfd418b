#!/usr/bin/env bash
# Installs what is missing, builds msc and runs the guided demonstration on a copy of a real database.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh
swift build -c release --product msc
exec scripts/demonstration.sh "$(swift build -c release --show-bin-path)/msc"
