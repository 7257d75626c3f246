"""The same bits on every number of ranks, decomposition, windows, threads and owners.

`layouts.f90` is a host that cuts one grid into columns as it is told. What one rank
computes without MPI, in one window, is what all others are held to.
"""

import functools
import itertools
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import netCDF4
import numpy as np
import pytest
from numpy.typing import NDArray
from ranks import OUTLIVES_RANKS
from recipes import ann_cnn, attention_unet, options

from gwparam.export import export_model

HOST = ("layouts_columns", "layouts_files", "layouts_restart", "layouts")
HOST_FLAGS = ("-O1", "-fcheck=all", "-ffpe-trap=invalid,zero,overflow")
TIMEOUT = 240  # seconds: a run that hangs is a failure
NETWORK_NLEV = 12
KINDS = ("column", "stencil", "global")
DECOMPOSITIONS = ("bands", "blocks", "scattered")
STEPS = 3


@dataclass(frozen=True)
class Result:
    """What one case wrote."""

    drag: NDArray[np.float64]
    """(step, component, level, cell)"""
    runs: int
    columns: int
    messages: int
    owners: int


Layouts = Callable[..., list[Result]]


@pytest.fixture(scope="module")
def host(environment, tmp_path_factory):
    """The program, compiled with what ``gwparam config --mpi`` prints."""
    for tool in ("mpifort", "mpirun", "nf-config"):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} absent")

    def printed(*command: str) -> list[str]:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=TIMEOUT
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.split()

    program = tmp_path_factory.mktemp("layouts") / "layouts"
    built = subprocess.run(
        [
            "mpifort",
            *HOST_FLAGS,
            *printed("gwparam", "config", "--mpi", "--fflags"),
            *printed("nf-config", "--fflags"),
            *(str(Path(__file__).with_name(f"{name}.f90")) for name in HOST),
            *printed("gwparam", "config", "--mpi", "--libs"),
            *printed("nf-config", "--flibs"),
            "-o",
            str(program),
        ],
        cwd=program.parent,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return program


@pytest.fixture(scope="module")
def launch(host, environment):
    """Run records of cases in a folder, on some ranks."""

    def run(ranks: int, folder: Path, records: str) -> subprocess.CompletedProcess[str]:
        (folder / "cases.nml").write_text(records)
        return subprocess.run(
            ["mpirun", "--oversubscribe", "-n", str(ranks), host, "cases.nml"],
            cwd=folder,
            # Threads that wait for work must not keep the cores from other ranks.
            env=environment | {"OMP_WAIT_POLICY": "passive"},
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            **OUTLIVES_RANKS,
        )

    return run


@pytest.fixture(scope="module")
def layouts(launch, tmp_path_factory) -> Layouts:
    """Results of cases, one after the other, on some ranks: layouts(ranks, cases)."""

    def run(ranks: int, cases: Sequence[dict[str, object]]) -> list[Result]:
        folder = tmp_path_factory.mktemp("run")
        paths = [folder / f"{i}.nc" for i in range(len(cases))]
        outputs = [{"output": path} for path in paths]
        done = launch(ranks, folder, _records(cases, outputs))
        assert done.returncode == 0, done.stdout + done.stderr
        return [_result(path) for path in paths]

    return run


def _records(*cases: Sequence[dict[str, object]]) -> str:
    """Records of cases, each in as many parts as there are arguments."""
    return "".join(
        _record({name: item for part in parts for name, item in part.items()})
        for parts in zip(*cases, strict=True)
    )


def _record(case: dict[str, object]) -> str:
    items = (f"{name} = {_value(item)}" for name, item in case.items())
    return f"&case {', '.join(items)} /\n"


def _value(item: object) -> str:
    if isinstance(item, bool):
        return f".{item}.".lower()
    return str(item) if isinstance(item, int) else f"'{item}'"


def _result(path: Path) -> Result:
    with netCDF4.Dataset(path) as file:
        file.set_auto_mask(False)
        counters = ("runs", "columns", "messages", "owners")
        return Result(
            np.asarray(file["drag"][:]), *(int(getattr(file, c)) for c in counters)
        )


@pytest.fixture(scope="module")
def grid(states, tmp_path_factory) -> Path:
    """The states of 8 x 16 columns, with mountains."""
    path = tmp_path_factory.mktemp("grid") / "states.nc"
    shutil.copy(states, path)
    with netCDF4.Dataset(path, "a") as file:
        latitude = np.deg2rad(file["lat"][:])[:, None]
        longitude = np.deg2rad(file["lon"][:])
        mountains = 800.0 * (1.0 + np.cos(latitude) * np.sin(longitude))
        file.createVariable("zsurf", "f8", ("lat", "lon"))[:] = mountains
    return path


@pytest.fixture(scope="module")
def networks(artefact, tmp_path_factory) -> dict[str, Path]:
    """An artefact a kind: the host's levels, and fluxes on levels of their own."""
    folder = tmp_path_factory.mktemp("networks")
    nlev = NETWORK_NLEV
    stencil = ann_cnn(folder / "stencil.ckpt", 3 + 3 * nlev, 2 * nlev, stencil=3)
    image = attention_unet(folder / "global.ckpt", 3 * nlev, 2 * nlev)
    paths = {"column": artefact}
    for kind, checkpoint, others in (
        ("stencil", stencil, {}),
        ("global", image, {"grid": "16x32"}),
    ):
        paths[kind] = folder / f"{kind}.pt"
        given = options(folder, nlev, features="uvtheta", **others)
        export_model(checkpoint, paths[kind], max_tendency=1e9, options=given)
    return paths


@pytest.fixture(scope="module")
def base(grid, networks) -> Callable[..., dict[str, object]]:
    """Items of a case of a kind of network, on the small grid."""

    def items(kind: str, **others: object) -> dict[str, object]:
        return {
            "artefact": networks[kind],
            "states_path": grid,
            "places": "none" if kind == "column" else "coordinates",
            "chunk_columns": 32,
            "steps": STEPS,
            **others,
        }

    return items


def cells_where_there_are_places(kind: str) -> str:
    return "none" if kind == "column" else "cells"


def assert_same_bits(results, expected, cases):
    differing = [
        case
        for result, other, case in zip(results, expected, cases, strict=True)
        if not np.array_equal(result.drag, other.drag)
    ]
    assert not differing


@pytest.fixture(scope="module")
def references(layouts, base) -> Callable[..., dict[str, Result]]:
    """What one rank computes without MPI, by kind of network."""

    @functools.cache
    def run(**others: object) -> dict[str, Result]:
        results = layouts(1, [base(kind, loader="serial", **others) for kind in KINDS])
        for result in results:
            # Every component of every step moves the air, and no two steps are alike.
            assert np.ptp(result.drag, axis=(2, 3)).min() > 0.0
            assert not np.array_equal(result.drag[0], result.drag[2])
        return dict(zip(KINDS, results, strict=True))

    return run


@pytest.mark.parametrize("ranks", [1, 2, 3, 4, 8])
def test_bits_do_not_depend_on_the_layout(layouts, base, references, ranks):
    # Each kind meets each decomposition, with and without ranks that have no columns;
    # the other choices take turns.
    turns = itertools.cycle(itertools.product((1, 8), (1, 2), (False, True)))
    cases = []
    for kind, decomposition, few in itertools.product(
        KINDS, DECOMPOSITIONS, (False, True)
    ):
        windows, threads, numbered = next(turns)
        choices = {"windows": windows, "threads": threads, "few": few}
        if numbered:
            choices |= {"places": cells_where_there_are_places(kind), "loader": "f08"}
        cases.append((kind, base(kind, decomposition=decomposition, **choices)))

    results = layouts(ranks, [case for _, case in cases])

    expected = references()
    assert_same_bits(results, [expected[kind] for kind, _ in cases], cases)


@pytest.mark.parametrize("ranks", [1, 3, 4])
def test_lag_gives_the_bits_of_the_step_before(layouts, base, references, ranks):
    steps = 5
    cases = [
        (kind, base(kind, steps=steps, lag=1, decomposition=cut, windows=windows))
        for kind in KINDS
        for cut, windows in (("bands", 1), ("scattered", 8))
    ]
    results = layouts(ranks, [case for _, case in cases])
    at_once = references(steps=steps)
    for (kind, case), result in zip(cases, results, strict=True):
        drag = at_once[kind].drag
        late = np.concatenate([drag[:1], drag[:-1]])
        assert np.array_equal(result.drag, late), case


@pytest.mark.parametrize(("ranks", "shared_by"), [(3, (2,)), (4, (1, 2, 4)), (8, (4,))])
def test_ranks_share_a_copy_of_the_network(layouts, base, references, ranks, shared_by):
    choices = [
        {"lag": lag, "ranks_per_device": shared, "decomposition": cut, "few": few}
        for lag in (0, 1)
        for shared in shared_by
        for cut, few in (("blocks", False), ("scattered", True))
    ]
    kinds = ("column", "stencil")
    cases = [(kind, base(kind, **choice)) for kind in kinds for choice in choices]
    results = layouts(ranks, [case for _, case in cases])
    expected = [references(lag=case["lag"])[kind] for kind, case in cases]
    assert_same_bits(results, expected, cases)
    for result, (_, case) in zip(results, cases, strict=True):
        assert result.owners == -(-ranks // case["ranks_per_device"])


def test_a_global_network_has_one_owner_and_columns_stay_at_home(layouts, base):
    column, image = layouts(4, [base("column"), base("global")])
    assert (column.owners, column.messages) == (4, 0)
    # Each step, three ranks send their columns and receive what becomes of them.
    assert (image.owners, image.messages) == (1, STEPS * 2 * 3)


@pytest.mark.parametrize("loader", ["integer", "f08"])
def test_an_absent_artefact_has_one_message(launch, base, tmp_path, loader):
    case = base("column", artefact=tmp_path / "absent.pt", loader=loader)
    done = launch(3, tmp_path, _records([case]))
    assert done.returncode != 0
    assert re.search(
        r"^rank \d, status -2: rank 0: .*absent.pt.*No such file", done.stderr, re.M
    )


def test_a_run_goes_on_on_other_ranks(layouts, base, tmp_path):
    # The first half ends in the middle of an interval, and no recomputation has the
    # state of the one before.
    steps, interval = 5, 2
    runs = list(itertools.product(KINDS, (0, 1)))

    def halves(ranks, **choices):
        """Cases of one cut, of every network at once and with lag."""
        return layouts(
            ranks,
            [
                base(kind, lag=lag, interval=interval, **choices)
                | {
                    item: tmp_path / f"{kind}{lag}"
                    for item in ("restart_in", "restart_out")
                    if choices.get(item)
                }
                for kind, lag in runs
            ],
        )

    through = halves(1, loader="serial", steps=2 * steps)
    for whole in through:
        # The last results on both sides of the joint.
        assert not np.array_equal(whole.drag[4], whole.drag[6])
        assert not np.array_equal(whole.drag[6], whole.drag[8])
    first = halves(4, decomposition="blocks", steps=steps, restart_out=True)
    for ranks, cut in (
        (1, {"decomposition": "bands", "windows": 2}),
        (3, {"decomposition": "scattered", "few": True, "windows": 8}),
        (4, {"decomposition": "blocks"}),
    ):
        second = halves(
            ranks, first_step=steps + 1, steps=steps, restart_in=True, **cut
        )
        for one, other, whole in zip(first, second, through, strict=True):
            drag = np.concatenate([one.drag, other.drag])
            assert np.array_equal(drag, whole.drag), (ranks, cut)
            assert (other.runs, other.columns) == (whole.runs, whole.columns)
            # What the first half held until the alarm rang.
            assert np.ptp(other.drag[0]) > 0.0


def test_real_states_give_the_same_bits_on_every_layout(
    layouts, base, networks, reference_data, tmp_path
):
    always = {
        "states_path": reference_data / "mima" / "mima_t42l40_ad99.nc",
        "chunk_columns": 256,
        "steps": 2,
    }
    expected = layouts(1, [base(k, loader="serial", **always) for k in KINDS])
    for ranks, decomposition, few in ((4, "blocks", False), (3, "scattered", True)):
        cases = [
            base(
                kind,
                decomposition=decomposition,
                few=few,
                windows=8,
                lag=lag,
                ranks_per_device=shared,
                **always,
            )
            for kind in KINDS
            for lag, shared in ((0, 1), (1, 2))
        ]
        results = layouts(ranks, cases)
        for i, (case, result) in enumerate(zip(cases, results, strict=True)):
            drag = expected[i // 2].drag
            # With lag, the second step gives the first result once more.
            assert np.array_equal(result.drag, drag[[0, 0]] if case["lag"] else drag)
