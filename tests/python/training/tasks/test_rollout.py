import pytest
import torch
from qbo_rollouts import DRAG, write_module, write_run

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import ExpectedError, TrainingRecord
from gwparam.errors import ContractError
from gwparam.training.loader import SequentialLoader
from gwparam.training.splits import Split
from gwparam.training.statistics import compute_statistics
from gwparam.training.tasks import make_own_task
from gwparam.training.tasks.rollout import RolloutTask


@pytest.fixture
def make(tmp_path):
    """Network, model, data and spec, standardised."""
    opened = []

    def run(order="bottom_up", step=24, hours=48):
        module, contract = write_module(tmp_path, order)
        task = make_own_task(module, contract, None, hours)
        assert isinstance(task, RolloutTask)
        data = task.open([write_run(tmp_path, f"{len(opened)}.nc", hours=step)])
        opened.append(data)
        network = task.build({}, data)
        before, after = data.edges
        times = range(before, len(data.samples) - after)
        spec = task.output_spec(network, [Split("training", data, times)])
        model = task.model(network, data, 0.0)
        found = compute_statistics(SequentialLoader(data.samples, times), spec)
        spec.standardise(found)
        return network, model, data, spec, found

    yield run
    for data in opened:
        data.close()


@pytest.mark.parametrize("order", ["bottom_up", "top_down"])
@pytest.mark.parametrize(("step", "hours"), [(24, 24), (24, 72), (6, 24)])
def test_waves_lead_to_the_winds_of_the_file(make, order, step, hours) -> None:
    _, model, data, spec, _ = make(order, step, hours)
    features, targets = data.samples.read(20)
    with torch.no_grad():
        found = spec.restore(model(features))
    expected = spec.restore(targets)
    names = [name for name, _ in spec.fields]
    after = [f"eastward_wind after {step * (1 + n)} h" for n in range(hours // step)]
    assert names == [DRAG, *after]
    assert len(found) == len(names) == len(spec.outputs.names)
    for name, values, wanted in zip(names, found, expected, strict=True):
        largest = float(wanted.abs().max())
        assert largest > 0.0
        assert float((values - wanted).abs().max()) < 1e-3 * largest, name


def test_errors_of_a_network_grow_from_the_second_step_on(make) -> None:
    network, model, data, spec, _ = make(hours=72)
    features, _ = data.samples.read(20)
    with torch.no_grad():
        right = spec.restore(model(features))
        network.factor.fill_(1.1)
        wrong = spec.restore(model(features))
    drag, *winds = ((a - b).abs().max() for a, b in zip(wrong, right, strict=True))
    # Of the first leapfrog step: twice the time step times the drag's error, diffused.
    assert float(winds[0]) == pytest.approx(2 * 86400.0 * float(drag), rel=0.1)
    assert float(winds[2]) > float(winds[0])


def test_gradients_pass_through_all_steps(make) -> None:
    network, model, data, _, _ = make(hours=48)
    features, targets = data.samples.read(20)
    network.factor.data.fill_(0.9)
    last = slice(2 * 73, 3 * 73)
    loss = (model(features)[:, last] - targets[:, last]).square().mean()
    loss.backward()
    assert float(network.factor.grad) < 0.0


def test_changes_count_as_much_as_the_drag(make) -> None:
    _, _, data, spec, _ = make(hours=48)
    times = range(1, len(data.samples) - 2)
    rows = torch.cat([data.samples.read(time)[1] for time in times])
    for block in rows.split(73, dim=1):
        inside = block[:, 1:-1].std(dim=0, correction=0)
        assert torch.allclose(inside, torch.ones(71), atol=1e-3)
        # At the fixed ends nothing ever changes.
        assert float(block[:, [0, -1]].abs().max()) < 1e-4
    assert spec.outputs.nlev == 73


def test_a_checkpoint_holds_the_network_and_the_error_of_the_drag(make, tmp_path):
    network, _, _, spec, found = make()
    path = tmp_path / "network.safetensors"
    errors = tuple(ExpectedError(name, (1.0,) * 73) for name, _ in spec.fields)
    spec.save(path, network.state_dict(), found, None, TrainingRecord((), errors))
    checkpoint = read_checkpoint(path)
    assert set(checkpoint.weights) == {"factor"}
    assert [e.name for e in checkpoint.training.expected_error] == [DRAG]
    names = [seen.name for seen in checkpoint.description.training_range]
    assert names == ["source_flux", "eastward_wind", "spectral_width"]
    assert len(checkpoint.description.training_range[1].mean) == 73


def test_what_the_testbed_cannot_be_driven_by_is_refused(tmp_path) -> None:
    extra = 'air_temperature = { units = "K" }'
    module, contract = write_module(tmp_path, inputs=extra)
    with pytest.raises(ContractError, match="expected eastward_wind alone"):
        make_own_task(module, contract, None, 24)
