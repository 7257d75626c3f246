"""Momentum fluxes as outputs: what they are, and the tendencies that follow."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Generic, Literal, Self, TypeVar

from torch import nn

from gwparam.checkpoints import Checkpoint, load_weights
from gwparam.constants import MAXIMUM_TENDENCY
from gwparam.contract import Flux, Geometry, Limit, Output
from gwparam.contract.checks import FLUX_UNITS
from gwparam.networks.base import Option, Options, PhysicalNetwork
from gwparam.networks.trainable import Sizes

FLUX_QUANTITY = Option(
    "flux_quantity",
    "what the network's fluxes are: omega for u'omega' and v'omega' [Pa m s-2], height "
    "for rho u'w' and rho v'w' [Pa], w' positive upward. Never guessed",
    choices=("omega", "height"),
)
FLUX_SIGN = Option(
    "flux_sign",
    "sign of the network's fluxes: 1 if they are that quantity, -1 if they are minus "
    "that quantity. Never guessed",
    parse=int,
    choices=("1", "-1"),
)
OPTIONS = (FLUX_QUANTITY, FLUX_SIGN)
WINDS = ("eastward", "northward")

_NAMES = {
    "omega": "{}_momentum_flux_in_pressure_coordinates",
    "height": "upward_{}_momentum_flux_in_air",
}


def momentum_fluxes(
    options: Options, given_levels: tuple[int, int] | None = None
) -> tuple[tuple[Output, ...], tuple[Flux, ...], tuple[Limit, ...]]:
    """Declare the fluxes of eastward and northward momentum.

    Parameters
    ----------
    options : mapping
        Values of `FLUX_QUANTITY` and `FLUX_SIGN`.
    given_levels : pair of int, optional
        First level that the network gives, and the one after its last; all if absent.

    Returns
    -------
    outputs : tuple of Output
        The two fluxes.
    flux : tuple of Flux
        How they become tendencies.
    limits : tuple of Limit
        Of the two tendencies.

    Raises
    ------
    ArgumentError
        If quantity or sign is not given; the message says how to.
    """
    quantity = FLUX_QUANTITY.of(options, "the quantity of the network's fluxes")
    sign = FLUX_SIGN.of(options, "the sign of the network's fluxes")
    name, units = _NAMES[quantity], FLUX_UNITS[quantity]
    outputs = tuple(
        Output(name.format(wind), units, "full", "float64", "flux") for wind in WINDS
    )
    tendencies = [f"tendency_of_{w}_wind_due_to_gravity_wave_drag" for w in WINDS]
    flux = tuple(
        Flux(output.name, quantity, sign, tendency, given_levels)
        for output, tendency in zip(outputs, tendencies, strict=True)
    )
    limits = tuple(Limit(tendency, MAXIMUM_TENDENCY) for tendency in tendencies)
    return outputs, flux, limits


N = TypeVar("N", bound=nn.Module)
"""A bare network."""


@dataclass(frozen=True)
class FileShape:
    """Shape of training files, as far as a network has to fit it.

    Attributes
    ----------
    path : str
        One of the files, for messages.
    features, outputs : int
        Channels that the network sees and gives.
    stencil : int
        Cells around each along one direction, itself among them.
    grid : tuple of int
        Latitudes and longitudes.
    """

    path: str
    features: int
    outputs: int
    stencil: int
    grid: tuple[int, int]


class FluxNetwork(PhysicalNetwork, Generic[N]):
    """A network of momentum fluxes on physical fields, around a bare network `N`.

    Attributes
    ----------
    file_layout : str
        Of the published training files: ``nonlocal`` holds u, v, theta, w and two
        fluxes; ``prithvi`` u, v, T, p, and theta and two fluxes.
    sees_place : bool
        Whether latitude, longitude and surface altitude are features.
    sees_globe : bool
        Whether a sample is the globe; else it is a cell, with those around it.
    blocks : tuple of str
        Blocks of the output, while nothing else is known of them.
    """

    file_layout: ClassVar[Literal["nonlocal", "prithvi"]] = "nonlocal"
    sees_place: ClassVar[bool] = False
    sees_globe: ClassVar[bool] = True
    blocks: ClassVar[tuple[str, ...]] = ("eastward flux", "northward flux")

    @classmethod
    @abstractmethod
    def build(cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0) -> N:
        """Build the bare network with random weights.

        Raises
        ------
        ArgumentError
            If the sizes do not fit each other.
        """

    @classmethod
    @abstractmethod
    def sizes_for(cls, files: FileShape) -> Sizes:
        """Sizes that follow from the training files.

        Raises
        ------
        ShapeError
            If the network cannot learn from such files.
        """

    @classmethod
    @abstractmethod
    def around(cls, network: N, options: Options) -> Self:
        """Put a bare network between physical fields.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If `options` lack or contradict something; the message says what.
        """

    @classmethod
    def from_checkpoint(cls, checkpoint: Checkpoint, options: Options) -> Self:
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ArgumentError, ContractError
            If `options` lack or contradict something; the message says what.
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint is not one of this network; the message names the key.
        """
        network = cls.build(cls.sizes_of(checkpoint))
        load_weights(network, checkpoint)
        return cls.around(network, options)

    @classmethod
    def export_options(cls, network: N) -> Options:
        """Give the options of an export that say what no shape of a weight tells."""
        return {}

    @classmethod
    def set_output_scalers(cls, network: N, how: str | None) -> None:
        """Choose what the result of a foundation model is multiplied by."""

    @classmethod
    def training_model(cls, network: N, grid: Geometry, mask_ratio: float) -> nn.Module:
        """Give the module that maps the features of a sample to outputs.

        Raises
        ------
        ArgumentError
            If `mask_ratio` is out of range.
        """
        return network
