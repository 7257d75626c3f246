"""The embedded sample is what its script makes and what its checkpoint says of it."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import safetensors
import torch
import xarray as xr

from gwparam.checkpoints import read_checkpoint
from gwparam.evaluate.metrics import Moments
from gwparam.networks.wavenet import WaveNetDrag
from gwparam.synthetic.climatology import draw_globe
from gwparam.synthetic.columns import Columns, read_columns
from gwparam.synthetic.teacher import Drag, alexander_dunkerton

SAMPLE = Path(__file__).parents[2] / "examples" / "sample"
STATES = SAMPLE / "sample_states.nc"
CHECKPOINT = SAMPLE / "wavenet_ad99.safetensors"
SEED, DAY = 20_240_612, 15.0  # of make_sample.py
SINGLE = 1e-7  # relative rounding of float32
SCORE_DIGITS = 1e-6  # sums in another order, on another machine


@pytest.fixture(scope="module")
def columns() -> Columns:
    """Columns of both times, one after the other."""
    times = [vars(time) for time in read_columns([STATES])]
    return Columns(**{n: np.concatenate([t[n] for t in times]) for n in times[0]})


@pytest.fixture(scope="module")
def stored() -> Drag:
    """Drag in the file, shape (ncol, nlev)."""
    with xr.open_dataset(STATES, decode_times=False) as sample:
        fields = (
            sample[name].transpose("time", "lat", "lon", "lev").values.reshape(-1, 40)
            for name in ("gwfcng_x", "gwfcng_y")
        )
        return Drag(*(field.astype(np.float64) for field in fields))


def test_files_are_small() -> None:
    assert STATES.stat().st_size < 1e6
    assert CHECKPOINT.stat().st_size <= 2e6


def test_states_fit_on_one_two_and_four_ranks() -> None:
    with xr.open_dataset(STATES, decode_times=False) as sample:
        assert sample.sizes["lat"] % 4 == 0
        assert sample.sizes["time"] * sample.sizes["lat"] * sample.sizes["lon"] >= 200


def test_drag_is_what_the_native_scheme_gives_today(
    columns: Columns, stored: Drag
) -> None:
    for today, then in zip(alexander_dunkerton(columns), stored, strict=True):
        largest = np.abs(today).max(axis=1, keepdims=True)
        assert (np.abs(today - then) <= SINGLE * largest).all()


def test_states_are_what_the_climatology_gives_today(columns: Columns) -> None:
    globe = draw_globe(np.random.default_rng(SEED), DAY, 32, 8)
    first = len(globe)
    for name, values in vars(globe).items():
        largest = np.abs(values).max()
        difference = np.abs(values - getattr(columns, name)[:first])
        assert difference.max() <= SINGLE * largest, name


def test_checkpoint_has_the_score_that_it_states(
    columns: Columns, stored: Drag
) -> None:
    network = WaveNetDrag.from_checkpoint(read_checkpoint(CHECKPOINT)).eval()
    inputs = (
        columns.eastward_wind,
        columns.northward_wind,
        columns.surface_pressure,
        columns.latitude,
    )
    with torch.inference_mode():
        drag = network(*map(torch.from_numpy, inputs))
    with safetensors.safe_open(CHECKPOINT, framework="pt") as file:
        training = json.loads(file.metadata()["gwparam"])["training"]
    assert training["scored_on"] == STATES.name
    for field, predicted, true, stated in zip(
        network.outputs, drag, stored, training["score"], strict=True
    ):
        score = Moments.of(predicted.numpy(), true).pool()
        assert field.name == stated["name"]
        assert score.r2 == pytest.approx(stated["r2"], abs=SCORE_DIGITS)
        assert score.correlation == pytest.approx(
            stated["correlation"], abs=SCORE_DIGITS
        )
        assert score.rms_error == pytest.approx(stated["rms_error"], rel=SCORE_DIGITS)


def test_checkpoint_was_trained_on_other_columns() -> None:
    with safetensors.safe_open(CHECKPOINT, framework="pt") as file:
        training = json.loads(file.metadata()["gwparam"])["training"]
    assert training["seed"] != SEED
    assert training["columns"] >= 100_000


@pytest.mark.slow
def test_script_makes_the_same_states_and_trains(tmp_path: Path) -> None:
    script = [sys.executable, str(SAMPLE / "make_sample.py"), "--folder", str(tmp_path)]
    quick = ["--columns=800", "--epochs=1", "--threads=1"]
    subprocess.run([*script, *quick], check=True, capture_output=True)
    with (
        xr.open_dataset(STATES, decode_times=False) as kept,
        xr.open_dataset(tmp_path / STATES.name, decode_times=False) as made,
    ):
        assert set(made.variables) == set(kept.variables)
        for name, variable in kept.variables.items():
            largest = np.abs(variable.values).max()
            difference = np.abs(made[name].values - variable.values)
            assert made[name].dims == variable.dims
            assert difference.max() <= SINGLE * largest, name
    description = read_checkpoint(tmp_path / CHECKPOINT.name).description
    assert description is not None
    assert description.name == "WaveNet trained on AD99 (gwparam sample)"
