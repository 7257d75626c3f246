import subprocess
import sys

import netCDF4
import numpy as np
import pytest
from wind_states import open_file, wind, wind_states

from gwparam.data.netcdf import open_dataset
from gwparam.errors import ModelFileError


def grouped(path, *groups, above=()):
    """Write winds into groups of one file, perhaps with their axes above them."""
    with netCDF4.Dataset(path, "w") as file:
        for name, size in (("time", 1), ("lev", 2)):
            file.createDimension(name, size)
            if name in above:
                file.createVariable(name, "f8", (name,))[:] = np.arange(size)
        for group in groups:
            inside = file.createGroup(group)
            inside.createVariable("u", "f4", ("time", "lev"))[:] = [[1.0, 2.0]]
    return str(path)


def test_the_only_group_with_variables_is_read(tmp_path):
    path = grouped(tmp_path / "a.nc", "model/atmosphere", above=("lev",))

    with open_dataset(path) as dataset:
        np.testing.assert_array_equal(dataset.u, [[1.0, 2.0]])
        np.testing.assert_array_equal(dataset.lev, [0.0, 1.0])


def test_variables_in_several_groups_are_refused_by_name(tmp_path):
    path = grouped(tmp_path / "a.nc", "ocean", "atmosphere")

    with pytest.raises(ModelFileError, match="in the groups ocean, atmosphere, exp"):
        open_dataset(path)


TEXTS = """
import sys
from gwparam.data.netcdf import open_dataset
def opened():
    dataset = open_dataset(sys.argv[1])
    assert str(dataset["run"].values) == "historical"
    return dataset
for _ in range(20):
    first = opened(); second = opened(); second.close(); third = opened()
    third.close(); first.close()
"""


def test_files_with_texts_may_be_opened_several_times(tmp_path):
    """In a process of its own, for netCDF-C crashes it if there are two handles."""
    path = tmp_path / "a.nc"
    states = wind_states()
    states["run"] = ((), "historical")
    states.to_netcdf(path)

    done = subprocess.run([sys.executable, "-P", "-c", TEXTS, str(path)], check=False)

    assert done.returncode == 0


def test_file_stays_open_for_the_others(tmp_path):
    path = tmp_path / "a.nc"
    wind_states().to_netcdf(path)

    with open_file(path) as states:
        open_dataset(str(path)).close()
        found = states.read(0)["eastward_wind"]

    np.testing.assert_array_equal(found, wind(0)[0].transpose(1, 2, 0))
    with netCDF4.Dataset(path, "a") as file:  # HDF5 locks what is open
        file.setncattr("title", "free")


def test_file_put_in_the_place_of_an_open_one_is_another(tmp_path):
    path, other = tmp_path / "a.nc", tmp_path / "b.nc"
    wind_states().to_netcdf(path)
    (wind_states() + 1.0).to_netcdf(other)

    with open_dataset(str(path)) as before:
        other.replace(path)
        with open_dataset(str(path)) as after:
            np.testing.assert_array_equal(after.u, before.u + 1.0)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: path.mkdir(), "cannot read .*: it is a folder, expected a"),
        (lambda path: path.touch(), "cannot read .*: .*empty"),
        (lambda path: path.write_text("netCDF?"), "cannot read .* as netCDF: "),
        (lambda path: None, "cannot read .*: no such file"),
    ],
    ids=["folder", "empty", "text", "absent"],
)
def test_what_is_no_file_is_refused(tmp_path, make, message):
    path = tmp_path / "states.nc"
    make(path)

    with pytest.raises(ModelFileError, match=message):
        open_dataset(str(path))
