import numpy as np
import pytest
from audit_subjects import EAST, NORTH, pair, shear_zones

from gwparam.audit.reference import beside_reference

TRUTH = 1e-6 * shear_zones()
ZERO = np.zeros_like(TRUTH)


def beside(references, north=TRUTH):
    return beside_reference(pair({EAST: TRUTH, NORTH: north}, references=references))


def test_every_component_that_has_a_reference_is_compared():
    found = beside({EAST: TRUTH, NORTH: 2.0 * TRUTH})

    assert list(found.pairs) == [EAST, NORTH]
    np.testing.assert_array_equal(found.pairs[NORTH][1], 2.0 * TRUTH)
    assert (found.none, found.silent, found.said) == ({}, True, "")


def test_a_component_without_a_reference_is_not_compared():
    found = beside({EAST: TRUTH})

    assert (list(found.pairs), found.none) == ([EAST], {})


def test_a_reference_of_0_beside_another_is_named_with_its_answer():
    found = beside({EAST: TRUTH, NORTH: ZERO}, north=0.5 * TRUTH)

    assert list(found.pairs) == [EAST]
    assert found.none == {NORTH: pytest.approx(0.5)}
    assert not found.silent
    assert found.said == "northward 50.0% of the largest reference, expected 0"


def test_references_that_are_all_0_are_said_and_not_compared():
    found = beside({EAST: ZERO, NORTH: ZERO})

    assert (found.pairs, found.none) == ({}, {})
    assert found.said == "the reference is 0 everywhere, and not compared"


def test_no_reference_is_said():
    assert beside({}).said == "the states have no reference"
