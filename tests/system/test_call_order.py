"""Calls in any order through the C ABI: what a host may call when, and what it is told.

A few lines of Python say when a call is right (`Expected`). Orders are all of three
calls after each beginning, and long ones that are drawn. After every order, what was
loaded gives the same bits.
"""

import itertools
from random import Random

import artefacts
import numpy as np
import pytest
from artefacts import DUDT, LAT, NLEV, PRESSURE, PS, U, V

from gwparam.errors import Status
from gwparam.shared_library import shared_library

INPUTS = (U, V, PS, LAT)
COLUMNS = 3
OK, ARGUMENT = Status.OK, Status.ERR_ARGUMENT


class Host:
    """One scheme of the C ABI, and the arrays of a host."""

    def __init__(self, path) -> None:
        self.ffi, self.lib = shared_library()
        handle = self.ffi.new("gwparam_scheme **")
        loaded = self.lib.gwparam_scheme_load(handle, str(path).encode(), self.ffi.NULL)
        assert loaded == OK
        self.scheme = self.ffi.gc(handle[0], self.lib.gwparam_scheme_free)
        random = np.random.default_rng(3)
        self.values = {
            U: random.normal(0.0, 9.0, (COLUMNS, NLEV)),
            V: random.normal(0.0, 9.0, (COLUMNS, NLEV)),
            PS: np.full(COLUMNS, 1e5),
            LAT: np.array([-40.0, 0.0, 40.0]),
        }
        self.out = np.full((COLUMNS, NLEV), -1.0)

    def array(self, values):
        strides = [stride // values.itemsize for stride in values.strides]
        data = self.ffi.cast("void *", values.ctypes.data)
        kind = (data, self.lib.GWPARAM_FLOAT64, values.ndim, values.shape, strides)
        return self.ffi.new("gwparam_array *", kind)

    def call(self, what: str) -> Status:
        lib, scheme, null = self.lib, self.scheme, self.ffi.NULL
        if what == "levels":
            order = lib.GWPARAM_TOP_DOWN
            return lib.gwparam_scheme_set_levels(scheme, order, NLEV, list(PRESSURE))
        if what == "add":
            return lib.gwparam_scheme_add_columns(scheme, null)
        if what in ("run", "flush", "discard"):
            return getattr(lib, f"gwparam_scheme_{what}")(scheme)
        if what.startswith("get"):
            out, window = self.array(self.out), int(what[-1])
            return lib.gwparam_scheme_get(scheme, window, DUDT.encode(), null, out)
        given = self.array(self.values[what])
        return lib.gwparam_scheme_put(scheme, what.encode(), null, given)


class Expected:
    """What the header says of the order of calls."""

    def __init__(self) -> None:
        self.levels, self.put, self.closed, self.results = False, set(), 0, 0

    def drop(self) -> None:
        self.put, self.closed, self.results = set(), 0, 0

    def status(self, what: str) -> Status:
        told = self.after(what)
        if told != OK and not what.startswith("get"):
            self.drop()
        return told

    def after(self, what: str) -> Status:
        if what == "levels":
            self.levels = True
            self.drop()
        elif what in INPUTS:
            if self.results:
                self.drop()
            if not self.levels or what in self.put:
                return ARGUMENT
            self.put.add(what)
        elif what in ("add", "run"):
            if self.put != set(INPUTS):
                return ARGUMENT
            self.put, self.closed = set(), self.closed + 1
            if what == "run":
                return self.after("flush")
        elif what == "flush":
            if self.put or not self.closed:
                return ARGUMENT
            self.results, self.closed = self.closed, 0
        elif what == "discard":
            self.drop()
        elif int(what[-1]) > self.results:
            return ARGUMENT
        return OK


CALLS = ("levels", *INPUTS, "add", "run", "flush", "discard", "get 1", "get 2")
WINDOW = (*INPUTS, "add")
BEGINNINGS = {
    "with levels": ("levels",),
    "with an open window": ("levels", U, V),
    "with a full window": ("levels", *INPUTS),
    "with a closed window": ("levels", *WINDOW),
    "with two closed windows": ("levels", *WINDOW, *WINDOW),
    "with a result": ("levels", *INPUTS, "run"),
    "with two results": ("levels", *WINDOW, *WINDOW, "flush"),
}


def check(host: Host, orders, state: Expected) -> None:
    """Make calls of every order; then a step, which has the bits of the first."""
    expected = None
    for order in orders:
        made = []
        for what in order:
            made.append(what)
            untouched = host.out.copy()
            told = host.call(what)
            assert told == state.status(what), made
            if told != OK or not what.startswith("get"):
                assert np.array_equal(host.out, untouched), made
        for what in ("discard", "levels", *INPUTS, "run", "get 1"):
            assert host.call(what) == state.status(what) == OK, (made, what)
        expected = host.out.copy() if expected is None else expected
        assert np.array_equal(host.out, expected), made
        host.out[:] = -1.0


@pytest.fixture(params=["torchscript", "column_program"])
def artefact(request, tiny_artefact, tmp_path):
    if request.param == "column_program":
        return tiny_artefact
    path = tmp_path / "linear.pt"
    artefacts.write(path, artefacts.Linear(), artefacts.contract())
    return path


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_calls_in_any_order(artefact, beginning) -> None:
    host, before = Host(artefact), BEGINNINGS[beginning]
    orders = itertools.product(CALLS, repeat=3)
    check(host, ((*before, *calls) for calls in orders), Expected())


def test_calls_before_the_levels(artefact) -> None:
    for calls in itertools.product(CALLS, CALLS):
        check(Host(artefact), [calls], Expected())


def test_long_orders(artefact) -> None:
    random = Random(20261129)
    orders = (random.choices(CALLS, k=random.randrange(5, 60)) for _ in range(300))
    check(Host(artefact), orders, Expected())
