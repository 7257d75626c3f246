"""A recorded call, run again: the same bits, or where they part."""

import netCDF4
import numpy as np
import pytest
from records import Call

from gwparam.conformance.recorded_call import STAGES, rerun
from gwparam.data.records import read_record
from gwparam.errors import ArgumentError

EAST = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
NORTH = EAST.replace("eastward", "northward")


@pytest.fixture
def record(tiny_artefact, tmp_path):
    """Write a call, change its file, and read it."""

    def write(change=lambda file: None, **given):
        call = Call(tiny_artefact, settings={"on_limit": "ignore"} | given)
        path = call.write(tmp_path / "call.nc")
        with netCDF4.Dataset(path, "a") as file:
            change(file)
        return read_record([path])

    return write


@pytest.mark.parametrize("threads", [1, 3])
def test_the_bits_are_the_same(record, tiny_artefact, threads):
    found = rerun(record(), tiny_artefact, threads=threads)
    assert found.first is None
    assert found.differing == dict.fromkeys(STAGES, 0)
    assert found.agrees_with(record())


@pytest.mark.parametrize(
    "which",
    [
        {},
        {"members": "one", "member": 2},
        {"members": "drawn", "member_seed": 5},
    ],
)
def test_the_member_that_ran_runs_again(tiny_ensemble, tmp_path, which):
    path = Call(tiny_ensemble, settings=which).write(tmp_path / "call.nc")
    record = read_record([path])
    assert (record.attributes["member"] > 0) == bool(which)
    assert rerun(record, tiny_ensemble).first is None
    other = 1 + record.attributes["member"] % 3
    with netCDF4.Dataset(path, "a") as file:
        file.member = float(other)
    found = rerun(read_record([path]), tiny_ensemble).first
    assert found.stage == "network_outputs"


def test_a_record_of_before_had_one_network(record, tiny_artefact):
    def forget(file):
        del file.members, file.member

    assert rerun(record(forget), tiny_artefact).first is None


def test_columns_that_a_guard_gave_up_keep_the_native_drag(record, tiny_artefact):
    recorded = record(on_range="keep", range_sigmas=1.5)
    assert 0 < recorded.guarded.size < 6
    for column in recorded.guarded:
        np.testing.assert_array_equal(
            recorded.outputs[EAST][column], recorded.native[EAST][column]
        )
    found = rerun(recorded, tiny_artefact)
    assert found.first is None
    np.testing.assert_array_equal(found.guarded, recorded.guarded)


def test_the_first_column_stage_and_level_are_named(record, tiny_artefact):
    def change_input(file):
        file["eastward_wind"][4, 2] += 1e-3

    def change_output(file):
        file[NORTH][3, 4] = np.nextafter(float(file[NORTH][3, 4]), np.inf)

    def change_both(file):
        change_output(file)
        file["sum_outputs"][5] += 1

    first = rerun(record(change_input), tiny_artefact).first
    assert (first.column, first.stage) == (2, "put")
    assert first.level is not None
    first = rerun(record(change_output), tiny_artefact).first
    assert (first.column, first.stage, first.level) == (4, "guarded", 4)
    assert first.name == NORTH
    assert first.found == np.nextafter(first.recorded, -np.inf)
    found = rerun(record(change_both), tiny_artefact)
    assert found.first.column == 4
    assert found.differing["outputs"] == 1


def test_a_failure_is_to_fail_again(tiny_artefact, tmp_path):
    call = Call(tiny_artefact, failure="drag was too large")
    call.fields["eastward_wind"][1, 2] = np.nan
    record = read_record([call.write(tmp_path / "call.nc")])
    found = rerun(record, tiny_artefact)
    assert "eastward_wind is nan" in found.failure
    assert found.agrees_with(record)
    call.fields["eastward_wind"][1, 2] = 0.0
    call.changes = {"on_limit": "ignore"}
    record = read_record([call.write(tmp_path / "call.nc")])
    assert not rerun(record, tiny_artefact).agrees_with(record)


def test_another_artefact_is_refused(record, tiny_artefact_float32):
    with pytest.raises(ArgumentError, match=r"artefact is SHA-256 .*, as recorded"):
        rerun(record(), tiny_artefact_float32)
