import json

import numpy as np

from gwparam.audit.finding import Finding, not_applicable, plain, verdict


def test_verdicts_are_words():
    assert (verdict(True), verdict(False)) == ("good", "not good")


def test_numbers_of_numpy_become_those_of_json():
    given = {1: np.float64(2.0), "a": [np.nan, np.array([1, 2])], "b": (True, "text")}

    assert plain(given) == {"1": 2.0, "a": [None, [1, 2]], "b": [True, "text"]}


def test_a_finding_is_json_without_its_curves():
    numbers = {"levels": np.arange(2)}
    found = Finding("k", "T", "good", 1.0, "it is", "be", numbers, {"c": np.ones(9)})

    assert json.loads(json.dumps(found.as_dict())) == {
        "check": "k",
        "title": "T",
        "verdict": "good",
        "value": 1.0,
        "said": "it is",
        "criterion": "be",
        "numbers": {"levels": [0, 1]},
    }


def test_what_is_not_applicable_has_no_number():
    found = not_applicable("k", "T", "no wind", "be")

    assert (found.verdict, found.value, found.said) == (
        "not applicable",
        None,
        "no wind",
    )
