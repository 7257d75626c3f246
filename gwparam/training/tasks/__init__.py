"""What networks learn: the drag of a native scheme, momentum fluxes, one's own."""

from collections.abc import Mapping
from os import PathLike
from typing import Any

from gwparam.checkpoints import Checkpoint
from gwparam.errors import ArgumentError
from gwparam.networks import find_network, read_options
from gwparam.networks.drag import DragNetwork
from gwparam.training.tasks.drag import DragTask
from gwparam.training.tasks.flux import FluxTask
from gwparam.training.tasks.own import OwnTask
from gwparam.training.tasks.rollout import RolloutTask
from gwparam.training.tasks.task import Task


def make_task(
    architecture: str, options: Mapping[str, Any], checkpoint: Checkpoint | None
) -> Task[Any, Any]:
    """Make the task that a network of some architecture is trained for.

    Parameters
    ----------
    architecture : str
        A key of `gwparam.networks.NETWORKS`.
    options : mapping
        What is known of the training files, as the options of an export say it.
    checkpoint : Checkpoint or None
        The pre-trained network.

    Raises
    ------
    ArgumentError
        If there is no such architecture, or it has no such option.
    GwparamError
        If the value of an option is out of range.
    """
    network = find_network(architecture)
    known = read_options(network, options)
    if issubclass(network, DragNetwork):
        return DragTask(network, checkpoint)
    return FluxTask(network, known)


def make_own_task(
    module: str,
    contract: str | PathLike[str] | None,
    checkpoint: Checkpoint | None,
    rollout: int = 0,
) -> Task[Any, Any]:
    """Make the task of a network of one's own; see `OwnTask`.

    Parameters
    ----------
    module, contract, checkpoint
        As `OwnTask`.
    rollout : int
        Hours that it drives the testbed, see `RolloutTask`; 0: it does not.

    Raises
    ------
    ArgumentError
        If there is no contract.
    GwparamError
        As `OwnTask`.
    """
    if contract is None:
        raise ArgumentError(
            "contract is missing, expected what the module takes and gives",
            settings=("contract",),
        )
    if rollout:
        return RolloutTask(module, contract, checkpoint, rollout)
    return OwnTask(module, contract, checkpoint)
