#!/bin/sh
# Finds a Python that is new enough and lets bootstrap.py do the rest. Arguments go to it.
set -eu
cd "$(dirname "$0")/.."

candidates="${PYTHON:-} python3 python3.13 python3.12 python3.11 python3.14 python"
new_enough='import sys; sys.exit(sys.version_info < (3, 11))'

# First one that can make environments, else any: bootstrap.py then says what to install for it.
for needed in "$new_enough; import ensurepip, venv" "$new_enough"; do
    for python in $candidates; do
        if "$python" -c "$needed" >/dev/null 2>&1; then
            # A name may be a wrapper that depends on the directory; the program itself doesn't.
            exec "$("$python" -c 'import sys; print(sys.executable)')" scripts/bootstrap.py "$@"
        fi
    done
done

if [ "$(uname -s)" = Darwin ]; then
    how="brew install python@3.12"
elif command -v apt-get >/dev/null 2>&1 && command -v python3 >/dev/null 2>&1; then
    how="sudo apt-get install -y python3.11 python3.11-venv"  # The system's own is too old.
elif command -v apt-get >/dev/null 2>&1; then
    how="sudo apt-get install -y python3 python3-venv"
else
    how="install it with your system's package manager"
fi
echo "Chartroom needs Python 3.11 or newer, and none was found: $how" >&2
exit 1
