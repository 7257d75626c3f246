import pytest
import torch

from gwparam.commands.torch_threads import torch_threads


def test_threads_are_as_before_in_the_end() -> None:
    before = torch.get_num_threads()
    with torch_threads(3):
        assert torch.get_num_threads() == 3
    with torch_threads(0):
        assert torch.get_num_threads() == before
    with pytest.raises(ValueError, match="x"), torch_threads(2):
        raise ValueError("x")
    assert torch.get_num_threads() == before
