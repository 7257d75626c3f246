"""The program is the network: published, small and random ones, in both types."""

from collections import Counter

import numpy as np
import pytest
import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from recipes import ann_cnn, options
from torch import nn

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Description, Limit, TrainingRange, Vertical
from gwparam.export.lowering import ColumnProgram, NotInTheSet, lower, run_program
from gwparam.export.precision import run_published
from gwparam.export.probe import draw_inputs
from gwparam.networks import from_checkpoint
from gwparam.networks.filtered_spectrum import FilteredSpectrum, FilteredSpectrumDrag
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

NLEV = 9
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
USUAL = {"Pa": (97e3, 4e3), "K": (250.0, 20.0)}


def drag(physical, network):
    """Put a bare network between physical fields of usual size."""
    nlev = network.nlev
    ranges = []
    for field in physical.inputs:
        mean, deviation = USUAL.get(field.units, (0.0, 40.0))
        count = nlev if field.levels == "full" else 1
        ranges.append(
            TrainingRange(field.name, (mean,) * count, (deviation,) * count, None, None)
        )
    description = Description(
        "random",
        "random weights of the tests",
        Vertical("host", "top_down", nlev, None, 0.1),
        tuple(ranges),
        tuple(Limit(field.name, 0.01) for field in physical.outputs),
    )
    scaling = Destandardise(1e-5 * torch.randn(nlev), 1e-4 * torch.rand(nlev))
    return physical(network, scaling, description).double().eval()


class Bare(nn.Module):
    """A network of a test: features (rows, NLEV + 2) to (rows, NLEV)."""

    nlev = NLEV

    def __init__(self, layers, function):
        super().__init__()
        self.layers = nn.ModuleList(layers)
        self.function = function

    def forward(self, features):
        scale = torch.cat((torch.full((NLEV,), 0.05), torch.tensor([1e-5, 0.02])))
        return self.function(features * scale.to(features), self.layers)


def bare(function, *layers):
    return drag(WaveNetDrag, Bare(layers, function))


def differences(network, columns=64):
    """Largest differences to the network in float64, in the largest output and in the
    tolerance of the precision, of either."""
    largest = {}
    # Every number of a program is rounded once, hence one program for both.
    lowered = lower(network, "float64")
    for dtype, tolerance in TOLERANCE.items():
        program = lowered.rounded(dtype)
        written = ColumnProgram.read(program.to_json(), program.weights_bytes())
        fields = draw_inputs(network, columns, 5)
        fields = [field.to(getattr(torch, dtype)) for field in fields]
        found = run_program(written, [field.numpy() for field in fields])
        expected = [field.numpy() for field in run_published(network, fields)]
        assert [f.shape for f in found] == [e.shape for e in expected]
        largest[dtype] = max(
            np.abs(f - e).max() / np.abs(e).max() / tolerance
            for f, e in zip(found, expected, strict=True)
        )
    return max(largest.values())


def test_program_equals_the_published_wavenet(reference_data):
    path = reference_data / "wavenet" / "network_wst.pkl"
    network = from_checkpoint(read_checkpoint(path), None, None)

    assert differences(network) < 1


def test_wavenet_is_dense_layers_without_its_dead_level(reference_data):
    path = reference_data / "wavenet" / "network_wst.pkl"
    program = lower(from_checkpoint(read_checkpoint(path), None, None), "float32")

    counted = Counter(step.op for step in program.instructions)
    assert counted == {"add": 1, "dense": 7 + 39}
    joined = [step.dense for step in program.instructions if step.dense][6]
    assert (joined.rows, joined.inputs, joined.outputs) == (2, 64, 39 * 32)


def test_program_equals_a_small_wavenet():
    torch.manual_seed(0)
    network = WaveNet(NLEV, 13, 2, 7, 3)
    mean = torch.zeros(NLEV + 2)
    mean[NLEV] = 97e3
    network.set_features(mean, torch.full((NLEV + 2,), 20.0) ** 2)

    assert differences(drag(WaveNetDrag, network)) < 1


def test_program_equals_the_filtered_spectrum():
    torch.manual_seed(0)
    b = (torch.arange(40) + 0.5) / 40
    network = FilteredSpectrum(torch.full((40,), 50.0), b, width=11)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7)

    assert differences(drag(FilteredSpectrumDrag, network)) < 1


@pytest.mark.parametrize("features", [3, 4])
def test_program_equals_the_ann(tmp_path, features):
    path = ann_cnn(tmp_path / "net.ckpt", 3 + features * 8, 16)
    given = options(tmp_path, 8, features="uvtheta" if features == 3 else None)
    network = from_checkpoint(read_checkpoint(path, allow_pickle=True), None, given)

    assert differences(network) < network.rounding


ACTIVATIONS = {
    "relu": F.relu,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "softplus": F.softplus,
    "elu": F.elu,
    "leaky_relu": F.leaky_relu,
    "softmax": lambda x: F.softmax(x, 1),
    "layer_norm": lambda x: F.layer_norm(x, x.shape[1:]),
}


@pytest.mark.parametrize("seed", range(12))
def test_random_perceptrons(seed):
    generator = np.random.default_rng(seed)
    torch.manual_seed(seed)
    names = generator.choice(list(ACTIVATIONS), 3)
    widths = [NLEV + 2, *generator.integers(3, 20, 3), NLEV]
    norm = nn.BatchNorm1d(int(widths[1]))
    norm.running_mean.normal_()
    norm.running_var.uniform_(0.5, 2.0)
    layers = [
        nn.Linear(int(a), int(b), bias=bool(generator.integers(2)))
        for a, b in zip(widths, widths[1:], strict=False)
    ]
    skip = bool(generator.integers(2))

    def function(x, layers):
        for i, name in enumerate(names):
            y = layers[i](x)
            if i == 0:
                y = layers[4](y)
            y = ACTIVATIONS[name](y)
            if skip:
                y = torch.cat((y[:, ::2], -y[:, 1::2].flip(1)), dim=1)
            x = y
        return 3.0 * layers[3](x) - 0.5

    assert differences(bare(function, *layers, norm)) < 1


FUNCTIONS = {
    "running": lambda x: torch.cummax(x, 1)[0] - torch.cummin(x.flip(1), 1)[0],
    "cumsum": lambda x: torch.cumsum(x, dim=1),
    "where": lambda x: torch.where(x > 0.1, x, 2.0 - x.square()),
    "logic": lambda x: torch.where((x > 0) & ~(x >= 0.5) | (x < -1), x, 0.25 * x),
    "surface": lambda x: x * torch.linspace(0, 1, x.shape[1]).to(x) + x[:, -1:],
    "slices": lambda x: torch.cat((x[:, 3:], x[:, :3]), dim=1) - x.roll(1, 1),
    "sum": lambda x: x / (1.0 + x.abs().sum(1, True)) + x.mean(1, True),
    "norm": lambda x: x / x.norm(dim=1, keepdim=True) + x.var(1, keepdim=True),
    "extremes": lambda x: x.amax(1, True) - x.amin(1, True) + x,
    "gather": lambda x: x.gather(1, (x.abs() * 3).long().clamp(0, x.shape[1] - 1)),
    "stripes": lambda x: x[:, torch.arange(x.shape[1]) // 2],
    "powers": lambda x: x**2 + x.abs() ** 0.7 - (x.abs() + 1) ** -0.5 + x**3,
    "roots": lambda x: torch.sign(x) * torch.abs(x) ** (1 / 3) + torch.sqrt(x * x),
    "logs": lambda x: torch.log1p(x.abs()) + torch.log2(x.abs() + 1),
    "exps": lambda x: torch.expm1(x.clamp(max=3.0)) + torch.exp(-x.abs()),
    "waves": lambda x: torch.sin(x) * torch.cos(2.0 * x) + torch.erf(x),
    "whole": lambda x: torch.ceil(x) + torch.floor(2.0 * x) + torch.trunc(3.0 * x),
    "remainder": lambda x: torch.remainder(7.0 * x, 3.0),
    "division": lambda x: x / 3.0 + 1.0 / (1.0 + x * x) + x.reciprocal().clamp(-9, 9),
    "negative_zero": lambda x: (-x).neg() * -1.0 + (0.5 - x) * 4.0,
    "pad": lambda x: F.pad(x, (1, 1), value=0.5)[:, 1:-1] + F.pad(x, (1, 0))[:, :-1],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions(name):
    torch.manual_seed(1)

    def function(x, layers):
        return FUNCTIONS[name](layers[0](x)) + x[:, :NLEV]

    network = bare(function, nn.Linear(NLEV + 2, NLEV))
    assert differences(network) < 2


def test_cube_root_is_one_operation():
    network = bare(lambda x, _: FUNCTIONS["roots"](x)[:, :NLEV])

    ops = {step.op for step in lower(network, "float64").instructions}
    assert "cbrt" in ops
    assert "pow" not in ops


def test_what_does_not_reach_an_output_is_dropped():
    first, second = nn.Linear(NLEV + 2, 30), nn.Linear(30, NLEV)

    def function(x, layers):
        hidden = F.relu(layers[0](x))
        _unused = torch.exp(hidden).sum(1)
        return layers[1](torch.cat((hidden[:, :10], 0.0 * hidden[:, 10:]), dim=1))

    program = lower(bare(function, first, second), "float64")
    layers = [step.dense for step in program.instructions if step.dense]
    assert [(layer.inputs, layer.outputs) for layer in layers] == [
        (NLEV + 2, 10),
        (10, NLEV),
    ]
    assert {step.op for step in program.instructions} <= {"dense", "mul"}


def test_blocks_of_a_layer_are_split_and_equal_inputs_joined():
    one, two = nn.Linear(NLEV + 2, 8), nn.Linear(NLEV + 2, 8)
    blocks = nn.Linear(16, NLEV)
    with torch.no_grad():
        blocks.weight[:4, 8:] = 0.0
        blocks.weight[4:, :8] = 0.0

    def function(x, layers):
        hidden = [torch.tanh(layer(x)) for layer in layers[:2]]
        return layers[2](torch.cat(hidden, dim=1))

    network = bare(function, one, two, blocks)
    layers = [s.dense for s in lower(network, "float64").instructions if s.dense]
    assert [(layer.inputs, layer.outputs) for layer in layers] == [
        (NLEV + 2, 16),
        (8, 4),
        (8, NLEV - 4),
    ]
    assert differences(network) < 1


def test_part_of_a_layer_is_rectified():
    def function(x, layers):
        gate, value = layers[0](x).chunk(2, dim=1)
        return F.relu(gate) * value

    network = bare(function, nn.Linear(NLEV + 2, 2 * NLEV))
    layers = [s.dense for s in lower(network, "float64").instructions if s.dense]
    assert sorted(layer.relu for layer in layers) == [False, True]
    assert differences(network) < 1


def test_equal_rows_are_computed_once():
    # Both rows see the same surface pressure and latitude.
    network = bare(lambda x, layers: layers[0](torch.tanh(x[:, NLEV:])), nn.Linear(2, 9))

    program = lower(network, "float64")
    sizes = [step.size for step in program.instructions if step.op == "tanh"]
    assert sizes == [2]
    assert [s.dense.rows for s in program.instructions if s.dense] == [1]


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: torch.sort(x, dim=1)[0], "it uses aten.sort"),
        (lambda x: x @ (x.T @ x), "it uses aten.mm of two computed matrices"),
        (lambda x: torch.atan(x), "it uses aten.atan"),
        (
            lambda x: torch.cummax(x, 1)[1].to(x),
            "it uses indices of a running maximum or minimum",
        ),
        (
            lambda x: torch.remainder(x, x),
            "it uses aten.remainder by what is no positive constant",
        ),
    ],
)
def test_what_the_set_lacks_is_named(function, reason):
    with pytest.raises(NotInTheSet) as caught:
        lower(bare(lambda x, _: function(x[:, :NLEV])), "float64")

    assert str(caught.value) == reason


def test_a_network_that_torch_cannot_export_is_told():
    def function(x, _):
        return x[:, :NLEV] if x.sum() > 0 else -x[:, :NLEV]

    with pytest.raises(NotInTheSet, match=r"^torch\.export: .*data-dependent"):
        lower(bare(function), "float64")
