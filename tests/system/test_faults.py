"""Faults of files, numbers, memory and signals, through the library.

docs/reliability.md lists them. After each, the scheme that was loaded before gives the
bits that it gave before.
"""

import os
import struct
import subprocess
import sys
import zipfile
from pathlib import Path

import artefacts
import numpy as np
import pytest
from artefacts import DUDT, DVDT, LAT, NLEV, PRESSURE, PS, U, V

import gwparam
from gwparam import errors

BACKENDS = ["torchscript", "column_program"]


def fields(columns: int) -> dict[str, np.ndarray]:
    """Winds of a few m/s, and what lies at the surface."""
    random = np.random.default_rng(7)
    return {
        U: random.normal(10.0, 5.0, (columns, NLEV)),
        V: random.normal(0.0, 5.0, (columns, NLEV)),
        PS: random.uniform(9e4, 1e5, columns),
        LAT: random.uniform(-80.0, 80.0, columns),
    }


def loaded(path: Path, **options) -> gwparam.Scheme:
    scheme = gwparam.load_scheme(path, **options)
    scheme.set_levels(PRESSURE)
    return scheme


def same(found: dict, expected: dict) -> bool:
    return all(np.array_equal(found[name], expected[name]) for name in (DUDT, DVDT))


@pytest.fixture(scope="module", params=BACKENDS)
def artefact(request, tiny_artefact, tmp_path_factory) -> Path:
    if request.param == "column_program":
        return tiny_artefact
    path = tmp_path_factory.mktemp("linear") / "linear.pt"
    artefacts.write(path, artefacts.Linear(), artefacts.contract())
    return path


class Living:
    """A scheme that runs on beside the fault."""

    def __init__(self, path: Path) -> None:
        self.scheme = loaded(path)
        self.fields = fields(20)
        self.expected = self.scheme.predict(self.fields)

    def check(self) -> None:
        assert same(self.scheme.predict(self.fields), self.expected)


@pytest.fixture
def living(artefact: Path) -> Living:
    return Living(artefact)


def test_an_artefact_cut_anywhere_is_refused(artefact, living, tmp_path) -> None:
    good = artefact.read_bytes()
    cuts = [*range(0, len(good), 4096), len(good) - 22, len(good) - 1]
    assert len(cuts) > 3
    for cut in cuts:
        path = tmp_path / f"cut_{cut}.pt"
        path.write_bytes(good[:cut])
        with pytest.raises(errors.GwparamError, match=path.name) as caught:
            gwparam.load_scheme(path)
        assert isinstance(caught.value, errors.ModelFileError | errors.ContractError)
    living.check()


def parts(path: Path) -> dict[str, range]:
    """Where each part of an archive lies: headers, contents, directory, its end."""
    data, found = path.read_bytes(), {}
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            at = entry.header_offset
            name, extra = struct.unpack("<HH", data[at + 26 : at + 30])
            begin = at + 30 + name + extra
            found[f"header of {entry.filename}"] = range(at, begin)
            if entry.compress_size:
                content = range(begin, begin + entry.compress_size)
                found[entry.filename] = content
        directory = archive.start_dir
    end = data.rindex(b"PK\5\6")
    return {**found, "directory": range(directory, end), "end": range(end, len(data))}


def test_a_bit_flipped_in_any_part_gives_no_other_numbers(
    artefact, living, tmp_path
) -> None:
    """Of the whole archive by part, so that small ones are not passed over."""
    good, random, refused = artefact.read_bytes(), np.random.default_rng(13), 0
    flips = [
        (part, int(random.choice(where)), int(random.integers(8)))
        for part, where in parts(artefact).items()
        for _ in range(30 if part in ("directory", "end") else 4)
    ]
    for number, (part, place, bit) in enumerate(flips):
        path = tmp_path / f"flipped_{number}.pt"
        path.write_bytes(
            good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :]
        )
        try:
            with loaded(path) as scheme:
                found = scheme.predict(living.fields)
        except errors.GwparamError:
            refused += 1
        else:
            assert same(found, living.expected), (part, place, bit)
        path.unlink()
    assert refused > len(flips) // 3
    living.check()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("name", [U, V, PS, LAT])
def test_a_number_that_is_none_is_named(living, name, value) -> None:
    for column in (0, 16, 19):
        given = {key: array.copy() for key, array in living.fields.items()}
        given[name][column, ...] = value
        with pytest.raises(
            errors.NonFiniteError, match=rf"^{name} is .* at \({column + 1}\b"
        ):
            living.scheme.predict(given)
        living.check()


@pytest.mark.parametrize("name", [U, V, PS, LAT])
@pytest.mark.parametrize("value", [1e300, -1e300])
def test_a_huge_number_is_refused(living, tiny_artefact_float32, name, value) -> None:
    """Also where the network's own type does not hold it."""
    for scheme in (living.scheme, loaded(tiny_artefact_float32)):
        given = {key: array.copy() for key, array in living.fields.items()}
        given[name][3, ...] = value
        with pytest.raises((errors.NonFiniteError, errors.RangeError), match=name):
            scheme.predict(given)
    living.check()


@pytest.mark.parametrize("value", [5e-324, -5e-324, 1e-310, 1e-42, 0.0, -0.0])
def test_denormal_numbers_are_numbers(living, tiny_artefact_float32, value) -> None:
    """A wind that small is a calm, in single precision too."""
    for scheme, rounding in (
        (living.scheme, 1e-15),
        (loaded(tiny_artefact_float32), 1e-7),
    ):
        calm = {key: array.copy() for key, array in living.fields.items()}
        for name in (U, V):
            calm[name][3] = 0.0
        expected = scheme.predict(calm)
        for name in (U, V):
            calm[name][3] = value
        found = scheme.predict(calm)
        for name in (DUDT, DVDT):
            scale = np.abs(expected[name]).max()
            assert np.abs(found[name] - expected[name]).max() <= rounding * scale
    living.check()


def test_any_number_of_columns(living) -> None:
    """None, one, and some hundred chunks, of which each column has its own bits."""
    many = fields(50_001)
    expected = living.scheme.predict(many)
    for begin, end in ((0, 0), (0, 1), (50_000, 50_001), (255, 258), (17, 1000)):
        some = {name: array[begin:end] for name, array in many.items()}
        found = living.scheme.predict(some)
        for name in (DUDT, DVDT):
            assert np.array_equal(found[name], expected[name][begin:end])
    living.check()


CHILD = """
import os, resource, signal, sys
import numpy as np
import gwparam
from gwparam import errors
names, pressure = {names!r}, {pressure!r}
scheme = gwparam.load_scheme(sys.argv[1], threads=2)
scheme.set_levels(pressure)

def fields(columns):
    scales = (10.0, -5.0, 9e4, 45.0)
    shapes = ((columns, {nlev}), (columns, {nlev}), (columns,), (columns,))
    return {{n: np.full(s, x) for n, s, x in zip(names, shapes, scales)}}

def same(found, expected):
    return all(np.array_equal(found[name], expected[name]) for name in expected)

few = fields(100)
expected = scheme.predict(few)
"""

MEMORY = """
many = fields(1_000_000)
with open("/proc/self/statm") as file:
    used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
before = resource.getrlimit(resource.RLIMIT_AS)
told = set()
for room in (1, 4, 16, 40, 80, 120, 160, 200, 240):
    resource.setrlimit(resource.RLIMIT_AS, (used + (room << 20), before[1]))
    try:
        for name in names:
            scheme.put(name, many[name])
        scheme.run()
    except errors.HostMemoryError as error:
        told.add(str(error))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    scheme.discard()
    assert same(scheme.predict(few), expected), room
for room in (0, 1, 2, 4, 8, 16):
    with open("/proc/self/statm") as file:
        used = int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    resource.setrlimit(resource.RLIMIT_AS, (used + (room << 20), before[1]))
    try:
        gwparam.load_scheme(sys.argv[2]).free()
    except errors.GwparamError as error:
        assert isinstance(error, MemoryError), repr(error)
        told.add(str(error))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)
    assert same(scheme.predict(few), expected), room
assert any("out of memory" in text for text in told), told
gwparam.load_scheme(sys.argv[2]).free()
"""

SIGNALS = """
heard = {signal.SIGALRM: 0, signal.SIGCHLD: 0}

def hear(number, _):
    heard[number] += 1

for number in heard:
    signal.signal(number, hear)
signal.setitimer(signal.ITIMER_REAL, 2e-3, 2e-3)
many = fields(4_000)
wanted = scheme.predict(many)
children = []
for _ in range(40):
    children.append(os.posix_spawn("/bin/true", ["true"], {}))
    assert same(scheme.predict(many), wanted)
gwparam.load_scheme(sys.argv[2]).free()
while children:
    os.waitpid(children.pop(), 0)
signal.setitimer(signal.ITIMER_REAL, 0)
assert all(heard.values()), heard
assert signal.getsignal(signal.SIGALRM) is hear
assert same(scheme.predict(few), expected)
"""


def run_child(program: str, artefact: Path, tmp_path: Path) -> None:
    """Run a program beside a scheme, with another file of the artefact to load."""
    other = tmp_path / "other.pt"
    other.write_bytes(artefact.read_bytes())
    begin = CHILD.format(names=(U, V, PS, LAT), pressure=list(PRESSURE), nlev=NLEV)
    found = subprocess.run(
        [sys.executable, "-P", "-c", begin + program, artefact, other],
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=60,
        cwd=tmp_path,
    )
    assert found.returncode == 0, found.stderr
    assert not found.stderr


def test_a_process_without_memory_lives(artefact, tmp_path) -> None:
    run_child(MEMORY, artefact, tmp_path)


def test_signals_of_the_host_change_nothing(artefact, tmp_path) -> None:
    run_child(SIGNALS, artefact, tmp_path)
