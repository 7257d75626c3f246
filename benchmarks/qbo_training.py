"""How networks that were trained on the QBO testbed do in it, over 108 years.

    python benchmarks/qbo_training.py FOLDER [--only NAME ...]

makes the states, trains each network of `EXPERIMENTS` with three seeds, lets it drive
the testbed with sources that no training saw, and compares period and amplitudes with
the spectrum's under the same sources: from the published start, nearly at rest, and
underway, from the spectrum's wind after 12 years. FOLDER keeps all: what is there is
not done again. `results.json` has the numbers, which are printed too.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
import xarray as xr
from torch import Tensor, nn

from gwparam.checkpoints import load_weights, read_checkpoint
from gwparam.climate.oscillation import fourier_period, oscillation
from gwparam.export.own import load_module
from gwparam.qbo.batch import DragOfDay, Stepper
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.states import FLUX, WIDTH, Period, write_states
from gwparam.qbo.testbed import (
    DAYS_A_MONTH,
    DAYS_A_YEAR,
    SPINUP_YEARS,
    YEARS,
    Testbed,
)
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes
from gwparam.training.checkpoint import read_state
from gwparam.training.settings import Settings
from gwparam.training.train import NETWORK_FILE, train

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "qbo_network"
SEEDS = (1, 2, 3)
ONLINE_SEEDS = (7000, 7001, 7002)
"""Of the sources online: the same for all networks and for the spectrum."""
HEIGHTS = (20, 25, 30)  # km
PERIOD_HEIGHT = 25
LEVELS = [Testbed().level(1e3 * height) for height in HEIGHTS]
SPINUP = SPINUP_YEARS * DAYS_A_YEAR
LOST = 300.0
"""Wind that no run comes back from [m s-1]."""
LONG = {"epochs": 40, "batch": 128, "learning_rate": 3e-3}
MORE = {"epochs": 6, "batch": 128, "learning_rate": 3e-4}
SHORT = {"epochs": 200, "batch": 32, "learning_rate": 1e-3}
CONVOLVED = {"epochs": 8, "batch": 128, "learning_rate": 2e-3}
SOME = {"epochs": 100, "batch": 64, "learning_rate": 2e-3}
THREE = {"epochs": 200, "batch": 64, "learning_rate": 2e-3}
FEW = {"epochs": 60, "batch": 32, "learning_rate": 2e-3}


@dataclass(frozen=True)
class Experiment:
    """A kind of training.

    Attributes
    ----------
    data : str
        ``months18``, ``years3`` and ``years10``, a run of each seed after the spin-up;
        ``years100``, ten years of ten runs; ``years100_rest``, with the spin-up. Runs
        are nearly in phase: ten short ones would all see the same part of a cycle.
    network : str
        Of examples/qbo_network.
    settings : dict
        Of the training.
    after : str
        The experiment whose network of the same seed it begins with.
    end_of : str
        The experiment whose training it is, of which it has the last weights: not
        those that were best on other years.
    """

    data: str
    network: str = "Column"
    settings: dict[str, Any] = field(default_factory=dict)
    after: str = ""
    end_of: str = ""


EXPERIMENTS = {
    "months18": Experiment("months18", settings=SHORT),
    "years100": Experiment("years100", settings=LONG),
    "years100 from rest": Experiment("years100_rest", settings=LONG),
    "years100, more": Experiment("years100", settings=MORE, after="years100"),
    "years100, more, noise 0.05": Experiment(
        "years100", settings=MORE | {"input_noise": 0.05}, after="years100"
    ),
    "years100, more, rollout 48 h": Experiment(
        "years100", settings=MORE | {"rollout": 48}, after="years100"
    ),
    "months18, last": Experiment("months18", end_of="months18"),
    "years10": Experiment("years10", settings=SOME),
    "years3": Experiment("years3", settings=THREE),
    "years3, noise 0.05": Experiment("years3", settings=THREE | {"input_noise": 0.05}),
    "years3, noise 0.2": Experiment("years3", settings=THREE | {"input_noise": 0.2}),
    "years3, noise 0.2 linear": Experiment(
        "years3", settings=THREE | {"input_noise": 0.2, "noise_schedule": "linear"}
    ),
    "years3, rollout 48 h": Experiment("years3", settings=THREE | {"rollout": 48}),
    "wide, months18": Experiment("months18", "Wide", FEW),
    "wide, months18, last": Experiment("months18", "Wide", end_of="wide, months18"),
    "whole, months18": Experiment("months18", "Whole", FEW),
    "narrow, years100": Experiment("years100", "Narrow", CONVOLVED),
    "wide, years100": Experiment("years100", "Wide", CONVOLVED),
    "whole, years100": Experiment("years100", "Whole", CONVOLVED),
    "wide, months18, noise 0.05": Experiment(
        "months18", "Wide", FEW | {"input_noise": 0.05}
    ),
    "wide, months18, noise 0.2": Experiment(
        "months18", "Wide", FEW | {"input_noise": 0.2}
    ),
    "wide, months18, noise 0.2 linear": Experiment(
        "months18", "Wide", FEW | {"input_noise": 0.2, "noise_schedule": "linear"}
    ),
    "wide, months18, rollout 48 h": Experiment(
        "months18", "Wide", FEW | {"rollout": 48}
    ),
    "months18, noise 0.2": Experiment(
        "months18", settings=SHORT | {"input_noise": 0.2}
    ),
    "months18, rollout 48 h": Experiment("months18", settings=SHORT | {"rollout": 48}),
    "months18, noise 0.2, last": Experiment("months18", end_of="months18, noise 0.2"),
    "months18, rollout 48 h, last": Experiment(
        "months18", end_of="months18, rollout 48 h"
    ),
    "wide, months18, noise 0.2, last": Experiment(
        "months18", "Wide", end_of="wide, months18, noise 0.2"
    ),
    "wide, months18, rollout 48 h, last": Experiment(
        "months18", "Wide", end_of="wide, months18, rollout 48 h"
    ),
}
"""By name; a noise or a rollout is compared with the one without."""


def states(folder: Path, data: str, seed: int) -> Path:
    """Training files; those of validation and test belong to other years and seeds."""
    name, period, columns, first = {
        "months18": (f"months18_{seed}", Period(18), 1, seed),
        "years3": (f"years3_{seed}", Period(36), 1, 200 + seed),
        "years10": (f"years10_{seed}", Period(120), 1, 300 + seed),
        "years100": ("years100", Period(120), 10, 100),
        "years100_rest": ("years100_rest", Period(120, 0), 10, 100),
        "validation": ("validation", Period(12, 24), 5, 900),
        "test": ("test", Period(24, 26), 5, 950),
    }[data]
    path = folder / f"{name}.nc"
    if not path.is_file():
        write_states(path, period, columns=columns, seed=first)
    return path


def trained(folder: Path, name: str, seed: int) -> Path:
    """Train a network, if it is not there; its folder."""
    made = EXPERIMENTS[name]
    if made.end_of:
        return trained(folder, made.end_of, seed)
    output = folder / f"{name} {seed}".replace(",", "").replace(" ", "_")
    if (output / NETWORK_FILE).is_file():
        return output
    before = trained(folder, made.after, seed) / NETWORK_FILE if made.after else None
    settings = Settings(
        arch="own",
        module=f"{EXAMPLE / 'networks.py'}:{made.network}",
        contract=str(EXAMPLE / "contract.toml"),
        output=str(output),
        data=(str(states(folder, made.data, seed)),),
        validation=(str(states(folder, "validation", 0)),),
        test=(str(states(folder, "test", 0)),),
        pretrained=None if before is None else str(before),
        seed=seed,
        threads=1,
        device="cpu",
        **made.settings,
    )
    train(settings, (output / "training.ckpt").is_file(), lambda prepared: None)
    return output


def sources() -> tuple[Tensor, Tensor]:
    """F_s and c_w (day, column)."""
    drawn = [draw_forcing(YEARS * DAYS_A_YEAR, seed) for seed in ONLINE_SEEDS]
    flux = np.stack([its.source_flux for its in drawn], axis=1)
    width = np.stack([its.spectral_width for its in drawn], axis=1)
    return torch.from_numpy(flux), torch.from_numpy(width)


def of_spectrum() -> Tensor:
    """Wind that the waves drive from the published start (day, column, level)."""
    waves, (flux, width) = spectrum(), sources()
    drag = WaveDrag(Testbed(), waves)
    start = torch.from_numpy(Testbed().initial_wind).repeat(len(ONLINE_SEEDS), 1)
    with torch.inference_mode():
        return Stepper(Testbed()).run(
            start,
            lambda wind, day: drag(
                wind, spectrum_amplitudes(waves, flux[day], width[day])
            ),
            YEARS * DAYS_A_YEAR,
        )


def of_network(network: nn.Module, underway: Tensor) -> dict[str, np.ndarray]:
    """Wind that a network drives, which computes in float32 as its artefact would.

    Parameters
    ----------
    network : Module
        Of the example.
    underway : Tensor, shape (column, level)
        Wind of the spectrum after the spin-up [m s-1].

    Returns
    -------
    dict of str to ndarray, shape (day, column, height)
        Of the last 96 years, at `HEIGHTS`, by start: at ``rest`` in the first year, or
        ``underway`` after the spin-up, where both begin with a step of Euler's.
    """
    flux, width = (values.float() for values in sources())
    rest = torch.from_numpy(Testbed().initial_wind).repeat(len(ONLINE_SEEDS), 1)

    def drag_from(first: int, runs: int) -> DragOfDay:
        """Drag on so many runs of all columns, side by side."""

        def drag(wind: Tensor, day: int) -> Tensor:
            of_day = (its[first + day].repeat(runs) for its in (flux, width))
            return network(wind.float(), *of_day).double()

        return drag

    with torch.inference_mode():
        spun = Stepper(Testbed()).run(rest, drag_from(0, 1), SPINUP + 1)[-1]
        both = Stepper(Testbed()).run(
            torch.cat((spun, underway)),
            drag_from(SPINUP, 2),
            len(flux) - SPINUP,
            LEVELS,
        )
    first, second = both.numpy().reshape(len(both), 2, -1, len(LEVELS)).swapaxes(0, 1)
    return {"rest": first, "underway": second}


def load(name: str, output: Path) -> nn.Module:
    """Load a trained network."""
    made = EXPERIMENTS[name]
    network = load_module(f"{EXAMPLE / 'networks.py'}:{made.network}")
    if made.end_of:
        network.load_state_dict(read_state(output)["network"])
    else:
        load_weights(network, read_checkpoint(output / NETWORK_FILE))
    return network.eval()


def describe(wind: np.ndarray) -> dict[str, Any]:
    """Say of each column what matters: period [months] and amplitudes [m s-1]."""
    step = 1.0 / DAYS_A_MONTH
    columns = []
    for column in range(wind.shape[1]):
        series = {h: wind[:, column, at] for at, h in enumerate(HEIGHTS)}
        if not all(np.abs(s).max() < LOST for s in series.values()):
            columns.append({"lost": True})
            continue
        middle = oscillation(series[PERIOD_HEIGHT], step)
        columns.append(
            {
                "lost": False,
                "period": fourier_period(series[PERIOD_HEIGHT], step),
                "transition_period": middle.transition_period,
                "cycles": middle.cycles,
                "amplitude": {str(h): float(s.std()) for h, s in series.items()},
                "largest": float(np.abs(wind[:, column]).max()),
            }
        )
    return {"columns": columns}


def error(found: dict[str, Any], expected: dict[str, Any]) -> float:
    """Mean relative error of the period and the three amplitudes, over all columns.

    None of them counts more than 1 (100 %), which a column that was lost has in all.
    """
    parts = []
    for one, other in zip(found["columns"], expected["columns"], strict=True):
        if one["lost"]:
            parts.append(1.0)
            continue
        pairs = [(one["period"], other["period"])]
        pairs += [
            (one["amplitude"][str(h)], other["amplitude"][str(h)]) for h in HEIGHTS
        ]
        errors = [min(abs(mine / its - 1.0), 1.0) for mine, its in pairs]
        parts.append(float(np.mean(errors)))
    return float(np.mean(parts))


def measure(folder: Path, name: str, seed: int, spectrum_run: dict[str, Any]) -> Any:
    """Train, and run online from both starts; the numbers."""
    began = time.monotonic()
    output = trained(folder, name, seed)
    seconds = time.monotonic() - began
    network = load(name, output)
    underway = torch.tensor(spectrum_run["underway"], dtype=torch.float64)
    winds = of_network(network, underway)
    online = {start: describe(wind) for start, wind in winds.items()}
    return {
        "experiment": name,
        "seed": seed,
        **asdict(EXPERIMENTS[name]),
        "r2": r2(network, states(folder, "test", 0)),
        "r2_seen": r2(network, states(folder, EXPERIMENTS[name].data, seed)),
        "online": online,
        "training_seconds": seconds,
    }


def r2(network: nn.Module, path: Path) -> float:
    """R2 of the drag in a file, all levels together, as the scores of a training."""
    with xr.open_dataset(path, decode_times=False) as found:
        fields = [
            torch.from_numpy(found[name].stack(row=("time", "column")).T.values)
            for name in ("u", FLUX, WIDTH, "gwfu")
        ]
    with torch.inference_mode():
        drag, wanted = network(*fields[:3]).double(), fields[3].double()
    rest = (drag - wanted).square().sum() / (wanted - wanted.mean()).square().sum()
    return 1.0 - float(rest)


def read(path: Path, expected: dict[str, Any]) -> dict[str, Any]:
    """Read a result, with its errors."""
    one = json.loads(path.read_text())
    errors = {start: error(its, expected) for start, its in one["online"].items()}
    return {**one, "error": errors}


def rows(one: dict[str, Any]) -> Iterator[str]:
    """Say a result in a line for each start."""
    for start, online in one["online"].items():
        text = f"{one['experiment']:30} {one['seed']}  R2 {one['r2']:.4f}"
        text += f" (seen {one['r2_seen']:.4f})  {start:8}"
        text += f"  error {100 * one['error'][start]:6.1f} %"
        kept = [c for c in online["columns"] if not c["lost"]]
        text += f"  lost {len(online['columns']) - len(kept)}"
        if kept:
            period = np.mean([c["period"] for c in kept])
            text += f"  period {period:.1f} months, amplitudes"
            for height in HEIGHTS:
                found = np.mean([c["amplitude"][str(height)] for c in kept])
                text += f" {found:.1f}"
            text += " m s-1"
        yield text


def main() -> None:
    """Do all that is asked for and not there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="+", choices=EXPERIMENTS, default=EXPERIMENTS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    args = parser.parse_args()
    torch.set_num_threads(1)
    args.folder.mkdir(exist_ok=True)
    reference = args.folder / "spectrum.json"
    if not reference.is_file():
        wind = of_spectrum()
        described = describe(wind[SPINUP:, :, LEVELS].numpy())
        described["underway"] = wind[SPINUP].tolist()
        reference.write_text(json.dumps(described))
    expected = json.loads(reference.read_text())
    for column in expected["columns"]:
        print(f"spectrum: {column}")
    for seed in args.seeds:
        for name in args.only:
            output = args.folder / f"{name}_{seed}.json"
            if not output.is_file():
                print(f"training {name}, seed {seed}", file=sys.stderr)
                found = measure(args.folder, name, seed, expected)
                output.write_text(json.dumps(found, indent=1))
            print(*rows(read(output, expected)), sep="\n", flush=True)
    every = [read(path, expected) for path in args.folder.glob("*_?.json")]
    (args.folder / "results.json").write_text(json.dumps(every, indent=1))


if __name__ == "__main__":
    main()
