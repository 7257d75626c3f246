import artefacts
import pytest
from artefacts import DUDT, DVDT
from flux_networks import FLUXES, write_flux_artefact

from gwparam.audit.subject import Answer, answers_of, component
from gwparam.contract import Contract, read_contract
from gwparam.errors import ContractError


def contract(**changed):
    import json

    return Contract.from_json(json.dumps(artefacts.contract() | changed))


def test_drag_is_what_is_audited_with_the_wind_it_acts_on():
    assert answers_of(contract(), drag=True) == (
        Answer(DUDT, "m s-2", "eastward_wind"),
        Answer(DVDT, "m s-2", "northward_wind"),
    )


def test_fluxes_are_audited_where_there_is_no_drag_to_be_had(tmp_path):
    path = write_flux_artefact(tmp_path / "flux.pt", "column")

    fluxes = answers_of(read_contract(path), drag=False)
    drag = answers_of(read_contract(path), drag=True)

    assert {(a.name, a.wind) for a in fluxes} == {
        (FLUXES[0], "eastward_wind"),
        (FLUXES[1], "northward_wind"),
    }
    assert {a.name for a in drag} == {DUDT, DVDT}


def test_a_network_of_something_else_is_refused():
    document = artefacts.contract()
    for output in document["outputs"]:
        output |= {"name": "of_" + output["name"][-8:-5], "kind": "other"}
    document["outputs"][1]["name"] = "depth"
    document["limits"] = []

    with pytest.raises(ContractError, match="expected a tendency or a momentum flux"):
        answers_of(contract(**document), drag=True)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("tendency_of_eastward_wind_due_to_gravity_wave_drag", "eastward"),
        ("northward_flux", "northward"),
        ("expected_error", "expected_error"),
    ],
)
def test_an_output_has_a_short_name(name, short):
    assert component(name) == short
