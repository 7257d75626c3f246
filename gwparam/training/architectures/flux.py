"""What the three flux networks share: published training files, their meaning."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.contract import Geometry
from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.networks.fluxes import FLUX_QUANTITY, FLUX_SIGN
from gwparam.networks.horizontal import GRID
from gwparam.networks.scaling import SCALING, read_recipe
from gwparam.networks.vertical import LEVELS
from gwparam.training.architectures.base import Architecture
from gwparam.training.data import Data, Meaning
from gwparam.training.flux_data import Channels, FluxData
from gwparam.training.flux_meaning import FluxMeaning

_NEEDED = (SCALING, LEVELS, FLUX_QUANTITY, FLUX_SIGN)


class FluxArchitecture(Architecture):
    """A flux network.

    Attributes
    ----------
    whole : bool
        Whether a sample is the globe.
    blocks : tuple of str
        Blocks of the output, while nothing else is known of them.
    """

    whole: ClassVar[bool]
    blocks: ClassVar[tuple[str, ...]] = ("eastward flux", "northward flux")

    @abstractmethod
    def channels(self, files: TrainingFiles, options: Options) -> Channels:
        """Find the channels that the network sees and gives."""

    @abstractmethod
    def around(self, network: nn.Module, options: Options) -> PhysicalNetwork:
        """Put the network between physical fields."""

    def hidden_sizes(self, network: nn.Module) -> Options:
        """Give the options of an export that say what no shape of a weight tells."""
        return {}

    def open(
        self, paths: Sequence[str], options: Options, checkpoint: Checkpoint | None
    ) -> Data:
        """Open training files in the network's published layout."""
        files = TrainingFiles(paths)
        try:
            channels = self.channels(files, options)
            return FluxData(files, channels, self.whole)
        except BaseException:
            files.close()
            raise

    def meaning(
        self,
        network: nn.Module,
        data: Data,
        options: Options,
        checkpoint: Checkpoint | None,
    ) -> Meaning:
        """Say what the channels are, as far as options and files say it."""
        assert isinstance(data, FluxData)
        options = known_of(data.files, options, GRID in self.physical.options)
        options = {**options, **self.hidden_sizes(network)}
        missing = tuple(o.flag for o in _NEEDED if o.name not in options)
        physical = None if missing else self.around(network, options)
        return FluxMeaning(
            physical,
            self.blocks,
            options,
            self.physical.options,
            missing,
            len(data.channels.outputs),
            2 if self.whole else 0,
        )


def known_of(files: TrainingFiles, options: Options, has_grid: bool) -> Options:
    """Add to the options what the files say: their grid, and their scaling.

    Raises
    ------
    ContractError
        If the recipe in the files is malformed.
    ArgumentError
        If the grid that was given is another one.
    """
    known: dict[str, Any] = dict(options)
    if SCALING.name not in known:
        recipe = recipe_in(files.paths[0])
        known |= {} if recipe is None else {SCALING.name: recipe}
    if not has_grid:
        return known
    axes: Mapping[str, Any] = {
        "latitude": files.latitude,
        "longitude": files.longitude,
    }
    given: Geometry | None = known.get(GRID.name)
    if given is None:
        found: dict[str, Any] = {name: tuple(v.tolist()) for name, v in axes.items()}
        return known | {GRID.name: Geometry("global", **found)}
    for name, values in axes.items():
        wanted: tuple[float, ...] = getattr(given, name)
        # Files store them in single precision.
        if len(wanted) != len(values) or not np.allclose(wanted, values, atol=1e-3):
            raise ArgumentError(
                f"{GRID.flag} has another {name} than {files.paths[0]}: "
                f"{len(wanted)} from {wanted[0]:.4f}, the files have {len(values)} "
                f"from {values[0]:.4f} degrees"
            )
    return known


def recipe_in(path: str) -> Any:
    """Recipe in the attributes of a training file; None if there is none.

    Raises
    ------
    ContractError
        If it is malformed.
    """
    try:
        return read_recipe(path)
    except ModelFileError:
        return None
