import numpy as np
import pytest

from gwparam.conformance.eager import EagerNetwork
from gwparam.conformance.report import as_dict
from gwparam.conformance.run import replay
from gwparam.contract import Limit, Probe
from gwparam.data import open_inputs, open_states
from gwparam.errors import ArgumentError, ContractError, NonFiniteError
from gwparam.evaluate.outputs import bind_references

# Scores of the same numbers, summed in another order.
ROUNDING = 1e-11
SECONDS_PER_DAY = 86400.0


class Offset:
    """A library whose answers are off by a constant."""

    def __init__(self, predictor, offset):
        self.predictor = predictor
        self.offset = offset
        self.levels = None

    def set_levels(self, pressure, order="top_down"):
        self.levels = (pressure, order)
        self.predictor.set_levels(pressure, order)

    def predict(self, fields):
        outputs = self.predictor.predict(fields)
        return {name: values + self.offset for name, values in outputs.items()}


@pytest.fixture
def eager(network, contract):
    return EagerNetwork(network, contract, None, "the network")


def run(library, eager, contract, path, references=None, times=range(3)):
    with open_inputs([path], contract) as states:
        bound = bind_references(states, contract.outputs, references)
        return replay(library, eager, contract, states, bound, times)


def test_equal_answers_agree(eager, contract, states_file):
    result = run(eager, eager, contract, states_file)

    assert result.agrees
    assert [v.relative_difference for v in result.outputs] == [0.0, 0.0]


def test_difference_is_relative_to_the_largest_value(
    eager, contract, states_file, expected
):
    result = run(Offset(eager, 1e-7), eager, contract, states_file)

    for variable in result.outputs:
        largest = np.abs(expected[variable.field.name]).max()
        np.testing.assert_allclose(
            variable.relative_difference, 1e-7 / largest, rtol=1e-8
        )
    assert not result.agrees


@pytest.mark.parametrize(("factor", "agrees"), [(1.01, True), (0.99, False)])
def test_agreement_is_judged_by_the_tolerance_of_the_artefact(
    eager, contract, states_file, expected, factor, agrees
):
    smallest = min(np.abs(values).max() for values in expected.values())
    tolerance = factor * 1e-7 / smallest
    contract = _replace(contract, probe=Probe(2, tolerance))

    result = run(Offset(eager, 1e-7), eager, contract, states_file)

    assert result.agrees is agrees


def test_scores_against_the_reference_are_those_of_whole_arrays(
    eager, contract, dataset, states_file, expected
):
    result = as_dict(run(eager, eager, contract, states_file))

    truths = (dataset.truth_x.values / SECONDS_PER_DAY, dataset.truth_y.values)
    for found, truth in zip(result["variables"], truths, strict=True):
        predicted = expected[found["name"]]
        _assert_scores(found["globe"]["reference"], predicted, truth)
        tropics = slice(2, 3)
        _assert_scores(
            found["bands"]["15S-15N"]["reference"],
            predicted[:, :, tropics],
            truth[:, :, tropics],
        )
        _assert_scores(found["levels"][3]["reference"], predicted[:, 3], truth[:, 3])
        assert found["levels"][3]["pressure"] == 5e4


def test_times_limit_what_is_scored(eager, contract, dataset, states_file, expected):
    result = as_dict(run(eager, eager, contract, states_file, times=range(1, 3)))

    name = contract.outputs[1].name
    assert result["times"] == 2
    _assert_scores(
        result["variables"][1]["globe"]["reference"],
        expected[name][1:],
        dataset.truth_y.values[1:],
    )


def test_levels_are_stated_in_the_order_of_the_file(eager, contract, dataset, tmp_path):
    path = tmp_path / "bottom_up.nc"
    dataset.isel(lev=slice(None, None, -1)).to_netcdf(path)
    library = Offset(eager, 0.0)

    run(library, eager, contract, path)

    pressure, order = library.levels
    assert order == "bottom_up"
    np.testing.assert_allclose(pressure, [9e4, 5e4, 1e4, 1e3, 1e2])


def test_references_are_found_by_standard_name(contract, states_file):
    with open_states([states_file], contract.inputs, contract.vertical) as states:
        found = bind_references(states, contract.outputs, None)

    assert list(found.values()) == ["truth_x", "truth_y"]


def test_references_are_taken_in_the_order_of_the_outputs(contract, states_file):
    with open_states([states_file], contract.inputs, contract.vertical) as states:
        found = bind_references(states, contract.outputs, ["truth_y", "truth_x"])

    assert found == {
        contract.outputs[0].name: "truth_y",
        contract.outputs[1].name: "truth_x",
    }


def test_references_refuse_another_number_than_outputs(contract, states_file):
    with (
        open_states([states_file], contract.inputs, contract.vertical) as states,
        pytest.raises(ArgumentError, match=r"1 reference variables .*, expected 2"),
    ):
        bind_references(states, contract.outputs, ["truth_x"])


def test_references_refuse_variable_that_is_no_tendency(contract, states_file):
    with (
        open_states([states_file], contract.inputs, contract.vertical) as states,
        pytest.raises(ContractError, match='has units "km h-1", expected "m s-2"'),
    ):
        bind_references(states, contract.outputs, ["truth_x", "u"])


def test_replay_without_reference_compares_with_eager_only(
    eager, contract, dataset, tmp_path
):
    path = tmp_path / "bare.nc"
    dataset.drop_vars(["truth_x", "truth_y"]).to_netcdf(path)

    result = run(eager, eager, contract, path)

    assert result.agrees
    assert as_dict(result)["variables"][0]["globe"]["reference"] is None


@pytest.fixture
def holes(dataset, tmp_path):
    """Two columns lack a wind at the lowest level, one the eastward reference."""
    dataset.u[1, -1, 2, 3] = dataset.u[1, -1, 0, 1] = np.nan
    dataset.truth_x[0, 0, 3, 5] = np.nan
    path = tmp_path / "holes.nc"
    filled = {"_FillValue": 1e20}
    dataset.to_netcdf(path, encoding={"u": filled, "truth_x": filled})
    return path


class Remembers(Offset):
    """A library that remembers how many columns it was given."""

    def __init__(self, predictor):
        super().__init__(predictor, 0.0)
        self.given = []

    def predict(self, fields):
        winds = fields["eastward_wind"]
        assert all(np.isfinite(values).all() for values in fields.values())
        self.given.append(winds[..., 0].size)
        return super().predict(fields)


def test_columns_that_the_file_declares_missing_are_left_out(
    eager, contract, dataset, holes, expected
):
    library = Remembers(eager)

    result = run(library, eager, contract, holes)

    assert library.given == [24, 22, 24]
    assert result.agrees
    found = as_dict(result)
    counts = {"columns": 2, "of": 72, "fields": {"eastward_wind": 2}}
    assert found["left_out"] == counts
    present = np.ones((3, 5, 4, 6), bool)
    present[1, :, 2, 3] = present[1, :, 0, 1] = False
    east, north = found["variables"]
    assert (east["without_reference"], north["without_reference"]) == (1, 0)
    samples = [v["globe"]["samples"] for v in (east, north)]
    assert samples == [present.sum(), present.sum()]
    network = expected[contract.outputs[1].name]
    _assert_scores(
        north["globe"]["reference"], network[present], dataset.truth_y.values[present]
    )
    present[0, :, 3, 5] = False
    network = expected[contract.outputs[0].name]
    truth = dataset.truth_x.values / SECONDS_PER_DAY
    _assert_scores(east["globe"]["reference"], network[present], truth[present])
    for name, field in (("network", network), ("reference", truth)):
        rows = np.ma.masked_array(field, ~present).mean(axis=(0, 3))
        zonal_mean = result.outputs[0].zonal_means[name].mean
        np.testing.assert_allclose(zonal_mean, rows, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("v", "time 1: northward_wind is missing in every column"),
        ("truth_y", "truth_y is missing in every column that the network ran in"),
    ],
)
def test_a_file_that_declares_all_columns_missing_is_refused(
    eager, contract, dataset, tmp_path, name, message
):
    path = tmp_path / "empty.nc"
    dataset[name][slice(None) if name == "truth_y" else 1] = np.nan
    dataset.to_netcdf(path, encoding={name: {"_FillValue": 1e20}})

    with pytest.raises(NonFiniteError, match=message):
        run(eager, eager, contract, path)


def test_columns_beyond_the_limits_are_counted(eager, contract, states_file, expected):
    name = contract.outputs[0].name
    limit = float(np.median(np.abs(expected[name]).max(axis=1)))
    contract = _replace(contract, limits=(Limit(name, limit), contract.limits[1]))

    result = run(eager, eager, contract, states_file)

    assert result.outputs[0].columns_beyond == 3 * 4 * 6 // 2
    assert result.outputs[1].columns_beyond == 0


def test_zonal_means_are_those_of_whole_arrays(
    eager, contract, dataset, states_file, expected
):
    variable = run(eager, eager, contract, states_file).outputs[0]

    for name, field in (
        ("network", expected[variable.field.name]),
        ("reference", dataset.truth_x.values / SECONDS_PER_DAY),
    ):
        np.testing.assert_allclose(
            variable.zonal_means[name].mean, field.mean(axis=(0, 3)), rtol=ROUNDING
        )


def test_replay_tells_when_a_time_is_done(eager, contract, states_file):
    done = []
    with open_states([states_file], contract.inputs, contract.vertical) as states:
        replay(
            eager, eager, contract, states, {}, range(2), advance=lambda: done.append(1)
        )

    assert len(done) == 2


def _replace(contract, **changes):
    from dataclasses import replace

    return replace(contract, **changes)


def _assert_scores(found, predicted, truth):
    error = predicted - truth
    spread = ((truth - truth.mean()) ** 2).mean()
    expected = {
        "bias": error.mean(),
        "rms_error": np.sqrt((error**2).mean()),
        "max_error": np.abs(error).max(),
        "rms_reference": np.sqrt((truth**2).mean()),
        "r2": 1.0 - (error**2).mean() / spread,
        "correlation": np.corrcoef(predicted.ravel(), truth.ravel())[0, 1],
    }
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=ROUNDING, err_msg=name)
