"""What networks of drag share: one bare network for both components of the wind."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, check_values, load_weights
from gwparam.contract import Description, Field, Geometry, Output
from gwparam.errors import ModelFileError, RangeError, ShapeError
from gwparam.networks.base import Options, PhysicalNetwork
from gwparam.networks.scaling import Destandardise
from gwparam.networks.trainable import Sizes

MIMA_NLEV = 40
WINDS = tuple(
    Field(f"{direction}_wind", "m s-1", "full", "float64")
    for direction in ("eastward", "northward")
)
SURFACE = (
    Field("surface_air_pressure", "Pa", "surface", "float64"),
    Field("latitude", "degrees_north", "surface", "float64"),
)


@dataclass(frozen=True)
class StateLevels:
    """Levels of the states that a network learns from.

    Attributes
    ----------
    path : str
        A file of the states, for messages.
    nlev : int
        Number of full levels.
    coefficients : callable
        Gives `a` [Pa] and `b` [1] of ``a + b * surface pressure`` at full levels, top
        first, shape (nlev,) each; raises ContractError where the files do not say them.
    """

    path: str
    nlev: int
    coefficients: Callable[[], tuple[NDArray[Any], NDArray[Any]]]


class DragModule(nn.Module):
    """A bare network: standardised drag from one component of the wind of a column."""

    @property
    @abstractmethod
    def nlev(self) -> int:
        """Number of full levels."""

    @abstractmethod
    def set_features(self, mean: Tensor, variance: Tensor) -> None:
        """Fit the network to features of given statistics, shape (nfeature,) each."""

    @abstractmethod
    def rescale(self, slope: Tensor, offset: Tensor) -> None:
        """Make every output `slope` times what it was plus `offset`, (nlev,) each."""


class DragNetwork(PhysicalNetwork):
    """A network on physical fields that gives the drag on both components of the wind.

    Parameters
    ----------
    network : Module
        Features to standardised drag, as a `DragModule`.
    scaling : Module
        Standardised drag to drag [m s-2].
    description : Description
        Name, citation, levels, training range and limits.

    Attributes
    ----------
    title : str
        What people call a network that has no other name.
    """

    title: ClassVar[str]
    geometry = Geometry("column")
    outputs = tuple(
        Output(
            f"tendency_of_{w.name}_due_to_gravity_wave_drag",
            "m s-2",
            "full",
            w.dtype,
            "tendency",
        )
        for w in WINDS
    )

    def __init__(
        self, network: nn.Module, scaling: nn.Module, description: Description
    ) -> None:
        super().__init__(description)
        self.network = network
        self.scaling = scaling

    def both_components(
        self, eastward: Tensor, northward: Tensor, rest: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Compute the drag on both wind components, in one batch.

        Parameters
        ----------
        eastward, northward : Tensor, shape (columns, nlev)
            Wind [m s-1], top first.
        rest : Tensor, shape (columns, nrest)
            The features that follow a wind, in the network's units.

        Returns
        -------
        eastward, northward : Tensor, shape (columns, nlev)
            Tendency of the wind [m s-2], top first.
        """
        ncol = eastward.size(0)
        wind = torch.cat((eastward, northward))
        drag = self.scaling(self.network(torch.cat((wind, rest.repeat(2, 1)), dim=1)))
        return drag[:ncol], drag[ncol:]

    @classmethod
    @abstractmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> DragModule:
        """Build the bare network; it has no dropout."""

    @classmethod
    @abstractmethod
    def sizes_on(cls, levels: StateLevels) -> Sizes:
        """Sizes that follow from the levels of the states.

        Raises
        ------
        ContractError
            If something of the levels is not known.
        """

    @classmethod
    def check_levels(cls, levels: StateLevels, checkpoint: Checkpoint) -> None:
        """Check that states are on the levels of a pre-trained network.

        Raises
        ------
        ContractError
            If not.
        """

    @classmethod
    @abstractmethod
    def describe(cls, network: DragModule, checkpoint: Checkpoint) -> Description:
        """Say what is known of a checkpoint that does not describe itself.

        Raises
        ------
        ModelFileError
            If that does not suffice.
        """

    @classmethod
    def load(cls, checkpoint: Checkpoint) -> DragModule:
        """Build the bare network that a checkpoint holds, in float64."""
        network = cls.build(cls.sizes_of(checkpoint)).double()
        load_weights(network, checkpoint)
        return network

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, options: Options | None = None
    ) -> Self:
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint is not one of this network; the message names the key.
        """
        network = cls.load(checkpoint)
        scaling = Destandardise(*normalisation(checkpoint, network.nlev))
        description = checkpoint.description or cls.describe(network, checkpoint)
        if description.vertical.nlev != network.nlev:
            raise ShapeError(
                f"{checkpoint.path} describes {description.vertical.nlev} levels, "
                f"expected {network.nlev}"
            )
        return cls(network, scaling, description)


def normalisation(checkpoint: Checkpoint, nlev: int) -> tuple[Tensor, Tensor]:
    """Mean and standard deviation of the outputs, beside the weights of a checkpoint.

    Returns
    -------
    mean, standard_deviation : Tensor
        One value a level, in float64 [m s-2].

    Raises
    ------
    ModelFileError, ShapeError, NonFiniteError
        If one is missing, is not so, or its dtype is none of weights.
    RangeError
        If a standard deviation is negative, 0 on all levels, or 0 on a level whose mean
        is not, unless the checkpoint is of a training of gwparam.
    """
    found = []
    for key in ("means", "stds"):
        if key not in checkpoint.extras:
            raise ModelFileError(f"{checkpoint.path} has no {key} beside its weights")
        value = checkpoint.extras[key]
        if value.shape != (nlev,):
            raise ShapeError(
                f"{key} has shape {tuple(value.shape)}, expected ({nlev},)"
            )
        check_values(key, value, torch.zeros(0, dtype=torch.float64))
        found.append(value.double())
    mean, deviation = found
    wrong = deviation < 0.0
    # A level without drag has neither; a training of ours knows constant drag.
    if checkpoint.description is None:
        wrong |= (deviation == 0.0) & (mean != 0.0)
    if wrong.any() or not deviation.any():
        level = int(wrong.int().argmax())
        raise RangeError(
            f"stds is {deviation[level]:g} at level {level} (from 0), expected more "
            "than 0, or 0 where means is 0 too"
        )
    return mean, deviation
