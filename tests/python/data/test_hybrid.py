import numpy as np
import pytest
import xarray as xr

from gwparam.data.hybrid import read_full, read_half
from gwparam.errors import ContractError, NonFiniteError

NLEV = 4
HALF_A = np.array([200.0, 2000.0, 5000.0, 1000.0, 0.0])  # Pa
HALF_B = np.array([0.0, 0.1, 0.4, 0.8, 1.0])
A, B = (0.5 * (x[1:] + x[:-1]) for x in (HALF_A, HALF_B))


def file(**variables):
    """A file; a variable is (dims, values) or (dims, values, attrs)."""
    return xr.Dataset({name: tuple(given) for name, given in variables.items()})


def formula(terms, **variables):
    lev = ("lev", A / 1e5 + B, {"units": "1", "formula_terms": terms})
    return file(lev=lev, **variables)


P0_PA = ((), 1e5, {"units": "Pa"})
P0_HPA = ((), 1e3, {"units": "hPa"})


@pytest.mark.parametrize(
    "dataset",
    [
        formula("p0: p0 a: a b: b ps: ps", a=("lev", A / 1e5), b=("lev", B), p0=P0_PA),
        formula("p0: x a: q b: r ps: ps", q=("lev", A / 1e5), r=("lev", B), x=P0_HPA),
        formula("ap: ap b: b ps: ps", ap=("lev", A, {"units": "Pa"}), b=("lev", B)),
        formula(
            "ap: hyam b: hybm ps: aps",
            hyam=("nhym", A / 100.0, {"units": "mb"}),
            hybm=("nhym", B, {"units": "none"}),
        ),
        file(hyam=("lev", A / 1e5), hybm=("lev", B), P0=P0_HPA),
        file(hyam=("lev", A / 1e5), hybm=("lev", B)),
        file(
            lev=("lev", np.arange(1, NLEV + 1)),
            hyam=("nhym", A, {"units": "Pa"}),
            hybm=("nhym", 100.0 * B, {"units": "%"}),
        ),
        file(
            lev=("lev", -np.arange(1.0, NLEV + 1)),
            ap=("k", A, {"units": "pascals"}),
            b=("k", B),
        ),
    ],
)
def test_full_levels_are_read_with_the_units_of_every_part(dataset):
    found = read_full(dataset.assign(u=("lev", B)), "lev", "file")

    np.testing.assert_allclose(found.a, A, rtol=1e-14)
    np.testing.assert_allclose(found.b, B, rtol=1e-14)


def test_level_numbers_choose_among_the_coefficients():
    dataset = file(
        lev=("lev", [4.0, 3.0]),
        hyam=("nhym", A, {"units": "Pa"}),
        hybm=("nhym", B),
        hyai=("nhyi", HALF_A, {"units": "Pa"}),
        hybi=("nhyi", HALF_B),
    )

    full, half = read_full(dataset, "lev", "f"), read_half(dataset, "lev", 2, "f")

    np.testing.assert_allclose(full.a, A[[3, 2]])
    np.testing.assert_allclose(half.b, HALF_B[[4, 3, 2]])


@pytest.mark.parametrize("kind", ["atmosphere_hybrid_height_coordinate", None])
def test_coefficients_of_heights_are_none_of_pressure(kind):
    attrs = {"units": "m", "formula_terms": "a: a b: b orog: orog"}
    lev = ("lev", A, attrs | ({"standard_name": kind} if kind else {}))
    dataset = file(lev=lev, a=("lev", A, {"units": "m"}), b=("lev", B), orog=("x", B))

    assert read_full(dataset, "lev", "f") is None
    assert read_half(dataset, "lev", NLEV, "f") is None


def bounds(values):
    return (("lev", "bnds"), np.stack([values[:-1], values[1:]], axis=-1))


@pytest.mark.parametrize(
    "dataset",
    [
        file(pk=("i", HALF_A, {"units": "pascals"}), bk=("i", HALF_B)),
        file(pk=("i", HALF_A / 100, {"units": "mb"}), bk=("i", HALF_B)),
        file(hyai=("i", HALF_A / 1e5), hybi=("i", HALF_B), P0=P0_HPA),
        file(
            ilev=("ilev", HALF_B, {"formula_terms": "a: x b: y p0: P0 ps: PS"}),
            x=("ilev", HALF_A / 1e5),
            y=("ilev", HALF_B),
            P0=P0_PA,
        ),
        formula(
            "p0: p0 a: a b: b ps: ps",
            a=("lev", A / 1e5),
            b=("lev", B),
            a_bnds=bounds(HALF_A / 1e5),
            b_bnds=bounds(HALF_B),
            p0=P0_HPA,
        ),
        formula(
            "ap: ap b: b ps: ps",
            ap=("lev", A, {"units": "Pa", "bounds": "ap_bounds"}),
            b=("lev", B),
            ap_bounds=(*bounds(HALF_A), {"units": "Pa"}),
            b_bounds=bounds(HALF_B),
        ),
    ],
)
def test_half_levels_are_read_with_the_units_of_every_part(dataset):
    found = read_half(dataset, "lev", NLEV, "file")

    np.testing.assert_allclose(found.a, HALF_A, rtol=1e-14)
    np.testing.assert_allclose(found.b, HALF_B, rtol=1e-14)


@pytest.mark.parametrize(
    ("variables", "message"),
    [
        ({"pk": ("i", HALF_A)}, "pk in file has no units and values up to 5000"),
        ({"pk": ("i", HALF_A, {"units": "furlong"})}, 'pk in file has units "furlong"'),
        ({"pk": ("i", HALF_A / 1e5)}, "pk in file is no pressure, expected one"),
        (
            {"pk": ("i", HALF_A / 1e5), "P0": ((), 1000.0)},
            'P0 in file has no units, expected "Pa"',
        ),
        (
            {"pk": ("i", HALF_A / 1e5), "P0": ((), 1.0, {"units": "torque"})},
            'P0 in file has units "torque", expected "Pa"',
        ),
        (
            {"pk": ("i", HALF_A / 1e5), "P0": ("t", [1e5, 1e5], {"units": "Pa"})},
            "P0 in file has 2 values, expected 1",
        ),
        (
            {"bk": ("i", HALF_B, {"units": "Pa"}), "pk": ("i", 0.0 * HALF_A)},
            'bk in file has units "Pa", expected "1"',
        ),
    ],
)
def test_what_is_not_known_is_refused_by_name(variables, message):
    dataset = file(**({"bk": ("i", HALF_B)} | variables))

    with pytest.raises(ContractError, match=message):
        read_half(dataset, "lev", NLEV, "file")


def test_a_masked_coefficient_is_refused():
    a = np.where(np.arange(NLEV + 1) == 2, np.nan, HALF_A)
    dataset = file(pk=("i", a, {"units": "Pa"}), bk=("i", HALF_B))

    with pytest.raises(NonFiniteError, match="pk in file is nan at i 2"):
        read_half(dataset, "lev", NLEV, "file")


def test_bounds_that_leave_gaps_are_refused():
    a = bounds(HALF_A / 1e5)
    a[1][1, 0] += 0.001
    dataset = formula(
        "p0: p0 a: a b: b ps: ps",
        a=("lev", A / 1e5),
        b=("lev", B),
        a_bnds=a,
        b_bnds=bounds(HALF_B),
        p0=P0_PA,
    )

    with pytest.raises(ContractError, match="leave gaps"):
        read_half(dataset, "lev", NLEV, "file")


def test_levels_of_single_precision_are_close():
    dataset = file(pk=("i", HALF_A, {"units": "Pa"}), bk=("i", HALF_B))
    single = dataset.astype(np.float32)
    for name in dataset.variables:
        single[name].attrs = dataset[name].attrs
    other = dataset.assign(bk=("i", HALF_B * 0.999))

    exact, rounded, moved = (
        read_half(f, "lev", NLEV, "file") for f in (dataset, single, other)
    )

    assert exact.is_close(rounded)
    assert not exact.is_close(moved)
