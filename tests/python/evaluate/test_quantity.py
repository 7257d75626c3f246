from types import SimpleNamespace

import pytest

from gwparam.contract import Flux
from gwparam.errors import ContractError
from gwparam.evaluate.quantity import DRAG, FLUXES, flux_of, known_by


def network(names):
    """What `flux_of` needs of a contract."""
    flux = tuple(Flux(name, "omega", 1, f"drag_{name}", None) for name in names)
    outputs = [SimpleNamespace(name=name) for name in names or ("tendency",)]
    return SimpleNamespace(name="network", flux=flux, outputs=outputs)


def test_drag_has_two_components_eastward_first():
    assert DRAG.units == "m s-2"
    assert DRAG.names == (
        "tendency_of_eastward_wind_due_to_gravity_wave_drag",
        "tendency_of_northward_wind_due_to_gravity_wave_drag",
    )


@pytest.mark.parametrize("quantity", FLUXES)
def test_flux_of_a_network_is_known_by_its_names(quantity):
    assert flux_of(network(quantity.names)) is quantity


@pytest.mark.parametrize("names", [(), FLUXES[0].names[::-1], FLUXES[0].names[:1]])
def test_network_without_both_fluxes_is_refused(names):
    with pytest.raises(ContractError, match=r"network gives .*, expected the momentum"):
        flux_of(network(names))


def test_drag_comes_before_fluxes():
    assert known_by(lambda _: True, "file") is DRAG
    assert known_by(lambda q: q.kind == "momentum_flux", "file") is FLUXES[0]


def test_file_without_any_names_what_was_looked_for():
    with pytest.raises(
        ContractError,
        match=r"file.nc has neither drag nor momentum fluxes: looked for tendency",
    ):
        known_by(lambda _: False, "file.nc")
