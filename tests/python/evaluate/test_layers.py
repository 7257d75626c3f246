import math

import numpy as np
import pytest

from gwparam.errors import ArgumentError
from gwparam.evaluate.layers import ATMOSPHERE, Layer, choose_layers, read_layer

# Of MERRA-2 and of ERA5, with levels on the edges [Pa].
PRESSURE = np.array([50.0, 100.0, 1e3, 4.7e3, 4.8e3, 1e4, 5e4, 9.85e4, 1e5])


def names(layers):
    return [layer.name for layer in layers]


def test_every_level_is_in_one_region_of_the_atmosphere():
    found = np.concatenate([layer.levels(PRESSURE) for layer in ATMOSPHERE])

    assert sorted(found) == list(range(PRESSURE.size))
    assert ATMOSPHERE[0].levels(PRESSURE).tolist() == [0]
    assert ATMOSPHERE[2].levels(PRESSURE).tolist() == [2, 3, 4]


def test_regions_without_a_level_are_left_out():
    assert names(choose_layers(PRESSURE[5:])) == ["troposphere"]


def test_what_the_pre_training_saw_is_told_apart_for_its_networks_alone():
    own = choose_layers(PRESSURE, ["wavenet", "prithvi_gw"])

    assert names(choose_layers(PRESSURE, ["wavenet"])) == names(own[:4])
    above, inside, below = own[4:]
    assert above.levels(PRESSURE).tolist() == [0, 1, 2, 3]
    assert inside.levels(PRESSURE).tolist() == [4, 5, 6, 7]
    assert below.levels(PRESSURE).tolist() == [8]


def test_regions_of_the_user_come_last():
    found = choose_layers(PRESSURE, given=[Layer("sponge", 0.0, 85.0)])

    assert found[-1].levels(PRESSURE).tolist() == [0]


@pytest.mark.parametrize(
    ("layer", "message"),
    [
        (Layer("gap", 200.0, 300.0), "no level lies in gap, 2 to 3 hPa"),
        (Layer("troposphere", 2e4, 1e5), "layer is troposphere, expected a name of"),
        (Layer("all levels", 0.0, 1e5), "layer is all levels, expected a name of"),
    ],
)
def test_regions_that_say_nothing_are_refused(layer, message):
    with pytest.raises(ArgumentError, match=message):
        choose_layers(PRESSURE, given=[layer])


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("10:100", (1e3, 1e4)),
        (":0.85", (0.0, 85.0)),
        ("500:", (5e4, math.inf)),
    ],
)
def test_a_region_is_read_in_hectopascal(text, ends):
    found = read_layer("mine", text)

    assert (found.name, found.top, found.bottom) == ("mine", *ends)


@pytest.mark.parametrize("edge", ["0.07", "0.28", "1.1", "1.15", "57", "0.1", "985"])
def test_a_level_on_an_edge_is_below_it_however_it_is_written(edge):
    """In Pa, or in hPa times 100, in single or double precision."""
    above, below = read_layer("above", f":{edge}"), read_layer("below", f"{edge}:")
    pascal = float(f"{edge}e2")
    written = np.array(
        [pascal, np.float32(pascal), 100.0 * float(edge), 100.0 * np.float32(edge)]
    )

    assert above.levels(written).size == 0
    assert below.levels(written).size == written.size


def test_a_region_has_a_name():
    assert read_layer(" mine ", "1:2").name == "mine"
    with pytest.raises(ArgumentError, match=r"expected NAME=TOP:BOTTOM in hPa"):
        read_layer(" ", "10:100")


@pytest.mark.parametrize("text", ["10", "100:10", "10:10", "a:b", "-5:10", "nan:1"])
def test_what_is_no_region_is_refused(text):
    with pytest.raises(ArgumentError, match=r"expected NAME=TOP:BOTTOM in hPa"):
        read_layer("mine", text)
