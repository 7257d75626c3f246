"""What holds for any columns, levels, arrays and units, through the library.

Hypothesis draws them, the same ones in every run.
"""

from itertools import pairwise

import artefacts
import numpy as np
import pytest
import torch
from artefacts import DUDT, DVDT, LAT, NLEV, PRESSURE, PS, U, V
from flux_networks import FLUXES, write_flux_artefact
from hypothesis import assume, given
from hypothesis import strategies as st

import gwparam
from gwparam.errors import ContractError
from gwparam.library import unit_conversion
from gwparam.units import conversion

FULL, HALF = "air_pressure", "air_pressure_at_half_levels"
GRAVITY = 9.80665


class Winds(torch.nn.Module):
    """The drag is the wind, so that what levels do to it shows."""

    def forward(self, u, v, ps, lat):
        return 1e-6 * u, 1e-6 * v


@pytest.fixture(scope="module")
def columns_artefact(tiny_artefact_float32, tiny_artefact):
    """A column program in either precision, whose levels are those of the host."""
    return {"float32": tiny_artefact_float32, "float64": tiny_artefact}


@pytest.fixture(scope="module")
def winds(tmp_path_factory):
    """A network with levels of its own, the host's drag in m s-2 being 1e-6 u."""
    document = artefacts.contract()
    document["vertical"] = {
        "kind": "pressure",
        "order": "top_down",
        "nlev": NLEV,
        "pressure": PRESSURE,
        "outside": "zero",
    }
    document["training_range"] = []
    path = tmp_path_factory.mktemp("winds") / "winds.pt"
    return artefacts.write(path, Winds(), document) or path


@pytest.fixture(scope="module")
def flux(tmp_path_factory):
    return write_flux_artefact(tmp_path_factory.mktemp("flux") / "flux.pt", "column")


def fields(seed, columns, nlev=NLEV):
    random = np.random.default_rng(seed)
    return {
        U: random.normal(10.0, 20.0, (columns, nlev)),
        V: random.normal(0.0, 20.0, (columns, nlev)),
        PS: random.uniform(9.1e4, 1.05e5, columns),
        LAT: random.uniform(-89.0, 89.0, columns),
    }


@st.composite
def levels(draw, least=2, most=12):
    """Pressures at half and full levels [Pa], top down."""
    count = draw(st.integers(least, most))
    steps = draw(st.lists(st.floats(0.05, 1.0), min_size=count + 1, max_size=count + 1))
    top = draw(st.sampled_from([0.0, 10.0, 3e3]))
    half = top + (1.1e5 - top) * np.cumsum([0.0, *steps]) / np.sum(steps)
    half = half[:-1]
    return half, (half[1:] + half[:-1]) / 2


def scheme_on(path, pressure, order="top_down"):
    scheme = gwparam.load_scheme(path)
    scheme.set_levels(pressure, order)
    return scheme


def on_levels(path, given, half, full, flip=False):
    """The drag on a host's levels, and fluxes at its half levels; top down."""
    turn = slice(None, None, -1) if flip else slice(None)
    columns = given[U].shape[0]
    with scheme_on(path, full[turn], "bottom_up" if flip else "top_down") as scheme:
        for name, values in given.items():
            scheme.put(name, values[:, turn] if values.ndim == 2 else values)
        for name, pressure in ((FULL, full), (HALF, half)):
            scheme.put(name, np.tile(pressure[turn], (columns, 1)))
        scheme.run()
        found = {
            name: scheme.get(name, np.empty((columns, full.size)))[:, turn]
            for name in (DUDT, DVDT)
        }
        for flux in scheme.contract.flux:
            name = f"{flux.name}_at_half_levels"
            room = np.empty((columns, half.size))
            found[flux.name] = scheme.get(name, room)[:, turn]
    return found


SEEDS = st.integers(0, 2**32 - 1)


@given(SEEDS, levels())
def test_the_drag_on_any_levels_is_between_that_of_the_network(winds, seed, drawn):
    half, full = drawn
    given_ = fields(seed, 4, full.size)
    found = on_levels(winds, given_, half, full)
    inside = (full >= PRESSURE[0]) & (full <= PRESSURE[-1])
    for name, wind in ((DUDT, U), (DVDT, V)):
        low, high = given_[wind].min(1), given_[wind].max(1)
        drag = 1e6 * found[name]
        slack = 1e-9
        assert (drag[:, inside] >= low[:, None] - slack).all()
        assert (drag[:, inside] <= high[:, None] + slack).all()
        assert (drag[:, ~inside] == 0.0).all()


@given(SEEDS, levels())
def test_what_grows_downwards_grows_on_other_levels(winds, seed, drawn):
    half, full = drawn
    given_ = fields(seed, 4, full.size)
    for wind in (U, V):
        given_[wind].sort(axis=1)
    found = on_levels(winds, given_, half, full)
    inside = (full >= PRESSURE[0]) & (full <= PRESSURE[-1])
    for name in (DUDT, DVDT):
        assert (np.diff(found[name][:, inside], axis=1) >= -1e-15).all()


@given(SEEDS)
def test_the_same_levels_change_no_bit(winds, seed):
    given_ = fields(seed, 7)
    full = np.array(PRESSURE)
    half = np.array([0.0, *np.sqrt(full[1:] * full[:-1]), 1.1e5])
    found = on_levels(winds, given_, half, full)
    assert np.array_equal(found[DUDT], 1e-6 * given_[U])
    assert np.array_equal(found[DVDT], 1e-6 * given_[V])


@given(SEEDS, levels())
def test_the_order_of_levels_changes_no_bit(winds, flux, seed, drawn):
    half, full = drawn
    given_ = fields(seed, 3, full.size)
    for path in (winds, flux):
        found = on_levels(path, given_, half, full)
        turned = on_levels(path, given_, half, full, flip=True)
        for name, values in found.items():
            assert np.array_equal(values, turned[name])


@given(SEEDS, levels())
def test_the_momentum_of_a_column_is_what_leaves_it(flux, seed, drawn):
    """The sum over the layers is the flux through its top and bottom."""
    half, full = drawn
    given_ = fields(seed, 3, full.size)
    found = on_levels(flux, given_, half, full)
    scale = {DUDT: 1.0, DVDT: GRAVITY}
    for tendency, name in zip((DUDT, DVDT), FLUXES, strict=True):
        gained = (found[tendency] * np.diff(half)).sum(axis=1)
        through = found[name][:, -1] - found[name][:, 0]
        largest = np.abs(found[name]).max() * scale[tendency] + 1e-300
        expected = -scale[tendency] * through
        assert np.abs(gained - expected).max() <= 1e-12 * largest


@st.composite
def splits(draw):
    """Where windows of columns are cut, and in which of them a flush comes."""
    columns = draw(st.integers(1, 70))
    cuts = draw(st.sets(st.integers(1, max(1, columns - 1)), max_size=6))
    edges = sorted({0, columns} | {cut for cut in cuts if cut < columns})
    chunk = draw(st.sampled_from([16, 32, 256]))
    threads = draw(st.integers(1, 3))
    return columns, edges, chunk, threads


@pytest.mark.parametrize("precision", ["float32", "float64"])
@given(SEEDS, splits())
def test_any_split_into_windows_gives_the_same_bits(
    columns_artefact, precision, seed, split
):
    columns, edges, chunk, threads = split
    given_ = fields(seed, columns)
    path = columns_artefact[precision]
    with scheme_on(path, PRESSURE) as scheme:
        expected = scheme.predict(given_)
    with gwparam.load_scheme(path, chunk_columns=chunk, threads=threads) as scheme:
        scheme.set_levels(PRESSURE)
        windows = list(pairwise(edges))
        for begin, end in windows:
            for name, values in given_.items():
                scheme.put(name, values[begin:end])
            scheme.add_columns()
        scheme.flush()
        for number, (begin, end) in enumerate(windows, start=1):
            for name in (DUDT, DVDT):
                found = scheme.get(name, np.empty((end - begin, NLEV)), window=number)
                assert np.array_equal(found, expected[name][begin:end])


@st.composite
def views(draw):
    """How an array of (6, 4, ...) lies in memory: order, steps, gaps, sign, type."""
    order = draw(st.permutations(range(3)))
    steps = [draw(st.sampled_from([1, 2, 3, -1, -2])) for _ in range(3)]
    dtype = draw(st.sampled_from([np.float32, np.float64]))
    offset = draw(st.integers(0, 3))
    return order, steps, dtype, offset


def laid_out(values, view):
    """The same numbers in an array that lies so."""
    order, steps, dtype, offset = view
    order = [axis for axis in order if axis < values.ndim]
    extent = [values.shape[axis] * abs(steps[axis]) + offset for axis in order]
    memory = np.full(extent, np.nan, dtype).transpose(np.argsort(order))
    cut = tuple(
        slice(offset, None, abs(steps[axis])) if steps[axis] > 0
        else slice(-1 - offset, None, steps[axis])
        for axis in range(values.ndim)
    )  # fmt: skip
    its = memory[cut][tuple(slice(0, size) for size in values.shape)]
    assert its.shape == values.shape
    its[...] = values
    return its


@pytest.mark.parametrize("precision", ["float32", "float64"])
@given(SEEDS, views(), views(), views())
def test_any_view_of_an_array_is_its_numbers(
    columns_artefact, precision, seed, winds_lie, surface_lies, results_lie
):
    given_ = {
        name: values.astype(np.float32).reshape(6, 4, *values.shape[1:])
        for name, values in fields(seed, 24).items()
    }
    with scheme_on(columns_artefact[precision], PRESSURE) as scheme:
        for name, values in given_.items():
            scheme.put(name, np.ascontiguousarray(values))
        scheme.run()
        expected = {
            name: scheme.get(name, np.empty((6, 4, NLEV), results_lie[2]))
            for name in (DUDT, DVDT)
        }
        for name, values in given_.items():
            lie = winds_lie if values.ndim == 3 else surface_lies
            scheme.put(name, laid_out(values, lie))
        scheme.run()
        for name, wanted in expected.items():
            room = laid_out(np.zeros(wanted.shape), results_lie)
            around = room.base
            before = np.isnan(around).sum() if around is not None else 0
            assert np.array_equal(scheme.get(name, room), wanted)
            # What lies between the numbers is not touched.
            assert around is None or np.isnan(around).sum() == before


FACTORS = ("m", "km", "s", "min", "h", "day", "kg", "g", "Pa", "hPa", "N", "J", "K")


@st.composite
def units(draw):
    """A product of some units with exponents, in one of the spellings."""
    parts = []
    for name in draw(st.lists(st.sampled_from(FACTORS), min_size=1, max_size=4)):
        exponent = draw(st.sampled_from([1, 1, -1, -2, 2, 3]))
        spelled = draw(st.sampled_from(["{}{}", "{}^{}", "{}**{}"]))
        parts.append(name if exponent == 1 else spelled.format(name, exponent))
    return draw(st.sampled_from([" ", ".", "*"])).join(parts)


@given(units(), units())
def test_units_convert_there_and_back_as_in_python(given_, wanted):
    try:
        scale, offset = unit_conversion(given_, wanted)
    except ContractError:
        with pytest.raises(ContractError):
            unit_conversion(wanted, given_)
        with pytest.raises(ContractError):
            conversion(given_, wanted, "field")
        return
    back = unit_conversion(wanted, given_)
    assert offset == 0.0 == back[1]
    assert scale * back[0] == pytest.approx(1.0, rel=1e-12)
    assert scale == pytest.approx(conversion(given_, wanted, "field").scale, rel=1e-12)


@given(units(), units())
def test_units_of_a_product_do_not_depend_on_its_order(one, other):
    """However many factors: as long as they make a number."""
    try:
        scale, _ = unit_conversion(f"{one} {other}", f"{other} {one}")
    except ContractError:
        assume(False)
    assert scale == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("factor", ["km9", "mPa9", "day9", "g9"])
def test_units_whose_scale_is_no_number_are_refused(factor):
    long = " ".join([factor] * 200)
    for given_, wanted in ((long, long + " 1"), (long + " km", long + " m")):
        with pytest.raises(ContractError, match="has units"):
            unit_conversion(given_, wanted)
