"""The Fortran facade, driven from Python."""

import artefacts
import numpy as np
import pytest
import torch

import gwparam
from gwparam.errors import (
    ArgumentError,
    ContractError,
    ModelFileError,
    NonFiniteError,
    RangeError,
    ShapeError,
)
from gwparam.grids import gaussian_latitudes
from gwparam.native import FortranScheme

COLUMNS = 7
NETWORK_NLEV = 4
FLUX = "eastward_flux"

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


class Globe(torch.nn.Module):
    """A flux and a tendency from a column and its neighbour to the east."""

    def forward(self, u, v, ps, lat):
        east = torch.roll(u, -1, dims=2)
        return 1e-7 * ps * east, 1e-6 * v + 1e-8 * lat


@pytest.fixture(scope="module")
def globe(tmp_path_factory):
    """An artefact on the globe with levels of its own, one flux and one tendency."""
    nlat, nlon = 4, 6
    document = artefacts.contract()
    latitude, longitude = gaussian_latitudes(nlat), np.arange(nlon) * 60.0
    document["geometry"] = {
        "kind": "global",
        "latitude": latitude.tolist(),
        "longitude": longitude.tolist(),
    }
    document["vertical"] = {
        "kind": "pressure",
        "order": "bottom_up",
        "nlev": NETWORK_NLEV,
        "pressure": [8e4, 4e4, 2e4, 5e3],
        "outside": "taper",
    }
    document["training_range"] = []
    document["outputs"][0] |= {"name": FLUX, "units": "Pa", "kind": "flux"}
    document["flux"] = [
        {"name": FLUX, "quantity": "height", "sign": 1, "tendency": artefacts.DUDT}
    ]
    document["limits"][0]["maximum_magnitude"] = 1.0
    document["probe"]["columns"] = nlat * nlon
    random = torch.Generator().manual_seed(3)
    inputs = [
        torch.randn(*shape, nlat, nlon, generator=random, dtype=torch.float64)
        for shape in ((NETWORK_NLEV,), (NETWORK_NLEV,), (), ())
    ]
    path = tmp_path_factory.mktemp("globe") / "globe.pt"
    artefacts.write(path, Globe(), document, inputs=inputs)
    places = np.meshgrid(latitude, longitude, indexing="ij")
    return path, *(place.ravel() for place in places)


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
def test_globe_and_fluxes_are_those_of_the_library(globe, order):
    path, latitude, longitude = globe
    nlev, columns = 9, latitude.size
    random = np.random.default_rng(8)
    ps = random.uniform(9e4, 1e5, columns)
    half = ps[:, np.newaxis] * np.linspace(0, 1, nlev + 1) ** 1.5
    full = 0.5 * (half[:, 1:] + half[:, :-1])
    turn = slice(None, None, 1 if order == "top_down" else -1)
    fields = {
        U: random.standard_normal((columns, nlev)),
        V: random.standard_normal((columns, nlev)),
        PS: ps,
        LAT: latitude,
        "air_pressure": full[:, turn],
        "air_pressure_at_half_levels": half[:, turn],
    }
    found, expected = [], []
    for scheme, outputs in (
        (FortranScheme(path), found),
        (gwparam.load_scheme(path), expected),
    ):
        scheme.set_levels(full[0, turn], order)
        scheme.set_columns(np.deg2rad(latitude), np.deg2rad(longitude), "radian")
        outputs.append(scheme.predict(fields))
    (found,), (expected,) = found, expected
    assert found.keys() == expected.keys()
    assert found[FLUX].shape == (columns, NETWORK_NLEV)
    assert found[f"{FLUX}_at_half_levels"].shape == (columns, nlev + 1)
    assert found[artefacts.DUDT].shape == found[artefacts.DVDT].shape == (columns, nlev)
    for name, values in expected.items():
        assert np.ptp(values) > 0
        np.testing.assert_array_equal(found[name], values)


def test_places_that_are_no_globe_are_refused(globe):
    path, latitude, longitude = globe
    scheme = FortranScheme(path)
    with pytest.raises(ShapeError, match="longitude has 23 values, expected the 24"):
        scheme.set_columns(latitude, longitude[1:])
    with pytest.raises(ArgumentError, match="no column is at"):
        scheme.set_columns(latitude[1:], longitude[1:])
    with pytest.raises(ContractError, match="latitude"):
        scheme.set_columns(latitude, longitude, "Pa")
    with pytest.raises(NonFiniteError, match="latitude"):
        scheme.set_columns(np.full(24, np.nan), longitude)
