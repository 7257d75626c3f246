"""Several checkpoints in one artefact: their mean, each of them, what they agree in."""

import re
from dataclasses import replace

import numpy as np
import pytest
import torch
from ensembles import members_of
from recipes import ann_cnn, attention_unet, options

import gwparam.export.torchscript as torchscript
from gwparam.confidence.columns import check_network
from gwparam.contract import (
    ExpectedError,
    Limit,
    TrainingDates,
    TrainingRange,
    Weights,
    check_contents,
    read_contract,
    read_probe,
)
from gwparam.errors import ArgumentError, ContractError
from gwparam.export import export_model
from gwparam.export.column_program import Lowered
from gwparam.export.exported_program import read_exported
from gwparam.export.members import joined
from gwparam.library import load_scheme

NLEV = 4


def mean_of(answers):
    """As numpy has it: in float64, in the order of the members, rounded once."""
    total = answers[0].astype(np.float64)
    for other in answers[1:]:
        total = total + other.astype(np.float64)
    return (total / len(answers)).astype(answers[0].dtype)


def graph(path, inputs, program=None):
    network = torch.jit.load(path) if program is None else program
    with torch.inference_mode():
        tensors = [torch.from_numpy(values) for values in inputs.values()]
        return [output.numpy() for output in network(*tensors)]


def test_archive_holds_each_member_and_says_so(tiny_ensemble, tiny_members):
    contract = read_contract(tiny_ensemble)
    assert contract.members == 3
    assert contract.backend == "column_program"
    assert contract.source.checkpoint == "a.safetensors"
    names = [weights.checkpoint for weights in contract.source.further]
    assert names == ["b.safetensors", "c.safetensors"]
    check_contents(tiny_ensemble)
    inputs, mean = read_probe(tiny_ensemble)
    members = [read_probe(tiny_ensemble, member) for member in (1, 2, 3)]
    for name, values in mean.items():
        answers = [answer[name] for _, answer in members]
        np.testing.assert_array_equal(values, mean_of(answers))
        assert np.abs(answers[0] - answers[1]).max() > 1e-3 * np.abs(values).max()
    for given, _ in members:
        for name, values in inputs.items():
            np.testing.assert_array_equal(given[name], values)


def test_members_answer_as_their_own_artefacts(tiny_ensemble, tiny_singles):
    for member, path in enumerate(tiny_singles, start=1):
        _, found = read_probe(tiny_ensemble, member)
        _, expected = read_probe(path)
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values)


def test_graph_and_exported_program_give_the_mean(tiny_ensemble, tiny_singles):
    inputs, _ = read_probe(tiny_ensemble)
    singles = [graph(path, inputs) for path in tiny_singles]
    expected = [mean_of(outputs) for outputs in zip(*singles, strict=True)]
    exported = graph(None, inputs, read_exported(tiny_ensemble))
    for found, again, wanted in zip(
        graph(tiny_ensemble, inputs), exported, expected, strict=True
    ):
        np.testing.assert_array_equal(found, wanted)
        np.testing.assert_allclose(again, wanted, rtol=0, atol=1e-5 * abs(wanted).max())


def test_same_checkpoints_give_the_same_bytes(
    tiny_ensemble, tiny_members, tmp_path, monkeypatch
):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    paths = [tmp_path / "first.pt", tmp_path / "second.pt"]
    for path in paths:
        export_model(tiny_members, path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    export_model(tiny_members[::-1], paths[1])
    assert paths[0].read_bytes() != paths[1].read_bytes()


@pytest.mark.parametrize("kind", ["column", "3x3", "image"])
def test_networks_that_run_through_libtorch(tmp_path, monkeypatch, kind):
    """Of columns without a program, of neighbours, and of the globe."""
    monkeypatch.setattr(
        torchscript, "make_program", lambda *_: Lowered(libtorch="not wanted")
    )
    others, checkpoint = {}, tmp_path / "net.ckpt"
    if kind == "image":
        attention_unet(checkpoint, 16, 8)
        others = {"grid": "16x32"}
    else:
        ann_cnn(checkpoint, 19, 8, {"column": 1, "3x3": 3}[kind])
    given = options(tmp_path, NLEV, **others)
    checkpoints = members_of(checkpoint, tmp_path, 2)
    path = tmp_path / "ensemble.pt"
    export = export_model(checkpoints, path, options=given)
    singles = [tmp_path / "first.pt", tmp_path / "second.pt"]
    for member, single in zip(checkpoints, singles, strict=True):
        export_model(member, single, options=given)

    assert (export.contract.backend, export.contract.members) == ("torchscript", 2)
    assert export.libtorch == "member 1, a.ckpt: not wanted"
    inputs, mean = read_probe(path)
    answers = [graph(single, inputs) for single in singles]
    for i, values in enumerate(mean.values()):
        expected = mean_of([answer[i] for answer in answers])
        np.testing.assert_allclose(
            values, expected, rtol=0, atol=1e-6 * np.abs(expected).max()
        )
    # Each is held against its own answers as it is loaded.
    for which in (
        {},
        {"members": "one", "member": 2},
        {"members": "drawn", "member_seed": 1},
    ):
        with load_scheme(path, **which) as scheme:
            assert scheme.contract.members == 2


def test_one_member_is_an_artefact_as_ever(tiny_checkpoint, tmp_path, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    export_model([tiny_checkpoint], tmp_path / "one.pt")
    export_model(tiny_checkpoint, tmp_path / "same.pt")
    assert (tmp_path / "one.pt").read_bytes() == (tmp_path / "same.pt").read_bytes()
    assert read_contract(tmp_path / "one.pt").members is None


def test_an_error_that_one_expects_is_no_matter_of_several(
    tiny_members, tiny_ensemble, tmp_path
):
    with pytest.raises(ArgumentError, match="confidence is for one checkpoint"):
        export_model(
            tiny_members, tmp_path / "net.pt", confidence=tiny_members[0].parent
        )
    with pytest.raises(ContractError, match="has 3 members, expected the artefact of"):
        check_network(read_contract(tiny_ensemble))


@pytest.mark.parametrize("count", [0, 65])
def test_number_of_checkpoints_is_checked(tiny_checkpoint, tmp_path, count):
    message = f"there are {count} checkpoints, expected 1 to 64"
    with pytest.raises(ArgumentError, match=message):
        export_model(count * [tiny_checkpoint], tmp_path / "net.pt")


def test_the_same_weights_twice_are_refused(tiny_members, tmp_path):
    message = re.escape("a.safetensors is a.safetensors again, expected other weights")
    with pytest.raises(ContractError, match=message):
        export_model([*tiny_members[:2], tiny_members[0]], tmp_path / "net.pt")
    assert not (tmp_path / "net.pt").exists()


@pytest.fixture
def contracts(tiny_singles):
    return [read_contract(path) for path in tiny_singles]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda c: {"limits": (Limit(c.limits[0].name, 0.5), c.limits[1])},
            "limits[0].maximum_magnitude is 0.5, expected 0.01",
        ),
        (
            lambda c: {
                "inputs": (replace(c.inputs[0], dtype="float64"), *c.inputs[1:])
            },
            "inputs[0].dtype is float64, expected float32",
        ),
        (
            lambda c: {"vertical": replace(c.vertical, nominal_pressure=None)},
            "vertical.nominal_pressure is None, expected [1000.0, 10000.0",
        ),
        (lambda c: {"lead_time": 3600.0}, "lead_time is 3600.0, expected None"),
        (
            lambda c: {"source": replace(c.source, architecture="ann_cnn")},
            "source.architecture is ann_cnn, expected wavenet",
        ),
    ],
)
def test_members_agree_in_what_a_host_depends_on(contracts, change, message):
    other = replace(contracts[1], **change(contracts[1]))
    with pytest.raises(ContractError) as refused:
        joined([contracts[0], other])
    text = str(refused.value)
    assert text.startswith("b.safetensors: " + message)
    assert text.endswith("as in a.safetensors")


def with_range(contract, **parts):
    first, *rest = contract.training_range
    return replace(contract, training_range=(replace(first, **parts), *rest))


def test_ranges_of_training_are_those_of_all(contracts):
    nlev = 5
    one = with_range(
        contracts[0],
        mean=nlev * (1.0,),
        standard_deviation=nlev * (2.0,),
        minimum=nlev * (-7.0,),
        maximum=nlev * (5.0,),
    )
    other = with_range(
        contracts[1],
        mean=nlev * (3.0,),
        standard_deviation=nlev * (4.0,),
        minimum=nlev * (-6.0,),
        maximum=nlev * (9.0,),
    )
    found = joined([one, other]).training_range
    assert found[0] == TrainingRange(
        one.training_range[0].name,
        nlev * (2.0,),
        nlev * (pytest.approx(np.sqrt((4.0 + 16.0) / 2.0 + 1.0)),),
        nlev * (-7.0,),
        nlev * (9.0,),
    )
    assert found[1:] == contracts[0].training_range[1:]  # where they are the same
    unknown = with_range(other, standard_deviation=None, minimum=None)
    (first, *_) = joined([one, unknown]).training_range
    assert (first.mean, first.maximum) == (nlev * (2.0,), nlev * (9.0,))
    assert first.standard_deviation is None
    assert first.minimum is None
    unknown = with_range(other, mean=None)
    (first, *_) = joined([one, unknown]).training_range
    assert (first.mean, first.standard_deviation) == (None, None)
    absent = replace(other, training_range=other.training_range[1:])
    assert joined([one, absent]).training_range == one.training_range[1:]


def test_dates_are_of_all_and_an_error_stays_only_if_it_is_the_same(contracts):
    old, new = (
        TrainingDates("1979-01-01", "1989-12-31"),
        TrainingDates("1990-01-01", "1999-12-31"),
    )
    name = contracts[0].outputs[0].name
    errors = (ExpectedError(name, 5 * (1e-5,)),)
    one = replace(contracts[0], training_dates=(old,), expected_error=errors)
    two = replace(contracts[1], training_dates=(new, old), expected_error=errors)
    both = joined([one, two])
    assert both.training_dates == (old, new)
    assert both.expected_error == errors
    worse = replace(two, expected_error=(ExpectedError(name, 5 * (2e-5,)),))
    assert joined([one, worse]).expected_error is None
    unknown = replace(two, training_dates=None)
    assert joined([one, unknown]).training_dates is None
    assert both.source.further == (Weights("b.safetensors", two.source.sha256),)
