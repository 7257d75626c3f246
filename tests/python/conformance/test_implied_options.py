from dataclasses import replace

import pytest

from gwparam.conformance.implied_options import implied_options
from gwparam.contract import Field, Flux, Geometry, Limit, Output, Probe

FLUXES = ("eastward_flux", "northward_flux")


def of_network(contract, architecture, inputs, given=None, **changes):
    """A contract of a flux network."""
    source = replace(contract.source, architecture=architecture)
    fields = tuple(Field(name, "1", "full", "float64") for name in inputs)
    flux = tuple(Flux(name, "omega", -1, f"drag_{name}", given) for name in FLUXES)
    outputs = tuple(
        Output(name, "Pa m s-2", "full", "float64", "flux") for name in FLUXES
    )
    limits = tuple(Limit(f"drag_{name}", 1.0) for name in FLUXES)
    changes |= {"source": source, "inputs": fields, "outputs": outputs}
    return replace(contract, flux=flux, limits=limits, **changes)


@pytest.mark.parametrize(
    ("third", "features"),
    [
        (["air_potential_temperature"], "uvtheta"),
        (["air_temperature", "upward_air_velocity"], "uvthetaw"),
        (["lagrangian_tendency_of_air_pressure"], "uvw"),
    ],
)
def test_features_follow_from_the_inputs(contract, third, features):
    inputs = ["eastward_wind", "northward_wind", *third]

    found = implied_options(of_network(contract, "ann_cnn", inputs))

    assert found["features"] == features
    assert found["flux_quantity"] == "omega"
    assert found["flux_sign"] == "-1"
    assert found["levels"] is contract.vertical
    assert "output_levels" not in found
    assert found.get("temperature") == (third[0] if "temp" in third[0] else None)


def test_levels_that_a_network_gives_are_implied(contract):
    found = implied_options(of_network(contract, "ann_cnn", ["northward_wind"], [0, 3]))

    assert found["output_levels"] == (0, 3)


def test_grid_is_that_of_a_global_network_that_takes_one(contract):
    geometry = Geometry("global", latitude=(-45.0, 45.0), longitude=(0.0, 180.0))
    winds = ["northward_wind"]

    more = {"geometry": geometry, "probe": Probe(4, 1e-12)}
    unet = of_network(contract, "attention_unet", winds, **more)
    ann = of_network(contract, "ann_cnn", winds, **more)

    assert implied_options(unet)["grid"] is geometry
    assert "grid" not in implied_options(ann)


def test_network_that_is_not_known_has_no_options(contract):
    assert implied_options(contract) == {}
