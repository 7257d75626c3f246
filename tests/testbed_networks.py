"""Small networks of the QBO testbed, and what they are to give."""

import torch
from torch import Tensor, nn

import gwparam
from gwparam.qbo.testbed import Testbed

DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"


class Small(nn.Module):
    """A weak drag by a small perceptron, which is stable; in physical units."""

    def __init__(self, seed: int = 0, units: int = 4) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.first = nn.Linear(75, units)
        self.last = nn.Linear(units, 73)
        self.register_buffer("mean", torch.tensor([0.0] * 73 + [3.7e-3, 32.0]))
        self.register_buffer("deviation", torch.tensor([30.0] * 73 + [1e-4, 15.0]))

    def forward(self, wind: Tensor, flux: Tensor, width: Tensor) -> Tensor:
        fields = torch.cat((wind, flux.unsqueeze(1), width.unsqueeze(1)), dim=1)
        hidden = torch.tanh(self.first((fields - self.mean) / self.deviation))
        return 5e-7 * self.last(hidden)


def contract_of_testbed(**changes):
    """Contract of such a network; `changes` replace its keys."""
    surface = {"levels": "surface"}
    return {
        "name": "small",
        "nlev": 73,
        "order": "bottom_up",
        "pressure": Testbed().pressure.tolist(),
        "inputs": {
            "eastward_wind": {"units": "m s-1", "mean": 0, "standard_deviation": 30},
            "source_flux": {"units": "Pa", "mean": 3.7e-3, "standard_deviation": 1e-4}
            | surface,
            "spectral_width": {"units": "m s-1", "mean": 32, "standard_deviation": 15}
            | surface,
        },
        "outputs": {DRAG: {"units": "m s-2", "limit": 0.1}},
    } | changes


def export_small(path, **changes):
    """Write an artefact of `Small`, with other keys of its contract."""
    gwparam.export_network(Small(), contract_of_testbed(**changes), path)
    return path
