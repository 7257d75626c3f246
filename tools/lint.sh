#!/bin/sh
# Format and lint, each tool on directories; the settings are in pyproject.toml.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
export PATH

# libtorch's headers take minutes, and their warnings are their own.
tidied() { git ls-files 'fortran_bridge/src/*.cpp' 'fortran_bridge/mpi/*.cpp' | grep -v /torch/; }
native() { git ls-files '*.c' '*.cpp' '*.h' '*.hpp'; }

set -x
ruff format --check .
ruff check .
mypy
lint-imports
python tools/check_layers.py
python tools/check_tests.py
python tools/check_names.py
# shellcheck disable=SC2046 # a list of files
clang-format --dry-run -Werror $(native)
ffmt --check fortran_bridge gwparam tests examples
fortitude check fortran_bridge gwparam tests examples
codespell
# The options of GCC that Clang does not know are the compiler's matter.
tidied | xargs -P 2 -n 6 clang-tidy -p build --quiet --extra-arg=-Wno-unknown-warning-option
