"""A small Prithvi network as a published checkpoint, and what an export asks for."""

from pathlib import Path

import torch
from recipes import FLUXES, cube_root, linear, write_json
from weight_formula import weight

from gwparam.networks.prithvi.unet import PrithviSizes, UNetWithTransformer

NLEV = 3
GRID = (8, 12)
SIZES = PrithviSizes(
    in_channels=4 * NLEV,
    out_channels=3 * NLEV,
    hidden=4,
    grid=GRID,
    mask_unit=(4, 6),
    embed=24,
    heads=3,
    encoder_pairs=1,
    decoder_pairs=1,
)
LEVELS = {"units": "Pa", "a": [2e3, 8e3, 1e3], "b": [0.0, 0.1, 0.9]}


def state_dict(dead: bool = False) -> dict[str, torch.Tensor]:
    """Formula weights; the scalers are whole numbers, as in published checkpoints."""
    torch.manual_seed(3)  # of the mask token
    weights = UNetWithTransformer(SIZES).state_dict()
    for name, value in weights.items():
        if name.startswith("model.") and "scalers" in name:
            weights[name] = value.long()
        elif not name.endswith("mask_token"):
            weights[name] = weight(name, tuple(value.shape), 2.0**0.5)
    if not dead:
        scalers = weights["model.output_scalers"]
        scalers.copy_(torch.arange(scalers.numel()).view_as(scalers) % 3 + 1)
    return weights


def checkpoint(path: Path, dead: bool = False) -> Path:
    """Write a checkpoint as the published training does."""
    torch.save({f"module.{k}": v for k, v in state_dict(dead).items()}, path)
    return path


def recipe(temperature: str = "air_temperature") -> dict:
    """No two variables are scaled alike."""
    return {
        "scaling_version": 1,
        "variables": {
            temperature: linear("K", [210.0, 225.0, 280.0], [8.0, 9.0, 14.0]),
            "air_pressure": linear("Pa", [2.1e3, 1.9e4, 9.2e4], [90.0, 700.0, 4e3]),
            "eastward_wind": linear("m s-1", [12.0, 9.0, 3.0], 11.0),
            "northward_wind": linear("m s-1", 0.5, [13.0, 9.0, 6.0]),
            "air_potential_temperature_predicted": linear(
                "K", [700.0, 400.0, 295.0], [30.0, 20.0, 10.0]
            ),
            FLUXES[0]: cube_root("Pa m s-2", [0.01, 0.02, 0.03], 0.1, 1.2),
            FLUXES[1]: linear("Pa m s-2", 0.002, 0.03),
        },
    }


def options(folder: Path, **others) -> dict:
    """Options of an export that knows everything; None takes one away."""
    given = {
        "grid": "{}x{}".format(*GRID),
        "levels": str(write_json(folder / "prithvi_levels.json", LEVELS)),
        "scaling": str(write_json(folder / "prithvi_scaling.json", recipe())),
        "flux_quantity": "omega",
        "flux_sign": "1",
        "heads": "3",
        "mask_unit": "4x6",
    }
    return {k: v for k, v in (given | others).items() if v is not None}
