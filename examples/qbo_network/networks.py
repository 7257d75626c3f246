"""Networks of the QBO testbed: wind and the day's source to the drag.

Plain PyTorch; physical values in, physical values out. `Column` is a perceptron, the
others convolve along the column: the drag at a level depends on the wind at 5 levels
around it (`Narrow`), at 33 (`Wide`), or at all (`Whole`).
"""

import torch
from torch import Tensor, nn

NLEV = 73
Scaling = list[tuple[Tensor, Tensor]]


class Scaled(nn.Module):
    """Standardised inputs and outputs around the layers of a network."""

    def __init__(self) -> None:
        super().__init__()
        for name, value in (("centre", 0.0), ("spread", 1.0)):
            self.register_buffer(f"wind_{name}", torch.full((NLEV,), value))
            self.register_buffer(f"source_{name}", torch.full((2,), value))
            self.register_buffer(f"drag_{name}", torch.full((NLEV,), value))

    def set_scaling(self, inputs: Scaling, outputs: Scaling) -> None:
        """Take mean and standard deviation of the training samples.

        `gwparam finetune` calls this before the first step, with a pair for each field
        of the contract.
        """
        wind, *source = inputs
        for at, name in enumerate(("centre", "spread")):
            getattr(self, f"wind_{name}").copy_(wind[at])
            getattr(self, f"source_{name}").copy_(
                torch.cat([its[at] for its in source])
            )
            getattr(self, f"drag_{name}").copy_(outputs[0][at])

    def forward(self, wind: Tensor, flux: Tensor, width: Tensor) -> Tensor:
        """Wind (columns, level) [m s-1], F_s [Pa], c_w [m s-1] to drag [m s-2]."""
        source = torch.stack((flux, width), dim=1)
        drag = self.standardised(
            (wind - self.wind_centre) / self.wind_spread,
            (source - self.source_centre) / self.source_spread,
        )
        return drag * self.drag_spread + self.drag_centre


class Column(Scaled):
    """A perceptron of the whole column."""

    def __init__(self, width: int = 128) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(NLEV + 2, width),
            nn.SiLU(),
            nn.Linear(width, width),
            nn.SiLU(),
            nn.Linear(width, NLEV),
        )

    def standardised(self, wind: Tensor, source: Tensor) -> Tensor:
        """Wind and source side by side."""
        return self.layers(torch.cat((wind, source), dim=1))


class Convolved(Scaled):
    """Convolutions along the column, with the source at every level.

    Parameters
    ----------
    strides : tuple of int
        Of each layer: how far the 5 levels that it looks at are from each other.
    width : int
        Channels.

    Attributes
    ----------
    reach : int
        Levels above and below that the drag at a level depends on.
    """

    def __init__(self, strides: tuple[int, ...], width: int = 32) -> None:
        super().__init__()
        self.reach = 2 * sum(strides)
        # Where a level is: its air, and what wave is left there, depend on it.
        self.place = nn.Parameter(torch.zeros(8, NLEV))
        nn.init.normal_(self.place)
        found, given = [], 3 + len(self.place)
        for stride in strides:
            layer = nn.Conv1d(given, width, 5, padding=2 * stride, dilation=stride)
            found += [layer, nn.SiLU()]
            given = width
        found += [nn.Conv1d(width, width, 1), nn.SiLU(), nn.Conv1d(width, 1, 1)]
        self.layers = nn.Sequential(*found)

    def standardised(self, wind: Tensor, source: Tensor) -> Tensor:
        """Wind, source and place as channels of levels."""
        columns = wind.size(0)
        channels = (
            wind.unsqueeze(1),
            source.unsqueeze(2).expand(columns, 2, NLEV),
            self.place.unsqueeze(0).expand(columns, 8, NLEV),
        )
        return self.layers(torch.cat(channels, dim=1)).squeeze(1)


class Narrow(Convolved):
    """Sees 5 levels: itself, and two above and below."""

    def __init__(self) -> None:
        super().__init__((1,), width=64)


class Wide(Convolved):
    """Sees 33 levels."""

    def __init__(self) -> None:
        super().__init__((1, 1, 2, 4))


class Whole(Convolved):
    """Sees the whole column from each of its levels."""

    def __init__(self) -> None:
        super().__init__((1, 2, 4, 8, 8, 16))
