import json
import zipfile

import numpy as np
import pytest

from gwparam.contract import (
    CONTRACT_FILE,
    PROBE_FILE,
    Contract,
    read_contract,
    read_probe,
)
from gwparam.errors import ContractError, ModelFileError


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


def rewritten(source, target, replaced):
    """A copy of an archive with extra files replaced, or left out where None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            name = member.rpartition("/")[2]
            data = replaced.get(name, old.read(member))
            if data is not None:
                new.writestr(member, data)
    return target


def test_round_trip_keeps_everything(text):
    assert Contract.from_json(text).to_json() == text


def test_read_contract_finds_it_in_the_archive(tiny_artefact):
    contract = read_contract(tiny_artefact)

    assert contract.name == "tiny WaveNet"
    assert [f.name for f in contract.inputs] == [
        "eastward_wind",
        "northward_wind",
        "surface_air_pressure",
        "latitude",
    ]
    assert contract.vertical.nominal_pressure == (1e3, 1e4, 3e4, 6e4, 9e4)


def test_unknown_keys_are_ignored(text):
    extended = changed(text, "hint", value="of a later version 1")

    assert Contract.from_json(extended).to_json() == text


def test_newer_version_is_refused(text):
    newer = changed(text, "contract_version", value=2)

    with pytest.raises(
        ContractError, match="contract_version is 2, expected at most 1"
    ):
        Contract.from_json(newer)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("name",), None, "name is missing, expected a string"),
        (("contract_version",), "1", 'contract_version is "1", expected an integer'),
        (("contract_version",), 0, "contract_version is 0, expected at least 1"),
        (("inputs",), {}, "inputs is {}, expected an array"),
        (("inputs",), [], "inputs has names [], expected distinct ones"),
        (("inputs", 1, "units"), 5, "inputs[1].units is 5, expected a string"),
        (
            ("inputs", 0, "dtype"),
            "float16",
            'inputs[0].dtype is "float16", expected float32 or float64',
        ),
        (
            ("geometry", "kind"),
            "icosahedral",
            'geometry.kind is "icosahedral", expected column or stencil or global',
        ),
        (
            ("geometry", "kind"),
            "stencil",
            "geometry.radius is missing, expected with kind stencil",
        ),
        (("geometry", "radius"), 1, "geometry.radius is no key of kind column"),
        (
            ("vertical", "kind"),
            "pressure",
            "vertical.pressure is missing, expected with kind pressure",
        ),
        (("vertical", "a"), [1.0] * 5, "vertical.a is no key of kind host"),
        (("vertical", "order"), "up", 'vertical.order is "up", expected top_down or'),
        (("vertical", "nlev"), 0, "vertical.nlev is 0, expected at least 1"),
        (("vertical", "nlev"), True, "vertical.nlev is true, expected an integer"),
        (
            ("vertical", "nominal_pressure"),
            [1.0, 2.0],
            "vertical.nominal_pressure has 2 values, expected 5",
        ),
        (
            ("vertical", "nominal_pressure"),
            [9e4, 6e4, 3e4, 1e4, 1e3],
            "vertical.nominal_pressure is not positive and monotonic, top_down",
        ),
        (
            ("vertical", "nominal_tolerance"),
            float("nan"),
            "vertical.nominal_tolerance is NaN, expected a finite number",
        ),
        (("training_range", 0, "name"), "rain", "training_range[0].name is rain"),
        (
            ("training_range", 2, "mean"),
            [1.0, 2.0],
            "training_range[2].mean has 2 values, expected 1",
        ),
        (
            ("limits",),
            [],
            "limits has 0 entries for "
            "tendency_of_eastward_wind_due_to_gravity_wave_drag, expected 1",
        ),
        (("limits", 0, "maximum_magnitude"), 0, "maximum_magnitude is 0.0"),
        (("probe", "columns"), 0, "probe.columns is 0, expected at least 1"),
        (("probe", "tolerance"), -1, "probe.tolerance is -1.0, expected at least 0"),
        (
            ("probe", "reduced_tolerance"),
            -0.1,
            "probe.reduced_tolerance is -0.1, expected at least 0",
        ),
        (
            ("probe", "reduced_tolerance"),
            "0.1",
            'probe.reduced_tolerance is "0.1", expected a finite number',
        ),
        (("probe",), None, "probe is missing, expected an object"),
    ],
)
def test_bad_value_is_named_by_its_key(text, path, value, message):
    with pytest.raises(ContractError) as caught:
        Contract.from_json(changed(text, *path, value=value))

    assert message in str(caught.value)


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


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"quantity": "stress"}, 'flux[0].quantity is "stress", expected omega or hei'),
        ({"sign": 0}, "flux[0].sign is 0, expected 1 or -1"),
        ({"sign": True}, "flux[0].sign is true, expected 1 or -1"),
        ({"sign": None}, "flux[0].sign is missing, expected 1 or -1"),
        ({"name": "rain"}, "flux[0].name is rain, expected an output on full levels"),
        ({"tendency": NORTHWARD}, "flux has tendency ["),
        ({"given_levels": [0, 6]}, "flux[0].given_levels is [0, 6], expected two of 0"),
        ({"given_levels": [2]}, "flux[0].given_levels is [2], expected two of 0 to 5"),
        ({"given_levels": []}, "flux[0].given_levels is [], expected two of 0 to 5"),
    ],
)
def test_bad_flux_is_named(text, change, message):
    with pytest.raises(ContractError) as caught:
        Contract.from_json(json.dumps(fluxes(text, **change)))

    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("geometry", STENCIL | {"radius": 3}, "geometry.radius is 3, expected 1 or 2"),
        (
            "geometry",
            STENCIL | {"poles": "turn"},
            'geometry.poles is "turn", expected ed',
        ),
        ("geometry", GLOBAL | {"latitude": []}, "geometry.latitude is not monotonic"),
        ("geometry", GLOBAL | {"longitude": None}, "geometry.longitude is missing"),
        ("geometry", GLOBAL, "probe.columns is 16, expected one image of 6"),
        ("vertical", PRESSURE | {"outside": None}, "vertical.outside is missing"),
        ("vertical", PRESSURE | {"order": "bottom_up"}, "vertical.pressure is not pos"),
        ("vertical", HYBRID | {"b": [0.5]}, "vertical.b has 1 values, expected 5"),
        (
            "vertical",
            HYBRID | {"order": "top_down"},
            "vertical.a + b * 100000 Pa is no",
        ),
    ],
)
def test_bad_geometry_or_vertical_is_named(text, key, value, message):
    with pytest.raises(ContractError) as caught:
        Contract.from_json(json.dumps(json.loads(text) | {key: value}))

    assert message in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_text_that_is_no_object_is_refused(text):
    with pytest.raises(ContractError, match=r"^contract is "):
        Contract.from_json(text)


def test_absent_file(tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot read .*none\.pt: No such file"):
        read_contract(tmp_path / "none.pt")


@pytest.mark.parametrize("kept", [0, 1, 100, -100])
def test_truncated_file(tiny_artefact, tmp_path, kept):
    path = tmp_path / "cut.pt"
    path.write_bytes(tiny_artefact.read_bytes()[:kept])

    with pytest.raises(ModelFileError, match="not a complete archive"):
        read_contract(path)


def test_archive_without_contract(tiny_artefact, tmp_path):
    path = rewritten(tiny_artefact, tmp_path / "bare.pt", {CONTRACT_FILE: None})

    with pytest.raises(ContractError, match=r"holds no gwparam_contract\.json"):
        read_contract(path)


def test_probe_has_the_shapes_and_names_of_the_contract(tiny_artefact):
    inputs, outputs = read_probe(tiny_artefact)

    assert {name: values.shape for name, values in inputs.items()} == {
        "eastward_wind": (16, 5),
        "northward_wind": (16, 5),
        "surface_air_pressure": (16,),
        "latitude": (16,),
    }
    assert all(values.dtype == np.float64 for values in outputs.values())
    assert all(np.abs(values).max() > 0.0 for values in outputs.values())


@pytest.mark.parametrize("surplus", [-8, 8])
def test_probe_of_another_size(tiny_artefact, tmp_path, surplus):
    size = (2 * 16 * 5 + 2 * 16 + 2 * 16 * 5) * 8
    path = rewritten(
        tiny_artefact, tmp_path / "odd.pt", {PROBE_FILE: bytes(size + surplus)}
    )

    with pytest.raises(ContractError, match=f"has {size + surplus} bytes"):
        read_probe(path)
