"""What ``gwparam qbo`` says in words."""

import argparse

from gwparam.commands.qbo_answer import how, lead
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.runs import Run
from gwparam.qbo.testbed import Testbed


def given(**changes):
    usual = {"years": 108, "column": None, "forcing": None, "first_seed": None}
    usual |= {"relaxation": None, "diffusivity": 0.3, "semiannual": 0.0}
    return argparse.Namespace(**(usual | changes))


def run(name, upwelling=3e-4):
    column = column_of(Testbed(upwelling=upwelling))
    return Run(
        name, column, column.wind[None, None], (-1,), ("",), True, [draw_forcing(1, 0)]
    )


def test_where_it_ran():
    assert "from 17 to 35 km for 108 years" in lead(given())
    assert "in a whole column" in lead(given(column="states.nc"))


def test_settings_of_the_testbed():
    said = dict(how(given(first_seed=4), [run("a"), run("b", 1e-5)]))
    assert said["upwelling"] == "a: 0.0003; b: 1e-05 m s-1"
    assert said["source of the waves"] == "drawn anew each day, seeds from 4"
    alike = dict(how(given(forcing="f.nc"), [run("a"), run("b")]))
    assert alike["upwelling"] == "0.0003 m s-1"
    assert alike["source of the waves"] == "f.nc"


def test_settings_of_a_whole_column_are_cited():
    said = dict(how(given(column="s.nc"), [run("a")]))
    assert said["relaxation"].startswith("above 35 km, in full above 40 km")
    assert "in 10 days: a stand-in of ours" in said["relaxation"]
    assert "Polvani and Kushner (2002)" in said["sponge"]
    assert "Holton and Lindzen 1972" in said["held"]
    none = dict(how(given(column="s.nc", relaxation=0.0), [run("a")]))
    assert none["relaxation"] == "none but that of the sponge"
