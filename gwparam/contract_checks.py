"""What a contract must not contradict: the checks of the classes of `contract`."""

import math
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any

import numpy as np

from gwparam.errors import ContractError

if TYPE_CHECKING:
    from gwparam.contract import Contract, Geometry, Vertical


def check_contract(contract: "Contract") -> None:
    """Check that the parts of a contract fit together.

    Raises
    ------
    ContractError
        If two parts contradict each other; the message names the key.
    """
    for key in ("inputs", "outputs"):
        names = [field.name for field in getattr(contract, key)]
        if not names or len(set(names)) != len(names):
            raise ContractError(f"{key} has names {names}, expected distinct ones")
    if contract.contract_version < 1:
        raise ContractError(
            f"contract_version is {contract.contract_version}, expected at least 1"
        )
    check_geometry(contract.geometry)
    check_vertical(contract.vertical)
    _check_flux(contract)
    _check_ranges(contract)
    _check_limits(contract)
    _check_probe(contract)


def check_geometry(geometry: "Geometry") -> None:
    """Check that a geometry has what its kind needs.

    Raises
    ------
    ContractError
        If a key is missing, surplus or out of range; the message names it.
    """
    keys = {"column": (), "stencil": ("radius", "poles")}
    _expect_keys("geometry", geometry, keys | {"global": ("latitude", "longitude")})
    if geometry.kind == "stencil" and geometry.radius not in (1, 2):
        raise ContractError(f"geometry.radius is {geometry.radius}, expected 1 or 2")
    if geometry.latitude is not None:
        _check_axis("latitude", geometry.latitude, 90.0)
    if geometry.longitude is not None:
        _check_axis("longitude", geometry.longitude, 360.0)


def _check_axis(key: str, values: tuple[float, ...], bound: float) -> None:
    degrees = np.asarray(values)
    steps = np.diff(degrees)
    monotonic = (steps > 0.0).all() or (steps < 0.0).all()
    if not degrees.size or not monotonic or np.abs(degrees).max() > bound:
        raise ContractError(
            f"geometry.{key} is not monotonic within {-bound:g} to {bound:g} degrees"
        )
    if np.ptp(degrees) >= 360.0:
        raise ContractError(f"geometry.{key} goes round the globe more than once")


def check_vertical(vertical: "Vertical") -> None:
    """Check that the levels of a network are what their kind needs.

    Raises
    ------
    ContractError
        If a key is missing, surplus or out of range; the message names it.
    """
    if vertical.nlev < 1:
        raise ContractError(f"vertical.nlev is {vertical.nlev}, expected at least 1")
    keys = {"host": ("nominal_tolerance",), "pressure": ("pressure", "outside")}
    _expect_keys("vertical", vertical, keys | {"hybrid": ("a", "b", "outside")})
    if vertical.nominal_pressure is not None:
        _check_pressure(vertical, "nominal_pressure", vertical.nominal_pressure)
    if vertical.pressure is not None:
        _check_pressure(vertical, "pressure", vertical.pressure)
    if vertical.a is not None and vertical.b is not None:
        for key in ("a", "b"):
            _check_count(vertical, key, getattr(vertical, key))
        pressure = np.asarray(vertical.a) + 1e5 * np.asarray(vertical.b)
        _check_pressure(vertical, "a + b * 100000 Pa", pressure)


def _expect_keys(
    name: str, value: "Geometry | Vertical", keys: dict[str, tuple[str, ...]]
) -> None:
    """Check that exactly the keys of a kind are there."""
    expected = keys[value.kind]
    for key in fields(value):
        there = getattr(value, key.name) is not None
        if key.name in expected and not there:
            raise ContractError(
                f"{name}.{key.name} is missing, expected with kind {value.kind}"
            )
        common = key.default is MISSING  # every kind has it, or may say null
        if there and not common and key.name not in expected:
            raise ContractError(f"{name}.{key.name} is no key of kind {value.kind}")


def _check_count(vertical: "Vertical", key: str, values: Any) -> None:
    if len(values) != vertical.nlev:
        raise ContractError(
            f"vertical.{key} has {len(values)} values, expected {vertical.nlev}"
        )


def _check_pressure(vertical: "Vertical", key: str, values: Any) -> None:
    _check_count(vertical, key, values)
    pressure = np.asarray(values)
    steps = np.diff(pressure) * (1.0 if vertical.order == "top_down" else -1.0)
    if not (pressure > 0.0).all() or not (steps > 0.0).all():
        raise ContractError(
            f"vertical.{key} is not positive and monotonic, {vertical.order}"
        )


def _check_flux(contract: "Contract") -> None:
    outputs = {field.name: field for field in contract.outputs}
    nlev = contract.vertical.nlev
    for i, flux in enumerate(contract.flux):
        if flux.name not in outputs or outputs[flux.name].levels != "full":
            raise ContractError(
                f"flux[{i}].name is {flux.name}, expected an output on full levels"
            )
        if flux.tendency in outputs:
            raise ContractError(f"flux[{i}].tendency is the output {flux.tendency}")
        if flux.given_levels is not None:
            first, *end = flux.given_levels or (0,)
            if len(end) != 1 or not 0 <= first < end[0] <= nlev:
                raise ContractError(
                    f"flux[{i}].given_levels is {list(flux.given_levels)}, "
                    f"expected two of 0 to {nlev}, ascending"
                )
    for key in ("name", "tendency"):
        names = [getattr(flux, key) for flux in contract.flux]
        if len(set(names)) != len(names):
            raise ContractError(f"flux has {key} {names}, expected distinct ones")


def _check_ranges(contract: "Contract") -> None:
    inputs = {field.name: field for field in contract.inputs}
    for i, seen in enumerate(contract.training_range):
        key = f"training_range[{i}]"
        if seen.name not in inputs:
            raise ContractError(f"{key}.name is {seen.name}, expected an input")
        nlev = contract.nlev(inputs[seen.name])
        for part in ("mean", "standard_deviation", "minimum", "maximum"):
            values = getattr(seen, part)
            if values is not None and len(values) != nlev:
                raise ContractError(
                    f"{key}.{part} has {len(values)} values, expected {nlev}"
                )


def _check_limits(contract: "Contract") -> None:
    limited = [limit.name for limit in contract.limits]
    for name in contract.tendencies:
        if limited.count(name) != 1:
            raise ContractError(
                f"limits has {limited.count(name)} entries for {name}, expected 1"
            )
    for i, limit in enumerate(contract.limits):
        if limit.name not in contract.tendencies:
            raise ContractError(
                f"limits[{i}].name is {limit.name}, expected a tendency"
            )
        if not limit.maximum_magnitude > 0.0:
            raise ContractError(
                f"limits[{i}].maximum_magnitude is {limit.maximum_magnitude}, "
                "expected more than 0"
            )


def _check_probe(contract: "Contract") -> None:
    probe = contract.probe
    if probe.columns < 1:
        raise ContractError(f"probe.columns is {probe.columns}, expected at least 1")
    cells = math.prod(contract.image_shape)
    if contract.geometry.kind == "global" and probe.columns != cells:
        raise ContractError(
            f"probe.columns is {probe.columns}, expected one image of {cells}"
        )
    for key in ("tolerance", "reduced_tolerance"):
        value = getattr(probe, key)
        if value is not None and not value >= 0.0:
            raise ContractError(f"probe.{key} is {value}, expected at least 0")
