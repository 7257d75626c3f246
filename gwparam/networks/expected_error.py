"""A second output: how wrong a network expects to be, column by column.

The drag stays what it is. A small perceptron beside the network sees what goes in and
what comes out, and gives one number a column: the root mean square, over levels and
tendencies, of the error over the standard deviation of the true drag at that level. 0
is perfect, 1 as bad as the mean of the truth. Hosts blend by it (Heuer et al. 2025,
arXiv:2510.08107).
"""

import linecache
from collections.abc import Sequence
from os import PathLike
from typing import Any, Final

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, load_weights, matrix_shape, save_checkpoint
from gwparam.constants import EXPECTED_ERROR
from gwparam.contract import Output
from gwparam.errors import ContractError, ShapeError
from gwparam.networks.base import PhysicalNetwork

NETWORK_SHA256 = "expected_error_of"
"""Option of a checkpoint: the SHA-256 of the network's, as a contract's source has."""
_SAME = (
    "architecture",
    "citation",
    "rounding",
    "precisions",
    "geometry",
    "inputs",
    "features",
    "flux",
    "plausible",
)
"""What a network with an error of its own declares as the network alone."""


class ErrorHead(nn.Module):
    """Logarithm of the error that a network expects, from what it sees and gives.

    Parameters
    ----------
    nfeature : int
        Numbers of a column: inputs and outputs of the network, in their order.
    width : int
        Units of each of the two hidden layers.

    Notes
    -----
    Features are cut at 5 standard deviations and the logarithm at 5, so that no column
    gives an error that is not finite. A column far from those of training is no matter
    of this head, which never saw one: guards are for those.
    """

    mean: Tensor
    scale: Tensor
    bound: Final[float]

    def __init__(self, nfeature: int, width: int = 64) -> None:
        super().__init__()
        self.bound = 5.0
        self.register_buffer("mean", torch.zeros(nfeature))
        self.register_buffer("scale", torch.ones(nfeature))  # of 1 / deviation
        self.layers = nn.Sequential(
            nn.Linear(nfeature, width),
            nn.ReLU(),
            nn.Linear(width, width),
            nn.ReLU(),
            nn.Linear(width, 1),
        )

    def set_features(
        self, mean: Tensor, deviation: Tensor, logarithm: float = 0.0
    ) -> None:
        """Fit it to features of given statistics; those of no deviation are left out.

        Parameters
        ----------
        mean, deviation : Tensor, shape (nfeature,)
            Over columns.
        logarithm : float
            About what it gives before it is trained.
        """
        self.mean.copy_(mean)
        self.scale.copy_(torch.where(deviation > 0.0, 1.0 / deviation, 0.0))
        last = self.layers[-1]
        assert isinstance(last, nn.Linear)
        # Beyond the bound nothing would be learnt.
        within = min(max(logarithm, 0.1 - self.bound), self.bound - 0.1)
        nn.init.constant_(last.bias, within)

    def forward(self, features: Tensor) -> Tensor:
        """From (columns, nfeature) to (columns,): the logarithm of the error."""
        scaled = ((features - self.mean) * self.scale).clamp(-self.bound, self.bound)
        logarithm: Tensor = self.layers(scaled).squeeze(1)
        return logarithm.clamp(-self.bound, self.bound)


class WithExpectedError(PhysicalNetwork):
    """A network of columns, and beside it the error that it expects.

    `with_expected_error` makes one.
    """

    def __init__(self, network: PhysicalNetwork, head: nn.Module) -> None:
        super().__init__(network.description)
        self.mask, self.lead_time = network.mask, network.lead_time
        self.network = network
        self.head = head


def with_expected_error(network: PhysicalNetwork, head: nn.Module) -> WithExpectedError:
    """Put a head beside a network, as a module that TorchScript can compile.

    Parameters
    ----------
    network : PhysicalNetwork
        Its outputs stay what they are.
    head : ErrorHead
        Trained for this network.

    Raises
    ------
    ContractError
        If the network sees more than its own column.
    """
    if network.geometry.kind != "column":
        raise ContractError(
            f"{network.architecture} is of kind {network.geometry.kind}, expected a "
            "network of single columns"
        )
    given = [f"given[{i}]" for i in range(len(network.outputs))]
    names = [field.name for field in network.inputs]
    rows = [
        f"{name}.unsqueeze(1)" if field.levels == "surface" else name
        for name, field in zip(
            names + given, (*network.inputs, *network.outputs), strict=True
        )
    ]
    # TorchScript takes no *args, so the method is written for the network's inputs.
    source = (
        f"def forward(self, {', '.join(names)}):\n"
        f"    given = self.network({', '.join(names)})\n"
        f"    features = torch.cat(({', '.join(rows)}), dim=1)\n"
        f"    return {', '.join(given)}, self.head(features).exp()\n"
    )
    file = f"<{EXPECTED_ERROR} of {', '.join(rows)}>"
    # It reads sources through inspect, which looks here.
    linecache.cache[file] = len(source), None, source.splitlines(True), file
    made: dict[str, Any] = {}
    exec(compile(source, file, "exec"), {"torch": torch}, made)
    # Of the class, not the object: TorchScript would compile what an object has.
    made |= {name: getattr(network, name) for name in _SAME}
    error = Output(EXPECTED_ERROR, "1", "surface", network.outputs[0].dtype, "other")
    made["outputs"] = (*network.outputs, error)
    made["dead"] = {f"network.{name}": why for name, why in network.dead.items()}
    kind = type("WithExpectedError", (WithExpectedError,), made)
    both: WithExpectedError = kind(network, head).train(network.training)
    return both


def save_head(
    path: str | PathLike[str], head: ErrorHead, sha256: str, states: Sequence[str]
) -> None:
    """Write a head as a checkpoint that says of which network it is.

    Parameters
    ----------
    path : path-like
        A safetensors file.
    head : ErrorHead
        Trained.
    sha256 : str
        Of the network's checkpoint.
    states : sequence of str
        Names of the files that it was trained on.

    Raises
    ------
    ModelFileError
        If it cannot be written.
    """
    options = {NETWORK_SHA256: sha256, "states": " ".join(states)}
    save_checkpoint(path, head.state_dict(), options=options)


def load_head(checkpoint: Checkpoint, sha256: str) -> ErrorHead:
    """Build the head that a checkpoint holds, in float64.

    Parameters
    ----------
    checkpoint : Checkpoint
        Of `save_head`.
    sha256 : str
        Of the checkpoint of the network that it is for.

    Raises
    ------
    ContractError
        If it is none, or is for another network.
    ModelFileError, ShapeError, NonFiniteError
        If its weights are not those of a head.
    """
    found = checkpoint.options.get(NETWORK_SHA256)
    if found is None:
        raise ContractError(
            f"{checkpoint.path} is no checkpoint of gwparam confidence, expected one"
        )
    if found != sha256:
        raise ContractError(
            f"{checkpoint.path} is for the network with the SHA-256 {found}, expected "
            f"{sha256}, that of the checkpoint"
        )
    width, nfeature = matrix_shape(checkpoint, "layers.0.weight")
    head = ErrorHead(nfeature, width).double()
    load_weights(head, checkpoint)
    return head.eval()


def check_features(network: PhysicalNetwork, head: ErrorHead) -> None:
    """Check that a head has the features of a network.

    Raises
    ------
    ShapeError
        If not.
    """
    nlev = network.description.vertical.nlev
    fields = (*network.inputs, *network.outputs)
    expected = sum(nlev if field.levels == "full" else 1 for field in fields)
    if head.mean.numel() != expected:
        raise ShapeError(
            f"the head has {head.mean.numel()} features, expected {expected}: the "
            "inputs and outputs of the network"
        )
