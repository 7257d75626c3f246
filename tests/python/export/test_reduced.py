"""Products in fewer digits: promised at export, checked where the network is loaded."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import gwparam
from gwparam.contract import Geometry, read_contract
from gwparam.errors import ArgumentError, InferenceError
from gwparam.export import export_model
from gwparam.export.reduced import check_reduced

SAMPLE = Path(__file__).parents[3] / "examples/sample/wavenet_ad99.safetensors"
WHAT = "products in bfloat16 stay close"
COLUMN = Geometry("column")


class Product(nn.Module):
    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.register_buffer("weight", torch.randn(3, 3, generator=generator))

    def forward(self, wind):
        return (wind @ self.weight,)


class Double(nn.Module):
    """Without a product, so that nothing is rounded."""

    def forward(self, wind):
        return (2.0 * wind,)


@pytest.fixture
def inputs():
    random = np.random.default_rng(1)
    return {"wind": random.standard_normal((8, 3)).astype(np.float32)}


def test_difference_is_that_of_bfloat16(inputs):
    exact = {"drag": inputs["wind"] @ Product().weight.numpy()}

    promise = check_reduced(torch.jit.script(Product()), inputs, exact, COLUMN, 0.02)

    assert (promise.what, promise.kept) == (WHAT, True)
    found = float(re.search(r"difference (\S+) of", promise.measured)[1])
    assert 2.0**-11 < found < 4 * 2.0**-8
    assert not check_reduced(Product(), inputs, exact, COLUMN, 0.9 * found).kept
    assert check_reduced(Product(), inputs, exact, COLUMN, 1.1 * found).kept


def test_network_without_products_loses_nothing(inputs):
    exact = {"drag": 2.0 * inputs["wind"]}

    assert check_reduced(Double(), inputs, exact, COLUMN, 0.0).kept


def test_output_that_is_not_a_number_breaks_the_promise(inputs):
    exact = {"drag": np.full((8, 3), np.nan, np.float32)}

    assert not check_reduced(Double(), inputs, exact, COLUMN, 1.0).kept


def test_settings_of_autocast_are_back(inputs):
    check_reduced(Double(), inputs, {"drag": 2.0 * inputs["wind"]}, COLUMN, 1.0)

    assert not torch.is_autocast_enabled("cpu")
    assert torch.is_autocast_cache_enabled()


def test_artefact_with_reduced_tolerance_runs_in_bfloat16(tmp_path):
    path = tmp_path / "sample.pt"
    export = export_model(SAMPLE, path, reduced_tolerance=0.02)

    (promise,) = [p for p in export.promises if p.what == WHAT]
    assert promise.kept
    assert promise.measured.endswith("tolerance 2.0e-02")
    probe = read_contract(path).probe
    assert (probe.tolerance, probe.reduced_tolerance) == (1e-5, 0.02)
    for precision in ("exported", "bfloat16"):
        gwparam.load_scheme(path, device="cpu", precision=precision).free()


def test_artefact_without_reduced_tolerance_refuses_bfloat16(tmp_path):
    path = tmp_path / "sample.pt"
    export = export_model(SAMPLE, path)

    assert WHAT not in [promise.what for promise in export.promises]
    assert read_contract(path).probe.reduced_tolerance is None
    with pytest.raises(InferenceError, match="expected at most 1e-05 of"):
        gwparam.load_scheme(path, device="cpu", precision="bfloat16")


def test_tolerance_that_is_not_kept_writes_nothing(tmp_path):
    with pytest.raises(InferenceError, match=f"^broken: {WHAT} .*tolerance 1.0e-04"):
        export_model(SAMPLE, tmp_path / "sample.pt", reduced_tolerance=1e-4)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [0.0, -1.0, 1.0, float("nan"), float("inf")])
def test_tolerance_out_of_range(tmp_path, value):
    with pytest.raises(ArgumentError) as caught:
        export_model(SAMPLE, tmp_path / "sample.pt", reduced_tolerance=value)

    expected = "expected more than 0 and below 1"
    assert str(caught.value) == f"reduced_tolerance is {value}, {expected}"


def test_float64_has_no_products_to_reduce(tmp_path):
    with pytest.raises(ArgumentError, match="for networks of float32, and dtype is f"):
        export_model(
            SAMPLE, tmp_path / "sample.pt", dtype="float64", reduced_tolerance=0.02
        )
