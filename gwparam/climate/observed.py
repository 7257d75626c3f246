"""What was observed, and what another model gave, to stand beside a run."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Known:
    """A number from elsewhere.

    Attributes
    ----------
    name, source : str
        What it is of, and where it is from.
    period, period_error : float
        Of the QBO at 10 hPa, with the standard error [months].
    amplitude, amplitude_error : float
        The same [m s-1].
    """

    name: str
    source: str
    period: float
    period_error: float
    amplitude: float
    amplitude_error: float


QBO = (
    Known(
        "observed",
        "winds of FU Berlin at 10 hPa, 1953 to 2021; mean and standard error",
        *(27.92, 0.87, 22.90, 0.53),
    ),
    Known(
        "MiMA with AD99",
        "20 years at T42 with the scheme of Alexander and Dunkerton (1999); mean and "
        "spread as published",
        *(28.53, 2.40, 29.49, 3.18),
    ),
)
WARMINGS_PER_DECADE = 6.0
"""Charlton and Polvani (2007): "approximately six events per decade"."""
DESCENT = 1.0
"""Baldwin et al. (2001), Rev. Geophys. 39, 179-229: "about 1 km per month"
[km month-1]."""
