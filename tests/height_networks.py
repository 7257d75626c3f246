"""A network of heights alone: what a host means by them can be read off its drag."""

from pathlib import Path

import torch
from torch import nn

from gwparam.export import export_network

NLEV = 40
SCALE = 1e-9
DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"


class OfHeights(nn.Module):
    """SCALE times the height eastward, nothing northward."""

    def forward(self, height: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Both tendencies [m s-2]."""
        return SCALE * height, 0.0 * height


def write_height_artefact(path: Path, nlev: int = NLEV) -> Path:
    """Write its artefact, which sees geopotential_height."""
    given = {"units": "m s-2", "limit": 0.01}
    height = {"units": "m", "mean": 2e4, "standard_deviation": 2e4}
    contract = {
        "name": "heights",
        "nlev": nlev,
        "inputs": {"geopotential_height": height},
        "outputs": {DRAG.format(wind): given for wind in ("eastward", "northward")},
    }
    export_network(OfHeights(), contract, path, dtype="float64")
    return path
