"""Checkpoints that differ in their weights alone, for artefacts of several members."""

from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

MEMBERS = 3


def members_of(checkpoint: Path, folder: Path, count: int = MEMBERS) -> list[Path]:
    """Write a checkpoint anew, each time with other weights: a, b, c ..."""
    generator = torch.Generator().manual_seed(3)
    paths = []
    for name in "abcdefgh"[:count]:
        path = folder / f"{name}{checkpoint.suffix}"
        if checkpoint.suffix == ".safetensors":
            with safe_open(checkpoint, "pt") as file:
                metadata = file.metadata()
            changed = _changed(load_file(checkpoint), generator)
            save_file(changed, path, metadata=metadata)
        else:
            read = torch.load(checkpoint, weights_only=False)
            torch.save(_changed(read, generator), path)
        paths.append(path)
    return paths


def _changed(value: Any, generator: torch.Generator) -> Any:
    if isinstance(value, dict):
        return {key: _changed(its, generator) for key, its in value.items()}
    if isinstance(value, torch.Tensor) and value.is_floating_point() and value.ndim > 1:
        noise = torch.randn(value.shape, generator=generator, dtype=torch.float64)
        return (value * (1.0 + 0.1 * noise)).to(value.dtype)
    return value
