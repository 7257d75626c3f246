"""What a calibration leaves: an artefact with other weights, or a namelist."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from os import PathLike
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from gwparam.calibrate.models import SOURCES
from gwparam.calibrate.network import TestbedNetwork, module_of
from gwparam.checkpoints import Checkpoint
from gwparam.contract import Calibration, Description, TrainingRecord
from gwparam.errors import ContractError
from gwparam.export import Export
from gwparam.export.own import own_network, write_own
from gwparam.networks.own import OwnContract
from gwparam.qbo.forcing import FLUX_VARIANCE, WIDTH_VARIANCE
from gwparam.whole_files import write_text

Array = NDArray[np.float64]


def write_artefact(
    path: str | PathLike[str],
    network: TestbedNetwork,
    changed: Mapping[str, Tensor],
    calibration: Calibration,
) -> Export:
    """Write a network with other weights as an artefact of its own.

    Fields, levels, limits and training range stay. Graph, program, probe and checksums
    are made anew, and every promise of an export is measured.

    Parameters
    ----------
    path : path-like
        The artefact.
    network : TestbedNetwork
        That of the old one.
    changed : mapping of str to Tensor
        Weights that differ, by name.
    calibration : Calibration
        Where they are from.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    InferenceError
        If a promise is broken.
    """
    old = network.contract
    if old.compute_dtype is not None:
        raise ContractError(
            f"compute_dtype is {old.compute_dtype}, expected null for a calibration"
        )
    module = module_of(network, changed)
    digest = hashlib.sha256()
    for name, value in sorted(module.state_dict().items()):
        digest.update(name.encode() + value.contiguous().numpy().tobytes())
    record = TrainingRecord(training_dates=old.training_dates or ())
    source = Checkpoint(network.path, digest.hexdigest(), {}, {}, None, training=record)
    contract = OwnContract(
        Description(
            old.name, old.citation, old.vertical, old.training_range, old.limits
        ),
        old.geometry,
        tuple(replace(field, dtype="float64") for field in old.inputs),
        tuple(replace(field, dtype="float64") for field in old.outputs),
        old.flux,
        side_by_side=False,
    )
    return write_own(
        own_network(module, contract),
        source,
        path,
        dtype=old.outputs[0].dtype,
        calibration=calibration,
    )


def write_namelist(
    path: str | PathLike[str], means: Sequence[float], calibration: Calibration
) -> None:
    """Write the source of the spectrum as a group for the testbed's host.

    Parameters
    ----------
    path : path-like
        The file.
    means : sequence of float
        Mean F_s [Pa] and mean c_w [m s-1]. Variances grow with their squares.
    calibration : Calibration
        Where they are from.
    """
    lines = [
        "! Source of the spectrum of waves, by gwparam calibrate spectrum:",
        f"! against {calibration.against}, SHA-256 {calibration.against_sha256};",
        f"! {calibration.members} members, {calibration.iterations} iterations of "
        f"{calibration.years} years, seed {calibration.seed};",
        f"! misfit {calibration.misfit_before:.4g} before, "
        f"{calibration.misfit_after:.4g} after.",
        "&qbo_nml",
    ]
    said = {"source_flux": "F_s, mean [Pa]", "spectral_width": "c_w, mean [m s-1]"}
    for (name, control), mean, variance in zip(
        SOURCES.items(), means, (FLUX_VARIANCE, WIDTH_VARIANCE), strict=True
    ):
        lines.append(f"    {name} = {mean:.6g} ! {said[name]}")
        scaled = variance * (mean / control) ** 2
        lines.append(f"    {name}_variance = {scaled:.6g} ! from day to day")
    write_text(Path(path), "\n".join([*lines, "/"]))
