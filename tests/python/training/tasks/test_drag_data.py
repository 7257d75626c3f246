import netCDF4
import numpy as np
import pytest
import torch
from training_files import (
    DEAD,
    DRAG,
    NLAT,
    NLEV,
    NLON,
    NTIME,
    PRESSURE,
    state_set,
    written,
)

from gwparam.contract import Vertical
from gwparam.errors import ArgumentError, ContractError, NonFiniteError, ShapeError
from gwparam.networks.wavenet import WaveNetDrag
from gwparam.training.tasks.drag_data import DragData

COLUMNS = NLAT * NLON
SINGLE = 1e-6
"""Relative: some 10 roundings of float32, of 6e-8 each."""
STANDARD = "tendency_of_eastward_wind_due_to_{}gravity_wave_drag"


@pytest.fixture
def open_data(tmp_path):
    opened = []

    def run(*datasets, vertical=None):
        folder = tmp_path / f"set{len(opened)}"
        folder.mkdir()
        paths = [
            written(folder, dataset, f"{number}.nc")
            for number, dataset in enumerate(datasets)
        ]
        opened.append(
            DragData(paths, WaveNetDrag.inputs, WaveNetDrag.outputs, vertical)
        )
        return opened[-1]

    yield run
    for data in opened:
        data.close()


def host(pressure, tolerance=0.1):
    return Vertical("host", "top_down", len(pressure), tuple(pressure), tolerance)


def single(values):
    return np.asarray(values, dtype=np.float32)


def test_rows_are_columns_of_the_eastward_then_of_the_northward_wind(open_data):
    states = state_set()

    features, targets = open_data(states).samples.read(1)

    assert features.shape == (2 * COLUMNS, NLEV + 2)
    assert targets.shape == (2 * COLUMNS, NLEV)
    assert features.dtype == targets.dtype == torch.float32
    for component, (wind, drag) in enumerate(zip(("ua", "va"), DRAG, strict=True)):
        for row in range(NLAT):
            for column in range(NLON):
                at = states.isel(time=1, lat=row, lon=column)
                sample = component * COLUMNS + row * NLON + column
                np.testing.assert_array_equal(
                    features[sample], single([*at[wind], at.ps, at.lat])
                )
                np.testing.assert_array_equal(targets[sample], single(at[drag]))


def same(one, other):
    for time in range(NTIME):
        for mine, yours in zip(one.read(time), other.read(time), strict=True):
            np.testing.assert_allclose(mine, yours, rtol=SINGLE)


def test_levels_from_the_ground_up_are_turned(open_data):
    upward = state_set().isel(lev=slice(None, None, -1))

    data = open_data(upward)

    same(data.samples, open_data(state_set()).samples)
    np.testing.assert_allclose(data.vertical.nominal_pressure, PRESSURE)


@pytest.mark.parametrize(
    ("variable", "units", "factor"),
    [
        ("lev", "hPa", 0.01),
        ("ps", "hPa", 0.01),
        ("lat", "radians", np.pi / 180.0),
        ("ua", "cm s-1", 100.0),
        ("va", "km h-1", 3.6),
        (DRAG[0], "m s-1 day-1", 86400.0),
        (DRAG[1], "m s-1 day-1", 86400.0),
    ],
)
def test_units_are_converted(open_data, variable, units, factor):
    other = state_set()
    other[variable] = other[variable].copy(data=factor * other[variable].values)
    other[variable].attrs |= {"units": units}

    data = open_data(other)

    same(data.samples, open_data(state_set()).samples)
    np.testing.assert_allclose(data.vertical.nominal_pressure, PRESSURE)


def test_order_of_dimensions_does_not_matter(open_data):
    other = state_set()
    other["va"] = other.va.transpose("time", "lat", "lon", "lev")
    other["ps"] = other.ps.transpose("lat", "time", "lon")
    other[DRAG[0]] = other[DRAG[0]].transpose("lon", "lat", "lev", "time")

    same(open_data(other).samples, open_data(state_set()).samples)


def test_files_are_read_in_the_order_of_their_times(open_data):
    late, early = state_set(start=10.0, seed=40), state_set(1)

    data = open_data(late, early)

    assert data.dates.counts == (1, NTIME)
    assert len(data.samples) == 1 + NTIME
    for index, states in enumerate((early, late.isel(time=[0]), late.isel(time=[1]))):
        features, _ = data.samples.read(index)
        np.testing.assert_array_equal(
            features[:COLUMNS, 0], single(states.ua[0, 0].values.ravel())
        )


def test_samples_are_counted(open_data):
    samples = open_data(state_set()).samples

    assert len(samples) == NTIME
    assert samples.rows == len(samples.read(0)[0]) == 2 * COLUMNS
    assert samples.nbytes == sum(part.nbytes for part in samples.read(0))


def test_targets_are_standardised_level_by_level(open_data):
    states = state_set()
    samples = open_data(states).samples
    mean = torch.linspace(-1e-6, 3e-6, NLEV, dtype=torch.float64)
    deviation = torch.linspace(1e-5, 5e-5, NLEV, dtype=torch.float64)

    samples.standardise(mean, deviation)

    _, targets = samples.read(1)
    drag = np.concatenate([states[name].values[1].reshape(NLEV, -1).T for name in DRAG])
    expected = (drag - mean.numpy()) / deviation.numpy()
    np.testing.assert_allclose(targets, expected, rtol=SINGLE)


def test_level_without_deviation_has_target_zero(open_data):
    samples = open_data(state_set()).samples
    deviation = torch.ones(NLEV, dtype=torch.float64)
    deviation[DEAD] = 0.0

    samples.standardise(torch.zeros(NLEV, dtype=torch.float64), deviation)

    _, targets = samples.read(0)
    assert (targets[:, DEAD] == 0.0).all()
    assert (targets[:, DEAD - 1] != 0.0).all()


def test_levels_of_a_new_network_are_those_of_the_files(open_data):
    assert open_data(state_set()).vertical == host(PRESSURE)


def test_levels_of_a_pre_trained_network_stay(open_data):
    near = host(1.05 * PRESSURE)

    assert open_data(state_set(), vertical=near).vertical is near


@pytest.mark.parametrize("upward", [False, True])
def test_levels_that_differ_from_the_pre_trained_network_are_refused(open_data, upward):
    states = state_set().isel(lev=slice(None, None, -1 if upward else 1))
    expected = PRESSURE * [1.0, 1.0, 1.2, 1.05, 1.0]

    with pytest.raises(
        ContractError,
        match=r"level 2 of .*0.nc is at 30000 Pa, expected 36000 Pa as the "
        r"pre-trained network \(from 0, the top\)",
    ):
        open_data(states, vertical=host(expected))


def test_levels_are_as_near_as_the_pre_trained_network_says(open_data):
    expected = PRESSURE * [1.0, 1.0, 1.2, 1.05, 1.0]

    data = open_data(state_set(), vertical=host(expected, tolerance=0.2))

    assert len(data.samples) == NTIME


def test_levels_of_a_network_without_pressures_are_not_compared(open_data):
    anywhere = Vertical("host", "top_down", NLEV, None, None)

    assert open_data(state_set(), vertical=anywhere).vertical is anywhere


def test_other_number_of_levels_is_refused(open_data):
    with pytest.raises(ShapeError, match=r"eastward_wind \(ua .* 5 levels, expected 4"):
        open_data(state_set(), vertical=host(PRESSURE[:4]))


@pytest.mark.parametrize("name", DRAG)
def test_file_without_drag_is_refused(open_data, name):
    with pytest.raises(
        ContractError,
        match=r"0.nc has no variable for tendency_of_\w+_wind_due_to_gravity_wave_drag"
        r": looked for standard_name .*nonorographic.* it has .*ua",
    ):
        open_data(state_set().drop_vars(name))


def test_second_file_without_drag_is_refused(open_data):
    with pytest.raises(ContractError, match=r"1.nc has no variable"):
        open_data(state_set(), state_set(start=9.0).drop_vars(DRAG[1]))


@pytest.mark.parametrize("kind", ["", "nonorographic_"])
def test_drag_is_found_by_its_standard_name(open_data, kind):
    states = state_set().rename({DRAG[0]: "mine"})
    states["mine"].attrs["standard_name"] = STANDARD.format(kind)

    data = open_data(states)

    assert dict(data.report())["drag"] == f"mine and {DRAG[1]}"
    same(data.samples, open_data(state_set()).samples)


def test_drag_in_units_of_a_wind_is_refused(open_data):
    states = state_set()
    states[DRAG[0]].attrs["units"] = "m s-1"

    with pytest.raises(ContractError, match='has units "m s-1", expected "m s-2"'):
        open_data(states)


def test_file_without_an_input_is_refused(open_data):
    with pytest.raises(ContractError, match="no variable for surface_air_pressure"):
        open_data(state_set().drop_vars("ps"))


def test_files_of_other_levels_are_refused(open_data):
    other = state_set(start=9.0)
    other["lev"] = ("lev", 1.01 * PRESSURE, other.lev.attrs)

    with pytest.raises(ContractError, match=r"1.nc has other levels than .*0.nc"):
        open_data(state_set(), other)


def test_file_given_twice_is_refused(tmp_path):
    path = written(tmp_path, state_set(), "states.nc")

    with pytest.raises(ArgumentError, match=r"states.nc is given twice, expected once"):
        DragData([path, path], WaveNetDrag.inputs, WaveNetDrag.outputs, None)


@pytest.mark.parametrize("flip", [False, True])
def test_coefficients_of_full_levels_come_from_the_half_levels(tmp_path, flip):
    a, b = np.array([0.0, 500.0, 2e3, 3e3, 1e3, 0.0]), np.linspace(0.0, 1.0, 6) ** 2
    states = state_set()
    states["pk"] = ("ilev", a, {"units": "Pa"})
    states["bk"] = ("ilev", b)
    states = states.assign_coords(lev=("lev", half_pressure(a, b), states.lev.attrs))
    if flip:
        states = states.isel(lev=slice(None, None, -1), ilev=slice(None, None, -1))
    path = written(tmp_path, states, "states.nc")

    with DragData([path], WaveNetDrag.inputs, WaveNetDrag.outputs, None) as data:
        found_a, found_b = data.coefficients()

    for surface in (1.0e5, 0.9e5):  # where they are exact
        half = a + b * surface
        p_ln_p = half * np.log(np.maximum(half, 1.0))
        full = np.exp(np.diff(p_ln_p) / np.diff(half) - 1.0)
        np.testing.assert_allclose(found_a + found_b * surface, full, rtol=1e-12)


def half_pressure(a, b):
    """Pressure half way between half levels over a surface at 1000 hPa [Pa]."""
    half = a + b * 1.0e5
    return 0.5 * (half[1:] + half[:-1])


def test_no_file_is_refused(open_data):
    with pytest.raises(ArgumentError, match="no state file given, expected at least"):
        open_data()


def test_file_without_time_is_refused(open_data):
    with pytest.raises(ArgumentError, match=r"0.nc has no time, expected at least one"):
        open_data(state_set().isel(time=slice(0)))


@pytest.mark.parametrize("name", ["ua", "ps", DRAG[1]])
def test_value_that_is_not_finite_is_named(open_data, name):
    states = state_set()
    states[name][{"time": 1, "lat": 2, "lon": 3}] = np.nan
    samples = open_data(states).samples
    samples.read(0)

    with pytest.raises(NonFiniteError, match=rf"\({name} in .*lat 2, lon 3"):
        samples.read(1)


def test_fingerprint_is_of_the_features_alone(open_data):
    states = state_set()
    states[DRAG[0]][:] = 3.0 * states[DRAG[0]].values
    one, other = open_data(state_set()), open_data(states)

    other.samples.standardise(
        torch.zeros(NLEV).double(), 2.0 * torch.ones(NLEV).double()
    )

    assert one.fingerprint(0) == other.fingerprint(0)
    assert one.fingerprint(0) != one.fingerprint(1)


@pytest.mark.parametrize("name", ["ua", "va", "ps", "lat"])
def test_every_feature_changes_the_fingerprint(open_data, name):
    states = state_set(1)
    states[name] = states[name].copy(data=1.001 * states[name].values)

    one, other = open_data(states), open_data(state_set(1))

    assert one.fingerprint(0) != other.fingerprint(0)


def test_report_says_what_was_found(open_data):
    data = open_data(state_set())

    assert data.report() == [
        ("files", data.dates.paths[0]),
        ("times", "2 of 12 columns"),
        ("levels", "5, 10.00 to 900.0 hPa"),
        ("drag", f"{DRAG[0]} and {DRAG[1]}"),
    ]


def test_report_counts_files(open_data):
    data = open_data(state_set(), state_set(start=9.0))

    assert dict(data.report())["files"] == "2, in the order of their times"
    assert dict(data.report())["times"] == "4 of 12 columns"


def test_files_are_closed_when_they_do_not_fit(open_data, tmp_path):
    with pytest.raises(ContractError) as error:  # which keeps all that it refers to
        open_data(state_set().drop_vars(DRAG[0]))

    assert error
    # HDF5 does not let a file be written that it has open.
    with netCDF4.Dataset(tmp_path / "set0" / "0.nc", "a") as file:
        file.setncattr("title", "free")


def test_states_of_mima_are_rows(reference_data):
    path = str(reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc")

    data = DragData([path], WaveNetDrag.inputs, WaveNetDrag.outputs, None)
    with data, netCDF4.Dataset(path) as file:
        features, targets = data.samples.read(0)

        assert features.shape == (2 * 64 * 128, 42)
        column = 20 * 128 + 77
        v, drag = (file[name][0, :, 20, 77] for name in ("v", "gwfcng_y"))
        np.testing.assert_array_equal(features[8192 + column, :40], single(v))
        np.testing.assert_array_equal(targets[8192 + column], single(drag))
        assert features[8192 + column, 40] == single(file["ps"][0, 20, 77])
        assert features[8192 + column, 41] == single(file["lat"][20])
