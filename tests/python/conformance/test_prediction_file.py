import netCDF4
import numpy as np
import pytest

from gwparam.conformance.prediction_file import PredictionFile
from gwparam.data import open_states
from gwparam.errors import ModelFileError


def write_predictions(path, source, contract, expected, times=(0, 1, 2)):
    """Write the fields of some times, as replay does."""
    with (
        open_states([source], contract.inputs, contract.vertical) as states,
        PredictionFile(path, states, contract) as file,
    ):
        for step, index in enumerate(times):
            fields = {
                name: values[index].transpose(1, 2, 0)
                for name, values in expected.items()
            }
            file.write(step, index, fields)


def test_file_has_fields_under_contract_names_in_the_layout_of_the_wind(
    tmp_path, states_file, contract, expected
):
    path = tmp_path / "predicted.nc"

    write_predictions(path, states_file, contract, expected)

    with netCDF4.Dataset(path) as file:
        for name, values in expected.items():
            assert file[name].dimensions == ("time", "lev", "lat", "lon")
            np.testing.assert_array_equal(file[name][:], values)


def test_file_has_coordinates_and_attributes(tmp_path, states_file, contract, expected):
    path = tmp_path / "predicted.nc"

    write_predictions(path, states_file, contract, expected, times=(1, 2))

    name = contract.outputs[0].name
    with netCDF4.Dataset(path) as file:
        assert file.Conventions == "CF-1.8"
        assert file.references == contract.citation
        assert file[name].units == "m s-2"
        assert file[name].standard_name == name
        assert file["lev"].units == "hPa"
        np.testing.assert_array_equal(file["time"][:], [1.5, 2.5])
        assert file["time"].units == "days since 2000-01-01"
        np.testing.assert_array_equal(file["lat"][:], [-70.0, -20.0, 10.0, 65.0])


def test_file_keeps_any_order_of_dimensions(tmp_path, dataset, contract, expected):
    source, path = tmp_path / "turned.nc", tmp_path / "predicted.nc"
    dataset["u"] = dataset.u.transpose("lon", "time", "lev", "lat")
    dataset.to_netcdf(source)

    # The horizontal dimensions of the fields are then (lon, lat).
    turned = {name: values.transpose(0, 1, 3, 2) for name, values in expected.items()}
    write_predictions(path, source, contract, turned)

    with netCDF4.Dataset(path) as file:
        for name, values in expected.items():
            assert file[name].dimensions == ("lon", "time", "lev", "lat")
            np.testing.assert_array_equal(file[name][:], values.transpose(3, 0, 1, 2))


def test_file_of_samples_names_their_latitude(tmp_path, dataset, contract, expected):
    source, path = tmp_path / "columns.nc", tmp_path / "predicted.nc"
    columns = dataset.isel(time=0, drop=True).stack(sample=("lat", "lon"))
    columns.reset_index("sample").reset_coords("lat").to_netcdf(source)

    with (
        open_states([source], contract.inputs, contract.vertical) as states,
        PredictionFile(path, states, contract) as file,
    ):
        fields = {
            name: values[0].reshape(len(values[0]), -1).T
            for name, values in expected.items()
        }
        file.write(0, 0, fields)

    name = contract.outputs[0].name
    with netCDF4.Dataset(path) as file:
        assert file[name].dimensions == ("lev", "sample")
        assert "lat" in file[name].coordinates.split()
        np.testing.assert_array_equal(
            file["lat"][:], np.repeat(dataset.lat.values, dataset.lon.size)
        )
        np.testing.assert_array_equal(file[name][:], fields[name].T)


def test_failure_leaves_an_older_file_as_it_was(
    tmp_path, states_file, contract, expected
):
    path = tmp_path / "predicted.nc"
    path.write_text("older")

    with pytest.raises(IndexError):
        write_predictions(path, states_file, contract, expected, times=(0, 7))

    assert path.read_text() == "older"
    assert {p.name for p in tmp_path.iterdir()} == {"predicted.nc", states_file.name}


def test_file_refuses_folder_that_is_absent(tmp_path, states_file, contract):
    with (
        open_states([states_file], contract.inputs, contract.vertical) as states,
        pytest.raises(ModelFileError, match="cannot write"),
    ):
        PredictionFile(tmp_path / "absent" / "predicted.nc", states, contract)


def test_columns_without_values_are_missing_in_the_file(
    tmp_path, states_file, contract, expected
):
    path, name = tmp_path / "predicted.nc", contract.outputs[0].name
    expected[name][1, :, 2, 3] = np.nan

    write_predictions(path, states_file, contract, expected)

    with netCDF4.Dataset(path) as file:
        assert file[name]._FillValue == netCDF4.default_fillvals["f8"]
        mask = np.ma.getmaskarray(file[name][:])
        np.testing.assert_array_equal(mask, np.isnan(expected[name]))
