"""What is timed: the library, libtorch alone, the native scheme, the processor."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

import numpy as np

from gwparam.constants import SEA_LEVEL_PRESSURE
from gwparam.contract import Contract
from gwparam.grids import full_levels, uneven_sigma
from gwparam.library import load_scheme, multiply_add
from gwparam.native import MIMA_SETTINGS, AlexanderDunkerton
from gwparam.scheme import Scheme
from gwparam.synthetic.columns import Columns
from gwparam.timing.columns import Array, Inputs
from gwparam.timing.rounds import Step

_FIELDS = ("pressure", "height", "temperature", "eastward_wind", "northward_wind")
PEAK_OPERATIONS = 200_000_000
"""Multiply-adds of one measurement of the processor: some milliseconds."""


def library_step(
    artefact: Path, contract: Contract, inputs: Inputs, threads: int, chunk: int = 0
) -> Step:
    """Put all fields, run, get all results, with arrays as a Fortran host has them."""
    scheme = load_scheme(
        artefact, threads=threads, chunk_columns=chunk, on_limit="ignore"
    )
    scheme.set_levels(inputs.pressure, inputs.order)
    return put_run_get(
        scheme, inputs.fields, contract.host_outputs(len(inputs.pressure))
    )


def put_run_get(
    scheme: Scheme,
    fields: Mapping[str, Array],
    outputs: Iterable[tuple[str, tuple[int, ...], str]],
) -> Step:
    """Put all fields, run, get the outputs: name, extent of the levels and dtype."""
    columns = len(next(iter(fields.values())))
    given = {name: np.asfortranarray(values) for name, values in fields.items()}
    taken = {
        name: np.zeros((columns, *levels), dtype, order="F")
        for name, levels, dtype in outputs
    }

    def step() -> None:
        for name, array in given.items():
            scheme.put(name, array)
        scheme.run()
        for name, array in taken.items():
            scheme.get(name, array)

    return step


def libtorch_step(
    artefact: Path, contract: Contract, inputs: Inputs, threads: int
) -> Step:
    """Run the artefact's graph alone, all columns in one call, as libtorch runs it.

    Its tensors are ready: what a host has to do for that does not count.
    """
    import torch

    network = torch.jit.load(str(artefact)).eval()  # type: ignore[no-untyped-call]
    turned = inputs.order != contract.vertical.order
    tensors = []
    for field in contract.inputs:
        values = inputs.fields[field.name]
        if field.levels == "full" and turned:
            values = values[:, ::-1]
        shaped = np.ascontiguousarray(values, dtype=field.dtype)
        tensors.append(
            torch.from_numpy(shaped.reshape(contract.input_shape(field, len(inputs))))
        )

    def step() -> None:
        torch.set_num_threads(threads)
        with torch.inference_mode():
            network(*tensors)

    return step


def operations(artefact: Path, contract: Contract, inputs: Inputs) -> float:
    """Count the floating-point operations of the graph's products, per column."""
    from torch.utils.flop_counter import FlopCounterMode

    few = inputs.repeated(16)
    step = libtorch_step(artefact, contract, few, 1)
    with FlopCounterMode(display=False) as counter:
        step()
    return float(counter.get_total_flops()) / len(few)


def native_step(columns: Columns, count: int, *, by_reference: bool = False) -> Step:
    """Run the native scheme on the first columns, over and over if there are fewer."""
    at = np.arange(count) % len(columns)
    its = {f.name: getattr(columns, f.name)[at] for f in fields(columns)}
    rows, row = np.unique(its["setup_latitude"], return_inverse=True)
    sigma = full_levels(uneven_sigma(its["pressure"].shape[1]))
    scheme = AlexanderDunkerton(SEA_LEVEL_PRESSURE * sigma, rows, MIMA_SETTINGS)
    state = [np.ascontiguousarray(its[name]) for name in _FIELDS]
    return lambda: scheme.drag(row, its["latitude"], *state, by_reference=by_reference)


def peak_step(dtype: str) -> Step:
    """Do `PEAK_OPERATIONS` multiply-adds, or a few more."""
    return lambda: multiply_add(dtype, PEAK_OPERATIONS)
