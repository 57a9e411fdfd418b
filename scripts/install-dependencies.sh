#!/usr/bin/env bash
# Installs the Debian packages that building, testing and the demonstration need; does nothing when they are there.
set -euo pipefail
packages=(
    libsqlite3-dev zlib1g-dev libisal-dev libssl-dev libncurses-dev   # what msc is linked with
    libxml2 libcurl4 git                               # what Swift's libraries and package manager need
    proj-data python3                                  # the demonstration: a real database and a foreign client
    sqlite3 unzip p7zip-full pigz gcc libc6-dev        # tests and benchmarks: independent readers and peers
)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
as_root=()
[ "$(id -u)" -eq 0 ] || as_root=(sudo)
echo "Installing ${missing[*]}"
"${as_root[@]}" apt-get update -q
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -q --no-install-recommends "${missing[@]}"
