#!/bin/sh
# What gwparam needs beside Python: installs it through apt when root, otherwise names it.
# With the argument `docs`, what its documentation needs.
set -eu

missing=
packages=
need() { # what, Debian package, test that succeeds when it is there
    what=$1 package=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing="$missing
  $what (Debian/Ubuntu: $package)"
        packages="$packages $package"
    fi
}

python=${PYTHON:-python3}
has_header() { echo "#include <$1>" | g++ -E -xc++ - ; }
has_venv() { "$python" -c 'import ensurepip, venv'; }
has_python_header() {
    "$python" -c 'import pathlib, sysconfig
assert (pathlib.Path(sysconfig.get_path("include")) / "Python.h").exists()'
}

if [ "${1:-}" = docs ]; then
    need Doxygen doxygen doxygen --version
fi
need "a C++ compiler" g++ g++ --version
need "a Fortran compiler" gfortran gfortran --version
need "MPI for Fortran" "libopenmpi-dev openmpi-bin" mpifort --version
need "netCDF for Fortran" libnetcdff-dev nf-config --version
need "the header nlohmann/json.hpp" nlohmann-json3-dev has_header nlohmann/json.hpp
need "pkg-config" pkg-config pkg-config --version
need "Python's venv" python3-venv has_venv
need "Python's headers" python3-dev has_python_header

[ -n "$packages" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing$packages"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of packages
    apt-get install -y -qq --no-install-recommends $packages >/dev/null
else
    echo "gwparam needs, and this machine lacks:$missing" >&2
    echo "Install them, for example with: sudo apt-get install$packages" >&2
    exit 1
fi
