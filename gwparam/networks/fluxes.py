"""Momentum fluxes as outputs: what they are, and the tendencies that follow."""

from gwparam.constants import MAXIMUM_TENDENCY
from gwparam.contract import Flux, Limit, Output
from gwparam.contract.checks import FLUX_UNITS
from gwparam.networks.base import Option, Options

FLUX_QUANTITY = Option(
    "flux_quantity",
    "what the network's fluxes are: omega for u'omega' and v'omega' [Pa m s-2], height "
    "for rho u'w' and rho v'w' [Pa], w' positive upward. Never guessed",
    choices=("omega", "height"),
)
FLUX_SIGN = Option(
    "flux_sign",
    "sign of the network's fluxes: 1 if they are that quantity, -1 if they are minus "
    "that quantity. Never guessed",
    parse=int,
    choices=("1", "-1"),
)
OPTIONS = (FLUX_QUANTITY, FLUX_SIGN)
WINDS = ("eastward", "northward")

_NAMES = {
    "omega": "{}_momentum_flux_in_pressure_coordinates",
    "height": "upward_{}_momentum_flux_in_air",
}


def momentum_fluxes(
    options: Options, given_levels: tuple[int, int] | None = None
) -> tuple[tuple[Output, ...], tuple[Flux, ...], tuple[Limit, ...]]:
    """Declare the fluxes of eastward and northward momentum.

    Parameters
    ----------
    options : mapping
        Values of `FLUX_QUANTITY` and `FLUX_SIGN`.
    given_levels : pair of int, optional
        First level that the network gives, and the one after its last; all if absent.

    Returns
    -------
    outputs : tuple of Output
        The two fluxes.
    flux : tuple of Flux
        How they become tendencies.
    limits : tuple of Limit
        Of the two tendencies.

    Raises
    ------
    ArgumentError
        If quantity or sign is not given; the message says how to.
    """
    quantity = FLUX_QUANTITY.of(options, "the quantity of the network's fluxes")
    sign = FLUX_SIGN.of(options, "the sign of the network's fluxes")
    name, units = _NAMES[quantity], FLUX_UNITS[quantity]
    outputs = tuple(
        Output(name.format(wind), units, "full", "float64", "flux") for wind in WINDS
    )
    tendencies = [f"tendency_of_{w}_wind_due_to_gravity_wave_drag" for w in WINDS]
    flux = tuple(
        Flux(output.name, quantity, sign, tendency, given_levels)
        for output, tendency in zip(outputs, tendencies, strict=True)
    )
    limits = tuple(Limit(tendency, MAXIMUM_TENDENCY) for tendency in tendencies)
    return outputs, flux, limits
