"""What a check found: a number, the criterion, and whether it is good."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

Verdict = Literal["good", "not good", "not applicable"]


@dataclass(frozen=True)
class Finding:
    """One row of an audit.

    Attributes
    ----------
    check : str
        Its key.
    title : str
        Its name for people.
    verdict : str
        ``good``, ``not good`` or ``not applicable``.
    value : float or None
        The number that the criterion is about; None where there is none.
    said : str
        The number in words, or why there is none.
    criterion : str
        What is good.
    numbers : mapping
        What else was measured, as JSON has it.
    curves : mapping
        Arrays for figures.
    """

    check: str
    title: str
    verdict: Verdict
    value: float | None
    said: str
    criterion: str
    numbers: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))
    curves: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))

    def as_dict(self) -> dict[str, Any]:
        """Turn it into what `json.dumps` takes, without the curves."""
        return {
            "check": self.check,
            "title": self.title,
            "verdict": self.verdict,
            "value": self.value,
            "said": self.said,
            "criterion": self.criterion,
            "numbers": plain(self.numbers),
        }


def not_applicable(check: str, title: str, why: str, criterion: str) -> Finding:
    """Make the finding of a check that a subject has no place for."""
    return Finding(check, title, "not applicable", None, why, criterion)


def verdict(good: bool) -> Verdict:
    """Word of what was judged."""
    return "good" if good else "not good"


def plain(value: Any) -> Any:
    """Turn numbers of numpy into those of Python; what is not finite is None."""
    if isinstance(value, Mapping):
        return {str(key): plain(found) for key, found in value.items()}
    if isinstance(value, list | tuple):
        return [plain(found) for found in value]
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
