import numpy as np
import pytest
import xarray as xr

from gwparam.climate.results import as_dataset, write_netcdf
from gwparam.errors import ModelFileError


def test_the_file_has_the_series_and_the_differences(climate, tmp_path):
    write_netcdf(tmp_path / "climate.nc", as_dataset(climate, "1.2.3"))

    with xr.open_dataset(tmp_path / "climate.nc") as data:
        network, ad99 = climate.sides
        np.testing.assert_array_equal(data.equatorial_wind, network.qbo.wind)
        np.testing.assert_array_equal(data.equatorial_wind_reference, ad99.qbo.wind)
        assert data.month.values[[0, -1]].tolist() == ["1980-01", "1989-12"]
        np.testing.assert_array_equal(data.vortex_wind, network.run.vortex)
        assert "vortex_wind_reference" not in data
        assert data.day.values[9] == "1980-01-10"
        annual = climate.differences["air_temperature"]["annual"]
        at = data.sel(season="annual")
        np.testing.assert_array_equal(at.air_temperature_difference, annual.mean)
        np.testing.assert_array_equal(
            at.air_temperature_significant, annual.significant
        )
        assert at.air_temperature_difference.attrs["units"] == "K"


def test_a_short_run_has_its_winters_alone(alone):
    data = as_dataset(alone, "1.2.3")

    assert list(data.data_vars) == ["vortex_wind"]


def test_a_file_that_cannot_be_written_is_told(alone, tmp_path, monkeypatch):
    def full(*_args, **_kwargs):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(ModelFileError, match=r"climate\.nc: No space left on device"):
        write_netcdf(tmp_path / "climate.nc", as_dataset(alone, "1.2.3"))
