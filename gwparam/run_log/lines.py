"""The lines of a run log, as docs/run-log.md has them."""

from dataclasses import dataclass
from typing import Literal

from gwparam.contract.typed_json import load, parse
from gwparam.errors import ContractError

STAGES = ("put", "levels", "network", "wait", "exchange", "get")
"""Stages of a recomputation, in their order."""


@dataclass(frozen=True)
class Place:
    """A value with its place; what is not known is None."""

    field: str
    units: str
    level: int
    run: int
    rank: int
    date: str | None = None
    value: float | None = None
    excess: float | None = None
    latitude: float | None = None
    longitude: float | None = None
    pressure: float | None = None


@dataclass(frozen=True)
class Guard:
    """What one guard caught since the start of the run."""

    name: str
    policy: str
    columns: int
    columns_last_run: int
    levels: tuple[int, ...]
    worst: Place | None = None


@dataclass(frozen=True)
class Drag:
    """One component of the drag; with that of the native scheme where it ran, too."""

    values: int
    rms_network: float | None = None
    largest_network: Place | None = None
    rms_native: float | None = None
    bias: float | None = None
    correlation: float | None = None
    r2: float | None = None
    largest_native: Place | None = None
    largest_difference: Place | None = None


@dataclass(frozen=True)
class Drags:
    """Both components."""

    u: Drag | None = None
    v: Drag | None = None


@dataclass(frozen=True)
class Stages:
    """Milliseconds a recomputation, of the slowest rank, since the start of the run."""

    put: float | None = None
    levels: float | None = None
    network: float | None = None
    wait: float | None = None
    exchange: float | None = None
    get: float | None = None

    def by_name(self) -> dict[str, float]:
        """Give those that are known."""
        found = {name: getattr(self, name) for name in STAGES}
        return {name: value for name, value in found.items() if value is not None}

    def longest(self) -> tuple[str, float] | None:
        """Give name and milliseconds of the longest; None where none is known.

        There is no sum: one rank waits while another computes, and a network with
        ``lag = 1`` runs beside the model.
        """
        return max(self.by_name().items(), key=lambda pair: pair[1], default=None)


@dataclass(frozen=True)
class LoggedVertical:
    """Levels of the network; pressures are in their `order`."""

    nlev: int
    order: Literal["top_down", "bottom_up"]
    nominal_pressure: tuple[float, ...] | None = None
    pressure: tuple[float, ...] | None = None


@dataclass(frozen=True)
class LoggedContract:
    """What a start keeps of the contract."""

    name: str
    vertical: LoggedVertical


@dataclass(frozen=True)
class Start:
    """The line with which a run begins."""

    kind: Literal["start"]
    model_days: float
    wall_time: str
    gwparam: str
    mode: str
    artefact: str
    sha256: str
    ranks: int
    threads: int
    device: str
    contract: LoggedContract
    lag: int = 0
    members: str = "mean"
    compiled: str = "none"
    load_seconds: float | None = None
    restored: bool = False
    restored_date: str | None = None
    model_date: str | None = None


@dataclass(frozen=True)
class Report:
    """A line of what was done and seen until then."""

    kind: Literal["recomputation", "report", "end"]
    model_days: float
    wall_time: str
    ranks: int
    recomputations: int
    columns: int
    columns_this_run: int
    native_columns: int
    guarded_columns: int
    guarded_columns_last_run: int
    ms: Stages
    guards: tuple[Guard, ...]
    last: Drags
    run: Drags
    native_share: float | None = None
    network_share: float | None = None
    model_date: str | None = None
    fell_back: bool = False
    member: int | None = None
    records: int | None = None
    record_bytes: int | None = None
    records_left_out: int | None = None
    momentum_imbalance: float | None = None


def read_line(text: bytes, what: str) -> Start | Report:
    """Read a line.

    Parameters
    ----------
    text : bytes
        The line.
    what : str
        What it is, for messages.

    Raises
    ------
    ContractError
        If it is no line of a run log; the message names the key.
    """
    value = load(text, what)
    kind = value.get("kind")
    try:
        if kind == "start":
            return parse(Start, value)
        return parse(Report, value)
    except ContractError as error:
        raise ContractError(f"{what}: {error}") from None
