import numpy as np
import pytest
import torch
from torch import nn

from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import Flux
from gwparam.errors import ArgumentError, ShapeError
from gwparam.networks.scaling import Transform
from gwparam.training.level_weights import LEVEL_WEIGHTS, level_weights
from gwparam.training.loss_settings import TERMS, LossSettings
from gwparam.training.losses import Outputs, build_loss
from gwparam.training.output_error import MEAN_MAGNITUDE

NAMES = ("air_potential_temperature", "eastward_flux", "northward_flux")
PRESSURE = (100.0, 300.0, 1000.0, 5000.0, 90000.0)
NLEV = len(PRESSURE)
# Three different extents beside those of blocks and levels: rows, latitude, longitude.
IMAGE = (2, len(NAMES) * NLEV, 4, 7)
COLUMNS = (6, len(NAMES) * NLEV)
EXTENTS = pytest.mark.parametrize("shape", [COLUMNS, IMAGE], ids=["columns", "image"])

ROUNDING = 1e-6
"""Relative: some 10 roundings of float32, of 6e-8 each, in a mean of positive terms."""
DIVERGENCE = 1e-5
"""Relative: as `ROUNDING`, where some 10 times larger fluxes are subtracted first."""

TRANSFORMS = (
    Transform("linear", "K", (300.0,) * NLEV, (4.0,) * NLEV),
    Transform("linear", "Pa", (2.0, -1.0, 0.5, 3.0, 4.0), (1.0, 2.0, 0.5, 4.0, 0.25)),
    Transform(
        "cube_root", "Pa", (0.1,) * NLEV, (0.5,) * NLEV, (3.0, 2.0, 1.0, 4.0, 5.0)
    ),
)


def flux(name, quantity="height", sign=1):
    return Flux(name, quantity, sign, f"tendency_from_{name}")


FLUXES = (flux("northward_flux", "omega", -1), flux("eastward_flux", "height", 1))


def outputs(shape=COLUMNS, **changes):
    known = {
        "names": NAMES,
        "nlev": NLEV,
        "pressure": PRESSURE,
        "restore": tuple(t.restore(len(shape) - 2) for t in TRANSFORMS),
        "flux": FLUXES,
    }
    return Outputs(**known | changes)


def loss_of(shape=COLUMNS, changes=None, **settings):
    return build_loss(LossSettings(**settings), outputs(shape, **changes or {}))


def pair(shape, seed=0):
    """Predicted and target, a distinct value in every cell."""
    generator = torch.Generator().manual_seed(seed)
    return (torch.randn(shape, generator=generator) for _ in range(2))


def blocks(values):
    """As (rows, block, level, cells), float64."""
    array = values.double().numpy()
    return array.reshape(array.shape[0], len(NAMES), NLEV, -1)


def physical(transform, values):
    """Inverse of a transform on (rows, level, cells), without torch."""
    mean, deviation, scale = (
        np.array(v)[:, np.newaxis] if v else 1.0
        for v in (transform.mean, transform.standard_deviation, transform.scale)
    )
    values = values * deviation + mean
    return values**3 * scale if transform.transform == "cube_root" else values


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"names": ()}, "names is empty, expected one a block of channels"),
        ({"nlev": 0}, "nlev is 0, expected at least 1"),
        ({"restore": (nn.Identity(),)}, "restore has 1 modules, expected 3"),
        (
            {"flux": (flux("uw"),)},
            "uw is no output, expected air_potential_temperature, eastward_flux or "
            "northward_flux",
        ),
        ({"pressure": (1.0, 2.0)}, "pressure has 2 values, expected 5"),
        (
            {"pressure": PRESSURE[::-1]},
            "pressure of level 1 is 5000.0 Pa, expected more than 90000.0 Pa, "
            "top first",
        ),
        (
            {"pressure": (0.0, *PRESSURE[1:])},
            "pressure of level 0 is 0.0 Pa, expected more than 0.0 Pa, top first",
        ),
    ],
)
def test_contradicting_outputs_are_named(changes, message):
    with pytest.raises(ArgumentError) as caught:
        outputs(**changes)

    assert str(caught.value) == message


@EXTENTS
def test_mean_square_error_of_what_has_neither_levels_nor_scaling(shape):
    predicted, target = pair(shape)
    unknown = {"pressure": None, "restore": None, "flux": ()}

    loss = loss_of(shape, unknown)(predicted, target)

    expected = np.mean((blocks(predicted) - blocks(target)) ** 2)
    assert loss.shape == ()
    assert loss.item() == pytest.approx(expected, rel=ROUNDING)


@EXTENTS
def test_huber_error(shape):
    predicted, target = pair(shape)

    loss = loss_of(shape, terms=(("huber", 1.0),), huber_delta=0.7)

    size = np.abs(blocks(predicted) - blocks(target))
    expected = np.where(size < 0.7, size**2 / 2.0, 0.7 * (size - 0.35)).mean()
    assert loss(predicted, target).item() == pytest.approx(expected, rel=ROUNDING)


@EXTENTS
@pytest.mark.parametrize("term", ["mse", "huber"])
@pytest.mark.parametrize("kind", LEVEL_WEIGHTS)
@pytest.mark.parametrize("level", range(NLEV))
def test_error_at_one_level_has_the_weight_of_that_level(shape, term, kind, level):
    loss = loss_of(shape, terms=((term, 1.0),), level_weights=kind)
    target = torch.zeros(shape)
    predicted = torch.zeros(shape)
    predicted[:, NLEV + level] = 1.0

    share = loss(predicted, target).item() * shape[1]

    weight = level_weights(kind, NLEV, PRESSURE)[level]
    expected = weight * {"mse": 1.0, "huber": 0.5}[term]
    assert share == pytest.approx(expected, rel=ROUNDING)


@EXTENTS
def test_errors_of_large_values_count_more(shape):
    predicted, target = pair(shape)

    loss = loss_of(shape, tail=2.0, level_weights="density")(predicted, target)

    weight = (1.0 + 2.0 * np.abs(blocks(target))) / (1.0 + 2.0 * MEAN_MAGNITUDE)
    weight *= np.array(level_weights("density", NLEV, PRESSURE))[:, np.newaxis]
    expected = np.mean(weight * (blocks(predicted) - blocks(target)) ** 2)
    assert loss.item() == pytest.approx(expected, rel=ROUNDING)


@EXTENTS
def test_drag_agrees_with_numpy(shape):
    predicted, target = pair(shape)

    loss = loss_of(shape, terms=(("drag", 1.0),), drag_scale=1.0e-3)

    step = np.diff(PRESSURE)[:, np.newaxis]

    def tendency(values, block, factor):
        restored = physical(TRANSFORMS[block], blocks(values)[:, block])
        return factor * np.diff(restored, axis=1) / step

    errors = [
        tendency(predicted, block, factor) - tendency(target, block, factor)
        # Of omega, minus the sign of -1.
        for block, factor in ((1, STANDARD_GRAVITY), (2, 1.0))
    ]
    expected = np.mean(np.square(errors)) / 1.0e-3**2
    assert loss(predicted, target).item() == pytest.approx(expected, rel=DIVERGENCE)


def test_sign_and_quantity_tell_which_drag_an_error_is():
    """The sign is lost in the square, so the factor itself is looked at."""
    loss = loss_of(terms=(("drag", 1.0),), drag_scale=0.5)

    factor = loss.errors["drag"].factor

    first = 1.0 / (PRESSURE[1] - PRESSURE[0]) / 0.5
    # omega of sign -1: -(-1) dF/dp; height of sign 1: g dF/dp.
    expected = (first, STANDARD_GRAVITY * first)
    assert factor[:, 0].tolist() == pytest.approx(expected, rel=ROUNDING)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"pressure": None},
            "drag needs the pressure of the levels, not known, expected levels",
        ),
        (
            {"restore": None},
            "drag needs the normalisation of the outputs, not known, expected scaling",
        ),
        (
            {"names": ("uw",), "restore": (nn.Identity(),), "flux": ()},
            "drag needs the quantity and sign of the fluxes among uw, not known, "
            "expected flux_quantity, flux_sign",
        ),
        (
            {"names": ("uw",), "pressure": None, "restore": None, "flux": ()},
            "drag needs the pressure of the levels, normalisation of the outputs, "
            "quantity and sign of the fluxes among uw, not known, expected levels, "
            "scaling, flux_quantity, flux_sign",
        ),
        (
            {"nlev": 1, "pressure": (500.0,)},
            "drag needs neighbouring levels, nlev is 1",
        ),
    ],
)
def test_drag_says_what_it_needs(changes, message):
    with pytest.raises(ArgumentError) as caught:
        loss_of(changes=changes, terms=(("drag", 1.0),))

    assert str(caught.value) == message


@EXTENTS
def test_loss_is_linear_in_the_weights(shape):
    predicted, target = pair(shape)
    weights = (0.5, 3.0, 2.0e-4)
    loss = loss_of(
        shape, terms=tuple(zip(TERMS, weights, strict=True)), level_weights="mass"
    )

    parts = loss.parts(predicted, target)

    assert tuple(parts) == TERMS
    expected = sum(w * parts[t].item() for t, w in zip(TERMS, weights, strict=True))
    assert loss(predicted, target).item() == pytest.approx(expected, rel=ROUNDING)
    assert loss.total(parts).item() == loss(predicted, target).item()


@EXTENTS
@pytest.mark.parametrize("term", TERMS)
def test_loss_of_a_batch_is_the_mean_of_its_shares(shape, term):
    predicted, target = pair(shape)
    loss = loss_of(shape, terms=((term, 1.0),), tail=1.5, level_weights="density")
    half = shape[0] // 2

    shares = [
        loss(predicted[rows], target[rows]).item()
        for rows in (slice(half), slice(half, None))
    ]

    whole = loss(predicted, target).item()
    assert whole == pytest.approx(sum(shares) / 2.0, rel=ROUNDING)


def test_gradient_of_the_weighted_mean_square_error():
    predicted, target = pair(COLUMNS)
    predicted.requires_grad_()
    loss = loss_of(terms=(("mse", 0.3),), level_weights="density", tail=2.0)

    loss(predicted, target).backward()

    weight = (1.0 + 2.0 * target.abs()) / (1.0 + 2.0 * MEAN_MAGNITUDE)
    weight *= torch.tensor(level_weights("density", NLEV, PRESSURE) * len(NAMES))
    expected = 0.3 * 2.0 * weight * (predicted - target).detach() / target.numel()
    torch.testing.assert_close(predicted.grad, expected, rtol=ROUNDING, atol=0)


@EXTENTS
@pytest.mark.parametrize("term", TERMS)
@pytest.mark.parametrize("size", [0.0, 1.0, 30.0])
def test_gradients_are_finite(shape, term, size):
    predicted, target = (size * values for values in pair(shape))
    predicted.requires_grad_()
    loss = loss_of(shape, terms=((term, 1.0),), level_weights="mass", tail=2.0)

    loss(predicted, target).backward()

    assert torch.isfinite(predicted.grad).all()
    assert bool(predicted.grad.abs().max() > 0.0) == (size > 0.0)


def test_drag_has_no_gradient_beside_the_fluxes():
    predicted, target = pair(COLUMNS)
    predicted.requires_grad_()

    loss_of(terms=(("drag", 1.0),))(predicted, target).backward()

    assert (predicted.grad[:, :NLEV] == 0.0).all()
    assert (predicted.grad[:, NLEV:] != 0.0).all()


@pytest.mark.parametrize("term", TERMS)
def test_float32_where_autocast_is_on(term):
    predicted, target = (values.bfloat16() for values in pair(COLUMNS))
    # A product, which autocast would compute in bfloat16.
    changes = {"restore": tuple(nn.Linear(NLEV, NLEV) for _ in NAMES)}
    loss = loss_of(changes=changes, terms=((term, 1.0),), tail=1.0)
    expected = loss(predicted.float(), target.float())

    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = loss(predicted, target)

    assert found.dtype == torch.float32
    assert torch.equal(found, expected)


def test_normalisation_of_the_caller_stays_and_nothing_is_saved():
    restore = tuple(t.restore() for t in TRANSFORMS)

    loss = loss_of(changes={"restore": restore}, terms=tuple((t, 1.0) for t in TERMS))

    assert loss.state_dict() == {}
    assert {b.dtype for b in loss.buffers()} == {torch.float32}
    assert {b.dtype for m in restore for b in m.buffers()} == {torch.float64}
    assert all(m.state_dict() for m in restore)


def test_constants_follow_to_another_device():
    loss = loss_of(terms=tuple((t, 1.0) for t in TERMS)).to("meta")

    assert {b.device.type for b in loss.buffers()} == {"meta"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device")
@EXTENTS
def test_cuda_agrees_with_the_cpu(shape):
    predicted, target = pair(shape)
    loss = loss_of(
        shape, terms=tuple((t, 1.0) for t in TERMS), level_weights="mass", tail=1.0
    )
    expected = loss.parts(predicted, target)
    loss.to("cuda")

    with torch.autocast("cuda", dtype=torch.bfloat16):
        found = loss.parts(predicted.cuda(), target.cuda())

    for term in TERMS:
        assert found[term].item() == pytest.approx(
            expected[term].item(), rel=DIVERGENCE
        )


@pytest.mark.parametrize(
    ("predicted", "target", "message"),
    [
        ((6, 14), (6, 14), "predicted has shape (6, 14), expected (rows, 15, ...)"),
        ((15,), (15,), "predicted has shape (15,), expected (rows, 15, ...)"),
        ((6, 15), (1, 15), "target has shape (1, 15), expected (6, 15)"),
    ],
)
def test_other_shapes_are_refused(predicted, target, message):
    with pytest.raises(ShapeError) as caught:
        loss_of()(torch.zeros(predicted), torch.zeros(target))

    assert str(caught.value) == message


def test_normalisation_for_another_number_of_axes_is_refused():
    loss = loss_of(IMAGE, terms=(("drag", 1.0),))

    with pytest.raises(ShapeError) as caught:
        loss(torch.zeros(COLUMNS), torch.zeros(COLUMNS))

    assert str(caught.value) == (
        "restored flux has shape (1, 5, 6, 5), expected (6, 5)"
    )


def test_description_has_a_line_a_term():
    loss = loss_of(
        terms=(("drag", 0.1), ("mse", 1.0), ("huber", 2.0)),
        level_weights="mass",
        tail=0.5,
        huber_delta=1.5,
    )

    assert loss.describe() == [
        "drag, weight 0.1: mean square error of the wind tendency over "
        "(0.0001 m s-2)^2 [1], from northward_flux, eastward_flux",
        "mse, weight 1: mean square error of the normalised output [1], "
        "level weights mass, tail 0.5",
        "huber, weight 2: mean Huber error of the normalised output [1], linear from "
        "1.5 standard deviations on, level weights mass, tail 0.5",
    ]
