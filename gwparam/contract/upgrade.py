"""Older contracts as one of the newest version; `contract_upgrade.cpp` does the same.

What is wrong in a contract is left as it is: the reader of the newest version says so.
"""

from typing import Any

_FIELD = ("name", "units", "levels", "dtype")
_VERSION_1: dict[str, tuple[str, ...]] = {
    "contract": (
        *("contract_version", "name", "gwparam_version", "torch_version", "created"),
        *("source", "citation", "geometry", "inputs", "outputs", "compute_dtype"),
        *("vertical", "flux", "training_range", "limits", "probe"),
    ),
    "source": ("architecture", "checkpoint", "sha256"),
    "geometry": ("kind", "radius", "poles", "latitude", "longitude"),
    "inputs": _FIELD,
    "outputs": _FIELD,
    "vertical": (
        *("kind", "order", "nlev", "nominal_pressure", "nominal_tolerance"),
        *("pressure", "a", "b", "outside"),
    ),
    "flux": ("name", "quantity", "sign", "tendency", "given_levels"),
    "training_range": ("name", "mean", "standard_deviation", "minimum", "maximum"),
    "limits": ("name", "maximum_magnitude"),
    "probe": ("columns", "tolerance", "reduced_tolerance"),
}
"""The keys of version 1 and of the objects in it; others meant nothing."""


def upgrade(value: dict[str, Any]) -> dict[str, Any]:
    """Give a contract as one of the newest version.

    Version 1 had no `kind` of an output: a tendency was one by the beginning of its
    name. It ignored keys that it did not know.

    Parameters
    ----------
    value : dict
        The JSON object of a contract of any version.

    Returns
    -------
    dict
        The same object, or another one with the contents of it.
    """
    version = value.get("contract_version")
    if type(version) is not int or version != 1:  # True and 1.0 are no versions
        return value
    parts = {key: _known(key, part) for key, part in _known("contract", value).items()}
    fluxes = [item.get("name") for item in _objects(parts.get("flux"))]
    for output in _objects(parts.get("outputs")):
        name = output.get("name")
        if name in fluxes:
            output["kind"] = "flux"
        else:
            tendency = isinstance(name, str) and name.startswith("tendency_of_")
            output["kind"] = "tendency" if tendency else "other"
    return parts | {"contract_version": 2}


def _known(key: str, part: Any) -> Any:
    """Leave out what version 1 had no meaning for."""
    if key in _VERSION_1 and isinstance(part, dict):
        return {k: v for k, v in part.items() if k in _VERSION_1[key]}
    if key in _VERSION_1 and isinstance(part, list):
        return [_known(key, item) if isinstance(item, dict) else item for item in part]
    return part


def _objects(part: Any) -> list[dict[str, Any]]:
    items = part if isinstance(part, list) else []
    return [item for item in items if isinstance(item, dict)]
