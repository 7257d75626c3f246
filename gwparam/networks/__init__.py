"""Published gravity-wave networks, each declared in one file; here is their list."""

from typing import Any

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.networks.ann_cnn import AnnCnnFlux
from gwparam.networks.attention_unet import AttentionUNetFlux
from gwparam.networks.base import Options, PhysicalNetwork, is_large
from gwparam.networks.drag import DragNetwork
from gwparam.networks.filtered_spectrum import FilteredSpectrumDrag
from gwparam.networks.fluxes import FluxNetwork
from gwparam.networks.prithvi.flux import PrithviFlux
from gwparam.networks.wavenet import WaveNetDrag

NETWORKS: dict[str, type[DragNetwork | FluxNetwork[Any]]] = {
    network.architecture: network
    for network in (
        WaveNetDrag,
        AnnCnnFlux,
        AttentionUNetFlux,
        PrithviFlux,
        FilteredSpectrumDrag,
    )
}
"""By the name of the architecture."""


def find_network(architecture: str) -> type[DragNetwork | FluxNetwork[Any]]:
    """Find a network by the name of its architecture.

    Raises
    ------
    ArgumentError
        If there is none.
    """
    if architecture not in NETWORKS:
        raise ArgumentError(
            f"architecture is {architecture}, expected {', '.join(NETWORKS)}",
            settings=("arch",),
        )
    return NETWORKS[architecture]


def recognise(checkpoint: Checkpoint) -> str:
    """Name the architecture that the keys of a checkpoint belong to.

    Raises
    ------
    ModelFileError
        If they belong to no published network.
    """
    for architecture, network in NETWORKS.items():
        if all(key in checkpoint.weights for key in network.signature):
            return architecture
    keys = list(checkpoint.weights)
    raise ModelFileError(
        f"{checkpoint.path} has keys {', '.join(keys[:3])}"
        f"{', ...' if keys[3:] else ''}, expected those of {', '.join(NETWORKS)}"
    )


def read_options(network: type[PhysicalNetwork], given: Options) -> dict[str, Any]:
    """Read the values of a network's options.

    Parameters
    ----------
    network : type of PhysicalNetwork
        The network.
    given : mapping
        What a user or a checkpoint says, by the name of the option.

    Raises
    ------
    ArgumentError
        If the network has no such option.
    GwparamError
        If a value is out of range; the message names the option.
    """
    known = {option.name: option for option in network.options}
    for name in given:
        if name not in known:
            raise ArgumentError(
                f"{name} is no option of {network.architecture}, expected "
                f"{', '.join(known) or 'none'}",
                settings=(name,),
            )
    return {name: known[name].read(value) for name, value in given.items()}


def from_checkpoint(
    checkpoint: Checkpoint,
    architecture: str | None = None,
    options: Options | None = None,
) -> PhysicalNetwork:
    """Build the network of a checkpoint.

    Parameters
    ----------
    checkpoint : Checkpoint
        What `gwparam.checkpoints.read_checkpoint` gives.
    architecture : str, optional
        A key of `NETWORKS`; recognised from the checkpoint if absent.
    options : mapping, optional
        What the network's `options` ask for, by name; None counts as not given. They
        go before those that the checkpoint brings along.

    Returns
    -------
    PhysicalNetwork
        In eval mode and float64; a large one in the precision of the checkpoint.

    Raises
    ------
    ArgumentError
        If there is no such architecture or option here, or one is missing.
    ModelFileError, ShapeError, NonFiniteError
        If the checkpoint is not one of that architecture; the message names the key.
    """
    network = find_network(architecture or recognise(checkpoint))
    known = {option.name for option in network.options}
    brought = {k: v for k, v in checkpoint.options.items() if k in known}
    given = {k: v for k, v in (options or {}).items() if v is not None}
    values = read_options(network, brought | given)
    built = network.from_checkpoint(checkpoint, values).eval()
    return built if is_large(built) else built.double()
