"""Normalisation and its inverse as buffers, so that they are exported with the weights.

`docs/normalisation.md` describes the recipe that says how a network's fields were
normalised.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor, nn

from gwparam.contract import Field, TrainingRange, Values
from gwparam.errors import ContractError
from gwparam.units import conversion

STATISTICS = ("mean", "standard_deviation", "minimum", "maximum")
"""What a recipe may say of a variable in training."""


def power(base: Tensor, exponent: float) -> Tensor:
    """Raise numbers from 0 up to a power; the bits do not depend on how many they are.

    Torch computes up to 32 of them at once, and the rest of a tensor one by one with
    another function, whose last bit may differ in float32. So there is no rest.
    """
    count = base.numel()
    whole = F.pad(base.reshape(-1), (0, -count % 32), value=1.0)
    return torch.pow(whole, exponent)[:count].view(base.shape)


class Destandardise(nn.Module):
    """Give standardised values their mean and standard deviation back.

    Parameters
    ----------
    mean, standard_deviation : Tensor, shape (nvalue,)
        In the units of the result. Where the standard deviation is 0, the result is the
        mean whatever the network says.
    """

    mean: Tensor
    standard_deviation: Tensor

    def __init__(self, mean: Tensor, standard_deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("standard_deviation", standard_deviation.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Scale values of shape (..., nvalue)."""
        return values * self.standard_deviation + self.mean


class Standardise(nn.Module):
    """Subtract a mean and divide by a standard deviation."""

    mean: Tensor
    standard_deviation: Tensor

    def __init__(self, mean: Tensor, standard_deviation: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean.clone())
        self.register_buffer("standard_deviation", standard_deviation.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Scale values that the statistics can be broadcast to."""
        return (values - self.mean) / self.standard_deviation


class CubeRoot(nn.Module):
    """Real cube root of values less an offset, divided by a scale."""

    offset: Tensor
    scale: Tensor

    def __init__(self, offset: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("offset", offset.clone())
        self.register_buffer("scale", scale.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Compress values that offset and scale can be broadcast to."""
        scaled = (values - self.offset) / self.scale
        return torch.sign(scaled) * power(torch.abs(scaled), 1.0 / 3.0)


class Cube(nn.Module):
    """Inverse of `CubeRoot`."""

    offset: Tensor
    scale: Tensor

    def __init__(self, offset: Tensor, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("offset", offset.clone())
        self.register_buffer("scale", scale.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Expand values that offset and scale can be broadcast to."""
        return values * values * values * self.scale + self.offset


@dataclass(frozen=True)
class Transform:
    """How one variable was normalised; lists hold one value a level, or one for all.

    ``linear``: ``(x - mean) / standard_deviation``. ``cube_root``:
    ``(cbrt((x - offset) / scale) - mean) / standard_deviation``. `training` says what
    the variable looked like in training: mean, standard deviation, minimum and maximum.
    """

    transform: Literal["linear", "cube_root"]
    units: str
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    scale: tuple[float, ...] = ()
    offset: tuple[float, ...] = ()
    training: Mapping[str, tuple[float, ...]] | None = None

    def for_field(self, field: Field, nlev: int) -> "Transform":
        """Express the transform in the units of a field, one value a level.

        Raises
        ------
        ContractError
            If the units are of another dimension, or a list has another length.
        """
        what = f"{field.name} in the scaling recipe"
        convert = conversion(self.units, field.units, what)
        count = nlev if field.levels == "full" else 1

        def converted(
            key: str, values: tuple[float, ...], slope: float, offset: float
        ) -> tuple[float, ...]:
            if len(values) not in (1, count):
                raise ContractError(
                    f"{key} of {what} has {len(values)} values, expected 1 or {count}"
                )
            return tuple(slope * v + offset for v in values * (count // len(values)))

        mean, deviation = self.mean, self.standard_deviation
        scale, shift = self.scale, self.offset
        slope, offset = convert
        if self.transform == "linear":
            mean = converted("mean", mean, slope, offset)
            deviation = converted("standard_deviation", deviation, slope, 0.0)
        elif offset != 0.0:
            raise ContractError(f'{what} has units "{self.units}" with another zero')
        else:
            mean = converted("mean", mean, 1.0, 0.0)
            deviation = converted("standard_deviation", deviation, 1.0, 0.0)
            scale = converted("scale", scale, slope, 0.0)
            shift = converted("offset", shift or (0.0,), slope, 0.0)
        training = self.training and {
            key: converted(
                f"training.{key}",
                values,
                slope,
                0.0 if key == "standard_deviation" else offset,
            )
            for key, values in self.training.items()
        }
        return replace(
            self,
            units=field.units,
            mean=mean,
            standard_deviation=deviation,
            scale=scale,
            offset=shift,
            training=training,
        )

    @property
    def length(self) -> int:
        """Number of levels that the lists are for; 1 if no list says."""
        lists = (self.mean, self.standard_deviation, self.scale, self.offset)
        return max(map(len, lists))

    def part(self, first: int, end: int) -> "Transform":
        """Transform of some of the levels."""
        return replace(
            self,
            mean=self.mean[first:end],
            standard_deviation=self.standard_deviation[first:end],
            scale=self.scale[first:end],
            offset=self.offset[first:end],
        )

    def normalise(self, trailing: int = 0) -> nn.Module:
        """Make the module that normalises (rows, nlev, ...), `trailing` axes last."""
        mean, deviation, scale, offset = self._tensors(trailing)
        standardise = Standardise(mean, deviation)
        if self.transform == "linear":
            return standardise
        return nn.Sequential(CubeRoot(offset, scale), standardise)

    def restore(self, trailing: int = 0) -> nn.Module:
        """Make the inverse of the module that `normalise` makes."""
        mean, deviation, scale, offset = self._tensors(trailing)
        destandardise = Destandardise(mean, deviation)
        if self.transform == "linear":
            return destandardise
        return nn.Sequential(destandardise, Cube(offset, scale))

    def range(self, name: str) -> TrainingRange:
        """Tell what training saw, as far as the recipe says it."""
        seen = self.training or {}
        values: list[Values] = [seen.get(key) for key in STATISTICS]
        return TrainingRange(name, *values)

    def plausible(self, name: str) -> TrainingRange:
        """Tell what the network takes for usual: normalised, around 0 within 3."""
        nlev = len(self.mean)
        restore = self.restore()
        low, less, middle, more, high = (
            restore(torch.full((1, nlev), z, dtype=torch.float64))[0]
            for z in (-3.0, -1.0, 0.0, 1.0, 3.0)
        )
        values = (middle, (more - less) / 2.0, low, high)
        return TrainingRange(name, *(tuple(value.tolist()) for value in values))

    def _tensors(self, trailing: int) -> list[Tensor]:
        return [
            torch.tensor(values, dtype=torch.float64).view(1, -1, *[1] * trailing)
            for values in (
                self.mean,
                self.standard_deviation,
                self.scale or (1.0,),
                self.offset or (0.0,),
            )
        ]
