"""Options of the Prithvi network alone: its backbone, and which tokens it sees."""

import math
from collections.abc import Callable

from gwparam.errors import wrong_setting
from gwparam.networks.base import Option


def _pair(text: str) -> tuple[int, int]:
    rows, _, columns = text.partition("x")
    if not (rows.isdecimal() and columns.isdecimal()):
        raise wrong_setting("mask_unit", text, "for example 8x16")
    return int(rows), int(columns)


def _integer(name: str) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isdecimal():
            raise wrong_setting(name, text, "a whole number")
        return int(text)

    return parse


def _hours(text: str) -> float:
    try:
        hours = float(text)
    except ValueError:
        hours = math.nan
    if not 0.0 <= hours < math.inf:
        raise wrong_setting("lead_time", text, "hours, 0 or more")
    return hours


def _ratio(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise wrong_setting("mask_ratio", text, "0 to less than 1") from None


HEADS = Option(
    "heads",
    "attention heads of the Prithvi backbone; needed for other sizes than the "
    "published ones",
    metavar="N",
    parse=_integer("heads"),
)
MASK_UNIT = Option(
    "mask_unit",
    "latitudes and longitudes of a mask unit of the Prithvi backbone; likewise",
    metavar="NLATxNLON",
    parse=_pair,
    write=lambda unit: f"{unit[0]}x{unit[1]}",
)
LEAD_TIME = Option(
    "lead_time",
    "hours from the inputs to the outputs that the Prithvi network was trained with, "
    "which no checkpoint says; part of the artefact, and in its contract (default: 0, "
    "as in the published fine-tuning)",
    metavar="HOURS",
    parse=_hours,
    frozen=True,
)
MASK_RATIO = Option(
    "mask_ratio",
    "share of the tokens that the Prithvi backbone does not see, frozen into the "
    "artefact; needs --mask-seed. The published inference hides a random 0.5 at every "
    "call; without this option every token is seen, in its natural order "
    "(docs/networks/prithvi.md)",
    metavar="X",
    parse=_ratio,
    frozen=True,
)
MASK_SEED = Option(
    "mask_seed",
    "draw the tokens that Prithvi sees, and their order, as the published inference "
    "does after torch.manual_seed(N)",
    metavar="N",
    parse=_integer("mask_seed"),
    frozen=True,
)
MASK_WHOLE_UNITS = Option(
    "mask_whole_units",
    "hide whole mask units of Prithvi, not tokens within each",
    switch=True,
    frozen=True,
)
DROP_DEAD_BACKBONE = Option(
    "drop_dead_backbone",
    "leave out a Prithvi backbone whose output scalers are all zero, which adds "
    "nothing: the same result with 4 % of the parameters",
    switch=True,
    frozen=True,
)
