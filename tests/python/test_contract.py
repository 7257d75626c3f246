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
            "stencil",
            'geometry.kind is "stencil", expected column',
        ),
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
        (("probe",), None, "probe is missing, expected an object"),
    ],
)
def test_bad_value_is_named_by_its_key(text, path, value, message):
    with pytest.raises(ContractError) as caught:
        Contract.from_json(changed(text, *path, value=value))

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
