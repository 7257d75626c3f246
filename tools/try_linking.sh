#!/bin/sh
# Links ten lines of Fortran against an installed gwparam in each way that a host may ask
# for it, and runs them; needs no checkout beside itself.
#
#   tools/try_linking.sh gwparam [ARTEFACT]     the command of a pip install
#   tools/try_linking.sh /PREFIX [ARTEFACT]     where `meson install` put it
set -eu
installed=$1
artefact=${2:+$(realpath "$2")}
FC=${FC:-gfortran}

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
is_prefix() { case $1 in */*) [ -d "$1" ] ;; *) false ;; esac; } # gwparam is a folder too
if is_prefix "$installed"; then
    pkg_config=$(dirname "$(find "$(realpath "$installed")" -name gwparam.pc)")
    cmake_dir=$(dirname "$(find "$(realpath "$installed")" -name gwparam-config.cmake)")
    ways="with_pkg_config with_cmake with_meson"
else
    found=$(command -v "$installed") || {
        echo "$installed: expected a folder, or the command of a pip install" >&2
        exit 1
    }
    installed=$(realpath -s "$found") # it is called from another folder
    pkg_config=$("$installed" config --pkg-config-dir)
    cmake_dir=$("$installed" config --cmake-dir)
    ways="with_gwparam_config with_pkg_config with_cmake with_meson"
fi
export FC PKG_CONFIG_PATH="$pkg_config"
cd "$folder"
: >log

cat >host.f90 <<'END'
program host
    use gwparam, only: gwparam_scheme_t, gwparam_version
    implicit none
    type(gwparam_scheme_t) :: scheme
    character(len=200) :: path = "", errmsg = "loaded"
    integer :: stat
    call get_command_argument(1, path)
    call scheme%load(trim(path), stat=stat, errmsg=errmsg)
    print "(4a)", "gwparam ", gwparam_version(), ": ", trim(errmsg)
    if (path /= "" .and. stat /= 0) error stop
end program host
END
cat >CMakeLists.txt <<'END'
cmake_minimum_required(VERSION 3.20)
project(host Fortran)
find_package(gwparam 0.1 REQUIRED)
add_executable(host host.f90)
target_link_libraries(host gwparam::fortran)
END
cat >meson.build <<'END'
project('host', 'fortran')
executable('host', 'host.f90', dependencies: dependency('gwparam', version: '>=0.1'))
END

compiled() { "$FC" host.f90 "$@" -o host && ./host "$artefact" && rm host; }
with_gwparam_config() {
    flags=$("$installed" config --fflags --libs) || return
    # shellcheck disable=SC2086 # words
    compiled $flags
}
with_pkg_config() {
    flags=$(pkg-config --cflags --libs gwparam) || return
    # shellcheck disable=SC2086 # words
    compiled $flags
}
with_cmake() {
    cmake -S . -B cmake "-Dgwparam_DIR=$cmake_dir" >log &&
        cmake --build cmake >>log && cmake/host "$artefact"
}
with_meson() {
    meson setup meson >log && meson compile -C meson >>log && meson/host "$artefact"
}

for way in $ways; do
    tool=${way#with_}
    case $tool in pkg_config) tool=pkg-config ;; gwparam_config) tool=$FC ;; esac
    if command -v "$tool" >/dev/null; then
        said=$($way) || {
            cat log
            echo "$way failed: $said" >&2
            exit 1
        }
        echo "$way: $said"
    else
        echo "$way: not tried, there is no $tool"
    fi
done
