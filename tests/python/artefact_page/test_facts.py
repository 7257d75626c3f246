from dataclasses import replace

import pytest

from gwparam.artefact_page import facts
from gwparam.contract import read_contract, read_probe


@pytest.fixture(scope="module")
def contract(tiny_artefact):
    return read_contract(tiny_artefact)


def test_inputs_have_their_training_range(contract):
    rows = {row[0]: row[1:] for row in facts.input_rows(contract)}

    assert rows["eastward_wind"] == (
        "m s-1", "full", "float64", "1 to 20", "8 to 25",
    )  # fmt: skip
    assert rows["latitude"][3:] == ("3", "40")


def test_what_is_not_known_is_said(contract):
    rows = list(facts.input_rows(replace(contract, training_range=())))

    assert {row[-1] for row in rows} == {"unknown"}
    assert facts.span(None) == "unknown"


def test_outputs_have_limit_and_probe(contract, tiny_artefact):
    _, outputs = read_probe(tiny_artefact)

    for row in facts.output_rows(contract, outputs):
        assert row[1:6] == ("m s-2", "full", "float64", "tendency", "0.01")
        assert float(row[6]) == pytest.approx(abs(outputs[row[0]]).max(), rel=0.05)


def test_lines_say_how_the_network_sees(contract):
    told = dict(facts.lines(contract))

    assert told["architecture"] == "wavenet, column"
    assert told["levels"].startswith("5 of the host's own, top first")
