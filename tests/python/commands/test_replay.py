"""States through the compiled library, from the command line."""

from types import SimpleNamespace

import netCDF4
import numpy as np
import pytest
import torch
import xarray as xr
from answers import answer

from gwparam.checkpoints import save_checkpoint
from gwparam.cli import main
from gwparam.commands.replay import _shown
from gwparam.contract import Description, Limit, TrainingRange, Vertical
from gwparam.networks.wavenet import WaveNet

NLEV = 5
PRESSURE = np.array([1e2, 1e3, 1e4, 5e4, 9e4])
TENDENCIES = [
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
]


def write_network(path, seed):
    """Write a small WaveNet with random weights."""
    torch.manual_seed(seed)
    network = WaveNet(NLEV, trunk_width=8, trunk_depth=2, neck_width=8, branch_width=4)
    limits = tuple(Limit(name, 0.01) for name in TENDENCIES)
    ranges = tuple(
        TrainingRange(name, (mean,) * count, (deviation,) * count, None, None)
        for name, count, mean, deviation in (
            ("eastward_wind", NLEV, 0.0, 20.0),
            ("northward_wind", NLEV, 0.0, 10.0),
            ("surface_air_pressure", 1, 9.7e4, 2e3),
            ("latitude", 1, 0.0, 40.0),
        )
    )
    vertical = Vertical("host", "top_down", NLEV, tuple(PRESSURE), 0.1)
    save_checkpoint(
        path,
        network.state_dict(),
        extras={
            "means": torch.zeros(NLEV),
            "stds": torch.full((NLEV,), 1e-5),
        },
        description=Description("small", "nobody (1999)", vertical, ranges, limits),
    )
    return path


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    return write_network(tmp_path_factory.mktemp("small") / "a.safetensors", 1)


@pytest.fixture(scope="module")
def artefact(checkpoint):
    path = checkpoint.with_name("small.pt")
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(path)]) == 0
    return path


@pytest.fixture
def dataset():
    generator = np.random.default_rng(20240917)
    ntime, nlat, nlon = 3, 4, 6
    dims, shape = ("time", "lev", "lat", "lon"), (ntime, NLEV, nlat, nlon)
    variables = {
        name: (
            dims,
            generator.normal(0.0, scale, shape),
            {"standard_name": standard_name, "units": units},
        )
        for name, standard_name, units, scale in (
            ("u", "eastward_wind", "m s-1", 20.0),
            ("v", "northward_wind", "m s-1", 10.0),
            ("fx", TENDENCIES[0], "m s-2", 1e-5),
            ("fy", TENDENCIES[1], "m s-2", 1e-5),
        )
    }
    variables["ps"] = (
        ("time", "lat", "lon"),
        generator.uniform(9e4, 1e5, (ntime, nlat, nlon)),
        {"standard_name": "surface_air_pressure", "units": "Pa"},
    )
    return xr.Dataset(
        variables,
        {
            "time": ("time", [0.0, 1.0, 2.0], {"units": "days since 2000-01-01"}),
            "lev": ("lev", PRESSURE / 100.0, {"units": "hPa", "axis": "Z"}),
            "lat": ("lat", [-70.0, -20.0, 10.0, 65.0], {"units": "degrees_north"}),
            "lon": ("lon", np.arange(6) * 60.0, {"units": "degrees_east"}),
        },
    )


@pytest.fixture
def replay(artefact, dataset, tmp_path):
    """Replay a dataset; the exit status, and the numbers where there are some."""

    def run(*options, states=dataset, artefact=artefact):
        source = tmp_path / "states.nc"
        states.to_netcdf(source)
        return answer("replay", artefact, source, *options)

    return run


@pytest.mark.parametrize("through", ["c", "fortran"])
def test_library_agrees_with_pytorch(replay, through, capsys):
    status, numbers = replay("--through", through)

    assert status == 0
    assert numbers["agrees"]
    assert numbers["through"] == through
    assert capsys.readouterr().err == ""


def test_tables_and_the_verdict_are_for_people(artefact, dataset, tmp_path, capsys):
    source, figure = tmp_path / "states.nc", tmp_path / "drag.png"
    dataset.to_netcdf(source)

    assert main(["replay", str(artefact), str(source), "--figure", str(figure)]) == 0

    text = capsys.readouterr().out
    for name in TENDENCIES:
        assert f"{name} [m s-2], reference f" in text
    assert "10 hPa" in text
    assert f"wrote {figure}" in text
    assert "library and eager agree" in text


def test_library_agrees_with_published_network(replay, checkpoint):
    status, numbers = replay("--ckpt", str(checkpoint))

    assert status == 0
    assert numbers["compared_with"] == (
        "network of a.safetensors in eager PyTorch, unfused, float64"
    )


def test_exit_status_is_1_when_library_and_pytorch_differ(
    replay, artefact, tmp_path, capsys
):
    other = write_network(tmp_path / "b.safetensors", 2)

    status, numbers = replay("--ckpt", str(other))

    assert status == 1
    assert not numbers["agrees"]
    words = ["replay", artefact, tmp_path / "states.nc", "--ckpt", other, "--brief"]
    assert main([*map(str, words)]) == 1
    text = capsys.readouterr().out
    assert "library and eager DISAGREE" in text
    assert "10 hPa" not in text


def test_predicted_fields_are_written_on_the_grid_of_the_states(
    replay, dataset, tmp_path
):
    path = tmp_path / "predicted.nc"

    status, numbers = replay("-o", str(path))

    assert status == 0
    with netCDF4.Dataset(path) as file:
        for name, reference, scores in zip(
            TENDENCIES, (dataset.fx, dataset.fy), numbers["variables"], strict=True
        ):
            assert file[name].dimensions == dataset.u.dims
            error = np.asarray(file[name][:]) - reference.values
            np.testing.assert_allclose(
                scores["globe"]["reference"]["rms_error"],
                np.sqrt((error**2).mean()),
                rtol=1e-12,
            )


def test_states_the_other_way_up_give_the_same_answers(replay, dataset, tmp_path):
    down, up = tmp_path / "down.nc", tmp_path / "up.nc"

    replay("-o", str(down))
    replay("-o", str(up), states=dataset.isel(lev=slice(None, None, -1)))

    with xr.open_dataset(down) as first, xr.open_dataset(up) as second:
        for name in TENDENCIES:
            np.testing.assert_array_equal(first[name], second[name][:, ::-1])


def test_figure_is_drawn(replay, tmp_path):
    path = tmp_path / "drag.png"

    status, _ = replay("--figure", str(path))

    assert status == 0
    assert path.read_bytes().startswith(b"\x89PNG")


def test_times_select_states(replay):
    assert replay("--times", "1:3")[1]["times"] == 2
    assert replay("--times", "2")[1]["times"] == 1


def test_reference_none_compares_with_pytorch_only(replay):
    _, numbers = replay("--reference", "none")

    assert numbers["variables"][0]["reference"] is None


@pytest.mark.parametrize("through", ["c", "fortran"])
def test_columns_that_the_file_masks_are_left_out(
    replay, dataset, tmp_path, capsys, through
):
    """Below the ground, as on levels of pressure; the others are as without."""
    whole, path = tmp_path / "whole.nc", tmp_path / "predicted.nc"
    replay("-o", whole)
    capsys.readouterr()
    dataset.u[1, 4, 2:, 3] = np.nan
    dataset.u.encoding["_FillValue"] = -32767.0

    status, numbers = replay("-o", path, "--through", through)

    assert status == 0
    assert numbers["left_out"]["columns"] == 2
    assert numbers["variables"][0]["globe"]["samples"] == (72 - 2) * NLEV
    (line,) = capsys.readouterr().err.splitlines()
    assert "small: 2 of 72 columns are left out" in line
    assert "eastward_wind in 2" in line
    with netCDF4.Dataset(path) as file, netCDF4.Dataset(whole) as complete:
        for name in TENDENCIES:
            found = file[name][:]
            mask = np.zeros(found.shape, bool)
            mask[1, :, 2:, 3] = True
            np.testing.assert_array_equal(np.ma.getmaskarray(found), mask)
            np.testing.assert_array_equal(found[~mask], complete[name][:][~mask])


def damage_units(dataset):
    dataset.u.attrs["units"] = "K"
    return dataset


def damage_everywhere(dataset):
    dataset.v[1, 2] = np.nan
    dataset.v.encoding["_FillValue"] = -999.0
    return dataset


def damage_values(dataset):
    dataset.v[1, 2, 3, 4] = np.nan
    dataset.v.encoding["_FillValue"] = None  # xarray declares NaN as missing else
    return dataset


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda d: d.drop_vars("v"), "no variable for northward_wind"),
        (damage_everywhere, "northward_wind is missing in every column"),
        (damage_units, 'has units "K", expected "m s-1"'),
        (lambda d: d.isel(lev=slice(4)), "has 4 levels, expected 5"),
        (
            damage_values,
            "at time 1 is nan at lev 2, lat 3, lon 4",
        ),
        (
            lambda d: d.assign_coords(lev=("lev", d.lev.values * 3.0, d.lev.attrs)),
            "pressure",
        ),
        (
            lambda d: d.assign_coords(
                lev=("lev", d.lev.values, {"units": "hPa", "positive": "up"})
            ),
            "bottom_up by lev:positive",
        ),
    ],
)
def test_exit_status_is_2_for_states_that_do_not_fit(
    replay, dataset, tmp_path, capsys, damage, message
):
    path = tmp_path / "predicted.nc"

    status, numbers = replay("-o", str(path), states=damage(dataset))

    assert status == 2
    assert numbers is None
    assert not path.exists()
    error = capsys.readouterr().err
    assert error.startswith("gwparam: error: ")
    assert message in error


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--times", "2:9"], "times is 2:9, expected some of 0:3 (--times)"),
        (["--times", "x"], "times is x, expected A:B or one number (--times)"),
        (["--reference", "fx"], "1 reference variables (fx), expected 2"),
        (["--reference", "fx,u"], 'has units "m s-1", expected "m s-2"'),
        (["--variable", "u"], "variable is u, expected FIELD=VAR (--variable)"),
        (["--threads", "-1"], "threads is -1, expected at least 0 (--threads)"),
        (["--device", "tpu"], "expected auto, cpu, cuda or cuda:N (--device)"),
        (["--option", "heads=4"], "--option has no effect without --ckpt"),
        (["--allow-pickle"], "--allow-pickle has no effect without --ckpt"),
        (["--scaling", "a.json"], "--scaling has no effect on states without --ckpt"),
        (["--brief"], "--brief has no effect with --json"),
        (
            ["--through", "fortran", "--device", "cuda"],
            "--device has no effect with --through fortran",
        ),
        (["--variable", "humidity=u"], "the network has no input humidity"),
        (["--ckpt", "absent.pkl"], "cannot read absent.pkl"),
        (["-o", "absent/out.nc"], "cannot write absent/out.nc"),
    ],
)
def test_exit_status_is_2_for_options_that_do_not_fit(replay, capsys, options, message):
    status, numbers = replay(*options)

    assert status == 2
    assert numbers is None
    assert message in capsys.readouterr().err


def test_states_are_never_overwritten(artefact, dataset, tmp_path, capsys):
    source = tmp_path / "states.nc"
    dataset.to_netcdf(source)
    content = source.read_bytes()

    status = main(["replay", str(artefact), str(source), "-o", str(source)])

    assert status == 2
    assert "is both read and written" in capsys.readouterr().err
    assert source.read_bytes() == content


def test_exit_status_is_2_without_states(artefact, tmp_path, capsys):
    status = main(["replay", str(artefact), str(tmp_path / "absent.nc")])

    assert status == 2
    assert "absent.nc: no such file" in capsys.readouterr().err


def test_exit_status_is_2_for_truncated_artefact(replay, artefact, tmp_path, capsys):
    truncated = tmp_path / "truncated.pt"
    truncated.write_bytes(artefact.read_bytes()[:5000])

    status, _ = replay(artefact=truncated)

    assert status == 2
    assert "truncated.pt" in capsys.readouterr().err


def guards_of(numbers):
    return {guard["name"]: guard for guard in numbers["guards"]}


def test_guards_count_what_is_unlike_the_training(replay, dataset, capsys):
    dataset["u"][1, 2, 3, 4] = 130.0  # 6.5 standard deviations, where none has 5
    status, numbers = replay("--range-sigmas", "5")
    assert status == 0
    guard = guards_of(numbers)["on_range"]
    assert (guard["policy"], guard["columns"]) == ("count", 1)
    worst = guard["worst"]
    assert (worst["field"], worst["value"]) == ("eastward_wind", 130.0)
    assert worst["level"] == 3
    assert guard["levels"][2] == sum(guard["levels"]) == 1
    assert guards_of(replay()[1])["on_range"]["columns"] == 0


def test_guards_of_no_threshold_and_through_fortran(replay, capsys):
    assert replay("--range-sigmas", "0")[0] == 2
    assert "range_sigmas is 0" in capsys.readouterr().err
    assert replay("--through", "fortran", "--range-sigmas", "5")[0] == 2
    assert "--range-sigmas has no effect with --through" in capsys.readouterr().err
    assert replay("--through", "fortran")[1]["guards"] == []


def test_figure_shows_the_drag_or_else_what_is_on_levels():
    def output(name, *pressure):
        return SimpleNamespace(field=SimpleNamespace(name=name), pressure=pressure)

    diffusivity = output("atmosphere_heat_diffusivity", 1e3, 1e4)
    half, surface = output("flux", 1e3, 5e3, 1e4), output("stress")
    outputs = [surface, diffusivity, half, output("drag", 1e3, 1e4)]
    result = SimpleNamespace(outputs=outputs)

    assert _shown(SimpleNamespace(tendencies=("drag",)), result) == outputs[3:]
    others = SimpleNamespace(outputs=outputs[:3])
    assert _shown(SimpleNamespace(tendencies=()), others) == [diffusivity]
    nothing = SimpleNamespace(outputs=[surface])
    assert _shown(SimpleNamespace(tendencies=()), nothing) == []
