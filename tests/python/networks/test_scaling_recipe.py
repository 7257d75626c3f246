import json

import numpy as np
import pytest
import torch
from netCDF4 import Dataset
from recipes import ann_cnn, cube_root, linear, options, recipe, write_json

from gwparam.contract import Field
from gwparam.errors import ArgumentError, ContractError, ModelFileError
from gwparam.export import export_model
from gwparam.networks.scaling_recipe import (
    NAMED,
    check_same,
    read_recipe,
    with_training_file,
    write_recipe,
)

WIND = Field("eastward_wind", "m s-1", "full", "float64")
PLACE = Field("surface_altitude", "m", "surface", "float64")
NLEV = 3


def written(tmp_path, **variables):
    content = {"scaling_version": 1, "variables": variables}
    return str(write_json(tmp_path / "recipe.json", content))


def transform(tmp_path, value, field=WIND):
    return read_recipe(written(tmp_path, **{field.name: value})).of(field, NLEV)


def training_file(path, **attributes):
    with Dataset(path, "w") as data:
        data.createDimension("time", 1)
        data.createVariable("features", "f4", ("time",)).setncatts(attributes)
    return str(path)


def test_published_recipe_gives_the_published_numbers():
    made = read_recipe("era5-gw-2024")
    x = 12.5
    expected = {
        "latitude": x / 90,
        "longitude": x / 360,
        "surface_altitude": x * 9.80665 / 50000,
        "eastward_wind": (x - 6.395471175756457) / (3 * 22.175504140184618),
        "northward_wind": (x - 0.020313991225046) / (3 * 9.84143148277375),
        "air_potential_temperature": x / 1000,
        "upward_air_velocity": np.cbrt(
            (x - 0.0016040905945274022) / 0.017021397434040318
        ),
        "lagrangian_tendency_of_air_pressure": np.cbrt(
            (x - 0.0016040905945274022) / 0.017021397434040318
        ),
        "eastward_momentum_flux_in_pressure_coordinates": np.cbrt(
            (x + 0.0005112474139891424) / 0.0050768547492663395
        ),
        "northward_momentum_flux_in_pressure_coordinates": np.cbrt(
            (x + 0.0002982954242187403) / 0.003792741148955207
        ),
    }
    values = torch.tensor([[x]], dtype=torch.float64)

    given = {
        name: float(
            t.for_field(Field(name, t.units, "full", "float64"), 1).normalise()(values)
        )
        for name, t in made.transforms.items()
    }

    assert given == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("velocity", ["w", "omega"])
def test_export_with_the_published_recipe(tmp_path, velocity):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)
    given = options(tmp_path, 4, scaling="era5-gw-2024", vertical_velocity=velocity)

    export = export_model(path, tmp_path / "net_script.pt", options=given)

    assert export.notes[-1].startswith("era5-gw-2024 is the scaling of published")
    contract = export.contract
    seen = {"w": "upward_air_velocity", "omega": "lagrangian_tendency_of_air_pressure"}
    assert seen[velocity] in [field.name for field in contract.inputs]


def test_published_recipe_does_not_say_which_vertical_velocity(tmp_path):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)
    given = options(tmp_path, 4, scaling="era5-gw-2024")

    with pytest.raises(ArgumentError, match=r"which vertical velocity .* w\|omega"):
        export_model(path, tmp_path / "net_script.pt", options=given)


def test_vertical_velocity_that_nobody_sees_is_refused(tmp_path):
    path = ann_cnn(tmp_path / "net.pt", 15, 8)
    given = options(tmp_path, 4, features="uvtheta", vertical_velocity="w")

    with pytest.raises(
        ArgumentError, match="vertical_velocity is w, the network sees no"
    ):
        export_model(path, tmp_path / "net_script.pt", options=given)


def test_export_takes_the_recipe_of_a_training_file_or_holds_it_against_one(tmp_path):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)
    text = json.dumps(recipe(4))
    file = training_file(tmp_path / "training.nc", gwparam_scaling=text)
    alone = options(tmp_path, 4, scaling=None)
    other = options(tmp_path, 4, scaling="era5-gw-2024", vertical_velocity="w")
    artefact = tmp_path / "net_script.pt"

    taken = export_model(path, artefact, options=alone, training_file=file).contract
    same = export_model(
        path, artefact, options=options(tmp_path, 4), training_file=file
    ).contract
    with pytest.raises(
        ContractError, match=r"surface_altitude is .*training\.nc, expected"
    ):
        export_model(path, artefact, options=other, training_file=file)

    assert taken.inputs == same.inputs


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"mean": 1.1},
            "mean of eastward_wind is 1.1 in training.nc, expected 1.0 of re",
        ),
        (
            {"standard_deviation": 2.1},
            "standard_deviation of eastward_wind is 2.1 in tr",
        ),
        (
            {"transform": "cube_root", "scale": 1.0},
            "transform of eastward_wind is cube_",
        ),
    ],
)
def test_recipes_that_differ_are_told_apart(tmp_path, change, message):
    wind = linear("m s-1", 1.0, 2.0)
    text = json.dumps(
        {"scaling_version": 1, "variables": {"eastward_wind": wind | change}}
    )
    file = training_file(tmp_path / "training.nc", gwparam_scaling=text)
    given = read_recipe(written(tmp_path, eastward_wind=wind))

    with pytest.raises(ContractError) as caught:
        with_training_file(given, file)

    assert str(caught.value).startswith(message)


def test_recipes_in_other_units_or_to_single_precision_are_the_same(tmp_path):
    one = read_recipe(
        written(tmp_path, eastward_wind=linear("m s-1", 10.0, [1.0, 2.0]))
    )
    wind = linear("km h-1", 36.0000001, [3.6, 7.2])
    other = read_recipe(
        written(tmp_path, eastward_wind=wind, latitude=linear("1", 0, 1))
    )

    assert check_same(one, other) == 1


def test_recipes_with_nothing_in_common_are_refused(tmp_path):
    one = read_recipe(written(tmp_path, eastward_wind=linear("m s-1", 10.0, 1.0)))
    other = read_recipe(written(tmp_path, latitude=linear("degrees", 0.0, 90.0)))

    with pytest.raises(ArgumentError, match=r"has no variable of recipe\.json"):
        check_same(one, other)


def test_formulas_of_a_training_file_are_its_recipe(tmp_path):
    file = training_file(
        tmp_path / "training.nc",
        u_scaling="(u - 6.5) / (3 * 22.0)",
        scaling="theta: theta / 1000; u'omega': cbrt((u'omega' + 5e-4) / 5e-3)",
        long_name="features of u and v",
    )

    made = read_recipe(file)

    assert made.of(WIND, 2).mean == pytest.approx((6.5,) * 2)
    assert made.of(WIND, 2).standard_deviation == pytest.approx((66.0,) * 2)
    flux = made.transforms["eastward_momentum_flux_in_pressure_coordinates"]
    assert (flux.transform, flux.offset, flux.scale) == (
        "cube_root",
        pytest.approx((-5e-4,)),
        pytest.approx((5e-3,)),
    )
    assert set(made.transforms) == {
        "eastward_wind",
        "air_potential_temperature",
        "eastward_momentum_flux_in_pressure_coordinates",
    }


@pytest.mark.parametrize("name", NAMED)
def test_recipe_survives_being_written(name):
    made = read_recipe(name)

    assert read_recipe(write_recipe(made)).transforms == made.transforms


def test_offset_of_a_line_is_refused(tmp_path):
    with pytest.raises(ContractError, match=r"offset of eastward_wind .* no key"):
        transform(tmp_path, linear("m s-1", 0.0, 1.0) | {"offset": 1.0})


def test_offset_is_zero_where_it_is_absent(tmp_path):
    assert (
        transform(tmp_path, cube_root("m s-1", 1.0, 0.0, 1.0)).offset == (0.0,) * NLEV
    )


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
        ({"transform": "linear"}, "units of eastward_wind in recipe.json are missing"),
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
