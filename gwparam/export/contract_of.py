"""What an artefact says of a network: its contract."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import torch

from gwparam.checkpoints import Checkpoint
from gwparam.contract import (
    CONTRACT_VERSION,
    Contract,
    ExpectedError,
    Field,
    Output,
    Probe,
    Source,
    TrainingRecord,
)
from gwparam.errors import wrong_setting
from gwparam.export.precision import Precision
from gwparam.export.verify import TOLERANCE
from gwparam.networks.base import PhysicalNetwork
from gwparam.version import package_version

AnyField = TypeVar("AnyField", Field, Output)

PROBE_COLUMNS = 16
"""Of an example of columns; one of the globe has all of an image."""


def contract_of(
    network: PhysicalNetwork,
    checkpoint: Checkpoint,
    dtype: Precision,
    reduced_tolerance: float | None,
) -> Contract:
    """Write the contract of one network, which names no program of it yet.

    Parameters
    ----------
    network : PhysicalNetwork
        As published.
    checkpoint : Checkpoint
        Where it is from, and what is known of its training.
    dtype : {"float32", "float64", "bfloat16"}
        Precision of the artefact.
    reduced_tolerance : float or None
        Of products that a host may ask for.

    Raises
    ------
    ArgumentError
        If SOURCE_DATE_EPOCH is no time.
    """
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
        gwparam_version=package_version(),
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
