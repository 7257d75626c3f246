import numpy as np
import pytest
import torch

from gwparam.contract import Field
from gwparam.errors import ContractError
from gwparam.networks.scaling_formula import find_formulas, read_formula

WIND = Field("eastward_wind", "m s-1", "full", "float64")


@pytest.mark.parametrize(
    ("text", "function"),
    [
        ("(u - 6.4)/(3*22.2)", lambda u: (u - 6.4) / (3 * 22.2)),
        ("u/1000", lambda u: u / 1000),
        ("(u + 1) * 0.5 - 2", lambda u: (u + 1) * 0.5 - 2),
        ("-(6.4 - u) / 3", lambda u: (u - 6.4) / 3),
        ("2 * x", lambda u: 2 * u),
        ("(U - 1.5e1) / 2.5", lambda u: (u - 15) / 2.5),
        ("cbrt((u + 5e-4) / 5e-3)", lambda u: np.cbrt((u + 5e-4) / 5e-3)),
        ("np.cbrt(u)", np.cbrt),
        ("((u - 2) / 4)^(1/3)", lambda u: np.cbrt((u - 2) / 4)),
        ("(cbrt(u / 8) - 0.1) / 0.25", lambda u: (np.cbrt(u / 8) - 0.1) / 0.25),
    ],
)
def test_formula_is_what_it_says(text, function):
    made = read_formula(text, "m s-1", "u")
    u = np.array([-7.25, 0.5, 31.0])

    given = made.for_field(WIND, 1).normalise()(torch.tensor(u)[:, None])[:, 0]

    np.testing.assert_allclose(given, function(u), rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "u",
            "m s-1",
            "m/s",
            "v / 2",
            "u * u",
            "u / 0",
            "-u",
            "1 / u",
            "7",
            "",
            "u /",
        ),
        *("sqrt(u)", "u ** 2", "cbrt(cbrt(u))", "cbrt(u) * u", "cbrt(-u)", "u + v"),
        *("__import__('os')", "cbrt(u, 2)", "True * u", "9" * 400 + " * u", "(" * 999),
    ],
)
def test_what_is_no_formula_is_left_alone(text):
    assert read_formula(text, "m s-1", "u") is None


def test_two_formulas_of_a_variable_are_refused():
    texts = [("u_scaling", "u / 3"), ("scaling", "u: u / 4")]

    with pytest.raises(ContractError, match="normalise eastward_wind in two ways"):
        find_formulas(texts, "training.nc")


def test_units_and_prose_are_no_formulas():
    texts = [("units", "m s-1"), ("long_name", "u: eastward wind"), ("v", "m/s")]

    assert find_formulas(texts, "training.nc") == {}
