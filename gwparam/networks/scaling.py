"""Normalisation and its inverse as buffers, so that they are exported with the weights.

`docs/normalisation.md` describes the recipe that says how a network's fields were
normalised.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from netCDF4 import Dataset
from torch import Tensor, nn

from gwparam.contract import Field, TrainingRange, Values, typed_json
from gwparam.errors import ContractError, ModelFileError
from gwparam.networks.base import Option
from gwparam.units import conversion

RECIPE_VERSION = 1
RECIPE_ATTRIBUTE = "gwparam_scaling"

_TRANSFORMS = {
    "linear": ("mean", "standard_deviation"),
    "cube_root": ("scale", "mean", "standard_deviation"),
}
_STATISTICS = ("mean", "standard_deviation", "minimum", "maximum")


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
    """Real cube root of values divided by a scale."""

    scale: Tensor

    def __init__(self, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Compress values that the scale can be broadcast to."""
        scaled = values / self.scale
        return torch.sign(scaled) * power(torch.abs(scaled), 1.0 / 3.0)


class Cube(nn.Module):
    """Inverse of `CubeRoot`."""

    scale: Tensor

    def __init__(self, scale: Tensor) -> None:
        super().__init__()
        self.register_buffer("scale", scale.clone())

    def forward(self, values: Tensor) -> Tensor:
        """Expand values that the scale can be broadcast to."""
        return values * values * values * self.scale


@dataclass(frozen=True)
class Transform:
    """How one variable was normalised; lists hold one value a level, or one for all.

    ``linear``: ``(x - mean) / standard_deviation``. ``cube_root``:
    ``(cbrt(x / scale) - mean) / standard_deviation``. `training` says what the variable
    looked like in training: mean, standard deviation, minimum and maximum.
    """

    transform: Literal["linear", "cube_root"]
    units: str
    mean: tuple[float, ...]
    standard_deviation: tuple[float, ...]
    scale: tuple[float, ...] = ()
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

        mean, deviation, scale = self.mean, self.standard_deviation, self.scale
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
            training=training,
        )

    @property
    def length(self) -> int:
        """Number of levels that the lists are for; 1 if no list says."""
        return max(map(len, (self.mean, self.standard_deviation, self.scale)))

    def part(self, first: int, end: int) -> "Transform":
        """Transform of some of the levels."""
        return replace(
            self,
            mean=self.mean[first:end],
            standard_deviation=self.standard_deviation[first:end],
            scale=self.scale[first:end],
        )

    def normalise(self, trailing: int = 0) -> nn.Module:
        """Make the module that normalises (rows, nlev, ...), `trailing` axes last."""
        mean, deviation, scale = self._tensors(trailing)
        standardise = Standardise(mean, deviation)
        if self.transform == "linear":
            return standardise
        return nn.Sequential(CubeRoot(scale), standardise)

    def restore(self, trailing: int = 0) -> nn.Module:
        """Make the inverse of the module that `normalise` makes."""
        mean, deviation, scale = self._tensors(trailing)
        destandardise = Destandardise(mean, deviation)
        if self.transform == "linear":
            return destandardise
        return nn.Sequential(destandardise, Cube(scale))

    def range(self, name: str) -> TrainingRange:
        """Tell what training saw, as far as the recipe says it."""
        seen = self.training or {}
        values: list[Values] = [seen.get(key) for key in _STATISTICS]
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
            for values in (self.mean, self.standard_deviation, self.scale or (1.0,))
        ]


@dataclass(frozen=True)
class Recipe:
    """How every variable of a training set was normalised."""

    source: str
    transforms: Mapping[str, Transform]

    def of(
        self, field: Field, nlev: int, part: tuple[int, int] | None = None
    ) -> Transform:
        """Transform of a field, in its units, one value a level.

        Parameters
        ----------
        field : Field
            What it is, and its units.
        nlev : int
            Number of levels.
        part : pair of int, optional
            First level wanted, and the one after the last; lists of the recipe may
            hold these levels or all.

        Raises
        ------
        ContractError
            If the recipe does not know the field, or has other units or levels.
        """
        if field.name not in self.transforms:
            raise ContractError(
                f"{self.source} has no {field.name}, it has {_few(self.transforms)}"
            )
        transform = self.transforms[field.name]
        first, end = part or (0, nlev)
        if transform.length == end - first:
            return transform.for_field(field, end - first)
        return transform.for_field(field, nlev).part(first, end)


def read_recipe(path: str) -> Recipe:
    """Read a scaling recipe.

    Parameters
    ----------
    path : str
        JSON; or a netCDF file with that JSON as attribute ``gwparam_scaling``, of the
        file or of one of its variables; or the JSON text itself.

    Raises
    ------
    ModelFileError
        If it cannot be read, or holds no recipe.
    ContractError
        If the recipe is malformed; the message names the key.
    """
    text, path = (path, "the recipe") if typed_json.is_json(path) else _text_of(path)
    value = typed_json.load(text, path)
    if value.get("scaling_version") != RECIPE_VERSION:
        raise ContractError(
            f"scaling_version in {path} is {value.get('scaling_version')}, "
            f"expected {RECIPE_VERSION}"
        )
    variables = value.get("variables")
    if not isinstance(variables, dict) or not variables:
        raise ContractError(f"{path} has no variables, expected an object of them")
    source = Path(path).name
    return Recipe(
        source,
        {name: _transform(f"{name} in {source}", v) for name, v in variables.items()},
    )


def write_recipe(recipe: Recipe) -> str:
    """Write a recipe as the JSON text that `read_recipe` takes."""

    def written(transform: Transform) -> dict[str, Any]:
        keys = (*_TRANSFORMS[transform.transform], "training")
        values = {key: getattr(transform, key) for key in keys}
        given = {key: value for key, value in values.items() if value is not None}
        return {"transform": transform.transform, "units": transform.units} | given

    variables = {name: written(t) for name, t in recipe.transforms.items()}
    return json.dumps({"scaling_version": RECIPE_VERSION, "variables": variables})


SCALING = Option(
    "scaling",
    "how the training files were normalised: a JSON recipe, or a netCDF file that "
    f"holds it as attribute {RECIPE_ATTRIBUTE} (docs/normalisation.md). Never guessed",
    metavar="FILE.json|FILE.nc",
    parse=read_recipe,
    write=write_recipe,
)
_NETCDF = (b"\x89HDF", b"CDF\x01", b"CDF\x02", b"CDF\x05")


def _text_of(path: str) -> tuple[str | bytes, str]:
    """Text of the recipe in a file, and the name of the file."""
    try:
        with open(path, "rb") as file:
            start = file.read(4)
            text = b"" if start in _NETCDF else start + file.read()
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    return (_attribute(path) if start in _NETCDF else text), path


def _attribute(path: str) -> str:
    """Text of the recipe in the attributes of a netCDF file."""
    try:
        with Dataset(path) as data:
            places: list[Any] = [data, *data.variables.values()]
            found = sorted({name for place in places for name in place.ncattrs()})
            for place in places:
                if RECIPE_ATTRIBUTE in place.ncattrs():
                    return str(place.getncattr(RECIPE_ATTRIBUTE))
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    raise ModelFileError(
        f"{path} has attributes {', '.join(found) or 'none'}, expected "
        f"{RECIPE_ATTRIBUTE}, or a recipe written from them as JSON "
        "(docs/normalisation.md)"
    )


def _transform(what: str, value: Any) -> Transform:
    if not isinstance(value, dict):
        raise ContractError(f"{what} is no object")
    kind = value.get("transform")
    if kind not in _TRANSFORMS:
        expected = " or ".join(_TRANSFORMS)
        raise ContractError(f"transform of {what} is {kind}, expected {expected}")
    if not isinstance(value.get("units"), str):
        raise ContractError(f"units of {what} is missing, expected such as m s-1")
    surplus = set(value) - {"transform", "units", "training", *_TRANSFORMS[kind]}
    if surplus:
        raise ContractError(f"{min(surplus)} of {what} is no key of {kind}")
    numbers = {key: _numbers(key, what, value.get(key)) for key in _TRANSFORMS[kind]}
    for key in {"standard_deviation", "scale"} & set(numbers):
        if min(numbers[key]) <= 0.0:
            raise ContractError(
                f"{key} of {what} is {min(numbers[key])}, expected more than 0"
            )
    training = value.get("training")
    if training is not None:
        if not isinstance(training, dict) or set(training) - set(_STATISTICS):
            raise ContractError(
                f"training of {what} is {training}, expected {', '.join(_STATISTICS)}"
            )
        training = {k: _numbers(f"training.{k}", what, v) for k, v in training.items()}
    return Transform(kind, value["units"], **numbers, training=training)


def _numbers(key: str, what: str, value: Any) -> tuple[float, ...]:
    values = value if isinstance(value, list) else [value]
    for number in values:
        plain = isinstance(number, int | float) and not isinstance(number, bool)
        if not plain or not math.isfinite(number):
            found = "missing" if number is None else number
            raise ContractError(f"{key} of {what} is {found}, expected finite numbers")
    if not values:
        raise ContractError(f"{key} of {what} is empty, expected finite numbers")
    return tuple(np.asarray(values, dtype=np.float64).tolist())


def _few(names: Mapping[str, Any]) -> str:
    return ", ".join(list(names)[:6]) + (", ..." if len(names) > 6 else "")
