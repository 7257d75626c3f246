"""Replay of ordinary states by networks that give fluxes on levels of their own."""

import netCDF4
import numpy as np
import pytest
import recipes
import xarray as xr
from answers import answer

from gwparam.cli import main
from gwparam.grids import full_levels, gaussian_latitudes

NLEV, NLAT, NLON, NTIME = 9, 16, 32, 2  # of the host
NETWORK_NLEV = 4
G = 9.80665
TENDENCIES = tuple(
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
)
BK = np.linspace(0.0, 1.0, NLEV + 1) ** 1.5
PK = np.where(np.arange(NLEV + 1) > 0, 50.0 * (1.0 - BK), 0.0)


@pytest.fixture
def dataset():
    random = np.random.default_rng(7)
    dims, shape = ("time", "lev", "lat", "lon"), (NTIME, NLEV, NLAT, NLON)
    surface = ("time", "lat", "lon")
    return xr.Dataset(
        {
            "ua": (dims, random.normal(5.0, 15.0, shape), {"units": "m s-1"}),
            "va": (dims, random.normal(0.0, 10.0, shape), {"units": "m s-1"}),
            "ta": (dims, random.normal(240.0, 10.0, shape), {"units": "K"}),
            "ps": (
                surface,
                random.uniform(960.0, 1020.0, (NTIME, NLAT, NLON)),
                {"units": "hPa"},
            ),
            "orog": (
                ("lat", "lon"),
                random.uniform(0.0, 2000.0, (NLAT, NLON)),
                {"units": "m"},
            ),
            "pk": ("ilev", PK, {"units": "Pa"}),
            "bk": ("ilev", BK, {"units": "1"}),
        },
        {
            "time": ("time", [0.0, 1.0], {"units": "days since 2000-01-01"}),
            "lev": (
                "lev",
                full_levels(PK + 1e5 * BK) / 100.0,
                {"units": "hPa", "axis": "Z"},
            ),
            "lat": ("lat", gaussian_latitudes(NLAT), {"units": "degrees_north"}),
            "lon": ("lon", np.arange(NLON) * 360.0 / NLON, {"units": "degrees_east"}),
        },
    )


def export(folder, architecture, *others, levels=None):
    artefact = folder / "network.pt"
    recipe = recipes.recipe(NETWORK_NLEV)
    scaling = recipes.write_json(folder / "scaling.json", recipe)
    given = levels or {
        "units": "Pa",
        "a": [500.0, 3e3, 6e3, 0.0],
        "b": [0, 0.1, 0.4, 1],
    }
    given = recipes.write_json(folder / "levels.json", given)
    if architecture == "attention_unet":
        checkpoint = recipes.attention_unet(folder / "net.ckpt", 12, 8)
        others = ("--grid", "16x32", *others)
    else:
        stencil = {"ann_1x1": 1, "ann_3x3": 3, "ann_5x5": 5}[architecture]
        checkpoint = recipes.ann_cnn(folder / "net.ckpt", 15, 8, stencil=stencil)
    options = ["--features", "uvtheta", "--flux-quantity", "omega", "--flux-sign", "1"]
    files = ["--ckpt", str(checkpoint), "-o", str(artefact)]
    inputs = ["--scaling", str(scaling), "--levels", str(given)]
    limits = ["--max-tendency", "1e9", "--dtype", "float64"]
    assert main(["export", *files, *inputs, *options, *limits, *others]) == 0
    return artefact, checkpoint, scaling


def replay(folder, artefact, dataset, *options):
    source, predicted = folder / "states.nc", folder / "predicted.nc"
    dataset.to_netcdf(source)
    return answer("replay", artefact, source, "-o", predicted, *options)


@pytest.mark.parametrize("through", ["c", "fortran"])
@pytest.mark.parametrize("outside", ["zero", "taper"])
@pytest.mark.parametrize("architecture", ["ann_1x1", "ann_3x3", "ann_5x5"])
def test_columns_and_stencils_agree(tmp_path, dataset, architecture, outside, through):
    artefact, _, _ = export(tmp_path, architecture, "--outside", outside)

    status, numbers = replay(tmp_path, artefact, dataset, "--through", through)

    assert status == 0
    names = [variable["name"] for variable in numbers["variables"]]
    assert names == [*recipes.FLUXES, *TENDENCIES]
    levels = [len(variable["levels"]) for variable in numbers["variables"]]
    assert levels == [NETWORK_NLEV] * 2 + [NLEV] * 2


@pytest.mark.parametrize("through", ["c", "fortran"])
@pytest.mark.parametrize("grid", ["16x32", "24x40"])
def test_globe_agrees_on_its_own_grid_and_on_another(tmp_path, dataset, grid, through):
    artefact, _, _ = export(tmp_path, "attention_unet")
    nlat, nlon = map(int, grid.split("x"))
    if (nlat, nlon) != (NLAT, NLON):
        dataset = dataset.interp(
            lat=gaussian_latitudes(nlat) * 0.999,
            lon=5.0 + np.arange(nlon) * 350.0 / nlon,
            kwargs={"fill_value": "extrapolate"},
        )
        dataset.coords["lon"] = 5.0 + np.arange(nlon) * 360.0 / nlon
        dataset.lat.attrs["units"] = dataset.lon.attrs["units"] = "degrees"

    status, _ = replay(tmp_path, artefact, dataset, "--through", through)

    assert status == 0


@pytest.mark.parametrize("turn", ["up", "north first", "date line first"])
def test_states_in_another_order_give_the_same_answers(tmp_path, dataset, turn):
    artefact, _, _ = export(tmp_path, "ann_3x3")
    turned = {
        "up": lambda d: d.isel(lev=slice(None, None, -1)),
        "north first": lambda d: d.isel(lat=slice(None, None, -1)),
        "date line first": lambda d: d.roll(lon=NLON // 2, roll_coords=True),
    }[turn]
    other = tmp_path / "other"
    other.mkdir()

    assert replay(tmp_path, artefact, dataset)[0] == 0
    assert replay(other, artefact, turned(dataset))[0] == 0

    with (
        xr.open_dataset(tmp_path / "predicted.nc") as first,
        xr.open_dataset(other / "predicted.nc") as second,
    ):
        for name in TENDENCIES:
            expected = turned(first[name]).values
            np.testing.assert_allclose(
                second[name].values,
                expected,
                rtol=1e-9,
                atol=1e-12 * abs(expected).max(),
            )


def test_budget_of_the_written_fields_closes(tmp_path, dataset):
    artefact, _, _ = export(tmp_path, "ann_1x1")

    replay(tmp_path, artefact, dataset)

    half = PK[:, None, None] + BK[:, None, None] * 100.0 * dataset.ps.values[:, None]
    with netCDF4.Dataset(tmp_path / "predicted.nc") as file:
        for flux, tendency in zip(recipes.FLUXES, TENDENCIES, strict=True):
            assert file[flux].dimensions == ("time", "network_level", "lat", "lon")
            at_half = np.asarray(file[f"{flux}_at_half_levels"][:])
            assert file[tendency].dimensions == ("time", "lev", "lat", "lon")
            gained = (np.asarray(file[tendency][:]) * np.diff(half, axis=1)).sum(axis=1)
            crossed = at_half[:, 0] - at_half[:, -1]
            scale = np.abs(at_half).max()
            assert np.abs(gained - crossed).max() <= 1e-12 * scale


def test_network_of_the_checkpoint_agrees(tmp_path, dataset):
    artefact, checkpoint, scaling = export(tmp_path, "ann_1x1")

    status, numbers = replay(
        tmp_path,
        artefact,
        dataset,
        "--ckpt",
        str(checkpoint),
        "--scaling",
        str(scaling),
    )

    assert status == 0
    assert "eager PyTorch, unfused, float64" in numbers["compared_with"]


def test_drag_is_compared_with_the_drag_of_the_states(tmp_path, dataset):
    artefact, _, _ = export(tmp_path, "ann_1x1")
    for name in TENDENCIES:
        dataset[name] = 1e-5 * dataset.ua
        dataset[name].attrs["units"] = "m s-2"

    _, numbers = replay(tmp_path, artefact, dataset)

    references = [variable["reference"] for variable in numbers["variables"]]
    assert references == [None, None, *TENDENCIES]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.drop_vars("bk"), "has no half levels: looked for coefficients pk"),
        (lambda d: d.drop_vars("ps"), "no variable for surface_air_pressure"),
        (
            lambda d: d.drop_vars(["pk", "bk"]).assign(
                pk=("short", PK[:4], {"units": "Pa"}), bk=("short", BK[:4])
            ),
            "have 4 and 4 values, expected 10, one more than full levels",
        ),
        (
            lambda d: d.isel(lon=slice(0, 20)),
            "the longitudes of the host leave",
        ),
    ],
)
def test_states_that_do_not_fit_are_refused(tmp_path, dataset, damage, message, capsys):
    artefact, _, _ = export(tmp_path, "ann_3x3")

    status, _ = replay(tmp_path, artefact, damage(dataset))

    assert status == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "predicted.nc").exists()
