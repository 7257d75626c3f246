import numpy as np
import pytest
import xarray as xr

from gwparam.contract import Vertical
from gwparam.data import Levels
from gwparam.data.pressure import pressures_over, read_half_levels
from gwparam.errors import ContractError
from gwparam.grids import full_levels

NLEV = 6
B = np.linspace(0.0, 1.0, NLEV + 1) ** 1.5
A = np.where(np.arange(NLEV + 1) > 0, 50.0 * (1.0 - B), 0.0)
SURFACE = np.array([[9e4, 1e5], [9.5e4, 1.01e5]])


def levels(order="top_down"):
    pressure = full_levels(A + 1e5 * B)
    turn = 1 if order == "top_down" else -1
    return Levels("lev", tuple(pressure[::turn].tolist()), order)


def coefficients(names, a, b, units):
    return xr.Dataset({names[0]: ("ilev", a, {"units": units}), names[1]: ("ilev", b)})


@pytest.mark.parametrize(
    ("names", "a", "units"),
    [
        (("pk", "bk"), A, "Pa"),
        (("pk", "bk"), A / 100.0, "hPa"),
        (("hyai", "hybi"), A / 1e5, "1"),
    ],
)
@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
@pytest.mark.parametrize("stored", ["top_down", "bottom_up"])
def test_pressures_follow_the_order_of_the_levels(names, a, units, order, stored):
    turn = 1 if stored == "top_down" else -1
    dataset = coefficients(names, a[::turn], B[::turn], units)

    found = read_half_levels(dataset, levels(order), "file")

    half = found.pressure(SURFACE)
    turn = 1 if order == "top_down" else -1
    expected = (A + B * SURFACE[..., None])[..., ::turn]
    np.testing.assert_allclose(half, expected, rtol=1e-14, atol=1e-9)
    full = found.full_pressure(half)[1, 0, ::turn]
    np.testing.assert_allclose(full, full_levels(A + B * SURFACE[1, 0]), rtol=1e-12)


def test_share_of_a_reference_pressure_is_that_of_the_file():
    dataset = coefficients(("hyai", "hybi"), A / 101325.0, B, "1")
    dataset["P0"] = ((), 1013.25, {"units": "hPa"})

    found = read_half_levels(dataset, levels(), "file")

    np.testing.assert_allclose(found.hybrid.a, A, rtol=1e-14)


def test_files_without_coefficients_are_refused():
    with pytest.raises(ContractError, match="pk and bk, or hyai and hybi"):
        read_half_levels(xr.Dataset(), levels(), "file")


@pytest.mark.slow
def test_full_levels_are_those_of_the_model(reference_data):
    path = reference_data / "mima" / "mima_t42l40_ad99.nc"
    with xr.open_dataset(path, decode_times=False) as file:
        pressure = 100.0 * file["lev"].values.astype(float)
        own = Levels("lev", tuple(pressure.tolist()), "top_down")
        found = read_half_levels(file, own, str(path))
        surface = file.ps.values[0].astype(float)
        sigma = file.sigma_full.values

    full = found.full_pressure(found.pressure(surface))
    np.testing.assert_allclose(full, sigma * surface[..., None], rtol=1e-6)


def hybrid(a, b):
    nlev = len(a)
    return Vertical("hybrid", "top_down", nlev, None, None, a=a, b=b, outside="zero")


def test_pressures_over_hybrid_levels_are_those_of_the_lowest_one():
    surface = np.array([9e4, 1.02e5])
    full = np.stack([500.0 + 0.0 * surface, 0.95 * surface], axis=-1)

    found = pressures_over(hybrid((500.0, 0.0), (0.0, 0.95)), (2,), full)

    np.testing.assert_allclose(found["surface_air_pressure"], surface, rtol=1e-15)
    np.testing.assert_allclose(found["air_pressure"], full, rtol=1e-15)
    half = found["air_pressure_at_half_levels"]
    np.testing.assert_allclose(half[:, 0], 0.0)
    np.testing.assert_allclose(half[:, 1], 0.5 * (500.0 + 0.95 * surface), rtol=1e-15)
    np.testing.assert_allclose(half[:, 2], surface, rtol=1e-15)


def test_pressures_without_any_are_over_1000_hpa():
    found = pressures_over(hybrid((500.0, 0.0), (0.0, 0.95)), (3, 2), None)

    np.testing.assert_array_equal(found["surface_air_pressure"], np.full((3, 2), 1e5))
    np.testing.assert_allclose(found["air_pressure"][2, 1], [500.0, 9.5e4])


def test_pressures_of_fixed_levels_reach_below_the_lowest():
    vertical = Vertical(
        "pressure", "top_down", 2, None, None, pressure=(5e4, 1.1e5), outside="zero"
    )

    found = pressures_over(vertical, (1,), None)

    np.testing.assert_array_equal(found["air_pressure"], [[5e4, 1.1e5]])
    # Half a step below 1100 hPa, for 1000 hPa lies above it.
    np.testing.assert_array_equal(found["surface_air_pressure"], [1.4e5])


def test_pressures_on_the_levels_of_a_host_are_those_given():
    vertical = Vertical("host", "top_down", 2, None, 0.1)
    full = np.array([[4e4, 8e4]])

    found = pressures_over(vertical, (1,), full)

    np.testing.assert_array_equal(found["air_pressure"], full)
    np.testing.assert_array_equal(found["surface_air_pressure"], [1e5])


def test_pressures_over_a_lowest_level_without_surface_are_refused():
    with pytest.raises(ContractError, match=r"vertical.b of the lowest level is 0"):
        pressures_over(hybrid((1e3, 2e3), (0.5, 0.0)), (1,), np.array([[1e3, 2e3]]))
