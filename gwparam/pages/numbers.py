"""Numbers and names as pages write them."""

import math

_RAISED = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")

UNDEFINED = "–"
"""What stands for a number that is not there."""


def number(value: float | None) -> str:
    """Write a number with three digits, and a dash where it is undefined."""
    if value is None or not math.isfinite(value):
        return UNDEFINED
    digits, _, exponent = f"{value:#.3g}".partition("e")
    digits = digits.rstrip(".").replace("-", "−")
    if not exponent:
        return digits
    return f"{digits}·10{str(int(exponent)).translate(_RAISED)}"


def tick(value: float) -> str:
    """Write zero or a power of ten, as on an axis: `−0.1`, `10⁻⁵`.

    Not as formulas, which take more time to draw than the rest of a figure.
    """
    if value == 0.0 or 1e-3 <= abs(value) <= 1e4:
        return f"{value:g}".replace("-", "−")
    sign = "−" if value < 0.0 else ""
    return f"{sign}10{str(round(math.log10(abs(value)))).translate(_RAISED)}"


def ratio(value: float | None) -> str:
    """Write a score without units with four decimals, as the console does."""
    if value is None or not math.isfinite(value) or abs(value) >= 1000.0:
        return number(value)
    return f"{value:.4f}".replace("-", "−")


def words(name: str) -> str:
    """Write a CF name as a title: `Tendency of eastward wind due to ...`."""
    text = name.replace("_", " ").strip()
    return text[:1].upper() + text[1:]
