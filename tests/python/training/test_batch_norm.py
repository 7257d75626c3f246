"""As a program, one of two processes that normalise half a batch each."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import nn

from gwparam.training.batch_norm import SharedBatchNorm, share_batch_norm
from gwparam.training.gloo import ONE_THREAD, leave_group

ROUNDING = 1e-5
"""Float32 over float64, over the largest: 6e-8 a rounding, some 30 in each sum over the
batch and as many again in the backward pass."""
FAR = 1e3
FAR_ROUNDING = 3e-4
"""As `ROUNDING`, where the mean is 1000 deviations: 6e-8 of 1000 in what is centred,
and a few such errors. A variance from the mean square would lose every digit."""

WORLD, STEPS = 2, 3
TIMEOUT = 60  # seconds: processes that wait for each other are a failure
# Images, channels, latitudes, longitudes; another number of each.
SHAPE = (4, 3, 2, 5)
MOMENTUM = 0.3


def images(shift=0.0):
    """Images of every step, and what the gradient of the loss is."""
    generator = torch.Generator().manual_seed(11)
    scale = torch.tensor([1.0, 4.0, 0.5])[:, None, None]

    def draw():
        return torch.randn(SHAPE, generator=generator, dtype=torch.float64)

    return [((scale * draw() + shift).float(), draw().float()) for _ in range(STEPS)]


def filled(layer):
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([0.5, -1.5, 2.0]))
        layer.bias.copy_(torch.tensor([0.1, 0.2, -3.0]))
    return layer.train()


def train(layer, rows, shift=0.0):
    """Outputs, and gradients of input, weight and bias, of every step; statistics."""
    found = {}
    for step, (image, slope) in enumerate(images(shift)):
        image = image[rows].to(layer.weight.dtype).requires_grad_()
        layer.zero_grad()
        result = layer(image)
        (result * slope[rows].to(result.dtype)).sum().backward()
        found[f"output {step}"] = result.detach()
        found[f"input gradient {step}"] = image.grad
        found[f"weight gradient {step}"] = layer.weight.grad.clone()
        found[f"bias gradient {step}"] = layer.bias.grad.clone()
    return found | {name: value.clone() for name, value in layer.named_buffers()}


def work(rank, folder):
    """Do the part of one process."""
    # Of this machine alone: its name need not resolve.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo")
    torch.set_num_threads(1)
    store = f"file://{folder}/store"
    dist.init_process_group(ONE_THREAD, init_method=store, rank=rank, world_size=WORLD)
    count = SHAPE[0] // WORLD
    rows = slice(rank * count, (rank + 1) * count)
    layer = filled(SharedBatchNorm(SHAPE[1], momentum=MOMENTUM))
    far = filled(SharedBatchNorm(SHAPE[1], momentum=MOMENTUM))
    results = {"near": train(layer, rows), "far": train(far, rows, FAR)}
    half = images()[0][0][rows].bfloat16()
    results["half"] = {"output": layer(half).detach()}
    results["eval"] = {"output": layer.eval()(images()[0][0][rows]).detach()}
    results["eval"] |= dict(layer.named_buffers())
    torch.save(results, folder / f"{rank}.pt")
    leave_group(0)


@pytest.fixture(scope="module")
def processes(tmp_path_factory):
    """What each of two processes found."""
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, __file__]
    started = [
        subprocess.Popen(
            [*command, str(rank), str(folder)],
            env=os.environ | {"OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in range(WORLD)
    ]
    try:
        for process in started:
            _, errors = process.communicate(timeout=TIMEOUT)
            assert process.returncode == 0, errors
    finally:
        for process in started:
            process.kill()
            process.wait()
    return [torch.load(folder / f"{rank}.pt") for rank in range(WORLD)]


def whole_batch(shift=0.0):
    layer = filled(nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM).double())
    return layer, train(layer, slice(None), shift)


def together(processes, case, name):
    return torch.cat([found[case][name] for found in processes])


def assert_close(found, expected, tolerance):
    worst = (found.double() - expected).abs().max() / expected.abs().max()
    assert worst < tolerance


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.parametrize("what", ["output", "input gradient"])
@pytest.mark.parametrize(
    ("case", "shift", "tolerance"),
    [("near", 0.0, ROUNDING), ("far", FAR, FAR_ROUNDING)],
    ids=["near 0", "far from 0"],
)
def test_images_are_normalised_as_one_batch(
    processes, case, shift, tolerance, what, step
):
    _, expected = whole_batch(shift)

    found = together(processes, case, f"{what} {step}")

    assert_close(found, expected[f"{what} {step}"], tolerance)


@pytest.mark.parametrize("step", range(STEPS))
@pytest.mark.parametrize("what", ["weight", "bias"])
def test_gradients_of_the_processes_add_up_to_those_of_the_batch(processes, what, step):
    _, expected = whole_batch()
    name = f"{what} gradient {step}"

    found = sum(found["near"][name] for found in processes)

    assert_close(found, expected[name], ROUNDING)


@pytest.mark.parametrize("name", ["running_mean", "running_var"])
def test_statistics_are_those_of_the_batch_on_every_process(processes, name):
    _, expected = whole_batch()

    for found in processes:
        assert_close(found["near"][name], expected[name], ROUNDING)


def test_steps_are_counted(processes):
    for found in processes:
        assert found["near"]["num_batches_tracked"] == STEPS


def test_processes_have_the_same_bits(processes):
    one, other = (found["near"] for found in processes)

    for name in ("running_mean", "running_var"):
        assert torch.equal(one[name], other[name]), name


def test_halves_would_be_normalised_otherwise(processes):
    image, _ = images()[0]
    rows = slice(0, SHAPE[0] // WORLD)

    alone = filled(nn.BatchNorm2d(SHAPE[1]))(image[rows])

    assert (processes[0]["near"]["output 0"] - alone).abs().max() > 0.1


def test_eval_mode_is_that_of_an_ordinary_normalisation(processes):
    for rank, found in enumerate(processes):
        ordinary = filled(nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM)).eval()
        with torch.no_grad():
            for name, value in ordinary.named_buffers():
                value.copy_(found["eval"][name])
            count = SHAPE[0] // WORLD
            expected = ordinary(images()[0][0][rank * count : (rank + 1) * count])

        assert torch.equal(found["eval"]["output"], expected)


def test_half_precision_stays_half_precision(processes):
    _, expected = whole_batch()

    found = together(processes, "half", "output")

    assert found.dtype == torch.bfloat16
    # Input and output have 8 bits each, and values beyond 1 a larger last one.
    assert_close(found, expected["output 0"], 2.0**-6)


def test_alone_it_is_an_ordinary_normalisation():
    alone = train(filled(SharedBatchNorm(SHAPE[1], momentum=MOMENTUM)), slice(None))
    ordinary = train(filled(nn.BatchNorm2d(SHAPE[1], momentum=MOMENTUM)), slice(None))

    assert list(alone) == list(ordinary)
    for name, value in ordinary.items():
        assert torch.equal(alone[name], value), name


def network():
    torch.manual_seed(2)
    layers = nn.Sequential(
        nn.Conv2d(2, 3, 1),
        nn.BatchNorm2d(3, eps=1e-3, momentum=0.2),
        nn.Sequential(nn.ReLU(), nn.BatchNorm2d(3)),
    )
    for value in layers.state_dict().values():
        value.copy_(3 * torch.rand(value.shape) + 1)
    layers[1].weight.requires_grad_(False)
    layers[2].eval()
    return layers


def test_shared_normalisations_keep_weights_names_and_order():
    before, layers = network().state_dict(), network()

    share_batch_norm(layers)

    assert list(layers.state_dict()) == list(before)
    for name, value in layers.state_dict().items():
        assert torch.equal(value, before[name]), name


def test_every_normalisation_of_images_is_shared():
    layers = network()

    share_batch_norm(layers)

    assert [type(module) for module in (layers[1], layers[2][1])] == (
        [SharedBatchNorm] * 2
    )
    assert (layers[1].eps, layers[1].momentum) == (1e-3, 0.2)


def test_frozen_weights_stay_frozen_in_shared_normalisations():
    layers = network()

    share_batch_norm(layers)

    frozen = [name for name, p in layers.named_parameters() if not p.requires_grad]
    assert frozen == ["1.weight"]


def test_mode_is_kept_in_shared_normalisations():
    layers = network()

    share_batch_norm(layers)

    assert (layers[1].training, layers[2][1].training) == (True, False)


if __name__ == "__main__":
    work(int(sys.argv[1]), Path(sys.argv[2]))
