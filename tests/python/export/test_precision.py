import pytest
import torch
from torch import nn

from gwparam.export import precision
from gwparam.export.precision import Bfloat16, in_precision, run_published


class Physical(nn.Module):
    """Scaling around a bare network, as an export sees them."""

    def __init__(self, dtype):
        super().__init__()
        self.network = nn.Linear(3, 2, dtype=dtype)
        self.register_buffer("mean", torch.tensor([0.1, 0.2], dtype=dtype))
        self.register_buffer("places", torch.tensor([1, 0]))

    def forward(self, columns):
        return (self.network(columns)[:, self.places] + self.mean,)


def pointers(network):
    return {
        name: value.data_ptr()
        for name, value in (*network.named_parameters(), *network.named_buffers())
    }


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_only_what_has_another_precision_is_copied(dtype):
    network = Physical(torch.float32).eval()
    network.network.weight.requires_grad_(False)
    before = pointers(network)

    copied = in_precision(network, dtype)

    expected = getattr(torch, dtype)
    assert copied.network.weight.dtype == copied.mean.dtype == expected
    assert copied.places.dtype == torch.int64
    assert not copied.network.weight.requires_grad
    assert copied.network.bias.requires_grad
    assert not copied.training
    shared = {name for name, at in pointers(copied).items() if at == before[name]}
    assert shared == (set(before) if dtype == "float32" else {"places"})
    assert pointers(network) == before
    assert network.mean.dtype == torch.float32


def test_bfloat16_is_of_the_bare_network_alone():
    network = Physical(torch.float64)

    copied = in_precision(network, "bfloat16")

    assert isinstance(copied.network, Bfloat16)
    assert copied.network.network.weight.dtype == torch.bfloat16
    assert copied.mean.dtype == torch.float32
    assert copied.training
    assert network.network.weight.dtype == torch.float64


def test_fields_around_bfloat16_keep_their_precision():
    class Sum(nn.Module):
        def forward(self, image, static):
            assert image.dtype == static.dtype == torch.bfloat16
            return image + static

    # 1 + 2^-9 is 1 in the 8 bits of bfloat16.
    image = torch.tensor([1.0 + 2.0**-9, 2.0, 3.0])
    static = torch.tensor([0.5, 0.25, 4.0])

    found = Bfloat16(Sum())(image, static)

    assert found.dtype == torch.float32
    assert found.tolist() == [1.5, 2.25, 7.0]


def test_published_network_runs_in_float64():
    network = Physical(torch.float64)
    columns = torch.tensor([[1.0, 2.0, 3.0], [0.1, -0.2, 0.3]])

    (found,) = run_published(network, [columns])

    assert found.dtype == torch.float64
    assert torch.equal(found, network(columns.double())[0])


def test_large_network_runs_in_float32_without_a_copy(monkeypatch):
    monkeypatch.setattr(precision, "is_large", lambda network: True)
    network = Physical(torch.bfloat16)
    before = pointers(network)
    columns = torch.tensor([[1.0, 2.0, 3.0], [0.1, -0.2, 0.3]], dtype=torch.float64)

    (found,) = run_published(network, [columns])

    assert found.dtype == torch.float32
    assert torch.equal(found, in_precision(network, "float32")(columns.float())[0])
    assert pointers(network) == before
    assert network.network.weight.dtype == torch.bfloat16
