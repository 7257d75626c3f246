"""Scaling recipes, levels and checkpoints of small networks, for tests."""

import json
from pathlib import Path

import numpy as np
import torch
from weight_formula import weights

from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.attention_unet import AttentionUNet

FLUXES = tuple(
    f"{wind}_momentum_flux_in_pressure_coordinates"
    for wind in ("eastward", "northward")
)
SMALL_WIDTHS = (4, 8, 8, 16, 16)


def linear(units: str, mean, deviation) -> dict:
    return {
        "transform": "linear",
        "units": units,
        "mean": mean,
        "standard_deviation": deviation,
    }


def cube_root(units: str, scale, mean, deviation) -> dict:
    return linear(units, mean, deviation) | {"transform": "cube_root", "scale": scale}


def recipe(nlev: int) -> dict:
    """No two variables, and no two levels of most, are scaled alike."""
    level = np.arange(nlev)
    return {
        "scaling_version": 1,
        "variables": {
            "latitude": linear("degrees_north", 0.0, 90.0),
            "longitude": linear("degrees_east", 0.0, 360.0),
            "surface_altitude": linear("m", 0.0, 1000.0),
            "eastward_wind": linear(
                "m s-1", (5.0 + 0.1 * level).tolist(), (20.0 * 0.98**level).tolist()
            ),
            "northward_wind": linear("m s-1", 0.5, 12.0),
            "air_potential_temperature": linear(
                "K", np.linspace(900.0, 290.0, nlev).tolist(), 15.0
            ),
            "upward_air_velocity": cube_root("m s-1", 0.02, 0.0, 1.0),
            FLUXES[0]: cube_root("Pa m s-2", 0.02, 0.01, (0.3 + 0.01 * level).tolist()),
            FLUXES[1]: linear("Pa m s-2", 0.001, 0.02),
        },
    }


def write_json(path: Path, value: dict) -> Path:
    path.write_text(json.dumps(value))
    return path


def levels(nlev: int) -> dict:
    return {"units": "hPa", "pressure": np.geomspace(1.0, 950.0, nlev).tolist()}


def options(folder: Path, nlev: int, **others) -> dict:
    """Options of an export that knows everything; None takes one away."""
    given = {
        "scaling": str(write_json(folder / "scaling.json", recipe(nlev))),
        "levels": str(write_json(folder / "levels.json", levels(nlev))),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    return {k: v for k, v in (given | others).items() if v is not None}


def ann_cnn(path: Path, idim: int, odim: int, stencil: int = 1) -> Path:
    """Write a checkpoint in the published format."""
    network = AnnCnn(idim, odim, stencil=stencil)
    return published(path, weights(network, 1.5))


def attention_unet(path: Path, channels: int, odim: int, gates: bool = False) -> Path:
    network = AttentionUNet(channels, odim, widths=SMALL_WIDTHS, gate_channels=gates)
    return published(path, weights(network, 2.0**0.5))


def published(path: Path, state: dict[str, torch.Tensor]) -> Path:
    content = {
        "epoch": np.int64(3),
        "model_state_dict": state,
        "optimizer_state_dict": {"state": {}, "param_groups": [{"lr": 1e-4}]},
        "loss": torch.nn.MSELoss(),
        "loss_train": np.linspace(1.0, 0.5, 4),
        "loss_test": np.linspace(1.1, 0.6, 4),
        "activation": "LeakyRelu()",
        "scheduler": "CyclicLR",
    }
    torch.save(content, path)
    return path
