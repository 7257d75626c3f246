"""The levels that a network was trained on, and their pressure inside its graph."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from netCDF4 import Dataset
from torch import Tensor, nn

from gwparam.constants import NOMINAL_TOLERANCE
from gwparam.contract import Field, Vertical, check_vertical, typed_json
from gwparam.errors import ContractError, ModelFileError
from gwparam.file_kinds import check_readable
from gwparam.networks.base import Option, Options
from gwparam.units import conversion

_KEYS = ("pressure", "a", "b")


def read_levels(path: str) -> Vertical:
    """Read the levels of a network; `docs/export.md` describes the file.

    Parameters
    ----------
    path : str
        JSON or netCDF: ``pressure`` of the full levels, or ``a`` and ``b`` of a hybrid
        coordinate, top first, with the units of ``pressure`` or ``a``; or the JSON text
        itself.

    Returns
    -------
    Vertical
        Top first; `outside` is ``zero``.

    Raises
    ------
    ModelFileError, ContractError
        If it cannot be read, or a value is missing; the message names the key.
    """
    if typed_json.is_json(path):
        given, path = typed_json.load(path, "the levels"), "the levels"
    else:
        check_readable(path)
        given = _read_json(path) if path.endswith(".json") else _read_netcdf(path)
    if given.get("kind") == "host" and "nlev" in given:
        return _host(path, given)
    if ("pressure" in given) == ("a" in given and "b" in given):
        raise ContractError(
            f"{path} holds {_list(given)}, expected pressure or a and b"
        )
    key = "pressure" if "pressure" in given else "a"
    pressure = _pascal(path, given, key)
    if given.get("kind") == "host":
        return _host(path, given | {"nlev": len(pressure)}, pressure)
    if key == "pressure":
        vertical = Vertical(
            "pressure",
            "top_down",
            len(pressure),
            None,
            None,
            pressure=pressure,
            outside="zero",
        )
    else:
        vertical = Vertical(
            "hybrid",
            "top_down",
            len(pressure),
            None,
            None,
            a=pressure,
            b=_values(path, given, "b"),
            outside="zero",
        )
    check_vertical(vertical)
    return vertical


def write_levels(vertical: Vertical) -> str:
    """Write levels as the JSON text that `read_levels` takes; not what is outside."""
    given: dict[str, Any] = {"units": "Pa"}
    if vertical.kind == "host":
        given |= {"kind": "host", "nlev": vertical.nlev}
        if vertical.nominal_pressure is not None:
            given["pressure"] = vertical.nominal_pressure
            del given["nlev"]
    elif vertical.kind == "pressure":
        given["pressure"] = vertical.pressure
    else:
        given |= {"a": vertical.a, "b": vertical.b}
    return json.dumps(given)


def _host(
    path: str, given: dict[str, Any], pressure: tuple[float, ...] | None = None
) -> Vertical:
    if not isinstance(given["nlev"], int):
        raise ContractError(f"nlev in {path} is {given['nlev']}, expected an integer")
    vertical = Vertical("host", "top_down", given["nlev"], pressure, NOMINAL_TOLERANCE)
    check_vertical(vertical)
    return vertical


def _read_json(path: str) -> dict[str, Any]:
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    return typed_json.load(text, path)


def _read_netcdf(path: str) -> dict[str, Any]:
    given: dict[str, Any] = {}
    try:
        with Dataset(path) as data:
            for key in _KEYS:
                if key in data.variables:
                    given[key] = np.ma.getdata(data[key][:]).astype(float).tolist()
                    if key != "b":
                        given["units"] = getattr(data[key], "units", None)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    return given


def _pascal(path: str, given: dict[str, Any], key: str) -> tuple[float, ...]:
    units = given.get("units")
    if not isinstance(units, str):
        raise ContractError(f"{key} in {path} has no units, expected for example Pa")
    values = np.array(_values(path, given, key))
    return tuple(conversion(units, "Pa", f"{key} in {path}")(values).tolist())


def _values(path: str, given: dict[str, Any], key: str) -> tuple[float, ...]:
    values = given[key]
    if not isinstance(values, list) or not all(
        isinstance(v, int | float) and np.isfinite(v) for v in values
    ):
        raise ContractError(
            f"{key} in {path} is {json.dumps(values)[:60]}, expected finite numbers"
        )
    return tuple(map(float, values))


def _list(given: dict[str, Any]) -> str:
    return ", ".join(given) or "neither"


LEVELS = Option(
    "levels",
    "levels that the network was trained on, top first: JSON or netCDF with pressure, "
    "or with a and b of p = a + b ps, at full levels. Never guessed",
    metavar="FILE",
    parse=read_levels,
    write=write_levels,
)
OUTSIDE = Option(
    "outside",
    "what the host's levels beyond the network's get: zero (no drag; the default) or "
    "taper (the flux falls linearly in pressure to zero at the host's top)",
    choices=("zero", "taper"),
)


class LevelPressure(nn.Module):
    """Pressure at the network's levels, from the one field that it depends on.

    Parameters
    ----------
    vertical : Vertical
        The network's levels.
    trailing : int
        Number of axes after the level: 0 for columns, 2 for images and stencils.
    """

    a: Tensor
    b: Tensor

    def __init__(self, vertical: Vertical, trailing: int) -> None:
        super().__init__()
        zeros = (0.0,) * vertical.nlev
        a = vertical.a or vertical.pressure or zeros
        b = vertical.b or zeros
        shape = (1, vertical.nlev, *[1] * trailing)
        self.register_buffer("a", torch.tensor(a, dtype=torch.float64).view(shape))
        self.register_buffer("b", torch.tensor(b, dtype=torch.float64).view(shape))
        self.host = vertical.kind == "host"

    def forward(self, pressure: Tensor) -> Tensor:
        """Compute the pressure.

        Parameters
        ----------
        pressure : Tensor
            The field that `pressure_field` names: at full levels (rows, nlev, ...), or
            at the surface (rows, 1, ...) [Pa].

        Returns
        -------
        Tensor, shape (rows, nlev, ...)
            Pressure [Pa].
        """
        if self.host:
            return pressure
        return self.a + self.b * pressure


def pressure_field(vertical: Vertical) -> Field | None:
    """Input that `LevelPressure` needs; None where the pressure is constant."""
    if vertical.kind == "host":
        return Field("air_pressure", "Pa", "full", "float64")
    if vertical.kind == "hybrid":
        return Field("surface_air_pressure", "Pa", "surface", "float64")
    return None


def levels_of(options: Options, what: str) -> Vertical:
    """Levels that the options give.

    Raises
    ------
    ArgumentError
        If they do not; the message says how to.
    """
    vertical: Vertical = LEVELS.of(options, what)
    if "outside" in options and vertical.kind != "host":
        return replace(vertical, outside=options["outside"])
    return vertical
