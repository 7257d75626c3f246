"""Checkpoints, training files, threads and what a training leaves behind."""

import json
import pickle
import re
import shlex
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np
import pytest
import recipes
import torch
from system.kinds.commands import (
    Made,
    Seen,
    check_refused,
    network,
    plain,
    run,
    written,
)
from system.test_replay_of_models import NLEV, PRESSURE
from training_files import training_set

import gwparam
from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Field
from gwparam.data import TrainingStates
from gwparam.errors import ArgumentError, BusyError, ContractError, NonFiniteError
from gwparam.networks.scaling_recipe import read_recipe
from gwparam.networks.wavenet import WaveNet
from gwparam.training import memory

THREADS = "4 one scheme for several threads"
UNSEEN = "5 masked arrays, complex weights, averages, another normalisation"
OWN_PRESSURE = "7 pressure of a training file"
CHECKPOINTS = "checkpoints as people save them"
SCALING = "the published scaling"
TRAINING = "what a training leaves behind"


def fields(factor: float = 1.0) -> dict[str, Any]:
    """Inputs of the network at the first time."""
    data = plain().isel(time=0)
    winds = {"eastward_wind": factor * data.ua, "northward_wind": data.va}
    found = {k: np.moveaxis(v.values, 0, -1) for k, v in winds.items()}
    latitude = np.repeat(data.lat.values[:, None], 6, axis=1)
    return found | {"surface_air_pressure": data.ps.values, "latitude": latitude}


def scheme() -> Any:
    made = gwparam.load_scheme(network(), on_limit="ignore")
    made.set_levels(PRESSURE.tolist())
    return made


def shared(threads: int) -> Callable[[Path], str]:
    """Every thread gets its own answer, or is told that the scheme is in use."""

    def act(folder: Path) -> str:
        used = scheme()
        right = [scheme().predict(fields(1.0 + k)) for k in range(threads)]

        def steps(k: int) -> list[bool]:
            seen = []
            for _ in range(100):
                try:
                    found = used.predict(fields(1.0 + k))
                except (BusyError, ArgumentError):  # a window that is not its own
                    seen.append(False)
                else:
                    for name, wanted in right[k].items():
                        np.testing.assert_array_equal(found[name], wanted)
                    seen.append(True)
            return seen

        with ThreadPoolExecutor(threads) as pool:
            answers = [a for one in pool.map(steps, range(threads)) for a in one]
        assert any(answers)
        return "the right values, or an error"

    return act


def masked_array(name: str) -> Callable[[Path], str]:
    def act(folder: Path) -> str:
        given = fields()
        values = np.ma.array(given[name], mask=False)
        values[(1,) * values.ndim] = np.ma.masked
        with pytest.raises(NonFiniteError, match=rf"{name} is masked at \(2, 2"):
            scheme().predict(given | {name: values})
        return f"refused: {name} is masked at (2, 2 ..."

    return act


def net(seed: int = 0) -> dict[str, torch.Tensor]:
    torch.manual_seed(seed)
    return WaveNet(NLEV, 8, 2, 8, 4).state_dict()


def with_normalisation(content: dict[str, Any]) -> dict[str, Any]:
    return content | {"means": torch.zeros(NLEV), "stds": torch.ones(NLEV)}


def prefixed(weights: dict[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    return {prefix + key: value for key, value in weights.items()}


def recognised(
    name: str, content: Callable[[dict[str, Any]], Any], **options: Any
) -> Callable[[Path], str]:
    """The weights are those that were saved."""

    def act(folder: Path) -> str:
        weights, path = net(), folder / name
        saved = content(weights)
        if path.suffix == ".pickle":
            path.write_bytes(pickle.dumps(saved))
        else:
            torch.save(saved, path)
        found = read_checkpoint(path, **options)
        assert found.weights.keys() == weights.keys()
        for key, value in weights.items():
            assert torch.equal(found.weights[key], value), key
        return " ".join(["the same weights", *found.notes])

    return act


def refused_weights(pattern: str, change: Callable[[torch.Tensor], Any]) -> Any:
    def act(folder: Path) -> str:
        weights = net()
        key = "shared.1.weight"
        weights[key] = change(weights[key])
        torch.save(with_normalisation({"model": weights}), folder / "net.pt")
        seen = run("export", "--ckpt", folder / "net.pt", "-o", folder / "o.pt")
        return check_refused(seen, f"{re.escape(key)} holds {pattern}")

    return act


def averages(folder: Path) -> str:
    raw, mean = net(1), net(2)
    content = {"state_dict": raw, "model_ema": mean}
    torch.save(content, folder / "net.pt")
    found = {k: read_checkpoint(folder / "net.pt", weights=k) for k in ("raw", "ema")}
    for kind, wanted in (("raw", raw), ("ema", mean)):
        for key, value in wanted.items():
            assert torch.equal(found[kind].weights[key], value), (kind, key)
    (note,) = read_checkpoint(folder / "net.pt").notes
    assert re.search(r"(?i)\bema\b", note), note
    return note


def other_normalisation(folder: Path) -> str:
    """Winds in cm s-1 that say m s-1."""
    data = plain().assign(ua=(100.0 * plain().ua).assign_attrs(units="m s-1"))
    data.ua.values[:] = np.clip(data.ua.values, -900.0, 900.0)
    seen = run("replay", network(), written(folder, data), "--brief")
    assert seen.status == 0, seen
    (line,) = seen.lines
    assert "not like those that small was trained on. eastward_wind" in line, line
    return "said: the states are not like those of training"


def own_pressure(factor: Any) -> Callable[[Path], str]:
    """A training file of winds, temperature and pressure, on its own levels."""

    def act(folder: Path) -> str:
        from python.data.test_training_states import contract

        a, b = np.array([500.0, 3e3, 6e3, 0.0]), np.array([0.0, 0.1, 0.4, 0.95])
        surface = np.random.default_rng(1).uniform(9.5e4, 1.02e5, (2, 1, 3, 4))
        pressure = a[:, None, None] + b[:, None, None] * surface
        data = training_set(idim=3 + 4 * 4, odim=3 * 4)
        data = data.assign_coords(lat=data.lat / 90.0, lon=data.lon / 360.0)
        data.features[:, 15:] = (factor * pressure - 5e4) / 3e4
        recipe = recipes.recipe(4)
        recipe["variables"]["air_pressure"] = recipes.linear("Pa", 5e4, 3e4)
        scaling = read_recipe(str(recipes.write_json(folder / "scaling.json", recipe)))
        inputs = tuple(f for f in contract().inputs if "air_velocity" not in f.name)
        needed = (*inputs, Field("air_pressure", "Pa", "full", "float64"))
        described = replace(contract(), inputs=needed)
        file = written(folder, data, "training.nc")
        with TrainingStates([file], described, scaling) as states:
            if np.any(factor != 1.0):
                with pytest.raises(
                    ContractError, match=r"is .* Pa at .*, expected .* Pa"
                ):
                    states.read(1)
                return "refused: is ... Pa, expected ... of the network's levels"
            found = states.read(1)["air_pressure"]
        np.testing.assert_allclose(found, np.moveaxis(pressure[1], 0, -1), rtol=1e-4)
        return "the right values"

    return act


def formula(text: str, offset: float, scale: float) -> Callable[[Path], str]:
    """A scaling that stands in the attributes of a training file."""

    def act(folder: Path) -> str:
        path = folder / "training.nc"
        data = training_set()
        data.features.attrs["scaling"] = text
        data.to_netcdf(path)
        with netCDF4.Dataset(path) as file:
            assert file["features"].scaling == text
        (found,) = read_recipe(str(path)).transforms.values()
        line = found.transform == "linear"
        numbers = (
            (found.mean, found.standard_deviation)
            if line
            else (found.offset, found.scale)
        )
        np.testing.assert_allclose(numbers, [[offset], [scale]], rtol=1e-12)
        return f"the same numbers: {offset:g}, {scale:g}"

    return act


def train(folder: Path) -> tuple[Path, Seen]:
    """Train for an epoch in a folder whose name has spaces and quotes."""
    place = folder / "my runs' (1)"
    place.mkdir()
    states = written(place, plain(), "two states.nc")
    out = place / "run of today"
    words = ["--arch", "wavenet", "--data", states, "--split", "1:1", "--epochs", "1"]
    words += ["--size=trunk_width=8", "--size=trunk_depth=2", "--size=neck_width=8"]
    seen = run("finetune", *words, "--size=branch_width=4", "-o", out, "--json")
    assert seen.status == 0, seen
    return states, seen


def printed_commands(folder: Path) -> str:
    """They run as they are printed."""
    _, seen = train(folder)
    commands = [shlex.split(c) for c in json.loads(seen.printed)["next"]]
    assert {words[1] for words in commands} >= {"export", "replay"}, commands
    for words in commands:
        done = run(*words[1:])
        assert done.status == 0, (words, done)
    return "the commands run as they are printed"


def seen_states(folder: Path) -> str:
    """The artefact knows its dates, and says which states it has seen."""
    states, _ = train(folder)
    made = folder / "o.pt"
    out = states.parent / "run of today" / "network.safetensors"
    assert run("export", "--ckpt", out, "-o", made).status == 0
    replayed = run("replay", made, states, "--json")
    training = json.loads(replayed.printed)["training"]
    assert training["seen"] + training["unseen"] == 2
    assert training["seen"] >= 1, training
    return f"said: {training['seen']} of 2 states seen"


def too_large(folder: Path) -> str:
    """The published Prithvi network from nothing is more than the memory."""
    idim, odim = 3 + 4 * 122, 3 * 122
    file = written(folder, training_set(idim=idim, odim=odim, grid=(8, 16)))
    words = ["--arch", "prithvi_gw", "--data", file, "--split", "1:1", "-o"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(memory, "free_bytes", lambda device: 8_000_000_000)
        seen = run("finetune", *words, folder / "run")
    return check_refused(seen, "GB .* are free, expected a smaller size")


ROWS = [
    *(Made(THREADS, f"{n} threads", shared(n)) for n in (2, 4, 8)),
    Made(UNSEEN, "a masked wind", masked_array("northward_wind")),
    Made(UNSEEN, "a masked latitude", masked_array("latitude")),
    Made(UNSEEN, "complex weights", refused_weights(
        "complex128", lambda x: x.to(torch.complex128))),
    Made(UNSEEN, "an average beside the weights", averages),
    Made(UNSEEN, "winds in other units than they say", other_normalisation),
    Made(OWN_PRESSURE, "that of the network's levels", own_pressure(1.0)),
    Made(OWN_PRESSURE, "30 % more everywhere", own_pressure(1.3)),
    Made(OWN_PRESSURE, "2 % less at one level", own_pressure(
        np.array([1.0, 1.0, 0.98, 1.0])[:, None, None])),
    Made(CHECKPOINTS, "module._orig_mod.net. in front", recognised(
        "a.pt", lambda w: {"model": prefixed(w, "module._orig_mod.net.")})),
    Made(CHECKPOINTS, "a state_dict in a state_dict", recognised(
        "a.ckpt", lambda w: {"state_dict": {"state_dict": prefixed(w, "model.")}})),
    Made(CHECKPOINTS, "numbers of numpy beside them", recognised(
        "a.pth", lambda w: {"model": w, "best": np.float32(0.5), "done": np.bool_(1)})),
    Made(CHECKPOINTS, "a plain pickle", recognised(
        "a.pickle", lambda w: {"net": {k: v.numpy() for k, v in w.items()}},
        allow_pickle=True)),
    Made(CHECKPOINTS, "int8 weights", refused_weights(
        "int8", lambda x: x.to(torch.int8))),
    Made(CHECKPOINTS, "float16 that overflowed", refused_weights(
        "Inf, as float16", lambda x: (1e6 * (1.0 + x.abs())).half())),
    Made(SCALING, "cbrt((w - o) / s)", formula(
        "w: cbrt((w - 0.0016) / 0.017)", 0.0016, 0.017)),
    Made(SCALING, "the power 1/3", formula(
        "u'omega': ((u'omega' + 5e-4) / 5e-3)^(1/3)", -5e-4, 5e-3)),
    Made(SCALING, "a line", formula("u: (u - 6.4) / (3 * 22)", 6.4, 66.0)),
    Made(TRAINING, "commands with spaces and quotes in paths", printed_commands),
    Made(TRAINING, "states that were trained on", seen_states),
    Made(TRAINING, "a network larger than the memory", too_large),
]  # fmt: skip
