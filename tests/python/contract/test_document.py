import json

import pytest

from gwparam.contract import CONTRACT_VERSION, Contract, read_contract
from gwparam.errors import ContractError


@pytest.fixture(scope="module")
def text(tiny_artefact):
    return read_contract(tiny_artefact).to_json()


def changed(text, *path, value):
    """The JSON text with one value replaced."""
    content = json.loads(text)
    inner = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return json.dumps(content)


def test_round_trip_keeps_everything(text):
    assert Contract.from_json(text).to_json() == text


@pytest.mark.parametrize("value", [0, 0.02])
def test_reduced_tolerance_makes_the_round_trip(text, value):
    contract = Contract.from_json(
        changed(text, "probe", "reduced_tolerance", value=value)
    )

    assert contract.probe.reduced_tolerance == value
    assert json.loads(contract.to_json())["probe"]["reduced_tolerance"] == value
    assert Contract.from_json(contract.to_json()) == contract


def test_contract_without_reduced_tolerance_does_not_name_it(text):
    absent = changed(text, "probe", "reduced_tolerance", value=None)

    assert Contract.from_json(absent).probe.reduced_tolerance is None
    assert Contract.from_json(absent).to_json() == text
    assert "reduced_tolerance" not in text


STENCIL = {"kind": "stencil", "radius": 2, "poles": "edge"}
GLOBAL = {"kind": "global", "latitude": [-30.0, 30.0], "longitude": [0.0, 120.0, 240.0]}
PRESSURE = {
    "kind": "pressure",
    "order": "top_down",
    "nlev": 5,
    "pressure": [1e3, 1e4, 3e4, 6e4, 9e4],
    "outside": "taper",
}
HYBRID = {
    "kind": "hybrid",
    "order": "bottom_up",
    "nlev": 5,
    "a": [0.0, 1e3, 5e3, 4e3, 1e3],
    "b": [0.99, 0.7, 0.3, 0.05, 0.0],
    "outside": "zero",
}
EASTWARD, NORTHWARD = (
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
)


def fluxes(text, **others):
    """The JSON value of a network that gives fluxes of the two winds."""
    content = json.loads(text)
    content["flux"] = []
    for field, tendency in zip(content["outputs"], (EASTWARD, NORTHWARD), strict=True):
        field["name"] = field["name"].replace("tendency_of", "flux_of")
        field |= {"kind": "flux", "units": "Pa m s-2"}
        content["flux"].append(
            {
                "name": field["name"],
                "quantity": "omega",
                "sign": -1,
                "tendency": tendency,
            }
        )
    content["flux"][0] |= others
    return content


@pytest.mark.parametrize("geometry", [STENCIL, GLOBAL], ids=lambda g: g["kind"])
@pytest.mark.parametrize("vertical", [PRESSURE, HYBRID], ids=lambda v: v["kind"])
def test_every_geometry_and_vertical_makes_the_round_trip(text, geometry, vertical):
    content = fluxes(text, given_levels=[0, 3])
    content |= {"geometry": geometry, "vertical": vertical}
    content["probe"]["columns"] = 6

    contract = Contract.from_json(json.dumps(content))

    again = json.loads(contract.to_json())
    assert again["geometry"] == geometry
    assert {k: v for k, v in again["vertical"].items() if v is not None} == vertical
    assert again["flux"] == content["flux"]
    assert Contract.from_json(contract.to_json()) == contract


def test_artefact_without_flux_gives_tendencies(text):
    content = json.loads(text)
    del content["flux"]

    contract = Contract.from_json(json.dumps(content))

    assert contract.flux == ()
    assert contract.tendencies == (EASTWARD, NORTHWARD)


def test_limits_are_those_of_the_derived_tendencies(text):
    contract = Contract.from_json(json.dumps(fluxes(text)))

    assert contract.tendencies == (EASTWARD, NORTHWARD)
    assert [limit.name for limit in contract.limits] == [EASTWARD, NORTHWARD]


@pytest.mark.parametrize(
    ("geometry", "full", "surface", "out"),
    [
        ({"kind": "column"}, (7, 5), (7,), (7, 5)),
        (STENCIL, (7, 5, 5, 5), (7, 5, 5), (7, 5)),
        (GLOBAL, (5, 2, 3), (2, 3), (5, 2, 3)),
    ],
    ids=["column", "stencil", "global"],
)
def test_shapes_of_the_tensors_follow_from_the_geometry(
    text, geometry, full, surface, out
):
    content = json.loads(text) | {"geometry": geometry}
    content["probe"]["columns"] = 6

    contract = Contract.from_json(json.dumps(content))

    wind, *_, latitude = contract.inputs
    assert contract.input_shape(wind, 7) == full
    assert contract.input_shape(latitude, 7) == surface
    assert contract.output_shape(contract.outputs[0], 7) == out


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(ContractError, match=r"^contract is "):
        Contract.from_json(text)


def test_export_writes_the_newest_version(text):
    assert json.loads(text)["contract_version"] == CONTRACT_VERSION == 2


def test_host_gets_by_kind(text):
    content = fluxes(text)
    extra = content["outputs"][0] | {"name": "tendency_of_nothing", "kind": "other"}
    content["outputs"].append(extra)

    contract = Contract.from_json(json.dumps(content))

    assert contract.tendencies == (EASTWARD, NORTHWARD)
    east, north = (flux.name for flux in contract.flux)
    assert dict((n, levels) for n, levels, _ in contract.host_outputs(9)) == {
        east: (5,),
        north: (5,),
        "tendency_of_nothing": (5,),
        f"{east}_at_half_levels": (10,),
        EASTWARD: (9,),
        f"{north}_at_half_levels": (10,),
        NORTHWARD: (9,),
    }


@pytest.mark.parametrize("vertical", [PRESSURE, HYBRID], ids=lambda v: v["kind"])
def test_pressure_is_needed_to_place_levels_or_to_derive(text, vertical):
    assert not Contract.from_json(text).needs_pressure
    assert Contract.from_json(json.dumps(fluxes(text))).needs_pressure
    content = json.loads(text) | {"vertical": vertical}
    assert Contract.from_json(json.dumps(content)).needs_pressure
