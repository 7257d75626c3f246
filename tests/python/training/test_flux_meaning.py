import json

import numpy as np
import prithvi_small
import pytest
import recipes
import torch
from flux_training import (
    IMAGE,
    PLACE,
    SEEN,
    look,
    physical,
    prithvi_set,
    unet_set,
)
from training_files import NLAT, NLEV, NLON, training_set

from gwparam.constants import STANDARD_GRAVITY
from gwparam.errors import ArgumentError

DOUBLE = torch.float64
ROUNDING = 1e-13
"""Relative: some 100 roundings of float64, of 1e-16 each."""
NEEDED = {
    "scaling": "--scaling",
    "levels": "--levels",
    "flux_quantity": "--flux-quantity",
    "flux_sign": "--flux-sign",
}


def test_outputs_become_fluxes_of_columns(make):
    _, data, meaning = make()
    _, targets = data.samples.read(1)

    fluxes = meaning.restore(targets)

    parts = targets[:, :NLEV], targets[:, NLEV:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        np.testing.assert_allclose(found, physical(values, name), rtol=ROUNDING)


def test_outputs_become_fluxes_of_the_globe(make):
    _, data, meaning = make("attention_unet", unet_set())
    _, targets = data.samples.read(0)

    fluxes = meaning.restore(targets)

    parts = targets[:, :NLEV], targets[:, NLEV:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        assert found.shape == (1, NLEV, *IMAGE)
        np.testing.assert_allclose(found, physical(values, name), rtol=ROUNDING)


def test_outputs_of_prithvi_begin_with_temperature(make):
    _, data, meaning = make("prithvi_gw", prithvi_set())
    _, targets = data.samples.read(0)

    fields = meaning.restore(targets)

    names = ("air_potential_temperature_predicted", *recipes.FLUXES)
    recipe = prithvi_small.recipe()
    assert meaning.fields == (
        (names[0], "K"),
        (names[1], "Pa m s-2"),
        (names[2], "Pa m s-2"),
    )
    parts = torch.split(targets, prithvi_small.NLEV, dim=1)
    for found, values, name in zip(fields, parts, names, strict=True):
        np.testing.assert_allclose(found, physical(values, name, recipe), rtol=ROUNDING)


def test_some_levels_are_restored_as_those_levels(make):
    _, data, meaning = make(output_levels="1:4")
    _, targets = data.samples.read(0)

    fluxes = meaning.restore(targets)

    assert meaning.outputs.nlev == 3
    parts = targets[:, :3], targets[:, 3:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        expected = physical(values, name, levels=slice(1, 4))
        np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_some_levels_have_the_pressure_of_those_levels(make):
    _, _, meaning = make(output_levels="1:4")

    expected = 100.0 * np.array(recipes.levels(NLEV)["pressure"][1:4])
    np.testing.assert_allclose(meaning.outputs.pressure, expected, rtol=ROUNDING)


def check_view(features, targets, seen, wanted):
    """Compare a view with the formulae; the first three channels are the place."""
    for channel, name in enumerate(PLACE):
        found = seen[:, channel : channel + 1]
        expected = physical(features[:, channel : channel + 1], name)
        np.testing.assert_allclose(found, expected, rtol=ROUNDING)
    for block, name in enumerate(SEEN):
        channels = slice(3 + block * NLEV, 3 + (block + 1) * NLEV)
        expected = physical(features[:, channels], name)
        np.testing.assert_allclose(seen[:, channels], expected, rtol=ROUNDING)
    for block, name in enumerate(recipes.FLUXES):
        channels = slice(block * NLEV, (block + 1) * NLEV)
        expected = physical(targets[:, channels], name)
        np.testing.assert_allclose(wanted[:, channels], expected, rtol=ROUNDING)


def test_view_is_physical(make):
    _, data, meaning = make()
    features, targets = data.samples.read(1)

    check_view(features, targets, *meaning.view(features, targets))


def test_view_of_a_stencil_is_that_of_its_middle(make):
    _, data, meaning = make(dataset=training_set(stencil=3))
    features, targets = data.samples.read(1)

    check_view(features[..., 1, 1], targets, *meaning.view(features, targets))


@pytest.mark.parametrize("stencil", [1, 3])
def test_view_is_as_the_files_are_where_the_scaling_is_not_known(make, stencil):
    _, data, meaning = make(dataset=training_set(stencil=stencil), scaling=None)
    features, targets = data.samples.read(1)

    seen, wanted = meaning.view(features, targets)

    middle = features if stencil == 1 else features[..., 1, 1]
    assert torch.equal(seen, middle.double())
    assert torch.equal(wanted, targets.double())


HEIGHT = {
    f"upward_{wind}_momentum_flux_in_air": recipes.linear("Pa", 0.0, 1.0)
    for wind in ("eastward", "northward")
}


@pytest.fixture
def both_quantities(tmp_path):
    """A recipe that knows the fluxes as either quantity."""
    recipe = recipes.recipe(NLEV)
    recipe["variables"] |= HEIGHT
    return str(recipes.write_json(tmp_path / "both.json", recipe))


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("quantity", "factor"), [("omega", -1.0), ("height", STANDARD_GRAVITY)]
)
@pytest.mark.parametrize("name", ["ann_cnn", "attention_unet"])
def test_flux_that_is_linear_in_pressure_has_one_tendency(
    make, both_quantities, name, quantity, factor, sign
):
    image = name == "attention_unet"
    _, _, meaning = make(
        name,
        unet_set() if image else None,
        scaling=both_quantities,
        flux_quantity=quantity,
        flux_sign=str(sign),
    )
    pressure = 100.0 * torch.tensor(recipes.levels(NLEV)["pressure"], dtype=DOUBLE)
    slopes = torch.tensor([2e-6, -5e-6], dtype=DOUBLE)
    fluxes = (0.3 + slopes[:, None] * pressure).reshape(1, -1)
    if image:
        fluxes = fluxes[..., None, None].expand(1, -1, 2, 3)

    tendency = meaning.tendency(fluxes)

    steps = NLEV - 1
    assert tendency.shape == (1, 2 * steps, *((2, 3) if image else ()))
    # A small difference of large fluxes keeps 16 - 5 digits.
    for block, slope in enumerate(slopes):
        found = tendency[:, block * steps : (block + 1) * steps]
        np.testing.assert_allclose(found, sign * factor * slope, rtol=1e-9)


def test_temperature_has_no_tendency(make):
    _, data, meaning = make("prithvi_gw", prithvi_set())
    nlev = prithvi_small.NLEV
    _, fluxes = meaning.view(*data.samples.read(0))
    warmer = fluxes.clone()
    warmer[:, :nlev] += torch.arange(float(nlev)).view(1, -1, 1, 1)

    tendency = meaning.tendency(warmer)

    assert tendency.shape[1] == 2 * (nlev - 1)
    assert torch.equal(tendency, meaning.tendency(fluxes))


def test_tendency_is_not_known_without_scaling(make):
    _, data, meaning = make(scaling=None)
    _, targets = data.samples.read(0)

    assert meaning.tendency(targets.double()) is None


def test_tendency_is_not_known_without_pressure(make):
    host = json.dumps({"kind": "host", "nlev": NLEV})
    _, data, meaning = make(levels=host)
    _, wanted = meaning.view(*data.samples.read(0))

    assert meaning.outputs.pressure is None
    assert meaning.tendency(wanted) is None


def test_blocks_are_the_fluxes(make):
    _, _, meaning = make()

    assert meaning.outputs.names == recipes.FLUXES
    assert meaning.fields == tuple((name, "Pa m s-2") for name in recipes.FLUXES)
    assert [flux.sign for flux in meaning.outputs.flux] == [1, 1]
    assert meaning.missing == ()


@pytest.mark.parametrize("absent", [*NEEDED, ("scaling", "flux_sign")])
def test_what_an_export_will_ask_for_is_listed(make, absent):
    names = [absent] if isinstance(absent, str) else list(absent)

    _, _, meaning = make(**dict.fromkeys(names))

    assert meaning.missing == tuple(NEEDED[name] for name in names)
    assert meaning.outputs.names == ("eastward flux", "northward flux")
    assert meaning.outputs.restore is None
    assert meaning.fields == (("eastward flux", "1"), ("northward flux", "1"))


def test_recipe_in_the_files_is_not_asked_for(make):
    dataset = training_set()
    dataset.attrs["gwparam_scaling"] = json.dumps(recipes.recipe(NLEV))

    _, data, meaning = make(dataset=dataset, scaling=None)

    assert meaning.missing == ()
    _, targets = data.samples.read(0)
    expected = physical(targets[:, NLEV:], recipes.FLUXES[1])
    np.testing.assert_allclose(meaning.restore(targets)[1], expected, rtol=ROUNDING)


def test_settling_changes_nothing(make):
    network, data, meaning = make()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    targets = data.samples.read(0)[1].clone()

    meaning.settle(network, look(data, meaning), [data.samples])

    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert torch.equal(data.samples.read(0)[1], targets)


def test_grid_that_is_not_that_of_the_files_is_refused(make):
    with pytest.raises(
        ArgumentError, match=r"--grid has another latitude than .*file.nc: 16 from"
    ):
        make("attention_unet", unet_set(), grid="16x32")


def test_cells_are_all_seen(make):
    _, data, meaning = make()

    assert look(data, meaning).rows == 2 * NLAT * NLON
