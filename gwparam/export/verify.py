"""The promises of an artefact, asserted and measured before it is written."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from os import PathLike, fspath
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gwparam.constants import CHUNK_COLUMNS
from gwparam.contract import Arrays, Geometry, read_contract, read_probe
from gwparam.export.precision import run_published
from gwparam.networks.base import is_large

TOLERANCE = {"float32": 1e-5, "float64": 1e-12, "bfloat16": 5e-2}
"""Largest difference to the published network in float64, relative to the largest
output; a deep network multiplies it by its `rounding`. The published WaveNet differs
by 4e-7 in float32 and by 1e-15 in float64. In bfloat16 Prithvi networks (`rounding` 3)
with random weights differ by 2e-2 at full size and by up to 1e-1 when small; the rest
is room for another order of summation elsewhere."""

Columns = Sequence[Tensor]
Network = Callable[..., Sequence[Tensor]]
"""One tensor an input: as many columns, with or without neighbours, or one image."""


@dataclass(frozen=True)
class Promise:
    """One promise of an artefact.

    Attributes
    ----------
    what : str
        The promise.
    kept : bool
        Whether it holds; an export that breaks one is refused.
    measured : str
        The numbers behind it.
    warning : str
        What the user has to know although the artefact is good; else empty.
    """

    what: str
    kept: bool
    measured: str
    warning: str = ""


def check_eval_mode(network: nn.Module) -> Promise:
    """Assert that no module is in training mode: no batch statistics, no dropout."""
    modules = list(network.modules())
    training = sum(module.training for module in modules)
    return Promise(
        "eval mode", not training, f"{training} of {len(modules)} modules in training"
    )


def check_repeatable(network: nn.Module, columns: Columns, calls: int = 4) -> Promise:
    """Assert that the same call gives the same bits.

    TorchScript recompiles during the first two calls.
    """
    first, *others = (_run(network, columns) for _ in range(calls))
    differing = max(int((other != first).sum()) for other in others)
    return Promise(
        "the same call gives the same bits",
        differing == 0,
        f"{differing} of {first.numel()} values differ in {calls} calls",
    )


def check_batch_mates(network: Network, columns: Columns, seed: int = 1) -> Promise:
    """Assert that a column depends neither on its place nor on its batch-mates.

    Not for global networks, which see one image a call.

    Parameters
    ----------
    network : callable
        The network as it runs.
    columns : sequence of Tensor
        One even chunk; its second half serves as other batch-mates of the first.
    seed : int
        Of the permutations.
    """
    ncol = columns[0].shape[0]
    half = ncol // 2
    generator = torch.Generator().manual_seed(seed)
    alone = _run(network, columns)
    differing = 0
    for _ in range(4):
        order = torch.randperm(ncol, generator=generator)
        moved = _run(network, [field[order] for field in columns])
        differing = max(differing, int((moved != alone[order]).sum()))
    # Mates that are zero, as in a padded chunk, and mates far outside the usual.
    for factor in (0.0, 3.0):
        mates = [torch.cat((field[:half], factor * field[half:])) for field in columns]
        among = _run(network, mates)[:half]
        differing = max(differing, int((among != alone[:half]).sum()))
    # Mates that are the column itself: none is larger than it, as one of many is.
    for index in torch.randperm(ncol, generator=generator)[:4].tolist():
        copies = [field[index].expand_as(field).contiguous() for field in columns]
        differing = max(differing, int((_run(network, copies) != alone[index]).sum()))
    return Promise(
        "batch-mates do not matter",
        differing == 0,
        f"{differing} of {alone.numel()} values differ in 4 permutations, 2 sets of "
        f"mates and 4 of copies of {ncol} columns",
    )


def check_equals_eager(
    exported: nn.Module, published: nn.Module, columns: Columns, tolerance: float
) -> Promise:
    """Assert that the exported network equals the published one in float64."""
    with torch.inference_mode():
        results = exported(*columns)
    references = run_published(published, columns)
    differences = []
    for result, reference in zip(results, references, strict=True):
        if result.shape != reference.shape:
            return Promise(
                "TorchScript equals eager",
                False,
                f"shape {tuple(result.shape)}, expected {tuple(reference.shape)}",
            )
        difference = (result.double() - reference).abs().max()
        largest_one = reference.abs().max()
        # Of an output that is 0 everywhere there is nothing to be relative to.
        differences.append(difference / largest_one if largest_one else difference)
    largest = float(torch.stack(differences).max())  # NaN stays NaN
    return Promise(
        "TorchScript equals eager",
        largest <= tolerance,
        f"largest difference {largest:.1e} of the largest output, "
        f"tolerance {tolerance:.0e}",
    )


def check_parameters(published: nn.Module, columns: Columns, seed: int = 2) -> Promise:
    """Look for parameters that never reach the output: their gradients are zero.

    Parameters
    ----------
    published : Module
        The network as published, in float64: a rewrite may have merged parameters.
    columns : sequence of Tensor
        Float64 inputs.
    seed : int
        Of the weights that sum the outputs up.
    """
    known: Mapping[str, str] = getattr(published, "dead", {})
    names = [
        name.removeprefix("network.")
        for name, value in published.named_parameters()
        if value.requires_grad  # of one that does not, there is no gradient
    ]
    if is_large(published):  # gradients would be copies of the weights
        dead = [name for name in names if name.startswith(tuple(known))]
    else:
        dead = _without_gradient(published, names, columns, seed) if names else []
    return Promise(
        "every parameter reaches the output",
        True,
        f"{len(dead)} of {len(names)} tensors are dead",
        _dead_warning(dead, known),
    )


def _without_gradient(
    published: nn.Module, names: list[str], columns: Columns, seed: int
) -> list[str]:
    generator = torch.Generator().manual_seed(seed)
    with torch.enable_grad():
        output = _in_rows(published(*columns))
        weights = torch.randn(output.shape, generator=generator, dtype=output.dtype)
        scalar = (output * weights).sum()
        if scalar.grad_fn is None:  # the network cuts them off
            return []
        trained = [p for p in published.parameters() if p.requires_grad]
        gradients = torch.autograd.grad(scalar, trained, allow_unused=True)
    return [
        name
        for name, gradient in zip(names, gradients, strict=True)
        if gradient is None or not gradient.any()
    ]


def _dead_warning(dead: list[str], known: Mapping[str, str]) -> str:
    """Name dead parameters; those whose reason is known together, with it."""
    texts = []
    for start, reason in known.items():
        group = [name for name in dead if name.startswith(start)]
        dead = [name for name in dead if name not in group]
        if group:
            several = f"* ({len(group)} tensors)" if len(group) > 1 else ""
            texts.append(f"{start}{several}: {reason}")
    if not dead and not texts:
        return ""
    listed = "; ".join([*texts, *([", ".join(dead)] if dead else [])])
    return f"these parameters never reach the output: {listed}"


def check_reload(path: str | PathLike[str]) -> Promise:
    """Assert that the file, read back, reproduces its probe bit for bit."""
    contract = read_contract(path)
    inputs, outputs = read_probe(path)
    network = torch.jit.load(fspath(path))  # type: ignore[no-untyped-call]  # torch
    recorded = _joined(outputs)
    differing = 0
    for _ in range(1 if is_large(network) else 3):
        again = _joined(run_probe(network, inputs, outputs, contract.geometry))
        differing = max(differing, int((again != recorded).sum()))
    return Promise(
        "the file reproduces its probe",
        differing == 0,
        f"{differing} of {recorded.size} values differ in {contract.probe.columns} "
        "columns read back",
    )


def run_probe(
    network: nn.Module, inputs: Arrays, names: Iterable[str], geometry: Geometry
) -> Arrays:
    """Run a probe as the library does.

    Columns and stencils run in one chunk, filled up with zeros; an image runs alone.

    Parameters
    ----------
    network : Module
        The network as exported.
    inputs : dict of str to ndarray
        The probe's inputs, in the order of the contract.
    names : iterable of str
        The contract's names of the outputs, in its order.
    geometry : Geometry
        What a result depends on.

    Returns
    -------
    dict of str to ndarray
        The outputs of the probe's columns.
    """
    image = geometry.kind == "global"
    chunk = []
    for values in inputs.values():
        filled = values
        if not image:
            filled = np.zeros((CHUNK_COLUMNS, *values.shape[1:]), values.dtype)
            filled[: values.shape[0]] = values
        chunk.append(torch.from_numpy(filled))
    ncol = None if image else next(iter(inputs.values())).shape[0]
    with torch.inference_mode():
        outputs = zip(names, network(*chunk), strict=True)
        return {name: output[:ncol].numpy().copy() for name, output in outputs}


def _run(network: Network, columns: Columns) -> Tensor:
    with torch.inference_mode():
        return _in_rows(network(*columns))


def _in_rows(outputs: Sequence[Tensor]) -> Tensor:
    """Put outputs side by side, those at the surface too."""
    return torch.cat([output.reshape(len(output), -1) for output in outputs], dim=1)


def _joined(outputs: Arrays) -> NDArray[Any]:
    return np.concatenate([values.ravel() for values in outputs.values()])
