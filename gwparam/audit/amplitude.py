"""Source amplitude: twice the waves at the source are more drag."""

import numpy as np
from numpy.typing import NDArray

from gwparam.audit.finding import Finding, not_applicable, verdict
from gwparam.audit.subject import State
from gwparam.audit.trial import Trial

Array = NDArray[np.float64]

KEY, TITLE = "amplitude", "Response to the source's amplitude"
LEAST, MOST = 0.3, 1.7
CRITERION = (
    f"the drag grows as the source's amplitude to a power of {LEAST:g} to {MOST:g}: 1 "
    "where waves are linear, less where they saturate, 0 where the answer is flat"
)
AMPLITUDES = (
    "source_flux",
    "source_amplitude",
    "atmosphere_upward_momentum_flux_at_source",
)
"""Inputs that are an amplitude of a source."""
_LEAST_STEP, _MOST_STEP = 0.02, 0.25


def amplitude(trial: Trial, also: tuple[str, ...] = ()) -> Finding:
    """Measure the power of the source's amplitude with which the answer grows.

    Parameters
    ----------
    trial : Trial
        What is audited.
    also : tuple of str
        Further inputs that are amplitudes.

    Notes
    -----
    A factor that multiplies the source's amplitude multiplies the drag of linear waves
    that are damped or absorbed (Holton and Lindzen, 1972, J. Atmos. Sci. 29,
    1076-1080); waves that break deposit what is more than saturated, sooner (Lindzen,
    1981, J. Geophys. Res. 86, 9707-9714). The amplitude is changed by two of its
    standard deviations over the states, and by 2% to 25%: a network is not asked about
    sources that it never saw.
    """
    known = (*AMPLITUDES, *also)
    names = [f.name for f in trial.subject.inputs if f.name in known]
    if not names:
        said = "it has no input that is an amplitude of the source"
        return not_applicable(KEY, TITLE, said, CRITERION)
    factors = _factors(trial, names)
    sizes = []
    for factor in factors:

        def scaled(state: State, by: float = float(factor)) -> State:
            return {name: by * state[name] for name in names}

        found = trial.baseline if factor == 1.0 else trial.changed(scaled)
        sizes.append(
            np.sqrt(
                sum((trial.columns(found, a.name) ** 2).mean() for a in trial.answers)
            )
        )
    size = np.array(sizes)
    if not (size > 0.0).all():
        said = "the answer is 0"
        return Finding(KEY, TITLE, "not good", 0.0, said, CRITERION)
    slope = np.polyfit(np.log(factors), np.log(size), 1)[0]
    power = round(float(slope), 6) + 0.0  # no "-0.00" of rounding
    return Finding(
        KEY,
        TITLE,
        verdict(LEAST <= power <= MOST),
        power,
        f"grows with power {power:.2f} of {' and '.join(names)}",
        CRITERION,
        {"inputs": names, "factors": factors, "relative_size": size / size[1]},
        {"factor": factors, "size": size / size[1]},
    )


def _factors(trial: Trial, names: list[str]) -> Array:
    """Choose factors that the states hold: two standard deviations to either side."""
    relative = [
        float(trial.spread(name).max() / abs(_mean(trial, name) or np.inf))
        for name in names
    ]
    step = np.clip(2.0 * min(relative), _LEAST_STEP, _MOST_STEP)
    return np.array([1.0 - step, 1.0, 1.0 + step])


def _mean(trial: Trial, name: str) -> float:
    return float(np.mean([state[name].mean() for state in trial.sample.states]))
