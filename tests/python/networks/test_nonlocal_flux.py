import numpy as np
import pytest
import torch
import xarray as xr
from recipes import FLUXES, ann_cnn, attention_unet, linear, options, recipe, write_json

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Limit
from gwparam.errors import ArgumentError, ContractError, ShapeError
from gwparam.networks import from_checkpoint

NLEV = 4
# Rounding of float64 through scaling, a network and a cube, relative to the largest.
TOLERANCE = 1e-13
KAPPA = 2.0 / 7.0
PRESSURE = 100.0 * np.geomspace(1.0, 950.0, NLEV)


def normalised(name, values, axis):
    """The recipe, written down once more."""
    known = recipe(NLEV)["variables"][name]
    shape = [1] * values.ndim
    if values.ndim > axis:
        shape[axis] = -1
    parts = {
        key: np.reshape(known[key], shape if isinstance(known[key], list) else ())
        for key in ("mean", "standard_deviation")
    }
    if known["transform"] == "cube_root":
        values = np.cbrt(values / known["scale"])
    return (values - parts["mean"]) / parts["standard_deviation"]


def restored(name, values, axis, part=slice(None)):
    known = recipe(NLEV)["variables"][name]
    shape = [1] * values.ndim
    shape[axis] = -1
    parts = {
        key: np.reshape(known[key][part], shape)
        if isinstance(known[key], list)
        else known[key]
        for key in ("mean", "standard_deviation")
    }
    values = values * parts["standard_deviation"] + parts["mean"]
    return known["scale"] * values**3 if known["transform"] == "cube_root" else values


def features(fields):
    """Channels of columns as the training files have them."""
    full = fields["eastward_wind"].ndim
    channels = [normalised(name, values, 1) for name, values in fields.items()]
    return np.concatenate(
        [c if c.ndim == full else np.expand_dims(c, 1) for c in channels], axis=1
    )


def state(columns, *around):
    """Physical fields of columns, no two values alike."""
    random = np.random.default_rng(5)
    full = (columns, NLEV, *around)
    surface = (columns, *around)
    return {
        "latitude": random.uniform(-90, 90, surface),
        "longitude": random.uniform(0, 360, surface),
        "surface_altitude": random.uniform(0, 3000, surface),
        "eastward_wind": 20 * random.standard_normal(full),
        "northward_wind": 10 * random.standard_normal(full),
        "air_potential_temperature": random.uniform(280, 900, full),
        "upward_air_velocity": 0.05 * random.standard_normal(full),
    }


def run(network, fields):
    tensors = [torch.tensor(v) for v in fields]
    with torch.no_grad():
        eager = network(*tensors)
        scripted = torch.jit.script(network)(*tensors)
    for one, other in zip(eager, scripted, strict=True):
        assert torch.equal(one, other)
    return [value.numpy() for value in eager]


def bare(network, x):
    with torch.no_grad():
        return network.network(torch.from_numpy(x)).numpy()


def close(result, expected):
    assert result.shape == expected.shape
    assert np.abs(result - expected).max() < TOLERANCE * np.abs(expected).max()


def built(path, folder, **others):
    return from_checkpoint(
        read_checkpoint(path), options=options(folder, NLEV, **others)
    )


@pytest.mark.parametrize("stencil", [1, 3, 5])
def test_ann_cnn_scales_what_the_recipe_says(tmp_path, stencil):
    network = built(
        ann_cnn(tmp_path / "net.pt", 19, 8, stencil),
        tmp_path,
        temperature="air_potential_temperature",
    )
    around = () if stencil == 1 else (stencil, stencil)
    fields = state(6, *around)

    eastward, northward = run(network, fields.values())

    assert [field.name for field in network.inputs] == list(fields)
    y = bare(network, features(fields))
    close(eastward, restored(FLUXES[0], y[:, :4], 1))
    close(northward, restored(FLUXES[1], y[:, 4:], 1))


def test_attention_unet_sees_no_places_and_one_image(tmp_path):
    network = built(
        attention_unet(tmp_path / "net.pt", 16, 8),
        tmp_path,
        grid="16x32",
        temperature="air_potential_temperature",
    )
    fields = {k: v[0] for k, v in state(1, 16, 32).items() if v.ndim == 4}

    eastward, northward = run(network, fields.values())

    assert [field.name for field in network.inputs] == list(fields)
    x = np.concatenate([normalised(k, v, 0) for k, v in fields.items()])[None]
    y = bare(network, x)[0]
    close(eastward, restored(FLUXES[0], y[:4], 0))
    close(northward, restored(FLUXES[1], y[4:], 0))


@pytest.mark.parametrize("kind", ["pressure", "hybrid", "host"])
@pytest.mark.parametrize("around", [(), (3, 3)], ids=["column", "stencil"])
def test_potential_temperature_follows_from_temperature(tmp_path, kind, around):
    random = np.random.default_rng(6)
    path = ann_cnn(tmp_path / "net.pt", 19, 8, around[0] if around else 1)
    fields = state(6, *around)
    full = (1, NLEV, *[1] * len(around))
    if kind == "pressure":
        levels, pressure, extra = {"pressure": PRESSURE.tolist()}, PRESSURE, {}
        pressure = np.reshape(PRESSURE, full)
    elif kind == "hybrid":
        a, b = 0.5 * PRESSURE, 0.5 * PRESSURE / 1e5
        levels = {"a": a.tolist(), "b": b.tolist()}
        ps = random.uniform(6e4, 1.03e5, (6, *around))
        pressure = a.reshape(full) + b.reshape(full) * np.expand_dims(ps, 1)
        extra = {"surface_air_pressure": ps}
    else:
        levels = {"kind": "host", "nlev": NLEV}
        pressure = PRESSURE.reshape(full) * random.uniform(0.9, 1.1, (6, *full[1:]))
        pressure = np.broadcast_to(pressure, fields["eastward_wind"].shape)
        extra = {"air_pressure": pressure}
    if "nlev" not in levels:
        levels["units"] = "Pa"
    network = built(
        path, tmp_path, levels=str(write_json(tmp_path / "kind.json", levels))
    )
    given = dict(fields)
    theta = given.pop("air_potential_temperature")
    given = {
        **dict(list(given.items())[:5]),
        "air_temperature": theta * (pressure / 1e5) ** KAPPA,
        "upward_air_velocity": fields["upward_air_velocity"],
        **extra,
    }

    eastward, _ = run(network, given.values())

    assert [field.name for field in network.inputs] == list(given)
    assert network.description.vertical.kind == kind
    y = bare(network, features(fields))
    close(eastward, restored(FLUXES[0], y[:, :4], 1))


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        ("uvw", ["eastward_wind", "northward_wind", "upward_air_velocity"]),
        ("uvtheta", ["eastward_wind", "northward_wind", "air_temperature"]),
    ],
)
def test_three_fields_a_level_have_to_be_named(tmp_path, chosen, names):
    path = ann_cnn(tmp_path / "net.pt", 15, 8)

    network = built(path, tmp_path, features=chosen)

    assert [field.name for field in network.inputs][3:] == names
    with pytest.raises(ArgumentError) as caught:
        built(path, tmp_path)
    assert str(caught.value) == (
        "which 3 fields the network sees is not known, "
        "expected features uvtheta|uvthetaw|uvw"
    )


def test_longitudes_from_minus_180_are_those_from_0(tmp_path):
    network = built(ann_cnn(tmp_path / "net.pt", 19, 8), tmp_path)
    fields = state(6)
    west = fields | {"longitude": (fields["longitude"] + 180.0) % 360.0 - 180.0}

    close(run(network, west.values())[0], run(network, fields.values())[0])


def test_levels_that_the_network_does_not_give_get_no_divergence(tmp_path):
    network = built(
        ann_cnn(tmp_path / "net.pt", 19, 4),
        tmp_path,
        output_levels="1:3",
        temperature="air_potential_temperature",
    )
    fields = state(6)

    eastward, northward = run(network, fields.values())

    y = bare(network, features(fields))
    close(eastward[:, 1:3], restored(FLUXES[0], y[:, :2], 1, slice(1, 3)))
    close(northward[:, 1:3], restored(FLUXES[1], y[:, 2:], 1, slice(1, 3)))
    for flux in (eastward, northward):
        assert (flux[:, 0] == flux[:, 1]).all()
        assert (flux[:, 3] == flux[:, 2]).all()
    assert [flux.given_levels for flux in network.flux] == [(1, 3), (1, 3)]


def test_recipe_may_hold_only_the_levels_given(tmp_path):
    shorter = recipe(NLEV)
    known = shorter["variables"][FLUXES[0]]
    known["standard_deviation"] = known["standard_deviation"][:2]
    path = ann_cnn(tmp_path / "net.pt", 19, 4)

    whole, part = (
        built(path, tmp_path, output_levels="0:2", scaling=str(scaling))
        for scaling in (
            write_json(tmp_path / "whole.json", recipe(NLEV)),
            write_json(tmp_path / "part.json", shorter),
        )
    )

    fields = state(6).values()
    assert (run(whole, fields)[0] == run(part, fields)[0]).all()


@pytest.mark.parametrize(
    ("quantity", "name", "units"),
    [
        ("omega", FLUXES[0], "Pa m s-2"),
        ("height", "upward_eastward_momentum_flux_in_air", "Pa"),
    ],
)
def test_contract_says_quantity_and_sign_of_the_flux(tmp_path, quantity, name, units):
    variables = recipe(NLEV)["variables"]
    for wind in ("eastward", "northward"):
        variables[f"upward_{wind}_momentum_flux_in_air"] = linear("hPa", 0.0, 2.0)
    scaling = {"scaling_version": 1, "variables": variables}
    network = built(
        ann_cnn(tmp_path / "net.pt", 19, 8),
        tmp_path,
        scaling=str(write_json(tmp_path / "both.json", scaling)),
        flux_quantity=quantity,
        flux_sign="-1",
    )

    assert (network.outputs[0].name, network.outputs[0].units) == (name, units)
    flux = network.flux[0]
    assert (flux.name, flux.quantity, flux.sign) == (name, quantity, -1)
    tendency = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
    assert flux.tendency == tendency
    assert network.description.limits[0] == Limit(tendency, 0.01)


def test_omega_as_vertical_velocity_is_taken_from_the_recipe(tmp_path):
    scaling = recipe(NLEV)
    del scaling["variables"]["upward_air_velocity"]
    scaling["variables"]["lagrangian_tendency_of_air_pressure"] = linear(
        "Pa s-1", 0.0, 0.2
    )
    network = built(
        ann_cnn(tmp_path / "net.pt", 19, 8),
        tmp_path,
        scaling=str(write_json(tmp_path / "omega.json", scaling)),
    )

    assert network.inputs[-1].name == "lagrangian_tendency_of_air_pressure"


def test_training_statistics_reach_the_description(tmp_path):
    scaling = recipe(NLEV)
    scaling["variables"]["eastward_wind"]["training"] = {
        "mean": 3.0,
        "standard_deviation": [20.0] * NLEV,
    }
    network = built(
        ann_cnn(tmp_path / "net.pt", 19, 8),
        tmp_path,
        scaling=str(write_json(tmp_path / "seen.json", scaling)),
    )

    (seen,) = network.description.training_range
    assert seen.name == "eastward_wind"
    assert seen.mean == (3.0,) * NLEV
    assert seen.maximum is None


@pytest.mark.parametrize(
    ("missing", "message"),
    [
        (
            "scaling",
            "the normalisation of ANN 1x1 is not known, "
            "expected scaling FILE.json|FILE.nc|NAME",
        ),
        (
            "levels",
            "the vertical grid of ANN 1x1 is not known, expected levels FILE",
        ),
        (
            "flux_quantity",
            "the quantity of the network's fluxes is not known, "
            "expected flux_quantity omega|height",
        ),
        (
            "flux_sign",
            "the sign of the network's fluxes is not known, expected flux_sign 1|-1",
        ),
    ],
)
def test_what_is_not_known_is_asked_for(tmp_path, missing, message):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)

    with pytest.raises(ArgumentError) as caught:
        built(path, tmp_path, **{missing: None})

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ({"flux_sign": "2"}, ArgumentError, "flux_sign is 2, expected 1 or -1"),
        ({"flux_sign": "up"}, ArgumentError, "flux_sign is up, expected 1 or -1"),
        ({"flux_quantity": "stress"}, ArgumentError, "expected omega or height"),
        (
            {"grid": "8x16"},
            ArgumentError,
            "grid is no option of ann_cnn, expected sc",
        ),
        (
            {"features": "uvw"},
            ShapeError,
            "features uvw has 3 fields, expected 4 for 16 features at 4 levels",
        ),
        (
            {"output_levels": "0:3"},
            ShapeError,
            "output_levels 0:3 has 3 levels, expected 4 of 4",
        ),
        (
            {"output_levels": "top"},
            ArgumentError,
            "output_levels is top, expected for example",
        ),
        ({"outside": "extend"}, ArgumentError, "outside is extend, expected zero or"),
    ],
)
def test_option_that_does_not_fit_is_refused(tmp_path, given, error, message):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)

    with pytest.raises(error) as caught:
        built(path, tmp_path, **given)

    assert message in str(caught.value)


def test_levels_of_another_network_are_refused(tmp_path):
    path = ann_cnn(tmp_path / "net.pt", 19, 8)
    given = options(tmp_path, 5)

    with pytest.raises(ShapeError) as caught:
        from_checkpoint(read_checkpoint(path), options=given)

    assert str(caught.value) == (
        "the network has 16 features at levels, "
        "expected 3 or 4 for each of the 5 levels"
    )


def test_fewer_outputs_than_levels_are_asked_for(tmp_path):
    path = ann_cnn(tmp_path / "net.pt", 19, 4)

    with pytest.raises(ArgumentError) as caught:
        built(path, tmp_path)

    assert str(caught.value) == (
        "which levels the 4 outputs of the network are is not known, 8 would be all "
        "of 4, expected output_levels FIRST:END"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {FLUXES[0]: None},
            f"scaling.json has no {FLUXES[0]}, it has latitude, longitude,",
        ),
        (
            {"eastward_wind": linear("K", 0.0, 1.0)},
            'eastward_wind in the scaling recipe has units "K", expected "m s-1"',
        ),
        (
            {"eastward_wind": linear("m s-1", [0.0] * 5, 1.0)},
            "mean of eastward_wind in the scaling recipe has 5 values, expected 1 or 4",
        ),
        (
            {FLUXES[1]: linear("Pa", 0.0, 1.0)},
            f'{FLUXES[1]} in the scaling recipe has units "Pa", expected "Pa m s-2"',
        ),
    ],
)
def test_wrong_scaling_file_is_refused(tmp_path, change, message):
    scaling = recipe(NLEV)
    for name, value in change.items():
        scaling["variables"].pop(name)
        if value is not None:
            scaling["variables"][name] = value
    path = tmp_path / "wrong"
    path.mkdir()
    wrong = write_json(path / "scaling.json", scaling)

    with pytest.raises(ContractError) as caught:
        built(ann_cnn(tmp_path / "net.pt", 19, 8), tmp_path, scaling=str(wrong))

    assert message in str(caught.value)


class TestTrainingFiles:
    """The miniature training files in the published layout of ANN-CNN and U-Net."""

    @pytest.fixture
    def files(self, reference_data):
        folder = reference_data / "dataset" / "nonlocal_fewlev"
        name = "inputfeatures_u_v_theta_w_uw_vw_era5_SYNTHETIC_mini01.nc"
        return {1: folder / f"1x1_{name}", 3: folder / f"nonlocal_3x3_{name}"}

    def physical(self, channels, axis):
        """Physical fields of normalised channels, by the inverse recipe."""
        names = list(state(1))
        parts = np.split(channels, [1, 2, 3, 7, 11, 15], axis)
        fields = {
            name: restored(name, part, axis)
            for name, part in zip(names, parts, strict=True)
        }
        for name in names[:3]:
            fields[name] = np.squeeze(fields[name], axis)
        return fields

    @pytest.mark.parametrize("stencil", [1, 3])
    def test_nonlocal_fewlev_is_what_the_network_sees(self, files, tmp_path, stencil):
        with xr.open_dataset(files[stencil], decode_times=False) as data:
            values = data["features"].values.astype(np.float64)
            assert data["output"].sizes["odim"] == 8
        rows = np.moveaxis(values, 1, 3).reshape(-1, 19, *values.shape[4:])
        network = built(
            ann_cnn(tmp_path / "net.pt", 19, 8, stencil),
            tmp_path,
            temperature="air_potential_temperature",
        )
        # The synthetic longitude is no longitude: it is not wrapped in the file.
        rows[:, 1] %= 1.0

        eastward, northward = run(network, self.physical(rows, 1).values())

        y = bare(network, rows)
        for result, name, part in zip(
            (eastward, northward), FLUXES, (y[:, :4], y[:, 4:]), strict=True
        ):
            expected = restored(name, part, 1)
            assert result.shape == (2 * 8 * 16, 4)
            assert np.abs(result - expected).max() < 1e-11 * np.abs(expected).max()

    def test_nonlocal_3x3_fewlev_has_the_1x1_file_in_the_middle(self, files):
        with (
            xr.open_dataset(files[1], decode_times=False) as column,
            xr.open_dataset(files[3], decode_times=False) as stencil,
        ):
            for name in ("features", "output"):
                middle = stencil[name].values[..., 1, 1]
                np.testing.assert_array_equal(column[name].values, middle)
            # Axes of the stencil: latitude, south to north, then longitude; periodic
            # in longitude, and the row at a pole is repeated beyond it.
            features = stencil["features"].values
            whole = column["features"].values
            np.testing.assert_array_equal(
                features[..., 0, 1][:, :, 1:], whole[:, :, :-1]
            )
            np.testing.assert_array_equal(features[..., 0, 1][:, :, 0], whole[:, :, 0])
            west = np.roll(whole, 1, axis=3)
            np.testing.assert_array_equal(features[..., 1, 0], west)

    def test_nonlocal_fewlev_gives_the_grid_of_a_global_network(self, files, tmp_path):
        path = attention_unet(tmp_path / "net.pt", 16, 8)

        with pytest.raises(ShapeError, match="the grid has 8 x 16 cells"):
            built(path, tmp_path, grid=str(files[1]))
