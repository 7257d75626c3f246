"""What ``gwparam qbo`` says: its document, its settings in words, its tables."""

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gwparam.qbo.runs import Run
    from gwparam.qbo.summary import Member

_RELAXATION = 10.0  # days


def relaxation(args: argparse.Namespace) -> float:
    """Days of relaxation above the testbed."""
    return _RELAXATION if args.relaxation is None else float(args.relaxation)


def document(
    args: argparse.Namespace,
    runs: "Sequence[Run]",
    summaries: "Sequence[Sequence[Member]]",
) -> dict[str, Any]:
    """Everything, for a program."""
    from gwparam.qbo.summary import spinup_days
    from gwparam.qbo.testbed import DAYS_A_YEAR

    days = args.years * DAYS_A_YEAR
    return {
        "years": args.years,
        "years_left_out": spinup_days(days) / DAYS_A_YEAR,
        "column": args.column,
        "relaxation_days": None if args.column is None else relaxation(args),
        "forcing": _source(args, runs),
        "diffusivity": args.diffusivity,
        "semiannual": args.semiannual,
        "schemes": {
            run.name: _scheme_document(run, members)
            for run, members in zip(runs, summaries, strict=True)
        },
    }


def _scheme_document(run: "Run", members: "Sequence[Member]") -> dict[str, Any]:
    from gwparam.qbo.summary import published, quantities, spread
    from gwparam.qbo.table import differences

    return {
        "upwelling": float(run.column.upwelling[0]),
        "sees_source": run.sees_waves,
        "members": len(run.unstable),
        "unstable": [day + 1 if day >= 0 else None for day in run.unstable],
        "failures": [failure or None for failure in run.failures],
        "numbers": {
            name: {
                "units": units,
                "mean": float(spread(members, find)[0]),
                "spread": float(spread(members, find)[1]),
                "members": [
                    float(find(m)) if m.unstable is None else None for m in members
                ],
            }
            for name, units, find in quantities()
        },
        "less_published": {
            each.name: dict(
                zip(("period", "amplitude"), differences(members, each), strict=True)
            )
            for each in published(run)
        },
    }


def lead(args: argparse.Namespace) -> str:
    """Say in a sentence what was run."""
    where = (
        "from 17 to 35 km"
        if args.column is None
        else "in a whole column on the levels of a model"
    )
    return (
        f"The wind of the equator {where} for {args.years} years, under the drag of "
        "each scheme in the same Fortran host."
    )


def how(args: argparse.Namespace, runs: "Sequence[Run]") -> list[tuple[str, str]]:
    """Say the settings."""
    upwelling = {run.name: f"{run.column.upwelling[0]:g}" for run in runs}
    alike = len(set(upwelling.values())) == 1
    each = "; ".join(f"{name}: {value}" for name, value in upwelling.items())
    return [
        ("upwelling", f"{next(iter(upwelling.values())) if alike else each} m s-1"),
        ("diffusivity", f"{args.diffusivity:g} m2 s-1"),
        ("semi-annual forcing", f"{args.semiannual:g} m s-1"),
        *_how_column(args, runs),
    ]


def _how_column(
    args: argparse.Namespace, runs: "Sequence[Run]"
) -> list[tuple[str, str]]:
    """Say what is different in the testbed and in a whole column."""
    from gwparam.qbo import full_column as its

    if args.column is None:
        return [
            ("source of the waves", _source(args, runs)),
            ("members", _members(runs)),
        ]
    low, high = (height / 1e3 for height in its.RELAXED)
    days = relaxation(args)
    relaxed = (
        f"above {low:g} km, in full above {high:g} km, to the wind of the states in "
        f"{days:g} days: a stand-in of ours for what moves the wind there, of no paper"
        if days
        else "none but that of the sponge"
    )
    return [
        (
            "states",
            f"{args.column}: means of temperature, wind and pressure over all times "
            f"and columns within {its.EQUATOR:g} degrees",
        ),
        (
            "held",
            f"the wind up to {its.HELD / 1e3:g} km, where the testbed begins (Holton "
            "and Lindzen 1972), the source of AD99 at 315 hPa among it",
        ),
        ("upwelling and diffusivity", "those of the testbed, Pahlavan et al. (2024)"),
        ("relaxation", relaxed),
        (
            "sponge",
            f"above {its.SPONGE_PRESSURE / 100:g} hPa, in {its.SPONGE_DAYS:g} days at "
            "no pressure: Polvani and Kushner (2002)",
        ),
        ("northward wind", "none, and no drag of it is taken"),
        ("steps", f"{its.STEP / 3600:g} h forward, advection and diffusion implicit"),
    ]


def _members(runs: "Sequence[Run]") -> str:
    """Say how many there are, and of which scheme there are less."""
    most = max(len(run.unstable) for run in runs)
    less = [run for run in runs if len(run.unstable) < most]
    return "; ".join([str(most), *(f"{run.name}: {len(run.unstable)}" for run in less)])


def _source(args: argparse.Namespace, runs: "Sequence[Run]") -> str:
    """Say what leaves the source of the testbed's waves, and who does not see it."""
    if not any(run.sees_waves for run in runs):
        return "of each scheme"
    blind = "".join(f"; not seen by {run.name}" for run in runs if not run.sees_waves)
    if args.forcing is not None:
        return f"{args.forcing}{blind}"
    return f"drawn anew each day, seeds from {args.first_seed or 0}{blind}"


def show(
    args: argparse.Namespace,
    runs: "Sequence[Run]",
    summaries: "Sequence[Sequence[Member]]",
    written: Sequence[str],
) -> None:
    """Say it to people."""
    from rich.table import Table

    from gwparam import console
    from gwparam.qbo.summary import published, spinup_years
    from gwparam.qbo.table import member_rows, published_rows, rows, unstable_lines
    from gwparam.qbo.testbed import DAYS_A_YEAR

    lines = console.lines()
    years = spinup_years(args.years * DAYS_A_YEAR)
    lines.print(f"{args.years} years, the first {years} left out")
    for line in unstable_lines(runs):
        lines.print(line)
    if args.column is None:
        lines.print(f"source of the waves: {_source(args, runs)}")
    table = Table(box=None, header_style="bold")
    table.add_column("")
    for run in runs:
        table.add_column(run.name, justify="right")
    for row in [*member_rows(summaries), *rows(summaries)]:
        table.add_row(*row)
    console.tables().print(table)
    lines.print("\nless the published ones, at 25 km")
    table = Table(box=None, header_style="bold")
    for heading in ("", "period", "amplitude"):
        table.add_column(heading, justify="right" if heading else "left")
    for run in runs:
        table.add_column(run.name, justify="right")
    for row in published_rows(published(runs[0]), summaries):
        table.add_row(*row)
    console.tables().print(table)
    for path in written:
        lines.print(f"wrote {path}")
