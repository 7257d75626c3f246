import json

import numpy as np
import pytest
import torch
from netCDF4 import Dataset
from recipes import cube_root, linear, write_json

from gwparam.contract import Field
from gwparam.errors import ContractError, ModelFileError
from gwparam.networks.scaling import power, read_recipe

WIND = Field("eastward_wind", "m s-1", "full", "float64")
PLACE = Field("surface_altitude", "m", "surface", "float64")
NLEV = 3


def written(tmp_path, **variables):
    content = {"scaling_version": 1, "variables": variables}
    return str(write_json(tmp_path / "recipe.json", content))


def transform(tmp_path, value, field=WIND):
    return read_recipe(written(tmp_path, **{field.name: value})).of(field, NLEV)


@pytest.mark.parametrize("trailing", [0, 2])
def test_linear_and_its_inverse(tmp_path, trailing):
    made = transform(tmp_path, linear("m s-1", [1.0, 2.0, 3.0], 4.0))
    x = torch.randn(5, NLEV, *[2] * trailing, dtype=torch.float64)

    y = made.normalise(trailing)(x)

    shape = (1, NLEV, *[1] * trailing)
    expected = (x - torch.tensor([1.0, 2.0, 3.0]).double().view(shape)) / 4.0
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-15)
    torch.testing.assert_close(made.restore(trailing)(y), x, rtol=0, atol=1e-15)


def test_cube_root_and_its_inverse(tmp_path):
    made = transform(tmp_path, cube_root("m s-1", [1.0, 8.0, 0.5], 0.1, 0.25))
    x = torch.tensor([[8.0, -64.0, 0.0]], dtype=torch.float64)

    y = made.normalise()(x)

    expected = (torch.tensor([[2.0, -2.0, 0.0]]).double() - 0.1) / 0.25
    torch.testing.assert_close(y, expected, rtol=1e-15, atol=1e-15)
    torch.testing.assert_close(made.restore()(y), x, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("compute", [power, torch.jit.script(power)])
def test_power_does_not_depend_on_how_many_there_are(compute):
    base = torch.rand(70, 16, generator=torch.Generator().manual_seed(1))
    # Whole vectors on any processor.
    expected = base.repeat(2, 1) ** (1.0 / 3.0)

    for count in range(71):
        result = compute(base[:count], 1.0 / 3.0)
        assert torch.equal(result, expected[:count]), count


@pytest.mark.parametrize(
    ("given", "same"),
    [
        (linear("km h-1", 36.0, 7.2), linear("m s-1", 10.0, 2.0)),
        (cube_root("km h-1", 3.6, 0.1, 0.2), cube_root("m s-1", 1.0, 0.1, 0.2)),
    ],
    ids=["linear", "cube_root"],
)
def test_units_of_the_recipe_are_converted(tmp_path, given, same):
    x = torch.randn(5, NLEV, dtype=torch.float64)

    one, other = (transform(tmp_path, v).normalise()(x) for v in (given, same))

    torch.testing.assert_close(one, other, rtol=1e-14, atol=1e-14)


def test_transforms_are_scripted_and_exported_with_the_weights(tmp_path):
    made = transform(tmp_path, cube_root("m s-1", 8.0, 0.0, 1.0)).normalise()
    x = torch.randn(5, NLEV, dtype=torch.float64)

    scripted = torch.jit.script(made)

    assert torch.equal(scripted(x), made(x))
    assert len(list(scripted.buffers())) == 3


def test_statistics_of_the_training_are_in_the_units_of_the_field(tmp_path):
    training = {"mean": 36.0, "standard_deviation": 7.2, "minimum": [-3.6, 0.0, 3.6]}
    made = transform(tmp_path, linear("km h-1", 0.0, 1.0) | {"training": training})

    seen = made.range("eastward_wind")

    assert seen.mean == pytest.approx((10.0,) * 3)
    assert seen.standard_deviation == pytest.approx((2.0,) * 3)
    assert seen.minimum == pytest.approx((-1.0, 0.0, 1.0))
    assert seen.maximum is None


def test_no_statistics_are_made_up(tmp_path):
    made = transform(tmp_path, linear("m s-1", 1.0, 2.0))

    assert not made.range("eastward_wind").is_known


def test_plausible_values_are_usual_to_the_network(tmp_path):
    made = transform(tmp_path, linear("m s-1", 1.0, 2.0))

    usual = made.plausible("eastward_wind")

    assert usual.mean == pytest.approx((1.0,) * 3)
    assert usual.standard_deviation == pytest.approx((2.0,) * 3)
    assert (usual.minimum[0], usual.maximum[0]) == pytest.approx((-5.0, 7.0))


@pytest.mark.parametrize("place", ["file", "variable"])
def test_recipe_in_the_attributes_of_a_training_file(tmp_path, place):
    text = (
        '{"scaling_version": 1, "variables": {"eastward_wind": '
        + json.dumps(linear("m s-1", 1.0, 2.0))
        + "}}"
    )
    path = tmp_path / "training.nc"
    with Dataset(path, "w") as data:
        data.createDimension("time", 1)
        variable = data.createVariable("features", "f4", ("time",))
        (data if place == "file" else variable).setncattr("gwparam_scaling", text)

    made = read_recipe(str(path)).of(WIND, NLEV)

    assert made.mean == (1.0,) * 3


def test_training_file_without_recipe_shows_its_attributes(tmp_path):
    path = tmp_path / "training.nc"
    with Dataset(path, "w") as data:
        data.title = "fluxes"
        data.u_mean = 3.0

    with pytest.raises(ModelFileError) as caught:
        read_recipe(str(path))

    assert str(caught.value) == (
        f"{path} has attributes title, u_mean, expected gwparam_scaling, or a recipe "
        "written from them as JSON (docs/normalisation.md)"
    )


def test_published_training_file_without_recipe(reference_data):
    folder = reference_data / "dataset" / "nonlocal_fewlev"
    path = next(folder.glob("1x1_*.nc"))

    with pytest.raises(ModelFileError, match=r"has attributes .*channels.* expected"):
        read_recipe(str(path))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"transform": "log"}, "transform of eastward_wind in recipe.json is log, exp"),
        ({"transform": "linear"}, "units of eastward_wind in recipe.json is missing"),
        (7, "eastward_wind in recipe.json is no object"),
        (linear("m s-1", None, 1.0), "mean of eastward_wind in recipe.json is missing"),
        (linear("m s-1", "x", 1.0), "mean of eastward_wind in recipe.json is x"),
        (linear("m s-1", True, 1.0), "mean of eastward_wind in recipe.json is True"),
        (linear("m s-1", [], 1.0), "mean of eastward_wind in recipe.json is empty"),
        (
            linear("m s-1", 0.0, [1.0, 0.0, 1.0]),
            "standard_deviation of eastward_wind in recipe.json is 0.0, expected more",
        ),
        (
            linear("m s-1", 0.0, 1.0) | {"scale": 3.0},
            "scale of eastward_wind in recipe.json is no key of linear",
        ),
        (
            linear("m s-1", 0.0, 1.0) | {"training": {"median": 3.0}},
            "training of eastward_wind in recipe.json is {'median': 3.0}, expected me",
        ),
        (linear("m s-1", 0.0, [1.0, 2.0]), "has 2 values, expected 1 or 3"),
        (linear("Pa", 0.0, 1.0), 'has units "Pa", expected "m s-1"'),
        (linear("parsec", 0.0, 1.0), 'has units "parsec", expected "m s-1"'),
    ],
)
def test_malformed_variable_is_named(tmp_path, value, message):
    with pytest.raises(ContractError) as caught:
        transform(tmp_path, value)

    assert message in str(caught.value)


def test_list_at_the_surface_is_refused(tmp_path):
    with pytest.raises(ContractError, match="has 3 values, expected 1 or 1"):
        transform(tmp_path, linear("m", [0.0, 1.0, 2.0], 1.0), PLACE)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[]", "is \\[\\], expected an object"),
        ("{", "is not valid JSON"),
        ('{"variables": {}}', "scaling_version in .* is None, expected 1"),
        ('{"scaling_version": 2}', "scaling_version in .* is 2, expected 1"),
        ('{"scaling_version": 1}', "has no variables"),
    ],
)
def test_file_that_is_no_recipe_is_refused(tmp_path, text, message):
    path = tmp_path / "recipe.json"
    path.write_text(text)

    with pytest.raises(ContractError, match=message):
        read_recipe(str(path))


def test_broken_netcdf_is_refused(tmp_path):
    path = tmp_path / "broken.nc"
    path.write_bytes(b"\x89HDF broken")

    with pytest.raises(ModelFileError, match="cannot read"):
        read_recipe(str(path))


def test_absent_recipe(tmp_path):
    with pytest.raises(ModelFileError, match="No such file"):
        read_recipe(str(tmp_path / "none.json"))


def test_values_survive_the_json_exactly(tmp_path):
    mean = np.random.default_rng(1).standard_normal(NLEV).tolist()

    assert transform(tmp_path, linear("m s-1", mean, 1.0)).mean == tuple(mean)
