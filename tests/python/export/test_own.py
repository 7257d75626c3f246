"""A network of one's own to an artefact, and through the library."""

import numpy as np
import pytest
import torch
import xarray as xr
from torch import nn
from wind_states import NLEV, PRESSURE, wind_states

import gwparam
from gwparam.checkpoints import save_checkpoint
from gwparam.cli import main
from gwparam.errors import (
    ArgumentError,
    ContractError,
    InferenceError,
    ModelFileError,
    ShapeError,
)
from gwparam.export import export_network
from gwparam.export.own import load_module
from gwparam.networks.expected_error import ErrorHead, save_head

SOURCE = '''
import torch
from torch import nn


class Net(nn.Module):
    """Winds and surface pressure to a drag and a depth."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(7)
        self.layer = nn.Linear(11, 6)

    def forward(self, u, v, ps):
        x = torch.cat((u / 30.0, v / 10.0, ps[:, None] / 1e5), dim=1)
        y = torch.tanh(self.layer(x))
        return 1e-5 * y[:, :5], 1e3 * (1.5 + y[:, 5])


class Rows(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = Net()

    def forward(self, rows):
        drag, depth = self.net(rows[:, :5], rows[:, 5:10], rows[:, 10])
        return torch.cat((drag, depth[:, None]), dim=1)


class Python(Net):
    """TorchScript has no super."""

    def forward(self, u, v, ps):
        return super().forward(u, v, ps)


class Flow(Python):
    """Nor can it be traced."""

    def forward(self, u, v, ps):
        drag, depth = super().forward(u, v, ps)
        return (2.0 * drag if float(u.max()) > 1.0 else drag), depth


class Product(nn.Module):
    """Without any number of its own."""

    def forward(self, u, v, ps):
        return u * v, 0.01 * ps


class Frozen(Net):
    def __init__(self):
        super().__init__()
        self.requires_grad_(False)


class Bytes(nn.Module):
    """Whole numbers that begin anew beyond their bounds."""

    def forward(self, u, v, ps):
        return 1e-5 * u.to(torch.int8), ps


class OverLevels(nn.Module):
    """A network that sees a column as a sequence of its levels."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(11)
        self.filter = nn.Conv1d(2, 8, 3, padding=1)
        self.out = nn.Linear(8, 1)

    def forward(self, u, v, ps):
        y = self.filter(torch.stack((u / 30.0, v / 10.0), dim=1)).transpose(1, 2)
        return 1e-5 * self.out(self.mix(y))[:, :, 0], 0.01 * ps


class Softmax(OverLevels):
    """torch may warn in it, in a branch that is never taken."""

    def mix(self, y):
        return nn.functional.softmax(y, dim=1)


class Attention(OverLevels):
    def __init__(self):
        super().__init__()
        self.inner = nn.MultiheadAttention(8, 2, batch_first=True)

    def mix(self, y):
        return y + self.inner(y, y, y, need_weights=False)[0]


class Encoder(OverLevels):
    def __init__(self):
        super().__init__()
        self.mix = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)


class Recurrent(OverLevels):
    def __init__(self):
        super().__init__()
        self.inner = nn.LSTM(8, 4, batch_first=True, bidirectional=True)

    def mix(self, y):
        return self.inner(y)[0]


class Normed(OverLevels):
    """Weights that are computed anew at every call."""

    def __init__(self):
        super().__init__()
        self.mix = nn.utils.parametrizations.weight_norm(nn.Linear(8, 8))


class Fourier(OverLevels):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, 8, 2))

    def mix(self, y):
        modes = torch.fft.rfft(y, dim=1) * torch.view_as_complex(self.weight)
        return torch.fft.irfft(modes, n=5, dim=1)


class Any(Net):
    """Of which one column with a strong wind changes all."""

    def forward(self, u, v, ps):
        x = torch.cat((u / 30.0, v / 10.0, ps[:, None] / 1e5), dim=1)
        y = torch.tanh(self.layer(x))
        if bool((u > 60.0).any()):
            y = 3.0 * y
        return 1e-5 * y[:, :5], ps


class Inverse(nn.Module):
    """Of an operation that the library does not take."""

    def __init__(self):
        super().__init__()
        self.filter = nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, u, v, ps):
        y = self.filter(u[:, None])[:, 0]
        return 1e-8 * (y @ torch.linalg.inv(torch.eye(5).to(y))), ps


class Nothing(nn.Module):
    """A drag of 0, and what comes in."""

    def forward(self, u, v, ps):
        return 0.0 * u, ps + v[:, 0]


class Truth(nn.Module):
    def forward(self, u, v, ps):
        return u > v, ps


class Roots(nn.Module):
    def forward(self, u, v, ps):
        return torch.sqrt(u), ps


class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.scale = nn.Parameter(torch.tensor(1e-7))

    def forward(self, u, v, ps):
        return self.scale * u * v, 0.01 * ps + u[:, 0]


def fails():
    raise RuntimeError("not today")


number = 7
'''
TOML = """
name = "mine"
nlev = 5
[inputs]
eastward_wind = { units = "m s-1", mean = 0, standard_deviation = 20 }
northward_wind = { units = "m s-1", mean = 0, standard_deviation = 20 }
[inputs.surface_air_pressure]
units = "Pa"
levels = "surface"
mean = 9e4
standard_deviation = 1e3
[outputs]
tendency_of_eastward_wind = { units = "m s-2", limit = 0.01 }
depth = { units = "m", levels = "surface" }
"""
DRAG, DEPTH = "tendency_of_eastward_wind", "depth"


def contract(**changes):
    wind = {"units": "m s-1", "mean": 0, "standard_deviation": 20}
    pressure = {"units": "Pa", "levels": "surface", "mean": 9e4}
    return {
        "name": "mine",
        "nlev": NLEV,
        "pressure": (100.0 * PRESSURE).tolist(),
        "inputs": {
            "eastward_wind": wind,
            "northward_wind": wind,
            "surface_air_pressure": pressure | {"standard_deviation": 1e3},
        },
        "outputs": {
            DRAG: {"units": "m s-2", "limit": 0.01},
            DEPTH: {"units": "m", "levels": "surface"},
        },
    } | changes


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


@pytest.fixture
def columns():
    rng = np.random.default_rng(3)
    return {
        "eastward_wind": 20.0 * rng.standard_normal((7, NLEV)),
        "northward_wind": 8.0 * rng.standard_normal((7, NLEV)),
        "surface_air_pressure": 9e4 + 1e3 * rng.standard_normal(7),
    }


def expected_of(columns):
    torch.manual_seed(7)
    layer = nn.Linear(11, 6).double()
    u, v, ps = columns.values()
    x = np.concatenate((u / 30.0, v / 10.0, ps[:, None] / 1e5), axis=1)
    y = np.tanh(layer(torch.from_numpy(x)).detach().numpy())
    return 1e-5 * y[:, :5], 1e3 * (1.5 + y[:, 5])


def run(path, columns, order="top_down", **options):
    scheme = gwparam.load_scheme(path, **options)
    turn = slice(None) if order == "top_down" else slice(None, None, -1)
    scheme.set_levels((100.0 * PRESSURE)[turn].tolist(), order)
    found = scheme.predict(columns)
    return found[DRAG], found[DEPTH]


@pytest.mark.parametrize("name", ["Net", "Rows", "Python", "Frozen"])
def test_the_library_gives_what_the_module_gives(source, columns, tmp_path, name):
    kind = "side_by_side" if name == "Rows" else "separate"
    made = export_network(
        f"{source}:{name}", contract(tensors=kind), tmp_path / "m.pt", dtype="float64"
    )
    assert made.libtorch == ""
    assert made.contract.source.architecture == "own"
    assert made.contract.backend == "column_program"

    drag, depth = run(tmp_path / "m.pt", columns)

    for found, its in zip((drag, depth), expected_of(columns), strict=True):
        assert found.shape == its.shape
        np.testing.assert_allclose(found, its, rtol=1e-12)
    turned = {n: x[:, ::-1] if x.ndim == 2 else x for n, x in columns.items()}
    back, same = run(tmp_path / "m.pt", turned, "bottom_up")
    np.testing.assert_array_equal(back[:, ::-1], drag)
    np.testing.assert_array_equal(same, depth)


@pytest.mark.parametrize(
    "name", ["Softmax", "Attention", "Encoder", "Recurrent", "Normed", "Fourier"]
)
def test_what_networks_over_levels_use_is_taken(source, columns, tmp_path, name):
    module = load_module(f"{source}:{name}").double().eval()
    made = export_network(module, contract(), tmp_path / "m.pt", dtype="float64")
    traced = name in ("Softmax", "Attention", "Encoder", "Normed")
    assert [n.startswith("the graph is the trace") for n in made.notes] == [
        True
    ] * traced

    drag, depth = run(tmp_path / "m.pt", columns)

    with torch.inference_mode():
        expected = module(*(torch.from_numpy(values) for values in columns.values()))
    np.testing.assert_allclose(drag, expected[0], rtol=1e-9, atol=1e-18)
    np.testing.assert_allclose(depth, expected[1], rtol=1e-12)


def test_a_file_of_torchscript_does_as_well(source, columns, tmp_path):
    scripted = tmp_path / "scripted.pt"
    torch.jit.script(load_module(f"{source}:Plain")).save(str(scripted))

    made = export_network(scripted, contract(), tmp_path / "m.pt")

    assert made.contract.inputs[0].dtype == "float32"
    assert made.contract.backend == "torchscript"
    assert "torch.export" in made.libtorch
    drag, depth = run(tmp_path / "m.pt", columns)
    u, v, ps = columns.values()
    np.testing.assert_allclose(drag, 1e-7 * u * v, rtol=1e-5)
    np.testing.assert_allclose(depth, 0.01 * ps + u[:, 0], rtol=1e-5)


def test_a_network_without_numbers_of_its_own(source, columns, tmp_path):
    made = export_network(f"{source}:Product", contract(), tmp_path / "m.pt")
    assert made.contract.backend == "column_program"
    drag, depth = run(tmp_path / "m.pt", columns, on_limit="ignore")
    u, v, ps = columns.values()
    np.testing.assert_allclose(drag, u * v, rtol=1e-5, atol=1e-4)
    np.testing.assert_allclose(depth, 0.01 * ps, rtol=1e-6)


def test_an_output_that_is_zero_everywhere(source, columns, tmp_path):
    export_network(f"{source}:Nothing", contract(), tmp_path / "m.pt")
    drag, depth = run(tmp_path / "m.pt", columns)
    assert not drag.any()
    expected = columns["surface_air_pressure"] + columns["northward_wind"][:, 0]
    np.testing.assert_allclose(depth, expected, rtol=1e-6)


def test_what_the_library_does_not_take_never_appears(source, tmp_path):
    with pytest.raises(InferenceError) as error:
        export_network(f"{source}:Inverse", contract(), tmp_path / "m.pt")
    assert "aten::linalg_inv" in str(error.value)
    assert not (tmp_path / "m.pt").exists()


def test_a_column_that_changes_its_mates_is_found(source, tmp_path):
    with pytest.raises(InferenceError, match="batch-mates"):
        export_network(f"{source}:Any", contract(), tmp_path / "m.pt")


def test_small_whole_numbers_are_left_to_libtorch(source, tmp_path):
    made = export_network(f"{source}:Bytes", contract(), tmp_path / "m.pt")
    assert made.libtorch == "it uses whole numbers of int8"


def test_it_may_say_how_wrong_it_expects_to_be(source, columns, tmp_path):
    plain = export_network(f"{source}:Net", contract(), tmp_path / "m.pt")
    head = ErrorHead(2 * NLEV + 1 + NLEV + 1, 8)
    save_head(tmp_path / "h.safetensors", head, plain.contract.source.sha256, [])
    words = ["export", "--module", f"{source}:Net", "--confidence"]
    words += [str(tmp_path / "h.safetensors"), "-o", str(tmp_path / "sure.pt")]
    toml = tmp_path / "c.toml"
    toml.write_text(TOML)
    assert main([*words, "--contract", str(toml)]) == 0
    scheme = gwparam.load_scheme(tmp_path / "sure.pt")
    scheme.set_levels((100.0 * PRESSURE).tolist())
    assert scheme.predict(columns)["expected_error"].shape == (7,)


def test_weights_come_from_a_checkpoint(source, columns, tmp_path):
    weights = {"layer.weight": torch.zeros(6, 11), "layer.bias": torch.arange(6.0)}
    save_checkpoint(tmp_path / "w.safetensors", weights)
    made = export_network(
        f"{source}:Net",
        contract(),
        tmp_path / "m.pt",
        weights=tmp_path / "w.safetensors",
    )
    assert made.contract.source.checkpoint == "w.safetensors"
    drag, _ = run(tmp_path / "m.pt", columns)
    np.testing.assert_allclose(drag[0], 1e-5 * np.tanh(np.arange(5.0)), rtol=1e-6)


def test_ranges_are_those_of_example_states(source, tmp_path):
    data = wind_states()
    data.to_netcdf(tmp_path / "states.nc")
    said = contract()
    for name in said["inputs"]:
        for key in ("mean", "standard_deviation"):
            said["inputs"][name] = dict(said["inputs"][name])
            said["inputs"][name].pop(key)
    with pytest.raises(ContractError, match="eastward_wind has no mean and standard"):
        export_network(f"{source}:Net", said, tmp_path / "m.pt")

    example = [tmp_path / "states.nc"]
    made = export_network(f"{source}:Net", said, tmp_path / "m.pt", example=example)

    wind, _, pressure = made.contract.training_range
    u = data.u.transpose("lev", ...).values.reshape(NLEV, -1).astype(np.float64)
    np.testing.assert_allclose(wind.mean, u.mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(wind.standard_deviation, u.std(axis=1), rtol=1e-6)
    assert wind.maximum == tuple(u.max(axis=1))
    assert len(pressure.mean) == 1


def test_a_command_does_it_and_replays(source, tmp_path, capsys):
    toml = tmp_path / "mine.toml"
    pressures = ", ".join(str(100.0 * p) for p in PRESSURE)
    toml.write_text(
        f'name = "mine"\nnlev = 5\npressure = [{pressures}]\n[inputs]\n'
        'eastward_wind = { units = "m s-1" }\nnorthward_wind = { units = "m s-1" }\n'
        'surface_air_pressure = { units = "Pa", levels = "surface" }\n[outputs]\n'
        f'{DRAG} = {{ units = "m s-2", limit = 0.01 }}\n'
        f'{DEPTH} = {{ units = "m", levels = "surface" }}\n'
    )
    wind_states().to_netcdf(tmp_path / "states.nc")
    words = ["export", "--module", f"{source}:Net", "--contract", toml]
    words += ["--example", tmp_path / "states.nc", "-o", tmp_path / "m.pt"]
    assert main(list(map(str, words))) == 0
    words = ["replay", tmp_path / "m.pt", tmp_path / "states.nc"]
    words += ["-o", tmp_path / "out.nc"]
    assert main(list(map(str, words))) == 0
    with xr.open_dataset(tmp_path / "out.nc", decode_times=False) as out:
        assert out[DEPTH].dims == ("time", "lat", "lon")
        assert out[DRAG].dims == ("time", "lev", "lat", "lon")
    assert "depth [m], no reference" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "changes", "error", "message"),
    [
        ("Missing", {}, ArgumentError, "there are Net, Rows"),
        ("number", {}, ArgumentError, "is int, expected a module"),
        ("Truth", {}, ShapeError, "gives bool, expected numbers of floating point"),
        ("Roots", {}, InferenceError, "gives NaN or Inf for columns within"),
        ("fails", {}, ModelFileError, "RuntimeError: not today"),
        ("Flow", {}, InferenceError, "TorchScript cannot compile.* does not stand for"),
        ("Rows", {}, InferenceError, "the module failed on float64 tensors of shape"),
        ("Net", {"tensors": "side_by_side"}, InferenceError, "the module failed on"),
        (
            "Net",
            {"outputs": {DRAG: {"units": "m s-2", "limit": 1}}},
            ShapeError,
            "of 1",
        ),
    ],
)
def test_what_does_not_fit_is_named(source, tmp_path, name, changes, error, message):
    path = tmp_path / "m.pt"
    with pytest.raises(error, match=message):
        export_network(f"{source}:{name}", contract(**changes), path)
    assert not path.exists()


def test_other_shapes_are_named(source, tmp_path):
    said = contract()
    said["outputs"][DEPTH] = {"units": "m"}
    with pytest.raises(
        ShapeError, match=r"depth has shape \(64,\), expected \(64, 5\)"
    ):
        export_network(f"{source}:Net", said, tmp_path / "m.pt")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "expected --ckpt or --module"),
        (["--module", "none.py:Net"], "contract is missing"),
        (["--module", "none.py:Net", "--contract", "c"], "no such file"),
        (["--module", "none.py", "--contract", "c"], "expected none.py:NAME"),
        (["--ckpt", "c", "--contract", "c"], "--contract has no effect without"),
        (["--module", "m.py:N", "--arch", "wavenet"], "--arch has no effect with"),
    ],
)
def test_options_that_do_not_go_together(words, message, tmp_path, capsys):
    assert main(["export", *words, "-o", str(tmp_path / "m.pt")]) == 2
    assert message in capsys.readouterr().err
