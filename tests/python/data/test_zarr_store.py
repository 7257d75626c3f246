import json

import numpy as np
import pytest
from wind_states import open_file, wind, wind_states

from gwparam.data import is_training_file, zarr_store
from gwparam.data.netcdf import open_dataset
from gwparam.data.zarr_store import is_zarr
from gwparam.errors import ModelFileError, NonFiniteError

FORMATS = [(2, True), (2, False), (3, False)]


@pytest.fixture(params=FORMATS, ids=["v2 consolidated", "v2", "v3"])
def store(request, tmp_path):
    """States in a zarr store, two times to a chunk."""
    pytest.importorskip("zarr")
    version, consolidated = request.param
    path = tmp_path / "states.zarr"
    states = wind_states()
    chunks = {"u": {"chunks": (2, 5, 4, 6)}}
    states.to_zarr(
        path, zarr_format=version, consolidated=consolidated, encoding=chunks
    )
    return path


@pytest.mark.filterwarnings("error")
def test_store_is_read_as_a_file(store):
    with open_file(store) as states:
        assert len(states) == 3
        assert states.date(1) == "2000-01-02 12:00:00"
        for time in range(3):
            np.testing.assert_array_equal(
                states.read(time)["eastward_wind"], wind(0)[time].transpose(1, 2, 0)
            )


def test_store_may_follow_a_file_in_another_order(tmp_path):
    pytest.importorskip("zarr")
    first, second = tmp_path / "jan.nc", tmp_path / "feb.zarr"
    whole = wind_states()
    whole.isel(time=[0]).to_netcdf(first)
    whole.isel(time=[1, 2], lat=slice(None, None, -1)).to_zarr(second, zarr_format=2)

    with open_file(second, first) as states:
        np.testing.assert_array_equal(
            states.read(2)["eastward_wind"], wind(0)[2].transpose(1, 2, 0)
        )


def test_nothing_is_read_before_it_is_asked_for(store):
    """A chunk that is broken is found when it is read, by name."""
    (chunk,) = [
        p for p in store.rglob("*") if p.match("u/1.0.0.0") or p.match("u/c/1/0/0/0")
    ]
    chunk.write_bytes(b"no values")

    with open_file(store) as states:
        states.read(0)
        with pytest.raises(ModelFileError, match=r"cannot read u in .*states.zarr"):
            states.read(2)


def test_store_whose_metadata_are_damaged_is_refused(store):
    for name in (".zmetadata", ".zgroup", "zarr.json"):
        if (store / name).exists():
            (store / name).write_text("{")

    with pytest.raises(
        ModelFileError, match=r"cannot read .*states.zarr/\S+ as JSON: "
    ):
        open_file(store)


@pytest.mark.parametrize(
    ("text", "kind"),
    [("[]", "an array"), ('"{}"', "a text"), ("7", "a number"), ("null", "null")],
)
@pytest.mark.parametrize("folder", [".", "u"])
def test_metadata_that_are_no_object_are_refused_by_file(store, folder, text, kind):
    names = (".zgroup", ".zarray", ".zattrs", ".zmetadata", "zarr.json")
    files = [store / folder / name for name in names]
    file = next(file for file in files if file.is_file())
    file.write_text(text)

    with pytest.raises(ModelFileError) as error:
        open_file(store)

    assert f"cannot read {file}: it holds {kind}, expected a JSON" in str(error.value)


def test_a_field_that_overflowed_in_half_precision_is_named(tmp_path):
    dataset = wind_states()
    half = (1000.0 * dataset.v).astype(np.float16)
    dataset["v"] = half.assign_attrs(dataset.v.attrs, units="mm s-1")
    dataset.to_zarr(tmp_path / "half.zarr", zarr_format=2)

    with (
        open_file(tmp_path / "half.zarr") as states,
        pytest.raises(
            NonFiniteError, match=r"northward_wind \(v in .*inf at .*float16"
        ),
    ):
        states.read(1)


def test_store_without_variables_is_refused(tmp_path):
    pytest.importorskip("zarr")
    (tmp_path / "states.zarr").mkdir()
    (tmp_path / "states.zarr" / "zarr.json").write_text("{}")

    with pytest.raises(
        ModelFileError, match=r"states.zarr is a zarr store without var"
    ):
        open_file(tmp_path / "states.zarr")


def test_store_needs_the_extra(tmp_path, monkeypatch):
    (tmp_path / "states.zarr").mkdir()
    (tmp_path / "states.zarr" / ".zgroup").write_text(json.dumps({"zarr_format": 2}))
    monkeypatch.setattr(zarr_store, "find_spec", lambda name: None)

    with pytest.raises(ModelFileError, match=r"needs the extra zarr: pip install 'gwp"):
        open_file(tmp_path / "states.zarr")
    assert not is_training_file(tmp_path / "states.zarr")


@pytest.mark.parametrize("name", ["absent", "folder", "file.nc"])
def test_other_paths_are_no_stores(tmp_path, name):
    (tmp_path / "folder").mkdir()
    wind_states().to_netcdf(tmp_path / "file.nc")

    assert not is_zarr(str(tmp_path / name))
    if name == "folder":
        with pytest.raises(ModelFileError, match="cannot read"):
            open_file(tmp_path / name)


@pytest.mark.parametrize("version", [2, 3])
def test_stores_of_the_package_itself_are_read(tmp_path, version):
    """Their fill value is 0, also of coordinates, of which it is a value."""
    zarr = pytest.importorskip("zarr")
    path = tmp_path / "states.zarr"
    group = zarr.open_group(path, mode="w", zarr_format=version)
    dataset = wind_states()
    dataset["u"] = dataset.u + 1.0  # no wind of 0
    for name, variable in dataset.variables.items():
        names = list(variable.dims) if version == 3 else None
        array = group.create_array(
            name, shape=variable.shape, dtype=variable.dtype, dimension_names=names
        )
        array[...] = variable.values
        if version == 2:
            array.attrs["_ARRAY_DIMENSIONS"] = list(variable.dims)
        array.attrs.update(variable.attrs)

    with open_file(path) as states:
        np.testing.assert_array_equal(states.coordinates(0)[1][0], np.arange(6) * 60.0)
        np.testing.assert_array_equal(
            states.read(0)["eastward_wind"], wind(0)[0].transpose(1, 2, 0) + 1.0
        )


@pytest.mark.parametrize("fill", [-1.0, 0.0])
@pytest.mark.parametrize("version", [2, 3])
def test_declared_fill_values_of_stores_are_missing(tmp_path, version, fill):
    """Also 0, which the package declares unasked in version 2: a 0 may be no value."""
    pytest.importorskip("zarr")
    path = tmp_path / "states.zarr"
    states = wind_states()
    states["u"] = states.u.where(states.u != 4.0)
    encoding = {"u": {"_FillValue": fill, "dtype": "f4"}, "v": {"dtype": "f2"}}
    states.to_zarr(path, zarr_format=version, encoding=encoding)

    with open_dataset(str(path)) as opened:
        expected = {-1.0: [0.0, 1.0, 2.0, 3.0, np.nan], 0.0: [np.nan, 1.0, 2.0, 3.0]}
        found = opened.u.values.ravel()
        np.testing.assert_array_equal(found[: len(expected[fill])], expected[fill])
        assert np.isnan(found).sum() == (1 if fill else 2)
        assert opened.v.dtype == np.float32
