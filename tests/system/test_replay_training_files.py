"""Export, then replay of training files, against the bare networks of PyTorch.

The bare network sees the normalised numbers of the file, the library the physical
fields that replay makes of them; both results meet as normalised numbers.
"""

import json
from pathlib import Path

import netCDF4
import numpy as np
import pytest
import recipes
import torch
import xarray as xr
from answers import answer
from weight_formula import filled

from gwparam.checkpoints import read_checkpoint
from gwparam.cli import main
from gwparam.networks import from_checkpoint
from gwparam.networks.ann_cnn import AnnCnn
from gwparam.networks.attention_unet import AttentionUNet

FLUXES = recipes.FLUXES
PREDICTED = "air_potential_temperature_predicted"
# Largest absolute difference of normalised outputs that the reference data asks for.
TOLERANCES = {
    "ann_cnn": {"float32": 5e-5, "float64": 1e-12},
    "attention_unet": {"float32": 2e-4, "float64": 1e-11},
    "prithvi_gw": {"float32": 3e-4, "float64": 1e-10},
}
THROUGH = ["c", "fortran"]


def training_recipe(nlev: int) -> dict:
    """Linear, so that tolerances of normalised numbers mean the same everywhere."""
    pressure = np.geomspace(1e2, 9.5e4, nlev)
    variables = recipes.recipe(nlev)["variables"]
    for name in FLUXES:
        variables[name] = recipes.linear(
            "Pa m s-2", 0.001, np.linspace(0.01, 0.03, nlev).tolist()
        )
    variables |= {
        "air_temperature": recipes.linear(
            "K", np.linspace(230.0, 285.0, nlev).tolist(), 6.0
        ),
        # Little enough for levels to stay in order.
        "air_pressure": recipes.linear(
            "Pa", pressure.tolist(), (0.1 * pressure).tolist()
        ),
        PREDICTED: recipes.linear("K", np.linspace(800.0, 290.0, nlev).tolist(), 20.0),
    }
    if nlev == 4:
        variables["upward_air_velocity"] = recipes.cube_root("m s-1", 0.02, 0.0, 1.0)
    return {"scaling_version": 1, "variables": variables}


class Case:
    """Files of one export and replay."""

    def __init__(self, folder: Path, data: Path, temperature: str | None = None):
        self.folder, self.data = folder, data
        with xr.open_dataset(data, decode_times=False) as file:
            self.features = file.features.values
            self.output = file.output.values
            outputs = 3 if "wxc" in data.name else 2
            self.nlev = file.sizes["odim"] // outputs
        variables = training_recipe(self.nlev)
        if temperature is not None:
            del variables["variables"][temperature]
        self.scaling = recipes.write_json(folder / "scaling.json", variables)
        self.levels = recipes.write_json(
            folder / "levels.json",
            {
                "units": "Pa",
                "a": np.geomspace(1e2, 1e3, self.nlev).tolist(),
                "b": np.linspace(0.0, 0.95, self.nlev).tolist(),
            },
        )
        self.artefact = folder / "network.pt"
        self.predicted = folder / "predicted.nc"

    def export(self, checkpoint: Path, dtype: str, *options: str) -> None:
        known = ["--scaling", str(self.scaling), "--levels", str(self.levels)]
        flux = ["--flux-quantity", "omega", "--flux-sign", "1"]
        files = ["--ckpt", str(checkpoint), "-o", str(self.artefact)]
        # Made-up fluxes between few levels make a drag that nobody believes.
        limit = ["--max-tendency", "1e9"]
        status = main(
            ["export", *files, *known, *flux, *limit, "--dtype", dtype, *options]
        )
        assert status == 0

    def replay(self, *options: str) -> dict:
        files = ["-o", self.predicted, "--scaling", self.scaling]
        status, numbers = answer("replay", self.artefact, self.data, *files, *options)
        assert status == 0
        return numbers

    def normalised(self, names) -> np.ndarray:
        """Predictions as the network gave them, (time, odim, lat, lon)."""
        recipe = json.loads(self.scaling.read_text())["variables"]
        blocks = []
        with netCDF4.Dataset(self.predicted) as file:
            for name in names:
                mean, deviation = (
                    np.resize(recipe[name][key], self.nlev)[:, None, None]
                    for key in ("mean", "standard_deviation")
                )
                blocks.append((np.asarray(file[name][:]) - mean) / deviation)
        return np.concatenate(blocks, axis=1)


@pytest.fixture
def dataset(reference_data) -> Path:
    return reference_data / "dataset"


def fixture(dataset: Path, name: str, stencil: int = 1) -> Path:
    pattern = "nonlocal_3x3_*.nc" if stencil == 3 else "1x1_*.nc"
    return next((dataset / name).glob(pattern))


def in_double(network, values: np.ndarray) -> np.ndarray:
    with torch.no_grad():
        return network.double()(torch.from_numpy(values).double()).numpy()


def check_ann(case: Case, stencil: int, dtype: str, through: str) -> None:
    idim = case.features.shape[1]
    network = filled(AnnCnn(idim, 2 * case.nlev, stencil=stencil), 1.5)
    checkpoint = recipes.ann_cnn(
        case.folder / "ann.pt", idim, 2 * case.nlev, stencil=stencil
    )
    case.export(checkpoint, dtype)

    numbers = case.replay("--through", through, "--ckpt", str(checkpoint))

    # Rows are cells: (time, channel, lat, lon, ...) to (cell, channel, ...).
    rows = np.moveaxis(case.features, 1, 3)
    expected = in_double(network, rows.reshape(-1, *rows.shape[3:]))
    expected = np.moveaxis(expected.reshape(*rows.shape[:3], -1), 3, 1)
    found = case.normalised(FLUXES)
    assert np.abs(found - expected).max() <= TOLERANCES["ann_cnn"][dtype]
    middle = stencil // 2
    truth = case.output if stencil == 1 else case.output[..., middle, middle]
    check_scores(case, numbers, expected, truth, FLUXES)


def check_scores(case: Case, numbers: dict, expected, truth, names) -> None:
    recipe = json.loads(case.scaling.read_text())["variables"]
    assert [v["name"] for v in numbers["variables"]] == list(names)
    for i, variable in enumerate(numbers["variables"]):
        block = slice(i * case.nlev, (i + 1) * case.nlev)
        deviation = np.resize(
            recipe[variable["name"]]["standard_deviation"], case.nlev
        )[:, None, None]
        error = deviation * (expected[:, block] - truth[:, block].astype(float))
        assert variable["globe"]["reference"]["rms_error"] == pytest.approx(
            np.sqrt((error**2).mean()), rel=1e-4
        )
        assert variable["globe"]["samples"] == error.size


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("stencil", [1, 3])
def test_ann_cnn_on_nonlocal_fewlev(dataset, tmp_path, stencil, dtype, through):
    case = Case(tmp_path, fixture(dataset, "nonlocal_fewlev", stencil))

    check_ann(case, stencil, dtype, through)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ann_1x1_of_published_size_on_nonlocal_mini(dataset, tmp_path, dtype):
    case = Case(tmp_path, fixture(dataset, "nonlocal_mini"))

    check_ann(case, 1, dtype, "c")


def refined(source: Path, target: Path) -> Path:
    """Repeat every cell of a file, for a network that halves its grid four times."""
    with xr.open_dataset(source, decode_times=False) as file:
        fine = file.isel(
            lat=np.repeat(np.arange(file.sizes["lat"]), 2),
            lon=np.repeat(np.arange(file.sizes["lon"]), 2),
        ).load()
    nlat, nlon = fine.sizes["lat"], fine.sizes["lon"]
    fine = fine.assign_coords(
        lat=("lat", (np.arange(nlat) + 0.5) * 2.0 / nlat - 1.0),
        lon=("lon", np.arange(nlon) / nlon),
    )
    fine.to_netcdf(target)
    return target


def check_unet(case: Case, gates: bool, dtype: str, through: str) -> None:
    channels, odim = case.features.shape[1] - 3, 2 * case.nlev
    network = filled(
        AttentionUNet(channels, odim, widths=recipes.SMALL_WIDTHS, gate_channels=gates),
        2.0**0.5,
    )
    checkpoint = recipes.attention_unet(case.folder / "unet.pt", channels, odim, gates)
    case.export(checkpoint, dtype, "--grid", str(case.data))

    numbers = case.replay("--through", through, "--ckpt", str(checkpoint))

    expected = in_double(network, case.features[:, 3:])
    found = case.normalised(FLUXES)
    assert np.abs(found - expected).max() <= TOLERANCES["attention_unet"][dtype]
    check_scores(case, numbers, expected, case.output, FLUXES)


@pytest.mark.parametrize("gates", [False, True])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_attention_unet_on_nonlocal_fewlev_refined_to_16x32(
    dataset, tmp_path, gates, dtype
):
    source = fixture(dataset, "nonlocal_fewlev")

    check_unet(
        Case(tmp_path, refined(source, tmp_path / source.name)), gates, dtype, "c"
    )


@pytest.mark.slow
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_attention_unet_on_nonlocal_mini_refined_to_16x32(dataset, tmp_path, dtype):
    source = fixture(dataset, "nonlocal_mini")

    check_unet(
        Case(tmp_path, refined(source, tmp_path / source.name)), False, dtype, "c"
    )


def prithvi_case(dataset: Path, folder: Path) -> Case:
    """The tiny network on the host's levels: the file holds their pressures."""
    data = next((dataset / "prithvi_fewlev").glob("wxc_*.nc"))
    case = Case(folder, data, temperature="air_potential_temperature")
    recipes.write_json(case.levels, {"kind": "host", "nlev": case.nlev})
    return case


def bare_prithvi(case: Case, checkpoint: Path, sizes: dict[str, str]):
    options = {key.replace("-", "_"): value for key, value in sizes.items()}
    known = {"scaling": str(case.scaling), "levels": str(case.levels)}
    flux = {"flux_quantity": "omega", "flux_sign": "1", "grid": str(case.data)}
    return from_checkpoint(read_checkpoint(checkpoint), options=options | known | flux)


@pytest.mark.parametrize("through", THROUGH)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_tiny_prithvi_reproduces_expected_prithvi_fewlev(
    reference_data, dataset, tmp_path, dtype, through
):
    case = prithvi_case(dataset, tmp_path)
    checkpoint = reference_data / "prithvi_gw" / "tiny_state_dict_ddp.pt"
    sizes = {"heads": "4", "mask-unit": "4x8"}
    flags = [text for key, value in sizes.items() for text in (f"--{key}", value)]
    case.export(checkpoint, dtype, "--grid", str(case.data), *flags)
    told = [f"--option={k.replace('-', '_')}={v}" for k, v in sizes.items()]

    numbers = case.replay("--through", through, "--ckpt", str(checkpoint), *told)

    names = (PREDICTED, *FLUXES)
    with xr.open_dataset(dataset / "expected_prithvi_fewlev.nc") as file:
        expected, x, static = (
            file[name].values for name in ("prediction64", "x", "static")
        )
        mse = file.attrs["mse_float64_vs_output"]
    found = case.normalised(names)
    tolerance = TOLERANCES["prithvi_gw"][dtype]
    network = bare_prithvi(case, checkpoint, sizes)
    with torch.no_grad():
        # The static features of the reference are sines in single precision.
        rounded, exact = (
            np.concatenate(
                [
                    network.network(torch.from_numpy(image).double(), place[None])
                    for image, place in zip(x, places, strict=True)
                ]
            )
            for places in (
                torch.from_numpy(static).double(),
                network.static.expand(len(x), -1, -1, -1),
            )
        )
    assert np.abs(rounded - expected).max() <= TOLERANCES["prithvi_gw"]["float64"]
    assert np.abs(found - exact).max() <= tolerance
    assert np.abs(found - expected).max() <= max(tolerance, 1e-5)
    assert ((found - case.output) ** 2).mean() == pytest.approx(mse, rel=1e-5)
    check_scores(case, numbers, expected, case.output, names)
