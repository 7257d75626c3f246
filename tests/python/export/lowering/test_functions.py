import numpy as np
import pytest
import torch

from gwparam.export.engine import run_on_engine
from gwparam.export.lowering.builder import Builder
from gwparam.export.lowering.functions import FUNCTIONS, LoweringError
from gwparam.export.lowering.numbering import number
from gwparam.export.lowering.program import ProgramInput
from gwparam.export.lowering.reference import run_program


def compute(name, x, dtype, *constants):
    """Compute one of torch's functions as the program does."""
    builder = Builder()
    element = builder.new(1)
    others = [builder.constant(np.array([value])) for value in constants]
    out = FUNCTIONS[f"aten.{name}"](builder, element, *others)
    program = number(builder, dtype, [ProgramInput("x", 1)], [("y", out)])
    return run_program(program, [np.array(x, dtype)])[0][:, 0]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", ["log1p", "expm1"])
def test_small_numbers_keep_their_digits(name, dtype):
    size = np.geomspace(1e-30, 0.9, 400)
    x = np.concatenate((-size, size, [0.0, 1.0, 3.0, 80.0])).astype(dtype)

    expected = getattr(np, name)(x.astype(np.float64))
    error = np.abs(compute(name, x, dtype) - expected)

    assert (error <= 4 * np.finfo(dtype).eps * np.abs(expected)).all()


@pytest.mark.parametrize(
    ("name", "ends"),
    [("log1p", [-2.0, -1.0, np.inf, np.nan]), ("expm1", [-np.inf, np.inf, np.nan])],
)
def test_ends_of_the_range(name, ends):
    with np.errstate(all="ignore"):
        expected = getattr(np, name)(ends)

    np.testing.assert_equal(compute(name, ends, "float64"), expected)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_remainder_beside_its_multiples(dtype):
    multiple = np.arange(-3, 4, dtype=dtype) * 360
    x = np.concatenate(
        [np.nextafter(multiple, -1e9), multiple, np.nextafter(multiple, 1e9)]
    )
    x = np.concatenate((x, np.linspace(-800, 800, 999))).astype(dtype)

    found = compute("remainder", x, dtype, 360.0)

    expected = torch.remainder(torch.from_numpy(x), 360.0).numpy()
    assert np.abs(found - expected).max() <= 360 * np.finfo(dtype).eps


@pytest.mark.parametrize("by", [0.0, -360.0])
def test_remainder_by_others_is_refused(by):
    with pytest.raises(LoweringError, match="no positive constant"):
        compute("remainder", [1.0], "float64", by)


def test_ceiling_and_sign():
    x = [-1.5, -0.5, 0.0, 0.5, 2.0]

    assert compute("ceil", x, "float64").tolist() == np.ceil(x).tolist()
    assert compute("sign", x, "float64").tolist() == np.sign(x).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("by", [0.1, -0.1, 0.7, 3.0])
def test_whole_quotients_of_near_multiples(dtype, by):
    divisor = np.array(by, dtype)
    multiple = np.arange(-99, 100).astype(dtype) * divisor
    x = np.concatenate([multiple, np.linspace(-9, 9, 181)]).astype(dtype)
    builder = Builder()
    element = builder.new(1)
    constant = builder.constant(np.array([divisor], np.float64))
    out = FUNCTIONS["aten.div"](builder, element, constant, rounding_mode="floor")
    program = number(builder, dtype, [ProgramInput("x", 1)], [("y", out)])

    (found,) = run_on_engine(program, [x])

    expected = torch.floor_divide(torch.from_numpy(x), torch.tensor(divisor))
    np.testing.assert_array_equal(found[:, 0], expected.numpy())
