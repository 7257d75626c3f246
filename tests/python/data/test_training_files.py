import os
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from training_files import IDIM, NLAT, NLEV, NLON, ODIM, training_set, written

from gwparam.data.training_files import TrainingFiles, is_training_file
from gwparam.errors import (
    ArgumentError,
    ContractError,
    ModelFileError,
    NonFiniteError,
    ShapeError,
)

SINGLE = 1e-5
"""Degrees: a coordinate divided in single precision, 360 roundings of 3e-8."""


@pytest.fixture
def refuse(tmp_path):
    """Check that a file, after others, is refused."""

    def run(dataset, error, match, *before):
        paths = [written(tmp_path, other, f"{i}.nc") for i, other in enumerate(before)]
        with pytest.raises(error, match=match):
            TrainingFiles([*paths, written(tmp_path, dataset, "bad.nc")])

    return run


def test_frame_is_that_of_the_files(tmp_path):
    with TrainingFiles([written(tmp_path, training_set())]) as files:
        assert (files.idim, files.odim, files.stencil) == (IDIM, ODIM, 1)
        assert files.shape == (NLAT, NLON)
        assert len(files) == 2
        np.testing.assert_array_equal(files.latitude, [-60.0, 10.0, 80.0])
        np.testing.assert_array_equal(files.longitude, [0.0, 90.0, 180.0, 270.0])


@pytest.mark.parametrize(
    ("stencil", "around"), [(1, ()), (3, (3, 3)), (5, (5, 5))], ids=["1", "3", "5"]
)
def test_read_gives_one_time_as_it_is(tmp_path, stencil, around):
    dataset = training_set(stencil=stencil)

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        features, output = (files.read(name, 1) for name in ("features", "output"))

    assert features.shape == (IDIM, NLAT, NLON, *around)
    assert features.dtype == np.float32
    np.testing.assert_array_equal(features, dataset.features.values[1])
    np.testing.assert_array_equal(output, dataset.output.values[1])


@pytest.mark.parametrize("stencil", [1, 3])
def test_bytes_are_those_of_one_time(tmp_path, stencil):
    with TrainingFiles([written(tmp_path, training_set(stencil=stencil))]) as files:
        arrays = [files.read(name, 0) for name in ("features", "output")]

        assert files.stencil == stencil
        assert files.nbytes == sum(array.nbytes for array in arrays)


def test_times_are_counted_through_files_in_the_order_of_their_dates(tmp_path):
    late, early = training_set(start=10.0), training_set(3, seed=7)
    paths = [written(tmp_path, late, "a.nc"), written(tmp_path, early, "b.nc")]

    with TrainingFiles(paths) as files:
        read = [files.read("features", index) for index in range(len(files))]

    expected = np.concatenate([early.features.values, late.features.values])
    np.testing.assert_array_equal(read, expected)
    assert files.paths == (paths[1], paths[0])


def test_published_layout_is_read(reference_data):
    folder = reference_data / "dataset" / "prithvi_mini"

    with TrainingFiles(sorted(folder.glob("*.nc"), reverse=True)) as files:
        assert (files.idim, files.odim, files.shape) == (491, 366, (8, 16))
        assert files.dates.counts == (2, 1)
        assert files.dates.intervals is None
        assert [Path(path).stem[-6:] for path in files.paths] == ["mini01", "mini02"]


def test_divided_coordinates_are_degrees(reference_data):
    folder = reference_data / "dataset"
    with TrainingFiles(sorted((folder / "nonlocal_mini").glob("*.nc"))) as files:
        divided = files.latitude, files.longitude
    with TrainingFiles(sorted((folder / "prithvi_mini").glob("*.nc"))) as files:
        degrees = files.latitude, files.longitude

    assert divided[0].max() > 1.0
    for found, expected in zip(divided, degrees, strict=True):
        np.testing.assert_allclose(found, expected, atol=SINGLE)


def test_coordinates_may_be_divided_by_90_and_360(tmp_path):
    dataset = training_set()
    divided = dataset.assign_coords(lat=dataset.lat / 90.0, lon=dataset.lon / 360.0)

    with TrainingFiles([written(tmp_path, divided)]) as files:
        np.testing.assert_allclose(files.latitude, dataset.lat, rtol=1e-15)
        np.testing.assert_allclose(files.longitude, dataset.lon, rtol=1e-15)


def test_no_file_is_refused():
    with pytest.raises(ArgumentError, match="no training file given, expected at le"):
        TrainingFiles([])


def test_file_given_twice_is_refused(tmp_path):
    path = written(tmp_path, training_set())

    with pytest.raises(ArgumentError, match=r"file.nc is given twice, expected once"):
        TrainingFiles([path, path])


def test_file_given_twice_under_another_name_is_refused(tmp_path):
    path = written(tmp_path, training_set(start=None))
    os.symlink(path, tmp_path / "other.nc")

    with pytest.raises(
        ArgumentError, match=r"other.nc is .*file.nc, given twice, expected once"
    ):
        TrainingFiles([path, tmp_path / "other.nc"])


def test_absent_file_is_refused(tmp_path):
    path = written(tmp_path, training_set())

    with pytest.raises(ModelFileError, match=r"cannot read .*absent.nc: no such file"):
        TrainingFiles([path, tmp_path / "absent.nc"])


def test_file_of_another_format_is_refused(tmp_path):
    path = tmp_path / "text.nc"
    path.write_text("no netCDF file")

    with pytest.raises(ModelFileError, match=r"cannot read .*text.nc as netCDF"):
        TrainingFiles([path])


def test_truncated_file_is_refused(tmp_path):
    path = Path(written(tmp_path, training_set()))
    path.write_bytes(path.read_bytes()[:3000])

    with pytest.raises(ModelFileError, match=r"cannot read .*file.nc as netCDF"):
        TrainingFiles([path])


def test_damaged_values_are_refused_when_they_are_read(tmp_path):
    dataset = training_set()
    path = tmp_path / "damaged.nc"
    dataset.to_netcdf(path, encoding={"features": {"fletcher32": True}})
    values = dataset.features.values.tobytes()
    content = path.read_bytes()
    assert values in content
    path.write_bytes(content.replace(values, values[:-1] + bytes([values[-1] ^ 1])))

    with TrainingFiles([path]) as files:
        files.read("output", 0)
        with pytest.raises(ModelFileError, match=r"cannot read features in .*damaged"):
            files.read("features", 0)


def test_missing_variables_are_named(refuse):
    dataset = training_set().drop_vars(["output", "lat"])

    refuse(
        dataset,
        ModelFileError,
        r"bad.nc has no lat, output, expected a training file with features, output, "
        r"lat, lon; it has .*features",
    )


@pytest.mark.parametrize(
    "dims",
    [
        ("time", "idim", "lon", "lat"),
        ("time", "lat", "lon", "idim"),
        ("idim", "time", "lat", "lon"),
    ],
)
def test_other_order_of_dimensions_is_refused(refuse, dims):
    dataset = training_set()
    dataset["features"] = dataset.features.transpose(*dims)

    refuse(
        dataset,
        ShapeError,
        rf"features in .*bad.nc has dimensions \({', '.join(dims)}\), expected \(time, "
        r"idim, lat, lon\) and two or none for neighbours",
    )


def test_other_name_of_a_dimension_is_refused(refuse):
    dataset = training_set().rename(odim="channel")

    refuse(dataset, ShapeError, r"output .* \(time, channel, lat, lon\), expected")


def test_first_dimension_that_is_no_time_is_refused(refuse):
    # Else only the first time would be seen.
    dataset = training_set().drop_vars("time").rename_dims(time="sample")

    refuse(dataset, ShapeError, r"features .* \(sample, idim, lat, lon\), expected")


def test_variable_without_dimensions_is_refused(refuse):
    dataset = training_set()
    dataset["output"] = 1.0

    refuse(dataset, ShapeError, r"output in .* has dimensions \(\), expected")


def test_one_more_axis_is_refused(refuse):
    dataset = training_set(stencil=3).isel(stx=1)

    refuse(dataset, ShapeError, r"\(time, idim, lat, lon, sty\), expected .* two or")


@pytest.mark.parametrize(("height", "width"), [(2, 2), (3, 1)])
def test_neighbours_without_a_middle_are_refused(refuse, height, width):
    dataset = training_set(stencil=3).isel(sty=slice(height), stx=slice(width))

    refuse(
        dataset,
        ShapeError,
        rf"features in .*bad.nc has {height} x {width} cells around each, expected as "
        "many in both directions, an odd number",
    )


def test_place_and_surface_alone_are_refused(refuse):
    refuse(training_set(idim=3), ShapeError, "has 3 channels, expected more than the 3")


def test_file_without_time_is_refused(refuse):
    refuse(
        training_set().isel(time=slice(0)),
        ShapeError,
        r"features in .*bad.nc has no time, expected at least one",
    )


@pytest.mark.parametrize(
    ("change", "name", "found", "expected"),
    [
        ({"idim": IDIM + 1}, "features", (24, 3, 4), (23, 3, 4)),
        ({"odim": ODIM + 2}, "output", (12, 3, 4), (10, 3, 4)),
        ({"grid": (NLAT + 2, NLON)}, "features", (23, 5, 4), (23, 3, 4)),
        ({"stencil": 3}, "features", (23, 3, 4, 3, 3), (23, 3, 4)),
    ],
)
def test_other_channels_or_extents_are_refused(refuse, change, name, found, expected):
    dataset = training_set(start=9.0, **change)
    shapes = [
        str(shape).replace("(", r"\(").replace(")", r"\)")
        for shape in (found, expected)
    ]

    refuse(
        dataset,
        ShapeError,
        rf"{name} in .*bad.nc has shape {shapes[0]} at one time, expected {shapes[1]} "
        r"as in .*0.nc",
        training_set(),
    )


@pytest.mark.parametrize("axis", ["lat", "lon"])
def test_another_grid_is_refused(refuse, axis):
    dataset = training_set(start=9.0)
    dataset = dataset.assign_coords({axis: dataset[axis] + 1.0})

    refuse(
        dataset, ContractError, r"bad.nc has another grid than .*0.nc", training_set()
    )


@pytest.mark.parametrize("variable", ["features", "output"])
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_value_that_is_not_finite_is_named_with_its_place(tmp_path, variable, value):
    dataset = training_set()
    dataset[variable][1, 4, 2, 3] = value
    channel = "idim" if variable == "features" else "odim"
    place = rf"at time 1 is {value} at {channel} 4, lat 2, lon 3 \(from 0\)"

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        files.read(variable, 0)
        with pytest.raises(NonFiniteError, match=rf"{variable} in .*file.nc {place}"):
            files.read(variable, 1)


def test_missing_value_is_refused(tmp_path):
    path = written(tmp_path, training_set())
    with netCDF4.Dataset(path, "a") as file:
        file["output"].setncattr("missing_value", np.float32(7.0))
        file["output"][0, 2, 1, 0] = 7.0

    with (
        TrainingFiles([path]) as files,
        pytest.raises(NonFiniteError, match="is nan at odim 2, lat 1, lon 0"),
    ):
        files.read("output", 0)


def test_same_features_have_the_same_fingerprint(tmp_path):
    dataset = training_set(3)
    dataset.features[2] = dataset.features[0]
    paths = [
        written(tmp_path, dataset, "a.nc"),
        written(tmp_path, dataset.isel(time=[1]).assign_coords(time=[99.0]), "b.nc"),
    ]

    with TrainingFiles(paths[:1]) as one, TrainingFiles(paths[1:]) as other:
        found = [one.fingerprint(index) for index in range(3)]
        elsewhere = other.fingerprint(0)

    assert found[0] == found[2]
    assert found[0] != found[1]
    assert elsewhere == found[1]


def test_one_number_changes_the_fingerprint(tmp_path):
    dataset = training_set()
    dataset.features[1] = dataset.features[0]
    dataset.features[1, 5, 1, 2] += 1e-6

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        assert files.fingerprint(0) != files.fingerprint(1)


def test_files_are_closed_when_one_is_refused(tmp_path):
    good = training_set()
    path = written(tmp_path, good, "a.nc")
    bad = written(tmp_path, training_set(idim=3), "b.nc")

    with pytest.raises(ShapeError) as error:  # which keeps all that it refers to
        TrainingFiles([path, bad])

    assert error
    # HDF5 does not let a file be written that it has open.
    with netCDF4.Dataset(path, "a") as file:
        file.setncattr("title", "free")


def test_neighbours_of_the_features_alone_are_refused(tmp_path):
    data = training_set(stencil=3)
    data["output"] = data["output"][..., 1, 1]
    path = written(tmp_path, data)

    with pytest.raises(ShapeError, match=r"output in .* has cells around each of"):
        TrainingFiles([path])


def test_training_files_are_told_from_other_files(tmp_path):
    path = written(tmp_path, training_set())
    other = written(tmp_path, training_set().drop_vars("output"), "other.nc")

    assert is_training_file(path)
    assert not is_training_file(other)
    assert not is_training_file(tmp_path / "absent.nc")


def test_file_in_another_order_is_read_by_its_own_coordinates(tmp_path):
    whole = training_set(2)
    second = whole.isel(time=[1], lat=slice(None, None, -1)).roll(
        lon=1, roll_coords=True
    )
    paths = [
        written(tmp_path, whole.isel(time=[0]), "a.nc"),
        written(tmp_path, second, "b.nc"),
    ]

    with TrainingFiles(paths) as files:
        for name in ("features", "output"):
            np.testing.assert_array_equal(files.read(name, 1), whole[name][1])


def test_file_with_neighbours_in_another_order_is_refused(refuse):
    second = training_set(start=9.0, stencil=3).isel(lat=slice(None, None, -1))

    refuse(
        second,
        ContractError,
        r"bad.nc has another grid than .*0.nc: .* along lat, lon \(12\)",
        training_set(stencil=3),
    )


def test_numbers_in_double_precision_keep_it_where_it_is_asked_for(tmp_path):
    dataset = training_set()
    dataset["features"] = dataset.features.astype(np.float64) + 1e-12

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        exact = files.read("features", 0, np.float64)
        rounded = files.read("features", 0)

    np.testing.assert_array_equal(exact, dataset.features.values[0])
    np.testing.assert_array_equal(rounded, exact.astype(np.float32))


@pytest.mark.parametrize(
    ("fields", "outputs", "levels"),
    [(4, 2, NLEV), (3, 2, NLEV), (4, 3, NLEV), (4, 2, NLEV - 2), (3, 2, NLEV - 2)],
)
def test_layout_follows_from_the_number_of_channels(tmp_path, fields, outputs, levels):
    dataset = training_set(idim=3 + fields * NLEV, odim=outputs * levels)

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        layout = files.layout()

    assert layout.nlev == NLEV
    assert [(b.start, len(b)) for b in layout.fields] == [
        (3 + i * NLEV, NLEV) for i in range(fields)
    ]
    assert [(b.start, len(b)) for b in layout.outputs] == [
        (i * levels, levels) for i in range(outputs)
    ]
    assert layout.has_pressure == (outputs == 3)


@pytest.mark.parametrize(("idim", "odim"), [(25, 10), (23, 9), (23, 14)])
def test_other_numbers_of_channels_are_no_layout(tmp_path, idim, odim):
    with TrainingFiles([written(tmp_path, training_set(1, idim, odim))]) as files:
        assert files.layout() is None
