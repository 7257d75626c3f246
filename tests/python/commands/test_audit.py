import json

import pytest
from audit_networks import write_testbed

from gwparam.cli import main
from gwparam.commands import audit


@pytest.fixture(scope="module")
def flat(tmp_path_factory):
    """A network with a fault."""
    return write_testbed(tmp_path_factory.mktemp("audit") / "flat.pt", "flat")


def test_the_audit_is_a_table_for_people(capsys, sample_artefact, sample_states):
    assert main(["audit", str(sample_artefact), str(sample_states)]) == 0

    text = capsys.readouterr().out
    assert "512 columns of" in text
    for said in ("Reversal of the wind", "good", "not applicable", "Variance"):
        assert said in text


def test_the_document_holds_every_check(capsys, sample_artefact, tmp_path):
    page = tmp_path / "a.html"

    assert main(["audit", str(sample_artefact), "--json", "--html", str(page)]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["faults"] == 0
    assert document["written"] == [str(page)]
    assert page.stat().st_size > 50_000
    assert len(document["checks"]) == 10
    assert document["states"] == "states by formulas"


@pytest.mark.parametrize(("strict", "status"), [([], 0), (["--strict"], 1)])
def test_a_fault_fails_where_it_shall(capsys, flat, strict, status):
    assert main(["audit", str(flat), *strict]) == status

    text = capsys.readouterr().out
    assert "not good" in text
    assert "Response to the source's amplitude is good if" in text


def test_a_good_network_passes_a_strict_audit(capsys, sample_artefact, sample_states):
    arguments = [str(sample_artefact), str(sample_states), "--strict"]

    assert main(["audit", *arguments]) == 0


def test_the_native_scheme_stands_in_place_of_an_artefact(capsys, sample_states):
    arguments = ["ad99", str(sample_states), "--times", "0", "--strict", "--json"]

    assert main(["audit", *arguments]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["subject"] == "native scheme ad99"
    assert document["columns"] == 256


def test_what_is_told_of_the_source_is_used(capsys, flat):
    told = ["--asymmetric-source", "--source-pressure", "50", "--json"]

    assert main(["audit", str(flat), *told]) == 0

    document = json.loads(capsys.readouterr().out)
    assert document["source_pressure"] == 5000.0
    verdicts = {check["check"]: check["verdict"] for check in document["checks"]}
    assert verdicts["reversal"] == verdicts["momentum"] == "not applicable"


def test_members_are_audited_one_by_one(capsys, tiny_ensemble):
    numbers = []
    for member in ("1", "2"):
        given = ["--members", "one", "--member", member, "--json"]
        assert main(["audit", str(tiny_ensemble), *given]) == 0
        numbers.append(json.loads(capsys.readouterr().out)["checks"][0]["value"])

    assert numbers[0] != numbers[1]


def test_columns_unlike_the_training_are_told(capsys, tmp_path):
    calm = write_testbed(tmp_path / "calm.pt", spread=1.0)

    assert main(["audit", str(calm)]) == 0

    assert "1024 columns were caught by the guard on_range" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--times", "0"], "--times has no effect without states"),
        (["--reference", "none"], "--reference has no effect without states"),
        (["--member", "1"], "--member has no effect without --members one"),
        (["--members", "one"], "--members one needs --member"),
        (["--source-pressure", "0"], "source_pressure is 0.0, expected 0 to 1100 hPa"),
        (["--amplitude", "depth"], "amplitude is depth, expected an input"),
        (
            ["--html", "page.txt"],
            "html is page.txt, expected a name that ends in .html",
        ),
    ],
)
def test_options_without_an_effect_are_refused(
    capsys, tiny_artefact, tmp_path, monkeypatch, arguments, said
):
    monkeypatch.chdir(tmp_path)

    assert main(["audit", str(tiny_artefact), *arguments]) == 2

    assert said in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--device", "--amplitude", "--threads"])
def test_a_native_scheme_takes_no_options_of_networks(capsys, option):
    assert main(["audit", "ad99", option, "1"]) == 2

    assert f"{option} has no effect with a native scheme" in capsys.readouterr().err


def test_the_help_tells_the_exit_status():
    assert "--strict 1" in audit.EPILOG
