"""The momentum of a column: what drag takes in one place, waves took in another."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.reference import beside_reference
from gwparam.audit.subject import Answer, component
from gwparam.audit.trial import Trial
from gwparam.constants import HALF_LEVELS, HALF_PRESSURE, STANDARD_GRAVITY
from gwparam.contract import Flux

Array = NDArray[np.float64]

KEY, TITLE = "momentum", "Momentum of the column"
MOST_ERROR = 1e-3
MOST_NET = 0.25
MOST_ABOVE_REFERENCE = 0.1
FLUX_CRITERION = (
    "the drag of a column adds up to the difference of its flux at both ends, to "
    f"{MOST_ERROR:g} of the sum of magnitudes"
)
NET_CRITERION = (
    f"the net momentum of a column is at most {MOST_NET:g} of the sum of magnitudes "
    "(rms over columns), since a symmetric source sends none; beside a reference, at "
    f"most {MOST_ABOVE_REFERENCE:g} more than that"
)


def momentum(trial: Trial, *, symmetric: bool = True) -> Finding:
    """Add up the drag of columns over the mass of their layers.

    Parameters
    ----------
    trial : Trial
        What is audited.
    symmetric : bool
        Whether the source sends as much to either side.

    Notes
    -----
    Networks of fluxes: the library derives the drag, whose sum over a column is the
    difference of the fluxes at its ends; what is left is that sum over all magnitudes.
    Networks of drag know no flux. What waves carry is zero in sum where the source is
    symmetric, and what they take from one layer they leave in another, but for what
    leaves through the top: Lindzen (1981), J. Geophys. Res. 86, 9707-9714; Shaw and
    Shepherd (2007), J. Atmos. Sci. 64, 190-203, on why that must not be lost.
    """
    contract = trial.subject.contract
    drag = [a for a in trial.answers if a.units == "m s-2"]
    if not drag:
        said = "it gives fluxes, and the files no half levels"
        return not_applicable(KEY, TITLE, said, FLUX_CRITERION)
    if contract is not None and contract.flux:
        return _of_fluxes(trial, contract.flux)
    return _of_drag(trial, drag, symmetric)


def _of_fluxes(trial: Trial, fluxes: tuple[Flux, ...]) -> Finding:
    """Compare what the drag adds up to with the fluxes at the ends."""
    worst, top_share = 0.0, {}
    half = trial.columns(trial.sample.states, HALF_PRESSURE)
    for flux in fluxes:
        drag = trial.columns(trial.baseline, flux.tendency)
        given = trial.columns(trial.baseline, flux.name + HALF_LEVELS)
        layers = drag * np.diff(half, axis=1)
        ends = flux.factor * (given[:, -1] - given[:, 0])
        size = np.abs(layers).sum(axis=1).mean()
        if size > 0.0:
            left = np.sqrt(((layers.sum(axis=1) - ends) ** 2).mean())
            worst = max(worst, float(left / size))
        largest = np.abs(given).max(axis=1).mean()
        top_share[flux.name] = float(np.abs(given[:, 0]).mean() / (largest or 1.0))
    return Finding(
        KEY,
        TITLE,
        verdict(worst <= MOST_ERROR),
        worst,
        f"drag and fluxes at the ends differ by {worst:.1e} of the magnitudes",
        FLUX_CRITERION,
        {"flux_at_the_top_of_the_largest": top_share},
    )


def _of_drag(trial: Trial, drag: list[Answer], symmetric: bool) -> Finding:
    """Judge the component that is furthest beyond what it may be."""
    mass = np.diff(trial.sample.half) / STANDARD_GRAVITY
    beside = beside_reference(trial)
    names = [a.name for a in drag if trial.matters(a).any()]
    if not names:
        return not_applicable(KEY, TITLE, "the drag is 0", NET_CRITERION)
    found = {n: _net(trial.columns(trial.baseline, n), mass) for n in names}
    shares = {name: share for name, (share, _) in found.items()}
    references = {
        name: _net(beside.pairs[name][1], mass)[0]
        for name in names
        if name in beside.pairs
    }
    most = {
        name: references[name] + MOST_ABOVE_REFERENCE
        if name in references
        else MOST_NET
        for name in names
    }
    judged = [name for name in names if symmetric or name in references]
    worst = max(judged or names, key=lambda name: shares[name] - most[name])
    value = shares[worst]
    said = f"the net is {value:.2f} of the magnitudes, {component(worst)}"
    if worst in references:
        said += f", {references[worst]:.2f} in the reference"
    if trial.sample.references[0] and beside.said:
        said += f"; {beside.said}"
    if not judged:
        said += ", with a source that is said to be asymmetric"
    return Finding(
        KEY,
        TITLE,
        verdict(value <= most[worst]) if judged else "not applicable",
        value,
        said,
        NET_CRITERION,
        {
            "net_share": shares,
            "net_share_of_reference": references,
            "most": most,
            "layers": "half way between levels"
            if trial.sample.half_levels is None
            else "between the half levels of the states",
        },
        {"net": {name: net for name, (_, net) in found.items()}},
    )


def _net(drag: Array, mass: Array) -> tuple[float, Array]:
    """Net momentum of columns over the sum of magnitudes, and the net itself [Pa]."""
    layers = drag * mass
    net, size = layers.sum(axis=1), np.abs(layers).sum(axis=1)
    whole = np.sqrt((size**2).mean())
    return (float(np.sqrt((net**2).mean()) / whole) if whole > 0.0 else 0.0), net
