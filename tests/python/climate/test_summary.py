import json

import pytest

from gwparam.climate.differences import compare_years
from gwparam.climate.seasons import SEASONS
from gwparam.climate.summary import as_dict, month_name, summarise
from gwparam.commands.answer import as_json


@pytest.fixture(scope="module")
def document(climate):
    return as_json(as_dict(climate))


def test_the_document_is_json(document):
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert list(document["runs"]) == ["network", "ad99"]
    assert document["runs"]["network"]["whole_months"] == 120


def test_it_has_the_numbers_of_the_oscillation(climate, document):
    found = document["qbo"]["network"]
    numbers = climate.sides[0].qbo.numbers

    assert found["period_by_transitions"] == numbers.transition_period
    assert found["standard_deviation"] == numbers.amplitude
    assert found["easterly"]["length"] == numbers.easterly.length
    assert found["months"] == ["1980-01", "1989-12"]
    assert document["qbo"]["ad99"]["cycles"] == 4


def test_it_has_every_whole_winter(document):
    found = document["warmings"]["network"]

    assert found["warmings"] == 3
    assert [winter["winter"] for winter in found["winters"]][:2] == [
        "1980/81",
        "1981/82",
    ]
    by_name = {winter["winter"]: winter for winter in found["winters"]}
    assert by_name["1984/85"]["warmings"] == ["1984-12-20"]
    assert by_name["1985/86"] == {
        "winter": "1985/86",
        "warmings": [],
        "final_warming": "1986-03-25",
        "mean_wind": by_name["1985/86"]["mean_wind"],
    }
    assert found["not_whole"] == ["1979/80", "1989/90"]


def test_it_has_what_is_not_known_and_why(document):
    assert document["warmings"]["ad99"] == {
        "absent": "a time every 30.5 days, expected at most 1 day apart"
    }


def test_it_has_the_differences_by_field_and_season(climate, document):
    for field in ("eastward_wind", "air_temperature"):
        found = document["differences"][field]
        assert list(found) == list(SEASONS)
        one = climate.differences[field]["annual"]
        assert found["annual"]["significant"] == int(one.significant.sum())
        assert found["annual"]["years"] == [10, 12]
        assert found["annual"]["root_mean_square"] == pytest.approx(
            float((one.mean**2).mean() ** 0.5)
        )
    assert "Wilks 2016" in document["test"]


def test_a_difference_of_nothing_is_null(climate):
    nothing = compare_years(*[float("nan") * field for field in _years(climate)])
    changed = type(climate)(climate.sides, {"eastward_wind": {"annual": nothing}})

    found = as_json(as_dict(changed))["differences"]["eastward_wind"]["annual"]

    assert found["root_mean_square"] is None
    assert found["largest"] is None
    assert found["tests"] == 0


def _years(climate):
    field = climate.sides[0].run.fields["eastward_wind"]
    return field[:6], field[6:12]


def test_a_short_run_has_what_its_length_allows(alone):
    found = as_dict(alone)

    assert found["qbo"]["short"]["absent"].startswith("24 whole months")
    assert found["warmings"]["short"]["warmings"] == 0
    assert len(found["warmings"]["short"]["winters"]) == 1
    assert found["differences"] == {}


def test_a_run_beside_itself_has_no_difference(run):
    found = summarise([("one", run), ("other", run)])

    for one in found.differences["eastward_wind"].values():
        assert (one.mean == 0.0).all()
        assert not one.significant.any()


def test_months_have_names():
    assert month_name(12 * 1980) == "1980-01"
    assert month_name(12 * 3 + 11) == "0003-12"
