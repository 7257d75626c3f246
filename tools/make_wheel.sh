#!/bin/sh
# An sdist of the last commit, and from it a wheel that brings all it needs but Python
# packages. It has neither torch, MPI nor netCDF-Fortran in it: docs/install.md.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
out=${1:-dist}
limit_mb=10

fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
python -m build --no-isolation -o "$fresh" -Csetup-args=-Dtorch=disabled \
    -Csetup-args=-Dmpi=disabled -Csetup-args=-Drestart_file=disabled .

# The libraries of gfortran go into it; what names another library of the machine is refused.
mkdir -p "$out"
auditwheel repair -w "$fresh/repaired" "$fresh"/gwparam-*.whl
[ -z "$(find "$fresh/repaired" -size +${limit_mb}M)" ] || {
    echo "the wheel has more than $limit_mb MB" >&2
    exit 1
}
mv "$fresh"/gwparam-*.tar.gz "$fresh"/repaired/gwparam-*.whl "$out"
ls -sh "$out"
