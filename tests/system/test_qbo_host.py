"""The column of the QBO as a program: its control case is the published one."""

import shutil
import subprocess

import hosts
import netCDF4
import numpy as np
import pytest
from hosts import PROJECT, TIMEOUT

DAYS = 360  # of a year
# The control case in float64, of another order of operations (measured: 1.3e-9).
WIND_OF_TWO_YEARS = 1e-6
# Recorded in single precision: half a bit of winds from 64 m s-1 is 3.8e-6 (measured).
WIND_OF_A_CENTURY = 4e-6


@pytest.fixture(scope="module")
def driver(tmp_path_factory):
    """The host, built with all checks of the compiler."""
    return hosts.build("qbo", tmp_path_factory.mktemp("qbo"), "gfortran")


def run(driver, folder, waves=None, drag=None, **items):
    """Run the driver in a folder, with items of its three groups."""
    text = [
        hosts.record("qbo_nml", items),
        hosts.record("waves_nml", waves or {}),
        hosts.record("gwparam_nml", drag or {}),
    ]
    (folder / "qbo.nml").write_text("".join(text))
    return subprocess.run(
        [driver],
        cwd=folder,
        env=hosts.environment(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )


def wind(folder):
    """Wind of each day [m s-1], (day, column, level)."""
    with netCDF4.Dataset(folder / "wind.nc") as file:
        file.set_auto_mask(False)
        return np.asarray(file["u"][:])


def test_control_case_is_the_published_one(driver, reference_data, tmp_path):
    control = reference_data / "qbo" / "control.nc"
    finished = run(driver, tmp_path, forcing=control)
    assert finished.returncode == 0, finished.stdout + finished.stderr
    found = wind(tmp_path)[:, 0]
    with netCDF4.Dataset(control) as file:
        first = np.asarray(file["u_first"][:])
        century = np.asarray(file["u"][:], float)
    assert np.abs(found[: len(first)] - first).max() < WIND_OF_TWO_YEARS
    assert np.abs(found - century).max() < WIND_OF_A_CENTURY


def test_columns_are_apart(driver, tmp_path):
    """The column of a seed is the same beside others, but draws its own waves."""
    several, one = tmp_path / "several", tmp_path / "one"
    for folder, columns in ((several, 3), (one, 1)):
        folder.mkdir()
        finished = run(
            driver, folder, columns=columns, years=2, source_flux_variance=0.0
        )
        assert finished.returncode == 0, finished.stdout
    found = wind(several)
    assert found.shape == (2 * DAYS, 3, 73)
    assert np.abs(found[-1, 0] - found[-1, 1]).max() > 0.1
    constant = {"source_flux_variance": 0.0, "spectral_width_variance": 0.0}
    run(driver, several, columns=3, years=1, **constant)
    run(driver, one, columns=1, years=1, **constant)
    np.testing.assert_array_equal(
        wind(several), np.broadcast_to(wind(one), (DAYS, 3, 73))
    )


def test_two_waves_turn_the_wind(driver, tmp_path):
    """Plumb's case: jets of both signs, one after the other, that go down."""
    finished = run(
        driver,
        tmp_path,
        {"slowest": 32.0, "fastest": 32.0, "wavenumber": 1.0},
        years=15,
        upwelling=1e-5,
        source_flux=1.2e-3,
        source_flux_variance=0.0,
        spectral_width_variance=0.0,
    )
    assert finished.returncode == 0, finished.stdout
    u = wind(tmp_path)[5 * DAYS :, 0]
    level = {height: round((height - 17e3) / 250) for height in (20e3, 25e3)}
    for k in level.values():
        assert u[:, k].max() > 10
        assert u[:, k].min() < -10
    # No wind is faster than the waves that drive it.
    assert np.abs(u).max() < 32

    def becomes_westerly(k):
        return np.flatnonzero((u[:-1, k] < 0) & (u[1:, k] >= 0))

    above, below = (becomes_westerly(level[height]) for height in (25e3, 20e3))
    assert len(above) >= 3
    days = [below[below > day][0] - day for day in above if (below > day).any()]
    assert all(30 < day < 720 for day in days)


def test_an_unstable_column_is_said_with_its_day(driver, tmp_path):
    finished = run(driver, tmp_path, years=1, columns=2, wind_limit=15.0)
    assert finished.returncode == 0
    lines = finished.stdout.splitlines()
    assert lines[0].startswith("column 1: unstable, the wind passed 15. m s-1 on day ")
    assert lines[1].startswith("column 2: unstable")
    days = [int(line.split()[-1]) for line in lines[:2]]
    with netCDF4.Dataset(tmp_path / "wind.nc") as file:
        missing = np.ma.getmaskarray(file["u"][:])
        np.testing.assert_array_equal(file["time"][:], np.arange(DAYS))
    for column, day in enumerate(days):
        assert not missing[: day - 1, column].any()
        assert missing[day - 1 :, column].all()


@pytest.mark.parametrize(
    ("items", "said"),
    [
        ({"correlation": 1.5}, "correlation is 1.5"),
        ({"columns": 0}, "columns is 0"),
        ({"levels": 2}, "levels is 2"),
        ({"source_flux": -1e-3}, "source_flux is -0.1"),
        ({"spectral_width_variance": -1.0}, "spectral_width_variance is -1"),
        ({"first_jet": float("nan")}, "first_jet is NaN"),
        ({"years": 0}, "years is 0"),
    ],
)
def test_items_that_no_column_has_are_named(driver, tmp_path, items, said):
    finished = run(driver, tmp_path, **items)
    assert finished.returncode == 1
    assert finished.stdout.startswith(f"qbo: qbo.nml: {said}")
    assert ", expected " in finished.stdout
    assert "Backtrace" not in finished.stderr


def write_forcing(path, flux, dimensions=("time", "member"), units="Pa"):
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", DAYS), ("member", 2)):
            file.createDimension(name, size)
        for name, values, its in (
            ("source_flux", flux, units),
            ("spectral_width", 32.0, "m s-1"),
        ):
            file.createVariable(name, "f8", dimensions)[:] = values
            file[name].units = its
    return path


def test_of_several_members_the_first_drives(driver, tmp_path):
    several = write_forcing(tmp_path / "several.nc", [4e-3, 8e-3])
    finished = run(driver, tmp_path, forcing=several, years=1)
    assert finished.returncode == 0, finished.stdout
    assert "the first of 2 members drives all columns" in finished.stdout
    found = wind(tmp_path)
    one = write_forcing(tmp_path / "one.nc", 4e-3, ("time",))
    finished = run(driver, tmp_path, forcing=one, years=1)
    assert finished.stdout == "360 days of 1 columns\n"
    np.testing.assert_array_equal(wind(tmp_path), found)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"flux": np.nan}, "source_flux is missing or not above 0"),
        (
            {"flux": np.ma.masked_all((DAYS, 2))},
            "source_flux is missing or not above 0",
        ),
        ({"flux": 0.0}, "source_flux is missing or not above 0"),
        ({"units": "hPa"}, "source_flux has units hPa, expected Pa"),
        ({"dimensions": ("member", "time")}, "source_flux is not one of days"),
    ],
)
def test_forcing_of_a_file_is_refused(driver, tmp_path, changes, said):
    path = write_forcing(tmp_path / "f.nc", **({"flux": 4e-3} | changes))
    finished = run(driver, tmp_path, forcing=path, years=1)
    assert finished.returncode == 1
    assert said in finished.stdout
    assert "Backtrace" not in finished.stderr


@pytest.mark.parametrize(
    ("drag", "said"),
    [
        ({"mode": "ml", "artefact": "absent.pt"}, "absent.pt"),
        ({"mode": "neither"}, "mode is neither, expected native, ml or shadow"),
    ],
)
def test_a_refusal_is_said(driver, tmp_path, drag, said):
    finished = run(driver, tmp_path, drag=drag)
    assert finished.returncode != 0
    assert said in finished.stdout


def test_a_network_of_other_fields_is_named(driver, sample_artefact, tmp_path):
    finished = run(driver, tmp_path, drag={"mode": "ml", "artefact": sample_artefact})
    assert finished.returncode != 0
    assert finished.stdout.startswith("qbo: ")


def test_the_namelist_is_that_of_the_readme(driver, tmp_path):
    shutil.copy(PROJECT / "examples" / "qbo" / "qbo.nml", tmp_path)
    text = (tmp_path / "qbo.nml").read_text().replace("years = 108", "years = 1")
    (tmp_path / "qbo.nml").write_text(text)
    finished = subprocess.run(
        [driver], cwd=tmp_path, env=hosts.environment(), capture_output=True, text=True
    )
    assert finished.stdout == "360 days of 1 columns\n"
    assert wind(tmp_path).shape == (DAYS, 1, 73)
