import numpy as np
import pytest

from gwparam.conformance import predictors
from gwparam.conformance.predictors import FortranColumns, load_library


class Recorder:
    """A scheme that gives its first wind back and keeps what it was told."""

    def __init__(self):
        self.fields = self.levels = self.columns = None

    def set_levels(self, pressure, order="top_down"):
        self.levels = (tuple(pressure), order)

    def set_columns(self, latitude, longitude):
        self.columns = (latitude, longitude)

    def predict(self, fields):
        self.fields = fields
        return {"drag": 2.0 * fields["eastward_wind"]}


def test_fortran_sees_columns_and_the_caller_its_own_dimensions(contract):
    scheme = Recorder()
    wind = np.arange(2.0 * 3 * 5).reshape(2, 3, 5)
    fields = {"eastward_wind": wind, "latitude": np.arange(6.0).reshape(2, 3)}

    found = FortranColumns(scheme, contract).predict(fields)

    np.testing.assert_array_equal(found["drag"], 2.0 * wind)
    assert scheme.fields["eastward_wind"].shape == (6, 5)
    np.testing.assert_array_equal(scheme.fields["latitude"], np.arange(6.0))


def test_levels_and_coordinates_are_handed_on(contract):
    scheme = Recorder()
    columns = FortranColumns(scheme, contract)

    columns.set_levels([9e4, 1e4], "bottom_up")
    columns.set_columns(np.zeros((2, 3)), np.ones((2, 3)))

    assert scheme.levels == ((9e4, 1e4), "bottom_up")
    assert [x.shape for x in scheme.columns] == [(6,), (6,)]


def test_columns_beyond_the_limits_are_let_through(contract, monkeypatch):
    told = {}
    monkeypatch.setattr(
        predictors, "load_scheme", lambda path, **more: told.update(more)
    )

    which = {"members": "one", "member": 2}
    machine = {"threads": 3, "device": "cuda:1"}
    load_library("network.pt", contract, range_sigmas=4.0, **machine, **which)

    guards = {"on_limit": "count", "on_range": "count", "range_sigmas": 4.0}
    assert told == machine | guards | which


def test_absent_artefact_is_refused(contract, tmp_path):
    from gwparam.errors import ModelFileError

    with pytest.raises(ModelFileError, match=r"absent\.pt"):
        load_library(tmp_path / "absent.pt", contract)
