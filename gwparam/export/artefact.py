"""An artefact: what is measured of a network, what goes into the file, the file."""

import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.constants import CHUNK_COLUMNS
from gwparam.contract import (
    CONTRACT_FILE,
    PROBE_FILE,
    Arrays,
    Contract,
    member_file,
    pack_probe,
)
from gwparam.errors import InferenceError
from gwparam.export.column_program import (
    BACKEND,
    Lowered,
    answer_probe,
    check_program_reload,
    make_program,
)
from gwparam.export.contract_of import PROBE_COLUMNS, contract_of
from gwparam.export.exported_program import (
    Exported,
    check_exported_reload,
    make_exported,
    weight_table,
)
from gwparam.export.fuse import fuse
from gwparam.export.members import (
    joined,
    mean_answers,
    mean_network,
)
from gwparam.export.precision import FIELDS, Precision, in_precision
from gwparam.export.probe import draw_inputs
from gwparam.export.reduced import check_reduced
from gwparam.export.script import script, trace
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
from gwparam.networks.base import PhysicalNetwork, is_large
from gwparam.networks.expected_error import WithExpectedError
from gwparam.networks.own import OwnNetwork
from gwparam.whole_files import replacement, writing

_PROBE_SEED, _CHECK_SEED, _TRACE_SEED = 20240917, 20240918, 20240919


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
class Member:
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
class Artefact:
    """What goes into the file; the network only until it is there."""

    network: torch.jit.ScriptModule | None
    contract: Contract
    files: dict[str, str | bytes]
    promises: list[Promise]
    notes: tuple[str, ...]
    libtorch: str
    exported: Exported


def measure(
    published: PhysicalNetwork,
    checkpoint: Checkpoint,
    dtype: Precision,
    reduced_tolerance: float | None,
    which: str,
    traced: bool = False,
) -> Member:
    """Rewrite one network, and measure what it promises."""
    network = in_precision(fuse(published), dtype)
    scripted, note = _graph(network, published, dtype, traced)
    promises, lowered = _verify(published, scripted, dtype)
    promises = [replace(its, what=which + its.what) for its in promises]
    _refuse_broken(promises, lowered.libtorch)
    contract = contract_of(published, checkpoint, dtype, reduced_tolerance)
    notes = tuple(which + its for its in (*checkpoint.notes, *note))
    return Member(
        which, published, network, scripted, contract, promises, notes, lowered
    )


def _graph(
    network: PhysicalNetwork, published: PhysicalNetwork, dtype: Precision, traced: bool
) -> tuple[torch.jit.ScriptModule, list[str]]:
    """Compile a network; one of a user, which TorchScript may not take, by a trace.

    The list says why, if it is one.
    """
    if not isinstance(published, OwnNetwork | WithExpectedError):
        return script(network), []
    # Other columns than those of the checks, which would not see a branch on numbers.
    drawn = draw_inputs(published, CHUNK_COLUMNS, _TRACE_SEED)
    fields = [field.to(FIELDS[dtype]) for field in drawn]
    note = "the graph is the trace of a call: "
    if traced:
        why = "the library refuses what TorchScript makes of the module"
        return trace(network, fields), [note + why]
    try:
        scripted = script(network)
        with torch.inference_mode():
            scripted(*fields)  # what it compiles it may still fail to run
    except Exception as error:  # TorchScript raises what it likes
        why = "TorchScript cannot compile or run the module"
        return trace(network, fields, error), [note + why]
    return scripted, []


def build(
    members: Sequence[Member],
    dtype: Precision,
    reduced_tolerance: float | None,
    exported_program: str,
) -> Artefact:
    """Join what was measured of all members to what goes into the file."""
    first, several = members[0], len(members) > 1
    network: nn.Module = first.network
    scripted, contract = first.scripted, first.contract
    if several:
        contract = joined([its.contract for its in members])
        fields = len(contract.inputs), len(contract.outputs)
        network = mean_network([its.network for its in members], *fields)
        scripted = script(network)
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
    return Artefact(scripted, contract, files, promises, notes, libtorch, exported)


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


def write(
    path: Path, built: Artefact, checks: Sequence[Callable[[Path], Promise]] = ()
) -> Export:
    """Write the archive beside its place, read it back, and move it there if good.

    Parameters
    ----------
    path : Path
        Its place.
    built : Artefact
        What goes into it; its network is let go of.
    checks : sequence of callable
        What else to hold the file to.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    InferenceError
        If a promise is broken.
    """
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
        reloads += [check(written) for check in checks]
        _refuse_broken(reloads)
    return Export(
        path,
        built.contract,
        (*built.promises, *reloads),
        built.notes,
        built.libtorch,
        built.exported.absent,
    )
