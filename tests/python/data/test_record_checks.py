"""Which part of a record is missing or something else, by name."""

import netCDF4
import numpy as np
import pytest
from records import Call

from gwparam.data.records import read_record
from gwparam.errors import ModelFileError

OUTPUT = "tendency_of_eastward_wind_due_to_gravity_wave_drag"


@pytest.fixture
def record(tiny_artefact, tmp_path):
    return Call(tiny_artefact).write(tmp_path / "record.nc")


def refused(path, change, message):
    with netCDF4.Dataset(path, "a") as file:
        change(file)
    with pytest.raises(ModelFileError, match=f"record.nc is damaged: {message}"):
        read_record([path])


def test_what_a_host_writes_is_taken(record) -> None:
    assert read_record([record]).failure == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("artefact", "a text"),
        ("failure", "a text"),
        ("ranks", "a whole number"),
        ("range_sigmas", "a number"),
        ("reference_pressure", "a list of numbers"),
    ],
)
def test_attributes_that_are_missing(record, name, expected) -> None:
    def change(file):
        file.delncattr(name)

    refused(record, change, f"{name} is missing, expected {expected}")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("threads", 1.5),
        ("threads", -1.0),
        ("threads", np.nan),
        ("threads", 1e300),
        ("call", "x"),
        ("mode", 3.0),
        ("on_limit", 3.0),
        ("taper_top", [1.0, 2.0, 3.0]),
        ("momentum_limit", "none"),
        ("reference_pressure", "x"),
        ("rank", 1.0),
        ("ranks", 2.0**31 - 1),
    ],
)
def test_attributes_that_are_something_else(record, name, value) -> None:
    def change(file):
        file.setncattr(name, value)

    refused(record, change, f"(rank|{name}) is .*, expected ")


@pytest.mark.parametrize("name", ["lat", "sum_put", "sum_guarded"])
def test_variables_that_are_missing(record, name) -> None:
    def change(file):
        file.renameVariable(name, "other")

    refused(record, change, f"it holds no {name}|other is ")


@pytest.mark.parametrize(
    ("dtype", "dimensions"),
    [
        ("f4", ("levels_5", "column")),
        ("f8", ("column", "levels_5")),
        ("f8", ("levels_5",)),
        ("f8", ("levels_3", "column")),
        ("i8", ("levels_5", "column")),
    ],
)
def test_variables_of_another_type_or_shape(record, dtype, dimensions) -> None:
    def change(file):
        file.createDimension("levels_3", 3)
        file.renameVariable(OUTPUT, "old")
        file.createVariable(OUTPUT, dtype, dimensions)
        file[OUTPUT].units = "m s-2"

    refused(record, change, f"{OUTPUT} is .*, expected float64 by column and 5 levels")


def test_units_that_are_missing(record) -> None:
    def change(file):
        file["eastward_wind"].delncattr("units")

    refused(record, change, "eastward_wind has no units")
