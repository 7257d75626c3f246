"""An audit: all checks, one after the other."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gwparam.audit.amplitude import amplitude
from gwparam.audit.critical_levels import SOURCE_PRESSURE, critical_levels
from gwparam.audit.distribution import distribution
from gwparam.audit.finding import Finding, plain
from gwparam.audit.longitude import longitude
from gwparam.audit.momentum import momentum
from gwparam.audit.noise import noise
from gwparam.audit.receptive_field import receptive_field
from gwparam.audit.reversal import reversal
from gwparam.audit.trial import Trial


@dataclass(frozen=True)
class Settings:
    """What an audit is told.

    Attributes
    ----------
    symmetric : bool
        Whether the source sends as much momentum to either side.
    source_pressure : float
        Where the waves start [Pa].
    amplitudes : tuple of str
        Further inputs that are an amplitude of the source.
    """

    symmetric: bool = True
    source_pressure: float = SOURCE_PRESSURE
    amplitudes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Audit:
    """What an audit found.

    Attributes
    ----------
    trial : Trial
        Subject and states.
    settings : Settings
        What it was told.
    findings : tuple of Finding
        One a check.
    caught : dict of str to int
        Columns of the states that guards of the library caught, by the guard.
    """

    trial: Trial
    settings: Settings
    findings: tuple[Finding, ...]
    caught: dict[str, int]

    @property
    def faults(self) -> tuple[Finding, ...]:
        """Those that are not good."""
        return tuple(f for f in self.findings if f.verdict == "not good")

    def as_dict(self) -> dict[str, Any]:
        """Turn it into what `json.dumps` takes."""
        sample = self.trial.sample
        return {
            "subject": self.trial.subject.name,
            "geometry": self.trial.subject.kind,
            "states": sample.description,
            "columns": sample.columns,
            "levels": sample.pressure.size,
            "outputs": [answer.name for answer in self.trial.answers],
            "source_pressure": self.settings.source_pressure,
            "symmetric_source": self.settings.symmetric,
            "caught_by_guards": plain(self.caught),
            "faults": len(self.faults),
            "checks": [finding.as_dict() for finding in self.findings],
        }


def audit(
    make: Callable[[], Trial],
    settings: Settings,
    advance: Callable[[], None] = lambda: None,
) -> Audit:
    """Run all checks.

    Parameters
    ----------
    make : callable
        Gives the trial, which asks the subject for the first time.
    settings : Settings
        What it is told.
    advance : callable
        Called after each of `STEPS` steps.

    Raises
    ------
    GwparamError
        What the library raises.
    """
    trial = make()
    caught = trial.subject.caught()
    advance()
    checks: tuple[Callable[[], Finding | tuple[Finding, ...]], ...] = (
        lambda: reversal(trial, symmetric=settings.symmetric),
        lambda: critical_levels(trial, settings.source_pressure),
        lambda: momentum(trial, symmetric=settings.symmetric),
        lambda: amplitude(trial, settings.amplitudes),
        lambda: receptive_field(trial, settings.source_pressure),
        lambda: noise(trial),
        lambda: longitude(trial),
        lambda: distribution(trial),
    )
    findings: list[Finding] = []
    for check in checks:
        found = check()
        findings += found if isinstance(found, tuple) else (found,)
        advance()
    return Audit(trial, settings, tuple(findings), caught)


STEPS = 9
"""Times that an audit advances: the states as they are, and eight checks."""
