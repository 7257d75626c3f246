import argparse
from dataclasses import fields

from gwparam.commands.finetune_options import (
    add_options,
    architectures,
    file_options,
)
from gwparam.networks import NETWORKS
from gwparam.training.settings import Settings

ELSEWHERE = {"arch", "module", "contract", "output", "options"}
"""Settings of other places: what is trained, where to, and options of the files."""


def test_every_setting_has_an_option() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    given = {action.dest for action in parser._actions} - {"help"}
    of_files = {option.name for option in file_options()}
    assert given - of_files == {f.name for f in fields(Settings)} - ELSEWHERE


def test_nothing_is_given_by_itself() -> None:
    parser = argparse.ArgumentParser()
    add_options(parser)
    assert all(value is None for value in vars(parser.parse_args([])).values())


def test_options_of_files_are_those_of_the_networks() -> None:
    known = {o.name for n in NETWORKS.values() for o in n.options if not o.frozen}
    assert {option.name for option in file_options()} == known
    assert len(file_options()) == len(known)
    assert architectures() == ", ".join(NETWORKS)
