"""Calls that a host records, and that `gwparam replay` runs again."""

import json
import shutil

import netCDF4
import numpy as np
import pytest
from flux_networks import write_flux_artefact

from gwparam.cli import main
from gwparam.conformance.recorded_call import STAGES, rerun
from gwparam.data.records import read_record
from gwparam.errors import ArgumentError
from gwparam.library import load_scheme

U_DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"


def settings(artefact, **items):
    return {
        "mode": "ml",
        "artefact": artefact,
        "restart": "off",
        "on_range": "ignore",
        **items,
    }


def files_of(finished, day=None):
    """The files of a run, or of one of its calls."""
    assert finished.code == 0, finished.text
    pattern = "gwparam_record.day*.nc" if day is None else f"*.day{day}.*.nc"
    return sorted(finished.folder.glob(pattern))


def replayed(capsys, files, *options, status=0):
    """What `gwparam replay --json` says of the files."""
    assert main(["replay", *map(str, files), *options, "--json"]) == status
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("ranks", [1, 2])
@pytest.mark.parametrize("mode", ["ml", "shadow"])
def test_every_other_call_is_written_and_has_the_same_bits(
    run, states, artefact, capsys, ranks, mode
):
    finished = run(
        ranks,
        states=states,
        windows=(2, 4) if ranks == 1 else (1, 1),
        diagnostics=("gwfu_ml",),
        gwparam=settings(artefact, record=2, mode=mode),
    )
    files = files_of(finished)
    assert len(files) == 2 * ranks  # the first and the third of three calls
    assert "record: " in finished.text
    for file in files:
        assert replayed(capsys, [file])["same_bits"]
    last = replayed(capsys, files_of(finished, "000000.02083"), "--threads", "2")
    assert (last["call"], last["columns"], last["guarded"]) == (3, 128, [])
    record = read_record(files[ranks:])
    drag = finished.field("gwfu_ml")[2]
    in_place = {
        (round(lat, 6), round(lon, 6)): values
        for lat, lon, values in zip(
            record.latitude, record.longitude, record.outputs[U_DRAG], strict=True
        )
    }
    with netCDF4.Dataset(states) as file:
        for j, lat in enumerate(file["lat"][:]):
            for i, lon in enumerate(file["lon"][:]):
                found = in_place[round(float(lat), 6), round(float(lon), 6)]
                np.testing.assert_array_equal(found, drag[:, j, i])


def test_a_call_that_trips_a_guard_is_written_by_all_ranks(
    run, states, artefact, tmp_path, capsys
):
    one_cell = tmp_path / "one.nc"
    shutil.copy(states, one_cell)
    with netCDF4.Dataset(one_cell, "a") as file:
        file["u"][1, 7, 12, 3] = 4000.0
        lat, lon = float(file["lat"][12]), float(file["lon"][3])
    finished = run(
        2,
        states=one_cell,
        gwparam=settings(artefact, record=-1, on_range="native", range_sigmas=20.0),
    )
    files = files_of(finished)
    assert [f.name[-7:] for f in files] == ["0000.nc", "0001.nc"]
    found = replayed(capsys, files)
    assert found["same_bits"]
    assert found["model_date"] == "day 0 00:20:00"
    for key in ("guarded", "guarded_now"):
        (column,) = found[key]
        assert column["rank"] == 1
        np.testing.assert_allclose(
            [column["latitude"], column["longitude"]], [lat, lon], atol=1e-9
        )
    # The column has the native drag.
    record = read_record(files)
    column = found["guarded"][0]["column"] - 1
    native = run(
        folder=tmp_path / "native",
        states=one_cell,
        gwparam={"mode": "native", "restart": "off"},
    ).field("gwfcng_x")[1, :, 12, 3]
    np.testing.assert_array_equal(record.outputs[U_DRAG][column], native)
    assert np.abs(native).max() > 0.0
    assert not record.native
    assert main(["replay", *map(str, files)]) == 0
    text = capsys.readouterr().out
    assert "changed 1 columns" in text
    assert f"latitude {lat:.4g}, longitude {lon:.4g}, rank 1" in text
    assert "the same bits, in all columns and at all stages" in text


@pytest.mark.parametrize("lag", [0, 1])
def test_a_record_says_which_member_ran(run, states, ensemble, capsys, lag):
    items = {"members": "drawn", "member_seed": 3, "lag": lag}
    finished = run(
        2, states=states, steps=4, gwparam=settings(ensemble, record=1, **items)
    )
    files = files_of(finished)
    assert len(files) == 2 * 4
    with load_scheme(ensemble, members="drawn", member_seed=3) as scheme:
        drawn = [scheme.member(run) for run in range(1, 5)]
    if lag:  # a call gives what the one before it drew
        drawn = [drawn[0], *drawn[:-1]]
    found = [replayed(capsys, files[k : k + 2]) for k in range(0, 8, 2)]
    assert all(one["same_bits"] for one in found)
    assert [one["member"] for one in found] == drawn
    assert len(set(drawn)) > 1


def test_a_call_that_failed_says_which_member_was_to_run(
    run, states, ensemble, tmp_path
):
    one_cell = tmp_path / "one.nc"
    shutil.copy(states, one_cell)
    with netCDF4.Dataset(one_cell, "a") as file:
        file["u"][1, 7, 12, 3] = 4000.0  # in the second of three states
    items = {"on_range": "error", "range_sigmas": 20.0, "record": -1}
    finished = run(
        states=one_cell,
        gwparam=settings(ensemble, members="drawn", member_seed=3, **items),
    )
    assert finished.code != 0
    (file,) = sorted(finished.folder.glob("gwparam_record.day*.nc"))
    record = read_record([file])
    with load_scheme(ensemble, members="drawn", member_seed=3) as scheme:
        assert record.attributes["member"] == scheme.member(2) != scheme.member(1)
    assert rerun(record, ensemble).failure


def test_what_differs_is_named_by_column_stage_and_level(run, states, artefact, capsys):
    (file,) = files_of(
        run(states=states, steps=1, gwparam=settings(artefact, record=1))
    )
    whole = file.read_bytes()
    column, level = 37, 11
    for name, stage, differing in (
        ("northward_wind", "put", 1),
        (U_DRAG, "guarded", 0),
        ("sum_network_outputs", "network_outputs", 1),
    ):
        file.write_bytes(whole)
        with netCDF4.Dataset(file, "a") as dataset:
            if name.startswith("sum"):
                dataset[name][column] += 1
            else:
                value = float(dataset[name][level, column])
                dataset[name][level, column] = np.nextafter(value, np.inf) + (
                    1e-3 if stage == "put" else 0.0
                )
        found = replayed(capsys, [file], status=1)
        first = found["first_difference"]
        assert not found["same_bits"]
        assert (first["column"], first["stage"]) == (column + 1, stage)
        assert found["differing_columns"][stage] == differing
        if stage == "guarded":
            assert (first["level"], first["output"]) == (level + 1, U_DRAG)
        elif stage == "put":
            assert first["level"] is not None
            assert set(found["differing_columns"].values()) == {1}
        else:
            assert first["level"] is None
        assert main(["replay", str(file)]) == 1
        text = capsys.readouterr().out
        assert f"DIFFERS, first in column {column + 1} " in text
        assert f"stage       {stage}: {STAGES[stage]}" in text


def test_a_call_that_fails_is_written_and_fails_again(
    run, states, spread_artefact, tmp_path, capsys
):
    items = {"record": -1, "on_range": "error", "range_sigmas": 2.5}
    refused = run(2, states=states, gwparam=settings(spread_artefact, **items))
    assert refused.code == 2
    files = sorted(tmp_path.glob("gwparam_record.day*.nc"))
    assert files
    found = replayed(capsys, files[:1])
    assert found["failure"]
    assert found["failure_now"]
    assert found["same_bits"]
    assert main(["replay", str(files[0])]) == 0
    assert capsys.readouterr().out.count("the call failed: ") == 2


@pytest.mark.parametrize("kind", ["column", "global"])
def test_a_late_result_is_written_with_the_inputs_it_is_of(
    run, states, tmp_path, capsys, kind
):
    artefact = write_flux_artefact(tmp_path / "net.pt", kind)
    finished = run(
        2,
        states=states,
        pass_half_pressure=True,
        gwparam=settings(artefact, record=1, lag=1, on_limit="ignore"),
    )
    files = files_of(finished)
    assert len(files) == 6
    for day in ("000000.00694", "000000.01389", "000000.02083"):
        assert replayed(capsys, files_of(finished, day))["same_bits"]
    if kind == "global":
        with pytest.raises(ArgumentError, match="no file of rank 1 of 2"):
            rerun(read_record(files[:1]), artefact)
    else:
        assert replayed(capsys, files[:1])["ranks_missing"] == [1]


def test_there_is_no_more_of_it_than_was_allowed(run, states, artefact, tmp_path):
    finished = run(
        states=states,
        gwparam=settings(artefact, record=1, record_gigabytes=0.2e-3),
    )
    assert len(files_of(finished)) == 1
    assert "record: 1 files, and 2 left out, in " in finished.text
    line = json.loads((tmp_path / "gwparam_run.jsonl").read_text().splitlines()[-1])
    assert (line["records"], line["records_left_out"]) == (1, 2)
    assert 0 < line["record_bytes"] <= 0.2e6
    assert files_of(finished)[0].stat().st_size < 1.2 * line["record_bytes"] + 1e5


def test_a_record_that_cannot_be_written_ends_no_run(run, states, artefact, tmp_path):
    finished = run(
        states=states, gwparam=settings(artefact, record=1, record_file="no/record")
    )
    assert not files_of(finished)
    assert "record: 0 files, and 3 left out" in finished.text
    assert "cannot write no/record.day000000.02083.0000.nc" in finished.text
    assert not list(tmp_path.rglob("*.part"))


def test_another_artefact_and_mixed_files_are_refused(
    run, states, artefact, tiny_artefact, tmp_path, capsys
):
    finished = run(2, states=states, gwparam=settings(artefact, record=1))
    files = files_of(finished)
    with pytest.raises(ArgumentError, match="as recorded"):
        rerun(read_record(files[:2]), tiny_artefact)
    with pytest.raises(ArgumentError, match=r"of another call: call is 2, expected 1"):
        read_record([files[0], files[3]])
    with pytest.raises(ArgumentError, match="both of rank 0"):
        read_record([files[0], files[0]])
    moved = tmp_path / "moved.pt"
    shutil.copy(artefact, moved)
    assert replayed(capsys, files[:2], "--artefact", str(moved))["same_bits"]
