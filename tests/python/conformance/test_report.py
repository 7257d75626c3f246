import json
from dataclasses import replace

import numpy as np
import pytest

from gwparam import console
from gwparam.conformance.report import as_dict, print_guards, print_tables
from gwparam.conformance.result import OutputResult, Replay
from gwparam.contract import Field
from gwparam.evaluate.metrics import Moments
from gwparam.evaluate.scores import Scores, globe_and_bands
from gwparam.guard_reports import GuardedValue, GuardReport

LATITUDE = np.array([-70.0, -20.0, 10.0, 65.0])
BANDS = ["60N-90N", "15S-15N", "60S-15S", "90S-60S"]
PRESSURE = (100.0, 1e4, 9e4)


@pytest.fixture
def fields():
    """What library, PyTorch and reference give for four columns."""
    generator = np.random.default_rng(5)
    network = generator.normal(size=(4, 3))
    return network, network + 1e-3, generator.normal(size=(4, 3))


@pytest.fixture
def replay(fields):
    network, expected, reference = fields
    regions = globe_and_bands(LATITUDE)
    difference, scores = Scores(regions, 3), Scores(regions, 3)
    difference.add(network, expected)
    scores.add(network, reference)
    output = OutputResult(
        field=Field("drag", "m s-2", "full", "float64"),
        pressure=PRESSURE,
        levels=slice(None),
        difference=difference,
        reference="gwfcng_x",
        scores=scores,
        zonal_means={},
        maximum_magnitude=0.5,
        columns_beyond=2,
    )
    return Replay(range(2, 3), 4, PRESSURE, 1e-6, [output], has_latitude=True)


def printed(replay, levels):
    with (output := console.tables()).capture() as capture:
        print_tables(output, replay, levels=levels)
    return capture.get().splitlines()


def cells(lines, name):
    """Cells of the row of a region."""
    row = next(line for line in lines if line.startswith("│") and name in line)
    return [cell.strip() for cell in row.strip("│").split("│")][1:]


def test_json_has_every_region_and_level(replay, fields):
    (variable,) = as_dict(replay)["variables"]

    assert list(variable["bands"]) == BANDS
    assert [level["pressure"] for level in variable["levels"]] == list(PRESSURE)
    assert variable["globe"]["samples"] == 12
    assert variable["globe"]["eager"]["max"] == pytest.approx(1e-3, rel=1e-12)
    network, _, reference = fields
    found = variable["bands"]["15S-15N"]["reference"]
    expected = Moments.of(network[2], reference[2])
    assert found["r2"] == pytest.approx(float(expected.r2), rel=1e-12)
    assert found["max_error"] == np.abs(network[2] - reference[2]).max()
    assert variable["columns_beyond"] == 2


def test_json_has_null_for_undefined_scores(replay):
    scores = Scores(globe_and_bands(None), 3)
    scores.add(np.ones((4, 3)), np.zeros((4, 3)))
    calm = replace(replay.outputs[0], scores=scores, difference=scores)

    text = json.dumps(as_dict(replace(replay, outputs=[calm])), allow_nan=False)

    (variable,) = json.loads(text)["variables"]
    assert variable["globe"]["reference"]["r2"] is None
    assert variable["globe"]["reference"]["bias"] == 1.0
    assert variable["bands"] == {}


def test_json_of_an_output_without_reference_has_none(replay):
    bare = replace(replay.outputs[0], reference=None, scores=None)

    (variable,) = as_dict(replace(replay, outputs=[bare]))["variables"]

    assert variable["reference"] is None
    assert variable["globe"]["reference"] is None


@pytest.mark.parametrize(("levels", "rows"), [(True, 1 + 4 + 3), (False, 1 + 4)])
def test_tables_have_a_row_for_each_region(replay, levels, rows):
    lines = printed(replay, levels)

    assert sum(line.startswith("│") for line in lines) == rows
    assert "drag [m s-2], reference gwfcng_x" in lines
    assert [b for line in lines for b in BANDS if b in line] == BANDS
    assert "2 of 4 columns exceed 0.5 m s-2" in " ".join(lines)


def test_rows_have_the_difference_and_the_scores(replay, fields):
    network, _, reference = fields
    lines = printed(replay, levels=True)

    expected = Moments.of(network[:, 1], reference[:, 1])
    assert cells(lines, "100 hPa") == [
        "1.0e-03",
        "1.0e-03",
        f"{expected.r2:.3f}",
        f"{expected.correlation:.3f}",
        f"{expected.rms_error:.2e}",
        f"{expected.bias:.1e}",
        f"{expected.rms_reference:.2e}",
    ]


def test_table_without_reference_has_the_difference_alone(replay):
    bare = replace(replay.outputs[0], reference=None, scores=None)

    assert cells(printed(replace(replay, outputs=[bare]), False), "globe") == [
        "1.0e-03",
        "1.0e-03",
    ]


def test_a_band_without_columns_has_no_numbers(replay, fields):
    """The largest of no difference is not 0, which would read as agreement."""
    present = LATITUDE > -60.0
    regions = globe_and_bands(LATITUDE)
    difference, scores = Scores(regions, 3), Scores(regions, 3)
    network, expected, reference = fields
    difference.add(network, expected, present)
    scores.add(network, reference, present)
    bare = replace(replay.outputs[0], difference=difference, scores=scores)
    found = replace(replay, outputs=[bare])

    assert cells(printed(found, levels=False), "90S-60S") == ["-"] * 7
    (variable,) = json.loads(json.dumps(as_dict(found), allow_nan=False))["variables"]
    band = variable["bands"]["90S-60S"]
    assert band["samples"] == 0
    assert set(band["eager"].values()) == {None}
    assert set(band["reference"].values()) == {None}


def test_guards_that_caught_something_have_a_line_each(replay, capsys):
    worst = GuardedValue(
        "eastward_wind", 130.0, "m s-1", 1.3, 65.0, np.nan, 3, 1e4, 2, ""
    )
    levels = np.array([0, 0, 2])
    guards = [
        GuardReport("on_range", "count", 2, 1, levels, worst),
        GuardReport("on_limit", "count", 0, 0, levels * 0, None),
    ]
    found = replace(replay, guards=guards)

    print_guards(console.lines(), found)

    line = capsys.readouterr().out.rstrip("\n")
    assert line == (
        "on_range = count: 2 of 4 columns; the worst: eastward_wind 130 m s-1 at level "
        "3 from the top, latitude 65, 1.3 times the bound"
    )
    first, second = as_dict(found)["guards"]
    assert (first["levels"], first["worst"]["value"]) == ([0, 0, 2], 130.0)
    assert second["worst"] is None
    json.dumps(first | {"worst": None})
