"""The momentum of a column: what drag takes in one place, waves took in another."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.sample import half_pressure
from gwparam.audit.subject import Answer
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


def layer_mass(pressure: Array) -> Array:
    """Mass of the layers around levels [kg m-2], which `half_pressure` divides.

    Parameters
    ----------
    pressure : ndarray, shape (nlev,)
        Of the levels, top first [Pa].
    """
    return np.asarray(np.diff(half_pressure(pressure)) / STANDARD_GRAVITY)


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
    mass = layer_mass(trial.sample.pressure)
    shares, references, net_of = {}, {}, {}
    for answer in drag:
        values = trial.columns(trial.baseline, answer.name)
        shares[answer.name], net_of[answer.name] = _net(values, mass)
        if answer.name in trial.sample.references[0]:
            truth = trial.columns(trial.sample.references, answer.name)
            references[answer.name] = _net(truth, mass)[0]
    worst = max(shares, key=lambda name: shares[name])
    value, beside = shares[worst], references.get(worst)
    said = f"the net is {value:.2f} of the magnitudes"
    good = value <= MOST_NET
    if beside is not None:
        said += f", {beside:.2f} in the reference"
        good = value <= beside + MOST_ABOVE_REFERENCE
    judged = symmetric or beside is not None
    if not judged:
        said += ", with a source that is said to be asymmetric"
    return Finding(
        KEY,
        TITLE,
        verdict(good) if judged else "not applicable",
        value,
        said,
        NET_CRITERION,
        {"net_share": shares, "net_share_of_reference": references},
        {"net": net_of},
    )


def _net(drag: Array, mass: Array) -> tuple[float, Array]:
    """Net momentum of columns over the sum of magnitudes, and the net itself [Pa]."""
    layers = drag * mass
    net, size = layers.sum(axis=1), np.abs(layers).sum(axis=1)
    whole = np.sqrt((size**2).mean())
    return (float(np.sqrt((net**2).mean()) / whole) if whole > 0.0 else 0.0), net
