import warnings

import netCDF4
import numpy as np
import pytest
from wind_states import open_file, wind_states

from gwparam.data.netcdf import open_dataset, read_values
from gwparam.data.stored import is_missing
from gwparam.errors import ContractError, NonFiniteError


def read(path, name="u"):
    with open_dataset(str(path)) as dataset:
        return read_values(dataset[name].variable, name, str(path))


@pytest.mark.parametrize(
    ("attributes", "values", "missing"),
    [
        ({}, [1.0, netCDF4.default_fillvals["f4"]], [False, True]),
        ({"valid_range": np.float32([-5, 5])}, [5.0, 5.5, -6.0], [False, True, True]),
        ({"valid_min": np.float32(0)}, [1.0, -1.0], [False, True]),
        ({"valid_max": np.float32(0)}, [1.0, -1.0], [True, False]),
        ({"missing_value": np.float32(-1e34)}, [-1e34, 1.0], [True, False]),
        ({"_FillValue": np.float32(7)}, [7.0, 1.0], [True, False]),
    ],
)
def test_missing_values_are_nan_as_netcdf4_masks_them(
    tmp_path, attributes, values, missing
):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", len(values))
        fill = attributes.pop("_FillValue", None)
        variable = file.createVariable("u", "f4", ("x",), fill_value=fill)
        variable.setncatts(attributes)
        variable.set_auto_mask(False)
        variable[:] = np.float32(values)
    with netCDF4.Dataset(path) as file:
        np.testing.assert_array_equal(np.ma.getmaskarray(file["u"][:]), missing)

    np.testing.assert_array_equal(np.isnan(read(path)), missing)


@pytest.mark.parametrize("dtype", ["f4", ">f4", "f8"])
def test_a_nan_that_is_not_declared_is_told_from_what_is_missing(tmp_path, dtype):
    numbers = [np.nan, 7.0, 1.0, -np.nan]
    path = stored(tmp_path / "a.nc", dtype, numbers, _FillValue=np.dtype(dtype).type(7))
    with open_dataset(str(path)) as dataset:
        values = dataset.u.values

    assert np.isnan(values).tolist() == [True, True, False, True]
    for same in (values, values[::-1][::-1], values.astype(np.float64)):
        assert is_missing(same).tolist() == [False, True, False, False]


def test_a_nan_that_is_declared_is_missing(tmp_path):
    path = stored(tmp_path / "a.nc", "f4", [-np.nan, 1.0], _FillValue=np.float32("nan"))

    with open_dataset(str(path)) as dataset:
        assert is_missing(dataset.u.values).tolist() == [True, False]


def test_the_valid_range_of_packed_values_is_that_of_the_packed_ones(tmp_path):
    path = tmp_path / "a.nc"
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", 3)
        variable = file.createVariable("u", "i2", ("x",))
        variable.setncatts(
            {"scale_factor": 0.5, "add_offset": 100.0, "valid_range": np.int16([0, 10])}
        )
        variable.set_auto_maskandscale(False)
        variable[:] = np.int16([0, 10, 11])

    np.testing.assert_array_equal(read(path), [100.0, 105.0, np.nan])


def stored(path, dtype, values, **attributes):
    """Write values as they are stored; the path."""
    with netCDF4.Dataset(path, "w") as file:
        file.createDimension("x", len(values))
        fill = attributes.pop("_FillValue", None)
        variable = file.createVariable("u", dtype, ("x",), fill_value=fill)
        variable.setncatts(attributes)
        variable.set_auto_maskandscale(False)
        variable[:] = np.asarray(values, dtype)
    return path


NEVER = netCDF4.default_fillvals
PACKED = {"scale_factor": 0.5, "add_offset": 100.0}
NAN = np.nan


@pytest.mark.parametrize(
    ("dtype", "values", "attributes", "expected"),
    [
        # A fill value in another precision than the values.
        ("f4", [-999.9, 1.0], {"missing_value": -999.9}, [NAN, 1.0]),
        ("f8", [np.float32(0.1), 1], {"missing_value": np.float32(0.1)}, [NAN, 1.0]),
        (
            "f4",
            [1.0, -8.0, -9.0],
            {"missing_value": np.float32([-8, -9])},
            [1, NAN, NAN],
        ),
        ("f4", [-999.0, 1.0], {"missing_value": "-999"}, [NAN, 1.0]),
        ("f4", [7.0, 8.0], {"_FillValue": 7.0, "missing_value": 8.0}, [NAN, NAN]),
        ("f4", [NEVER["f4"], 1.0], {"missing_value": 2.0}, [NAN, 1.0]),
        # Never written, of every type but a byte.
        ("i2", [NEVER["i2"], 2], PACKED, [NAN, 101.0]),
        ("i4", [NEVER["i4"], 2], {}, [NAN, 2.0]),
        ("u2", [NEVER["u2"], 2], {}, [NAN, 2.0]),
        ("i1", [NEVER["i1"], 2], {}, [-127.0, 2.0]),
        # With a fill value of its own, that of the library is a value.
        ("i2", [NEVER["i2"], 9, 2], {**PACKED, "_FillValue": 9}, [-16283.5, NAN, 101]),
        # A number that no packed value can be is one of unpacked values.
        ("i2", [1, 2], {**PACKED, "missing_value": 100.5}, [NAN, 101.0]),
        (
            "i2",
            [-9999, 2],
            {"scale_factor": 0.01, "missing_value": np.float32(-99.99)},
            [NAN, 0.02],
        ),
        # A valid range of the type of the packed values, and of that of the others.
        ("i2", [-1, 0, 10, 11], {**PACKED, "valid_range": np.int16([0, 10])}, None),
        ("i2", [9, 10, 30, 31], {**PACKED, "valid_range": [105.0, 115.0]}, None),
        (
            "i2",
            [9, 10, 30, 31],
            PACKED | {"valid_min": 105.0, "valid_max": 115.0},
            None,
        ),
        (
            "i2",
            [0, -1, 5],
            {"_Unsigned": "true", "valid_range": np.int16([0, -2])},
            [0.0, NAN, 5.0],
        ),
        ("i2", [-1, 5], {"_Unsigned": "true", "_FillValue": -1}, [NAN, 5.0]),
        ("i2", [-1, 5], {"_Unsigned": "true"}, [65535.0, 5.0]),
        ("u1", [255, 5], {"_Unsigned": "false"}, [-1.0, 5.0]),
        ("f4", [1.0, 2.0], {"_Unsigned": "true"}, [1.0, 2.0]),
    ],
)
def test_missing_values_are_found_among_the_stored_ones(
    tmp_path, dtype, values, attributes, expected
):
    path = stored(tmp_path / "a.nc", dtype, values, **attributes)
    if expected is None:  # the ends of the range are valid, what is beyond is not
        inner = 100.0 + 0.5 * np.array(values[1:-1])
        expected = [NAN, *inner, NAN]

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_allclose(read(path), expected, rtol=1e-7)


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"scale_factor": 0.0}, "scale_factor and add_offset of u in .* are 0 and 0"),
        ({"scale_factor": np.nan}, "are nan and 0, expected finite numbers"),
        ({"add_offset": np.inf}, "are 1 and inf, expected finite numbers"),
        (
            {"scale_factor": "a half"},
            "scale_factor of u in .* is 'a half', expected",
        ),
        ({"scale_factor": [1.0, 2.0]}, "scale_factor of u in .* expected a number"),
        ({"add_offset": "x"}, "add_offset of u in .* is 'x', expected a number"),
        ({"valid_min": "low"}, "valid_min of u in .* is 'low', expected a number"),
        ({"valid_max": [0.0, 1.0]}, "valid_max of u in .*, expected a number"),
        ({"valid_range": 1.0}, "valid_range of u in .* is .*, expected 2 numbers"),
        (
            {"missing_value": "none"},
            "missing_value of u in .* is 'none', expected",
        ),
    ],
)
def test_attributes_that_are_no_numbers_are_refused(tmp_path, attributes, message):
    path = stored(tmp_path / "a.nc", "f4", [1.0, 2.0], **attributes)

    with pytest.raises(ContractError, match=message):
        read(path)


def test_texts_that_are_numbers_are_numbers(tmp_path):
    path = stored(tmp_path / "a.nc", "i2", [3], scale_factor="0.01", add_offset=" 1 ")

    np.testing.assert_allclose(read(path), [1.03])


def test_attributes_of_what_nobody_reads_do_no_harm(tmp_path):
    states = wind_states()
    states["comment"] = ("time", [1.0, 2.0, 3.0], {"scale_factor": "none"})
    states["text"] = ("time", ["a", "b", "c"], {"valid_min": "low"})
    states.to_netcdf(tmp_path / "a.nc")

    with open_file(tmp_path / "a.nc") as opened:
        assert opened.read(1).keys()


def test_message_says_what_the_file_declares(tmp_path):
    states = wind_states()
    states.u.attrs["valid_range"] = [-300.0, 300.0]
    states.to_netcdf(tmp_path / "a.nc")

    with (
        open_file(tmp_path / "a.nc") as opened,
        pytest.raises(NonFiniteError, match=r"declares .*valid_range -300.0 to 300.0"),
    ):
        opened.read(2)


@pytest.mark.parametrize("dtype", [">f4", ">i4", ">f8"])
def test_byte_order_is_that_of_the_machine(tmp_path, dtype):
    path = stored(tmp_path / "a.nc", dtype, [1, 2])

    found = read(path)

    assert found.dtype.isnative
    np.testing.assert_array_equal(found, [1.0, 2.0])
