"""What the contract of one network says: of when, in which precision, how good."""

from dataclasses import replace

import pytest

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import ExpectedError, TrainingDates, TrainingRecord
from gwparam.errors import ArgumentError
from gwparam.export.contract_of import PROBE_COLUMNS, contract_of
from gwparam.networks import from_checkpoint


@pytest.fixture
def read(tiny_checkpoint):
    return read_checkpoint(tiny_checkpoint)


@pytest.fixture
def network(read):
    return from_checkpoint(read)


@pytest.mark.parametrize(
    ("dtype", "stored", "computes"),
    [
        ("float32", "float32", None),
        ("float64", "float64", None),
        ("bfloat16", "float32", "bfloat16"),
    ],
)
def test_fields_have_the_precision_that_they_are_stored_in(
    network, read, dtype, stored, computes
):
    contract = contract_of(network, read, dtype, None)
    fields = [*contract.inputs, *contract.outputs]
    assert {field.dtype for field in fields} == {stored}
    assert contract.compute_dtype == computes
    assert contract.probe.columns == PROBE_COLUMNS
    assert contract.source.sha256 == read.sha256


def test_time_is_that_of_the_export_or_as_it_is_wanted(network, read, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "86400")
    contract = contract_of(network, read, "float32", 0.02)
    assert contract.created == "1970-01-02T00:00:00+00:00"
    assert contract.probe.reduced_tolerance == 0.02
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "yesterday")
    with pytest.raises(ArgumentError, match="SOURCE_DATE_EPOCH is yesterday"):
        contract_of(network, read, "float32", None)


def test_errors_are_of_what_the_network_gives_on_its_levels(network, read):
    name = network.outputs[0].name
    good = ExpectedError(name, 5 * (1e-5,))
    others = (ExpectedError("drag", 5 * (1.0,)), ExpectedError(name, 4 * (1.0,)))
    dates = (TrainingDates("1979-01-01", "1979-12-31"),)
    record = replace(
        read.training or TrainingRecord(),
        training_dates=dates,
        expected_error=(*others, good),
    )
    contract = contract_of(network, replace(read, training=record), "float32", None)
    assert contract.expected_error == (good,)
    assert contract.training_dates == dates
    unknown = contract_of(network, replace(read, training=None), "float32", None)
    assert unknown.expected_error is None
    assert unknown.training_dates is None
