import math
import shutil
import zipfile

import pytest
import torch
from recipes import ann_cnn, options
from torch import nn

from gwparam.contract import PROBE_FILE
from gwparam.export import export_model
from gwparam.export.verify import (
    check_batch_mates,
    check_equals_eager,
    check_eval_mode,
    check_parameters,
    check_reload,
    check_repeatable,
)


class Twice(nn.Module):
    """Keeps every promise."""

    def __init__(self, factor=2.0):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor, dtype=torch.float64))

    def forward(self, wind):
        return (self.factor * wind, self.factor * wind.flip(1))


@pytest.fixture
def columns():
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(8, 3, generator=generator, dtype=torch.float64)]


def test_eval_mode_is_seen():
    assert check_eval_mode(Twice().eval()).kept


def test_one_module_in_training_mode_breaks_the_promise():
    network = nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)).eval()
    network[1].train()

    promise = check_eval_mode(network)

    assert not promise.kept
    assert promise.measured == "1 of 3 modules in training"


def test_same_bits_are_seen(columns):
    assert check_repeatable(Twice(), columns).kept


def test_random_network_is_not_repeatable(columns):
    class Random(Twice):
        def forward(self, wind):
            return super().forward(wind + torch.rand_like(wind))

    promise = check_repeatable(Random(), columns)

    assert not promise.kept
    assert "48 of 48 values differ" in promise.measured


def test_network_that_changes_at_the_third_call_is_not_repeatable(columns):
    class Recompiled(Twice):
        calls = 0

        def forward(self, wind):
            self.calls += 1
            return super().forward(wind + (self.calls > 2))

    assert not check_repeatable(Recompiled(), columns).kept


def test_independent_columns_are_seen(columns):
    assert check_batch_mates(Twice(), columns).kept


def test_batch_statistics_break_independence(columns):
    class Centred(Twice):
        def forward(self, wind):
            return super().forward(wind - wind.mean(0))

    assert not check_batch_mates(Centred(), columns).kept


def test_place_in_the_batch_breaks_independence(columns):
    class Placed(Twice):
        def forward(self, wind):
            return super().forward(wind + torch.arange(len(wind)).unsqueeze(1))

    assert not check_batch_mates(Placed(), columns).kept


def test_equal_networks_are_seen(columns):
    promise = check_equals_eager(torch.jit.script(Twice()), Twice(), columns, 0.0)

    assert promise.kept
    assert "largest difference 0.0e+00" in promise.measured


def test_difference_is_relative_to_the_largest_output(columns):
    promise = check_equals_eager(Twice(2.002), Twice(2.0), columns, 0.999e-3)

    assert not promise.kept
    assert "largest difference 1.0e-03" in promise.measured
    assert check_equals_eager(Twice(2.002), Twice(2.0), columns, 1.001e-3).kept


def test_output_that_is_not_a_number_differs(columns):
    assert not check_equals_eager(Twice(math.nan), Twice(), columns, 1.0).kept


def test_output_of_another_shape_differs(columns):
    class Squeezed(Twice):
        def forward(self, wind):
            eastward, northward = super().forward(wind)
            return eastward, northward[:1]

    promise = check_equals_eager(Squeezed(), Twice(), columns, 1.0)

    assert not promise.kept
    assert promise.measured == "shape (1, 3), expected (8, 3)"


def test_dead_parameters_are_named(columns):
    class Gated(Twice):
        def __init__(self):
            super().__init__()
            self.backbone = nn.Linear(3, 3).double()
            self.unused = nn.Parameter(torch.zeros(2))

        def forward(self, wind):
            return super().forward(wind + 0.0 * self.backbone(wind))

    promise = check_parameters(Gated(), columns)

    assert promise.kept
    assert promise.measured == "3 of 4 tensors are dead"
    assert promise.warning == (
        "these parameters never reach the output: unused, backbone.weight, "
        "backbone.bias"
    )


def test_parameters_that_all_matter_give_no_warning(columns):
    assert check_parameters(Twice(), columns).warning == ""


@pytest.fixture(scope="module")
def stencil(tmp_path_factory):
    """An artefact that libtorch runs."""
    folder = tmp_path_factory.mktemp("stencil")
    checkpoint = ann_cnn(folder / "net.ckpt", 19, 8, 3)
    export_model(checkpoint, folder / "net.pt", options=options(folder, 4))
    return folder / "net.pt"


def test_file_reproduces_its_probe(stencil):
    promise = check_reload(stencil)

    assert promise.kept
    assert promise.measured == "0 of 128 values differ in 16 columns read back"


def test_file_with_another_probe_breaks_the_promise(stencil, tmp_path):
    path = tmp_path / "changed.pt"
    shutil.copy(stencil, path)
    with zipfile.ZipFile(stencil) as old, zipfile.ZipFile(path, "w") as new:
        for member in old.namelist():
            data = bytearray(old.read(member))
            if member.endswith(PROBE_FILE):
                data[-8] ^= 1  # the last bit of the last value
            new.writestr(member, bytes(data))

    promise = check_reload(path)

    assert not promise.kept
    assert promise.measured.startswith("1 of 128 values differ")
