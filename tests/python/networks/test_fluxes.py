import pytest

from gwparam.contract import Flux, Limit, Output
from gwparam.errors import ArgumentError
from gwparam.networks.fluxes import FLUX_QUANTITY, FLUX_SIGN, momentum_fluxes

EASTWARD, NORTHWARD = (
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
)


@pytest.mark.parametrize("given_levels", [None, (2, 7)])
@pytest.mark.parametrize(
    ("quantity", "sign", "units", "names"),
    [
        (
            "omega",
            -1,
            "Pa m s-2",
            [
                "eastward_momentum_flux_in_pressure_coordinates",
                "northward_momentum_flux_in_pressure_coordinates",
            ],
        ),
        (
            "height",
            1,
            "Pa",
            [
                "upward_eastward_momentum_flux_in_air",
                "upward_northward_momentum_flux_in_air",
            ],
        ),
    ],
)
def test_fluxes_of_both_winds_become_tendencies(
    quantity, sign, units, names, given_levels
):
    options = {"flux_quantity": quantity, "flux_sign": sign}

    outputs, flux, limits = momentum_fluxes(options, given_levels)

    assert outputs == tuple(
        Output(name, units, "full", "float64", "flux") for name in names
    )
    assert flux == (
        Flux(names[0], quantity, sign, EASTWARD, given_levels),
        Flux(names[1], quantity, sign, NORTHWARD, given_levels),
    )
    assert [limit.name for limit in limits] == [EASTWARD, NORTHWARD]
    assert all(isinstance(limit, Limit) for limit in limits)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"flux_sign": 1},
            "the quantity of the network's fluxes is not known, "
            "expected flux_quantity omega|height",
        ),
        (
            {"flux_quantity": "omega"},
            "the sign of the network's fluxes is not known, expected flux_sign 1|-1",
        ),
    ],
)
def test_quantity_and_sign_are_never_guessed(options, message):
    with pytest.raises(ArgumentError) as caught:
        momentum_fluxes(options)

    assert str(caught.value) == message


def test_options_allow_no_third_value():
    assert FLUX_SIGN.read("-1") == -1
    with pytest.raises(ArgumentError, match=r"^flux_sign is 0, expected 1 or -1$"):
        FLUX_SIGN.read(0)
    with pytest.raises(
        ArgumentError, match=r"^flux_quantity is w, expected omega or height$"
    ):
        FLUX_QUANTITY.read("w")
