"""The paper in miniature: its states, labels, pre-training and, slowly, all of it."""

import importlib
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import xarray as xr
from rich.console import Console
from safetensors.torch import load_file

from gwparam.grids import uneven_sigma
from gwparam.networks.attention_unet import AttentionUNet
from gwparam.networks.prithvi.backbone import Prithvi
from gwparam.networks.prithvi.unet import PrithviSizes, UNetWithTransformer
from gwparam.networks.scaling_recipe import read_recipe
from gwparam.synthetic.climatology import draw_globe
from gwparam.synthetic.columns import Columns

FOLDER = Path(__file__).parents[2] / "examples" / "paper_miniature"
NLAT, NLON, NLEV = 16, 32, 10
# Weights are float32, and of an exponent that reaches (radius / width)^2 = 160.
WEIGHTS_DIGITS = 3e-5
SINGLE = 1e-6  # rounding of normalised float32


@pytest.fixture(scope="module")
def example() -> Iterator[SimpleNamespace]:
    """The modules of the example, found as its scripts find each other."""
    names = [path.stem for path in FOLDER.glob("*.py")]
    sys.path.insert(0, str(FOLDER))
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in names})
    finally:
        sys.path.remove(str(FOLDER))
        for name in names:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def columns() -> Columns:
    return draw_globe(np.random.default_rng(1), 20.0, NLAT, NLON)


@pytest.fixture(scope="module")
def files(example: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("miniature") / "data"
    example.states.make_files(
        folder, example.scale.QUICK.parts, example.labels.Globe(NLAT, NLON)
    )
    return folder


def test_constant_deposit_stays_constant_without_wind(example: SimpleNamespace) -> None:
    globe = example.labels.Globe(32, 64)
    still = np.zeros(32 * 64)
    for width in example.labels.widths():
        share = example.labels.spreading(globe, still, still, width)
        assert np.abs(share.sum(axis=1) - 1.0).max() < WEIGHTS_DIGITS


def test_spreading_conserves_momentum_whatever_the_wind(
    example: SimpleNamespace,
) -> None:
    globe = example.labels.Globe(NLAT, NLON)
    ways = np.random.default_rng(2).normal(0.0, 3.0e6, (2, NLAT * NLON))
    share = example.labels.spreading(globe, *ways, 5.0e5)
    assert globe.area.sum() == pytest.approx(1.0)
    assert globe.area @ share == pytest.approx(globe.area, rel=WEIGHTS_DIGITS)


@pytest.mark.parametrize(
    ("start", "way", "end"),
    [
        pytest.param((8, 30), (4, 0), (8, 2), id="across the date line"),
        pytest.param((15, 3), (0, 2), (14, 19), id="across the pole"),
    ],
)
def test_packet_arrives_where_the_great_circle_ends(
    example: SimpleNamespace, start: tuple, way: tuple, end: tuple
) -> None:
    globe = example.labels.Globe(NLAT, NLON)
    radius, cell = example.labels.EARTH_RADIUS, np.deg2rad(360.0 / NLON)
    column = start[0] * NLON + start[1]
    ways = np.zeros((2, NLAT * NLON))
    # Rows of a Gaussian grid are nearly as far apart as columns at the equator.
    ways[:, column] = radius * cell * np.array(way)
    share = example.labels.spreading(globe, *ways, 3.0e5)
    arrived = share[:, column].reshape(NLAT, NLON)
    assert np.unravel_index(arrived.argmax(), arrived.shape) == end


def test_wind_carries_waves_by_its_integral_over_height(
    example: SimpleNamespace, columns: Columns
) -> None:
    uniform = np.full_like(columns.eastward_wind, 12.0)
    moved = Columns(**vars(columns) | {"eastward_wind": uniform})
    eastward, _ = example.labels.displacement(moved)
    risen = columns.height - columns.height[:, [example.labels.SOURCE]]
    expected = 12.0 / example.labels.GROUP_SPEED * risen[:, example.labels.LEVELS]
    assert eastward == pytest.approx(expected)


def test_flux_divergence_is_the_drag_of_the_native_scheme_on_the_globe(
    example: SimpleNamespace, columns: Columns
) -> None:
    globe = example.labels.Globe(NLAT, NLON)
    fluxes = example.labels.momentum_fluxes(columns, globe)
    strength = (1.0 + globe.surface_height / 1000.0) * columns.surface_pressure
    weights = globe.area * strength
    for flux, drag in zip(fluxes, example.labels.local_drag(columns), strict=True):
        down = np.cumsum(weights @ drag * np.diff(uneven_sigma(40)))
        expected = np.interp(
            example.labels.SIGMA[example.labels.LEVELS], uneven_sigma(40)[1:], down
        )
        gained = -(globe.area @ flux)
        assert gained == pytest.approx(expected, rel=1e-4, abs=1e-7)


def test_labels_are_not_those_of_the_column_alone(
    example: SimpleNamespace, columns: Columns
) -> None:
    globe = example.labels.Globe(NLAT, NLON)
    found = example.labels.momentum_fluxes(columns, globe).eastward
    wind = columns.eastward_wind.copy()
    elsewhere = columns.latitude < 0.0
    wind[elsewhere] = 0.0
    calm = Columns(**vars(columns) | {"eastward_wind": wind})
    changed = example.labels.momentum_fluxes(calm, globe).eastward
    near = ~elsewhere & (columns.latitude < 10.0)
    assert np.abs(changed - found)[near].max() > 0.01 * np.abs(found).max()


def test_states_depend_on_the_seed_alone(example: SimpleNamespace) -> None:
    globe = example.labels.Globe(NLAT, NLON)
    part = example.states.Part("test", 2004, 1, 1)
    first, again, other = (
        example.states.draw(part, globe, seed=seed) for seed in (7, 7, 8)
    )
    for name, values in first.items():
        assert np.array_equal(values, again[name])
        assert not np.array_equal(values, other[name])


def test_parts_of_the_full_run_follow_each_other(example: SimpleNamespace) -> None:
    hours = [part.hours() for part in example.scale.Scale().parts]
    for earlier, later in itertools.pairwise(hours):
        assert (np.diff(earlier) > 0).all()
        assert earlier[-1] < later[0]


def test_files_have_the_published_layout(files: Path) -> None:
    with xr.open_dataset(files / "training.nc") as data:
        assert data.features.dims == ("time", "idim", "lat", "lon")
        assert data.features.shape == (4, 3 + 4 * NLEV, NLAT, NLON)
        assert data.output.shape == (4, 3 * NLEV, NLAT, NLON)
        assert data.features.dtype == data.output.dtype == np.float32
        assert data.lat.values[0] < -70.0
        assert data.lon.values[-1] == 360.0 - 360.0 / NLON
        assert data.time.values[0].year == 2002
        assert np.allclose(data.features[0, 0, :, 0] * 90.0, data.lat)
        assert np.allclose(data.features[0, 1, 0] * 360.0, data.lon)
        theta = data.features[:, 3 + 2 * NLEV : 3 + 3 * NLEV].values
        assert np.array_equal(theta, data.output[:, :NLEV])
    with xr.open_dataset(files / "unlabelled.nc") as data:
        assert "output" not in data


def test_nonlocal_files_are_the_same_states(files: Path) -> None:
    with (
        xr.open_dataset(files / "training.nc") as whole,
        xr.open_dataset(files / "training_nonlocal.nc") as part,
    ):
        assert np.array_equal(part.features, whole.features[:, : 3 + 3 * NLEV])
        assert np.array_equal(part.output, whole.output[:, NLEV:])
        assert np.array_equal(part.time, whole.time)
        assert np.allclose(part.lat * 90.0, whole.lat)
        assert np.allclose(part.lon * 360.0, whole.lon)


def test_recipe_gives_the_physical_fields_back(
    example: SimpleNamespace, files: Path
) -> None:
    part = example.scale.QUICK.parts[1]
    fields = example.states.draw(part, example.labels.Globe(NLAT, NLON))
    transforms = read_recipe(str(files / "training.nc")).transforms
    with xr.open_dataset(files / "training.nc") as data:
        channels = {
            name: data.features[:, 3 + i * NLEV :][:, :NLEV].values
            for i, name in enumerate(example.states.FEATURES)
        } | {
            name: data.output[:, i * NLEV :][:, :NLEV].values
            for i, name in enumerate(example.states.FLUXES, start=1)
        }
    for name, normalised in channels.items():
        known = transforms[name]
        mean, deviation = (
            np.reshape(values, (-1, 1, 1))
            for values in (known.mean, known.standard_deviation)
        )
        restored = normalised * deviation + mean
        assert np.abs((restored - fields[name]) / deviation).max() < 10 * SINGLE, name
        assert set(known.training or {}) >= {"minimum", "maximum"}
    flux = channels[example.states.FLUXES[0]]
    assert flux.mean(axis=(0, 2, 3)) == pytest.approx(np.zeros(NLEV), abs=1e-4)
    assert flux.std(axis=(0, 2, 3)) == pytest.approx(np.ones(NLEV), abs=1e-4)


@pytest.mark.parametrize("whole", [False, True])
def test_hidden_tokens_do_not_reach_the_network(
    example: SimpleNamespace, whole: bool
) -> None:
    pretrain = example.pretrain
    network = pretrain.Backbone(embed=16).build(8, (8, 24), seed=0).eval()
    hidden = pretrain.hide(network, 0.5, seed=3, count=2, whole=whole)
    assert hidden.shape == (2, 1, 8, 24)
    assert hidden.mean() == 0.5
    assert not torch.equal(hidden[0], hidden[1])
    generator = torch.Generator().manual_seed(0)
    image, other = torch.randn(2, 2, 8, 8, 24, generator=generator)
    static = torch.randn(1, 3, 8, 24, generator=generator)
    with torch.inference_mode():
        found = network(image, static)
        unseen = network(torch.where(hidden > 0, other, image), static)
        seen = network(torch.where(hidden > 0, image, other), static)
    assert torch.equal(unseen, found)
    assert not torch.allclose(seen, found)


def test_pretraining_learns_and_is_reproducible(
    example: SimpleNamespace, files: Path
) -> None:
    pretrain = example.pretrain
    states = pretrain.States.read(files / "unlabelled.nc")
    settings = pretrain.Backbone(embed=32, epochs=10)
    networks, errors = [], []
    for _ in range(2):
        networks.append(settings.build(4 * NLEV, states.grid, seed=5))
        before = pretrain.score(networks[-1], states, settings)
        errors = list(pretrain.pretrain(networks[-1], states, settings, seed=5))
    after = pretrain.score(networks[-1], states, settings)
    assert len(errors) == 10 * 2
    for what in ("tokens", "units"):
        assert after[what]["network"] < 0.8 * before[what]["network"]
        assert after[what]["mean"] == before[what]["mean"]
        assert after[what]["mean"] == pytest.approx(1.0, abs=0.1)
    first, second = (network.state_dict() for network in networks)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_trivial_predictors_are_exact_where_they_should(
    example: SimpleNamespace,
) -> None:
    pretrain = example.pretrain
    settings = pretrain.Backbone(embed=16)
    network = settings.build(4, (8, 24), seed=0)
    static = torch.zeros(1, 3, 8, 24)
    rows = torch.arange(8.0).view(1, 1, 8, 1).expand(3, 4, 8, 24).contiguous()
    errors = pretrain.score(network, pretrain.States(rows, static), settings)
    assert errors["tokens"]["zonal_mean"] == pytest.approx(0.0, abs=SINGLE)
    even = torch.full((3, 4, 8, 24), 2.0)
    errors = pretrain.score(network, pretrain.States(even, static), settings)
    assert errors["tokens"]["neighbours"] == pytest.approx(0.0, abs=SINGLE)
    assert errors["units"]["mean"] == pytest.approx(4.0)


def test_saved_backbone_has_the_names_of_the_bare_backbone(
    example: SimpleNamespace, tmp_path: Path
) -> None:
    network = example.pretrain.Backbone(embed=16).build(8, (8, 24), seed=0)
    example.pretrain.save(network, tmp_path / "backbone.safetensors")
    weights = load_file(tmp_path / "backbone.safetensors")
    assert set(weights) == set(
        Prithvi(8, (8, 24), (2, 2), (4, 8), 16, 4, 1, 1).state_dict()
    )
    assert not network.is_dead()


def test_trainable_parameters_of_both_networks_are_alike(
    example: SimpleNamespace,
) -> None:
    scale = example.scale.Scale()
    sizes = scale.backbone
    network = UNetWithTransformer(
        PrithviSizes(
            4 * NLEV,
            3 * NLEV,
            scale.hidden,
            scale.grid,
            sizes.patch,
            sizes.mask_unit,
            sizes.embed,
            sizes.heads,
            sizes.encoder_pairs,
            sizes.decoder_pairs,
        )
    )
    unet = AttentionUNet(3 * NLEV, 2 * NLEV, widths=scale.widths)
    # What is new in the fine-tuning: the convolutions, the ways into the backbone and
    # out of it.
    trained = ("encoder.", "decoder.", "model.patch_embedding.", "model.unembed.")
    prithvi = sum(
        value.numel()
        for name, value in network.named_parameters()
        if name.startswith(trained)
    )
    other = sum(value.numel() for value in unet.parameters())
    assert prithvi == pytest.approx(other, rel=0.05)


def test_summary_has_mean_and_spread(
    example: SimpleNamespace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    seeds = [
        {
            "scores": {
                name: {
                    component: {"globe": dict.fromkeys(example.results.SCORES, score)}
                    for component in example.results.COMPONENTS
                }
                for name in ("one", "two")
            },
            "trainable": {"one": 1000, "two": 1001},
            "seconds": {"one": 5.0, "two": 6.0},
            "pretraining": {"tokens": {"network": score, "zonal_mean": 1.0}},
        }
        for score in (0.25, 0.5, 0.75)
    ]
    summary = example.results.summarise(seeds)
    assert summary["models"]["two"]["eastward"]["r2"] == {
        "values": [0.25, 0.5, 0.75],
        "mean": 0.5,
        "minimum": 0.25,
        "maximum": 0.75,
        "standard_deviation": 0.25,
    }
    json.dumps(summary)
    example.results.print_tables(Console(width=200), summary)
    assert "0.500 ± 0.250" in capsys.readouterr().out
    example.results.draw_figure(tmp_path / "scores.png", summary)
    assert (tmp_path / "scores.png").stat().st_size > 0


@pytest.mark.slow
def test_quick_run_gives_scores_of_all_models(
    example: SimpleNamespace, tmp_path: Path
) -> None:
    folder = tmp_path / "miniature"
    words = ["-o", str(folder), "--quick", "--seeds=1", "--threads=1"]
    assert example.run.main(words) == 0
    summary = json.loads((folder / "summary.json").read_text())
    assert list(summary["models"]) == [
        "pre-trained",
        "random backbone",
        "Attention U-Net",
    ]
    for model in summary["models"].values():
        assert 0.0 < model["eastward"]["hellinger"]["mean"] < 1.0
    assert (folder / "scores.png").stat().st_size > 0
    assert (folder / "seed0" / "report" / "report.html").stat().st_size > 0
