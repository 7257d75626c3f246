import argparse
import json

import pytest
import recipes
from safetensors.torch import load_file, save_file
from training_files import NLEV, training_set, written

from gwparam.commands.states import add_options, assignments, read_machine, read_scaling
from gwparam.errors import ArgumentError
from gwparam.export import export_model


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
        "threads": None,
        "device": None,
    }


def test_assignments_are_read_up_to_the_first_equals_sign():
    assert assignments(["a=b", "c=d=e"], "option", "NAME=VALUE") == {
        "a": "b",
        "c": "d=e",
    }


@pytest.mark.parametrize("text", ["u", "u=", "=u", "="])
def test_what_is_no_assignment_is_refused(text):
    with pytest.raises(ArgumentError, match=f"option is {text}, expected NAME=VALUE"):
        assignments(["a=b", text], "option", "NAME=VALUE")


def test_a_name_is_assigned_once():
    with pytest.raises(ArgumentError, match="option is a twice, expected it once"):
        assignments(["a=b", "a=c"], "option", "NAME=VALUE")


def test_the_network_runs_on_one_thread_of_the_cpu_unless_told():
    assert read_machine(parsed()) == {"threads": 1, "device": "cpu"}
    told = parsed("--threads", "3", "--device", "cuda:1")
    assert read_machine(told) == {"threads": 3, "device": "cuda:1"}
    with pytest.raises(ArgumentError, match="threads is -1, expected at least 0"):
        read_machine(parsed("--threads", "-1"))


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
        ArgumentError, match=r"--variable has no effect on training files"
    ):
        read_scaling(parsed("--variable", "u=ua"), tmp_path / "training.nc")


def test_recipe_of_the_training_that_an_artefact_is_of(
    tmp_path, recipe, tiny_checkpoint
):
    states = written(tmp_path, training_set())
    folder = tmp_path / "training"
    folder.mkdir()
    network = folder / "network.safetensors"
    network.write_bytes(tiny_checkpoint.read_bytes())
    recipes.write_json(folder / "scaling.json", recipe)
    export_model(network, folder / "mine.pt")

    assert read_scaling(parsed(), states, folder / "mine.pt").source == "scaling.json"

    # What lies there of another training says nothing of this artefact.
    changed = {key: value + 1 for key, value in load_file(network).items()}
    save_file(changed, network)
    with pytest.raises(ArgumentError, match="expected --scaling FILE"):
        read_scaling(parsed(), states, folder / "mine.pt")
