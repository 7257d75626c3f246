"""Deterministic weights for networks whose trained ones are out of reach.

FNV-1a of a tensor's key seeds splitmix64, whose values become weights of the size that
keeps a signal's variance through layers of rectifiers. Exact integers: the same
weights everywhere.
"""

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

GAIN = math.sqrt(2.0)
_CHUNK = 1 << 22
_INCREMENT = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
# Offset and factor of the value in [-1, 1), by the last part of the key.
_KINDS = {
    "bias": (0.0, 0.1),
    "running_mean": (0.0, 0.2),
    "running_var": (1.0, 0.5),
    "mask_token": (0.0, 1.0),
    "input_scalers_mu": (0.0, 0.3),
    "input_scalers_sigma": (1.0, 0.5),
    "static_input_scalers_mu": (0.0, 0.2),
    "static_input_scalers_sigma": (0.7, 0.2),
    "output_scalers": (1.0, 0.5),
}


def formula_weight(key: str, shape: torch.Size, dtype: torch.dtype) -> Tensor:
    """Make the tensor of a key, without ``module.``, of a state dict."""
    kind = key.rsplit(".", 1)[-1]
    if kind == "num_batches_tracked":
        return torch.tensor(7)
    if kind == "weight":
        fan_in = math.prod(shape[1:])
        wide = len(shape) > 1
        offset, factor = (0.0, GAIN * math.sqrt(3.0 / fan_in)) if wide else (1.0, 0.25)
    else:
        offset, factor = _KINDS[kind]
    values = torch.empty(shape, dtype=dtype)
    flat = values.view(-1)
    for start in range(0, flat.numel(), _CHUNK):
        part = flat[start : start + _CHUNK]
        centred = 2.0 * uniform(key, start, part.numel()) - 1.0
        part.copy_(torch.from_numpy((offset + factor * centred).astype(np.float32)))
    return values


def uniform(key: str, start: int, count: int) -> NDArray[np.float64]:
    """Give elements `start` to `start + count` of a key's numbers in [0, 1)."""
    seed = 0xCBF29CE484222325
    for byte in key.encode():
        seed = (seed ^ byte) * 0x100000001B3 % 2**64
    z = np.arange(start + 1, start + count + 1, dtype=np.uint64)
    z *= _INCREMENT
    z += np.uint64(seed)
    for shift, factor in zip(_SHIFTS[:2], _FACTORS, strict=True):
        z ^= z >> shift
        z *= factor
    z ^= z >> _SHIFTS[2]
    return (z >> np.uint64(11)) * 2.0**-53
