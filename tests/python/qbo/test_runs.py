"""A drag scheme in the Fortran host, in process."""

import re

import netCDF4
import numpy as np
import pytest
import qbo_networks
import torch

from gwparam.errors import ContractError, ModelFileError
from gwparam.qbo.batch import Stepper
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import Forcing, draw_forcing
from gwparam.qbo.runs import SPECTRUM, TWO_WAVES, run, two_waves_forcing
from gwparam.qbo.testbed import DAYS_A_YEAR, Testbed
from gwparam.qbo.waves import (
    WaveDrag,
    spectrum,
    spectrum_amplitudes,
    two_wave_amplitudes,
    two_waves,
)

TESTBED = Testbed(semiannual=1.5)
COLUMN = column_of(TESTBED)
# Two implementations in float64, after two years.
TOLERANCE = 1e-7
# Of a wave that ends near a critical level, another order of sums shows sooner.
TOLERANCE_OF_A_NETWORK = 1e-6


@pytest.fixture(scope="module")
def forcings():
    return [draw_forcing(2 * DAYS_A_YEAR, seed) for seed in (3, 4)]


@pytest.fixture(scope="module")
def waves_artefact(tmp_path_factory):
    path = tmp_path_factory.mktemp("qbo") / "waves.pt"
    return qbo_networks.export(qbo_networks.WavesAsNetwork(), path, waves=True)


def in_torch(testbed, waves, amplitudes, days, columns):
    start = torch.from_numpy(testbed.initial_wind).repeat(columns, 1)
    drag = WaveDrag(testbed, waves)
    found = Stepper(testbed).run(start, lambda u, day: drag(u, amplitudes(day)), days)
    return found.numpy()


def test_the_spectrum_is_that_of_the_batch(forcings):
    found = run(SPECTRUM, COLUMN, forcings, dtype=np.float64)
    flux, width = (
        torch.from_numpy(np.stack([getattr(f, name) for f in forcings], 1))
        for name in ("source_flux", "spectral_width")
    )
    expected = in_torch(
        TESTBED,
        spectrum(),
        lambda day: spectrum_amplitudes(spectrum(), flux[day], width[day]),
        2 * DAYS_A_YEAR,
        2,
    )
    assert np.abs(found.wind - expected).max() < TOLERANCE
    assert np.abs(found.wind[-1, 0] - found.wind[-1, 1]).max() > 0.1
    assert (found.unstable, found.failures) == ((-1, -1), ("", ""))
    assert found.sees_waves


def test_two_waves_are_those_of_the_batch():
    days = 3 * DAYS_A_YEAR
    testbed = Testbed(upwelling=1e-5)
    column = column_of(testbed)
    found = run(TWO_WAVES, column, [two_waves_forcing(days)], dtype=np.float64)
    amplitudes = two_wave_amplitudes(testbed)
    expected = in_torch(testbed, two_waves(), lambda day: amplitudes, days, 1)
    assert np.abs(found.wind - expected).max() < TOLERANCE
    assert not found.sees_waves


def test_control_case_in_process(reference_data):
    with netCDF4.Dataset(reference_data / "qbo" / "control.nc") as file:
        first = np.asarray(file["u_first"][:])
        forcing = Forcing(
            *(np.asarray(file[n][:720]) for n in ("source_flux", "spectral_width"))
        )
    column = column_of(Testbed())
    found = run(SPECTRUM, column, [forcing], dtype=np.float64)
    assert np.abs(found.wind[:, 0] - first).max() < 1e-6


def test_a_network_that_is_the_waves_gives_the_wind_of_the_waves(
    waves_artefact, forcings
):
    """Fields of the day reach it, level by level and column by column."""
    expected = run(SPECTRUM, COLUMN, forcings, dtype=np.float64)
    found = run(waves_artefact, COLUMN, forcings, dtype=np.float64)
    assert np.abs(found.wind - expected.wind).max() < TOLERANCE_OF_A_NETWORK
    assert found.sees_waves
    assert found.name == "waves"
    alone = run(waves_artefact, COLUMN, forcings[1:], dtype=np.float64)
    np.testing.assert_array_equal(alone.wind[:, 0], found.wind[:, 1])


def test_what_pushes_is_unstable_on_its_day(tmp_path):
    artefact = qbo_networks.export(qbo_networks.Pushes(), tmp_path / "pushes.pt")
    years = []
    found = run(
        artefact,
        column_of(Testbed()),
        [draw_forcing(3 * DAYS_A_YEAR, 0)] * 2,
        advance=lambda: years.append(1),
    )
    day = found.unstable[0]
    assert found.unstable == (day, day)
    assert 0 < day < DAYS_A_YEAR
    assert np.isfinite(found.wind[:day]).all()
    assert 200 < np.abs(found.wind[day - 1]).max() <= 300
    assert np.isnan(found.wind[day:]).all()
    assert found.failures == ("", "")
    assert len(years) == 1
    assert not found.sees_waves


def test_drag_that_is_not_finite_ends_the_run_with_its_day(tmp_path):
    artefact = qbo_networks.export(qbo_networks.Blows(), tmp_path / "blows.pt")
    found = run(artefact, COLUMN, [draw_forcing(DAYS_A_YEAR, 0)])
    (day,) = found.unstable
    assert 0 < day < DAYS_A_YEAR
    assert np.abs(found.wind[day - 1]).max() > 19
    assert np.isnan(found.wind[day:]).all()
    (said,) = found.failures
    assert re.match(f"{qbo_networks.DUDT} is -?nan m s-2 at level ", said)
    assert "latitude" not in said  # nor another count of days


def test_a_member_that_is_not_finite_ends_alone(tmp_path):
    """Nor does a column that stopped, for it is seen no more."""
    path = tmp_path / "weak.pt"
    artefact = qbo_networks.export(qbo_networks.FailsAt(5e-3), path, waves=True)
    sources = [draw_forcing(40, seed) for seed in range(3)]
    for member, days in enumerate(((), (20, 30), (10,))):
        sources[member].source_flux[:] = 3.7e-3
        sources[member].source_flux[list(days)] = 6e-3
    found = run(artefact, COLUMN, sources, dtype=np.float64)
    # The drag of day 10, from 0, would have given the wind of day 11.
    assert found.unstable == (-1, 21, 11)
    assert [bool(failure) for failure in found.failures] == [False, True, True]
    for member, source in enumerate(sources):
        alone = run(artefact, COLUMN, [source], dtype=np.float64)
        np.testing.assert_array_equal(found.wind[:, member], alone.wind[:, 0])
        assert np.isnan(found.wind[-1, member]).all() == (member > 0)


@pytest.mark.parametrize(
    ("name", "error", "said"),
    [
        ("absent.pt", ModelFileError, "absent.pt"),
        ("it's absent.pt", ModelFileError, "it's absent.pt"),
    ],
)
def test_artefacts_are_refused(tmp_path, name, error, said):
    with pytest.raises(error, match=said):
        run(tmp_path / name, COLUMN, [draw_forcing(2, 0)])


def test_a_network_of_other_levels_is_refused(sample_artefact):
    with pytest.raises((ContractError, ValueError), match="levels"):
        run(sample_artefact, COLUMN, [draw_forcing(2, 0)])
