"""Small column networks, and how their programs compare, for tests."""

import numpy as np
import torch
from torch import nn

from gwparam.contract import Description, Limit, TrainingRange, Vertical
from gwparam.export.lowering import lower, read_program, run_program
from gwparam.export.precision import run_published
from gwparam.export.probe import draw_inputs
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import WaveNetDrag

NLEV = 9
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
USUAL = {"Pa": (97e3, 4e3), "K": (250.0, 20.0)}


def drag(physical, network):
    """Put a bare network between physical fields of usual size."""
    nlev = network.nlev
    ranges = []
    for field in physical.inputs:
        mean, deviation = USUAL.get(field.units, (0.0, 40.0))
        count = nlev if field.levels == "full" else 1
        ranges.append(
            TrainingRange(field.name, (mean,) * count, (deviation,) * count, None, None)
        )
    description = Description(
        "random",
        "random weights of the tests",
        Vertical("host", "top_down", nlev, None, 0.1),
        tuple(ranges),
        tuple(Limit(field.name, 0.01) for field in physical.outputs),
    )
    scaling = Destandardise(1e-5 * torch.randn(nlev), 1e-4 * torch.rand(nlev))
    return physical(network, scaling, description).double().eval()


class Bare(nn.Module):
    """A network of a test: features (rows, NLEV + 2) to (rows, NLEV)."""

    nlev = NLEV

    def __init__(self, layers, function):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, features):
        scale = torch.cat((torch.full((NLEV,), 0.05), torch.tensor([1e-5, 0.02])))
        return self.function(features * scale.to(features), self.layers)


def bare(function, *layers):
    return drag(WaveNetDrag, Bare(layers, function))


def differences(network, columns=64):
    """Largest difference to the network in float64, of either precision.

    In its tolerance of the largest output.
    """
    largest = {}
    # Every number of a program is rounded once, hence one program for both.
    lowered = lower(network, "float64")
    for dtype, tolerance in TOLERANCE.items():
        program = lowered.rounded(dtype)
        written = read_program(program.to_json(), program.weights_bytes())
        fields = draw_inputs(network, columns, 5)
        fields = [field.to(getattr(torch, dtype)) for field in fields]
        found = run_program(written, [field.numpy() for field in fields])
        # A value at the surface is a row of one.
        expected = [
            field.reshape(len(field), -1).numpy()
            for field in run_published(network, fields)
        ]
        assert [f.shape for f in found] == [e.shape for e in expected]
        largest[dtype] = max(
            np.abs(f - e).max() / np.abs(e).max() / tolerance
            for f, e in zip(found, expected, strict=True)
        )
    return max(largest.values())
