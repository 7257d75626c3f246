"""A checkpoint to an artefact: TorchScript, contract and probe in one archive."""

import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Literal, TypeVar

import torch
from torch import nn

import gwparam
from gwparam.checkpoints import Checkpoint, Kind, check_range, files_of, read_checkpoint
from gwparam.constants import CHUNK_COLUMNS
from gwparam.contract import (
    CONTRACT_FILE,
    CONTRACT_VERSION,
    PROBE_FILE,
    Arrays,
    Contract,
    ExpectedError,
    Field,
    Output,
    Probe,
    Source,
    TrainingRecord,
    member_file,
    pack_probe,
)
from gwparam.errors import ArgumentError, InferenceError, one_of, wrong_setting
from gwparam.export.column_program import (
    BACKEND,
    Lowered,
    answer_probe,
    check_program_reload,
    make_program,
)
from gwparam.export.exported_program import (
    Exported,
    check_exported_reload,
    make_exported,
    weight_table,
)
from gwparam.export.fuse import fuse
from gwparam.export.members import (
    Mean,
    Members,
    check_count,
    joined,
    mean_answers,
    mean_source,
)
from gwparam.export.memory import return_freed_blocks
from gwparam.export.precision import FIELDS, Precision, in_precision
from gwparam.export.probe import draw_inputs
from gwparam.export.reduced import check_reduced
from gwparam.export.script import script
from gwparam.export.seal import save, seal
from gwparam.export.verify import (
    TOLERANCE,
    Promise,
    check_batch_mates,
    check_equals_eager,
    check_eval_mode,
    check_parameters,
    check_reload,
    check_repeatable,
    run_probe,
)
from gwparam.networks import from_checkpoint
from gwparam.networks.base import PhysicalNetwork, is_large
from gwparam.networks.expected_error import (
    check_features,
    load_head,
    with_expected_error,
)
from gwparam.networks.scaling_recipe import NAMED, SCALING, with_training_file
from gwparam.whole_files import check_outputs, replacement, writing

AnyField = TypeVar("AnyField", Field, Output)

PROBE_COLUMNS = 16
MAX_TENDENCY, NAME = "max_tendency", "name"
"""Options of an export of any network that a checkpoint can bring along."""
_PROBE_SEED, _CHECK_SEED = 20240917, 20240918


@dataclass(frozen=True)
class Export:
    """An artefact that was written.

    Attributes
    ----------
    path : Path
        Where it is.
    contract : Contract
        What it says.
    promises : tuple of Promise
        What it keeps.
    notes : tuple of str
        What else to know.
    libtorch : str
        Why it has no column program; empty where it has one.
    no_exported_program : str
        Why it has none of torch.export; empty where it has one.
    """

    path: Path
    contract: Contract
    promises: tuple[Promise, ...]
    notes: tuple[str, ...] = ()
    libtorch: str = ""
    no_exported_program: str = ""


@dataclass
class _Member:
    """One network, and what was found of it; `which` begins a text on it."""

    which: str
    published: PhysicalNetwork
    network: PhysicalNetwork
    scripted: torch.jit.ScriptModule
    contract: Contract
    promises: list[Promise]
    notes: tuple[str, ...]
    lowered: Lowered


@dataclass
class _Artefact:
    """What goes into the file; the network only until it is there."""

    network: torch.jit.ScriptModule | None
    contract: Contract
    files: dict[str, str | bytes]
    promises: list[Promise]
    notes: tuple[str, ...]
    libtorch: str
    exported: Exported


def export_model(
    checkpoint: str | PathLike[str] | Sequence[str | PathLike[str]],
    artefact: str | PathLike[str],
    *,
    architecture: str | None = None,
    dtype: Precision = "float32",
    allow_pickle: bool = False,
    max_tendency: float | None = None,
    name: str | None = None,
    reduced_tolerance: float | None = None,
    options: Mapping[str, Any] | None = None,
    training_file: str | PathLike[str] | None = None,
    weights: Kind | None = None,
    exported_program: Literal["auto", "yes", "no"] = "auto",
    confidence: str | PathLike[str] | None = None,
) -> Export:
    """Export a checkpoint to an artefact that the library runs.

    Parameters
    ----------
    checkpoint : path-like or sequence of path-like
        File to read; several for an artefact of as many members, which have to agree
        in all that a host depends on. Options are those of all of them.
    artefact : path-like
        File to write; it appears only if every promise is kept, and then replaces an
        older one at once.
    architecture : str, optional
        A key of `gwparam.networks.NETWORKS`; recognised from the checkpoint if absent.
    dtype : {"float32", "float64", "bfloat16"}
        Precision of the artefact's inputs, weights and outputs. Half as fast, float64
        gives the digits of the published network: about 1e-15 of the largest output
        instead of 1e-6. With bfloat16, for networks that know it, inputs and outputs
        are float32.
    allow_pickle : bool
        Read a checkpoint that can run code; only for files that are trusted.
    max_tendency : float, optional
        Largest credible absolute value of every tendency [m s-2].
    name : str, optional
        What people call this network.
    reduced_tolerance : float, optional
        Allow a host to ask for products in TF32 or bfloat16: the largest difference on
        the probe, relative to the largest output. For networks of float32 fields.
    options : mapping, optional
        What the network asks for, by name: its class attribute ``options`` lists them.
    training_file : path-like, optional
        One of the files that the network was trained on. Where its attributes say how
        they were normalised, that is option ``scaling``, or has to agree with it.
    weights : {"ema", "raw"}, optional
        Which weights, as `gwparam.checkpoints.read_checkpoint` takes it.
    exported_program : {"auto", "yes", "no"}
        Whether the artefact also holds the network as torch.export writes it. ``auto``:
        if torch.export takes it and the weights are not above 1 GB.
    confidence : path-like, optional
        What `gwparam.confidence` trained for this checkpoint: the artefact then also
        gives the error that it expects in each column.

    Returns
    -------
    Export
        The contract, and every promise with what was measured.

    Raises
    ------
    ModelFileError
        If the checkpoint cannot be read, or the artefact cannot be written.
    ShapeError, NonFiniteError, ContractError
        If the checkpoint is not one of the architecture; the message names the key. If
        `confidence` is for another one.
    ArgumentError
        If an option is out of range, something is not known that one should say, or
        the artefact would go over what is read.
    InferenceError
        If a promise is broken.
    """
    if dtype not in TOLERANCE:
        raise wrong_setting("dtype", dtype, one_of(TOLERANCE))
    path = Path(artefact)
    checkpoints = (
        [checkpoint] if isinstance(checkpoint, str | PathLike) else list(checkpoint)
    )
    check_count(checkpoints)
    named = [value for value in (options or {}).values() if isinstance(value, str)]
    head_files = [] if confidence is None else files_of(confidence)
    if head_files and len(checkpoints) > 1:
        raise ArgumentError(
            f"confidence is for one checkpoint, expected 1, not {len(checkpoints)}",
            settings=("confidence", "checkpoint"),
        )
    read_files = [*chain(*map(files_of, checkpoints)), *head_files]
    check_outputs([path], [*read_files, training_file, *named])
    if exported_program not in ("auto", "yes", "no"):
        expected = one_of(("auto", "yes", "no"))
        raise wrong_setting("exported_program", exported_program, expected)
    if max_tendency is not None and not 0.0 < max_tendency < float("inf"):
        raise wrong_setting("max_tendency", max_tendency, "more than 0")
    if reduced_tolerance is not None:
        _check_reduced_tolerance(reduced_tolerance, dtype)
    if training_file is not None:
        options = dict(options or {})
        given = options.get(SCALING.name)
        options[SCALING.name] = with_training_file(
            None if given is None else SCALING.read(given), os.fspath(training_file)
        )
    members = []
    for number, its in enumerate(checkpoints, start=1):
        read = read_checkpoint(its, allow_pickle=allow_pickle, weights=weights)
        published = _published(read, architecture, options, dtype, max_tendency, name)
        if confidence is not None:
            published = _with_confidence(published, read, confidence)
        if is_large(published):
            return_freed_blocks()
        which = f"member {number}, {read.path.name}: " if len(checkpoints) > 1 else ""
        members.append(_member(published, read, dtype, reduced_tolerance, which))
        # Of a large network, memory does not hold the copy that is read back beside it.
        del published, read
    built = _build(members, dtype, reduced_tolerance, exported_program)
    scaling = (options or {}).get(SCALING.name)
    if isinstance(scaling, str) and scaling in NAMED:
        built.notes += (
            f"{scaling} is the scaling of published training files: compare it with "
            "the attributes of yours",
        )
    members.clear()
    return _write(path, built)


def _published(
    read: Checkpoint,
    architecture: str | None,
    options: Mapping[str, Any] | None,
    dtype: Precision,
    max_tendency: float | None,
    name: str | None,
) -> PhysicalNetwork:
    """Build the network of a checkpoint, with the limits and the name that it gets."""
    published = from_checkpoint(read, architecture, options)
    for key, value in (read.weights | read.extras).items():
        if value.is_floating_point():
            check_range(key, value, getattr(torch, dtype))
    if dtype not in published.precisions:
        expected = f"{' or '.join(published.precisions)} for {published.architecture}"
        raise wrong_setting("dtype", dtype, expected)
    description = published.description
    if max_tendency is None and MAX_TENDENCY in read.options:
        max_tendency = float(read.options[MAX_TENDENCY])
    if max_tendency is not None:
        limits = tuple(
            replace(limit, maximum_magnitude=max_tendency)
            for limit in description.limits
        )
        description = replace(description, limits=limits)
    published.description = replace(
        description, name=name or read.options.get(NAME) or description.name
    )
    return published


def _with_confidence(
    network: PhysicalNetwork, checkpoint: Checkpoint, path: str | PathLike[str]
) -> PhysicalNetwork:
    head = load_head(read_checkpoint(path), checkpoint.sha256)
    check_features(network, head)
    return with_expected_error(network, head)


def _check_reduced_tolerance(tolerance: float, dtype: Precision) -> None:
    if not 0.0 < tolerance < 1.0:
        raise wrong_setting("reduced_tolerance", tolerance, "more than 0 and below 1")
    if dtype == "float64":
        raise ArgumentError(
            "reduced_tolerance is for networks of float32, and dtype is float64",
            settings=("reduced_tolerance", "dtype"),
        )


def _member(
    published: PhysicalNetwork,
    checkpoint: Checkpoint,
    dtype: Precision,
    reduced_tolerance: float | None,
    which: str,
) -> _Member:
    """Rewrite one network, and measure what it promises."""
    network = in_precision(fuse(published), dtype)
    scripted = script(network)
    promises, lowered = _verify(published, scripted, dtype)
    promises = [replace(its, what=which + its.what) for its in promises]
    _refuse_broken(promises, lowered.libtorch)
    contract = _contract(published, checkpoint, dtype, reduced_tolerance)
    notes = tuple(which + note for note in checkpoint.notes)
    return _Member(
        which, published, network, scripted, contract, promises, notes, lowered
    )


def _build(
    members: Sequence[_Member],
    dtype: Precision,
    reduced_tolerance: float | None,
    exported_program: str,
) -> _Artefact:
    first, several = members[0], len(members) > 1
    network: nn.Module = first.network
    scripted, contract = first.scripted, first.contract
    if several:
        contract = joined([its.contract for its in members])
        networks = [its.network for its in members]
        network = Mean(networks)
        fields = len(contract.inputs), len(contract.outputs)
        scripted = script(Members(networks), mean_source(len(networks), *fields))
    # The graph serves those that have no program; the others would have other bits.
    reasons = [(m.which, m.lowered.libtorch) for m in members if m.lowered.libtorch]
    libtorch = "".join(reasons[0]) if reasons else ""
    lowered = [Lowered() if libtorch else its.lowered for its in members]
    exported = _exported(network, scripted, first.published, dtype, exported_program)
    contract = replace(
        contract, backend=lowered[0].backend, exported_program=exported.places
    )
    inputs = _probe_inputs(contract, first.published)
    files: dict[str, str | bytes] = {}
    answers = []
    for number, (its, program) in enumerate(zip(members, lowered, strict=True), 1):
        answers.append(_answers(its.scripted, program, contract, inputs))
        held = program.files
        if several:
            held[PROBE_FILE] = pack_probe(inputs, answers[-1])
        files |= {member_file(several * number, name): x for name, x in held.items()}
    outputs = mean_answers(answers) if several else answers[0]
    promises = [promise for its in members for promise in its.promises]
    if reduced_tolerance is not None:
        for its, answer in zip(members, answers, strict=True):
            reduced = check_reduced(
                its.scripted, inputs, answer, contract.geometry, reduced_tolerance
            )
            reduced = replace(reduced, what=its.which + reduced.what)
            _refuse_broken([reduced])
            promises.append(reduced)
    files[CONTRACT_FILE] = contract.to_json()
    files[PROBE_FILE] = pack_probe(inputs, outputs)
    notes = tuple(note for its in members for note in its.notes)
    return _Artefact(scripted, contract, files, promises, notes, libtorch, exported)


def _exported(
    network: nn.Module,
    scripted: nn.Module,
    published: PhysicalNetwork,
    dtype: Precision,
    wanted: str,
) -> Exported:
    if wanted == "no":
        return Exported(absent="it is not wanted")
    if wanted == "auto" and is_large(network):
        return Exported(absent="the weights are above 1 GB")
    drawn = draw_inputs(published, CHUNK_COLUMNS, _CHECK_SEED)
    chunk = [field.to(FIELDS[dtype]) for field in drawn]
    tolerance = published.rounding * TOLERANCE[dtype]
    made = make_exported(network, scripted, chunk, published.geometry, tolerance)
    if wanted == "yes" and made.absent:
        raise InferenceError(f"no exported program: {made.absent}")
    return made


def _verify(
    published: PhysicalNetwork,
    scripted: nn.Module,
    dtype: Precision,
) -> tuple[list[Promise], Lowered]:
    drawn = draw_inputs(published, CHUNK_COLUMNS, _CHECK_SEED)
    chunk = [field.to(FIELDS[dtype]) for field in drawn]
    # Another two calls of a large network follow, for the probe.
    calls = 2 if is_large(published) else 4
    promises = [check_eval_mode(scripted), check_repeatable(scripted, chunk, calls)]
    tolerance = published.rounding * TOLERANCE[dtype]
    lowered = make_program(published, dtype, chunk, tolerance)
    if published.geometry.kind != "global":
        # Of what runs on a CPU.
        runs = lowered.run if lowered.program else scripted
        promises.append(check_batch_mates(runs, chunk))
    promises.append(check_equals_eager(scripted, published, chunk, tolerance))
    promises += [*lowered.promises, check_parameters(published, drawn)]
    return promises, lowered


def _refuse_broken(promises: list[Promise], libtorch: str = "") -> None:
    why = f"; it runs through libtorch: {libtorch}" if libtorch else ""
    for promise in promises:
        if not promise.kept:
            raise InferenceError(f"broken: {promise.what} ({promise.measured}){why}")


def _contract(
    network: PhysicalNetwork,
    checkpoint: Checkpoint,
    dtype: Precision,
    reduced_tolerance: float | None,
) -> Contract:
    description, record = network.description, checkpoint.training
    columns = PROBE_COLUMNS
    if network.geometry.latitude and network.geometry.longitude:
        columns = len(network.geometry.latitude) * len(network.geometry.longitude)

    def written(fields: tuple[AnyField, ...]) -> tuple[AnyField, ...]:
        stored = "float32" if dtype == "bfloat16" else dtype
        return tuple(replace(field, dtype=stored) for field in fields)

    return Contract(
        contract_version=CONTRACT_VERSION,
        name=description.name,
        gwparam_version=gwparam.__version__,
        torch_version=torch.__version__,
        created=_now().isoformat(timespec="seconds"),
        source=Source(network.architecture, checkpoint.path.name, checkpoint.sha256),
        citation=description.citation,
        geometry=network.geometry,
        inputs=written(network.inputs),
        outputs=written(network.outputs),
        compute_dtype="bfloat16" if dtype == "bfloat16" else None,
        vertical=description.vertical,
        flux=network.flux,
        training_range=description.training_range,
        limits=description.limits,
        mask=network.mask,
        lead_time=network.lead_time,
        training_dates=None if record is None else record.training_dates or None,
        expected_error=_expected_error(network, record),
        probe=Probe(columns, network.rounding * TOLERANCE[dtype], reduced_tolerance),
    )


def _now() -> datetime:
    """Give the time of the export, or what SOURCE_DATE_EPOCH wants it to be [s]."""
    given = os.environ.get("SOURCE_DATE_EPOCH")
    if given is None:
        return datetime.now(UTC)
    try:
        return datetime.fromtimestamp(int(given), UTC)
    except (ValueError, OverflowError, OSError):
        expected = "seconds since 1970"
        raise wrong_setting("SOURCE_DATE_EPOCH", given, expected) from None


def _expected_error(
    network: PhysicalNetwork, record: TrainingRecord | None
) -> tuple[ExpectedError, ...] | None:
    """Errors of what the network gives, one value a level of it."""
    known = {output.name: output.levels for output in network.outputs}
    nlev = network.description.vertical.nlev
    errors = tuple(
        error
        for error in (record.expected_error if record is not None else ())
        if error.name in known
        and len(error.root_mean_square) == (nlev if known[error.name] == "full" else 1)
    )
    return errors or None


def _probe_inputs(contract: Contract, network: PhysicalNetwork) -> Arrays:
    """Draw the example that the artefact carries."""
    drawn = draw_inputs(network, PROBE_COLUMNS, _PROBE_SEED)
    return {
        field.name: values.numpy().astype(field.dtype)
        for field, values in zip(contract.inputs, drawn, strict=True)
    }


def _answers(
    scripted: torch.jit.ScriptModule,
    lowered: Lowered,
    contract: Contract,
    inputs: Arrays,
) -> Arrays:
    """Record what a network answers to the example."""
    names = [field.name for field in contract.outputs]
    if lowered.program is not None:
        return answer_probe(lowered.program, inputs, names)
    return run_probe(scripted, inputs, names, contract.geometry)


def _write(path: Path, built: _Artefact) -> Export:
    """Write the archive beside its place, read it back, and move it there if good."""
    extra = built.files
    places = built.contract.exported_program
    target = Path(os.path.realpath(path))
    with (
        writing(path),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".gwparam-") as folder,
        replacement(target, Path(folder, target.name)) as written,
    ):
        if built.network is not None:
            save(built.network, written, extra)
            if built.exported.weights is not None and places is not None:
                # Once more, now that it is known where the weights are in the archive.
                extra[places.file] = built.exported.program
                extra[places.weights] = weight_table(written, built.exported.weights)
                save(built.network, written, extra)
            seal(written)
        built.network, built.exported = None, Exported(absent=built.exported.absent)
        has_program = built.contract.backend == BACKEND
        reload = (check_program_reload if has_program else check_reload)(written)
        reloads = [reload]
        if places is not None:
            reloads.append(check_exported_reload(written))
        _refuse_broken(reloads)
    return Export(
        path,
        built.contract,
        (*built.promises, *reloads),
        built.notes,
        built.libtorch,
        built.exported.absent,
    )
