from argparse import Namespace
from pathlib import Path

import pytest

from gwparam.commands.given import check_name, check_page, refuse_idle
from gwparam.errors import ArgumentError


@pytest.mark.parametrize("value", ["x", ["a=b"], True, 0])
def test_an_option_without_effect_is_refused(value):
    args = Namespace(lora_rank=value, other=1)
    with pytest.raises(ArgumentError) as caught:
        refuse_idle(args, "without --freeze lora", ("lora_rank",))
    assert str(caught.value) == "--lora-rank has no effect without --freeze lora"


@pytest.mark.parametrize("value", [None, [], False])
def test_what_was_not_given_is_not_refused(value):
    refuse_idle(Namespace(lora_rank=value, other=1), "", ("lora_rank",))


@pytest.mark.parametrize("name", ["", " \t"])
def test_a_name_is_a_text(name):
    check_name(None)
    check_name("mine")
    with pytest.raises(ArgumentError, match="name is empty, expected a text"):
        check_name(name)


def test_a_page_has_a_name_of_its_own():
    check_page("output", Path("run.html"))
    check_page("output", Path("RUN.HTM"))
    with pytest.raises(ArgumentError, match=r"output is run.jsonl, .* ends in \.html"):
        check_page("output", Path("run.jsonl"))
