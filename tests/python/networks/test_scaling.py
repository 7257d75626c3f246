import pytest
import torch
from recipes import cube_root, linear, write_json

from gwparam.contract import Field
from gwparam.networks.scaling import power
from gwparam.networks.scaling_recipe import read_recipe

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


def test_offset_of_a_cube_root_is_taken_off_and_put_back(tmp_path):
    value = cube_root("m s-1", [1.0, 8.0, 0.5], 0.0, 1.0) | {"offset": [1.0, 2.0, -3.0]}
    made = transform(tmp_path, value)
    x = torch.tensor([[9.0, -62.0, -3.0]], dtype=torch.float64)

    y = made.normalise()(x)

    expected = torch.tensor([[2.0, -2.0, 0.0]]).double()
    torch.testing.assert_close(y, expected, rtol=1e-15, atol=1e-15)
    torch.testing.assert_close(made.restore()(y), x, rtol=1e-14, atol=0)


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
        (
            cube_root("km h-1", 3.6, 0.1, 0.2) | {"offset": 7.2},
            cube_root("m s-1", 1.0, 0.1, 0.2) | {"offset": 2.0},
        ),
    ],
    ids=["linear", "cube_root", "offset"],
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
    assert len(list(scripted.buffers())) == 4


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
