#!/usr/bin/env bash
# Installs what is missing, builds and runs all tests. Arguments go to 'swift test'.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-dependencies.sh
exec swift test --disable-xctest --parallel "$@"
