"""What a run says of itself: of all ranks, with places, and the same on any number."""

import hashlib
import json
import shutil

import netCDF4
import numpy as np
import pytest

from gwparam.cli import main
from gwparam.grids import gaussian_latitudes
from gwparam.library import load_scheme

DRAG = {"u": ("gwfcng_x", "gwfu_ml"), "v": ("gwfcng_y", "gwfv_ml")}
ROWS = 48  # which 1, 2 and 3 ranks share equally


def shadow(artefact, **items):
    return {"mode": "shadow", "artefact": artefact, "restart": "off", **items}


def log_of(finished, name="gwparam_run.jsonl"):
    assert finished.code == 0, finished.text
    text = (finished.folder / name).read_text()
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def without(line, *keys):
    """Leave out what times and layouts change, at any depth."""
    if isinstance(line, dict):
        return {k: without(v, *keys) for k, v in line.items() if k not in keys}
    if isinstance(line, list):
        return [without(value, *keys) for value in line]
    return line


def expected_comparison(native, network):
    """Scores of a network over all times, levels and cells, each counted once."""
    difference = network - native

    def rms(values):
        return np.sqrt(np.mean(values**2))

    return {
        "values": network.size,
        "rms_network": rms(network),
        "rms_native": rms(native),
        "rms_ratio": rms(network) / rms(native),
        "bias": network.mean() - native.mean(),
        "pattern_correlation": np.sum(network * native)
        / np.sqrt(np.sum(network**2) * np.sum(native**2)),
        "correlation": np.corrcoef(network.ravel(), native.ravel())[0, 1],
        "r2": 1.0 - np.mean(difference**2) / native.var(),
        "largest_ratio": np.abs(network).max() / np.abs(native).max(),
    }


def assert_place(place, values, lat, lon):
    """The largest magnitude of (step, level, latitude, longitude)."""
    step, level, j, i = np.unravel_index(np.abs(values).argmax(), values.shape)
    assert place["value"] == values[step, level, j, i]
    assert (place["run"], place["level"]) == (step + 1, level + 1)
    np.testing.assert_allclose(
        [place["latitude"], place["longitude"]], [lat[j], lon[i]], atol=1e-9
    )
    assert place["date"].startswith("day 0 00:")


def assert_comparison(found, native, network, lat, lon):
    for key, value in expected_comparison(native, network).items():
        np.testing.assert_allclose(found[key], value, rtol=1e-11, err_msg=key)
    assert_place(found["largest_native"], native, lat, lon)
    assert_place(found["largest_network"], network, lat, lon)
    assert_place(found["largest_difference"], network - native, lat, lon)


@pytest.fixture(scope="module")
def mima_columns(reference_data, tmp_path_factory):
    """Columns of MiMA, thinned, as a globe whose rows 1, 2 and 3 ranks can share."""
    path = tmp_path_factory.mktemp("columns") / "columns.nc"
    whole = reference_data / "mima" / "mima_t42l40_ad99.nc"
    with netCDF4.Dataset(whole) as source, netCDF4.Dataset(path, "w") as target:
        source.set_auto_mask(False)
        thinned = {
            "time": slice(0, 2),
            "lat": slice(8, 8 + ROWS),
            "lon": slice(0, None, 8),
        }
        names = ("u", "v", "temp", "zfull", "ps", "lat", "lon", "lev")
        for name in (*names, "sigma_full", "pk", "bk"):
            variable = source[name]
            values = variable[
                tuple(thinned.get(d, slice(None)) for d in variable.dimensions)
            ]
            if name == "lat":
                values = gaussian_latitudes(ROWS)
            for dimension, size in zip(variable.dimensions, values.shape, strict=True):
                if dimension not in target.dimensions:
                    target.createDimension(dimension, size)
            target.createVariable(name, "f8", variable.dimensions)[:] = values
            target[name].setncatts(
                {k: variable.getncattr(k) for k in variable.ncattrs() if k[0] != "_"}
            )
    return path


@pytest.fixture(scope="module")
def published(export, reference_data):
    """The published WaveNet."""
    return export(reference_data / "wavenet" / "network_wst.pkl")


def test_shadow_statistics_are_those_of_the_globe_on_any_ranks(
    run, published, mima_columns, tmp_path
):
    logs = {}
    for ranks in (1, 2, 3):
        finished = run(
            ranks,
            folder=tmp_path / str(ranks),
            states=mima_columns,
            windows=(2, 4) if ranks == 1 else (1, 1),
            diagnostics=tuple(name for _, name in DRAG.values()),
            gwparam=shadow(published, log_interval=1),
        )
        logs[ranks] = log_of(finished)
        kinds = [line["kind"] for line in logs[ranks]]
        assert kinds == ["start", "recomputation", "recomputation", "end"]
        with netCDF4.Dataset(mima_columns) as file:
            lat, lon = np.asarray(file["lat"][:]), np.asarray(file["lon"][:])
        last = logs[ranks][-1]
        assert last["ranks"] == ranks
        assert last["columns"] == 2 * ROWS * lon.size
        for component, names in DRAG.items():
            native, network = (finished.field(name) for name in names)
            assert_comparison(last["run"][component], native, network, lat, lon)
            one = expected_comparison(native[1:], network[1:])
            for key, value in one.items():
                np.testing.assert_allclose(
                    last["last"][component][key], value, rtol=1e-11
                )
    # Sums have no rounding, so all digits are those of one rank, in windows.
    varies = ("wall_time", "ms", "rank", "ranks", "runs", "load_seconds")
    assert without(logs[2], *varies) == without(logs[1], *varies)
    assert without(logs[3], *varies) == without(logs[1], *varies)


def test_the_published_network_is_tamed_by_a_blend(
    run, published, mima_columns, tmp_path
):
    """It was trained on other source settings, and drifts above 1 hPa without."""

    def driven(name, **items):
        settings = {"restart": "off", "run_log": f"{name}.jsonl", **items}
        finished = run(folder=tmp_path / name, states=mima_columns, gwparam=settings)
        return finished, np.stack([finished.field(n) for n, _ in DRAG.values()])

    network = {"mode": "ml", "artefact": published}
    _, native = driven("native", mode="native")
    _, wild = driven("wild", **network)
    blend = {"blend_share": 0.7, "blend_pressure": (1e2, 5e2, 2e5, 2e5)}
    finished, tamed = driven("tamed", **network, **blend)

    def largest(drag):
        """Of each component and level."""
        return np.abs(drag).max(axis=(1, 3, 4))

    assert (largest(wild) > 2.0 * largest(native)).any()
    assert (largest(tamed) <= 2.0 * largest(native)).all()
    share = log_of(finished, "tamed.jsonl")[-1]["network_share"]
    assert 0.5 < share < 0.7

    def rms(drag):
        return np.sqrt(np.mean((drag - native) ** 2))

    assert rms(tamed) < 0.5 * rms(wild)


def test_by_the_error_that_it_expects_the_published_network_keeps_to_the_native_one(
    run, published, export, mima_columns, reference_data, tmp_path
):
    """Learnt on January: at most twice the native scheme's largest at each level."""
    january = reference_data / "mima" / "mima_t42l40_ad99.nc"
    head = tmp_path / "head.safetensors"
    words = ["confidence", published, january, "--columns", "8000", "-o", head]
    assert main([*map(str, words), "--epochs", "15"]) == 0
    checkpoint = reference_data / "wavenet" / "network_wst.pkl"
    sure = export(checkpoint, "--confidence", str(head))
    drag = {}
    for name, items in {
        "native": {"mode": "native"},
        "wild": {"mode": "ml", "artefact": sure},
        "tamed": {"mode": "ml", "artefact": sure, "blend_error": (0.77, 1.3)},
    }.items():
        items = {"restart": "off", "run_log": f"{name}.jsonl", **items}
        finished = run(folder=tmp_path / name, states=mima_columns, gwparam=items)
        drag[name] = np.stack([finished.field(n) for n, _ in DRAG.values()])

    largest = {name: np.abs(d).max(axis=(1, 3, 4)) for name, d in drag.items()}
    assert (largest["wild"] > 2.0 * largest["native"]).any()
    assert (largest["tamed"] <= 2.0 * largest["native"]).all()
    share = log_of(finished, "tamed.jsonl")[-1]["network_share"]
    assert 0.5 < share < 0.95
    rms = {n: np.sqrt(np.mean((d - drag["native"]) ** 2)) for n, d in drag.items()}
    assert rms["tamed"] < 0.7 * rms["wild"]


def test_guards_of_all_ranks_are_reported_with_places(
    run, states, spread_artefact, tmp_path
):
    with netCDF4.Dataset(states) as file:
        lat, lon = np.asarray(file["lat"][:]), np.asarray(file["lon"][:])
    logs = {}
    for ranks in (1, 4):
        finished = run(
            ranks,
            folder=tmp_path / str(ranks),
            states=states,
            gwparam={
                "mode": "ml",
                "artefact": spread_artefact,
                "restart": "off",
                "on_range": "native",
                "range_sigmas": 2.5,
            },
        )
        logs[ranks] = log_of(finished)
        end = logs[ranks][-1]
        guard = next(g for g in end["guards"] if g["name"] == "on_range")
        assert guard["policy"] == "native"
        assert guard["columns"] == end["guarded_columns"] == end["native_columns"] > 0
        assert end["native_share"] == guard["columns"] / end["columns"]
        assert sum(guard["levels"]) >= guard["columns"]
        worst = guard["worst"]
        assert worst["excess"] > 1.0
        assert np.abs(lat - worst["latitude"]).min() < 1e-9
        assert np.abs(lon - worst["longitude"]).min() < 1e-9
        assert guard["levels"][worst["level"] - 1] > 0
        text = f"on_range = native caught {guard['columns']} columns"
        assert text in finished.text
        assert finished.text.count("the network ran 3 times on 384 columns") == 1
        assert f"rank {worst['rank']}" in finished.text
        assert max(map(len, finished.text.splitlines())) < 300
    one, four = (
        without(logs[r][-1], "wall_time", "ms", "rank", "ranks") for r in (1, 4)
    )
    assert four == one
    # It is in the rank that has these rows.
    worst = next(g for g in logs[4][-1]["guards"] if g["name"] == "on_range")["worst"]
    row = np.abs(lat - worst["latitude"]).argmin()
    assert worst["rank"] == row // (lat.size // 4)


def test_a_run_begins_with_what_runs(run, states, artefact, tmp_path):
    finished = run(2, states=states, gwparam=shadow(artefact, run_log="log.jsonl"))
    start = log_of(finished, "log.jsonl")[0]
    digest = hashlib.sha256(artefact.read_bytes()).hexdigest()
    assert start["sha256"] == digest
    assert start["artefact"] == str(artefact)
    assert (start["ranks"], start["device"], start["mode"]) == (2, "cpu", "shadow")
    assert start["load_seconds"] > 0.0
    assert not start["restored"]
    assert start["contract"]["name"]
    log = (tmp_path / "logfile.000000.out").read_text()
    assert f"SHA-256 {digest}" in log
    assert "40 levels of the host" in log
    assert "begins anew: no restart was read" in log
    assert "at most" in log
    assert (
        not list(tmp_path.glob("logfile.000001.out"))
        or digest not in (tmp_path / "logfile.000001.out").read_text()
    )


def test_members_are_named_and_drawn_for_a_recomputation(run, states, ensemble):
    """One for all windows and ranks."""
    choice = {"members": "drawn", "member_seed": 11}
    with load_scheme(ensemble, **choice) as scheme:
        drawn = [scheme.member(run) for run in range(1, 7)]
    assert len(set(drawn)) > 1
    fields = []
    for ranks, windows in ((1, (1, 1)), (2, (2, 2)), (4, (4, 1)), (2, (1, 4))):
        finished = run(
            ranks,
            folder=states.parent / f"{ranks} {windows}",
            states=states,
            steps=6,
            windows=windows,
            diagnostics=("gwfu_ml",),
            gwparam=shadow(ensemble, log_interval=1, run_log="log.jsonl", **choice),
        )
        start, *lines = log_of(finished, "log.jsonl")
        assert (start["members"], start["member_seed"]) == ("drawn", 11)
        found = [one["member"] for one in lines if one["kind"] == "recomputation"]
        assert found == drawn
        fields.append(finished.field("gwfu_ml"))
        log = (finished.folder / "logfile.000000.out").read_text()
        assert "3 members) sees a column" in log
        assert "members = drawn, member_seed = 11" in log
        assert f"member {drawn[-1]} was drawn for the last drag" in log
    for field in fields[1:]:
        np.testing.assert_array_equal(field, fields[0])
    alone = run(
        folder=states.parent / "one",
        states=states,
        steps=6,
        diagnostics=("gwfu_ml",),
        gwparam=shadow(ensemble, members="one", member=drawn[4]),
    )
    for step, member in enumerate(drawn):
        same = np.array_equal(alone.field("gwfu_ml")[step], fields[0][step])
        assert same == (member == drawn[4])


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ({"members": "all"}, "members is all, expected mean, one or drawn"),
        ({"members": "one"}, "member is 0, expected at least 1, as members is one"),
        (
            {"members": "one", "member": 4},
            "member is 4, the artefact has 1 to 3",
        ),
        ({"member": 2}, "member is 2, expected 0 unless members is one"),
        (
            {"members": "drawn", "member_seed": -1},
            "member_seed is -1, expected at least 0",
        ),
        ({"member_seed": 5}, "member_seed is 5, expected 0 unless members is drawn"),
    ],
)
def test_members_that_cannot_be_meant_are_refused(
    run, states, ensemble, items, message
):
    finished = run(2, states=states, gwparam=shadow(ensemble, **items))
    assert finished.code == 2
    assert message in finished.text


def test_reports_come_every_few_days_and_the_log_goes_on(
    run, states, artefact, tmp_path
):
    items = {"states": states, "steps": 6, "dt_atmos": 43200}
    settings = shadow(artefact, report_days=1.0, log_interval=0)
    first = log_of(run(2, **items, gwparam=settings))
    # Steps end at 0.5, 1, ... 3 days, the last of them with a report, too.
    assert [line["kind"] for line in first] == ["start", *3 * ["report"], "end"]
    assert [line["model_days"] for line in first] == [0.0, 1.0, 2.0, 3.0, 3.0]
    assert [line["recomputations"] for line in first[1:]] == [2, 4, 6, 6]
    again = log_of(run(2, **items, gwparam=settings))
    assert again[: len(first)] == first
    assert len(again) == 2 * len(first)


def test_the_log_can_be_off_and_a_folder_that_is_not_there_is_named(
    run, states, artefact, tmp_path
):
    quiet = run(
        folder=tmp_path / "off", states=states, gwparam=shadow(artefact, run_log="off")
    )
    assert quiet.code == 0
    assert not list(quiet.folder.glob("*.jsonl"))
    refused = run(2, states=states, gwparam=shadow(artefact, run_log="no/log.jsonl"))
    assert refused.code == 2
    assert "cannot write to run_log = no/log.jsonl" in refused.text


def test_an_input_that_is_refused_is_named_with_place_and_time(
    run, states, artefact, tmp_path
):
    bad = tmp_path / "bad.nc"
    shutil.copy(states, bad)
    with netCDF4.Dataset(bad, "a") as file:
        file["u"][1, 7, 12, 3] = 1e20
        lat, lon = float(file["lat"][12]), float(file["lon"][3])
    refused = run(
        2, states=bad, gwparam={"mode": "ml", "artefact": artefact, "restart": "off"}
    )
    assert refused.code == 2
    place = f"(latitude {lat:.6g}, longitude {lon:.6g} degrees, day 0 00:20:00)"
    assert place in refused.text
    assert "at level 8 from the top" in refused.text
