import pytest
import torch
from column_networks import NLEV, bare, differences

from gwparam.export.lowering import LoweringError, lower
from gwparam.export.lowering.builder import Builder
from gwparam.export.lowering.trace import trace

EVEN = torch.arange(NLEV) % 2 == 0


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: torch.sort(x, dim=1)[0], "it uses aten.sort"),
        (lambda x: x @ (x.T @ x), "it uses aten.mm of two computed matrices"),
        (lambda x: torch.atan(x), "it uses aten.atan"),
        (
            lambda x: torch.cumsum(x, 1, dtype=torch.int64).to(x),
            "it uses aten.cumsum as torch.int64",
        ),
        (
            lambda x: x - x.sum(1, keepdim=True, dtype=torch.int64),
            "it uses aten.sum as torch.int64",
        ),
        (lambda x: (x.long() & 3).to(x), "it uses aten.bitwise_and of integers"),
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
    with pytest.raises(LoweringError) as caught:
        lower(bare(lambda x, _: function(x[:, :NLEV])), "float64")

    assert str(caught.value) == reason


def test_a_network_that_torch_cannot_export_is_told():
    def function(x, _):
        return x[:, :NLEV] if x.sum() > 0 else -x[:, :NLEV]

    with pytest.raises(LoweringError, match=r"^torch\.export: .*data-dependent"):
        lower(bare(function), "float64")


def test_random_numbers_of_others_stay_as_they_are():
    network = bare(lambda x, _: x[:, :NLEV])
    before = torch.get_rng_state()

    lower(network, "float64")

    assert torch.equal(torch.get_rng_state(), before)


class Counting(torch.nn.Module):
    """A network that counts its calls."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1))

    def forward(self, x):
        self.calls += 1
        return x


class Doubling(torch.nn.Module):
    """A network that writes into its input."""

    def forward(self, x):
        return x.mul_(2)


@pytest.mark.parametrize(
    ("network", "reason"),
    [(Counting(), "it changes calls"), (Doubling(), "it changes x")],
)
def test_a_network_that_keeps_something_is_none_of_columns(network, reason):
    builder = Builder()

    with pytest.raises(LoweringError) as caught:
        trace(builder, network, [builder.new(NLEV)])

    assert str(caught.value) == reason


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.where(EVEN, x, 0.5),
        lambda x: torch.where(EVEN, 0.5, x),
        lambda x: x.masked_fill(EVEN, 0.5),
        lambda x: torch.triu(x[:, :, None] * x[:, None, :], 1).mean(2),
    ],
    ids=["where", "where not", "filled", "triangle"],
)
def test_constant_masks(function):
    assert differences(bare(lambda x, _: function(x[:, :NLEV]))) < 1


def test_true_and_true_is_no_2():
    def function(x, _):
        return ((x > 0) + (x < 1)).to(x)[:, :NLEV]

    with pytest.raises(LoweringError, match=r"^it uses aten\.add of truth values$"):
        lower(bare(function), "float64")


def written(x):
    """Write into parts of a tensor, from numbers and other parts."""
    y = 2.0 * x
    y[:, 0] = 0.5
    y[:, 1:4] *= 3.0
    y[:, ::2] += x[:, -1:]
    out = torch.zeros_like(x)
    out[:, 1:] = y[:, :-1]
    out[:, 0] = x[:, 2]
    whole = torch.zeros_like(x, dtype=torch.int64)
    whole[:, 2:5] = 3.0 * x[:, :3]
    return out + whole


def test_writing_into_parts():
    network = bare(lambda x, _: written(x[:, :NLEV]))
    assert differences(network) < 1
