from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gwparam.artefact_page import figures
from gwparam.contract import Contract, ExpectedError, read_contract, read_probe
from gwparam.pages import picture

EASTWARD = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
BASES = Path(__file__).parents[2] / "contract" / "bases"
PRESSURE = [10.0, 100.0, 300.0, 600.0, 900.0]


@pytest.fixture(scope="module")
def contract(tiny_artefact):
    return read_contract(tiny_artefact)


@pytest.fixture
def drawn(monkeypatch):
    """Keep the axes of panels."""
    found = []

    def keep(figure, **_):
        figure.draw_without_rendering()
        found.append(figure.axes[0])
        return "data:image/png;base64,"

    monkeypatch.setattr(picture, "embed", keep)
    return found


def test_ranges_are_those_of_training_at_the_pressures(contract, drawn):
    found = figures.ranges(contract)

    assert len(found.panels) == 2  # the winds; the others have no levels
    line = drawn[0].lines[0]
    np.testing.assert_allclose(line.get_xdata(), [20.0, 10.0, 5.0, 2.0, 1.0])
    np.testing.assert_allclose(line.get_ydata(), PRESSURE)
    extremes = drawn[0].collections[0].get_paths()[0].vertices
    assert extremes[:, 0].max() == 20.0 + 3 * 25.0
    assert drawn[0].get_title("left") == "Eastward wind"
    bottom, top = drawn[0].get_ylim()
    assert bottom > top


def test_probe_shows_what_the_network_gives(contract, tiny_artefact, drawn):
    _, outputs = read_probe(tiny_artefact)

    figures.probe(contract, outputs)

    shown = np.array([line.get_xdata() for line in drawn[0].lines[:-1]])
    np.testing.assert_array_equal(shown, outputs[EASTWARD])
    title = drawn[0].get_title("left")
    assert title == "Tendency of eastward wind due to\ngravity wave drag"


def test_levels_of_unknown_pressure_are_numbered(contract, drawn):
    vertical = replace(contract.vertical, nominal_pressure=None)

    figures.ranges(replace(contract, vertical=vertical))

    np.testing.assert_array_equal(drawn[0].lines[0].get_ydata(), [1, 2, 3, 4, 5])
    assert drawn[0].get_ylabel() == "level of the network"


def test_expected_error_is_drawn_by_level(contract, drawn):
    rms = (1e-5, 2e-5, 3e-5, 4e-5, 5e-5)
    known = replace(contract, expected_error=(ExpectedError(EASTWARD, rms),))

    figures.expected_error(known)

    np.testing.assert_array_equal(drawn[0].lines[0].get_xdata(), rms)
    assert drawn[0].get_xlabel() == "[m s-2]"


def test_what_is_not_known_is_not_drawn(contract):
    assert figures.expected_error(contract) is None
    assert figures.ranges(replace(contract, training_range=())) is None
    surface = tuple(
        replace(field, levels="surface", kind="other") for field in contract.outputs
    )
    at_surface = replace(contract, outputs=surface, limits=())
    assert figures.probe(at_surface, {}) is None


def test_levels_of_an_image_are_found(drawn):
    """Levels come first there, (level, latitude, longitude), and the ground here."""
    contract = Contract.from_json((BASES / "global.json").read_text())
    image = np.arange(3.0)[:, None, None] * np.ones((3, 3, 4))

    figures.probe(contract, {field.name: image for field in contract.outputs})

    np.testing.assert_array_equal(drawn[0].lines[0].get_xdata(), np.arange(3.0))
    np.testing.assert_allclose(drawn[0].lines[0].get_ydata(), [990.0, 520.0, 10.0])
