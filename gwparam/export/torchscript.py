"""A checkpoint to an artefact."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain
from os import PathLike
from pathlib import Path
from typing import Any, Literal

import torch

from gwparam.checkpoints import Checkpoint, Kind, check_range, files_of, read_checkpoint
from gwparam.errors import ArgumentError, one_of, wrong_setting
from gwparam.export.artefact import Export, build, measure, write
from gwparam.export.members import check_count
from gwparam.export.memory import return_freed_blocks
from gwparam.export.precision import Precision
from gwparam.export.verify import TOLERANCE
from gwparam.networks import from_checkpoint
from gwparam.networks.base import PhysicalNetwork, is_large
from gwparam.networks.expected_error import (
    check_features,
    load_head,
    with_expected_error,
)
from gwparam.networks.scaling_recipe import NAMED, SCALING, with_training_file
from gwparam.whole_files import check_outputs

MAX_TENDENCY, NAME = "max_tendency", "name"
"""Options of an export of any network that a checkpoint can bring along."""


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
    if confidence is not None and len(checkpoints) > 1:
        raise ArgumentError(
            f"confidence is for one checkpoint, expected 1, not {len(checkpoints)}",
            settings=("confidence", "checkpoint"),
        )
    heads = [] if confidence is None else [confidence]
    read_files = chain(*map(files_of, [*checkpoints, *heads]))
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
            published = with_confidence(published, read, confidence)
        if is_large(published):
            return_freed_blocks()
        which = f"member {number}, {read.path.name}: " if len(checkpoints) > 1 else ""
        members.append(measure(published, read, dtype, reduced_tolerance, which))
        # Of a large network, memory does not hold the copy that is read back beside it.
        del published, read
    built = build(members, dtype, reduced_tolerance, exported_program)
    scaling = (options or {}).get(SCALING.name)
    if isinstance(scaling, str) and scaling in NAMED:
        built.notes += (
            f"{scaling} is the scaling of published training files: compare it with "
            "the attributes of yours",
        )
    members.clear()
    return write(path, built)


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


def with_confidence(
    network: PhysicalNetwork, checkpoint: Checkpoint, path: str | PathLike[str]
) -> PhysicalNetwork:
    """Put the head that was trained for a checkpoint beside its network.

    Raises
    ------
    ContractError, ShapeError
        If it is for another one.
    """
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
