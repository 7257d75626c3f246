"""The CAM-like host: chunks, threads and either order of levels give MiMA's bits."""

import re
import shutil
import subprocess

import hosts
import netCDF4
import numpy as np
import pytest
import recipes
import torch
from flux_networks import GEOMETRIES, write_flux_artefact
from height_networks import SCALE, write_height_artefact
from hosts import PROJECT, Run

import gwparam
from gwparam.checkpoints import save_checkpoint
from gwparam.cli import main
from gwparam.networks.ann_cnn import AnnCnn

# 10 does not divide the 128 cells: the last chunks have a column less.
COLUMNS = 10
DRAWN = {"members": "drawn", "member_seed": 7}


@pytest.fixture(scope="module")
def cam_driver(tmp_path_factory):
    """The host, built without MPI."""
    return hosts.build("cam_coupling", tmp_path_factory.mktemp("cam"), "gfortran")


@pytest.fixture
def run_cam(cam_driver, tmp_path):
    """Run the host: run_cam(threads, states=..., gwparam={...}, ...)."""

    def run_host(threads=1, *, folder=tmp_path, gwparam=None, **items) -> Run:
        groups = {
            "driver_nml": {"columns": COLUMNS} | items,
            "gwparam_nml": {"restart_file": "gw_drag.r.nc"} | (gwparam or {}),
        }
        return hosts.run(cam_driver, folder, "atm_in", groups, threads=threads)

    return run_host


@pytest.mark.parametrize(
    "items",
    [
        {"mode": "ml"},
        {"mode": "native"},
        {"mode": "ml", "on_range": "native", "range_sigmas": 2.5},
        {"mode": "ml", **DRAWN},
    ],
)
def test_drag_has_the_bits_of_the_host_for_mima(
    run, run_cam, states, spread_artefact, ensemble, tmp_path, items
):
    artefact = ensemble if "members" in items else spread_artefact
    chosen = {"artefact": artefact, "restart": "off", **items}
    # CAM has a surface pressure; MiMA's drop-in would derive it, with other roundings.
    expected = run(
        2,
        folder=tmp_path / "mima",
        states=states,
        pass_surface_pressure=True,
        gwparam=chosen,
    ).fields()
    assert np.ptp(expected) > 0.0
    for threads in (1, 2, 3, 4):
        finished = run_cam(
            threads,
            folder=tmp_path / f"{threads}",
            states=states,
            top_first=threads % 2 == 1,
            gwparam=chosen,
        )
        np.testing.assert_array_equal(finished.fields(), expected)


@pytest.mark.parametrize("kind", GEOMETRIES)
def test_fluxes_of_columns_neighbours_and_the_globe(
    run, run_cam, states, tmp_path, kind
):
    """On levels of their own, in scattered chunks of any size, on any threads."""
    artefact = write_flux_artefact(tmp_path / "flux.pt", kind)
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off"}
    items = {"states": states, "gwparam": chosen}
    passed = {"pass_surface_pressure": True, "pass_half_pressure": True}
    expected = run(1, folder=tmp_path / "mima", **passed, **items).fields()
    assert np.ptp(expected) > 0.0
    if kind == "global":
        # MiMA's columns are midway between edges, which rounds: other weights.
        found = run_cam(1, folder=tmp_path / "first", **items).fields()
        atol = 1e-13 * np.abs(expected).max()
        np.testing.assert_allclose(found, expected, rtol=0.0, atol=atol)
        expected = found
    for threads, columns, top_first in ((1, 128, True), (2, 10, False), (3, 7, True)):
        finished = run_cam(
            threads,
            folder=tmp_path / f"{columns}",
            columns=columns,
            top_first=top_first,
            **items,
        )
        np.testing.assert_array_equal(finished.fields(), expected)
        assert "momentum budget of a column: closed to" in finished.text


def test_a_network_of_neighbours_goes_on_with_other_chunks(run_cam, states, tmp_path):
    artefact = write_flux_artefact(tmp_path / "flux.pt", "stencil")
    chosen = {"mode": "ml", "artefact": artefact}
    items = {"states": states, "interval": 4800, "gwparam": chosen}
    through = run_cam(2, folder=tmp_path / "through", steps=14, **items)
    first = run_cam(3, folder=tmp_path / "first", steps=7, columns=16, **items)
    assert first.code == 0, first.text
    folder = tmp_path / "second"
    folder.mkdir()
    shutil.copy(tmp_path / "first" / "gw_drag.r.nc.0000", folder)
    second = run_cam(1, folder=folder, steps=7, first_step=8, columns=7, **items)
    parts = np.concatenate([first.fields(), second.fields()], axis=1)
    np.testing.assert_array_equal(parts, through.fields())
    assert np.ptp(second.fields()[:, 0]) > 0.0


def test_the_sums_of_the_threads_add_up(run_cam, states, artefact):
    finished = run_cam(
        2,
        states=states,
        gwparam={"mode": "shadow", "artefact": artefact, "log_interval": 2},
    )
    assert finished.code == 0, finished.text
    assert "3 steps of 13 chunks on 2 threads" in finished.text
    # 13 chunks: 7 of one thread, in 3 steps; all columns of both.
    assert "the network ran 21 times on 384 columns" in finished.text
    lines = re.findall(r"gw_drag: recomputation (\d), (\w): rms", finished.text)
    assert lines == [("1", "u"), ("1", "v"), ("3", "u"), ("3", "v")]
    assert "gw_drag: SHA-256 " in finished.text
    log = (finished.folder / "gwparam_run.jsonl").read_text().splitlines()
    assert len(log) == 4  # start, two recomputations, end
    assert '"model_date":"0001-01-01 00:40:00"' in log[-1]
    assert '"columns":384,' in log[-1]


def test_merged_sums_are_those_of_one_thread(run_cam, states, artefact, tmp_path):
    def log(threads):
        chosen = {"mode": "shadow", "artefact": artefact, "restart": "off"}
        finished = run_cam(
            threads, folder=tmp_path / f"{threads}", states=states, gwparam=chosen
        )
        return re.findall(r"gw_drag: recomputation.*", finished.text)

    assert len(log(1)) == 2
    # Two digits of the rms, three of the correlation: rounding of sums does not show.
    assert log(1) == log(4)


def test_more_threads_than_chunks(run_cam, states, artefact, tmp_path):
    chosen = {"mode": "ml", "artefact": artefact}
    items = {"states": states, "gwparam": chosen, "columns": 64}
    few = run_cam(1, folder=tmp_path / "few", **items)
    many = run_cam(4, folder=tmp_path / "many", **items)
    np.testing.assert_array_equal(many.fields(), few.fields())


@pytest.mark.parametrize("chosen", [{"mode": "native"}, {"mode": "ml"}, DRAWN])
def test_a_run_goes_on_with_another_number_of_threads(
    run_cam, states, artefact, ensemble, tmp_path, chosen
):
    given = {"mode": "ml", "artefact": ensemble if chosen is DRAWN else artefact}
    items = {"states": states, "interval": 4800, "gwparam": given | chosen}
    through = run_cam(2, folder=tmp_path / "through", steps=14, **items)
    first = run_cam(3, folder=tmp_path / "first", steps=7, **items)
    assert first.code == 0, first.text
    for threads, columns in ((1, COLUMNS), (2, COLUMNS), (4, 7)):
        folder = tmp_path / f"second {threads}"
        folder.mkdir()
        shutil.copy(tmp_path / "first" / "gw_drag.r.nc.0000", folder)
        second = run_cam(
            threads,
            folder=folder,
            steps=7,
            first_step=8,
            **(items | {"columns": columns}),
        )
        parts = np.concatenate([first.fields(), second.fields()], axis=1)
        np.testing.assert_array_equal(parts, through.fields())
        # The first step of the second half returned drag that the first half computed.
        assert np.ptp(second.fields()[:, 0]) > 0.0
        if chosen != {"mode": "native"}:
            assert "times on 384 columns" in second.text


def test_a_failure_on_one_thread_ends_the_run(run_cam, states, artefact):
    finished = run_cam(
        4, states=states, gwparam={"mode": "ml", "artefact": artefact, "lag": 1}
    )
    assert finished.code == 2
    assert "ENDRUN: gw_drag: the network sees more than single columns" in finished.text


def test_the_host_needs_no_mpi(cam_driver):
    needed = subprocess.run(
        ["readelf", "-d", cam_driver], capture_output=True, text=True, check=True
    ).stdout
    assert "libgwparam_restart_file" in needed
    assert "libmpi" not in needed


def test_the_coupling_is_small():
    folder = PROJECT / "examples" / "cam_coupling"
    lines = [
        line
        for name in ("gw_drag.f90", "all_columns.f90", "network_on_ranks.f90")
        for line in (folder / name).read_text().splitlines()
    ]
    assert len(lines) <= 420


def test_states_of_mima_and_the_published_network(
    run, run_cam, published, reference_data, tmp_path
):
    states = reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc"
    chosen = {"mode": "ml", "artefact": published, "restart": "off"}
    items = {"states": states, "gwparam": chosen}
    expected = run(2, folder=tmp_path / "mima", pass_surface_pressure=True, **items)
    found = run_cam(2, folder=tmp_path / "cam", columns=100, **items)
    np.testing.assert_array_equal(found.fields(), expected.fields())


def test_a_record_is_of_all_threads(run_cam, states, artefact, capsys):
    finished = run_cam(
        3, states=states, gwparam={"mode": "ml", "artefact": artefact, "record": 2}
    )
    assert finished.code == 0, finished.text
    first, last = sorted(finished.folder.glob("gwparam_record.day*.nc"))
    for file in (first, last):
        assert main(["replay", str(file)]) == 0
    assert "128 of 1 of 1 ranks" in capsys.readouterr().out


def era5_artefact(folder):
    """A network of columns with levels, scaling and fluxes of the published ones."""
    path = folder / "era5.pt"
    nlev = 122
    torch.manual_seed(4)
    network = AnnCnn(3 + 3 * nlev, 2 * nlev, hdim=16, depth=2)
    checkpoint = folder / "era5.safetensors"
    save_checkpoint(checkpoint, network.state_dict())
    levels = recipes.write_json(folder / "levels.json", recipes.levels(nlev))
    known = {
        "features": "uvtheta",
        "levels": levels,
        "scaling": "era5-gw-2024",
        "flux-quantity": "omega",
        "flux-sign": 1,
        "outside": "taper",
        "max-tendency": 1,
    }
    words = [f"--{name}={value}" for name, value in known.items()]
    assert main(["export", f"--ckpt={checkpoint}", *words, "-o", str(path)]) == 0
    return path


def test_a_network_on_the_levels_of_era5(run, run_cam, states, tmp_path):
    """It sees longitude and the altitude of the surface too."""
    artefact = era5_artefact(tmp_path)
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off"}
    items = {"states": states, "gwparam": chosen}
    first = run_cam(1, folder=tmp_path / "first", columns=128, **items)
    expected = first.fields()
    assert np.ptp(expected) > 0.0
    assert "sees a column on 122 levels of its own" in first.text
    for threads, columns, top_first in ((2, 10, False), (3, 7, True)):
        finished = run_cam(
            threads,
            folder=tmp_path / f"{columns}",
            columns=columns,
            top_first=top_first,
            **items,
        )
        np.testing.assert_array_equal(finished.fields(), expected)
    assert_near(expected, drag_of_fluxes(artefact, states))
    # MiMA's drop-in is not told where the surface is.
    refused = run(1, folder=tmp_path / "mima", pass_half_pressure=True, **items)
    assert refused.code == 2
    assert "sees surface_altitude, which init was not given" in refused.text


@pytest.mark.parametrize("columns", [10, 128])
def test_heights_over_the_surface_are_raised_by_it(run_cam, states, tmp_path, columns):
    """A network sees them over the sea, CAM has them over the surface."""
    artefact = write_height_artefact(tmp_path / "heights.pt")
    chosen = {"mode": "ml", "artefact": artefact, "restart": "off"}
    finished = run_cam(2, states=states, columns=columns, gwparam=chosen)
    with netCDF4.Dataset(states) as file:
        file.set_auto_mask(False)
        heights = np.asarray(file["zfull"][:], float)
        altitude = surface_altitude(file)
    assert np.abs(altitude).max() > 1.0
    expected = SCALE * (heights + altitude)
    np.testing.assert_allclose(finished.fields()[0], expected, rtol=1e-9, atol=0.0)


def test_a_step_without_reports_leaves_no_empty_line(run_cam, states, artefact):
    finished = run_cam(2, states=states, gwparam={"mode": "ml", "artefact": artefact})
    assert finished.code == 0, finished.text
    assert "3 steps of" in finished.text
    assert "" not in finished.text.splitlines()


def surface_altitude(file):
    """As the stand-in host has it from the first state, (latitude, longitude)."""
    sigma = float(file["sigma_full"][-1])
    temp, height = (np.asarray(file[name][0, -1], float) for name in ("temp", "zfull"))
    return height - 287.04 * temp * -np.log(sigma) / 9.80616


def assert_near(found, expected):
    """Places are converted, and the surface found, with a rounding."""
    atol = 1e-5 * np.abs(expected).max()  # of the network's float32
    np.testing.assert_allclose(found, expected, rtol=0.0, atol=atol)


def drag_of_fluxes(artefact, states):
    """The same by the library in Python, (wind, time, level, latitude, longitude)."""
    with netCDF4.Dataset(states) as file:
        file.set_auto_mask(False)
        given = {name: np.asarray(file[name][:], float) for name in file.variables}
        altitude = surface_altitude(file)
    ps, temp = given["ps"], given["temp"]
    lat, lon = np.meshgrid(given["lat"], given["lon"], indexing="ij")
    fields = {
        "eastward_wind": np.moveaxis(given["u"], 1, -1),
        "northward_wind": np.moveaxis(given["v"], 1, -1),
        "air_temperature": np.moveaxis(temp, 1, -1),
        "air_pressure": ps[..., None] * given["sigma_full"],
        "air_pressure_at_half_levels": ps[..., None] * given["bk"],
        "surface_air_pressure": ps,
        "latitude": np.broadcast_to(lat, ps.shape),
        "longitude": np.broadcast_to(lon, ps.shape),
        "surface_altitude": np.broadcast_to(altitude, ps.shape),
    }
    with gwparam.load_scheme(artefact) as scheme:
        scheme.set_levels(101325.0 * given["sigma_full"])
        wanted = {field.name for field in scheme.contract.inputs}
        wanted |= {"air_pressure", "air_pressure_at_half_levels"}
        result = scheme.predict({name: fields[name] for name in wanted})
    drag = [
        result[f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"]
        for wind in ("eastward", "northward")
    ]
    return np.moveaxis(np.stack(drag), -1, 2)
