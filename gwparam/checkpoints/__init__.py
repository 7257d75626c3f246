"""Checkpoints in and out: as people save them, read without running what is in them."""

from gwparam.checkpoints.checkpoint import (
    Checkpoint,
    check_dtype,
    load_weights,
    matrix_shape,
    save_checkpoint,
)
from gwparam.checkpoints.reading import read_checkpoint
from gwparam.checkpoints.state_dicts import KINDS, Kind

__all__ = [
    "KINDS",
    "Checkpoint",
    "Kind",
    "check_dtype",
    "load_weights",
    "matrix_shape",
    "read_checkpoint",
    "save_checkpoint",
]
