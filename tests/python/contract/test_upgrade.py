import json

import pytest
from contract_cases import VERSION_1, base_text

from gwparam.contract import Contract
from gwparam.contract.upgrade import upgrade


@pytest.mark.parametrize("name", VERSION_1)
def test_version_1_gets_a_kind_for_every_output(name):
    old = json.loads(base_text(name))

    new = upgrade(json.loads(base_text(name)))

    fluxes = [flux["name"] for flux in old.get("flux", [])]
    assert new.pop("contract_version") == 2
    for output in new["outputs"]:
        kind = output.pop("kind")
        assert (kind == "flux") == (output["name"] in fluxes)
        assert (kind == "tendency") == output["name"].startswith("tendency_of_")
    del old["contract_version"]
    assert new == old


def test_newer_versions_and_what_is_no_version_stay_as_they_are():
    for version in (0, 2, 3, True, 1.0, "1", None):
        value = {"contract_version": version, "hint": 1}

        assert upgrade(dict(value)) == value


@pytest.mark.parametrize("part", [None, 7, "text", [], [7], {}, {"name": 1}])
@pytest.mark.parametrize("key", ["outputs", "flux", "source", "inputs"])
def test_what_is_wrong_is_left_for_the_reader(key, part):
    assert upgrade({"contract_version": 1, key: part})["contract_version"] == 2


def test_what_version_1_ignored_is_left_out():
    text = base_text("version_1/linear")
    value = json.loads(text) | {"hint": 1, "members": 7}
    value["limits"][0]["colour"] = "red"

    assert Contract.from_json(json.dumps(value)) == Contract.from_json(text)
