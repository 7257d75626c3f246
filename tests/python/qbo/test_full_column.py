"""A whole column of the equator, and what runs in it."""

import netCDF4
import numpy as np
import pytest

from gwparam.errors import ContractError, GwparamError, NonFiniteError, ShapeError
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.full_column import equatorial_column
from gwparam.qbo.runs import AD99, run
from gwparam.qbo.testbed import DAYS_A_YEAR


@pytest.fixture(scope="module")
def column(sample_states):
    return equatorial_column(sample_states, 3e-4, 0.3, relaxation_days=10.0)


def test_profiles_are_means_of_the_equator(column, sample_states):
    with netCDF4.Dataset(sample_states) as file:
        file.set_auto_mask(False)
        near = np.abs(file["lat"][:]) <= 5.0
        wind, temperature, height = (
            file[name][:][:, :, near].mean(axis=(0, 2, 3), dtype=np.float64)[::-1]
            for name in ("u", "temp", "zfull")
        )
        pressure = file["sigma_full"][:][::-1] * file["ps"][:][:, near].mean()
        half = (file["bk"][:] * file["ps"][:][:, near].mean())[::-1]
    assert near.sum() == 2
    np.testing.assert_allclose(column.wind, wind, atol=1e-5)
    np.testing.assert_allclose(column.temperature, temperature, rtol=1e-6)
    np.testing.assert_allclose(column.pressure, pressure, rtol=1e-5)
    np.testing.assert_allclose(column.half_pressure, half, rtol=1e-5, atol=1e-3)
    # The file's heights are those of another gravity, over a surface of its own.
    np.testing.assert_allclose(column.height, height, rtol=0.01, atol=150)
    assert column.height[column.lowest - 1] <= 17e3 < column.height[column.lowest]


def test_relaxation(column, sample_states):
    none = equatorial_column(sample_states, 3e-4, 0.3, relaxation_days=0.0)
    sponge = np.maximum(0.0, 1.0 - column.pressure / 50.0) ** 2 / 43200.0
    np.testing.assert_allclose(none.relaxation, sponge, rtol=1e-12)
    added = (column.relaxation - none.relaxation) * 10 * 86400
    np.testing.assert_allclose(
        added, np.interp(column.height, [35e3, 40e3], [0.0, 1.0]), atol=1e-9
    )


def test_native_scheme_and_its_network_turn_the_wind(column, sample_artefact):
    """AD99 and the network that learned it, on the levels of the sample."""
    days = 5 * DAYS_A_YEAR
    for scheme in (AD99, sample_artefact):
        found = run(scheme, column, [draw_forcing(days, 0)])
        assert found.unstable == (-1,)
        assert not found.sees_waves
        wind = found.wind[:, 0]
        np.testing.assert_array_equal(
            wind[:, : column.lowest],
            np.broadcast_to(
                column.wind[: column.lowest].astype(np.float32), (days, column.lowest)
            ),
        )
        level = np.abs(column.height - 27e3).argmin()
        assert wind[:, level].min() < -10
        assert wind[:, level].max() > 10


def test_a_network_of_the_testbed_has_no_source_here(column, tmp_path):
    import qbo_networks

    artefact = qbo_networks.export(
        qbo_networks.WavesAsNetwork(), tmp_path / "waves.pt", waves=True
    )
    with pytest.raises(GwparamError, match="levels"):
        run(artefact, column, [draw_forcing(2, 0)])


def change(sample_states, path, latitude=0.0, keep=slice(None)):
    """The sample with other latitudes, or without a part of its variables."""
    with netCDF4.Dataset(sample_states) as source, netCDF4.Dataset(path, "w") as file:
        for name, dimension in source.dimensions.items():
            file.createDimension(name, len(dimension))
        for name in list(source.variables)[keep]:
            variable = source[name]
            made = file.createVariable(name, variable.dtype, variable.dimensions)
            made.setncatts({k: variable.getncattr(k) for k in variable.ncattrs()})
            made[:] = variable[:] + (latitude if name == "lat" else 0)
    return path


def test_states_without_the_equator_are_refused(sample_states, tmp_path):
    path = change(sample_states, tmp_path / "north.nc")
    with netCDF4.Dataset(path, "a") as file:
        file["lat"][:] = np.linspace(20.0, 80.0, file.dimensions["lat"].size)
    with pytest.raises(ShapeError, match="no column within 5 degrees"):
        equatorial_column(path, 3e-4, 0.3, 10.0)


def lack_temperature(path, near):
    """Take the temperature of a column at the equator, or of all others."""
    with netCDF4.Dataset(path, "a") as file:
        at_equator = np.abs(file["lat"][:]) <= 5.0
        values = file["temp"][:]
        file["temp"].missing_value = values.dtype.type(-999.0)
        lacking = at_equator if near else ~at_equator
        values[:, :, np.flatnonzero(lacking), 0] = -999.0
        file["temp"][:] = values
    return path


def test_other_columns_may_lack_a_value(column, sample_states, tmp_path):
    path = change(sample_states, tmp_path / "masked.nc")
    found = equatorial_column(lack_temperature(path, near=False), 3e-4, 0.3, 10.0)
    np.testing.assert_array_equal(found.temperature, column.temperature)
    with pytest.raises(NonFiniteError, match="lacks air_temperature in 2 of 16"):
        equatorial_column(lack_temperature(path, near=True), 3e-4, 0.3, 10.0)


def test_states_without_temperature_are_refused(sample_states, tmp_path):
    with netCDF4.Dataset(sample_states) as source:
        at = list(source.variables).index("temp")
    path = change(sample_states, tmp_path / "cold.nc", keep=slice(0, at))
    with pytest.raises(ContractError, match="air_temperature"):
        equatorial_column(path, 3e-4, 0.3, 10.0)
