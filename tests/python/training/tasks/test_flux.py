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
    physical,
    prithvi_set,
    statistics,
    unet_set,
)
from training_files import NLAT, NLEV, NLON, training_set

from gwparam.constants import STANDARD_GRAVITY
from gwparam.errors import ArgumentError

DOUBLE = torch.float64
ROUNDING = 1e-13
"""Relative: some 100 roundings of float64, of 1e-16 each."""
NEEDED = ("scaling", "levels", "flux_quantity", "flux_sign")


def test_outputs_become_fluxes_of_columns(make):
    _, data, spec = make()
    _, targets = data.samples.read(1)

    fluxes = spec.restore(targets)

    parts = targets[:, :NLEV], targets[:, NLEV:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        np.testing.assert_allclose(found, physical(values, name), rtol=ROUNDING)


def test_outputs_become_fluxes_of_the_globe(make):
    _, data, spec = make("attention_unet", unet_set())
    _, targets = data.samples.read(0)

    fluxes = spec.restore(targets)

    parts = targets[:, :NLEV], targets[:, NLEV:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        assert found.shape == (1, NLEV, *IMAGE)
        np.testing.assert_allclose(found, physical(values, name), rtol=ROUNDING)


def test_outputs_of_prithvi_begin_with_temperature(make):
    _, data, spec = make("prithvi_gw", prithvi_set())
    _, targets = data.samples.read(0)

    fields = spec.restore(targets)

    names = ("air_potential_temperature_predicted", *recipes.FLUXES)
    recipe = prithvi_small.recipe()
    assert spec.fields == (
        (names[0], "K"),
        (names[1], "Pa m s-2"),
        (names[2], "Pa m s-2"),
    )
    parts = torch.split(targets, prithvi_small.NLEV, dim=1)
    for found, values, name in zip(fields, parts, names, strict=True):
        np.testing.assert_allclose(found, physical(values, name, recipe), rtol=ROUNDING)


def test_some_levels_are_restored_as_those_levels(make):
    _, data, spec = make(output_levels="1:4")
    _, targets = data.samples.read(0)

    fluxes = spec.restore(targets)

    assert spec.outputs.nlev == 3
    parts = targets[:, :3], targets[:, 3:]
    for found, values, name in zip(fluxes, parts, recipes.FLUXES, strict=True):
        expected = physical(values, name, levels=slice(1, 4))
        np.testing.assert_allclose(found, expected, rtol=ROUNDING)


def test_some_levels_have_the_pressure_of_those_levels(make):
    _, _, spec = make(output_levels="1:4")

    expected = 100.0 * np.array(recipes.levels(NLEV)["pressure"][1:4])
    np.testing.assert_allclose(spec.outputs.pressure, expected, rtol=ROUNDING)


def check_physical(features, targets, seen, wanted):
    """Compare physical fields with the formulae; the first channels are the place."""
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


def test_features_and_targets_become_physical(make):
    _, data, spec = make()
    features, targets = data.samples.read(1)

    check_physical(features, targets, *spec.physical(features, targets))


def test_physical_fields_of_a_stencil_are_those_of_its_middle(make):
    _, data, spec = make(dataset=training_set(stencil=3))
    features, targets = data.samples.read(1)

    check_physical(features[..., 1, 1], targets, *spec.physical(features, targets))


@pytest.mark.parametrize("stencil", [1, 3])
def test_fields_are_as_in_the_files_where_the_scaling_is_not_known(make, stencil):
    _, data, spec = make(dataset=training_set(stencil=stencil), scaling=None)
    features, targets = data.samples.read(1)

    seen, wanted = spec.physical(features, targets)

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
    _, _, spec = make(
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

    tendency = spec.tendency(fluxes)

    steps = NLEV - 1
    assert tendency.shape == (1, 2 * steps, *((2, 3) if image else ()))
    # A small difference of large fluxes keeps 16 - 5 digits.
    for block, slope in enumerate(slopes):
        found = tendency[:, block * steps : (block + 1) * steps]
        np.testing.assert_allclose(found, sign * factor * slope, rtol=1e-9)


def test_temperature_has_no_tendency(make):
    _, data, spec = make("prithvi_gw", prithvi_set())
    nlev = prithvi_small.NLEV
    _, fluxes = spec.physical(*data.samples.read(0))
    warmer = fluxes.clone()
    warmer[:, :nlev] += torch.arange(float(nlev)).view(1, -1, 1, 1)

    tendency = spec.tendency(warmer)

    assert tendency.shape[1] == 2 * (nlev - 1)
    assert torch.equal(tendency, spec.tendency(fluxes))


def test_tendency_is_not_known_without_scaling(make):
    _, data, spec = make(scaling=None)
    _, targets = data.samples.read(0)

    assert spec.tendency(targets.double()) is None


def test_tendency_is_not_known_without_pressure(make):
    host = json.dumps({"kind": "host", "nlev": NLEV})
    _, data, spec = make(levels=host)
    _, wanted = spec.physical(*data.samples.read(0))

    assert spec.outputs.pressure is None
    assert spec.tendency(wanted) is None


def test_blocks_are_the_fluxes(make):
    _, _, spec = make()

    assert spec.outputs.names == recipes.FLUXES
    assert spec.fields == tuple((name, "Pa m s-2") for name in recipes.FLUXES)
    assert [flux.sign for flux in spec.outputs.flux] == [1, 1]
    assert spec.missing == ()


@pytest.mark.parametrize("absent", [*NEEDED, ("scaling", "flux_sign")])
def test_what_an_export_will_ask_for_is_listed(make, absent):
    names = [absent] if isinstance(absent, str) else list(absent)

    _, _, spec = make(**dict.fromkeys(names))

    assert spec.missing == tuple(names)
    assert spec.outputs.names == ("eastward flux", "northward flux")
    assert spec.outputs.restore is None
    assert spec.fields == (("eastward flux", "1"), ("northward flux", "1"))


def test_recipe_in_the_files_is_not_asked_for(make):
    dataset = training_set()
    dataset.attrs["gwparam_scaling"] = json.dumps(recipes.recipe(NLEV))

    _, data, spec = make(dataset=dataset, scaling=None)

    assert spec.missing == ()
    _, targets = data.samples.read(0)
    expected = physical(targets[:, NLEV:], recipes.FLUXES[1])
    np.testing.assert_allclose(spec.restore(targets)[1], expected, rtol=ROUNDING)


def test_standardising_changes_nothing(make):
    network, data, spec = make()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    targets = data.samples.read(0)[1].clone()

    spec.standardise(statistics(data, spec))

    assert all(torch.equal(before[k], v) for k, v in network.state_dict().items())
    assert torch.equal(data.samples.read(0)[1], targets)


def test_grid_that_is_not_that_of_the_files_is_refused(make):
    with pytest.raises(
        ArgumentError, match=r"grid has another latitude than .*file.nc: 16 from"
    ):
        make("attention_unet", unet_set(), grid="16x32")


def test_cells_are_all_seen(make):
    _, data, spec = make()

    assert statistics(data, spec).rows == 2 * NLAT * NLON
