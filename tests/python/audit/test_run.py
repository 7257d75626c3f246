"""Faults that are planted in networks must be found, and nothing else."""

import json

import pytest
from audit_networks import FAULTS, write_globe, write_testbed
from flux_networks import write_flux_artefact

from gwparam.audit.opening import StateFilesOptions, open_artefact, open_native
from gwparam.audit.run import STEPS, Settings, audit
from gwparam.contract import read_contract

FOUND = {
    "none": [],
    # What sees five levels does not know what the waves met below.
    "local": ["critical_levels", "receptive_field"],
    "flat": ["amplitude"],
    "sign": ["critical_levels"],
}


def audited(path, settings=None, **files):
    return audit(
        lambda: open_artefact(path, read_contract(path), StateFilesOptions(**files)),
        settings or Settings(),
    )


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_planted_in_a_column_is_found_and_nothing_else(tmp_path, fault):
    found = audited(write_testbed(tmp_path / "net.pt", fault))

    assert [finding.check for finding in found.faults] == FOUND[fault]
    numbers = {finding.check: finding for finding in found.findings}
    if fault == "local":
        seen = numbers["receptive_field"].numbers["levels_seen_median"]
        assert seen == 5
    if fault == "flat":
        assert numbers["amplitude"].value == pytest.approx(0.0, abs=1e-6)
    else:
        assert numbers["amplitude"].value == pytest.approx(1.0, abs=1e-3)
    assert (numbers["critical_levels"].value > 0.0) == (fault != "sign")


@pytest.mark.parametrize("closed", [True, False])
def test_a_seam_that_is_not_closed_is_found_and_nothing_else(tmp_path, closed):
    found = audited(write_globe(tmp_path / "net.pt", closed=closed))

    faults = [] if closed else ["roll", "seam"]
    assert [finding.check for finding in found.faults] == faults


@pytest.mark.parametrize("kind", ["column", "stencil", "global"])
def test_fluxes_of_every_geometry_are_audited(tmp_path, kind):
    found = audited(write_flux_artefact(tmp_path / "net.pt", kind))

    verdicts = {finding.check: finding.verdict for finding in found.findings}
    assert verdicts["momentum"] == "good"
    assert (verdicts["roll"] != "not applicable") == (kind == "global")
    # The drag of a level depends on the winds at it and its neighbours.
    (seen,) = (f for f in found.findings if f.check == "receptive_field")
    assert 1 < seen.numbers["levels_seen_median"] < 5


def test_the_sample_is_good_in_all_that_applies(sample_artefact, sample_states):
    found = audited(sample_artefact, paths=[sample_states])

    assert not found.faults
    judged = {f.check for f in found.findings if f.verdict == "good"}
    assert {"reversal", "critical_levels", "momentum", "tail", "variance"} <= judged
    assert set(found.caught.values()) == {0}


def test_the_native_scheme_is_good_and_steps_are_told(sample_states):
    steps = []

    found = audit(
        lambda: open_native("ad99", StateFilesOptions([sample_states])),
        Settings(),
        lambda: steps.append(None),
    )

    assert not found.faults
    assert len(steps) == STEPS
    assert found.caught == {}


def test_an_audit_is_json(sample_artefact, sample_states):
    settings = Settings(symmetric=False, source_pressure=3.5e4)
    found = audited(sample_artefact, settings, paths=[sample_states])

    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["columns"] == 512
    assert document["symmetric_source"] is False
    assert document["source_pressure"] == 3.5e4
    verdicts = {check["check"]: check["verdict"] for check in document["checks"]}
    assert verdicts["reversal"] == "not applicable"
    assert verdicts["noise"] == "good"
