import numpy as np
import pytest
from drag_samples import values

from gwparam.errors import ArgumentError, ContractError, ModelFileError
from gwparam.evaluate.opening import open_fields
from gwparam.evaluate.quantity import DRAG, FLUXES


def test_fields_are_found_by_standard_name_in_several_files(truth, tmp_path):
    paths = [tmp_path / "a.nc", tmp_path / "b.nc"]
    truth.isel(time=slice(0, 3)).to_netcdf(paths[0])
    truth.isel(time=slice(3, 4)).to_netcdf(paths[1])

    with open_fields(paths) as source:
        assert source.quantity == DRAG
        assert len(source) == 4
        found = np.stack([source.read(i) for i in range(4)])

    np.testing.assert_array_equal(found, values(truth))


def test_drag_of_nonorographic_waves_counts_as_drag(truth, tmp_path):
    for name in ("drag_0", "drag_1"):
        attrs = truth[name].attrs
        attrs["standard_name"] = attrs["standard_name"].replace(
            "_gravity_", "_nonorographic_gravity_"
        )
    truth.to_netcdf(tmp_path / "truth.nc")

    with open_fields([tmp_path / "truth.nc"]) as source:
        assert source.quantity == DRAG
        np.testing.assert_array_equal(source.read(1), values(truth)[1])


@pytest.mark.parametrize(
    ("units", "quantity"),
    [("m s-1 day-1", DRAG), ("Pa m s-2", FLUXES[0]), ("mPa", FLUXES[1])],
)
def test_named_variables_are_what_their_units_say(truth, tmp_path, units, quantity):
    named = truth.rename(drag_0="first", drag_1="second")
    for name in ("first", "second"):
        named[name].attrs = {"units": units}
    named.to_netcdf(tmp_path / "truth.nc")

    with open_fields([tmp_path / "truth.nc"], names=["first", "second"]) as source:
        assert source.quantity == quantity


def test_file_of_something_else_is_refused(truth, tmp_path):
    truth[["ps"]].to_netcdf(tmp_path / "other.nc")

    with pytest.raises(ContractError, match="neither drag nor momentum fluxes"):
        open_fields([tmp_path / "other.nc"])


def test_one_name_is_not_enough(truth_file):
    with pytest.raises(ArgumentError, match=r"1 variables \(drag_0\), expected 2"):
        open_fields([truth_file], names=["drag_0"])


def test_absent_variable_is_refused(truth_file):
    with pytest.raises(ContractError, match="neither drag nor momentum fluxes"):
        open_fields([truth_file], names=["drag_0", "drag_9"])


def test_no_netcdf_file_is_refused(tmp_path):
    path = tmp_path / "text.nc"
    path.write_text("hello")

    with pytest.raises(ModelFileError, match="as netCDF"):
        open_fields([path])


def test_scattered_columns_are_refused(truth, tmp_path):
    flat = truth.stack(column=("lat", "lon")).reset_index("column")
    flat = flat.isel(column=slice(0, 100))
    for name in ("lat", "lon"):
        flat[name].attrs = truth[name].attrs
    flat.to_netcdf(tmp_path / "flat.nc")

    with pytest.raises(ArgumentError, match=r"flat.nc: 100 columns are not the cells"):
        open_fields([tmp_path / "flat.nc"])
