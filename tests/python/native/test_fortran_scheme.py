"""The Fortran facade, driven from Python."""

import artefacts
import numpy as np
import pytest

from gwparam.errors import (
    ArgumentError,
    ContractError,
    ModelFileError,
    NonFiniteError,
    RangeError,
    ShapeError,
)
from gwparam.native import FortranScheme

COLUMNS = 7

U, V, PS, LAT = artefacts.U, artefacts.V, artefacts.PS, artefacts.LAT


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    path = tmp_path_factory.mktemp("artefact") / "linear.pt"
    artefacts.write(path, artefacts.Linear(), artefacts.contract())
    return path


@pytest.fixture
def scheme(path):
    scheme = FortranScheme(path, threads=1)
    scheme.set_levels(artefacts.PRESSURE)
    return scheme


@pytest.fixture
def fields():
    random = np.random.default_rng(5)
    return {
        U: 20 * random.standard_normal((COLUMNS, artefacts.NLEV)),
        V: 20 * random.standard_normal((COLUMNS, artefacts.NLEV)),
        PS: random.uniform(9e4, 1e5, COLUMNS),
        LAT: random.uniform(-90, 90, COLUMNS),
    }


def check(outputs, fields):
    level = np.arange(1, artefacts.NLEV + 1)
    dudt = 1e-6 * fields[U] + 1e-12 * level * fields[PS][:, np.newaxis]
    dvdt = -2e-6 * fields[V] + 1e-7 * fields[LAT][:, np.newaxis]
    assert set(outputs) == {artefacts.DUDT, artefacts.DVDT}
    np.testing.assert_allclose(outputs[artefacts.DUDT], dudt, rtol=1e-12, atol=1e-18)
    np.testing.assert_allclose(outputs[artefacts.DVDT], dvdt, rtol=1e-12, atol=1e-18)


def test_predict_gives_what_the_network_gives(scheme, fields):
    check(scheme.predict(fields), fields)
    assert scheme.contract.name == "linear"


def test_predict_converts_units(scheme, fields):
    given = {**fields, PS: fields[PS] / 100}
    check(scheme.predict(given, {PS: "hPa"}), fields)


def test_levels_may_be_upside_down(path, fields):
    scheme = FortranScheme(path)
    scheme.set_levels(artefacts.PRESSURE[::-1], "bottom_up")
    given = {name: x[:, ::-1] if x.ndim == 2 else x for name, x in fields.items()}
    outputs = scheme.predict(given)
    check({name: x[:, ::-1] for name, x in outputs.items()}, fields)


def test_scheme_works_after_a_failure(scheme, fields):
    with pytest.raises(NonFiniteError, match=U):
        scheme.predict({**fields, U: np.full((COLUMNS, artefacts.NLEV), np.nan)})
    check(scheme.predict(fields), fields)


def test_absent_file_is_an_error_of_the_file(tmp_path):
    with pytest.raises(ModelFileError, match=r"absent\.pt"):
        FortranScheme(tmp_path / "absent.pt")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"no_such_field": np.zeros(COLUMNS)}, ContractError),
        ({U: np.zeros((COLUMNS, artefacts.NLEV + 1))}, ShapeError),
        ({U: np.zeros((COLUMNS + 1, artefacts.NLEV))}, ShapeError),
        ({U: np.zeros((COLUMNS, artefacts.NLEV), int)}, ShapeError),
        ({U: np.full((COLUMNS, artefacts.NLEV), 1e5)}, RangeError),
    ],
)
def test_fields_that_do_not_fit_are_refused(scheme, fields, changes, error):
    with pytest.raises(error):
        scheme.predict({**fields, **changes})


def test_missing_input_and_missing_levels_are_refused(path, scheme, fields):
    with pytest.raises(ArgumentError, match=LAT):
        scheme.predict({name: x for name, x in fields.items() if name != LAT})
    with pytest.raises(ArgumentError, match="levels"):
        FortranScheme(path).predict(fields)


def test_unknown_order_and_other_levels_are_refused(path):
    scheme = FortranScheme(path)
    with pytest.raises(ArgumentError, match="order is 'up'"):
        scheme.set_levels(artefacts.PRESSURE, "up")
    with pytest.raises(ShapeError):
        scheme.set_levels(artefacts.PRESSURE[1:])
    with pytest.raises(ContractError):
        scheme.set_levels([2 * p for p in artefacts.PRESSURE])
