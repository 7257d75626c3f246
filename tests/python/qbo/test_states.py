import numpy as np
import pytest
import torch
import xarray as xr

from gwparam.contract import Field
from gwparam.data import open_states
from gwparam.errors import ArgumentError
from gwparam.qbo.batch import Stepper
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.states import DRAG, FLUX, WIDTH, WIND, Period, run_steps, write_states
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

FIELDS = (
    Field(WIND, "m s-1", "full", "float64"),
    Field(DRAG, "m s-2", "full", "float64"),
    Field(FLUX, "Pa", "surface", "float64"),
    Field(WIDTH, "m s-1", "surface", "float64"),
)


def reference(days, seed):
    """Wind and amplitudes of a run by the testbed itself."""
    waves, forcing = spectrum(), draw_forcing(days, seed)
    source = (forcing.source_flux, forcing.spectral_width)
    amplitudes = spectrum_amplitudes(waves, *map(torch.from_numpy, source))
    drag = WaveDrag(Testbed(), waves)
    start = torch.from_numpy(Testbed().initial_wind).unsqueeze(0)
    wind = Stepper(Testbed()).run(
        start, lambda u, day: drag(u, amplitudes[day : day + 1]), days
    )
    return wind[:, 0], drag(wind[:, 0], amplitudes), forcing


def test_a_file_holds_a_run_with_its_drag_and_its_sources(tmp_path) -> None:
    path = tmp_path / "states.nc"
    period = Period(months=2, skipped_years=1)
    done = []
    times = write_states(
        path, period, columns=2, seed=5, advance=lambda: done.append(1)
    )
    assert times == 60
    assert len(done) == 2
    for column in range(2):
        wind, drag, forcing = reference(420, 5 + column)
        with open_states([path], FIELDS) as states:
            assert states.levels.order == "bottom_up"
            assert states.date(0) == "0002-01-01 00:00:00"
            assert states.date(59) == "0002-02-30 00:00:00"
            for time in (0, 1, 31, 59):
                found, day = states.read(time), 360 + time
                near = {"rtol": 2e-7, "atol": 1e-9}
                assert np.allclose(found[WIND][column], wind[day], **near)
                assert np.allclose(found[DRAG][column], drag[day], rtol=2e-7, atol=0)
                assert np.isclose(found[FLUX][column], forcing.source_flux[day])
                assert np.isclose(found[WIDTH][column], forcing.spectral_width[day])


def test_levels_are_those_of_the_testbed(tmp_path) -> None:
    write_states(tmp_path / "states.nc", Period(1, 0))
    with xr.open_dataset(tmp_path / "states.nc", decode_times=False) as states:
        assert np.array_equal(states["lev"], Testbed().pressure)
        assert np.array_equal(states["height"], Testbed().height)
        assert states["time"].attrs["calendar"] == "360_day"
        assert np.array_equal(states["time"], np.arange(30))


def test_smaller_steps_keep_the_sources_of_a_day_and_hardly_change_the_wind() -> None:
    days, fine = (
        list(run_steps(Period(6, 0, hours=h), columns=1, seed=2)) for h in (24, 6)
    )
    assert len(fine) == 4 * len(days)
    for day, step in enumerate(days):
        of_day = fine[4 * day : 4 * day + 4]
        assert all(torch.equal(s.source_flux, step.source_flux) for s in of_day)
    change = (fine[4 * 150].wind - days[150].wind).abs().max()
    moved = (days[150].wind - days[0].wind).abs().max()
    assert 0.0 < change < 0.1 * moved


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"months": 0}, "months is 0, expected at least 1"),
        ({"months": 1, "skipped_years": -1}, "skip_years is -1, expected at least 0"),
        ({"months": 1, "hours": 5}, "step_hours is 5, expected 1, 2, 3"),
        ({"months": 1, "hours": 0}, "step_hours is 0, expected 1, 2, 3"),
    ],
)
def test_a_period_out_of_range_is_refused(given, message) -> None:
    with pytest.raises(ArgumentError, match=message):
        Period(**given)


@pytest.mark.parametrize("name", ["columns", "seed"])
def test_columns_and_seed_out_of_range_are_refused(tmp_path, name) -> None:
    path = tmp_path / "states.nc"
    with pytest.raises(ArgumentError, match=f"{name} is -1, expected at least"):
        write_states(path, Period(1, 0), **{name: -1})
    assert not path.exists()
