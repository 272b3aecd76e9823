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

case "$(uname -s)" in
    Darwin) how="brew install python@3.12" ;;
    *) how="install the package python3.11 or newer, with its venv module" ;;
esac
echo "Chartroom needs Python 3.11 or newer, and none was found: $how" >&2
exit 1
