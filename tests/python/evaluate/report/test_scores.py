import numpy as np

from gwparam.evaluate.report.comparison import Comparison
from gwparam.evaluate.report.scores import (
    COLUMNS,
    columns,
    headlines,
    layer_tables,
    score,
    tables,
)

SECONDS_PER_DAY = 86400.0


def column(variable):
    return next(column for column in COLUMNS if column.variable == variable)


def test_table_has_every_region_component_and_model(results):
    found = tables(Comparison(results))

    assert [table.region for table in found] == list(results["region"].values)
    for table in found:
        assert [label for label, _ in table.groups] == [
            f"Tendency of {wind} wind due to gravity wave drag"
            for wind in ("eastward", "northward")
        ]
        for _, rows in table.groups:
            assert [row.model for row in rows] == list(results["model"].values)


def test_best_of_each_column_is_marked(results):
    comparison = Comparison(results)
    smallest = {"hellinger", "hellinger_printed", "rmse_all_levels"}

    for region, table in enumerate(tables(comparison)):
        for component, (_, rows) in enumerate(table.groups):
            for place, entry in enumerate(columns(comparison)):
                values = np.array(score(comparison, entry, component, region))
                if entry.variable == "bias_all_levels":
                    best = np.argmin(np.abs(values))
                elif entry.variable in smallest:
                    best = np.argmin(values)
                elif entry.hint == "model / truth":
                    best = np.argmin(np.abs(np.log(values)))
                else:
                    best = np.argmax(values)
                marks = [row.cells[place].best for row in rows]
                assert marks == [model == best for model in range(len(rows))]


def test_scores_are_those_of_all_levels_together_in_the_units_of_the_page(results):
    comparison = Comparison(results)
    chosen = results.isel(component=1, region=3)

    for name, factor in {
        "rmse": SECONDS_PER_DAY,
        "bias": SECONDS_PER_DAY,
        "r2": 1.0,
    }.items():
        variable = f"{name}_all_levels"
        np.testing.assert_allclose(
            score(comparison, column(variable), 1, 3), factor * chosen[variable]
        )


def test_undefined_scores_are_dashes(results):
    holed = results.copy(deep=True)
    holed["r2_all_levels"][1, 0, 0] = np.nan
    comparison = Comparison(holed)

    values = score(comparison, column("r2_all_levels"), 0, 0)

    assert values[0] == float(results["r2_all_levels"][0, 0, 0])
    assert np.isnan(values[1])
    place = columns(comparison).index(column("r2_all_levels"))
    _, rows = tables(comparison)[0].groups[0]
    assert rows[1].cells[place].text == "–"
    assert not rows[1].cells[place].best
    assert [row.cells[place].best for row in rows].count(True) == 1


def test_headline_is_the_number_of_the_console(results):
    found = headlines(Comparison(results))

    assert [headline.model for headline in found] == list(results["model"].values)
    for model, headline in enumerate(found):
        for component, (label, text) in enumerate(headline.values):
            assert label == results["component"].values[component]
            value = float(results["r2_all_levels"][model, component, 0])
            assert text == f"{value:.4f}".replace("-", "\u2212")


def test_r2_comes_first(results):
    assert columns(Comparison(results))[0].heading == "R²"


def test_ratios_have_a_column_each(results):
    comparison = Comparison(results)
    found = {c.heading: c for c in columns(comparison) if c.hint == "model / truth"}

    assert list(found) == ["variance", "P90", "P99", "P99.9"]
    np.testing.assert_allclose(
        score(comparison, found["P99"], 1, 2),
        results["quantile_ratio_all_levels"].values[:, 1, 2, 1],
    )


def test_each_vertical_region_has_a_table_of_the_globe(results):
    comparison = Comparison(results)

    found = layer_tables(comparison)

    assert [table.region for table in found] == [
        "stratosphere, above 100 hPa",
        "troposphere, below 100 hPa",
    ]
    entries = columns(comparison, layered=True)
    assert "H printed" not in [entry.heading for entry in entries]
    place = [entry.heading for entry in entries].index("P99.9")
    _, rows = found[1].groups[0]
    for model, row in enumerate(rows):
        value = float(results["layer_quantile_ratio"][model, 0, 0, 1, 2])
        assert row.cells[place].text == f"{value:.4f}"


def test_results_without_vertical_regions_have_no_such_tables(results):
    bare = results.drop_dims(["layer", "quantile"])

    assert layer_tables(Comparison(bare)) == []
