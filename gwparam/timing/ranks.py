"""A step in several processes at once, as the ranks of a host take it."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from gwparam.contract import Contract
from gwparam.errors import GwparamError
from gwparam.synthetic.columns import Columns
from gwparam.timing.candidates import library_step, native_step
from gwparam.timing.columns import Inputs
from gwparam.timing.rounds import Step

MakeStep = Callable[[int], Step]
"""Makes the step of a rank; called in its process."""


@contextmanager
def side_by_side(make: MakeStep, ranks: int) -> Iterator[Step]:
    """Run steps in processes that start each at the same time.

    Networks of single columns need nothing of other ranks, so that the processes
    exchange nothing; what they share is the machine.

    Parameters
    ----------
    make : callable
        Pickled, with what it holds.
    ranks : int
        Number of processes, which end with the context; one is this process.

    Yields
    ------
    callable
        Ends when the last rank has; raises what a rank raises.
    """
    if ranks == 1:
        yield make(0)
        return
    context = get_context("spawn")
    with ExitStack() as stack:
        ends = []
        for rank in range(ranks):
            here, there = context.Pipe()
            process = context.Process(target=_serve, args=(there, make, rank))
            process.start()
            there.close()
            stack.callback(process.join)
            stack.callback(here.close)
            ends.append(here)

        def step() -> None:
            for end in ends:
                end.send(None)
            for end in ends:
                _hear(end)

        for end in ends:
            _hear(end)
        yield step


def _hear(end: Connection) -> None:
    """Wait until a rank has done what it was asked for."""
    try:
        failure = end.recv()
    except EOFError:
        raise GwparamError("a process that takes steps ended too early") from None
    if failure is not None:
        raise failure


def library_of(
    artefact: Path, contract: Contract, inputs: Inputs, threads: int, ranks: int
) -> MakeStep:
    """Each rank runs the library on its share of the inputs."""
    return partial(_library, artefact, contract, inputs, threads, ranks)


def _library(
    artefact: Path,
    contract: Contract,
    inputs: Inputs,
    threads: int,
    ranks: int,
    rank: int,
) -> Step:
    return library_step(artefact, contract, inputs.share(rank, ranks), threads)


def native_of(columns: Columns, count: int, ranks: int) -> MakeStep:
    """Each rank runs the native scheme on its share of `count` columns."""
    return partial(_native, columns, count, ranks)


def _native(columns: Columns, count: int, ranks: int, rank: int) -> Step:
    return native_step(columns, count // ranks + (rank < count % ranks))


def _serve(end: Connection, make: MakeStep, rank: int) -> None:
    """Make a step, then take it as often as asked, until nobody asks any more."""
    try:
        step = make(rank)
        end.send(None)
        while True:
            end.recv()
            step()
            end.send(None)
    except EOFError:
        return
    except Exception as e:
        end.send(e)
