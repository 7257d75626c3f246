"""Published training files for one of the flux networks: which channels it sees."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks.base import Options
from gwparam.networks.nonlocal_flux import FEATURE_SET, FEATURES, OUTPUT_LEVELS, SURFACE
from gwparam.training.data import Data
from gwparam.training.samples import ChannelSamples


@dataclass(frozen=True)
class Channels:
    """Channels of training files that a network sees and gives, in its own order.

    Attributes
    ----------
    nlev : int
        Levels of a field.
    features, outputs : tuple of int
        Numbers of the channels in the file.
    layout : str
        What they are, for people.
    """

    nlev: int
    features: tuple[int, ...]
    outputs: tuple[int, ...]
    layout: str


class FluxData(Data):
    """Training files as a network sees them.

    Parameters
    ----------
    files : TrainingFiles
        The files.
    channels : Channels
        What the network sees and gives.
    whole : bool
        Whether a sample is the globe.
    """

    def __init__(self, files: TrainingFiles, channels: Channels, whole: bool) -> None:
        self.files, self.channels = files, channels
        self.dates = files.dates
        self.samples = ChannelSamples(files, channels.features, channels.outputs, whole)

    def close(self) -> None:
        """Close the files."""
        self.files.close()

    def fingerprint(self, time: int) -> str:
        """Digest of the features of one time."""
        return self.files.fingerprint(time)

    def check_alike(self, other: Self) -> None:
        """Check that other files have the same grid and channels."""
        mine, yours = self.files, other.files
        if (mine.idim, mine.odim, mine.stencil) != (
            yours.idim,
            yours.odim,
            yours.stencil,
        ):
            raise ContractError(
                f"{yours.paths[0]} has {yours.idim} features, {yours.odim} outputs and "
                f"{yours.stencil} cells in a row, expected {mine.idim}, {mine.odim} "
                f"and {mine.stencil} as {mine.paths[0]}"
            )
        same = np.array_equal(mine.latitude, yours.latitude)
        if not same or not np.array_equal(mine.longitude, yours.longitude):
            raise ContractError(
                f"{yours.paths[0]} has another grid than {mine.paths[0]}"
            )

    def report(self) -> list[tuple[str, str]]:
        """Say what was found."""
        files, channels = self.files, self.channels
        nlat, nlon = files.shape
        grid = f"{nlat} x {nlon}, {files.latitude[0]:.2f} to {files.latitude[-1]:.2f} N"
        if files.stencil > 1:
            grid += f", {files.stencil} x {files.stencil} cells around each"
        order = (
            "dates" if files.dates.intervals else "their names, for times are no dates"
        )
        count = len(files.paths)
        return [
            (
                "files",
                f"{count}, in the order of {order}" if count > 1 else files.paths[0],
            ),
            ("times", f"{len(files)} of {files.nbytes / 1e6:.1f} MB"),
            ("grid", grid),
            ("channels", channels.layout),
        ]


def prithvi_channels(files: TrainingFiles) -> Channels:
    """Find the channels of the Prithvi network: T, p, u, v; theta and two fluxes.

    Raises
    ------
    ShapeError
        If the files have another layout.
    """
    layout = files.layout()
    if layout is None or not layout.has_pressure or files.stencil > 1:
        raise ShapeError(
            f"{files.paths[0]} has {files.idim} features and {files.odim} outputs, "
            "expected 3 + 4 and 3 for every level, without neighbours, as in the "
            "training files of the Prithvi network"
        )
    u, v, temperature, pressure = layout.fields
    return Channels(
        layout.nlev,
        (*temperature, *pressure, *u, *v),
        tuple(range(files.odim)),
        f"temperature, pressure, u, v on {layout.nlev} levels; "
        "theta, u'omega', v'omega'",
    )


def nonlocal_channels(
    files: TrainingFiles, options: Options, surface: bool
) -> Channels:
    """Find the channels of ANN-CNN and Attention U-Net: u, v, theta, w; two fluxes.

    Parameters
    ----------
    files : TrainingFiles
        The files.
    options : mapping
        ``features`` takes some of four fields, ``output_levels`` some of the levels of
        the outputs.
    surface : bool
        Whether the network sees latitude, longitude and surface altitude.

    Raises
    ------
    ShapeError
        If the files have another layout.
    ArgumentError
        If an option does not fit them.
    """
    layout = files.layout()
    if layout is None or layout.has_pressure:
        raise ShapeError(
            f"{files.paths[0]} has {files.idim} features and {files.odim} outputs, "
            "expected 3 + 3 or 4 and 2 for every level, as in the training files of "
            "ANN-CNN and Attention U-Net"
        )
    nlev, blocks = layout.nlev, layout.fields
    names = FEATURES["uvthetaw"] if len(blocks) == 4 else None
    chosen = options.get(FEATURE_SET.name)
    if chosen is not None and names is not None:
        blocks = tuple(blocks[names.index(name)] for name in FEATURES[chosen])
    elif chosen is not None and len(FEATURES[chosen]) != len(blocks):
        raise ArgumentError(
            f"{FEATURE_SET.name} is {chosen}, the files have {len(blocks)} fields at "
            "levels",
            settings=(FEATURE_SET.name,),
        )
    first, end = options.get(OUTPUT_LEVELS.name) or (0, nlev)
    outputs = layout.outputs
    if len(outputs[0]) == nlev:
        if end > nlev:
            raise ArgumentError(
                f"{OUTPUT_LEVELS.name} is {first}:{end}, expected at most {nlev}",
                settings=(OUTPUT_LEVELS.name,),
            )
        outputs = tuple(block[first:end] for block in outputs)
    fields = f"{chosen or (names and 'uvthetaw') or '3 fields'} on {nlev} levels"
    return Channels(
        nlev,
        (*range(len(SURFACE) * surface), *(k for block in blocks for k in block)),
        tuple(k for block in outputs for k in block),
        f"{'place, surface, ' if surface else ''}{fields}; two fluxes on "
        f"{len(outputs[0])} levels",
    )
