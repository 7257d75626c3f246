#!/bin/sh
# The documentation site in build-docs/html; a warning or a link that leads nowhere is an error.
set -eu
cd "$(dirname "$0")/.."
PATH=$PWD/.venv/bin:$PATH
# cf-units sets the locale anew, which Python cannot for C.UTF-8.
export PATH LC_ALL=C PYTHONUTF8=1
mkdir -p build-docs
doxygen docs/site/Doxyfile
sphinx-build --fail-on-warning --keep-going --quiet -c docs -d build-docs/doctrees . build-docs/html
python tools/check_site.py build-docs/html
echo "wrote build-docs/html/index.html"
