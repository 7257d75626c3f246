import numpy as np
import pytest
import torch
from netCDF4 import Dataset
from recipes import write_json

from gwparam.contract import Vertical
from gwparam.errors import ContractError, ModelFileError
from gwparam.networks.vertical import (
    LevelPressure,
    levels_of,
    pressure_field,
    read_levels,
)

PRESSURE = [1e2, 1e4, 9e4]


def json_file(tmp_path, **content):
    return str(write_json(tmp_path / "levels.json", content))


def test_pressure_in_other_units(tmp_path):
    path = json_file(tmp_path, units="hPa", pressure=[1.0, 100.0, 900.0])

    vertical = read_levels(path)

    assert vertical == Vertical(
        "pressure",
        "top_down",
        3,
        None,
        None,
        pressure=tuple(PRESSURE),
        outside="zero",
    )


def test_hybrid(tmp_path):
    path = json_file(tmp_path, units="Pa", a=[100.0, 5e3, 0.0], b=[0.0, 0.05, 0.99])

    vertical = read_levels(path)

    assert vertical.kind == "hybrid"
    assert vertical.b == (0.0, 0.05, 0.99)
    assert vertical.reference_pressure == pytest.approx((100.0, 1e4, 9.9e4))
    assert pressure_field(vertical).name == "surface_air_pressure"


@pytest.mark.parametrize(
    "content", [{"nlev": 3}, {"units": "Pa", "pressure": PRESSURE}]
)
def test_levels_of_the_host(tmp_path, content):
    vertical = read_levels(json_file(tmp_path, kind="host", **content))

    assert (vertical.kind, vertical.nlev) == ("host", 3)
    assert vertical.nominal_pressure == (
        tuple(PRESSURE) if "units" in content else None
    )
    assert len(vertical.reference_pressure) == 3
    assert pressure_field(vertical).name == "air_pressure"


@pytest.mark.parametrize("names", [("pressure",), ("a", "b")])
def test_netcdf(tmp_path, names):
    path = tmp_path / "levels.nc"
    with Dataset(path, "w") as data:
        data.createDimension("level", 3)
        for name in names:
            variable = data.createVariable(name, "f8", ("level",))
            variable[:] = [1.0, 100.0, 900.0] if name != "b" else [0.0, 0.0, 0.1]
            if name != "b":
                variable.units = "hPa"

    vertical = read_levels(str(path))

    assert vertical.kind == ("pressure" if names == ("pressure",) else "hybrid")
    assert (vertical.pressure or vertical.a) == tuple(PRESSURE)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            {"pressure": PRESSURE},
            "pressure in .* has no units, expected for",
        ),
        ({"units": "m", "pressure": PRESSURE}, 'has units "m", expected "Pa"'),
        ({"units": "Pa"}, "holds units, expected pressure or a and b"),
        ({"units": "Pa", "a": [1.0]}, "holds units, a, expected pressure or a and b"),
        ({"units": "Pa", "pressure": 3.0}, "pressure in .* is 3.0, expected finite"),
        (
            {"units": "Pa", "pressure": PRESSURE[::-1]},
            "vertical.pressure is not positive and monotonic, top_down",
        ),
        (
            {"units": "Pa", "a": [1.0, 2.0], "b": [0.0]},
            "vertical.b has 1 values, expected 2",
        ),
        ({"kind": "host", "nlev": "3"}, "nlev in .* is 3, expected an integer"),
        ({"kind": "host", "nlev": 0}, "vertical.nlev is 0, expected 1 to 100000"),
    ],
)
def test_malformed_levels_are_refused(tmp_path, content, message):
    with pytest.raises(ContractError, match=message):
        read_levels(json_file(tmp_path, **content))


@pytest.mark.parametrize("name", ["none.json", "none.nc"])
def test_absent_file(tmp_path, name):
    with pytest.raises(ModelFileError, match="No such file"):
        read_levels(str(tmp_path / name))


def test_what_lies_outside_is_chosen(tmp_path):
    vertical = read_levels(json_file(tmp_path, units="Pa", pressure=PRESSURE))

    assert levels_of({"levels": vertical}, "x").outside == "zero"
    chosen = levels_of({"levels": vertical, "outside": "taper"}, "x")
    assert chosen.outside == "taper"


@pytest.mark.parametrize("trailing", [0, 2])
def test_pressure_inside_the_graph(trailing):
    around = [2] * trailing
    hybrid = Vertical(
        "hybrid", "top_down", 2, None, None, a=(1.0, 2.0), b=(0.0, 0.5), outside="zero"
    )
    module = torch.jit.script(LevelPressure(hybrid, trailing))
    surface = torch.full((4, 1, *around), 100.0, dtype=torch.float64)

    pressure = module(surface)

    assert pressure.shape == (4, 2, *around)
    assert np.unique(pressure[:, 0]) == 1.0
    assert np.unique(pressure[:, 1]) == 52.0
