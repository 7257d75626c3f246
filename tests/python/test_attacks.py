"""Artefacts that would do more than compute are refused before any of it happens."""

import io
import os
import struct
import zipfile

import artefacts
import numpy as np
import pytest
import torch

import gwparam
from gwparam.contract.checksums import inner_name
from gwparam.errors import ContractError, GwparamError, InferenceError


class Saves(artefacts.Linear):
    def forward(self, u, v, ps, lat):
        torch.save(u, "written_by_attack")
        return artefacts_linear(u, v, ps, lat)


class Reads(artefacts.Linear):
    def forward(self, u, v, ps, lat):
        there = torch.from_file("written_by_attack", True, 4)
        return u + there[0], v


class Prints(artefacts.Linear):
    def forward(self, u, v, ps, lat):
        print("seen", u)
        return artefacts_linear(u, v, ps, lat)


def saves_in_a_function(u):
    torch.save(u, "written_by_attack")
    return u


class Hidden(artefacts.Linear):
    """In a branch, a loop, a submodule and a function, none of which the probe runs."""

    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Sequential(Inner())

    def forward(self, u, v, ps, lat):
        if bool((u > 1e9).any()):
            for _ in range(3):
                u = self.inner(u)
        return artefacts_linear(u, v, ps, lat)


class Inner(torch.nn.Module):
    def forward(self, u):
        return saves_in_a_function(u)


class Unused(artefacts.Linear):
    @torch.jit.export
    def other(self, u):
        return saves_in_a_function(u)


class Forks(artefacts.Linear):
    def forward(self, u, v, ps, lat):
        return torch.jit.wait(torch.jit.fork(artefacts_linear, u, v, ps, lat))


class Counts(artefacts.Linear):
    def __init__(self):
        super().__init__()
        self.calls = 0

    def forward(self, u, v, ps, lat):
        self.calls += 1
        return artefacts_linear(u, v, ps, lat)


class Random(artefacts.Linear):
    def forward(self, u, v, ps, lat):
        return u + 0.0 * torch.rand_like(u), v


class RunsAtLoad(artefacts.Linear):
    def __init__(self):
        super().__init__()
        self.calls = 0

    @torch.jit.export
    def __getstate__(self):
        return (self.training,)

    @torch.jit.export
    def __setstate__(self, state: tuple[bool]):
        self.training = state[0]
        self.calls = 1
        torch.save(torch.ones(1), "written_by_attack")

    def forward(self, u, v, ps, lat):
        return artefacts_linear(u, v, ps, lat)


def artefacts_linear(u, v, ps, lat):
    k = torch.arange(1, 6, dtype=u.dtype, device=u.device)
    dudt = 1e-6 * u + 1e-12 * k * ps.unsqueeze(1)
    return dudt, -2e-6 * v + 1e-7 * lat.unsqueeze(1)


def attack(network, folder):
    """An artefact of the network, whose probe is true where it can be."""
    path = folder / "attack.pt"
    artefacts.write(path, network, artefacts.contract(), scale=1.0 + 1e-15)
    return path


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("network", "named"),
    [
        (Saves, "uses the operation aten::save"),
        (Reads, "uses the operation aten::from_file"),
        (Prints, "uses the operation prim::Print"),
        (Hidden, "uses the operation aten::save"),
        (Unused, "uses the operation aten::save"),
        (Forks, "line [0-9]+: .* of another indentation"),  # a function in another
        (Counts, "uses the operation prim::SetAttr"),
        (Random, "uses the operation aten::rand_like"),
    ],
)
def test_operations_that_are_no_arithmetic(tmp_path, capfd, network, named):
    path = attack(network(), tmp_path)
    before = sorted(os.listdir())

    with pytest.raises(ContractError, match=rf"attack\.pt.* {named}"):
        gwparam.load_scheme(path)

    assert sorted(os.listdir()) == before
    assert "seen" not in "".join(capfd.readouterr())


def test_what_runs_at_the_load(tmp_path):
    path = attack(RunsAtLoad(), tmp_path)

    with pytest.raises(ContractError, match=r"line \d+: __setstate__, which runs at"):
        gwparam.load_scheme(path)
    assert not os.path.exists("written_by_attack")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("u: Tensor", "u: Tensor=torch.ones([torch.save(1, 'written_by_attack')])"),
        ("training : bool", "training : bool\n  x : Final[int] = torch.save(1, 'w')"),
    ],
)
def test_source_that_is_evaluated_at_the_load(tmp_path, old, new):
    good = attack(artefacts.Linear(), tmp_path)
    with zipfile.ZipFile(good) as before, zipfile.ZipFile("evil.pt", "w") as after:
        for entry in before.infolist():
            data = before.read(entry)
            if inner_name(entry).startswith("code/") and entry.filename.endswith(".py"):
                assert old.encode() in data
                data = data.replace(old.encode(), new.encode(), 1)
            after.writestr(f"evil/{inner_name(entry)}", data)

    with pytest.raises(ContractError, match="torch in what is evaluated at the load"):
        gwparam.load_scheme("evil.pt")
    assert not os.path.exists("written_by_attack")


class ChangesItsWeights(artefacts.Linear):
    def __init__(self):
        super().__init__()
        self.register_buffer("calls", torch.zeros(1, dtype=torch.float64))

    def forward(self, u, v, ps, lat):
        self.calls.add_(1.0)
        dudt, dvdt = artefacts_linear(u, v, ps, lat)
        return dudt + 0.0 * self.calls, dvdt


def test_a_network_that_changes_its_weights(tmp_path):
    path = attack(ChangesItsWeights(), tmp_path)

    with pytest.raises(InferenceError, match="changed its own weights"):
        gwparam.load_scheme(path)


def test_a_good_one_is_loaded(tmp_path):
    with gwparam.load_scheme(attack(artefacts.Linear(), tmp_path)):
        pass


def stored(data):
    """Where the bytes are of each file in an archive that is not compressed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for entry in archive.infolist():
            at = entry.header_offset
            name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
            begin = at + 30 + name + extra
            if entry.compress_type == zipfile.ZIP_STORED:
                yield slice(begin, begin + entry.compress_size)


def flipped(data, place, bit):
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


@pytest.mark.parametrize("kind", ["tiny_artefact", "torchscript"])
def test_one_flipped_bit_never_gives_other_numbers(request, tmp_path, kind):
    """In numbers, code, names, headers: refused, or the probe bit for bit."""
    if kind == "torchscript":
        good = attack(artefacts.Linear(), tmp_path).read_bytes()
    else:
        good = request.getfixturevalue(kind).read_bytes()
    path = tmp_path / "flipped.pt"
    random = np.random.default_rng(0)
    path.write_bytes(good)
    code = torch.jit.load(path).code
    files, refused = list(stored(good)), 0
    for number in range(200):
        place = int(random.integers(len(good)))
        path.unlink(missing_ok=True)
        path.write_bytes(flipped(good, place, number % 8))
        os.utime(path, (number, number))  # else two may be of one tick of the clock
        try:
            with gwparam.load_scheme(path):
                pass
        except GwparamError:
            refused += 1
            continue
        assert all(path.read_bytes()[part] == good[part] for part in files)
        assert kind == "tiny_artefact" or torch.jit.load(path).code == code
    assert refused > 20
