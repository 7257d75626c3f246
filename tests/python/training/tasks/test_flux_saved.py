import json

import numpy as np
import pytest
import recipes
import torch
from flux_training import PLACE, SEEN, WIND, physical, prithvi_set, statistics
from training_files import NLEV

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import read_contract
from gwparam.errors import ArgumentError
from gwparam.export import export_model
from gwparam.networks.horizontal import GRID
from gwparam.training.statistics import ChannelStatistics, SampleStatistics
from gwparam.training.tasks.task import largest_credible

ROUNDING = 1e-13
"""Relative: some 100 roundings of float64, of 1e-16 each."""
SINGLE = 1e-4
"""Relative to the largest: weights in float32, as promised of an export, 5e-6, times 20
for what the cube, and a wind less its mean, may lose."""
KEYS = ("mean", "standard_deviation", "minimum", "maximum")


@pytest.fixture
def exported(make, tmp_path):
    """Save, read back and export, with no option but those in the checkpoint."""

    def run(called=None, **changes):
        network, data, spec = make(**changes)
        found = statistics(data, spec)
        path = tmp_path / "network.safetensors"
        spec.save(path, network.state_dict(), found, called)
        export_model(path, tmp_path / "network.pt", dtype="float32")
        return network, data, found, tmp_path / "network.pt"

    return run


def test_saved_network_is_exported_without_options(exported):
    _, _, _, path = exported(flux_sign="-1")

    contract = read_contract(path)
    assert [flux.sign for flux in contract.flux] == [-1, -1]
    assert [field.name for field in contract.outputs] == list(recipes.FLUXES)
    assert {field.dtype for field in contract.inputs} == {"float32"}
    pressure = 100.0 * np.array(recipes.levels(NLEV)["pressure"])
    np.testing.assert_allclose(contract.vertical.pressure, pressure, rtol=ROUNDING)


def test_exported_network_gives_the_fluxes_of_the_bare_one(exported):
    network, data, _, path = exported(temperature="air_potential_temperature")
    features, _ = data.samples.read(1)
    # Longitude is wrapped in the graph: normalised it is 0 to 1.
    features = torch.cat((features[:, :1], features[:, 1:2].abs(), features[:, 2:]), 1)
    given = [
        torch.from_numpy(physical(features[:, [channel]], name))[:, 0]
        for channel, name in enumerate(PLACE)
    ] + [
        torch.from_numpy(physical(features[:, 3 + i * NLEV :][:, :NLEV], name))
        for i, name in enumerate(SEEN)
    ]

    with torch.no_grad():
        found = torch.jit.load(path)(*(field.float() for field in given))

        outputs = network.eval()(features)
    for block, name in enumerate(recipes.FLUXES):
        expected = physical(outputs[:, block * NLEV :][:, :NLEV], name)
        largest = np.abs(expected).max()
        np.testing.assert_allclose(found[block], expected, atol=SINGLE * largest)


def test_training_ranges_land_in_the_contract(exported):
    _, _, found, path = exported(temperature="air_potential_temperature")

    ranges = {seen.name: seen for seen in read_contract(path).training_range}
    assert tuple(ranges) == (*PLACE, *SEEN)
    first = 0
    for name in ranges:
        end = first + (1 if name in PLACE else NLEV)
        part = found.features.part(first, end)
        for key in KEYS:
            np.testing.assert_allclose(
                getattr(ranges[name], key), getattr(part, key), rtol=ROUNDING
            )
        first = end


def test_training_ranges_are_in_the_units_of_the_contract(exported, tmp_path):
    recipe = recipes.recipe(NLEV)
    wind = recipe["variables"]["eastward_wind"]
    for key in ("mean", "standard_deviation"):
        wind[key] = [3.6 * value for value in wind[key]]
    wind["units"] = "km h-1"
    scaling = str(recipes.write_json(tmp_path / "kilometres.json", recipe))

    _, data, found, path = exported(scaling=scaling)

    features = np.concatenate([data.samples.read(t)[0] for t in range(2)])
    expected = physical(features[:, 3 : 3 + NLEV], "eastward_wind")
    numbers = expected.mean(0), expected.std(0), expected.min(0), expected.max(0)
    (seen,) = [r for r in read_contract(path).training_range if r.name == WIND[0]]
    for known in (seen, found.features.part(3, 3 + NLEV)):
        for key, values in zip(KEYS, numbers, strict=True):
            np.testing.assert_allclose(getattr(known, key), values, rtol=1e-12)


def test_limits_follow_from_the_largest_tendency_of_the_targets(exported):
    _, data, found, path = exported()

    pressure = 100.0 * np.array(recipes.levels(NLEV)["pressure"])
    targets = np.concatenate([data.samples.read(t)[1] for t in range(2)])
    largest = max(
        np.abs(np.diff(physical(part, name), axis=1) / np.diff(pressure)).max()
        for part, name in zip(
            (targets[:, :NLEV], targets[:, NLEV:]), recipes.FLUXES, strict=True
        )
    )
    limits = read_contract(path).limits
    assert len(limits) == 2
    for limit in limits:
        np.testing.assert_allclose(limit.maximum_magnitude, 15.0 * largest, rtol=1e-9)
    assert limits[0].maximum_magnitude == largest_credible(found.largest_tendency)


@pytest.mark.parametrize(("name", "expected"), [("mine", "mine"), (None, "ANN 1x1")])
def test_name_lands_in_the_contract(exported, name, expected):
    _, _, _, path = exported(called=name)

    assert read_contract(path).name == expected


def test_levels_that_are_given_land_in_the_contract(exported):
    _, _, _, path = exported(output_levels="1:4")

    assert [tuple(flux.given_levels) for flux in read_contract(path).flux] == [
        (1, 4)
    ] * 2


def test_fields_that_are_seen_land_in_the_contract(exported):
    _, _, _, path = exported(features="uvw")

    names = [field.name for field in read_contract(path).inputs]
    assert names == [*PLACE, *WIND, "upward_air_velocity"]


def nothing_seen(largest=None):
    nothing = ChannelStatistics((), (), (), ())
    return SampleStatistics(0, nothing, nothing, largest)


def test_network_is_saved_with_what_is_known(make, tmp_path):
    network, _, spec = make(scaling=None, flux_sign=None)
    path = tmp_path / "network.safetensors"

    spec.save(path, network.state_dict(), nothing_seen(), None)

    saved = read_checkpoint(path)
    assert set(saved.options) == {"levels", "flux_quantity"}
    for key, value in network.state_dict().items():
        assert torch.equal(saved.weights[key], value)


def test_export_asks_for_what_is_missing(make, tmp_path):
    network, _, spec = make(flux_sign=None)
    path = tmp_path / "network.safetensors"
    spec.save(path, network.state_dict(), nothing_seen(), None)

    with pytest.raises(ArgumentError, match="not known, expected flux_sign") as error:
        export_model(path, tmp_path / "network.pt")

    assert error.value.settings == ("flux_sign",)


@pytest.mark.parametrize("largest", [None, 0.0])
def test_tendency_that_tells_nothing_sets_no_limit(make, tmp_path, largest):
    network, _, spec = make(scaling=None)
    path = tmp_path / "network.safetensors"

    spec.save(path, network.state_dict(), nothing_seen(largest), None)

    assert "max_tendency" not in read_checkpoint(path).options


def test_sizes_that_no_weight_tells_are_saved(make, tmp_path):
    network, data, spec = make("prithvi_gw", prithvi_set())
    path = tmp_path / "network.safetensors"

    spec.save(path, network.state_dict(), statistics(data, spec), None)

    saved = read_checkpoint(path).options
    assert (saved["heads"], saved["mask_unit"]) == ("3", "4x6")
    grid = GRID.read(saved["grid"])
    np.testing.assert_array_equal(grid.latitude, data.files.latitude)
    np.testing.assert_array_equal(grid.longitude, data.files.longitude)


def test_recipe_can_be_had_with_what_training_saw(make):
    _, data, spec = make()
    found = statistics(data, spec)

    variables = json.loads(spec.recipe(found))["variables"]

    training = variables["northward_wind"]["training"]
    part = found.features.part(3 + NLEV, 3 + 2 * NLEV)
    assert {key: tuple(training[key]) for key in KEYS} == {
        key: getattr(part, key) for key in KEYS
    }


def test_recipe_that_is_not_known_cannot_be_had(make):
    _, data, spec = make(levels=None)

    assert spec.recipe(statistics(data, spec)) is None
