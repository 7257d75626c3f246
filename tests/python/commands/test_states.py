import argparse
import json

import pytest
import recipes
from training_files import NLEV, training_set, written

from gwparam.commands.states import add_options, assignments, read_scaling
from gwparam.errors import ArgumentError


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_options(parser)
    return parser.parse_args(words)


def test_options_have_defaults():
    args = parsed()

    assert vars(args) == {
        "times": None,
        "variable": [],
        "scaling": None,
        "threads": 1,
        "device": "cpu",
    }


def test_assignments_are_read_up_to_the_first_equals_sign():
    assert assignments(["a=b", "c=d=e"], "--option", "NAME=VALUE") == {
        "a": "b",
        "c": "d=e",
    }


def test_what_is_no_assignment_is_refused():
    with pytest.raises(ArgumentError, match=r"--option is u, expected NAME=VALUE"):
        assignments(["a=b", "u"], "--option", "NAME=VALUE")


@pytest.fixture
def recipe():
    return recipes.recipe(NLEV)


def test_recipe_of_the_option_comes_before_that_of_the_file(tmp_path, recipe):
    path = written(tmp_path, training_set().assign_attrs(gwparam_scaling="{}"))
    scaling = recipes.write_json(tmp_path / "era5.json", recipe)

    found = read_scaling(parsed("--scaling", str(scaling)), path)

    assert found.source == "era5.json"
    assert set(found.transforms) == set(recipe["variables"])


def test_recipe_may_be_in_the_file(tmp_path, recipe):
    dataset = training_set().assign_attrs(gwparam_scaling=json.dumps(recipe))

    found = read_scaling(parsed(), written(tmp_path, dataset))

    assert found.source == "file.nc"


def test_training_files_without_a_recipe_are_refused(tmp_path):
    with pytest.raises(
        ArgumentError,
        match=r"the numbers in .*file.nc are normalised, expected --scaling FILE",
    ):
        read_scaling(parsed(), written(tmp_path, training_set()))


def test_option_for_states_is_refused_with_training_files(tmp_path):
    with pytest.raises(
        ArgumentError, match=r"--variable is for states, these are train"
    ):
        read_scaling(parsed("--variable", "u=ua"), tmp_path / "training.nc")
