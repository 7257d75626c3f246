"""Scaling recipes: files that say how a network's fields were normalised.

`docs/normalisation.md` describes them.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from netCDF4 import Dataset

from gwparam.contract import Field, typed_json
from gwparam.errors import ArgumentError, ContractError, ModelFileError, one_of
from gwparam.file_kinds import check_readable
from gwparam.networks.base import Option
from gwparam.networks.scaling import STATISTICS, Transform
from gwparam.networks.scaling_formula import find_formulas

RECIPE_VERSION = 1
RECIPE_ATTRIBUTE = "gwparam_scaling"
NAMED = {
    path.stem: path
    for path in sorted((Path(__file__).parent / "recipes").glob("*.json"))
}
"""Recipes of published training files, which ship with the package, by name."""

_REQUIRED = {
    "linear": ("mean", "standard_deviation"),
    "cube_root": ("scale", "mean", "standard_deviation"),
}
_OPTIONAL: dict[str, tuple[str, ...]] = {"linear": (), "cube_root": ("offset",)}
# Single precision keeps seven digits.
_SAME = 1e-6


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
        Name of a recipe in `NAMED`; a JSON file; a netCDF file with that JSON as
        attribute ``gwparam_scaling``, of the file or of one of its variables, or with
        formulas in its attributes; or the JSON text itself.

    Raises
    ------
    ModelFileError
        If it cannot be read, or holds no recipe.
    ContractError
        If the recipe is malformed; the message names the key.
    """
    if typed_json.is_json(path):
        return _read(path, "the recipe")
    file = NAMED.get(path, Path(path))
    check_readable(file)
    try:
        with open(file, "rb") as opened:
            start = opened.read(4)
            text = b"" if start in _NETCDF else start + opened.read()
    except OSError as error:
        raise ModelFileError(
            f"cannot read {path}: {error.strerror}, expected a file or one of "
            f"{', '.join(NAMED)}"
        ) from None
    return _of_training_file(path) if start in _NETCDF else _read(text, str(file))


def _read(text: str | bytes, path: str) -> Recipe:
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
        kind = transform.transform
        keys = (*_REQUIRED[kind], *_OPTIONAL[kind], "training")
        values = {key: getattr(transform, key) for key in keys}
        given = {k: v for k, v in values.items() if v is not None and v != ()}
        return {"transform": kind, "units": transform.units} | given

    variables = {name: written(t) for name, t in recipe.transforms.items()}
    return json.dumps({"scaling_version": RECIPE_VERSION, "variables": variables})


SCALING = Option(
    "scaling",
    "how the training files were normalised: a JSON recipe, a training file whose "
    f"attributes hold it ({RECIPE_ATTRIBUTE}, or formulas), or the name of a published "
    f"one, {', '.join(NAMED)} (docs/normalisation.md). Never guessed",
    metavar="FILE.json|FILE.nc|NAME",
    parse=read_recipe,
    write=write_recipe,
)
_NETCDF = (b"\x89HDF", b"CDF\x01", b"CDF\x02", b"CDF\x05")


def _of_training_file(path: str) -> Recipe:
    """Recipe in the attributes of a netCDF file."""
    texts: list[tuple[str, str]] = []
    try:
        with Dataset(path) as data:
            holders: list[Any] = [data, *data.variables.values()]
            for holder in holders:
                for name in holder.ncattrs():
                    texts.append((name, str(holder.getncattr(name))))
    except (OSError, RuntimeError) as error:
        raise ModelFileError(f"cannot read {path}: {error}") from None
    for name, text in texts:
        if name == RECIPE_ATTRIBUTE:
            return _read(text, path)
    transforms = find_formulas(texts, path)
    if transforms:
        return Recipe(Path(path).name, transforms)
    found = sorted({name for name, _ in texts})
    raise ModelFileError(
        f"{path} has attributes {', '.join(found) or 'none'}, expected "
        f"{RECIPE_ATTRIBUTE}, or a recipe written from them as JSON "
        "(docs/normalisation.md)"
    )


def with_training_file(given: Recipe | None, path: str) -> Recipe:
    """Take the recipe of a training file, or check that it is the one given.

    Raises
    ------
    ModelFileError, ContractError, ArgumentError
        As `read_recipe` and `check_same`.
    """
    recipe = read_recipe(path)
    if given is None:
        return recipe
    check_same(given, recipe)
    return given


def check_same(recipe: Recipe, other: Recipe) -> int:
    """Check that two recipes agree on what both of them know.

    Returns
    -------
    int
        The number of variables that both know.

    Raises
    ------
    ContractError
        If they differ; the message names the variable and the key.
    ArgumentError
        If they have no variable in common.
    """
    common = [name for name in recipe.transforms if name in other.transforms]
    if not common:
        raise ArgumentError(
            f"{other.source} has no variable of {recipe.source}: "
            f"it has {_few(other.transforms)}"
        )
    for name in common:
        mine, its = recipe.transforms[name], other.transforms[name]
        count = max(mine.length, its.length)
        field = Field(name, mine.units, "full", "float64")
        mine, its = (transform.for_field(field, count) for transform in (mine, its))
        for key in ("transform", *_REQUIRED["cube_root"], "offset"):
            expected, given = getattr(mine, key), getattr(its, key)
            if expected == given or (
                key != "transform"
                and np.allclose(given, expected, rtol=_SAME, atol=_SAME * _size(mine))
            ):
                continue
            raise ContractError(
                f"{key} of {name} is {_first(given)} in {other.source}, expected "
                f"{_first(expected)} of {recipe.source}"
            )
    return len(common)


def _size(transform: Transform) -> float:
    return min(transform.scale or transform.standard_deviation)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and len(set(value)) == 1 else value


def _transform(what: str, value: Any) -> Transform:
    if not isinstance(value, dict):
        raise ContractError(f"{what} is no object")
    kind = value.get("transform")
    if kind not in _REQUIRED:
        expected = one_of(_REQUIRED)
        raise ContractError(f"transform of {what} is {kind}, expected {expected}")
    if not isinstance(value.get("units"), str):
        raise ContractError(f"units of {what} are missing, expected for example m s-1")
    optional = {key for key in _OPTIONAL[kind] if key in value}
    keys = (*_REQUIRED[kind], *optional)
    surplus = set(value) - {"transform", "units", "training", *keys}
    if surplus:
        raise ContractError(f"{min(surplus)} of {what} is no key of {kind}")
    numbers = {key: _numbers(key, what, value.get(key)) for key in keys}
    for key in {"standard_deviation", "scale"} & set(numbers):
        if min(numbers[key]) <= 0.0:
            raise ContractError(
                f"{key} of {what} is {min(numbers[key])}, expected more than 0"
            )
    training = value.get("training")
    if training is not None:
        if not isinstance(training, dict) or set(training) - set(STATISTICS):
            raise ContractError(
                f"training of {what} is {training}, expected {', '.join(STATISTICS)}"
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
