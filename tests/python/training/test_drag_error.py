import pytest
import torch
from torch import nn

from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import Flux
from gwparam.errors import ShapeError
from gwparam.training.drag_error import DragError, tendency_by_difference

PRESSURE = (100.0, 300.0, 1000.0, 5000.0, 90000.0)
STEPS = (200.0, 700.0, 4000.0, 85000.0)
SHAPE = (3, 2, len(PRESSURE), 4, 7)
ROUNDING = 1e-6
"""Relative: some 10 roundings of float32, of 6e-8 each, in a mean of positive terms."""


def flux(quantity="omega", sign=1):
    return Flux("eastward_flux", quantity, sign, "eastward_tendency")


@pytest.mark.parametrize(
    ("quantity", "sign", "factor"),
    [
        ("omega", 1, -1.0),
        ("omega", -1, 1.0),
        ("height", 1, STANDARD_GRAVITY),
        ("height", -1, -STANDARD_GRAVITY),
    ],
)
def test_tendency_by_difference(quantity, sign, factor):
    found = tendency_by_difference(flux(quantity, sign), PRESSURE)

    assert found.dtype == torch.float64
    assert found.tolist() == pytest.approx([factor / dp for dp in STEPS], rel=1e-15)


@pytest.mark.parametrize("quantity", ["omega", "height"])
@pytest.mark.parametrize("shape", [SHAPE, SHAPE[:3]], ids=["image", "columns"])
def test_drag_of_a_flux_that_is_linear_in_pressure(quantity, shape):
    """The tendency is -slope of u'omega', or g times that of rho u'w'."""
    slope, scale = 2.0**-10, 2.0e-3  # float32 holds every flux
    error = DragError([flux(quantity)], [1], [nn.Identity()], PRESSURE, scale)
    target = torch.zeros(shape)
    predicted = target.clone()
    profile = slope * torch.tensor(PRESSURE)
    predicted[:, 1] = profile.view(-1, *[1] * (len(shape) - 3))
    predicted[:, 0] = 1e6  # of another block, which is no flux

    found = error(predicted, target).item()

    drag = -slope if quantity == "omega" else STANDARD_GRAVITY * slope
    assert found == pytest.approx((drag / scale) ** 2, rel=ROUNDING)


def test_fluxes_count_alike():
    fluxes = [flux("omega"), flux("height")]
    error = DragError(fluxes, [1, 0], [nn.Identity()] * 2, PRESSURE, 1.0)
    target = torch.zeros(SHAPE)
    predicted = torch.zeros(SHAPE)
    predicted[:] = torch.tensor(PRESSURE).view(-1, 1, 1)

    found = error(predicted, target).item()

    assert found == pytest.approx((1.0 + STANDARD_GRAVITY**2) / 2.0, rel=ROUNDING)


def test_same_flux_everywhere_is_no_drag():
    error = DragError([flux()], [0], [nn.Identity()], PRESSURE, 1e-4)
    target = torch.zeros(SHAPE)

    assert error(target + 0.75, target).item() == 0.0


def test_normalisation_is_copied_and_not_trained():
    restore = nn.Linear(4, 4).double()

    error = DragError([flux()], [0], [restore], PRESSURE, 1.0)

    assert {p.dtype for p in error.parameters()} == {torch.float32}
    assert not any(p.requires_grad for p in error.parameters())
    assert {p.dtype for p in restore.parameters()} == {torch.float64}
    assert all(p.requires_grad for p in restore.parameters())


def test_normalisation_that_changes_the_shape_is_refused():
    error = DragError([flux()], [0], [nn.Flatten()], PRESSURE, 1.0)

    with pytest.raises(ShapeError) as caught:
        error(torch.zeros(SHAPE), torch.zeros(SHAPE))

    assert str(caught.value) == (
        "restored flux has shape (3, 140), expected (3, 5, 4, 7)"
    )
