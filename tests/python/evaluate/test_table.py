import math

import numpy as np
import pytest
import xarray as xr

from gwparam import console
from gwparam.evaluate.metrics import Score
from gwparam.evaluate.table import SCORE_HEADINGS, print_table, score_cells

SCORES = ("hellinger", *(f"{n}_all_levels" for n in ("correlation", "r2")))
ERRORS = ("rmse_all_levels", "bias_all_levels")
DIMS = ("model", "component", "region")


@pytest.fixture
def data():
    """Scores of two models; by vertical region they are 10 more."""
    values = np.arange(8.0).reshape(2, 2, 2) / 10.0
    layered = 10.0 + np.stack([values, 1.0 + values], axis=-1)
    ladder = np.array([1.0, 0.5, 0.25])
    ratios = {
        "variance_ratio_all_levels": (DIMS, values),
        "layer_variance_ratio": ((*DIMS, "layer"), layered),
        "quantile_ratio_all_levels": (
            (*DIMS, "quantile"),
            values[..., None] * ladder,
        ),
        "layer_quantile_ratio": (
            (*DIMS, "layer", "quantile"),
            layered[..., None] * ladder,
        ),
    }
    return xr.Dataset(
        {name: (DIMS, values + i, {"units": "1"}) for i, name in enumerate(SCORES)}
        | {
            name: (DIMS, 1e-6 * (values + i), {"units": "m s-2"})
            for i, name in enumerate(ERRORS)
        }
        | {
            f"layer_{name}": ((*DIMS, "layer"), layered)
            for name in ("r2", "correlation", "hellinger")
        }
        | ratios
        | {"bin_edge": ("edge", [0.0, 1.0], {"comment": "1 bin, as given"})},
        {
            "model": ["A", "B[1]"],
            "component": ["eastward", "northward"],
            "region": ["globe", "Andes"],
            "layer": ["high", "low"],
            "quantile": [0.9, 0.99, 0.999],
            "level": range(3),
            "time": range(5),
        },
        {"quantity": "momentum_flux"},
    )


def printed(data):
    """The text, and the cells of its rows."""
    with (output := console.tables()).capture() as captured:
        print_table(output, data)
    text = captured.get()
    rows = [line.split("│")[1:-1] for line in text.splitlines() if "│" in line]
    return text, [[cell.strip() for cell in row] for row in rows]


def test_table_has_the_scores_of_the_globe(data):
    text, cells = printed(data)

    assert "Momentum flux over the globe, 3 levels together, 5 samples" in text
    assert "bias [m s-2]" in text
    assert cells[1] == [
        "A", "northward", "2.2000", "1.2000", "2.000e-07", "1.200e-06", "0.2000",
    ]  # fmt: skip
    assert cells[2][:3] == ["B[1]", "eastward", "2.4000"]
    assert "1 bin, as given" in text


def test_table_by_height_has_the_ladder(data):
    text, cells = printed(data)

    heading = next(line for line in text.splitlines() if "P99.9" in line)
    assert "variance" in heading
    assert [
        "A", "northward", "all levels", "2.2000", "1.2000", "0.2000",
        "0.200", "0.200", "0.100", "0.050",
    ] in cells  # fmt: skip
    assert [
        "B[1]", "eastward", "low", "11.4000", "11.4000", "11.4000",
        "11.400", "11.400", "5.700", "2.850",
    ] in cells  # fmt: skip
    assert len(cells) == 4 + 4 * 3


def test_undefined_numbers_are_dashes():
    nothing = Score(0, *[math.nan] * 6)

    assert score_cells(nothing) == ["-"] * len(SCORE_HEADINGS)


def test_cells_have_three_decimals_as_far_as_they_fit():
    numbers = Score(9, -6.78e-6, 5.041e-5, 1.0, 4.43e-5, -2345.6, math.nan)

    cells = dict(zip(SCORE_HEADINGS, score_cells(numbers), strict=True))

    assert cells == {
        "R2": "-2.3e+03",
        "correlation": "-",
        "rms error": "5.04e-05",
        "bias": "-6.8e-06",
        "rms reference": "4.43e-05",
    }
