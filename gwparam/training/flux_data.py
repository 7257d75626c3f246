"""Published training files for one of the flux networks: which channels it sees."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks.base import Options
from gwparam.networks.nonlocal_flux import FEATURE_SET, FEATURES, OUTPUT_LEVELS, SURFACE
from gwparam.training.data import Data
from gwparam.training.samples import ChannelSamples

_SURFACE = len(SURFACE)
_WINDS = ("eastward_wind", "northward_wind")


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
    nlev, rest = divmod(files.odim, 3)
    if rest or files.idim != _SURFACE + 4 * nlev or files.stencil > 1:
        raise ShapeError(
            f"{files.paths[0]} has {files.idim} features and {files.odim} outputs, "
            "expected 3 + 4 and 3 for every level, without neighbours, as in the "
            "training files of the Prithvi network"
        )
    u, v, temperature, pressure = _blocks(nlev, 4)
    return Channels(
        nlev,
        (*temperature, *pressure, *u, *v),
        tuple(range(files.odim)),
        f"temperature, pressure, u, v on {nlev} levels; theta, u'omega', v'omega'",
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
    nlev, count = _fields(files)
    names = FEATURES["uvthetaw"] if count == 4 else None
    chosen = options.get(FEATURE_SET.name)
    blocks = _blocks(nlev, count)
    if chosen is not None and names is not None:
        blocks = [blocks[names.index(name)] for name in FEATURES[chosen]]
    elif chosen is not None and len(FEATURES[chosen]) != count:
        raise ArgumentError(
            f"{FEATURE_SET.name} is {chosen}, the files have {count} fields at levels",
            settings=(FEATURE_SET.name,),
        )
    place = tuple(range(_SURFACE)) if surface else ()
    outputs = tuple(range(files.odim))
    given = options.get(OUTPUT_LEVELS.name)
    if given is not None and files.odim == 2 * nlev:
        if given[1] > nlev:
            raise ArgumentError(
                f"{OUTPUT_LEVELS.name} is {given[0]}:{given[1]}, "
                f"expected at most {nlev}",
                settings=(OUTPUT_LEVELS.name,),
            )
        outputs = tuple(block + k for block in (0, nlev) for k in range(*given))
    fields = f"{chosen or (names and 'uvthetaw') or '3 fields'} on {nlev} levels"
    return Channels(
        nlev,
        place + tuple(channel for block in blocks for channel in block),
        outputs,
        f"{'place, surface, ' if surface else ''}{fields}; two fluxes on "
        f"{len(outputs) // 2} levels",
    )


def _fields(files: TrainingFiles) -> tuple[int, int]:
    """Levels, and number of fields at levels, of the nonlocal layout."""
    channels, half = files.idim - _SURFACE, files.odim // 2
    fitting = {count: channels // count for count in (3, 4) if channels % count == 0}
    exact = [count for count, nlev in fitting.items() if nlev == half]
    # Fluxes on some of the levels: every level of the features has one at the most.
    able = exact or [count for count, nlev in fitting.items() if nlev > half]
    if files.odim % 2 or not able:
        raise ShapeError(
            f"{files.paths[0]} has {files.idim} features and {files.odim} outputs, "
            "expected 3 + 3 or 4 and 2 for every level, as in the training files of "
            "ANN-CNN and Attention U-Net"
        )
    # 122 levels of four fields have no other reading with three.
    count = max(able)
    return fitting[count], count


def _blocks(nlev: int, count: int) -> list[Sequence[int]]:
    first = [_SURFACE + i * nlev for i in range(count)]
    return [range(start, start + nlev) for start in first]
