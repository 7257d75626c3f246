"""The promise of products in fewer digits, which a host can ask for."""

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.contract import Arrays, Geometry
from gwparam.export.verify import Promise, run_probe
from gwparam.networks.base import is_large


def check_reduced(
    network: nn.Module,
    inputs: Arrays,
    outputs: Arrays,
    geometry: Geometry,
    tolerance: float,
) -> Promise:
    """Assert that the probe survives products in bfloat16, which a host can ask for.

    TF32, the other precision on request, keeps more digits and needs a GPU.

    Parameters
    ----------
    network : Module
        The network as exported.
    inputs, outputs : dict of str to ndarray
        The probe, in the order of the contract.
    geometry : Geometry
        What a result depends on.
    tolerance : float
        Largest difference, relative to the largest value of that output.
    """
    differences = []
    for _ in range(1 if is_large(network) else 3):
        found = run_probe(_Reduced(network), inputs, outputs, geometry)
        differences += [
            np.abs(found[name] - recorded).max() / np.abs(recorded).max()
            for name, recorded in outputs.items()
        ]
    largest = float(np.max(differences))  # NaN stays NaN
    return Promise(
        "products in bfloat16 stay close",
        largest <= tolerance,
        f"largest difference {largest:.1e} of the largest output, "
        f"tolerance {tolerance:.1e}",
    )


class _Reduced(nn.Module):
    """Run a network with products in bfloat16, as the library does on request."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, *columns: Tensor) -> tuple[Tensor, ...]:
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            return tuple(output.float() for output in self.network(*columns))
