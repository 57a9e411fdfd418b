#!/usr/bin/env bash
# A folder that somebody changes while msc works in it: hostile.sh MSC ARGUMENTS… (those of hostile.py). As root also as another user.
set -uo pipefail
msc=$(realpath "$1")
cd "$(dirname "$0")"
shift
status=0
# Another user has to get at the program and the script.
folder=$(mktemp -d) && chmod 755 "$folder" && cp "$msc" "$folder/msc" && cp hostile.py "$folder" && chmod 755 "$folder"/* || exit 1
TMPDIR=/tmp python3 "$folder/hostile.py" "$folder/msc" "$@" || status=1
if [ "$(id -u)" = 0 ]; then
    TMPDIR=/tmp HOME=/nonexistent setpriv --reuid 12345 --regid 12345 --clear-groups \
        env PATH=/usr/bin:/bin python3 "$folder/hostile.py" "$folder/msc" "$@" || status=1
fi
rm -r "$folder"
exit $status
