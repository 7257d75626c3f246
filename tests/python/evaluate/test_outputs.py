from types import SimpleNamespace

import pytest
from drag_samples import DRAG

from gwparam.contract import Field, Flux, Vertical
from gwparam.data import Levels, open_states
from gwparam.errors import ArgumentError
from gwparam.evaluate.outputs import (
    bind_references,
    comparable_fields,
    given_levels,
    level_pressure,
    scored_fields,
)
from gwparam.evaluate.quantity import DRAG as DRAG_QUANTITY

OWN = (2e3, 3e4, 8e4)


def network(kind="host", order="top_down", given=None):
    """What is asked of the contract of a network that gives one flux."""
    pressure = None if kind == "host" else OWN[:: 1 if order == "top_down" else -1]
    return SimpleNamespace(
        outputs=(Field("flux", "Pa", "full", "float32"),),
        flux=(Flux("flux", "height", 1, "drag", given),),
        tendencies=("drag",),
        vertical=Vertical(kind, order, 3, None, None, pressure=pressure),
    )


def states(order="top_down", knows_half_levels=True):
    pressure = (1e3, 1e4, 9e4)[:: 1 if order == "top_down" else -1]
    levels = Levels("lev", pressure, order)
    return SimpleNamespace(levels=levels, knows_half_levels=knows_half_levels)


def names(fields):
    return [field.name for field in fields]


def test_drag_of_fluxes_is_scored_where_half_levels_are_known():
    assert names(scored_fields(network(), states())) == ["flux", "drag"]
    assert names(scored_fields(network(), states(knows_half_levels=False))) == ["flux"]


@pytest.mark.parametrize(
    ("kind", "knows_half_levels", "expected"),
    [
        ("host", True, ["flux", "drag"]),
        ("pressure", True, ["drag"]),
        # Training files are on the levels of the network.
        ("pressure", False, ["flux"]),
    ],
)
def test_fields_on_the_levels_of_the_files_are_comparable(
    kind, knows_half_levels, expected
):
    files = states(knows_half_levels=knows_half_levels)

    assert names(comparable_fields(network(kind), files)) == expected


@pytest.mark.parametrize("files", ["top_down", "bottom_up"])
@pytest.mark.parametrize("own", ["top_down", "bottom_up"])
def test_pressures_are_in_the_order_of_the_files(files, own):
    turn = 1 if files == "top_down" else -1
    contract = network("pressure", own)

    assert level_pressure(contract, states(files), "flux") == OWN[::turn]
    assert level_pressure(contract, states(files), "drag") == (1e3, 1e4, 9e4)[::turn]


@pytest.mark.parametrize(
    ("files", "own", "expected"),
    [
        ("top_down", "top_down", slice(0, 2)),
        ("bottom_up", "bottom_up", slice(0, 2)),
        ("bottom_up", "top_down", slice(1, 3)),
        ("top_down", "bottom_up", slice(1, 3)),
    ],
)
def test_given_levels_are_in_the_order_of_the_files(files, own, expected):
    contract = network(order=own, given=[0, 2])

    assert given_levels(contract, states(files), "flux") == expected
    assert given_levels(contract, states(files), "drag") == slice(None)


def test_references_are_found_or_named(truth_file):
    fields = DRAG_QUANTITY.fields
    with open_states([truth_file], fields[:1]) as files:
        assert bind_references(files, fields, None) == {
            DRAG[0]: "drag_0",
            DRAG[1]: "drag_1",
        }
        assert bind_references(files, fields[1:], ["drag_0"]) == {DRAG[1]: "drag_0"}
        with pytest.raises(
            ArgumentError, match=r"1 reference variables \(a\), expected 2"
        ):
            bind_references(files, fields, ["a"])
