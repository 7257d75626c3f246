"""What is compared: two components of the drag, or of a flux of momentum."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from gwparam.contract import Contract, Field
from gwparam.errors import ContractError

COMPONENTS = ("eastward", "northward")

_DRAG = "tendency_of_{}_wind_due_to_gravity_wave_drag"
_FLUXES = {
    "{}_momentum_flux_in_pressure_coordinates": "Pa m s-2",
    "upward_{}_momentum_flux_in_air": "Pa",
}

# Units that make numbers of one to three digits of a drag and of a momentum flux.
_SHOWN_UNITS = {
    "m s-2": (86400.0, "m s⁻¹ day⁻¹"),
    "Pa": (1000.0, "mPa"),
}


@dataclass(frozen=True)
class Quantity:
    """A vector on levels.

    Attributes
    ----------
    kind : str
        ``drag`` or ``momentum_flux``.
    fields : tuple of Field
        Its components, eastward first, in the units of all results.
    """

    kind: Literal["drag", "momentum_flux"]
    fields: tuple[Field, Field]

    @property
    def units(self) -> str:
        """Units of both components."""
        return self.fields[0].units

    @property
    def names(self) -> tuple[str, str]:
        """Names of the components, which are standard names."""
        return self.fields[0].name, self.fields[1].name


def _quantity(
    kind: Literal["drag", "momentum_flux"], name: str, units: str
) -> Quantity:
    east, north = (
        Field(name.format(wind), units, "full", "float64") for wind in COMPONENTS
    )
    return Quantity(kind, (east, north))


DRAG = _quantity("drag", _DRAG, "m s-2")
FLUXES = tuple(_quantity("momentum_flux", n, u) for n, u in _FLUXES.items())


def shown_units(units: str) -> tuple[float, str]:
    """Give what values in some units are multiplied with to be shown, and its units."""
    return _SHOWN_UNITS.get(units, (1.0, units))


def flux_of(contract: Contract) -> Quantity:
    """Find which flux a network gives.

    Raises
    ------
    ContractError
        If it gives none.
    """
    names = tuple(flux.name for flux in contract.flux)
    for quantity in FLUXES:
        if quantity.names == names:
            return quantity
    outputs = ", ".join(field.name for field in contract.outputs)
    raise ContractError(
        f"the network {contract.name} gives {outputs}, expected the momentum fluxes "
        "that training files hold"
    )


def known_by(find: Callable[[Quantity], bool], path: str) -> Quantity:
    """Find the quantity that a file has: drag, or else a flux.

    Parameters
    ----------
    find : callable
        Whether the file has a quantity.
    path : str
        The file, for the message.

    Raises
    ------
    ContractError
        If it has none.
    """
    for quantity in (DRAG, *FLUXES):
        if find(quantity):
            return quantity
    looked = "; ".join(" and ".join(q.names) for q in (DRAG, *FLUXES))
    raise ContractError(
        f"{path} has neither drag nor momentum fluxes: looked for {looked}"
    )
