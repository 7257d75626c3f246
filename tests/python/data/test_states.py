import numpy as np
import pytest
from wind_states import (
    INPUTS,
    NLAT,
    NLEV,
    NLON,
    VERTICAL,
    open_file,
    wind,
)

from gwparam.contract import Field
from gwparam.data import open_states
from gwparam.errors import ContractError, NonFiniteError, RangeError, ShapeError


def test_read_gives_fields_with_level_last(dataset, write):
    with open_file(write(dataset)) as states:
        fields = states.read(1)

    assert states.dimensions == ("lat", "lon")
    np.testing.assert_array_equal(
        fields["eastward_wind"], wind(0)[1].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(fields["surface_air_pressure"], dataset.ps[1])
    np.testing.assert_array_equal(
        fields["latitude"], np.repeat(dataset.lat.values[:, None], NLON, axis=1)
    )
    assert fields["eastward_wind"].dtype == np.float32
    assert states.sources["northward_wind"].units == "m s-1"


def test_read_copies_neither_fields_nor_coordinates(dataset, write):
    with open_file(write(dataset)) as states:
        fields = states.read(0)

    assert fields["eastward_wind"].strides == (4 * NLON, 4, 4 * NLAT * NLON)
    assert fields["latitude"].strides[1] == 0


def test_read_turns_every_field_to_the_dimensions_of_the_first(dataset, write):
    dataset["v"] = dataset.v.transpose("lon", "time", "lat", "lev")
    dataset["ps"] = dataset.ps.transpose("lon", "lat", "time")

    with open_file(write(dataset)) as states:
        fields = states.read(2)

    np.testing.assert_array_equal(
        fields["northward_wind"], wind(500)[2].transpose(1, 2, 0)
    )
    np.testing.assert_array_equal(
        fields["surface_air_pressure"], dataset.ps.transpose("time", "lat", "lon")[2]
    )


def test_open_refuses_units_of_another_dimension(dataset, write):
    dataset.v.attrs["units"] = "K"

    with pytest.raises(
        ContractError,
        match=r'northward_wind \(v in .*\) has units "K", expected "m s-1"',
    ):
        open_file(write(dataset))


def test_open_refuses_field_without_units(dataset, write):
    del dataset.v.attrs["units"]

    with pytest.raises(ContractError, match=r'has no units, expected "m s-1"'):
        open_file(write(dataset))


def test_open_refuses_fields_on_another_grid(dataset, write):
    dataset["ps"] = dataset.ps.isel(lat=0, drop=True)

    with pytest.raises(
        ShapeError,
        match=r"dimensions \(lon 6\), expected \(lat 4, lon 6\)",
    ):
        open_file(write(dataset))


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_read_names_field_time_and_index_of_non_finite_value(dataset, write, value):
    dataset.v[1, 3, 2, 5] = value

    with open_file(write(dataset)) as states:
        states.read(0)
        with pytest.raises(
            NonFiniteError,
            match=r"northward_wind \(v in .*\) at time 1 is (nan|inf) at "
            r"lev 3, lat 2, lon 5",
        ):
            states.read(1)


def test_read_refuses_missing_values(dataset, write):
    dataset.v[0, 0, 0, 0] = np.nan
    path = write(dataset, encoding={"v": {"_FillValue": -999.0}})

    with (
        open_file(path) as states,
        pytest.raises(NonFiniteError, match="northward_wind"),
    ):
        states.read(0)


LOG = "logarithm_of_surface_pressure"


def with_logarithm(dataset, name="lnsp", **attrs):
    log = (dataset.ps.dims, np.log(dataset.ps.values), attrs)
    return dataset.drop_vars("ps").assign({name: log})


@pytest.mark.parametrize(
    ("name", "attrs"),
    [
        ("lnsp", {"units": "~"}),
        ("lnsp", {"units": "1", "standard_name": "unknown"}),
        ("lnsp", {}),
        ("LNSP", {"units": "Numeric"}),
        ("lps", {"units": "1", "standard_name": LOG}),
    ],
)
def test_surface_pressure_is_read_from_its_logarithm(dataset, write, name, attrs):
    half = np.linspace(0.0, 1.0, NLEV + 1)
    coefficients = {
        "pk": ("ilev", 0.0 * half, {"units": "Pa"}),
        "bk": ("ilev", half),
    }
    path = write(with_logarithm(dataset, name, **attrs).assign(coefficients))

    with open_file(path, pressures=True) as states:
        fields = states.read(1)

    surface = dataset.ps.values[1]
    np.testing.assert_allclose(fields["surface_air_pressure"], surface, rtol=1e-12)
    at_half_levels = fields["air_pressure_at_half_levels"]
    np.testing.assert_allclose(at_half_levels, half * surface[..., None], rtol=1e-12)


def test_a_second_file_may_have_the_logarithm(dataset, write):
    second = with_logarithm(dataset, units="~")
    second["time"] = dataset.time + 10.0
    second.time.attrs = dataset.time.attrs

    with open_file(write(dataset), write(second, "second.nc")) as states:
        surface = [states.read(i)["surface_air_pressure"] for i in (2, 5)]

    np.testing.assert_allclose(surface[1], surface[0], rtol=1e-12)


def test_a_pressure_comes_before_its_logarithm(dataset, write):
    both = with_logarithm(dataset, units="1", standard_name=LOG).assign(
        sp=(dataset.ps.dims, dataset.ps.values + 7.0, {"units": "Pa"})
    )

    with open_file(write(both)) as states:
        surface = states.read(0)["surface_air_pressure"]

    np.testing.assert_array_equal(surface, dataset.ps.values[0] + 7.0)


@pytest.mark.parametrize(
    ("change", "attrs", "error", "message"),
    [
        (0.0, {"units": "Pa"}, ContractError, 'is a logarithm and has units "Pa"'),
        (-np.log(100.0), {"units": "1"}, RangeError, "expected at least 1100 Pa"),
        (9e4, {"units": "~"}, RangeError, "is inf Pa at .*, expected at most"),
    ],
)
def test_what_is_no_logarithm_of_a_surface_pressure_is_refused(
    dataset, write, change, attrs, error, message
):
    damaged = with_logarithm(dataset, **attrs)
    damaged["lnsp"] = damaged.lnsp.copy(data=damaged.lnsp.values + change)
    path = write(damaged)

    with pytest.raises(error, match=message), open_file(path) as states:
        states.read(0)


FILL = {"_FillValue": np.float32(1e20)}


@pytest.mark.parametrize("levels", [slice(None), slice(3, None), 1])
def test_columns_that_lack_values_come_with_the_mask_of_them(dataset, write, levels):
    dataset.v[1, levels, 0, 2] = np.nan
    dataset.ps[1, 3, 5] = np.nan
    path = write(dataset, encoding={"v": FILL, "ps": {"_FillValue": -1.0}})

    with open_file(path, leave_out=True) as states:
        whole, state = states.read(0), states.read(1)

    assert whole.missing == {}
    assert set(state.missing) == {"northward_wind", "surface_air_pressure"}
    assert np.argwhere(state.missing["northward_wind"]).tolist() == [[0, 2]]
    assert np.argwhere(state.missing["surface_air_pressure"]).tolist() == [[3, 5]]
    expected = dataset.v.values[1].transpose(1, 2, 0)
    np.testing.assert_array_equal(state["northward_wind"], expected)


@pytest.mark.parametrize("strange", [np.nan, np.inf])
def test_what_the_file_does_not_declare_is_refused_beside_missing_values(
    dataset, write, strange
):
    dataset.v[1, 0, 0, 0] = strange
    dataset.v[1, 0, 0, 1] = 1e20
    dataset.v.attrs["missing_value"] = np.float32(1e20)
    path = write(dataset, encoding={"v": {"_FillValue": None}})

    with (
        open_file(path, leave_out=True) as states,
        pytest.raises(NonFiniteError, match=r"is (nan|inf) at lev 0, lat 0, lon 0"),
    ):
        states.read(1)


def test_an_impossible_value_is_refused_beside_missing_values(dataset, write):
    dataset.ps[0, 1, 2] = 900.0
    dataset.ps[0, 0, 0] = np.nan
    path = write(dataset, encoding={"ps": FILL})

    with (
        open_file(path, leave_out=True) as states,
        pytest.raises(RangeError, match="is 900 Pa at lat 1, lon 2"),
    ):
        states.read(0)


def test_pressures_lack_the_columns_of_the_surface_pressure(dataset, write):
    half = np.linspace(0.0, 1.0, NLEV + 1)
    dataset["pk"], dataset["bk"] = ("ilev", 0.0 * half), ("ilev", half)
    dataset.pk.attrs["units"] = "Pa"
    dataset.ps[0, 1, 2] = np.nan
    path = write(dataset, encoding={"ps": FILL})

    with open_file(path, pressures=True, leave_out=True) as states:
        state = states.read(0, ["air_pressure", "air_pressure_at_half_levels"])

    assert set(state.missing) == {"surface_air_pressure"}
    for values in state.values():
        where = np.isnan(values).all(axis=-1)
        np.testing.assert_array_equal(where, state.missing["surface_air_pressure"])


def test_a_place_that_is_missing_is_refused(dataset, write):
    wide = dataset.lat.broadcast_like(dataset.ps[0]).values.copy()
    dataset["where"] = (("lat", "lon"), wide, {"units": "degrees_north"})
    dataset["where"][0, 0] = np.nan
    path = write(dataset, encoding={"where": FILL})
    chosen = {"latitude": "where"}

    with (
        open_file(path, variables=chosen, leave_out=True) as states,
        pytest.raises(NonFiniteError, match="latitude"),
    ):
        states.read(0)


def test_integers_are_read(dataset, write):
    whole = dataset.ps.astype(np.int32).assign_attrs(dataset.ps.attrs)
    path = write(dataset.assign(ps=whole))

    with open_file(path) as states:
        found = states.read(1)["surface_air_pressure"]

    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, whole[1])


def test_read_refuses_texts(dataset, write):
    words = dataset.ps.astype(str).assign_attrs(dataset.ps.attrs)

    with (
        open_file(write(dataset.assign(ps=words))) as states,
        pytest.raises(ShapeError, match="expected float32 or float64"),
    ):
        states.read(0)


def test_read_gives_native_byte_order_of_old_netcdf(dataset, write):
    path = write(dataset, format="NETCDF3_CLASSIC")

    with open_file(path) as states:
        field = states.read(0)["eastward_wind"]

    assert field.dtype.isnative
    np.testing.assert_array_equal(field, wind(0)[0].transpose(1, 2, 0))


def test_field_without_time_is_the_same_at_every_time(dataset, write):
    dataset["ps"] = dataset.ps.isel(time=0, drop=True)

    with open_file(write(dataset)) as states:
        first, last = (states.read(i)["surface_air_pressure"] for i in (0, 2))

    np.testing.assert_array_equal(first, last)


def test_columns_of_samples_have_one_horizontal_dimension(dataset, write):
    columns = dataset.isel(time=0, drop=True).stack(sample=("lat", "lon"))
    columns = columns.reset_index("sample").reset_coords("lat")
    columns["u"] = columns.u.transpose("sample", "lev")

    with open_file(write(columns)) as states:
        fields = states.read(0)

    assert states.dimensions == ("sample",)
    assert fields["latitude"].shape == (NLAT * NLON,)
    np.testing.assert_array_equal(
        fields["northward_wind"], wind(500)[0].reshape(NLEV, -1).T
    )


def test_a_single_column_has_one_column(dataset, write):
    column = dataset.isel(lat=1, lon=2)

    with open_file(write(column)) as states:
        fields = states.read(1)
        latitude, longitude = states.coordinates(1)

    assert states.dimensions == ("column",)
    assert states.layout == ("time", "lev", "column")
    np.testing.assert_array_equal(fields["eastward_wind"], [column.u[1]])
    np.testing.assert_array_equal(fields["surface_air_pressure"], [column.ps[1]])
    np.testing.assert_array_equal(latitude, [-20.0])
    np.testing.assert_array_equal(longitude, [120.0])


def test_longitudes_are_what_networks_were_trained_on(dataset, write):
    """From 0 to 360, also of a file from -180; where columns are it says itself."""
    field = Field("longitude", "degrees_east", "surface", "float64")
    given = np.array([-180.0, -120.0, -60.0, -1e-14, 60.0, 120.0])
    path = write(dataset.assign_coords(lon=("lon", given, dataset.lon.attrs)))

    with open_states([path], (*INPUTS, field), VERTICAL) as states:
        found = states.read(0)["longitude"]
        _, longitude = states.coordinates(0)

    expected = [180.0, 240.0, 300.0, 0.0, 60.0, 120.0]
    np.testing.assert_array_equal(found, np.broadcast_to(expected, (NLAT, NLON)))
    np.testing.assert_array_equal(longitude, np.broadcast_to(given, (NLAT, NLON)))


def test_dimensions_of_extent_1_are_free(dataset, write):
    dataset["ps"] = dataset.ps.expand_dims(surface=1, axis=1)
    dataset["v"] = dataset.v.expand_dims(member=1)

    with open_file(write(dataset)) as states:
        fields = states.read(1)

    np.testing.assert_array_equal(fields["surface_air_pressure"], dataset.ps[1, 0])
    np.testing.assert_array_equal(
        fields["northward_wind"], wind(500)[1].transpose(1, 2, 0)
    )


def test_fields_come_in_the_units_of_the_contract(dataset, write):
    dataset["ps"] = (dataset.ps.dims, dataset.ps.values / 100.0, {"units": "mb"})

    with open_file(write(dataset)) as states:
        field = states.read(0)["surface_air_pressure"]

    assert states.sources["surface_air_pressure"].units == "Pa"
    np.testing.assert_allclose(field, 100.0 * dataset.ps[0], rtol=1e-15)


def test_read_refuses_a_surface_pressure_in_other_units_with_the_place(dataset, write):
    dataset["ps"] = (dataset.ps.dims, dataset.ps.values / 100.0, {"units": "Pa"})

    with (
        open_file(write(dataset)) as states,
        pytest.raises(
            RangeError, match=r"\(ps in .* at time 2 is 900.48 Pa at lat 0, lon"
        ),
    ):
        states.read(2)


def test_an_axis_of_levels_is_no_field(dataset, write):
    half = np.linspace(0.0, 1.0, NLEV + 1)
    dataset = dataset.rename(lev="pfull")
    dataset["pk"] = ("phalf", 0.0 * half, {"units": "pascals"})
    dataset["bk"] = ("phalf", half, {"units": "none"})

    with open_file(write(dataset), pressures=True) as states:
        fields = states.read(0)

    assert states.find("air_pressure") is None
    surface = dataset.ps.values[0, ..., None]
    np.testing.assert_allclose(
        fields["air_pressure_at_half_levels"], half * surface, rtol=1e-15
    )


def test_full_levels_are_those_of_their_own_coefficients(dataset, write):
    half = np.linspace(0.0, 1.0, NLEV + 1)
    full = half[1:] - 0.07
    dataset["hyai"], dataset["hybi"] = ("ilev", 0.0 * half), ("ilev", half)
    dataset["hyam"], dataset["hybm"] = ("lev", 0.0 * full + 1e-3), ("lev", full)
    dataset["P0"] = ((), 1000.0, {"units": "hPa"})
    dataset = dataset.assign_coords(lev=np.arange(1.0, NLEV + 1))
    dataset.lev.attrs = {"positive": "down", "units": "level"}

    with open_file(write(dataset), pressures=True) as states:
        fields = states.read(0)

    expected = 100.0 + full * dataset.ps.values[0, ..., None]
    np.testing.assert_allclose(fields["air_pressure"], expected, rtol=1e-14)
    np.testing.assert_allclose(states.levels.pressure, 100.0 + 1e5 * full, rtol=1e-14)
