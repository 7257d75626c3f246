from dataclasses import replace

import numpy as np
import pytest
import recipes
import xarray as xr

from gwparam.contract import (
    CONTRACT_VERSION,
    Contract,
    Field,
    Flux,
    Geometry,
    Limit,
    Output,
    Probe,
    Source,
    Vertical,
)
from gwparam.data import TrainingStates
from gwparam.errors import ContractError, NonFiniteError, ShapeError
from gwparam.networks.scaling_recipe import read_recipe

NLEV, NLAT, NLON, NTIME = 4, 5, 6, 3
LATITUDE = np.linspace(-80.0, 80.0, NLAT)
LONGITUDE = np.arange(NLON) * 60.0
ROUNDING = 1e-14


def contract(temperature="air_potential_temperature", given=None, levels=None):
    tendencies = ("tendency_u", "tendency_v")
    names = {
        "latitude": ("degrees_north", "surface"),
        "surface_altitude": ("m", "surface"),
        "eastward_wind": ("m s-1", "full"),
        temperature: ("K", "full"),
        "upward_air_velocity": ("m s-1", "full"),
    }
    return Contract(
        contract_version=CONTRACT_VERSION,
        name="trained",
        gwparam_version="0",
        torch_version="0",
        created="2000-01-01T00:00:00Z",
        source=Source("ann_cnn", "ann.pt", "0" * 64),
        citation="nobody (1999)",
        geometry=Geometry("column"),
        inputs=tuple(Field(n, u, lev, "float64") for n, (u, lev) in names.items()),
        outputs=tuple(
            Output(n, "Pa m s-2", "full", "float64", "flux") for n in recipes.FLUXES
        ),
        vertical=levels
        or Vertical(
            "hybrid",
            "top_down",
            NLEV,
            None,
            None,
            a=(500.0, 3e3, 6e3, 0.0),
            b=(0.0, 0.1, 0.4, 0.95),
            outside="zero",
        ),
        flux=tuple(
            Flux(n, "omega", 1, t, given)
            for n, t in zip(recipes.FLUXES, tendencies, strict=True)
        ),
        training_range=(),
        limits=tuple(Limit(t, 1.0) for t in tendencies),
        probe=Probe(2, 1e-12),
    )


@pytest.fixture
def dataset():
    random = np.random.default_rng(3)

    def channels(count):
        values = random.uniform(-2.0, 2.0, (NTIME, count, NLAT, NLON))
        return 0.5 * values.astype(np.float32)

    return xr.Dataset(
        {
            "features": (("time", "idim", "lat", "lon"), channels(3 + 4 * NLEV)),
            "output": (("time", "odim", "lat", "lon"), channels(2 * NLEV)),
        },
        {"time": np.arange(NTIME), "lat": LATITUDE / 90.0, "lon": LONGITUDE / 360.0},
    )


@pytest.fixture
def scaling(tmp_path):
    return str(recipes.write_json(tmp_path / "scaling.json", recipes.recipe(NLEV)))


@pytest.fixture
def open_file(tmp_path, scaling):
    def run(dataset, contract, scaling=scaling):
        path = tmp_path / "training.nc"
        dataset.to_netcdf(path)
        return TrainingStates([path], contract, read_recipe(scaling))

    return run


def last(values):
    return np.moveaxis(values.astype(float), 0, -1)


def test_normalised_channels_become_physical_fields(dataset, open_file):
    with open_file(dataset, contract()) as states:
        fields = states.read(1)

    features = dataset.features.values[1]
    np.testing.assert_allclose(fields["latitude"], 90.0 * features[0], rtol=1e-6)
    np.testing.assert_allclose(
        fields["surface_altitude"], 1000.0 * features[2], rtol=1e-6
    )
    known = recipes.recipe(NLEV)["variables"]
    scale = [known["eastward_wind"][k] for k in ("standard_deviation", "mean")]
    wind = last(features[3 : 3 + NLEV]) * scale[0] + scale[1]
    np.testing.assert_allclose(fields["eastward_wind"], wind, rtol=ROUNDING)
    w = known["upward_air_velocity"]
    root = last(features[3 + 3 * NLEV :]) * w["standard_deviation"] + w["mean"]
    np.testing.assert_allclose(
        fields["upward_air_velocity"], w["scale"] * root**3, rtol=1e-13
    )
    assert states.sources["eastward_wind"].units == "m s-1"


def test_temperature_comes_from_potential_temperature(dataset, open_file):
    with open_file(dataset, contract()) as states:
        theta = states.read(0)["air_potential_temperature"]
    with open_file(dataset, contract("air_temperature")) as states:
        fields = states.read(0)

    ratio = fields["air_pressure"] / 1e5
    np.testing.assert_allclose(
        fields["air_temperature"], theta * ratio ** (2.0 / 7.0), rtol=ROUNDING
    )


def test_references_are_the_output(dataset, open_file):
    described = contract()
    with open_file(dataset, described) as states:
        for field in described.outputs:
            assert states.find(field.name) == "output"
            states.bind(field)
        found = states.read(2, [recipes.FLUXES[1]])[recipes.FLUXES[1]]

    output = last(dataset.output.values[2, NLEV:])
    np.testing.assert_allclose(found, 0.001 + 0.02 * output, rtol=1e-12)


def test_levels_that_the_network_does_not_give_repeat_its_ends(dataset, open_file):
    described = contract(given=(1, 3))
    with open_file(dataset, described) as states:
        states.bind(described.outputs[1])
        found = states.read(0, [recipes.FLUXES[1]])[recipes.FLUXES[1]]

    output = 0.001 + 0.02 * last(dataset.output.values[0, NLEV:])
    np.testing.assert_allclose(found, output[..., [1, 1, 2, 2]], rtol=1e-12)


@pytest.mark.parametrize("divided", [True, False])
def test_coordinates_are_degrees_in_both_conventions(dataset, open_file, divided):
    if not divided:
        dataset = dataset.assign_coords(lat=LATITUDE, lon=LONGITUDE)

    with open_file(dataset, contract()) as states:
        latitude, longitude = states.coordinates(0)

    np.testing.assert_allclose(latitude[:, 0], LATITUDE, rtol=1e-13)
    np.testing.assert_allclose(longitude[0], LONGITUDE, rtol=1e-13)


def test_half_levels_lie_between_full_levels(dataset, open_file):
    with open_file(dataset, contract()) as states:
        fields = states.read(0)

    half, full = fields["air_pressure_at_half_levels"], fields["air_pressure"]
    assert (half[..., :-1] < full).all()
    assert (full < half[..., 1:]).all()
    np.testing.assert_allclose(half[..., -1], 1e5)
    assert not states.knows_half_levels


@pytest.fixture
def with_pressure(dataset, tmp_path):
    """A file whose fourth field is the pressure of the network's levels."""
    random = np.random.default_rng(4)
    surface = random.uniform(9.5e4, 1.02e5, (NTIME, 1, NLAT, NLON))
    vertical = contract().vertical
    a, b = (np.reshape(x, (1, -1, 1, 1)) for x in (vertical.a, vertical.b))
    pressure = a + b * surface
    recipe = recipes.recipe(NLEV)
    recipe["variables"]["air_pressure"] = {
        "transform": "linear",
        "units": "Pa",
        "mean": 5e4,
        "standard_deviation": 3e4,
    }
    features = dataset.features.values
    features[:, 3 + 3 * NLEV :] = (pressure - 5e4) / 3e4
    file = dataset.drop_vars("output")
    file["output"] = (
        ("time", "odim", "lat", "lon"),
        random.standard_normal((NTIME, 3 * NLEV, NLAT, NLON)).astype(np.float32),
    )
    scaling = recipes.write_json(tmp_path / "pressure.json", recipe)
    fields = tuple(
        f for f in contract().inputs if f.name not in ("upward_air_velocity",)
    )
    return file, replace(contract(), inputs=fields), str(scaling), pressure


def test_pressure_is_that_of_the_file(with_pressure, open_file):
    file, described, scaling, pressure = with_pressure

    with open_file(file, described, scaling) as states:
        found = states.read(1)["air_pressure"]

    np.testing.assert_allclose(found, np.moveaxis(pressure[1], 0, -1), rtol=1e-4)


def test_pressure_of_other_levels_than_the_networks_is_refused(
    with_pressure, open_file
):
    file, described, scaling, pressure = with_pressure
    at = 3 + 3 * NLEV + 1
    file.features[2, at, 1, 4] = (1.3 * pressure[2, 1, 1, 4] - 5e4) / 3e4

    with open_file(file, described, scaling) as states:
        states.read(1)
        with pytest.raises(
            ContractError,
            match=r"air_pressure \(features in .*\) at time 2 is .* Pa at "
            r"\w+ 1, \w+ 4, level 1 \(from 0\), expected .* network's levels",
        ):
            states.read(2)


def stencils(dataset, east_first=False):
    """Put the neighbours of every cell into two more axes."""

    def around(values):
        rows = [np.roll(values, -dy, -2) for dy in (-1, 0, 1)]
        return np.stack(
            [np.stack([np.roll(r, -dx, -1) for dx in (-1, 0, 1)], -1) for r in rows], -2
        )

    dims = ("stx", "sty") if east_first else ("sty", "stx")
    wide = dataset.copy()
    for name in ("features", "output"):
        values = around(dataset[name].values)
        values = values.swapaxes(-1, -2) if east_first else values
        wide[name] = ((*dataset[name].dims, *dims), values)
    return wide


def test_cells_around_a_cell_are_left_to_the_library(dataset, open_file):
    with open_file(dataset, contract()) as states:
        expected = states.read(1)

    with open_file(stencils(dataset), contract()) as states:
        fields = states.read(1)

    for name, values in expected.items():
        np.testing.assert_array_equal(fields[name], values)


def test_stencils_of_another_axis_order_are_refused(dataset, open_file):
    with (
        open_file(stencils(dataset, east_first=True), contract()) as states,
        pytest.raises(ShapeError, match="of each is not its neighbour"),
    ):
        states.read(0)


def test_channels_of_other_levels_are_refused(dataset, open_file):
    with pytest.raises(ShapeError, match="18 features and 8 outputs"):
        open_file(dataset.isel(idim=slice(1, None)), contract())


def test_input_that_the_files_lack_is_refused(dataset, open_file):
    # Without the fourth block.
    short = dataset.isel(idim=slice(0, 3 + 3 * NLEV))

    with pytest.raises(ContractError, match="has no upward_air_velocity; it has lat"):
        open_file(short, contract())


def test_values_that_are_not_finite_are_refused(dataset, open_file):
    dataset.features[1, 4, 2, 3] = np.nan

    with (
        open_file(dataset, contract()) as states,
        pytest.raises(NonFiniteError, match="time 1 is nan at idim 4, lat 2, lon 3"),
    ):
        states.read(1)
