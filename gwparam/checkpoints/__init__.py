"""Checkpoints in and out: as people save them, read without running what is in them."""

from gwparam.checkpoints.checkpoint import (
    Checkpoint,
    check_range,
    check_values,
    load_weights,
    matrix_shape,
    save_checkpoint,
)
from gwparam.checkpoints.containers import Kind
from gwparam.checkpoints.reading import files_of, read_checkpoint
from gwparam.checkpoints.state_dicts import KINDS

__all__ = [
    "KINDS",
    "Checkpoint",
    "Kind",
    "check_range",
    "check_values",
    "files_of",
    "load_weights",
    "matrix_shape",
    "read_checkpoint",
    "save_checkpoint",
]
