"""Momentum fluxes as outputs: what they are, and the tendencies that follow."""

from gwparam.contract import Field, Flux, Limit
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
MAXIMUM_TENDENCY = 0.01
"""Largest credible |tendency| [m s-2] unless the user knows better: 15 times the
largest drag (6.5e-4) of the Alexander-Dunkerton scheme in global T42L40 states of
MiMA."""
WINDS = ("eastward", "northward")

_NAMES = {
    "omega": "{}_momentum_flux_in_pressure_coordinates",
    "height": "upward_{}_momentum_flux_in_air",
}
_UNITS = {"omega": "Pa m s-2", "height": "Pa"}


def momentum_fluxes(
    options: Options, given_levels: tuple[int, int] | None = None
) -> tuple[tuple[Field, ...], tuple[Flux, ...], tuple[Limit, ...]]:
    """Declare the fluxes of eastward and northward momentum.

    Parameters
    ----------
    options : mapping
        Values of `FLUX_QUANTITY` and `FLUX_SIGN`.
    given_levels : pair of int, optional
        First level that the network gives, and the one after its last; all if absent.

    Returns
    -------
    outputs : tuple of Field
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
    outputs = tuple(
        Field(_NAMES[quantity].format(wind), _UNITS[quantity], "full", "float64")
        for wind in WINDS
    )
    tendencies = [f"tendency_of_{w}_wind_due_to_gravity_wave_drag" for w in WINDS]
    flux = tuple(
        Flux(output.name, quantity, sign, tendency, given_levels)
        for output, tendency in zip(outputs, tendencies, strict=True)
    )
    limits = tuple(Limit(tendency, MAXIMUM_TENDENCY) for tendency in tendencies)
    return outputs, flux, limits
