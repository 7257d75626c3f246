"""A network of one's own to an artefact."""

import hashlib
import importlib.util
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, files_of, load_weights, read_checkpoint
from gwparam.contract import Calibration, TrainingRange
from gwparam.data import open_states
from gwparam.data.missing import present_columns
from gwparam.errors import (
    ArgumentError,
    ContractError,
    GwparamError,
    InferenceError,
    ModelFileError,
    ShapeError,
    one_of,
    wrong_setting,
)
from gwparam.export.artefact import Export, build, measure, write
from gwparam.export.precision import Precision
from gwparam.export.probe import draw_inputs
from gwparam.export.torchscript import with_confidence
from gwparam.export.verify import Promise
from gwparam.library import load_scheme
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.own import (
    OwnContract,
    OwnNetwork,
    between_fields,
    read_own_contract,
    with_ranges,
)
from gwparam.whole_files import check_outputs

_TRIED = 64  # columns of a first call


def export_network(
    module: nn.Module | str | PathLike[str],
    contract: Mapping[str, Any] | str | PathLike[str],
    artefact: str | PathLike[str],
    *,
    weights: str | PathLike[str] | None = None,
    example: Sequence[str | PathLike[str]] = (),
    variables: Mapping[str, str] | None = None,
    dtype: Precision = "float32",
    allow_pickle: bool = False,
    exported_program: Literal["auto", "yes", "no"] = "auto",
    confidence: str | PathLike[str] | None = None,
) -> Export:
    """Export a PyTorch module to an artefact that the library runs.

    Parameters
    ----------
    module : Module, or text, or path-like
        The network; or ``file.py:Name`` of a class that is made without arguments, a
        function that makes one, or an object; or a file of TorchScript. What is in the
        file runs: use your own. It is put into float64 and eval mode.
    contract : mapping or path-like
        What it takes and gives: ``docs/your-network.md``.
    artefact : path-like
        File to write; it appears only if every promise is kept.
    weights : path-like, optional
        A checkpoint whose weights the module gets. One of ``gwparam finetune`` says
        what the inputs looked like in training, which goes before `example`.
    example : sequence of path-like
        States of a host: ranges of the inputs that the contract does not know are
        theirs.
    variables : mapping of str to str, optional
        Variables of `example`, by the name of an input, where their names do not tell.
    dtype : {"float32", "float64"}
        Precision of the artefact.
    allow_pickle : bool
        Read weights that can run code; only if you trust them.
    exported_program, confidence
        As `gwparam.export.export_model`.

    Returns
    -------
    Export
        The contract, and every promise with what was measured.

    Raises
    ------
    ModelFileError
        If a file cannot be read, or the artefact cannot be written.
    ContractError, ShapeError
        If the contract contradicts itself, the module or the weights.
    ArgumentError
        If an option is out of range, or the artefact would go over what is read.
    InferenceError
        If the module fails, or a promise is broken.
    """
    if dtype not in ("float32", "float64"):
        raise wrong_setting("dtype", dtype, one_of(("float32", "float64")))
    read = [] if isinstance(module, nn.Module) else [file_of(str(module))]
    read += [] if isinstance(contract, Mapping) else [Path(contract)]
    for its in (weights, confidence):
        read += files_of(its) if its is not None else []
    check_outputs([artefact], [*read, *example])
    said = read_own_contract(contract)
    made = module if isinstance(module, nn.Module) else load_module(str(module))
    checkpoint = _source(made, read)
    if weights is not None:
        checkpoint = read_checkpoint(weights, allow_pickle=allow_pickle)
        load_weights(made, checkpoint)
        if checkpoint.description is not None:  # of a training of gwparam
            seen = {its.name: its for its in checkpoint.description.training_range}
            said = with_ranges(said, seen)
    if example:
        said = with_ranges(said, _ranges(said, example, variables))
    published: PhysicalNetwork = own_network(made, said)
    if confidence is not None:
        published = with_confidence(published, checkpoint, confidence)

    return write_own(
        published, checkpoint, artefact, dtype=dtype, exported_program=exported_program
    )


def write_own(
    published: PhysicalNetwork,
    checkpoint: Checkpoint,
    artefact: str | PathLike[str],
    *,
    dtype: Precision = "float32",
    exported_program: Literal["auto", "yes", "no"] = "auto",
    calibration: Calibration | None = None,
) -> Export:
    """Measure the promises of a network of one's own, and write its artefact.

    Parameters
    ----------
    published : PhysicalNetwork
        Of `own_network`.
    checkpoint : Checkpoint
        Where its weights are from.
    artefact, dtype, exported_program
        As of `export_network`.
    calibration : Calibration, optional
        What changed its weights.

    Raises
    ------
    ModelFileError, InferenceError
        As `export_network`.
    """

    def export(traced: bool) -> Export:
        member = measure(published, checkpoint, dtype, None, "", traced)
        member.contract = replace(member.contract, calibration=calibration)
        built = build([member], dtype, None, exported_program)
        return write(Path(artefact), built, [_check_loads])

    try:
        return export(traced=False)
    except _RefusedError as refused:
        # Most often for an operation in a branch that the network never takes.
        try:
            return export(traced=True)
        except InferenceError:
            raise refused from None


class _RefusedError(InferenceError):
    """The library does not take what is in an artefact."""


def _check_loads(path: Path) -> Promise:
    """Assert that the library takes the file: its operations, units and probe."""
    try:
        load_scheme(path, device="cpu", threads=1).free()
    except GwparamError as error:
        kind = _RefusedError if isinstance(error, ContractError) else InferenceError
        raise kind(f"the library refuses the artefact: {error}") from None
    return Promise("the library loads the file", True, "and reproduces its probe")


def load_module(place: str) -> nn.Module:
    """Load a module: ``file.py:Name``, or a file of TorchScript.

    Raises
    ------
    ArgumentError
        If it is neither.
    ModelFileError
        If the file cannot be read, or what is in it fails.
    """
    path, name = file_of(place), place.rpartition(":")[2]
    if path.suffix != ".py":
        try:
            # mypy: torch leaves this function untyped.
            scripted: nn.Module = torch.jit.load(str(path), "cpu")  # type: ignore[no-untyped-call]
        except (RuntimeError, ValueError) as error:
            first = str(error).strip().splitlines()[0]
            raise ModelFileError(f"cannot load {path}: {first}") from None
        return scripted
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None
    assert spec.loader is not None
    source = importlib.util.module_from_spec(spec)
    sys.path.insert(0, str(path.parent))  # for what lies beside it
    sys.modules[spec.name] = source  # TorchScript asks for it
    try:
        spec.loader.exec_module(source)
        found = getattr(source, name, None)
        if callable(found) and not isinstance(found, nn.Module):
            found = found()
    except Exception as error:  # of somebody's own code
        raise ModelFileError(f"{place}: {type(error).__name__}: {error}") from error
    finally:
        sys.path.remove(str(path.parent))
    if not isinstance(found, nn.Module):
        known = [
            name
            for name, value in vars(source).items()
            if isinstance(value, type)
            and issubclass(value, nn.Module)
            and value.__module__ == spec.name
        ]
        raise ArgumentError(
            f"{place} is {type(found).__name__}, expected a module of PyTorch, or what "
            f"makes one; there are {', '.join(known) or 'none'}"
        )
    return found


def file_of(place: str) -> Path:
    """Find the file of ``file.py:Name``, or of TorchScript.

    Raises
    ------
    ArgumentError
        If a Python file comes without a name in it.
    ModelFileError
        If there is no such file.
    """
    path, colon, name = place.rpartition(":")
    file = Path(path if colon and path.endswith(".py") else place)
    if file.suffix == ".py" and not (colon and name.isidentifier()):
        raise ArgumentError(f"module is {place}, expected {file}:NAME")
    if not file.is_file():
        raise ModelFileError(f"cannot read {file}: no such file")
    return file


def _source(module: nn.Module, read: Sequence[Path]) -> Checkpoint:
    """Say where a module comes from that has its weights already."""
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(f"{name} {value.dtype} {tuple(value.shape)}".encode())
        digest.update(
            value.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy()
        )
    path = read[0] if read else Path(type(module).__name__)
    return Checkpoint(path, digest.hexdigest(), {}, {}, None)


def _ranges(
    contract: OwnContract,
    example: Sequence[str | PathLike[str]],
    variables: Mapping[str, str] | None,
) -> dict[str, TrainingRange]:
    """Ranges of the inputs in states, over all columns of all times."""
    vertical = contract.description.vertical
    if vertical.kind != "host":
        raise ContractError(
            f"vertical.kind is {vertical.kind}, expected host for ranges from states"
        )
    found: dict[str, list[Any]] = {field.name: [] for field in contract.inputs}
    with open_states(list(example), contract.inputs, vertical, variables) as states:
        turned = states.levels.order != vertical.order
        for index in range(len(states)):
            state = states.read(index)
            there = present_columns(state.missing, states.horizontal, f"time {index}")
            for field in contract.inputs:
                values = np.asarray(state[field.name][there], np.float64)
                rows = values.reshape(int(there.sum()), -1)
                found[field.name].append(rows[:, ::-1] if turned else rows)
    ranges = {}
    for name, parts in found.items():
        rows = np.concatenate(parts)
        of = rows.mean(axis=0), rows.std(axis=0), rows.min(axis=0), rows.max(axis=0)
        ranges[name] = TrainingRange(name, *(tuple(part.tolist()) for part in of))
    return ranges


def own_network(module: nn.Module, contract: OwnContract) -> OwnNetwork:
    """Put a module between the fields of its contract, in float64 and eval mode.

    Parameters
    ----------
    module : Module
        Takes a tensor a field, (columns, nlev) or (columns,) at the surface, and gives
        as many; or one of all inputs side by side, and one of all outputs. One of
        TorchScript too.
    contract : OwnContract
        What it takes and gives.

    Raises
    ------
    ContractError
        If the range of an input is not known, or fields of neighbours shall be side by
        side.
    ShapeError
        If the module gives other shapes than the contract says.
    InferenceError
        If it fails on columns that the contract allows.
    """
    if contract.side_by_side and contract.geometry.kind != "column":
        raise ContractError(
            f"geometry.kind is {contract.geometry.kind}, expected column for tensors "
            "side_by_side"
        )
    for known in contract.description.training_range:
        if known.mean is None or known.standard_deviation is None:
            raise ContractError(
                f"inputs.{known.name} has no mean and standard_deviation, expected "
                "them in the contract, or example states"
            )
    module = module.double().eval()
    own = between_fields(module, contract)
    gives_one = try_module(module, contract, draw_inputs(own, _TRIED, 1))
    return between_fields(module, contract, gives_one=True) if gives_one else own


def try_module(
    module: nn.Module, contract: OwnContract, columns: Sequence[Tensor]
) -> bool:
    """Call a module, and hold what it gives against its contract.

    Parameters
    ----------
    module : Module
        In eval mode.
    contract : OwnContract
        What it takes and gives.
    columns : sequence of Tensor
        Its inputs, (columns, nlev) or (columns,) each.

    Returns
    -------
    bool
        Whether it gives a tensor where the contract lets it give a tuple of one.

    Raises
    ------
    ShapeError, InferenceError
        As `own_network`.
    """
    given = _tried(module, contract, columns)
    gives_one = isinstance(given, Tensor) and not contract.side_by_side
    _check_shapes((given,) if gives_one else given, contract, len(columns[0]))
    return gives_one


def _tried(module: nn.Module, contract: OwnContract, columns: Sequence[Tensor]) -> Any:
    """Call the module as it is."""
    dtype = str(columns[0].dtype).removeprefix("torch.")
    if contract.side_by_side:
        rows = [values.reshape(len(values), -1) for values in columns]
        columns = [torch.cat(rows, dim=1)]
    try:
        with torch.inference_mode():
            return module(*columns)
    except Exception as error:  # of somebody's own code
        lines = (str(error).strip() or type(error).__name__).splitlines()
        # TorchScript says last what happened.
        first = lines[-1] if isinstance(module, torch.jit.ScriptModule) else lines[0]
        shapes = ", ".join(str(tuple(values.shape)) for values in columns)
        raise InferenceError(
            f"the module failed on {dtype} tensors of shape {shapes}: {first}"
        ) from error


def _check_shapes(given: Any, contract: OwnContract, columns: int) -> None:
    """Hold what the module gives against the contract."""
    for values in given if isinstance(given, tuple) else (given,):
        if isinstance(values, Tensor):
            if not values.is_floating_point():
                raise ShapeError(
                    f"the module gives {str(values.dtype).removeprefix('torch.')}, "
                    "expected numbers of floating point"
                )
            if not torch.isfinite(values).all():
                raise InferenceError(
                    "the module gives NaN or Inf for columns within the range that the "
                    "contract says of its inputs"
                )
    widths = [contract.nlev(field) for field in contract.outputs]
    if contract.side_by_side:
        if not isinstance(given, Tensor) or given.shape != (columns, sum(widths)):
            raise ShapeError(
                f"the module gives {_spell(given)}, expected {(columns, sum(widths))}: "
                "all outputs side by side"
            )
        return
    if not isinstance(given, tuple) or len(given) != len(widths):
        raise ShapeError(
            f"the module gives {_spell(given)}, expected a tuple of {len(widths)} "
            "tensors, one an output"
        )
    if contract.geometry.kind == "global":
        return
    for field, values in zip(contract.outputs, given, strict=True):
        shape = (
            (columns, contract.nlev(field)) if field.levels == "full" else (columns,)
        )
        if values.shape != shape:
            raise ShapeError(
                f"{field.name} has shape {tuple(values.shape)}, expected {shape}"
            )


def _spell(given: Any) -> str:
    if isinstance(given, Tensor):
        return f"a tensor of shape {tuple(given.shape)}"
    if isinstance(given, tuple | list):
        return f"a {type(given).__name__} of {len(given)}"
    return f"a {type(given).__name__}"
