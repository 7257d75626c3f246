"""Published gravity-wave networks, one a file."""

from gwparam.checkpoints import Checkpoint, recognise
from gwparam.errors import ArgumentError
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.wavenet import WaveNetDrag

NETWORKS: dict[str, type[PhysicalNetwork]] = {"wavenet": WaveNetDrag}


def from_checkpoint(
    checkpoint: Checkpoint, architecture: str | None = None
) -> PhysicalNetwork:
    """Build the network of a checkpoint.

    Parameters
    ----------
    checkpoint : Checkpoint
        What `gwparam.checkpoints.read_checkpoint` gives.
    architecture : str, optional
        A key of `NETWORKS`; recognised from the checkpoint if absent.

    Returns
    -------
    PhysicalNetwork
        In float64 and eval mode.

    Raises
    ------
    ArgumentError
        If there is no such architecture here.
    ModelFileError, ShapeError, NonFiniteError
        If the checkpoint is not one of that architecture; the message names the key.
    """
    architecture = architecture or recognise(checkpoint)
    if architecture not in NETWORKS:
        raise ArgumentError(
            f"architecture is {architecture}, expected {', '.join(NETWORKS)}"
        )
    return NETWORKS[architecture].from_checkpoint(checkpoint).double().eval()
