#!/usr/bin/env bash
# Resolves requirements.in, -dev.in and -servers.in in throw-away environments and writes the pinned .txt of each.
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

header() { printf '# Locked by `make lock` from %s on Python %s. Do not edit.\n' "$1" "$(python_version)"; }
python_version() { "${PYTHON:-python3}" -c 'import platform; print(".".join(platform.python_version_tuple()[:2]))'; }

freeze() { # environment, then the .in and locked files it was made from
    local environment=$1
    shift
    "${PYTHON:-python3}" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
    "$environment/bin/python" -m pip freeze --disable-pip-version-check | LC_ALL=C sort -f
}

freeze "$work/runtime" -r requirements.in >"$work/runtime.txt"
freeze "$work/dev" -c "$work/runtime.txt" -r requirements.in -r requirements-dev.in >"$work/dev.txt"
freeze "$work/servers" -c "$work/dev.txt" -r requirements-servers.in >"$work/servers.txt"

{ header requirements.in; cat "$work/runtime.txt"; } >requirements.txt
{
    header requirements-dev.in
    echo '-r requirements.txt'
    grep -vxFf "$work/runtime.txt" "$work/dev.txt"
} >requirements-dev.txt
{ header requirements-servers.in; cat "$work/servers.txt"; } >requirements-servers.txt
echo "locked: $(wc -l <"$work/runtime.txt") runtime, $(wc -l <"$work/dev.txt") with development"
