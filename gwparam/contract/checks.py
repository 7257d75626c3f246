"""What a contract must not contradict; ``contract_reader.cpp`` refuses the same."""

from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from gwparam.constants import (
    EXPECTED_ERROR,
    HALF_LEVELS,
    HALF_PRESSURE,
    PRESSURE,
    REFERENCE_SURFACE_PRESSURE,
)
from gwparam.contract.fields import Field, Flux, Geometry, Output, Vertical
from gwparam.errors import ContractError

MAX_LEVELS = 100_000
MAX_PROBE_COLUMNS = 100_000_000
"""Products of these still fit the integers of the library."""
FLUX_UNITS = {"omega": "Pa m s-2", "height": "Pa"}
_EXPECTED_ERROR = {"units": "1", "levels": "surface", "kind": "other"}
"""What a host blends by has one meaning."""

_GEOMETRY = {
    "column": (),
    "stencil": ("radius", "poles"),
    "global": ("latitude", "longitude"),
}
_VERTICAL = {
    "host": ("nominal_tolerance",),
    "pressure": ("pressure", "outside"),
    "hybrid": ("a", "b", "outside"),
}
_MAY_HAVE = {
    "host": ("nominal_pressure", "half_pressure"),
    "pressure": ("half_pressure",),
    "hybrid": ("half_a", "half_b"),
}


def refuse(key: str, found: object, expected: str) -> NoReturn:
    """Refuse a value, naming its key.

    Raises
    ------
    ContractError
        Always.
    """
    raise ContractError(f"{key} is {found}, expected {expected}")


def check_fields(inputs: Sequence[Field], outputs: Sequence[Output]) -> None:
    """Check names, units and levels of the fields.

    Raises
    ------
    ContractError
        If they contradict each other; the message names the key.
    """
    for key, fields in (("inputs", inputs), ("outputs", outputs)):
        if not fields:
            raise ContractError(f"{key} has no field, expected at least 1")
        for i, field in enumerate(fields):
            check_name(f"{key}[{i}].name", field.name)
            if not field.units:
                refuse(f"{key}[{i}].units", '""', "units, 1 for a pure number")
            if field.levels == "half":
                refuse(f"{key}[{i}].levels", "half, which is reserved", "full, surface")
        check_distinct(key, "name", [field.name for field in fields])
    taken = {field.name for field in inputs}
    for i, output in enumerate(outputs):
        if output.name in taken:
            refuse(f"outputs[{i}].name", output.name, "another name than an input's")
        if output.kind != "other" and output.levels != "full":
            refuse(f"outputs[{i}].levels", output.levels, f"full of a {output.kind}")
        if output.name == EXPECTED_ERROR:
            for key, expected in _EXPECTED_ERROR.items():
                if getattr(output, key) != expected:
                    refuse(f"outputs[{i}].{key}", getattr(output, key), expected)


def check_name(key: str, name: str) -> None:
    """Check that a name has no blanks in it, nor is one.

    Raises
    ------
    ContractError
        If it has; the message names the key.
    """
    if not name or any(c <= " " for c in name):
        refuse(key, f'"{name}"', "a name without blanks")


def check_distinct(key: str, part: str, names: Sequence[str]) -> None:
    """Check that no name is there twice.

    Raises
    ------
    ContractError
        If one is; the message names the list and the place of the second.
    """
    for i, name in enumerate(names):
        if name in names[:i]:
            refuse(f"{key}[{i}].{part}", f"{name} again", "distinct ones")


def check_geometry(geometry: Geometry) -> None:
    """Check that a geometry has what its kind needs.

    Raises
    ------
    ContractError
        If a key is missing, surplus or out of range; the message names it.
    """
    _expect_keys("geometry", geometry, _GEOMETRY[geometry.kind], ())
    if geometry.kind == "stencil" and geometry.radius not in (1, 2):
        refuse("geometry.radius", geometry.radius, "1 or 2")
    if geometry.latitude is not None:
        _check_axis("latitude", geometry.latitude, 90.0)
    if geometry.longitude is not None:
        _check_axis("longitude", geometry.longitude, 360.0)


def _check_axis(key: str, values: tuple[float, ...], bound: float) -> None:
    degrees = np.asarray(values)
    if not degrees.size or not _is_monotonic(degrees) or np.abs(degrees).max() > bound:
        raise ContractError(
            f"geometry.{key} is not monotonic within {-bound:g} to {bound:g} degrees"
        )
    if np.ptp(degrees) >= 360.0:
        raise ContractError(f"geometry.{key} goes round the globe more than once")


def _is_monotonic(values: Any) -> bool:
    steps = values[1:] > values[:-1], values[1:] < values[:-1]
    return any(step.all() for step in steps)


def check_vertical(vertical: Vertical) -> None:
    """Check that the levels of a network are what their kind needs.

    Raises
    ------
    ContractError
        If a key is missing, surplus or out of range; the message names it.
    """
    if not 1 <= vertical.nlev <= MAX_LEVELS:
        refuse("vertical.nlev", vertical.nlev, f"1 to {MAX_LEVELS}")
    kind = vertical.kind
    _expect_keys("vertical", vertical, _VERTICAL[kind], _MAY_HAVE[kind])
    tolerance = vertical.nominal_tolerance
    if tolerance is not None and not 0.0 <= tolerance < 1.0:
        refuse("vertical.nominal_tolerance", tolerance, "at least 0 and below 1")
    for key in ("a", "b", "half_pressure", "half_a", "half_b"):
        values = getattr(vertical, key)
        _check_count(f"vertical.{key}", values, vertical.nlev + key.startswith("half"))
        if key.startswith("half") and values is not None:
            refuse(f"vertical.{key}", "given", "null: half levels are reserved")
    for key in ("nominal_pressure", "pressure"):
        _check_pressure(vertical, key, getattr(vertical, key))
    if vertical.a is not None and vertical.b is not None:
        p0 = REFERENCE_SURFACE_PRESSURE
        pressure = [a + b * p0 for a, b in zip(vertical.a, vertical.b, strict=True)]
        _check_pressure(vertical, "a + b * 100000 Pa", pressure)


def _expect_keys(
    name: str,
    value: Geometry | Vertical,
    needed: tuple[str, ...],
    optional: tuple[str, ...],
) -> None:
    """Check that the keys of a kind are there, and those of no other."""
    for key, inner in vars(value).items():
        if key in needed and inner is None:
            raise ContractError(
                f"{name}.{key} is missing, expected with kind {value.kind}"
            )
        every = ("kind", "order", "nlev")
        if inner is not None and key not in (*every, *needed, *optional):
            raise ContractError(f"{name}.{key} is no key of kind {value.kind}")


def _check_count(key: str, values: Sequence[float] | None, expected: int) -> None:
    if values is not None and len(values) != expected:
        raise ContractError(f"{key} has {len(values)} values, expected {expected}")


def _check_pressure(
    vertical: Vertical, key: str, values: Sequence[float] | None
) -> None:
    if values is None:
        return
    _check_count(f"vertical.{key}", values, vertical.nlev)
    downwards = np.asarray(values)[:: 1 if vertical.order == "top_down" else -1]
    ordered = (downwards[1:] > downwards[:-1]).all()
    if not (downwards > 0.0).all() or not ordered or np.isinf(downwards).any():
        raise ContractError(
            f"vertical.{key} is not positive and monotonic, {vertical.order}"
        )


def check_flux(
    fluxes: Sequence[Flux], outputs: Sequence[Output], vertical: Vertical
) -> None:
    """Check that every flux among the outputs becomes one tendency.

    Raises
    ------
    ContractError
        If one does not; the message names the key.
    """
    known = {field.name: (i, field) for i, field in enumerate(outputs)}
    for i, flux in enumerate(fluxes):
        place, output = known.get(flux.name, (0, None))
        if output is None or output.kind != "flux":
            refuse(f"flux[{i}].name", flux.name, "an output of kind flux")
        elif output.units != FLUX_UNITS[flux.quantity]:
            refuse(
                f"outputs[{place}].units",
                output.units,
                f"{FLUX_UNITS[flux.quantity]} of a flux of quantity {flux.quantity}",
            )
        check_name(f"flux[{i}].tendency", flux.tendency)
        if flux.given_levels is not None:
            first, *end = flux.given_levels or (0,)
            if len(end) != 1 or not 0 <= first < end[0] <= vertical.nlev:
                refuse(
                    f"flux[{i}].given_levels",
                    list(flux.given_levels),
                    f"two of 0 to {vertical.nlev}, ascending",
                )
    check_distinct("flux", "name", [flux.name for flux in fluxes])
    named = {flux.name for flux in fluxes}
    for i, output in enumerate(outputs):
        if output.kind == "flux" and output.name not in named:
            refuse(f"outputs[{i}].kind", "flux", "an entry of flux for it")


def check_host_names(
    inputs: Sequence[Field], outputs: Sequence[Output], fluxes: Sequence[Flux]
) -> None:
    """Check that a host can tell what it puts and gets by name.

    Raises
    ------
    ContractError
        If it could not; the message names the key.
    """
    taken = {field.name for field in (*inputs, *outputs)}
    for i, flux in enumerate(fluxes):
        if flux.tendency in taken:
            refuse(f"flux[{i}].tendency", flux.tendency, "another name than a field's")
        taken.add(flux.tendency)
        if flux.name + HALF_LEVELS in taken:
            refuse(f"flux[{i}].name", flux.name, f"no field with {HALF_LEVELS} too")
        taken.add(flux.name + HALF_LEVELS)


def check_pressure_fields(inputs: Sequence[Field]) -> None:
    """Check the pressure among the inputs, which the library itself gives.

    Raises
    ------
    ContractError
        If it is not what the library gives; the message names the key.
    """
    for i, field in enumerate(inputs):
        if field.name == HALF_PRESSURE:
            refuse(f"inputs[{i}].name", field.name, "a field at full levels")
        if field.name == PRESSURE and field.levels != "full":
            refuse(f"inputs[{i}].levels", field.levels, f"full of {PRESSURE}")
        if field.name == PRESSURE and field.units != "Pa":
            refuse(f"inputs[{i}].units", field.units, f"Pa of {PRESSURE}")


def check_probe_columns(columns: int, geometry: Geometry) -> None:
    """Check the size of the probe.

    Raises
    ------
    ContractError
        If it has none, too many, or not those of one image of the globe.
    """
    if not 1 <= columns <= MAX_PROBE_COLUMNS:
        refuse("probe.columns", columns, f"1 to {MAX_PROBE_COLUMNS}")
    cells = len(geometry.latitude or ()) * len(geometry.longitude or ())
    if geometry.kind == "global" and columns != cells:
        refuse("probe.columns", columns, f"one image of {cells}")
