"""One state as FMS, CMIP6, CAM and ERA5 write it: the same scores."""

import re

import numpy as np
import pytest
import torch
import xarray as xr
from answers import answer

from gwparam.checkpoints import save_checkpoint
from gwparam.cli import main
from gwparam.contract import Description, Limit, TrainingRange, Vertical
from gwparam.networks.wavenet import WaveNet

NLEV, NLAT, NLON, NTIME = 5, 4, 6, 2
HALF_B = np.array([0.0, 0.02, 0.1, 0.4, 0.8, 1.0])
HALF_A = 3e3 * (1.0 - HALF_B) * HALF_B + 100.0 * (1.0 - HALF_B)  # Pa
A, B = (0.5 * (x[1:] + x[:-1]) for x in (HALF_A, HALF_B))
PRESSURE = A + 1e5 * B
LATITUDE, LONGITUDE = np.array([-60.0, -20.0, 20.0, 60.0]), np.arange(6) * 60.0
DAYS = "days since 0001-01-01 00:00:00"
WINDS = ("eastward_wind", "northward_wind")
TENDENCIES = [f"tendency_of_{w}_due_to_gravity_wave_drag" for w in WINDS]


def physics():
    """Winds and drag, (time, level, lat, lon), and surface pressure."""
    random = np.random.default_rng(11)
    shape = (NTIME, NLEV, NLAT, NLON)
    return {
        "u": random.normal(5.0, 15.0, shape),
        "v": random.normal(0.0, 10.0, shape),
        "x": random.normal(0.0, 1e-5, shape),
        "y": random.normal(0.0, 1e-5, shape),
        "ps": random.uniform(9.6e4, 1.02e5, (NTIME, NLAT, NLON)),
    }


def states(names, units, lev, ps_units=("Pa", 1.0), lat="lat", lon="lon"):
    """A file with other names and units, but the same physics.

    Names and units are of winds, drag and surface pressure; `lev` is the name of the
    levels, their numbers and attributes.
    """
    level, numbers, attrs = lev
    dims = ("time", level, lat, lon)
    fields = physics()
    surface = (dims[:1] + dims[2:], fields["ps"] / ps_units[1], {"units": ps_units[0]})
    found = {
        name: (dims, fields[key], {"units": units[key in "xy"]})
        for name, key in zip(names, "uvxy", strict=False)
    }
    return xr.Dataset(
        found | {names[4]: surface},
        {
            "time": ("time", [367.5, 369.25], {"units": DAYS}),
            level: (level, numbers, attrs),
            lat: (lat, LATITUDE, {"units": "degrees_north"}),
            lon: (lon, LONGITUDE, {"units": "degrees_east"}),
        },
    )


FMS = ("ucomp", "vcomp", "gwfu_cgwd", "gwfv_cgwd", "ps")
CMIP = ("ua", "va", "utendnogw", "vtendnogw", "ps")
CAM = ("U", "V", "UTGWSPEC", "VTGWSPEC", "PS")
ERA5 = ("u", "v", "gwfcng_x", "gwfcng_y", "sp")
HPA = PRESSURE / 100.0
NUMBERS = np.arange(1.0, NLEV + 1)


def fms(calendar, half, units="m/sec", level="pfull", pressure="hPa"):
    attrs = {"units": pressure, "cartesian_axis": "Z", "positive": "down"}
    axis = (level, HPA, attrs)
    dataset = states(FMS, (units, "m/s^2"), axis, ("pascals", 1.0))
    dataset["pk"] = (half, HALF_A, {"units": "pascals"})
    dataset["bk"] = (half, HALF_B, {"units": "none"})
    dataset.lat.attrs["units"], dataset.lon.attrs["units"] = "degrees_N", "degrees_E"
    dataset.time.attrs.update(calendar)
    return dataset


def cmip(formula, attrs=None, numbers=NUMBERS, **variables):
    axis = ("lev", numbers, {"positive": "down", "formula_terms": formula})
    axis[2].update(attrs or {"units": "1"})
    return states(CMIP, ("m s-1", "m s-2"), axis).assign(variables)


def cam(lev, base, **variables):
    dataset = states(CAM, ("m/s", "m/s2"), lev, ("Pa", 1.0)).assign(variables)
    dataset["hyam"], dataset["hybm"] = ("lev", A / 1e5), ("lev", B)
    dataset["P0"] = ((), *base)
    return dataset


def era5(lev, ps_units=("Pa", 1.0), **variables):
    names = {"lat": "latitude", "lon": "longitude"}
    dataset = states(ERA5, ("m s**-1", "m s**-2"), lev, ps_units, **names)
    return dataset.assign(variables).isel(latitude=slice(None, None, -1))


HYBRID = {"units": "1", "standard_name": "atmosphere_hybrid_sigma_pressure_coordinate"}
MADE = {
    "mima": lambda: fms({"calendar": "360"}, "phalf"),
    "isca": lambda: fms(
        {"calendar_type": "THIRTY_DAY_MONTHS"}, "phalf", "m/s", "pfull", "mb"
    ),
    "fms_without_calendar": lambda: fms(
        {"calendar": "NO_CALENDAR"}, "ilev", "m/s", "lev", "millibars"
    ),
    "cmip_shares": lambda: cmip(
        "p0: p0 a: a b: b ps: ps",
        HYBRID,
        A / 1e5 + B,
        a=("lev", A / 1e5),
        b=("lev", B),
        p0=((), 1e3, {"units": "hPa"}),
    ),
    "cmip_pressures": lambda: cmip(
        "ap: ap b: b ps: ps", ap=("lev", A, {"units": "Pa"}), b=("lev", B)
    ),
    "cmip_negative_numbers": lambda: cmip(
        "ap: q b: r ps: ps",
        numbers=-NUMBERS,
        q=("lev", A / 100.0, {"units": "hPa"}),
        r=("lev", 100.0 * B, {"units": "%"}),
    ),
    "cam": lambda: cam(("lev", HPA, {"units": "hPa"}), (1e5, {"units": "Pa"})),
    "cam_numbers": lambda: cam(
        ("lev", NUMBERS, {"positive": "down"}), (1000.0, {"units": "hPa"})
    ),
    "cam_surface_as_a_level": lambda: cam(
        ("lev", HPA, {"units": "hPa"}), (1000.0, {"units": "mb"})
    ).pipe(lambda d: d.assign(PS=d.PS.expand_dims(surface=1, axis=1))),
    "era5_old": lambda: era5(("level", HPA, {"units": "millibars"})),
    "era5_model_levels": lambda: era5(
        ("level", NUMBERS, {"long_name": "model_level_number"}),
        ("hPa", 100.0),
        hyam=("nhym", A, {"units": "Pa"}),
        hybm=("nhym", B, {"units": "1"}),
    ),
    "era5_upside_down": lambda: era5(("isobaricInhPa", HPA, {"units": "hPa"})).isel(
        isobaricInhPa=slice(None, None, -1)
    ),
}


def export_small(folder, pressure):
    """A small WaveNet with random weights, on levels at these pressures [Pa]."""
    torch.manual_seed(3)
    network = WaveNet(NLEV, trunk_width=8, trunk_depth=2, neck_width=8, branch_width=4)
    ranges = tuple(
        TrainingRange(name, (mean,) * count, (deviation,) * count, None, None)
        for name, count, mean, deviation in (
            ("eastward_wind", NLEV, 0.0, 20.0),
            ("northward_wind", NLEV, 0.0, 10.0),
            ("surface_air_pressure", 1, 9.7e4, 2e3),
            ("latitude", 1, 0.0, 40.0),
        )
    )
    vertical = Vertical("host", "top_down", NLEV, tuple(pressure), 0.1)
    limits = tuple(Limit(name, 1.0) for name in TENDENCIES)
    checkpoint, path = folder / "net.safetensors", folder / "net.pt"
    save_checkpoint(
        checkpoint,
        network.state_dict(),
        extras={"means": torch.zeros(NLEV), "stds": torch.full((NLEV,), 1e-5)},
        description=Description("small", "nobody (1999)", vertical, ranges, limits),
    )
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(path)]) == 0
    return path


@pytest.fixture(scope="module")
def artefact(tmp_path_factory):
    """A network on the levels of the files."""
    return export_small(tmp_path_factory.mktemp("network"), PRESSURE)


def scores(artefact, dataset, folder, group=None):
    """What replay finds against the drag of a file."""
    file = folder / "states.nc"
    dataset.to_netcdf(file, group=group)
    status, found = answer("replay", artefact, file)
    assert status == 0
    assert [variable["name"] for variable in found["variables"]] == TENDENCIES
    return [
        [variable["globe"]["reference"][score] for score in ("r2", "rms_error", "bias")]
        for variable in found["variables"]
    ]


@pytest.fixture(scope="module")
def expected(artefact, tmp_path_factory):
    """Scores of the file that needs no reading: CF names and units, top first."""
    axis = ("lev", PRESSURE, {"units": "Pa", "positive": "down"})
    dataset = states(("ua", "va", *"xy", "ps"), ("m s-1", "m s-2"), axis)
    for name, tendency in zip("xy", TENDENCIES, strict=True):
        dataset[name].attrs["standard_name"] = tendency
    return scores(artefact, dataset, tmp_path_factory.mktemp("plain"))


@pytest.mark.parametrize("kind", MADE)
def test_the_same_physics_has_the_same_scores(kind, artefact, expected, tmp_path):
    found = scores(artefact, MADE[kind](), tmp_path)

    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_group_has_the_scores_of_its_file(artefact, expected, tmp_path):
    found = scores(artefact, MADE["cam"](), tmp_path, "model/atmosphere")

    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_file_without_drag_says_that_there_is_no_reference(
    artefact, tmp_path, capsys
):
    file = tmp_path / "states.nc"
    MADE["mima"]().drop_vars(["gwfu_cgwd", "gwfv_cgwd"]).to_netcdf(file)

    assert main(["replay", str(artefact), str(file)]) == 0

    assert capsys.readouterr().out.count("[m s-2], no reference") == 2


# Models define the full levels of the uppermost layers in several ways.
HIGH = np.array([200.0, 600.0, 8e3, 4e4, 9e4])
SHARES = np.array([0.0, 0.0, 0.02, 0.3, 0.85])


def by_formula(pressure):
    ap = ("lev", pressure - 1e5 * SHARES, {"units": "Pa"})
    return cmip("ap: ap b: b ps: ps", ap=ap, b=("lev", SHARES))


def by_axis(pressure):
    axis = ("lev", pressure / 100.0, {"units": "hPa", "positive": "down"})
    return states(CMIP, ("m s-1", "m s-2"), axis)


def at(level, factor):
    pressure = HIGH.copy()
    pressure[level] *= factor
    return pressure


@pytest.fixture(scope="module")
def high(tmp_path_factory):
    """A network on levels that reach up to 2 hPa."""
    return export_small(tmp_path_factory.mktemp("high"), HIGH)


def run(command, artefact, dataset, folder):
    """Numbers of replay or evaluate on a file."""
    file = folder / "states.nc"
    dataset.to_netcdf(file)
    if command == "replay":
        _, found = answer("replay", artefact, file)
        return [v["globe"]["reference"]["r2"] for v in found["variables"]]
    to = ("-o", folder / "out", "--no-report")
    _, found = answer("evaluate", artefact, "--truth", file, *to)
    (model,) = found["models"].values()
    return [component["globe"]["r2"] for component in model.values()]


@pytest.mark.parametrize("command", ["replay", "evaluate"])
@pytest.mark.parametrize("turned", [False, True])
def test_a_formula_that_differs_at_the_top_is_said(
    command, turned, high, tmp_path, capsys
):
    expected = run(command, high, by_axis(HIGH), tmp_path)
    order = slice(None, None, -1 if turned else 1)
    capsys.readouterr()

    found = run(command, high, by_formula(at(0, 2.5)).isel(lev=order), tmp_path)

    np.testing.assert_allclose(found, expected, rtol=1e-5)
    said = capsys.readouterr().err.splitlines()
    (line,) = [line for line in said if "levels above 10 hPa" in line]
    level = 4 if turned else 0
    assert f": 1, at worst level {level} (from 0) at 500 Pa, the" in line
    assert "network's 200 Pa" in line
    assert "from a formula (ap + b * surface pressure)" in line


@pytest.mark.parametrize(
    ("dataset", "level"),
    [
        (by_formula(at(3, 1.25)), "level 4 .* 50000 Pa, expected 40000 Pa"),
        (by_formula(at(2, 0.1)), "level 3 .* 800 Pa, expected 8000 Pa"),
        (by_axis(at(0, 2.5)), "level 1 .* 500 Pa, expected 200 Pa"),
    ],
    ids=["formula_below", "formula_of_another_layer", "axis_at_the_top"],
)
@pytest.mark.parametrize("command", ["replay", "evaluate"])
def test_other_levels_are_refused(command, dataset, level, high, tmp_path, capsys):
    file, to = tmp_path / "states.nc", ["-o", str(tmp_path / "out")]
    dataset.to_netcdf(file)
    truth = ["--truth", str(file), *to] if command == "evaluate" else [str(file)]

    assert main([command, str(high), *truth]) == 2

    assert re.search(level, capsys.readouterr().err)
