import json
from dataclasses import replace

import numpy as np
import pytest
import recipes
from training_files import NLEV as TRAINED_LEVELS
from training_files import training_set, written
from wind_states import INPUTS, NLAT, NLON, PRESSURE, VERTICAL, open_file, wind

from gwparam.contract import (
    CONTRACT_VERSION,
    Contract,
    Geometry,
    Limit,
    Output,
    Probe,
    Source,
    Vertical,
)
from gwparam.data import TrainingStates, open_inputs, open_states
from gwparam.errors import ArgumentError, ContractError, NonFiniteError, ShapeError
from gwparam.networks.scaling_recipe import read_recipe

DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"


@pytest.mark.parametrize(
    "geometry",
    [
        Geometry("stencil", 1, "edge"),
        Geometry(
            "global",
            latitude=(-60.0, -20.0, 20.0, 60.0),
            longitude=tuple(60.0 * i for i in range(NLON)),
        ),
    ],
)
def test_a_network_with_neighbours_is_given_no_holes(
    contract, dataset, write, geometry
):
    dataset.u[0, 1, 2, 3] = np.nan
    path = write(dataset, encoding={"u": {"_FillValue": np.float32(1e20)}})
    probe = Probe(NLAT * NLON, 1e-12)

    with open_inputs([path], contract) as states:
        assert states.read(0).missing["eastward_wind"].sum() == 1
    with (
        open_inputs(
            [path], replace(contract, geometry=geometry, probe=probe)
        ) as states,
        pytest.raises(NonFiniteError, match="is nan at lev 1, lat 2, lon 3"),
    ):
        states.read(0)


@pytest.fixture
def contract():
    """Of a network that sees one wind."""
    return Contract(
        contract_version=CONTRACT_VERSION,
        name="one wind",
        gwparam_version="0",
        torch_version="0",
        created="2000-01-01T00:00:00Z",
        source=Source("wavenet", "wavenet.pt", "0" * 64),
        citation="nobody (1999)",
        geometry=Geometry("column"),
        inputs=INPUTS[:1],
        outputs=(Output(DRAG, "m s-2", "full", "float64", "tendency"),),
        vertical=VERTICAL,
        training_range=(),
        limits=(Limit(DRAG, 1.0),),
        probe=Probe(2, 1e-12),
    )


def test_open_takes_variable_that_caller_names(dataset, write):
    dataset["odd"] = dataset.u + 0.5
    dataset.odd.attrs["units"] = "m s-1"

    with open_file(write(dataset), variables={"eastward_wind": "odd"}) as states:
        fields = states.read(0)

    np.testing.assert_array_equal(
        fields["eastward_wind"], 0.5 + wind(0)[0].transpose(1, 2, 0)
    )


def test_open_refuses_named_variable_that_is_absent(dataset, write):
    with pytest.raises(ContractError, match="no variable odd for eastward_wind"):
        open_file(write(dataset), variables={"eastward_wind": "odd"})


def test_open_refuses_variable_for_unknown_input(dataset, write):
    with pytest.raises(ContractError, match="no input humidity"):
        open_file(write(dataset), variables={"humidity": "u"})


def test_open_refuses_wrong_number_of_levels(dataset, write):
    with pytest.raises(
        ShapeError, match=r"eastward_wind \(u in .*\) has 4 levels, expected 5"
    ):
        open_file(write(dataset.isel(lev=slice(4))))


def test_open_refuses_files_with_different_levels(dataset, write):
    other = dataset.copy()
    other["lev"] = ("lev", 2.0 * PRESSURE, dataset.lev.attrs)

    with pytest.raises(ContractError, match="other levels"):
        open_file(
            write(dataset.isel(time=[0]), "a.nc"), write(other.isel(time=[1]), "b.nc")
        )


def test_every_file_is_read_by_its_own_units(dataset, write):
    other = dataset.copy(deep=True)
    other["ps"] = (dataset.ps.dims, dataset.ps.values / 100.0, {"units": "millibars"})

    with open_file(
        write(dataset.isel(time=[0]), "a.nc"), write(other.isel(time=[1]), "b.nc")
    ) as states:
        mine, yours = (states.read(at)["surface_air_pressure"] for at in (0, 1))
        expected = dataset.ps.values[1].reshape(np.asarray(yours).shape)

    assert mine.shape == yours.shape
    np.testing.assert_allclose(yours, expected, rtol=1e-15)


def test_levels_in_single_precision_are_the_same(dataset, write):
    other = dataset.copy(deep=True)
    values = (PRESSURE / 3.0).astype(np.float32)
    other["lev"] = ("lev", values, dataset.lev.attrs)
    dataset["lev"] = ("lev", PRESSURE / 3.0, dataset.lev.attrs)

    one, two = dataset.isel(time=[0]), other.isel(time=[1, 2])
    with open_file(write(one, "a.nc"), write(two, "b.nc")) as states:
        assert len(states) == 3


def test_any_number_of_levels_is_taken_where_none_is_expected(dataset, write):
    path = write(dataset.isel(lev=slice(3)))

    with open_states([path], INPUTS) as states:
        assert states.read(0)["eastward_wind"].shape == (NLAT, NLON, 3)


def test_files_are_put_in_the_order_of_their_dates(dataset, write):
    late = write(dataset.isel(time=[2]), "a.nc")
    early = write(dataset.isel(time=[0, 1]), "b.nc")

    with open_states([late, early], INPUTS, VERTICAL) as states:
        assert states.first_path == str(early)
        assert [states.time(index) for index in range(3)] == [0.5, 1.5, 2.5]


def test_inputs_are_those_of_the_contract(dataset, write, contract):
    with open_inputs([write(dataset)], contract) as states:
        assert list(states.sources) == ["eastward_wind"]


def test_training_files_are_told_from_states(tmp_path, contract):
    path = written(tmp_path, training_set())
    recipe = read_recipe(json.dumps(recipes.recipe(TRAINED_LEVELS)))
    vertical = Vertical("host", "top_down", TRAINED_LEVELS, None, 0.1)
    contract = replace(contract, vertical=vertical)

    with open_inputs([path], contract, recipe=recipe) as states:
        assert isinstance(states, TrainingStates)
        assert states.sources["eastward_wind"].units == "m s-1"
    with pytest.raises(
        ArgumentError, match=r"the numbers in .* are normalised, expected"
    ):
        open_inputs([path], contract)


@pytest.mark.parametrize("name", ["member", "realization", "expver", "height"])
def test_dimension_that_is_none_of_the_atmosphere_is_refused_by_name(
    dataset, write, name
):
    members = dataset.expand_dims({name: 3}).transpose("time", ...)

    with pytest.raises(ShapeError, match=f"has a dimension {name} of 3, which is no t"):
        open_file(write(members))


def test_single_member_is_left_out(dataset, write):
    members = dataset.u.expand_dims(member=[7]).transpose("time", "member", ...)

    with open_file(write(dataset.assign(u=members))) as states:
        assert states.dimensions == ("lat", "lon")
        assert states.layout == ("time", "lev", "lat", "lon")


def test_files_may_name_the_same_otherwise(dataset, write):
    """Dimensions, coordinates and fields, and the levels upside down."""
    other = dataset.isel(time=[2], lev=slice(None, None, -1), lat=slice(None, None, -1))
    other = other.rename(
        u="ua", v="V", ps="sp", lat="latitude", lon="x", time="valid_time", lev="plev"
    )
    other.x.attrs["standard_name"] = "longitude"
    paths = [write(dataset.isel(time=[0, 1]), "a.nc"), write(other, "b.nc")]

    with open_file(*paths) as states:
        found = states.read(2)
        expected = dataset.isel(time=2).transpose("lat", "lon", "lev")
        np.testing.assert_array_equal(found["eastward_wind"], expected.u)
        np.testing.assert_array_equal(found["northward_wind"], expected.v)
        np.testing.assert_array_equal(found["surface_air_pressure"], expected.ps)
        assert states.date(2) == "2000-01-03 12:00:00"


def test_name_of_something_else_is_no_name_of_a_field(dataset, write):
    other = dataset.isel(time=[2]).rename(u="ua").assign(u=dataset.ps[2])
    paths = [write(dataset.isel(time=[0, 1]), "a.nc"), write(other, "b.nc")]

    with pytest.raises(ContractError, match=r"ua in .*b.nc is u in .*a.nc, and"):
        open_file(*paths)
