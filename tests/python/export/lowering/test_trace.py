import pytest
import torch
from column_networks import NLEV, bare

from gwparam.export.lowering import LoweringError, lower


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (lambda x: torch.sort(x, dim=1)[0], "it uses aten.sort"),
        (lambda x: x @ (x.T @ x), "it uses aten.mm of two computed matrices"),
        (lambda x: torch.atan(x), "it uses aten.atan"),
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
