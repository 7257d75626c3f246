"""What a user says of a network, and the module between its fields."""

import dataclasses
import tomllib

import pytest
import torch
from torch import nn

from gwparam.errors import ContractError, ModelFileError
from gwparam.networks.own import between_fields, read_own_contract

TOML = """
name = "closure"
nlev = 3
order = "bottom_up"

[inputs]
eastward_wind = { units = "m s-1", mean = 5, standard_deviation = [1.0, 2, 3] }
surface_air_pressure = { units = "Pa", levels = "surface", mean = 1e5, minimum = 5e4 }

[outputs]
tendency_of_eastward_wind = { units = "m s-2", limit = 0.01 }
depth = { units = "m", levels = "surface" }
"""


@pytest.fixture
def contract(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text(TOML)
    return read_own_contract(path)


def test_a_contract_says_all(contract):
    vertical = contract.description.vertical
    assert (vertical.kind, vertical.nlev, vertical.order) == ("host", 3, "bottom_up")
    assert [f.name for f in contract.inputs] == [
        "eastward_wind",
        "surface_air_pressure",
    ]
    assert [f.levels for f in contract.inputs] == ["full", "surface"]
    assert [f.kind for f in contract.outputs] == ["tendency", "other"]
    wind, pressure = contract.description.training_range
    assert wind.mean == (5.0, 5.0, 5.0)
    assert wind.standard_deviation == (1.0, 2.0, 3.0)
    assert pressure.minimum == (5e4,)
    assert pressure.standard_deviation is None
    (limit,) = contract.description.limits
    assert (limit.name, limit.maximum_magnitude) == ("tendency_of_eastward_wind", 0.01)


def test_a_dict_says_the_same(contract):
    assert read_own_contract(tomllib.loads(TOML)) == contract


def test_a_flux_has_a_tendency():
    flux = {"quantity": "omega", "sign": -1, "tendency": "drag"}
    given = {
        "name": "fluxes",
        "vertical": {"kind": "pressure", "order": "top_down", "nlev": 2}
        | {"pressure": [1e3, 1e4], "outside": "zero"},
        "inputs": {"u": {"units": "m s-1"}},
        "outputs": {"uw": {"units": "Pa m s-2", "flux": flux, "limit": 0.1}},
    }
    found = read_own_contract(given)
    assert found.outputs[0].kind == "flux"
    assert found.flux[0].sign == -1
    assert found.description.limits[0].name == "drag"
    del given["outputs"]["uw"]["limit"]
    with pytest.raises(ContractError, match=r"outputs.uw.limit is missing"):
        read_own_contract(given)
    given["outputs"]["uw"] |= {"limit": 0.1, "flux": flux | {"sign": 2}}
    with pytest.raises(ContractError, match=r"outputs.uw.flux.sign is 2, expected 1"):
        read_own_contract(given)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("nlev = 3", "", "nlev is missing"),
        ("nlev = 3", "nlev = 0", "nlev is 0"),
        ("nlev = 3", "nlev = 3\nlevels = 3", "levels is no key"),
        (
            "limit = 0.01",
            "limits = 0.01",
            "outputs.tendency_of_eastward_wind.limits is",
        ),
        ("[1.0, 2, 3]", "[1.0, 2]", "has 2 values, expected 1 or 3"),
        ('"m s-2"', '"kg"', 'outputs.tendency_of_eastward_wind has units "kg"'),
        ('"m s-1"', "7", "inputs.eastward_wind.units is 7"),
        ("[outputs]", "[output]", "output is no key"),
        ("depth =", '"the depth" =', "outputs.the depth is no name"),
        ("depth =", "lambda =", "outputs.lambda is no name"),
        ("depth =", '"tiefe_ü" =', "is no name"),
        (
            'depth = { units = "m", levels = "surface" }',
            "depth = 3",
            "expected a table",
        ),
        ('"surface", mean', '"half", mean', 'levels is "half"'),
        ('order = "bottom_up"', 'vertical = { kind = "host" }', "beside vertical"),
    ],
)
def test_what_cannot_be_meant_is_named(tmp_path, old, new, message):
    assert old in TOML
    path = tmp_path / "c.toml"
    path.write_text(TOML.replace(old, new, 1))
    with pytest.raises(ContractError) as error:
        read_own_contract(path)
    assert message in str(error.value)
    assert str(path) in str(error.value)


def test_what_is_no_toml_is_named(tmp_path):
    path = tmp_path / "c.toml"
    path.write_text("name = ")
    with pytest.raises(ModelFileError, match=r"cannot read .*c\.toml"):
        read_own_contract(path)
    with pytest.raises(ModelFileError, match="No such file"):
        read_own_contract(tmp_path / "none.toml")


class Separate(nn.Module):
    def forward(self, wind, pressure):
        return 1e-6 * wind * pressure[:, None], pressure + wind[:, 0]


class SideBySide(nn.Module):
    def forward(self, rows):
        wind, pressure = rows[:, :3], rows[:, 3]
        depth = pressure + wind[:, 0]
        return torch.cat((1e-6 * wind * pressure[:, None], depth[:, None]), dim=1)


def test_both_kinds_of_modules_give_the_same(contract):
    torch.manual_seed(1)
    columns = torch.randn(5, 3).double(), torch.rand(5).double()
    expected = Separate()(*columns)
    one = between_fields(Separate(), contract)
    rows = dataclasses.replace(contract, side_by_side=True)
    other = between_fields(SideBySide(), rows)
    for network in (one, other):
        for found, its in zip(network(*columns), expected, strict=True):
            torch.testing.assert_close(found, its, rtol=0.0, atol=0.0)
        assert network.inputs == contract.inputs
        assert network.outputs == contract.outputs


def test_a_module_of_one_tensor_gives_a_tuple(contract):
    one = dataclasses.replace(contract, outputs=contract.outputs[:1])

    class Alone(nn.Module):
        def forward(self, wind, pressure):
            return wind * pressure[:, None]

    network = between_fields(Alone(), one, gives_one=True)
    (found,) = network(torch.ones(2, 3).double(), torch.ones(2).double())
    assert found.shape == (2, 3)


def test_longitudes_are_counted_from_0():
    given = {
        "name": "a",
        "nlev": 3,
        "inputs": {"longitude": {"units": "degrees", "levels": "surface"}},
        "outputs": {"depth": {"units": "m", "levels": "surface"}},
    }
    read_own_contract(given)
    given["inputs"]["longitude"]["minimum"] = -180.0
    with pytest.raises(ContractError, match=r"minimum is -180, expected at least 0"):
        read_own_contract(given)
