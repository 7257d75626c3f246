import numpy as np
import pytest
import torch
from training_files import DEAD, NLEV, PRESSURE, state_set, written

from gwparam.checkpoints import read_checkpoint
from gwparam.errors import ArgumentError, ContractError, InferenceError, ShapeError
from gwparam.networks.own import OwnNetwork
from gwparam.training.loader import SequentialLoader
from gwparam.training.splits import Split
from gwparam.training.statistics import compute_statistics
from gwparam.training.tasks import make_own_task

NET = """
import torch

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear({wide}, {gives})

    def forward(self, {names}):
        rows = torch.cat(({rows},), 1)
        given = self.layer(1e-3 * rows)
        return {result}
"""
SCALED = """
    def set_scaling(self, inputs, outputs):
        self.told = inputs, outputs
"""
CONTRACT = """
name = "net"
citation = "somebody (2026)"
{heading}
[inputs]
eastward_wind = {{ units = "m s-1" }}
surface_air_pressure = {{ units = "Pa", levels = "surface" }}
[outputs]
tendency_of_eastward_wind_due_to_gravity_wave_drag = {{ units = "m s-2", limit = 0.01 }}
{outputs}
"""
SURFACE = 'surface_altitude = { units = "m", levels = "surface" }'
ONE = {
    "wide": NLEV + 1,
    "gives": NLEV,
    "names": "u, p",
    "rows": "u, p.unsqueeze(1)",
    "result": "given",
}
TWO = ONE | {"gives": NLEV + 1, "result": f"(given[:, :{NLEV}], given[:, {NLEV}])"}
ROWS = TWO | {"names": "x", "rows": "x", "result": "given"}
ORDER = f'nlev = {NLEV}\norder = "{{}}"'


def states():
    """With a value at the surface to learn."""
    made = state_set()
    altitude = 0.01 * (made["ps"] - 9.5e4)
    altitude.attrs = {"units": "m", "standard_name": "surface_altitude"}
    return made.assign(orog=altitude)


@pytest.fixture
def make(tmp_path):
    """Network, data, spec and statistics, before anything is standardised."""
    opened = []

    def run(net=ONE, heading="", outputs="", more="", order="top_down", given=None):
        module, contract = tmp_path / "net.py", tmp_path / "net.toml"
        module.write_text(NET.format(**net) + more)
        heading = ORDER.format(order) + "\n" + heading
        contract.write_text(CONTRACT.format(heading=heading, outputs=outputs))
        checkpoint = None if given is None else read_checkpoint(given)
        task = make_own_task(f"{module}:Net", contract, checkpoint)
        data = task.open([written(tmp_path, states(), f"{len(opened)}.nc")])
        opened.append(data)
        torch.manual_seed(3)
        network = task.build({}, data)
        times = range(len(data.samples))
        spec = task.output_spec(network, [Split("training", data, times)])
        model = task.model(network, data, 0.0)
        found = compute_statistics(SequentialLoader(data.samples, times), spec)
        return network.eval(), model.eval(), data, spec, found

    yield run
    for data in opened:
        data.close()


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
@pytest.mark.parametrize(
    ("net", "heading", "outputs"),
    [
        (ONE, "", ""),
        (TWO, "", SURFACE),
        (ROWS, 'tensors = "side_by_side"', SURFACE),
    ],
    ids=["a tensor", "a tuple", "side by side"],
)
def test_what_is_restored_is_what_the_module_gives(make, net, heading, outputs, order):
    network, model, data, spec, found = make(net, heading, outputs, order=order)
    spec.standardise(found)
    features, _ = data.samples.read(0)
    with torch.no_grad():
        restored = spec.restore(model(features))
        inputs = (features,)
        if not heading:
            inputs = (features[:, :NLEV], features[:, NLEV])
        given = network(*inputs)
    if not isinstance(given, tuple):
        given = given.split([NLEV, 1], dim=1) if outputs else (given,)
    assert spec.fields[0][0].startswith("tendency_of_eastward")
    assert len(restored) == len(given) == 1 + bool(outputs)
    for values, expected in zip(restored, given, strict=True):
        expected = expected.reshape(len(features), -1).double()
        assert torch.allclose(values, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
def test_targets_restored_are_those_of_the_file(make, order) -> None:
    _, _, data, spec, found = make(order=order)
    spec.standardise(found)
    _, targets = data.samples.read(1)
    (drag,) = spec.restore(targets)
    expected = states()["utendnogw"].values[1].reshape(NLEV, -1).T
    if order == "bottom_up":
        expected = expected[:, ::-1]
    np.testing.assert_allclose(drag, expected, rtol=1e-5, atol=1e-11)


def test_every_level_counts_alike_and_a_constant_one_is_learned(make) -> None:
    _, _, data, spec, found = make()
    spec.standardise(found)
    targets = torch.cat([data.samples.read(time)[1] for time in range(2)])
    deviation = targets.std(dim=0, correction=0)
    assert float(targets[:, DEAD].abs().max()) < 1e-6
    alive = [level for level in range(NLEV) if level != DEAD]
    assert torch.allclose(deviation[alive], torch.ones(4), atol=1e-4)
    # An error there counts as much as where the drag varies most.
    largest = max(found.targets.standard_deviation)
    wrong = targets.clone()
    wrong[:, DEAD] = 1.0
    (drag,), (right,) = spec.restore(wrong), spec.restore(targets)
    assert torch.allclose((drag - right)[:, DEAD], torch.full((24,), largest).double())


@pytest.mark.parametrize("order", ["top_down", "bottom_up"])
def test_a_module_is_told_the_scaling_that_it_asks_for(make, order) -> None:
    network, _, _, spec, found = make(more=SCALED, order=order)
    spec.standardise(found)
    inputs, outputs = network.told
    wind = states()["ua"].values
    level = slice(None, None, 1 if order == "top_down" else -1)
    mean, deviation = inputs[0]
    np.testing.assert_allclose(mean, wind.mean(axis=(0, 2, 3))[level], rtol=1e-5)
    np.testing.assert_allclose(deviation, wind.std(axis=(0, 2, 3))[level], rtol=1e-4)
    assert [part.shape for part in inputs[1]] == [(1,), (1,)]
    drag = states()["utendnogw"].values
    np.testing.assert_allclose(
        outputs[0][0], drag.mean(axis=(0, 2, 3))[level], rtol=1e-4
    )
    # Where it is constant, the mean is all there is.
    at = DEAD if order == "top_down" else NLEV - 1 - DEAD
    assert float(outputs[0][1][at]) == 0.0


def test_a_pre_trained_module_keeps_its_scaling(make, tmp_path) -> None:
    network, _, _, spec, found = make()
    spec.standardise(found)
    path = tmp_path / "network.safetensors"
    spec.save(path, network.state_dict(), found, None)
    network, _, _, spec, found = make(more=SCALED, given=path)
    spec.standardise(found)
    assert not hasattr(network, "told")


def test_a_checkpoint_says_what_training_saw(make, tmp_path) -> None:
    network, _, _, spec, found = make()
    spec.standardise(found)
    path = tmp_path / "network.safetensors"
    spec.save(path, network.state_dict(), found, "mine")
    checkpoint = read_checkpoint(path)
    described = checkpoint.description
    assert set(checkpoint.weights) == {"layer.weight", "layer.bias"}
    assert (described.name, described.citation) == ("mine", "somebody (2026)")
    wind, pressure = described.training_range
    assert wind.name == "eastward_wind"
    np.testing.assert_allclose(
        wind.maximum, states()["ua"].values.max(axis=(0, 2, 3)), rtol=1e-6
    )
    assert pressure.minimum == pytest.approx([states()["ps"].values.min()])


def test_levels_are_known_where_all_outputs_have_them(make) -> None:
    *_, spec, _ = make(order="bottom_up")
    assert spec.outputs.pressure == tuple(PRESSURE)
    *_, spec, _ = make(TWO, outputs=SURFACE)
    assert spec.outputs.pressure is None
    assert spec.outputs.nlev == NLEV + 1


def test_the_task_is_of_networks_of_ones_own(make, tmp_path) -> None:
    make()
    task = make_own_task(f"{tmp_path / 'net.py'}:Net", tmp_path / "net.toml", None)
    assert task.physical is OwnNetwork


@pytest.mark.parametrize(
    ("net", "message"),
    [
        (ONE | {"wide": 7}, "the module failed on float32 tensors of shape"),
        (ONE | {"gives": 3}, "has shape"),
        (ONE | {"result": "(given, given)"}, "gives a tuple of 2"),
        (ONE | {"result": "given / 0"}, "NaN or Inf"),
    ],
)
def test_a_module_that_does_not_fit_its_contract_is_refused(make, net, message):
    with pytest.raises((ShapeError, InferenceError), match=message):
        make(net)


def test_networks_of_neighbours_are_refused(make) -> None:
    heading = 'geometry = { kind = "stencil", radius = 1, poles = "edge" }'
    with pytest.raises(ContractError, match=r"geometry.kind is stencil in .*net.toml"):
        make(heading=heading)


def test_regularisation_is_the_module_s_own(make, tmp_path) -> None:
    _, _, data, _, _ = make()
    task = make_own_task(f"{tmp_path / 'net.py'}:Net", tmp_path / "net.toml", None)
    with pytest.raises(ArgumentError, match=r"dropout is 0\.1, expected none"):
        task.build({}, data, dropout=0.1)


def test_what_is_constant_everywhere_is_nothing_to_learn(make) -> None:
    _, _, _, spec, found = make()
    still = found.targets.standard_deviation
    object.__setattr__(found.targets, "standard_deviation", (0.0,) * len(still))
    with pytest.raises(ArgumentError, match="is constant everywhere"):
        spec.standardise(found)


def test_a_contract_is_asked_for(tmp_path) -> None:
    with pytest.raises(ArgumentError, match="contract is missing"):
        make_own_task("net.py:Net", None, None)
