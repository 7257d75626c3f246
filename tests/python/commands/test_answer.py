from pathlib import Path

from gwparam.commands.answer import as_json


def test_a_document_becomes_what_json_has():
    document = {
        "a": (1, 2.5, float("nan")),
        "b": {"c": Path("x/y.nc"), 4: float("inf")},
        "d": None,
        "e": True,
    }

    assert as_json(document) == {
        "a": [1, 2.5, None],
        "b": {"c": "x/y.nc", "4": None},
        "d": None,
        "e": True,
    }
