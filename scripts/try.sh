#!/usr/bin/env bash
# Installs what is missing, builds msc and runs the guided demonstration on a copy of a real database. On a terminal it ends by
# opening that database in the interface; --no-interface, or no terminal, leaves that out.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh
swift build -c release --product msc
exec scripts/demonstration.sh "$@" "$(swift build -c release --show-bin-path)/msc"
