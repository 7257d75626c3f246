import math

import numpy as np
import xarray as xr

from gwparam import console
from gwparam.evaluate.metrics import Score
from gwparam.evaluate.table import SCORE_HEADINGS, print_table, score_cells

SCORES = ("hellinger", *(f"{n}_all_levels" for n in ("correlation", "r2")))
ERRORS = ("rmse_all_levels", "bias_all_levels")


def test_table_has_the_scores_of_the_globe():
    dims = ("model", "component", "region")
    values = np.arange(8.0).reshape(2, 2, 2) / 10.0
    data = xr.Dataset(
        {name: (dims, values + i, {"units": "1"}) for i, name in enumerate(SCORES)}
        | {
            name: (dims, 1e-6 * (values + i), {"units": "m s-2"})
            for i, name in enumerate(ERRORS)
        }
        | {"bin_edge": ("edge", [0.0, 1.0], {"comment": "1 bin, as given"})},
        {
            "model": ["A", "B[1]"],
            "component": ["eastward", "northward"],
            "region": ["globe", "Andes"],
            "level": range(3),
            "time": range(5),
        },
        {"quantity": "momentum_flux"},
    )
    with (output := console.tables()).capture() as captured:
        print_table(output, data)

    text = captured.get()
    assert "Momentum flux over the globe, 3 levels together, 5 samples" in text
    assert "bias [m s-2]" in text
    rows = [line.split("│")[1:-1] for line in text.splitlines() if "│" in line]
    cells = [[cell.strip() for cell in row] for row in rows]
    assert cells[1] == [
        "A", "northward", "2.2000", "1.2000", "2.000e-07", "1.200e-06", "0.2000",
    ]  # fmt: skip
    assert cells[2][:3] == ["B[1]", "eastward", "2.4000"]
    assert "1 bin, as given" in text


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
