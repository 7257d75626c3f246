"""Options of an export that its contract implies."""

from typing import Any

from gwparam.contract import Contract
from gwparam.networks import NETWORKS


def implied_options(contract: Contract) -> dict[str, Any]:
    """Find the options that the export must have been given, by name.

    Those that the contract does not hold, such as ``scaling``, are not among them.
    """
    architecture = NETWORKS.get(contract.source.architecture)
    known = {option.name for option in architecture.options} if architecture else set()
    inputs = {field.name for field in contract.inputs}
    found: dict[str, Any] = {"levels": contract.vertical}
    if contract.geometry.kind == "global":
        found["grid"] = contract.geometry
    for flux in contract.flux[:1]:
        found |= {"flux_quantity": flux.quantity, "flux_sign": str(flux.sign)}
        if flux.given_levels is not None:
            found["output_levels"] = tuple(flux.given_levels)
    if contract.mask is not None:
        found |= {"mask_ratio": contract.mask.ratio, "mask_seed": contract.mask.seed}
    if contract.lead_time is not None:
        found["lead_time"] = contract.lead_time / 3600.0
    for name in ("air_temperature", "air_potential_temperature"):
        if name in inputs:
            found["temperature"] = name
    if "northward_wind" in inputs:
        warm = "t" if "temperature" in found else ""
        vertical_winds = {"upward_air_velocity", "lagrangian_tendency_of_air_pressure"}
        rising = bool(vertical_winds & inputs)
        if rising:
            omega = "lagrangian_tendency_of_air_pressure" in inputs
            found["vertical_velocity"] = "omega" if omega else "w"
        found["features"] = {
            ("t", True): "uvthetaw",
            ("t", False): "uvtheta",
            ("", True): "uvw",
        }.get((warm, rising))
    return {name: value for name, value in found.items() if name in known}
