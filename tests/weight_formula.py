"""Deterministic weights of the reference networks: exact in any language.

The reference data says how they are made, and gives their digests.
"""

import hashlib
import math

import numpy as np
import torch

_MASK = (1 << 64) - 1


def uniform(key: str, count: int) -> np.ndarray:
    """Numbers in [0, 1) that depend on a key: FNV-1a, then splitmix64."""
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = ((seed ^ byte) * 0x100000001B3) & _MASK
    with np.errstate(over="ignore"):
        z = np.arange(1, count + 1, dtype=np.uint64)
        z = np.uint64(seed) + z * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def network_input(key: str, shape: tuple[int, ...]) -> torch.Tensor:
    values = math.sqrt(3.0) * (2.0 * uniform(key, math.prod(shape)) - 1.0)
    return torch.from_numpy(values.reshape(shape).astype(np.float32))


def weight(key: str, shape: tuple[int, ...], gain: float) -> torch.Tensor:
    last = key.rsplit(".", 1)[-1]
    if last == "num_batches_tracked":
        return torch.tensor(7)
    u = uniform(key, math.prod(shape))
    c = 2.0 * u - 1.0
    if last == "weight" and len(shape) > 1:
        values = gain * math.sqrt(3.0 / math.prod(shape[1:])) * c
    else:
        values = {
            "weight": 1.0 + 0.25 * c,
            "bias": 0.1 * c,
            "running_mean": 0.2 * c,
            "running_var": 0.5 + u,
        }[last]
    return torch.from_numpy(values.reshape(shape).astype(np.float32))


def weights(module: torch.nn.Module, gain: float) -> dict[str, torch.Tensor]:
    """State dict of a module, filled with the formula."""
    state = module.state_dict()
    return {key: weight(key, tuple(v.shape), gain) for key, v in state.items()}


def filled(module: torch.nn.Module, gain: float) -> torch.nn.Module:
    module.load_state_dict(weights(module, gain))
    return module.eval()


def digest(state: dict[str, torch.Tensor]) -> str:
    total = hashlib.sha256()
    for key, value in state.items():
        total.update(key.encode() + b"\0" + value.numpy().tobytes())
    return total.hexdigest()
