from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from wind_states import INPUTS, NLEV, VERTICAL, open_file, wind_states

from gwparam.contract import TrainingRange, Vertical
from gwparam.data.training_range import (
    SHIFT,
    SPREAD,
    Difference,
    InputRange,
    compare_ranges,
    describe,
    warnings,
)

MEAN, DEVIATION = np.arange(NLEV) * 4.0, 10.0 + np.arange(NLEV)


def contract(mean=MEAN, deviation=DEVIATION, vertical=VERTICAL):
    """Of a network whose eastward wind differs from level to level."""
    seen = TrainingRange(
        "eastward_wind", tuple(mean.tolist()), tuple(deviation.tolist()), None, None
    )
    unknown = TrainingRange("northward_wind", None, None, (0.0,), (1.0,))
    return SimpleNamespace(
        inputs=INPUTS, vertical=vertical, training_range=(seen, unknown)
    )


def states(shift=0.0, spread=1.0, ntime=3):
    """Eastward wind whose every level has a known mean and spread."""
    data = wind_states()
    normal = np.random.default_rng(1).standard_normal((ntime, NLEV, 4, 6))
    normal -= normal.mean(axis=(0, 2, 3), keepdims=True)
    normal /= normal.std(axis=(0, 2, 3), keepdims=True)
    level = (None, slice(None), None, None)
    values = MEAN[level] + DEVIATION[level] * (shift + spread * normal)
    data["u"] = (data.u.dims, values, data.u.attrs)
    return data


def compared(path, network):
    with open_file(path) as files:
        seen = InputRange(network, files)
        for time in range(len(files)):
            seen.add(files.read(time))
        return seen.differences()


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("units", ["m s-1", "km h-1"])
def test_mean_and_spread_of_every_level_count(write, order, units):
    data = states(0.4, 1.3).isel(lev=slice(None, None, order))
    if units != "m s-1":
        data["u"] = (data.u.dims, data.u.values * 3.6, data.u.attrs | {"units": units})

    (found,) = compared(write(data), contract())

    assert found.name == "eastward_wind"
    assert found.shift == pytest.approx(0.4, rel=1e-9)
    assert found.spread == pytest.approx(1.3, rel=1e-9)
    assert found.whole_globe
    assert not found.is_gross


def test_level_without_spread_in_training_does_not_count(write):
    deviation = DEVIATION.copy()
    deviation[2] = 0.0

    (found,) = compared(write(states(0.0, 1.3)), contract(deviation=deviation))

    assert found.spread == pytest.approx(1.3, rel=1e-9)


def test_statistics_are_brought_to_the_levels_of_the_files(write):
    # Linear in the logarithm of pressure, and so on every level between.
    pressure = np.geomspace(5e3, 2e5, 7)
    given = wind_states().lev.values * 100.0

    def line(p):
        return 3.0 * np.log(p)

    data = wind_states()
    normal = np.random.default_rng(1).standard_normal(data.u.shape)
    normal = (normal - normal.mean((0, 2, 3), keepdims=True)) / normal.std(
        (0, 2, 3), keepdims=True
    )
    values = line(given)[None, :, None, None] + 7.0 * normal
    data["u"] = (data.u.dims, values, data.u.attrs)
    vertical = Vertical(
        "pressure", "top_down", 7, None, None, pressure=tuple(pressure.tolist())
    )

    (found,) = compared(
        write(data), contract(line(pressure), np.full(7, 7.0), vertical)
    )

    assert found.shift == pytest.approx(0.0, abs=1e-9)
    assert found.spread == pytest.approx(1.0, rel=1e-9)


def test_nothing_is_said_where_training_is_unknown(write):
    network = contract()
    network.training_range = ()

    found = compared(write(states(9.0, 9.0)), network)

    assert describe(found) == {"agrees": None, "inputs": {}}
    assert warnings(found, "it") == []


@pytest.mark.parametrize(
    ("shift", "spread", "whole_globe", "gross"),
    [
        # Held-out states of the models that networks were trained on.
        (0.25, 1.56, True, False),
        (-0.22, 0.54, True, False),
        # One standard deviation taken for three, and three for one.
        (0.0, 3.0, True, True),
        (0.0, 1.0 / 3.0, True, True),
        (0.0, 3.0, False, True),
        (1.01 * SHIFT, 1.0, True, True),
        (0.0, 1.01 * SPREAD, True, True),
        # One column has no spread, and the mean of its place.
        (2.0, 0.01, False, False),
        (3.1, 0.01, False, True),
    ],
)
def test_what_differs_grossly(shift, spread, whole_globe, gross):
    difference = Difference("eastward_wind", shift, spread, whole_globe)

    assert difference.is_gross is gross
    assert describe([difference])["agrees"] is not gross
    lines = warnings([difference], "ann")
    assert len(lines) == gross
    if gross:
        assert "the states are not like those that ann was trained on" in lines[0]


def test_one_number_for_all_levels_is_compared_with_all_levels_together(write):
    mean, deviation = np.full(NLEV, 5.0), np.full(NLEV, 12.0)
    data = states()
    expected = data.u.values

    (found,) = compared(write(data), contract(mean, deviation))

    assert found.shift == pytest.approx((expected.mean() - 5.0) / 12.0, rel=1e-9)
    assert found.spread == pytest.approx(expected.std() / 12.0, rel=1e-9)


def test_tropics_alone_are_no_globe(write):
    data = states(1.5, 0.1)
    data = data.assign_coords(lat=("lat", [-15.0, -5.0, 5.0, 15.0], data.lat.attrs))

    (found,) = compared(write(data), contract())

    assert not found.whole_globe
    assert not found.is_gross


def test_normalised_data_are_found_out(write):
    with xr.set_options(keep_attrs=True):
        data = states()
        data["u"] = (data.u - 8.0) / (3.0 * 12.0)

    (found,) = compared(write(data), contract())

    assert found.is_gross
    assert found.spread < 0.1


def test_ranges_are_compared_level_by_level():
    def range_of(name, mean, deviation, ends=(None, None)):
        return TrainingRange(name, mean, deviation, *ends)

    expected = [
        range_of("eastward_wind", (0.0, 10.0, 20.0), (5.0, 10.0, 0.0)),
        range_of("latitude", (0.0,), (40.0,)),
        range_of("northward_wind", None, None),
    ]
    given = [
        range_of("eastward_wind", (5.0, 20.0, 99.0), (20.0, 40.0, 9.0)),
        range_of("northward_wind", (1.0,), (1.0,)),
        range_of("latitude", (4.0,), (20.0,), ((-80.0,), (80.0,))),
        range_of("air_temperature", (1.0,), (1.0,)),
    ]

    assert compare_ranges(expected, given) == [
        Difference("eastward_wind", 1.0, 4.0, True),
        Difference("latitude", 0.1, 0.5, True),
    ]
    assert not any(d.whole_globe for d in compare_ranges(expected, given[:1]))
