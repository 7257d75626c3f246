"""Recorded inputs and outputs of the published networks, through the Fortran module.

Each fixture of the reference data becomes physical fields of a host, goes through an
exported artefact in the compiled library, and is compared with the recorded output.
Recipes are the identity, or exact in binary, so that tolerances of normalised numbers
hold. Artefacts are evaluated, with one choice of tokens, so fixtures in train mode or
with sorted tokens, and tokens drawn for the second image, have none.
"""

from pathlib import Path

import numpy as np
import pytest
import recipes
import torch
import xarray as xr
from weight_formula import weights

from gwparam.export import export_model
from gwparam.grids import gaussian_latitudes
from gwparam.native import FortranScheme
from gwparam.networks.attention_unet import AttentionUNet

# Largest absolute differences that the README of the reference data suggests.
TOLERANCES = {
    "ann_cnn": {"float32": 5e-5, "float64": 1e-12},
    "attention_unet": {"float32": 2e-4, "float64": 1e-11},
    "prithvi_gw": {"float32": 3e-4, "float64": 1e-10},
}
PREDICTED = "air_potential_temperature_predicted"
THETA = "air_potential_temperature"
WINDS = ("eastward_wind", "northward_wind")
# Fluxes between made-up levels make a drag that nobody believes.
MAX_TENDENCY = 1e12
# Recorded numbers are within 1.74, so pressures stay between their half levels. Single
# precision keeps 1e-6 of such a standard deviation; of 1 Pa it would lose 2e-3.
LEVEL_PRESSURE, PRESSURE_DEVIATION = 1e4, 2048.0
# Networks take longitudes modulo 360 degrees, so the recorded numbers must lie within;
# single precision keeps 1e-7 of such a standard deviation.
PLACE = {"longitude": (180.0, 100.0)}
UNITS = {
    "latitude": "degrees_north",
    "longitude": "degrees_east",
    "surface_altitude": "m",
    "air_pressure": "Pa",
    "eastward_wind": "m s-1",
    "northward_wind": "m s-1",
    "upward_air_velocity": "m s-1",
    THETA: "K",
    PREDICTED: "K",
    **dict.fromkeys(recipes.FLUXES, "Pa m s-2"),
}

dtypes = pytest.mark.parametrize("dtype", ["float32", "float64"])


class Host:
    """A host on the network's levels, whose fields are a fixture's numbers."""

    def __init__(self, folder: Path, nlev: int):
        self.folder, self.nlev = folder, nlev
        self.statistics = {name: (0.0, 1.0) for name in UNITS} | PLACE
        self.pressure = LEVEL_PRESSURE * np.arange(1.0, nlev + 1)
        self.half = LEVEL_PRESSURE * (np.arange(nlev + 1) + 0.5)
        self.statistics["air_pressure"] = (self.pressure, PRESSURE_DEVIATION)

    def export(self, checkpoint: Path, dtype: str, **options) -> None:
        variables = {
            name: recipes.linear(UNITS[name], np.asarray(mean).tolist(), deviation)
            for name, (mean, deviation) in self.statistics.items()
        }
        recipe = {"scaling_version": 1, "variables": variables}
        levels = {"kind": "host", "nlev": self.nlev}
        self.artefact = self.folder / "network.pt"
        export = export_model(
            checkpoint,
            self.artefact,
            dtype=dtype,
            max_tendency=MAX_TENDENCY,
            options={
                "scaling": str(
                    recipes.write_json(self.folder / "scaling.json", recipe)
                ),
                "levels": str(recipes.write_json(self.folder / "levels.json", levels)),
                "flux_quantity": "omega",
                "flux_sign": "1",
                "temperature": THETA,
            }
            | options,
        )
        assert all(promise.kept for promise in export.promises)

    def open(self, latitude=None, longitude=None) -> FortranScheme:
        """Load the artefact; axes of a grid are those of its columns, row by row."""
        scheme = FortranScheme(self.artefact)
        scheme.set_levels(self.pressure)
        if latitude is not None:
            rows, columns = np.meshgrid(latitude, longitude, indexing="ij")
            scheme.set_columns(rows.ravel(), columns.ravel())
        return scheme

    def predict(self, scheme, features, surface, full, outputs) -> np.ndarray:
        """Outputs (column, odim) of features (column, idim)."""
        fields, at = {}, 0
        for names, count in ((surface, 1), (full, self.nlev)):
            for name in names:
                mean, deviation = self.statistics[name]
                values = features[:, at : at + count].astype(np.float64)
                fields[name] = values * deviation + mean
                at += count
        assert at == features.shape[1]
        fields = {k: v[:, 0] if k in surface else v for k, v in fields.items()}
        columns = (len(features), 1)
        fields.setdefault("air_pressure", np.tile(self.pressure, columns))
        fields["air_pressure_at_half_levels"] = np.tile(self.half, columns)
        found = scheme.predict(fields)
        return np.concatenate([found[name] for name in outputs], axis=1)


def recorded(path: Path, *names: str) -> list[np.ndarray]:
    with xr.open_dataset(path) as data:
        return [data[name].values for name in names]


def expected(path: Path, dtype: str) -> np.ndarray:
    (output,) = recorded(path, "y64" if dtype == "float64" else "y")
    return output


def check(found: np.ndarray, reference: np.ndarray, tolerance: float) -> None:
    assert found.shape == reference.shape
    assert np.abs(found - reference).max() <= tolerance


def as_columns(image: np.ndarray) -> np.ndarray:
    """Turn (channel, lat, lon) into (column, channel)."""
    return np.ascontiguousarray(image.reshape(len(image), -1).T)


def as_image(columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    return columns.T.reshape(-1, *shape)


def ann_names(count: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    vertical = ("upward_air_velocity",) if count == 4 else ()
    return (("latitude", "longitude", "surface_altitude"), (*WINDS, THETA, *vertical))


@dtypes
@pytest.mark.parametrize(
    ("name", "idim", "odim", "fields"),
    [
        pytest.param("io_1x1_tiny.nc", 27, 16, 3, id="io_1x1_tiny"),
        pytest.param(
            "io_1x1_full_491_244.nc",
            491,
            244,
            4,
            id="io_1x1_full_491_244",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_ann_1x1_matches(reference_data, tmp_path, name, idim, odim, fields, dtype):
    folder = reference_data / "ann_cnn"
    checkpoint = folder / "ann_cnn_1x1_tiny_published_format.pt"
    if "tiny" not in name:
        checkpoint = recipes.ann_cnn(tmp_path / "full.pt", idim, odim)
    host = Host(tmp_path, odim // 2)
    choice = {"features": "uvtheta"} if fields == 3 else {}
    host.export(checkpoint, dtype, **choice)
    (x,) = recorded(folder / name, "x")

    found = host.predict(host.open(), x, *ann_names(fields), recipes.FLUXES)

    check(found, expected(folder / name, dtype), TOLERANCES["ann_cnn"][dtype])


@dtypes
@pytest.mark.parametrize("name", [pytest.param("io_3x3_tiny.nc", id="io_3x3_tiny")])
def test_ann_cnn_3x3_matches_in_the_middle_of_blocks(
    reference_data, tmp_path, name, dtype
):
    folder = reference_data / "ann_cnn"
    host = Host(tmp_path, 8)
    host.export(
        folder / "ann_cnn_3x3_tiny_published_format.pt", dtype, features="uvtheta"
    )
    (x,) = recorded(folder / name, "x")
    # 64 stencils (latitude, longitude) tile a globe: (channel, 8 blocks x 3, 8 x 3).
    globe = x.reshape(8, 8, 27, 3, 3).transpose(2, 0, 3, 1, 4).reshape(27, 24, 24)
    scheme = host.open(7.5 * np.arange(24) - 86.25, 15.0 * np.arange(24))

    found = host.predict(scheme, as_columns(globe), *ann_names(3), recipes.FLUXES)

    middles = as_image(found, (24, 24))[:, 1::3, 1::3].reshape(16, 64).T
    check(middles, expected(folder / name, dtype), TOLERANCES["ann_cnn"][dtype])


@pytest.mark.slow
@dtypes
@pytest.mark.parametrize("name", [pytest.param("io_attn1_tiny.nc", id="io_attn1_tiny")])
def test_attention_unet_matches(reference_data, tmp_path, name, dtype):
    """8 channels are no fields on the 3 levels of 6 outputs: a ninth has no weight."""
    path = reference_data / "attention_unet" / name
    state = weights(AttentionUNet(8, 6), 2.0**0.5)
    first = "conv1.conv.0.weight"
    state[first] = torch.nn.functional.pad(state[first], (0, 0, 0, 0, 0, 1))
    host = Host(tmp_path, 3)
    host.export(
        recipes.published(tmp_path / "unet.pt", state),
        dtype,
        features="uvtheta",
        grid="32x64",
    )
    (x,) = recorded(path, "x")
    scheme = host.open(gaussian_latitudes(32), np.arange(64) * 360.0 / 64)

    found = []
    for image in x:
        features = as_columns(np.concatenate([image, image[:1]]))
        result = host.predict(scheme, features, (), (*WINDS, THETA), recipes.FLUXES)
        found.append(as_image(result, (32, 64)))

    tolerance = TOLERANCES["attention_unet"][dtype]
    check(np.stack(found), expected(path, dtype), tolerance)


def prithvi(reference_data, folder, dtype, checkpoint, images, **options) -> np.ndarray:
    """Outputs (image, 12, 16, 32) of the tiny network for the first recorded inputs."""
    data = reference_data / "prithvi_gw"
    inputs = data / "inputs.nc"
    host = Host(folder, 4)
    sizes = {"heads": "4", "mask_unit": "4x8"}
    host.export(data / checkpoint, dtype, grid=str(inputs), **sizes, **options)
    x, latitude, longitude = recorded(inputs, "x", "lat", "lon")
    scheme = host.open(latitude.astype(float), longitude.astype(float))
    fields = (THETA, "air_pressure", *WINDS)
    outputs = (PREDICTED, *recipes.FLUXES)
    return np.stack(
        [
            as_image(
                host.predict(scheme, as_columns(image[0]), (), fields, outputs),
                (16, 32),
            )
            for image in x[:images]
        ]
    )


@pytest.fixture
def recorded_static(reference_data, monkeypatch) -> None:
    """Let artefacts hold the static channels of inputs.nc, in single precision.

    They are sines to 3e-7, which the outputs would show in double precision.
    """
    (static,) = recorded(reference_data / "prithvi_gw" / "inputs.nc", "static")
    monkeypatch.setattr(
        "gwparam.networks.prithvi.flux.static_fields",
        lambda *_: torch.from_numpy(static[:1]).double(),
    )


ALIVE = "tiny_state_dict_ddp.pt"
DEAD = "tiny_state_dict_ddp_published_scalers.pt"
SEED = {"mask_seed": "1234"}
HALF = SEED | {"mask_ratio": "0.5"}
# Fixtures of a seed drew tokens for two images at once, an artefact does for one.
PRITHVI = {
    "io_mask0_natural_order": (ALIVE, 2, {}),
    "io_mask0_seed1234": (ALIVE, 1, SEED),
    "io_mask50_seed1234": (ALIVE, 1, HALF),
    "io_mask50_global_seed1234": (ALIVE, 1, HALF | {"mask_whole_units": True}),
    "io_published_scalers_mask50": (DEAD, 2, {}),
    "io_published_scalers_mask50-dropped": (DEAD, 2, {"drop_dead_backbone": True}),
}


@dtypes
@pytest.mark.parametrize("case", PRITHVI)
def test_prithvi_matches(reference_data, tmp_path, recorded_static, case, dtype):
    checkpoint, images, options = PRITHVI[case]

    found = prithvi(reference_data, tmp_path, dtype, checkpoint, images, **options)

    path = reference_data / "prithvi_gw" / f"{case.removesuffix('-dropped')}.nc"
    tolerance = TOLERANCES["prithvi_gw"][dtype]
    check(found, expected(path, dtype)[:images], tolerance)


@dtypes
@pytest.mark.parametrize("case", ["io_mask0_natural_order"])
def test_prithvi_with_the_static_channels_of_the_grid(
    reference_data, tmp_path, case, dtype
):
    data = reference_data / "prithvi_gw"
    static, latitude, longitude = (
        v.astype(float) for v in recorded(data / "inputs.nc", "static", "lat", "lon")
    )
    rows, columns = np.meshgrid(
        np.deg2rad(latitude), np.deg2rad(longitude), indexing="ij"
    )
    exact = np.stack([np.sin(rows), np.cos(columns), np.sin(columns)])
    check(static, np.broadcast_to(exact, static.shape), 5e-7)

    found = prithvi(reference_data, tmp_path, dtype, ALIVE, 2)

    # Those 5e-7, on their way through the network.
    tolerance = max(TOLERANCES["prithvi_gw"][dtype], 1e-5)
    check(found, expected(data / f"{case}.nc", dtype), tolerance)
