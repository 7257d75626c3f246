from types import SimpleNamespace

import numpy as np
import pytest
from drag_samples import LEVELS, NLAT, NLEV, NLON

from gwparam.constants import EARTH_RADIUS, STANDARD_GRAVITY
from gwparam.evaluate.budget import MomentumBudget
from gwparam.evaluate.grid import LatLonGrid
from gwparam.evaluate.opening import open_fields
from gwparam.evaluate.quantity import FLUXES
from gwparam.grids import gaussian_latitudes

SPHERE = 4.0 * np.pi * EARTH_RADIUS**2
ALL = slice(None)


def test_mass_is_that_of_the_layers_at_every_time(truth, truth_file):
    with open_fields([truth_file]) as source:
        weights = MomentumBudget(source, ALL).weights(2)

    half = truth.pk.values + truth.bk.values * truth.ps.values[2, ..., None]
    thickness = np.moveaxis(np.diff(half), -1, 0)
    np.testing.assert_allclose(
        weights, thickness / STANDARD_GRAVITY * source.grid.areas, rtol=1e-12
    )


def test_mass_does_not_depend_on_the_order_of_levels(truth, truth_file, tmp_path):
    turned = tmp_path / "turned.nc"
    truth.isel(lev=slice(None, None, -1)).to_netcdf(turned)

    with open_fields([truth_file]) as one, open_fields([turned]) as other:
        found = [MomentumBudget(s, slice(0, 2)).weights(0) for s in (one, other)]

    np.testing.assert_allclose(found[1], found[0], rtol=1e-12)


def test_layers_without_half_levels_meet_half_way_and_say_why(predicted_file):
    with open_fields([predicted_file]) as source:
        budget = MomentumBudget(source, ALL)

    pressure = 100.0 * LEVELS
    middle = 0.5 * (pressure[1:] + pressure[:-1])
    thickness = np.diff([0.0, *middle, 1e5])
    total = budget.weights(0).sum(axis=(1, 2))
    np.testing.assert_allclose(total, thickness / STANDARD_GRAVITY * SPHERE, rtol=1e-12)
    assert "because: " in budget.description
    assert "has no half levels: looked for coefficients pk and bk" in budget.description


@pytest.mark.parametrize(
    ("quantity", "divisor"), [(FLUXES[0], STANDARD_GRAVITY), (FLUXES[1], 1.0)]
)
def test_flux_counts_at_its_lowest_level_alone(quantity, divisor):
    longitude = np.arange(NLON) * 11.25
    grid = LatLonGrid(*np.meshgrid(gaussian_latitudes(NLAT), longitude, indexing="ij"))
    source = SimpleNamespace(
        states=SimpleNamespace(levels=SimpleNamespace(order="top_down")),
        grid=grid,
        quantity=quantity,
        pressure=100.0 * LEVELS,
    )

    budget = MomentumBudget(source, slice(0, 2))

    weights = budget.weights(0)
    assert weights.shape == (NLEV - 1, NLAT, NLON)
    assert (weights[0] == 0.0).all()
    assert weights[1].sum() == pytest.approx(SPHERE / divisor, rel=1e-12)
    assert ("divided by g" in budget.description) == (divisor != 1.0)
