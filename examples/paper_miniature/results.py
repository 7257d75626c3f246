"""Scores of all seeds: mean and spread, as a table and as a figure."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

COMPONENTS = ("eastward", "northward")
SCORES = {
    "hellinger": "Hellinger distance",
    "hellinger_printed": "as the paper prints it",
    "correlation": "correlation",
    "r2": "R2",
}
"""Scores of the globe with all levels together, and headings for people."""

Summary = dict[str, Any]


def summarise(seeds: Sequence[Mapping[str, Any]]) -> Summary:
    """Put the scores of all seeds together.

    Parameters
    ----------
    seeds : sequence of mapping
        Of each seed: ``scores`` by model as in evaluation.json, ``trainable`` and
        ``seconds`` by model, and ``pretraining``, the errors on hidden tokens.

    Returns
    -------
    dict
        ``models``: number of trainable parameters, seconds and, by component and score,
        values of all seeds with their mean, minimum, maximum and standard deviation.
        ``pretraining``: the same of the errors.
    """
    models: Summary = {}
    for name in seeds[0]["scores"]:
        scores = [seed["scores"][name] for seed in seeds]
        models[name] = {
            "trainable": seeds[0]["trainable"][name],
            "seconds": spread([seed["seconds"][name] for seed in seeds]),
        }
        for component in COMPONENTS:
            globe = [score[component]["globe"] for score in scores]
            models[name][component] = {
                key: spread([values[key] for values in globe]) for key in SCORES
            }
    pretraining = {
        what: {
            guess: spread([seed["pretraining"][what][guess] for seed in seeds])
            for guess in guesses
        }
        for what, guesses in seeds[0]["pretraining"].items()
    }
    return {"models": models, "pretraining": pretraining}


def spread(values: Sequence[float]) -> dict[str, Any]:
    """Mean and spread of a number over seeds."""
    return {
        "values": list(values),
        "mean": float(np.mean(values)),
        "minimum": min(values),
        "maximum": max(values),
        # Of the sample: one seed has none.
        "standard_deviation": float(np.std(values, ddof=1)) if values[1:] else None,
    }


def print_tables(console: Console, summary: Summary) -> None:
    """Print the errors of the pre-training, and the scores of all models."""
    errors = summary["pretraining"]
    guesses = [guess.replace("_", " ") for guess in next(iter(errors.values()))]
    table = _table("mean square error on hidden tokens [1]", "hidden", *guesses)
    for what, found in errors.items():
        table.add_row(what, *map(_cell, found.values()))
    console.print(table)
    table = _table("cost", "model", "trainable parameters", "seconds of training")
    for name, model in summary["models"].items():
        seconds = f"{model['seconds']['mean']:.0f}"
        table.add_row(name, f"{model['trainable']:,}", seconds)
    console.print(table)
    table = _table("fluxes of held-out states", "model", "flux", *SCORES.values())
    for name, model in summary["models"].items():
        for component in COMPONENTS:
            table.add_row(name, component, *map(_cell, model[component].values()))
    console.print(table)


def _table(title: str, *headings: str) -> Table:
    return Table(
        *headings,
        title=f"{title}: mean of the seeds and standard deviation",
        title_justify="left",
    )


def _cell(found: Mapping[str, Any]) -> str:
    deviation = found["standard_deviation"]
    shown = "" if deviation is None else f" ± {deviation:.3f}"
    return f"{found['mean']:.3f}{shown}"


def draw_figure(path: Path, summary: Summary) -> None:
    """Draw every score of every model, a dot for a seed and a line for their mean."""
    models = list(summary["models"])
    figure = Figure(figsize=(11.0, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    for axis, (key, heading) in zip(figure.subplots(1, 4), SCORES.items(), strict=True):
        for place, component, colour in zip(
            (-0.15, 0.15), COMPONENTS, ("tab:blue", "tab:orange"), strict=True
        ):
            for x, name in enumerate(models):
                found = summary["models"][name][component][key]
                values, middle = found["values"], found["mean"]
                label = component if x == 0 else None
                at = [x + place] * len(values)
                axis.plot(at, values, "o", color=colour, alpha=0.6, label=label)
                axis.hlines(middle, x + place - 0.12, x + place + 0.12, color=colour)
        axis.set_title(heading, fontsize=10)
        axis.set_xticks(range(len(models)), models, rotation=30, ha="right")
        axis.set_xlim(-0.5, len(models) - 0.5)
        axis.grid(axis="y", alpha=0.3)
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, title="flux", loc="outside right upper")
    seeds = len(next(iter(summary["models"].values()))["seconds"]["values"])
    figure.suptitle(f"fluxes of held-out states, seeds: {seeds}; a dot each, and mean")
    figure.savefig(path, dpi=150)
