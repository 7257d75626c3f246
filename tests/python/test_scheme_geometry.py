"""Networks that see neighbours or the globe, or have levels of their own.

The networks are closed formulas, so that what the library must do around them is known.
"""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from artefacts import DUDT, DVDT, LAT, PRESSURE, PS, U, V, contract

import gwparam
from gwparam import errors
from gwparam.grids import gaussian_latitudes

NLEV, NLAT, NLON = 5, 6, 8
LATITUDE = gaussian_latitudes(NLAT)
LONGITUDE = np.arange(NLON) * 360.0 / NLON
FLUX_U, FLUX_V = "eastward_flux", "northward_flux"
G = 9.80665


class Stencil(torch.nn.Module):
    """Differences to the neighbours, each with its own factor."""

    def forward(self, u, v, ps, lat):
        north_south = u[:, :, 2, 1] - 2 * u[:, :, 0, 1]
        east_west = v[:, :, 1, 2] - 3 * v[:, :, 1, 0]
        corner = 1e-3 * ps[:, 0, 2].unsqueeze(1) + lat[:, 1, 1].unsqueeze(1)
        return 1e-6 * (north_south + corner), 1e-6 * east_west


class Image(torch.nn.Module):
    """The neighbour to the east, and the row's latitude."""

    def forward(self, u, v, ps, lat):
        east = torch.roll(u, -1, dims=2)
        return 1e-6 * east + 1e-8 * lat, 1e-6 * v + 1e-12 * ps


class Fluxes(torch.nn.Module):
    """Fluxes that are linear in the wind at the network's levels."""

    def forward(self, u, v, ps, lat):
        scale = 1e-7 * (1 + lat.unsqueeze(1) / 90)
        return scale * ps.unsqueeze(1) * u, -2 * scale * 1e5 * v


def write(path: Path, network, document: dict, inputs: tuple) -> Path:
    tensors = [*inputs, *network(*inputs)]
    extra = {
        "gwparam_contract.json": json.dumps(document),
        "gwparam_probe.bin": b"".join(
            x.contiguous().numpy().tobytes() for x in tensors
        ),
    }
    torch.jit.save(torch.jit.script(network), str(path), _extra_files=extra)
    return path


def random(*shape: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(len(shape))
    return torch.randn(shape, generator=generator, dtype=torch.float64)


@pytest.fixture(scope="module")
def stencil_artefact(tmp_path_factory) -> Path:
    document = contract()
    document["geometry"] = {"kind": "stencil", "radius": 1, "poles": "edge"}
    inputs = (
        random(3, NLEV, 3, 3),
        random(3, NLEV, 3, 3),
        random(3, 3, 3),
        random(3, 3, 3),
    )
    path = tmp_path_factory.mktemp("stencil") / "stencil.pt"
    return write(path, Stencil(), document, inputs)


@pytest.fixture(scope="module")
def image_artefact(tmp_path_factory) -> Path:
    document = contract()
    document["geometry"] = {
        "kind": "global",
        "latitude": LATITUDE.tolist(),
        "longitude": LONGITUDE.tolist(),
    }
    document["probe"]["columns"] = NLAT * NLON
    image = (NLAT, NLON)
    inputs = (
        random(NLEV, *image),
        random(NLEV, *image),
        random(*image),
        random(*image),
    )
    path = tmp_path_factory.mktemp("image") / "image.pt"
    return write(path, Image(), document, inputs)


def flux_document(order: str, outside: str, quantity: str, sign: int) -> dict:
    document = contract()
    pressure = [5e3, 2e4, 4e4, 8e4]
    document["vertical"] = {
        "kind": "hybrid",
        "order": order,
        "nlev": 4,
        "a": pressure if order == "top_down" else pressure[::-1],
        "b": [0.0, 0.01, 0.02, 0.05]
        if order == "top_down"
        else [0.05, 0.02, 0.01, 0.0],
        "outside": outside,
    }
    document["training_range"] = []
    for field, name in zip(document["outputs"], (FLUX_U, FLUX_V), strict=True):
        field["name"] = name
        field["units"] = "Pa" if quantity == "height" else "Pa m s-2"
        field["kind"] = "flux"
    document["flux"] = [
        {"name": FLUX_U, "quantity": quantity, "sign": sign, "tendency": DUDT},
        {"name": FLUX_V, "quantity": quantity, "sign": sign, "tendency": DVDT},
    ]
    for limit in document["limits"]:
        limit["maximum_magnitude"] = 100.0
    return document


def flux_artefact(folder: Path, *arguments) -> Path:
    inputs = (random(3, 4), random(3, 4), random(3), random(3))
    document = flux_document(*arguments)
    return write(folder / "flux.pt", Fluxes(), document, inputs)


@pytest.fixture
def fields() -> dict[str, np.ndarray]:
    """Distinct values for every cell, (lat, lon, level)."""
    rng = np.random.default_rng(0)
    wind = np.arange(NLAT * NLON * NLEV, dtype=float).reshape(NLAT, NLON, NLEV)
    return {
        U: wind,
        V: 500 - wind**1.1,
        PS: 9.5e4 + 100 * rng.standard_normal((NLAT, NLON)),
        LAT: np.broadcast_to(LATITUDE[:, None], (NLAT, NLON)).copy(),
    }


def coordinates() -> tuple[np.ndarray, np.ndarray]:
    latitude, longitude = np.meshgrid(LATITUDE, LONGITUDE, indexing="ij")
    return latitude.copy(), longitude.copy()


def expected_stencil(fields: dict) -> tuple[np.ndarray, np.ndarray]:
    u, v, ps = fields[U], fields[V], fields[PS]
    row = np.arange(NLAT)
    south, north = np.maximum(row - 1, 0), np.minimum(row + 1, NLAT - 1)
    dudt = u[north] - 2 * u[south]
    dudt = dudt + (1e-3 * np.roll(ps, -1, axis=1)[south] + fields[LAT])[..., None]
    dvdt = np.roll(v, -1, axis=1) - 3 * np.roll(v, 1, axis=1)
    return 1e-6 * dudt, 1e-6 * dvdt


@pytest.mark.parametrize("shuffled", [False, True])
def test_stencil_network_sees_its_neighbours(
    stencil_artefact, fields, shuffled
) -> None:
    scheme = gwparam.load_scheme(stencil_artefact, chunk_columns=16)
    scheme.set_levels(PRESSURE)
    dudt, dvdt = expected_stencil(fields)
    latitude, longitude = coordinates()
    if shuffled:
        order = np.random.default_rng(1).permutation(NLAT * NLON)

        def take(x: np.ndarray) -> np.ndarray:
            return np.ascontiguousarray(x.reshape(NLAT * NLON, -1)[order])

        fields = {
            k: take(x) if x.ndim == 3 else take(x)[:, 0].copy()
            for k, x in fields.items()
        }
        dudt, dvdt = take(dudt), take(dvdt)
        latitude, longitude = take(latitude)[:, 0].copy(), take(longitude)[:, 0].copy()
    scheme.set_columns(latitude, longitude)
    found = scheme.predict(fields)
    assert np.abs(found[DUDT] - dudt).max() <= 1e-17
    assert np.abs(found[DVDT] - dvdt).max() <= 1e-17


def test_windows_of_a_stencil_network_are_one_globe(stencil_artefact, fields) -> None:
    scheme = gwparam.load_scheme(stencil_artefact)
    scheme.set_levels(PRESSURE)
    latitude, longitude = coordinates()
    scheme.set_columns(latitude.ravel(), longitude.ravel())
    dudt, _ = expected_stencil(fields)
    for j in range(NLAT):
        for name, array in fields.items():
            scheme.put(name, array[j])
        scheme.add_columns()
    scheme.flush()
    for j in range(NLAT):
        found = scheme.get(DUDT, np.empty((NLON, NLEV)), window=j + 1)
        assert np.abs(found - dudt[j]).max() <= 1e-17


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("origin", [0, 3])
def test_global_network_sees_the_globe_as_trained(
    image_artefact, fields, flip, origin
) -> None:
    scheme = gwparam.load_scheme(image_artefact)
    scheme.set_levels(PRESSURE)
    dudt = 1e-6 * np.roll(fields[U], -1, axis=1) + 1e-8 * fields[LAT][..., None]
    dvdt = 1e-6 * fields[V] + 1e-12 * fields[PS][..., None]

    def as_host(x: np.ndarray) -> np.ndarray:
        turned = np.roll(x, -origin, axis=1)
        return turned[::-1] if flip else turned

    scheme.set_columns(*(as_host(x) for x in coordinates()))
    found = scheme.predict({name: as_host(x) for name, x in fields.items()})
    assert np.abs(found[DUDT] - as_host(dudt)).max() <= 1e-17
    assert np.abs(found[DVDT] - as_host(dvdt)).max() <= 1e-17


def test_global_network_on_another_grid(image_artefact) -> None:
    """A constant comes back a constant from a finer host grid."""
    scheme = gwparam.load_scheme(image_artefact)
    scheme.set_levels(PRESSURE)
    latitude, longitude = np.meshgrid(
        gaussian_latitudes(10), 7.0 + np.arange(20) * 18.0, indexing="ij"
    )
    scheme.set_columns(latitude.copy(), longitude.copy())
    ones = np.ones((10, 20, NLEV))
    found = scheme.predict(
        {U: 0 * ones, V: 3 * ones, PS: 1e5 * ones[..., 0], LAT: latitude}
    )
    assert np.allclose(found[DVDT], 3e-6 + 1e-7, rtol=1e-13, atol=0)


def test_places_must_be_set_and_complete(stencil_artefact, fields) -> None:
    scheme = gwparam.load_scheme(stencil_artefact)
    scheme.set_levels(PRESSURE)
    with pytest.raises(
        errors.ArgumentError, match="positions of the columns are not set"
    ):
        scheme.predict(fields)
    latitude, longitude = coordinates()
    longitude[2, 3] = longitude[2, 4]
    with pytest.raises(errors.ArgumentError, match="latitude"):
        scheme.set_columns(latitude, longitude)
    scheme.set_columns(*coordinates())
    with pytest.raises(errors.ArgumentError, match=r"40 columns, expected the 48"):
        scheme.predict({name: x[:-1] for name, x in fields.items()})


def host_pressures(columns: int, nlev: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(5)
    half = np.linspace(0.0, 1.0, nlev + 1) ** 1.5 * rng.uniform(
        9e4, 1.02e5, (columns, 1)
    )
    return half, 0.5 * (half[:, 1:] + half[:, :-1])


def test_geometry_is_that_of_the_contract(tmp_path, stencil_artefact, image_artefact):
    column = flux_artefact(tmp_path, "top_down", "zero", "omega", 1)
    for kind, path in (
        ("column", column),
        ("stencil", stencil_artefact),
        ("global", image_artefact),
    ):
        with gwparam.load_scheme(path) as scheme:
            assert scheme.geometry() == kind


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
@pytest.mark.parametrize("host_order", ["top_down", "bottom_up"])
@pytest.mark.parametrize("outside", ["zero", "taper"])
@pytest.mark.parametrize(("quantity", "sign"), [("omega", 1), ("height", -1)])
def test_column_budget_closes(
    tmp_path, order, host_order, outside, quantity, sign
) -> None:
    columns, nlev = 7, 11
    path = flux_artefact(tmp_path, order, outside, quantity, sign)
    scheme = gwparam.load_scheme(path)
    half, full = host_pressures(columns, nlev)
    rng = np.random.default_rng(6)
    turn = slice(None, None, 1 if host_order == "top_down" else -1)
    scheme.set_levels(full[0, turn], host_order)
    u, v = rng.normal(size=(2, columns, nlev))
    found = scheme.predict(
        {
            U: u[:, turn],
            V: v[:, turn],
            PS: half[:, -1].copy(),
            LAT: rng.uniform(-80, 80, columns),
            "air_pressure": full[:, turn],
            "air_pressure_at_half_levels": half[:, turn],
        }
    )
    factor = -sign if quantity == "omega" else G * sign
    for flux, tendency in ((FLUX_U, DUDT), (FLUX_V, DVDT)):
        at_half = found[f"{flux}_at_half_levels"][:, turn]
        drag = found[tendency][:, turn]
        gained = (drag * np.diff(half, axis=1)).sum(axis=1)
        crossed = factor * (at_half[:, -1] - at_half[:, 0])
        scale = np.abs(factor * at_half).max()
        assert np.abs(gained - crossed).max() <= 1e-12 * scale
        assert scheme.statistics().momentum_imbalance <= 1e-12
        own = found[flux]
        top = 0 if host_order == "top_down" else -1
        if outside == "zero":
            assert np.allclose(at_half[:, 0], own[:, top], rtol=1e-13, atol=0)
        else:
            assert (at_half[:, 0] == 0).all()


def test_network_levels_get_the_hosts_state(tmp_path) -> None:
    """A wind linear in log p arrives at the network's levels without an error."""
    path = flux_artefact(tmp_path, "top_down", "zero", "omega", 1)
    scheme = gwparam.load_scheme(path)
    half, full = host_pressures(3, 30)
    scheme.set_levels(full[0])
    latitude = np.zeros(3)
    found = scheme.predict(
        {
            U: np.log(full),
            V: np.zeros_like(full),
            PS: half[:, -1].copy(),
            LAT: latitude,
            "air_pressure": full,
            "air_pressure_at_half_levels": half,
        }
    )
    ps = half[:, -1:]
    own = np.array([5e3, 2e4, 4e4, 8e4]) + np.array([0.0, 0.01, 0.02, 0.05]) * ps
    assert np.allclose(found[FLUX_U], 1e-7 * ps * np.log(own), rtol=1e-13, atol=0)


def test_pressures_are_asked_for_and_checked(tmp_path) -> None:
    path = flux_artefact(tmp_path, "top_down", "zero", "omega", 1)
    scheme = gwparam.load_scheme(path)
    half, full = host_pressures(3, 6)
    scheme.set_levels(full[0])
    fields = {U: full * 0, V: full * 0, PS: half[:, -1].copy(), LAT: np.zeros(3)}
    with pytest.raises(errors.ArgumentError, match="air_pressure was not put"):
        scheme.predict(fields)
    with pytest.raises(errors.ArgumentError, match="air_pressure_at_half_levels"):
        scheme.predict(
            {
                **fields,
                "air_pressure": full,
                "air_pressure_at_half_levels": half[:, ::-1],
            }
        )
