"""Reading of recorded calls: ranks together, and what is no record."""

import netCDF4
import numpy as np
import pytest
from records import PRESSURE, UNITS, Call

from gwparam.data.records import is_record, read_record
from gwparam.errors import ArgumentError, ModelFileError


def test_files_of_ranks_are_one_call_in_their_order(tiny_artefact, tmp_path):
    calls = [
        Call(tiny_artefact, columns=n, rank=r, ranks=3) for r, n in ((0, 4), (2, 7))
    ]
    paths = [call.write(tmp_path / f"{call.rank}.nc") for call in calls]

    record = read_record(paths[::-1])

    assert record.paths == list(map(str, paths))
    np.testing.assert_array_equal(record.ranks, [0] * 4 + [2] * 7)
    assert record.missing_ranks == [1]
    for name in UNITS:
        expected = np.concatenate([call.fields[name] for call in calls])
        np.testing.assert_array_equal(record.inputs[name], expected)
        assert record.units[name] == UNITS[name]
    np.testing.assert_array_equal(record.latitude, record.inputs["latitude"])
    np.testing.assert_array_equal(record.pressure, PRESSURE)
    assert record.attributes["model_date"] == "day 2 12:00:00"
    assert (record.attributes["call"], record.attributes["model_days"]) == (7, 2.5)
    assert record.failure == ""
    assert set(record.outputs) == set(record.native) == set(calls[0].native)
    assert record.guarded.size == 0
    assert "rank 2" in record.place(5)


def test_a_rank_without_columns_has_its_file(tiny_artefact, tmp_path):
    call = Call(tiny_artefact, ranks=2)
    empty = tmp_path / "1.nc"
    paths = [call.write(tmp_path / "0.nc"), empty]
    with netCDF4.Dataset(paths[0]) as source, netCDF4.Dataset(empty, "w") as target:
        for name in source.ncattrs():
            setattr(target, name, source.getncattr(name))
        target.rank = 1.0
        target.createDimension("column", 0)
        for name in ("lat", "lon"):
            target.createVariable(name, "f8", ("column",)).units = "degrees"

    record = read_record(paths)

    assert record.missing_ranks == []
    assert record.latitude.size == call.columns


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"call": 8.0}, "is of another call: call is 8, expected 7"),
        ({"model_days": 3.5}, "model_days is 3.5, expected 2.5"),
        ({"artefact_sha256": "ab"}, "artefact_sha256 is ab, expected"),
        ({"rank": 0.0}, "are both of rank 0, expected one file a rank"),
    ],
)
def test_files_of_several_calls_are_refused(tiny_artefact, tmp_path, changes, message):
    one = Call(tiny_artefact, ranks=2).write(tmp_path / "0.nc")
    other = Call(tiny_artefact, rank=1, ranks=2, changes=changes)
    with pytest.raises(ArgumentError, match=message):
        read_record([one, other.write(tmp_path / "1.nc")])


def test_what_is_no_record_is_told(tiny_artefact, tmp_path, sample_states):
    path = Call(tiny_artefact).write(tmp_path / "call.nc")
    assert is_record(path)
    for other in (sample_states, tiny_artefact, tmp_path / "absent.nc", tmp_path):
        assert not is_record(other)
    with pytest.raises(ModelFileError, match="no attribute gwparam_record"):
        read_record([sample_states])
    later = Call(tiny_artefact, changes={"gwparam_record": 2.0})
    with pytest.raises(ModelFileError, match="format 2, expected 1"):
        read_record([later.write(tmp_path / "later.nc")])
