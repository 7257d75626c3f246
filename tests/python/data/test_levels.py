import numpy as np
import pytest
import xarray as xr
from wind_states import (
    INPUTS,
    NLEV,
    PRESSURE,
    VERTICAL,
    open_file,
    wind,
)

from gwparam.contract import Field
from gwparam.data import open_states
from gwparam.data.levels import find_level_dimension, read_levels
from gwparam.errors import ContractError


def test_levels_come_from_pressure_coordinate(dataset, write):
    with open_file(write(dataset)) as states:
        assert states.levels.order == "top_down"
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE)


def test_levels_the_other_way_up_are_bottom_up(dataset, write):
    with open_file(write(dataset.isel(lev=slice(None, None, -1)))) as states:
        assert states.levels.order == "bottom_up"
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE[::-1])
        # The fields stay in the file's order: the library turns them.
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"][..., 0], wind(0)[0, -1]
        )


def test_levels_come_from_sigma_where_the_coordinate_is_a_number(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"positive": "down"})
    dataset["sigma_full"] = ("lev", PRESSURE / 1000.0, {"units": "1"})

    with open_file(write(dataset)) as states:
        np.testing.assert_allclose(states.levels.pressure, 100.0 * PRESSURE)


def test_open_refuses_order_that_contradicts_pressures(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"positive": "up"})
    dataset["sigma_full"] = ("lev", PRESSURE / 1000.0, {"units": "1"})

    with pytest.raises(ContractError, match=r"bottom_up by lev:positive.*top_down by"):
        open_file(write(dataset))


HEIGHTS = np.array([48e3, 31e3, 16e3, 5500.0, 1000.0])


def on_heights(dataset, **sizes):
    """On hybrid heights, z = a + b * orog, with the pressure that is there."""
    orography = np.linspace(0.0, 900.0, 24).reshape(4, 6)
    orography[0, 0] = 5000.0
    share = np.clip(1.0 - HEIGHTS / 2e4, 0.0, 1.0)
    z = HEIGHTS[:, None, None] + share[:, None, None] * orography
    pressure = (
        1e5 * np.exp(-z / 7000.0) * np.linspace(1.0, 1.002, 3)[:, None, None, None]
    )
    attrs = {"standard_name": "atmosphere_hybrid_height_coordinate", "units": "m"}
    attrs |= {"formula_terms": "a: a b: b orog: orog", "positive": "up"}
    return dataset.assign(
        lev=("lev", HEIGHTS, attrs),
        a=("lev", HEIGHTS, {"units": "m"}),
        b=("lev", share, {"units": "1"}),
        orog=(("lat", "lon"), orography, {"units": "m"}),
        p=(dataset.u.dims, pressure, {"standard_name": "air_pressure", "units": "Pa"}),
    )


@pytest.mark.parametrize("turn", [1, -1])
def test_levels_of_heights_have_the_median_of_the_pressure(dataset, write, turn):
    given = on_heights(dataset)
    path = write(given.isel(lev=slice(None, None, turn)))

    with open_file(path) as states:
        levels, fields = states.levels, states.read(1)

    median = np.median(given.p.values[0].reshape(NLEV, -1), axis=1)
    assert levels.order == ("top_down" if turn == 1 else "bottom_up")
    np.testing.assert_allclose(levels.pressure, median[::turn], rtol=1e-12)
    assert levels.formula == "the median of p"
    expected = wind(0)[1].transpose(1, 2, 0)[..., ::turn]
    np.testing.assert_array_equal(fields["eastward_wind"], expected)


def test_pressure_on_heights_is_that_of_the_file(dataset, write):
    pressure = Field("air_pressure", "Pa", "full", "float64")
    given = on_heights(dataset)

    with open_states([write(given)], (*INPUTS, pressure), VERTICAL) as states:
        found = states.read(2)["air_pressure"]

    np.testing.assert_array_equal(found, np.moveaxis(given.p.values[2], 0, -1))


def test_other_files_on_heights_have_other_pressures_and_the_same_levels(
    dataset, write
):
    given = on_heights(dataset)
    later = given.assign(p=given.p.copy(data=1.01 * given.p.values))
    later["time"] = given.time + 10.0
    later.time.attrs = given.time.attrs
    upside_down = later.isel(lev=slice(None, None, -1))
    other = later.assign_coords(lev=later.lev.copy(data=1.1 * later.lev.values))

    with open_file(write(given), write(upside_down, "later.nc")) as states:
        for time, earlier in ((3, 0), (5, 2)):
            one, two = states.read(time), states.read(earlier)
            np.testing.assert_array_equal(one["eastward_wind"], two["eastward_wind"])
    with pytest.raises(ContractError, match=r"other.nc has other levels"):
        open_file(write(given), write(other, "other.nc"))


def without_names(dataset):
    """Levels that the file does not tell but by their pressures."""
    return on_heights(dataset).drop_vars(["lev", "a", "b", "orog"])


@pytest.mark.parametrize("names", [None, range(NLEV), [f"L{i}" for i in range(NLEV)]])
def test_levels_of_other_pressures_are_others_whatever_their_names(
    dataset, write, names
):
    given = without_names(dataset)
    if names is not None:
        given = given.assign(lev=("lev", list(names)))
    later = given.assign(p=given.p.copy(data=1.01 * given.p.values))
    later["time"] = given.time + 10.0
    later.time.attrs = given.time.attrs
    turned = later.isel(lev=slice(None, None, -1))
    other = later.assign(p=later.p.copy(data=0.5 * later.p.values + 3e3))

    with open_file(write(given), write(turned, "turned.nc")) as states:
        one, two = states.read(4), states.read(1)
        np.testing.assert_array_equal(one["eastward_wind"], two["eastward_wind"])
    with pytest.raises(ContractError, match=r"other.nc has other levels"):
        open_file(write(given), write(other, "other.nc"))


def test_heights_without_layers_are_refused_for_fluxes(dataset, write):
    with pytest.raises(ContractError, match="has no half levels"):
        open_file(write(on_heights(dataset)), pressures=True)


@pytest.mark.parametrize("lost", [slice(None), 2])
def test_columns_without_pressure_do_not_count_in_the_median(dataset, write, lost):
    given = on_heights(dataset)
    given.p.values[0, lost, 1:] = np.nan
    path = write(given)

    with open_file(path) as states:
        expected = np.median(given.p.values[0, :, 0], axis=-1)
        np.testing.assert_allclose(states.levels.pressure, expected, rtol=1e-12)


def test_median_is_of_the_first_time_that_has_pressure(dataset, write):
    given = on_heights(dataset)
    given.p.values[0, 2] = np.nan

    with open_file(write(given)) as states:
        expected = np.median(given.p.values[1].reshape(NLEV, -1), axis=1)
        np.testing.assert_allclose(states.levels.pressure, expected, rtol=1e-12)


def test_levels_without_a_whole_column_of_pressure_are_refused(dataset, write):
    given = on_heights(dataset)
    given.p.values[:, 2] = np.nan

    with pytest.raises(ContractError, match=r"p in .* has no column with values at"):
        open_file(write(given))


def test_open_refuses_levels_without_pressures(dataset, write):
    dataset["lev"] = ("lev", np.arange(NLEV, dtype=float), {"axis": "Z"})

    with pytest.raises(ContractError, match="has no pressures of its levels"):
        open_file(write(dataset))


def test_open_refuses_pressures_that_are_not_monotonic(dataset, write):
    shuffled = PRESSURE[[0, 2, 1, 3, 4]]
    dataset["lev"] = ("lev", shuffled, dataset.lev.attrs)

    with pytest.raises(ContractError, match="not monotonic"):
        open_file(write(dataset))


def test_open_refuses_fields_without_vertical_dimension(dataset, write):
    dataset = dataset.drop_vars("lev").rename(lev="z")

    with pytest.raises(ContractError, match="expected one of them to be vertical"):
        open_file(write(dataset))


def columns(**variables):
    """A file of two levels, and of what is along them."""
    return xr.Dataset(
        {name: ("lev", values, attrs) for name, (values, attrs) in variables.items()}
    )


def test_pressure_coordinate_comes_before_sigma():
    dataset = columns(
        lev=([100.0, 900.0], {"units": "hPa"}),
        sigma_full=([0.2, 0.8], {"units": "1"}),
    )

    assert read_levels(dataset, "lev", "file").pressure == (1e4, 9e4)


def test_sigma_is_over_a_surface_of_1000_hpa():
    sigma = ([0.25, 0.75], {"standard_name": "atmosphere_sigma_coordinate"})

    found = read_levels(columns(sigma=sigma), "lev", "file")

    assert found.pressure == (2.5e4, 7.5e4)
    assert found.order == "top_down"


def test_another_variable_in_units_of_pressure_tells_the_levels():
    found = read_levels(columns(p=([900.0, 100.0], {"units": "mbar"})), "lev", "file")

    np.testing.assert_allclose(found.pressure, [9e4, 1e4])
    assert found.order == "bottom_up"


@pytest.mark.parametrize("values", [[100.0, 100.0], [900.0, -100.0]])
def test_equal_and_negative_pressures_are_refused(values):
    dataset = columns(p=(values, {"units": "Pa"}))

    with pytest.raises(ContractError, match="p in file is not monotonic, expected the"):
        read_levels(dataset, "lev", "file")


@pytest.mark.parametrize(
    "attrs",
    [
        {"axis": "Z"},
        {"positive": "up"},
        {"units": "hPa"},
        {"standard_name": "model_level_number"},
    ],
)
def test_vertical_dimension_is_found_by_its_attributes(attrs):
    dataset = xr.Dataset({"u": (("odd", "lat"), np.zeros((2, 3)))})
    dataset["odd"] = ("odd", [1.0, 2.0], attrs)

    assert find_level_dimension(dataset, "u", "wind") == "odd"


def test_vertical_dimension_is_found_by_its_name():
    dataset = xr.Dataset({"u": (("plev", "lat"), np.zeros((2, 3)))})

    assert find_level_dimension(dataset, "u", "wind") == "plev"


def test_two_vertical_dimensions_are_refused():
    dataset = xr.Dataset({"u": (("lev", "plev"), np.zeros((2, 3)))})

    with pytest.raises(
        ContractError, match=r"wind has dimensions \(lev, plev\), expected one of them"
    ):
        find_level_dimension(dataset, "u", "wind")


HALF = np.array([0.0, 0.2, 0.6, 1.0])


def numbered(lev, attrs):
    """A file with numbers of levels, and coefficients between them from the top."""
    return xr.Dataset(
        {"pk": ("phalf", 0.0 * HALF), "bk": ("phalf", HALF)},
        {"lev": ("lev", lev, attrs)},
    )


@pytest.mark.parametrize(
    ("lev", "attrs", "order"),
    [
        ([1.0, 2.0, 3.0], {"positive": "down"}, "top_down"),
        ([3, 2, 1], {"positive": "down", "units": "level"}, "bottom_up"),
        ([3, 2, 1], {}, "bottom_up"),
        ([-1.0, -2.0, -3.0], {"positive": "down"}, "top_down"),
        ([-3.0, -2.0, -1.0], {"positive": "up"}, "bottom_up"),
    ],
)
def test_numbers_of_levels_take_their_pressures_from_the_half_levels(lev, attrs, order):
    found = read_levels(numbered(lev, attrs), "lev", "file")

    # The lowest of three: Simmons and Burridge (1981).
    lowest = 1e5 * np.exp(-0.6 * np.log(0.6) / 0.4 - 1.0)
    assert found.order == order
    np.testing.assert_allclose(max(found.pressure), lowest, rtol=1e-12)


def test_sigma_above_the_top_of_a_model_is_a_share_of_what_lies_below_it():
    dataset = columns(
        sigma=(
            [0.25, 0.75],
            {
                "standard_name": "atmosphere_sigma_coordinate",
                "formula_terms": "sigma: sigma ps: ps ptop: PTOP",
            },
        )
    )
    dataset["PTOP"] = ((), 10.0, {"units": "hPa"})

    found = read_levels(dataset, "lev", "file")

    np.testing.assert_allclose(found.pressure, [25750.0, 75250.0])


def test_nominal_pressures_that_contradict_the_coefficients_are_refused():
    dataset = columns(
        lev=([100.0, 900.0], {"units": "hPa"}),
        hyam=([0.1, 0.0], {}),
        hybm=([0.0, 0.9], {}),
    )
    dataset["P0"] = ((), 1000.0, {"units": "hPa"})
    assert read_levels(dataset, "lev", "file").pressure == (1e4, 9e4)

    dataset.P0.attrs["units"] = "Pa"
    with pytest.raises(
        ContractError, match=r"lev in file is 10000 Pa at level 0.*100 Pa"
    ):
        read_levels(dataset, "lev", "file")


def test_sigma_in_other_units_than_a_share_is_refused():
    sigma = ([250.0, 750.0], {"standard_name": "atmosphere_sigma_coordinate"})

    with pytest.raises(
        ContractError, match="is sigma and reaches 750, expected at most"
    ):
        read_levels(columns(sigma=sigma), "lev", "file")
