"""Published gravity-wave networks, one a file."""

from gwparam.checkpoints import Checkpoint, recognise
from gwparam.errors import ArgumentError
from gwparam.networks.ann_cnn import AnnCnnFlux
from gwparam.networks.attention_unet import AttentionUNetFlux
from gwparam.networks.base import Options, PhysicalNetwork, is_large
from gwparam.networks.filtered_spectrum_drag import FilteredSpectrumDrag
from gwparam.networks.prithvi_flux import PrithviFlux
from gwparam.networks.wavenet import WaveNetDrag

NETWORKS: dict[str, type[PhysicalNetwork]] = {
    network.architecture: network
    for network in (
        WaveNetDrag,
        AnnCnnFlux,
        AttentionUNetFlux,
        PrithviFlux,
        FilteredSpectrumDrag,
    )
}


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
    architecture = architecture or recognise(checkpoint)
    if architecture not in NETWORKS:
        raise ArgumentError(
            f"architecture is {architecture}, expected {', '.join(NETWORKS)}"
        )
    network = NETWORKS[architecture]
    known = {option.name: option for option in network.options}
    given = {k: v for k, v in (options or {}).items() if v is not None}
    for name in given:
        if name not in known:
            flags = ", ".join(option.flag for option in known.values()) or "none"
            raise ArgumentError(
                f"{name} is no option of {architecture}, expected {flags}"
            )
    brought = {k: v for k, v in checkpoint.options.items() if k in known}
    values = {name: known[name].read(v) for name, v in (brought | given).items()}
    built = network.from_checkpoint(checkpoint, values).eval()
    return built if is_large(built) else built.double()
