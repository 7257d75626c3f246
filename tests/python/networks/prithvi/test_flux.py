from dataclasses import replace

import numpy as np
import pytest
import torch
from prithvi_small import GRID, LEVELS, NLEV, SIZES, checkpoint, options, recipe
from recipes import FLUXES, write_json

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Mask
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.grids import gaussian_latitudes
from gwparam.networks import from_checkpoint
from gwparam.networks.prithvi.unet import UNetWithTransformer

# Float64 rounding through scaling, network and a cube, relative to the largest output.
TOLERANCE = 1e-12
NAMES = ("air_temperature", "surface_air_pressure", "eastward_wind", "northward_wind")


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return checkpoint(tmp_path_factory.mktemp("prithvi") / "magnet-flux.pt")


@pytest.fixture(scope="module")
def fields():
    random = np.random.default_rng(5)
    shape = (NLEV, *GRID)
    return {
        "air_temperature": 230.0 + 10.0 * random.standard_normal(shape),
        "surface_air_pressure": 1e5 + 2e3 * random.standard_normal(GRID),
        "eastward_wind": 10.0 * random.standard_normal(shape),
        "northward_wind": 9.0 * random.standard_normal(shape),
    }


def build(path, folder, **others):
    return from_checkpoint(read_checkpoint(path), options=options(folder, **others))


def run(network, fields):
    with torch.no_grad():
        result = network(*(torch.from_numpy(fields[f.name]) for f in network.inputs))
    return [output.numpy() for output in result]


def column(values):
    return np.reshape(values, (-1, 1, 1))


def expected(path, fields, temperature, known):
    """The physical network, written down once more around the bare one."""
    pressure = (
        column(LEVELS["a"]) + column(LEVELS["b"]) * fields["surface_air_pressure"]
    )
    seen = {
        known: temperature(fields["air_temperature"], pressure),
        "air_pressure": pressure,
        **{name: fields[name] for name in NAMES[2:]},
    }
    variables = recipe(known)["variables"]
    features = [
        (values - column(variables[name]["mean"]))
        / column(variables[name]["standard_deviation"])
        for name, values in seen.items()
    ]
    latitude = np.deg2rad(gaussian_latitudes(GRID[0]))[:, None] + np.zeros(GRID)
    longitude = 2.0 * np.pi * np.arange(GRID[1]) / GRID[1] + np.zeros(GRID)
    static = np.stack([np.sin(latitude), np.cos(longitude), np.sin(longitude)])
    bare = UNetWithTransformer(SIZES).double().eval()
    bare.load_state_dict(read_checkpoint(path).weights)
    with torch.no_grad():
        image, place = (
            torch.from_numpy(np.concatenate(features)),
            torch.from_numpy(static),
        )
        result = bare(image[None], place[None])[0].numpy()
    outputs = []
    for name, values in zip(list(variables)[4:], np.split(result, 3), strict=True):
        scaling = variables[name]
        values = values * column(scaling["standard_deviation"]) + column(
            scaling["mean"]
        )
        if "scale" in scaling:
            values = column(scaling["scale"]) * values**3
        outputs.append(values)
    return outputs


def worst(results, references):
    return max(
        np.abs(result - reference).max() / np.abs(reference).max()
        for result, reference in zip(results, references, strict=True)
    )


def test_physical_fields_go_through_the_network_in_their_order(path, fields, tmp_path):
    network = build(path, tmp_path)

    assert [field.name for field in network.inputs] == list(NAMES)
    names = [field.name for field in network.outputs]
    assert names == ["air_potential_temperature_predicted", *FLUXES]
    references = expected(path, fields, lambda t, p: t, "air_temperature")
    assert worst(run(network, fields), references) < TOLERANCE


def test_potential_temperature_is_made_of_temperature(path, fields, tmp_path):
    known = "air_potential_temperature"
    scaling = str(write_json(tmp_path / "theta.json", recipe(known)))
    network = build(path, tmp_path, scaling=scaling)

    def potential(t, p):
        return t * (1e5 / p) ** (2.0 / 7.0)

    assert network.inputs[0].name == "air_temperature"
    references = expected(path, fields, potential, known)
    assert worst(run(network, fields), references) < TOLERANCE


def test_potential_temperature_can_be_handed_over(path, fields, tmp_path):
    known = "air_potential_temperature"
    scaling = str(write_json(tmp_path / "theta.json", recipe(known)))
    network = build(path, tmp_path, scaling=scaling, temperature=known)
    given = fields | {known: fields["air_temperature"] + 100.0}

    assert network.inputs[0].name == known
    references = expected(path, fields, lambda t, p: t + 100.0, known)
    assert worst(run(network, given), references) < TOLERANCE


def test_levels_of_the_host_hand_their_pressure_over(path, fields, tmp_path):
    levels = str(write_json(tmp_path / "host.json", {"kind": "host", "nlev": NLEV}))
    network = build(path, tmp_path, levels=levels)
    pressure = (
        column(LEVELS["a"]) + column(LEVELS["b"]) * fields["surface_air_pressure"]
    )

    assert network.inputs[1].name == "air_pressure"
    assert network.inputs[1].levels == "full"
    references = expected(path, fields, lambda t, p: t, "air_temperature")
    result = run(network, fields | {"air_pressure": pressure})
    assert worst(result, references) < TOLERANCE


def test_levels_of_constant_pressure_need_no_surface(path, fields, tmp_path):
    levels = {"units": "Pa", "pressure": [2e3, 1.8e4, 9.1e4]}
    network = build(path, tmp_path, levels=str(write_json(tmp_path / "p.json", levels)))
    pressure = column(levels["pressure"]) + np.zeros((NLEV, *GRID))

    with torch.no_grad():
        right, wrong = (
            run(network, fields | {"air_pressure": p})
            for p in (pressure, 0.9 * pressure)
        )

    assert worst(wrong, right) == 0.0


def test_fluxes_are_declared_as_the_options_say(path, tmp_path):
    network = build(path, tmp_path, flux_sign="-1")

    assert [(f.name, f.quantity, f.sign) for f in network.flux] == [
        (name, "omega", -1) for name in FLUXES
    ]
    assert [limit.name for limit in network.description.limits] == [
        f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
        for wind in ("eastward", "northward")
    ]
    assert network.geometry.kind == "global"
    assert len(network.geometry.latitude) == GRID[0]


def test_mask_and_seed_change_the_result_and_are_frozen(path, fields, tmp_path):
    natural = run(build(path, tmp_path), fields)
    half = {"mask_ratio": "0.5", "mask_seed": "7"}

    first, second = (run(build(path, tmp_path, **half), fields) for _ in range(2))

    assert worst(first, second) == 0.0
    assert worst(first, natural) > 1e-4
    for other in ({"mask_seed": "8"}, {"mask_whole_units": True}, {"mask_ratio": "0"}):
        result = run(build(path, tmp_path, **(half | other)), fields)
        assert worst(result, first) > 1e-4


@pytest.mark.parametrize("part", [{"mask_ratio": "0.5"}, {"mask_whole_units": True}])
def test_mask_without_a_seed_asks_for_it(path, tmp_path, part):
    with pytest.raises(ArgumentError) as caught:
        build(path, tmp_path, **part)

    assert str(caught.value) == (
        "which tokens are hidden is not known, expected mask_seed N"
    )


@pytest.mark.parametrize(
    ("option", "value", "message"),
    [
        ("mask_ratio", "half", "mask_ratio is half, expected 0 to less than 1"),
        ("mask_seed", "-1", "mask_seed is -1, expected a whole number"),
        ("heads", "many", "heads is many, expected a whole number"),
        ("heads", "5", "embed is 24, expected a multiple of 4 and of 5 heads"),
        ("mask_unit", "4,6", "mask_unit is 4,6, expected for example 8x16"),
        (
            "grid",
            "8x10",
            "grid is 8 x 10, expected a multiple of the mask unit, 4 x 6",
        ),
        (
            "temperature",
            "air_potential_temperature",
            "temperature is air_potential_temperature, the network sees none",
        ),
    ],
)
def test_option_that_does_not_fit_is_named(path, tmp_path, option, value, message):
    with pytest.raises(ArgumentError) as caught:
        build(path, tmp_path, **{option: value})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    "option", ["grid", "levels", "scaling", "flux_quantity", "flux_sign", "heads"]
)
def test_what_is_not_known_is_asked_for(path, tmp_path, option):
    with pytest.raises(ArgumentError, match=f"expected .*{option}") as caught:
        build(path, tmp_path, **{option: None})

    assert option in caught.value.settings


def test_other_number_of_levels_is_named(path, tmp_path):
    levels = str(write_json(tmp_path / "host.json", {"kind": "host", "nlev": 4}))

    with pytest.raises(ShapeError) as caught:
        build(path, tmp_path, levels=levels)

    assert str(caught.value) == (
        "encoder.encoder1.0.weight has 12 channels, expected 4 fields on 4 levels"
    )


@pytest.mark.parametrize("both", [True, False])
def test_temperature_of_the_recipe_must_be_clear(path, tmp_path, both):
    given = recipe("air_temperature")
    if both:
        given["variables"] |= recipe("air_potential_temperature")["variables"]
    else:
        del given["variables"]["air_temperature"]
    scaling = str(write_json(tmp_path / "other.json", given))
    found = (
        "air_temperature and air_potential_temperature" if both else "no temperature"
    )

    with pytest.raises(ContractError, match=f"other.json has {found}, expected either"):
        build(path, tmp_path, scaling=scaling)


def test_weights_stay_in_the_mapped_file(path, tmp_path):
    read = read_checkpoint(path)

    network = from_checkpoint(read, options=options(tmp_path))

    small = replace(read, weights={k: v.double() for k, v in read.weights.items()})
    kept = from_checkpoint(small, options=options(tmp_path)).network.state_dict()
    key = "model.unembed.weight"
    assert kept[key].data_ptr() == small.weights[key].data_ptr()
    assert network.network.state_dict()[key].dtype == torch.float64


def test_living_backbone_is_not_dropped(path, tmp_path):
    with pytest.raises(
        ArgumentError, match=r"model\.output_scalers has 32 values that are"
    ):
        build(path, tmp_path, drop_dead_backbone=True)


def test_dead_parameters_are_known(path, tmp_path):
    times = {f"model.{t}_time_embedding.weight" for t in ("input", "lead")}

    natural = build(path, tmp_path).dead
    ordered = build(path, tmp_path, mask_seed="1").dead
    masked = build(path, tmp_path, mask_seed="1", mask_ratio="0.5").dead
    dead = build(checkpoint(tmp_path / "dead.pt", dead=True), tmp_path).dead

    assert set(natural) == set(ordered) == {*times, "model.mask_token"}
    assert set(masked) == times
    assert set(dead) == {"model."}


def test_lead_time_and_mask_are_for_the_contract(path, tmp_path, fields):
    plain = build(path, tmp_path)
    told = build(path, tmp_path, lead_time="6", mask_seed="3", mask_ratio="0.5")

    assert (plain.lead_time, plain.mask) == (0.0, None)
    assert told.lead_time == 21600.0
    assert told.mask == Mask(0.5, 3)
    later = build(path, tmp_path, lead_time="6")
    differences = [
        np.abs(a - b).max()
        for a, b in zip(run(plain, fields), run(later, fields), strict=True)
    ]
    assert min(differences) > 0.0


@pytest.mark.parametrize("hours", ["-1", "inf", "nan", "soon"])
def test_lead_time_that_is_none_is_refused(path, tmp_path, hours):
    with pytest.raises(ArgumentError, match=f"lead_time is {hours}, expected hours"):
        build(path, tmp_path, lead_time=hours)
