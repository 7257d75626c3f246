"""How much memory a training takes at least, before any of it is taken."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from gwparam.errors import DeviceError
from gwparam.training.freezing import Freeze

_FLOAT = 4  # bytes of a weight in training, whatever the precision of products
_STATES = 2  # of Adam, numbers a trained weight
_CGROUPS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    (
        "/sys/fs/cgroup/memory/memory.limit_in_bytes",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes",
    ),
)


@dataclass(frozen=True)
class Need:
    """Least bytes of a training: activations and samples come on top.

    Attributes
    ----------
    parameters, trained : int
        Numbers of weights.
    """

    parameters: int
    trained: int

    @property
    def weights(self) -> int:
        """Bytes of the weights."""
        return _FLOAT * self.parameters

    @property
    def gradients(self) -> int:
        """Bytes of the gradients."""
        return _FLOAT * self.trained

    @property
    def optimiser(self) -> int:
        """Bytes of the state of the optimiser."""
        return _STATES * _FLOAT * self.trained

    @property
    def total(self) -> int:
        """Bytes of all of them."""
        return self.weights + self.gradients + self.optimiser


def needed(network: nn.Module, how: Freeze, backbone: str) -> Need:
    """Count what a training of a network takes.

    Parameters
    ----------
    network : Module
        The bare network, which may be on the meta device.
    how : Freeze
        What is frozen. Of adapters and heads, which are small, nothing is counted.
    backbone : str
        What the names of a backbone begin with; empty without one.
    """
    sizes = {name: value.numel() for name, value in network.named_parameters()}
    trained = 0
    if how == "none":
        trained = sum(sizes.values())
    elif how == "backbone":
        trained = sum(n for k, n in sizes.items() if not k.startswith(backbone))
    return Need(sum(sizes.values()), trained)


def check_memory(need: Need, device: str, free: int | None, share: int = 1) -> None:
    """Refuse a training that cannot fit, with the numbers.

    Parameters
    ----------
    need : Need
        What it takes at least.
    device : str
        Whose memory, for the message.
    free : int or None
        Bytes that are free there; None where that is not known.
    share : int
        Number of processes that the weights are spread over.

    Raises
    ------
    DeviceError
        If more is needed than is free.
    """
    total = need.total / share
    if free is None or total <= free:
        return
    raise DeviceError(
        f"the network has {need.parameters:.3g} parameters, {need.trained:.3g} of them "
        f"trained: {_gb(need.weights / share)} of weights, "
        f"{_gb(need.gradients / share)} of gradients and "
        f"{_gb(need.optimiser / share)} of the optimiser are {_gb(total)}, and "
        f"{_gb(free)} of {device} are free, expected a smaller size, more of it "
        "frozen, or another machine",
        settings=("size", "freeze"),
    )


def free_bytes(device: str) -> int | None:
    """Find how much memory is free on a device; None where the system does not say.

    Parameters
    ----------
    device : str
        ``cpu``, or a CUDA device.
    """
    if device != "cpu":
        return int(torch.cuda.mem_get_info(device)[0])
    found = [_available(Path("/proc/meminfo"))]
    found += [_left(Path(limit), Path(used)) for limit, used in _CGROUPS]
    known = [value for value in found if value is not None]
    return min(known) if known else None


def _available(path: Path) -> int | None:
    """Read what Linux says can be taken without swapping."""
    try:
        for line in path.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return 1024 * int(line.split()[1])
    except (OSError, ValueError, IndexError):
        pass
    return None


def _left(limit: Path, used: Path) -> int | None:
    """Read what a container may still take; None without a limit."""
    try:
        return max(int(limit.read_text()) - int(used.read_text()), 0)
    except (OSError, ValueError):  # no such group, or "max"
        return None


def _gb(count: float) -> str:
    return f"{count / 1e9:.3g} GB"
