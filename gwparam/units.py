"""Units in files, by UDUNITS and the spellings of models that it does not know.

What passes through the compiled library as a field may keep its units: the library has
a small table of its own (docs/adr/0013). A test compares both.
"""

import re
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from cf_units import Unit, suppress_errors
from numpy.typing import NDArray

from gwparam.errors import ContractError

# What UDUNITS does not know or takes for something else: pa is a pico-are to it, mb a
# millibarn. A geopotential metre counts as a metre, as CF has it.
_SPELLINGS = {
    "pa": "Pa",
    "hpa": "hPa",
    "mb": "mbar",
    "mbs": "mbar",
    "none": "1",
    "None": "1",
    "NONE": "1",
    "dimensionless": "1",
    "unitless": "1",
    "fraction": "1",
    "gpm": "m",
    "deg": "degree",
    "degN": "degrees_north",
    "degE": "degrees_east",
}
# What is typeset, and brackets around all of it. Raised digits are an exponent: 10⁵ Pa
# are not 105 Pa.
_TYPESET = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻−·⋅×", "0123456789+--***")
_RAISED = re.compile("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
# Braces of LaTeX, as in "m s{-1}" and "m s^{-1}".
_BRACED = re.compile(r"(?:\^|\*\*)?\{\s*([+-]?\d)\s*\}")
# UDUNITS takes the space for a product, and the N for newton.
_COMPASS = re.compile(r"deg(?:ree)?s? +(north|east|[NE])\b")
# One over a millisecond to UDUNITS, and to most who write it metres a second.
_AMBIGUOUS = re.compile(r"(?<![^\W\d])ms(?:\^|\*\*)?-\d")
_BRACKETS = ("[]", "()")
_WORD = re.compile(r"[^\W\d]+")

# A product of names with exponents of one digit, perhaps after a number. UDUNITS takes
# more, and some of it silently for another thing: "m s -1" is -1 m s to it, and
# "m4294967297" is m.
_NAME = r"(?:[^\W\d]+|[%°][^\W\d]*)(?:(?:\^|\*\*)?[+-]?\d)?"
_BETWEEN = r"(?:\s*[./*]\s*|\s+)"
_NUMBER = r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?"
_PRODUCT = re.compile(
    rf"(?:(?P<number>{_NUMBER})(?:{_BETWEEN}|$))?(?:{_NAME}(?:{_BETWEEN}{_NAME})*)?"
)


class Conversion(NamedTuple):
    """``value = scale * given + offset``."""

    scale: float = 1.0
    offset: float = 0.0

    def __call__(self, values: NDArray[Any]) -> NDArray[Any]:
        """Convert values; the same array where nothing changes."""
        if self.scale == 1.0 and self.offset == 0.0:
            return values
        return self.scale * values.astype(np.float64, copy=False) + self.offset


def conversion(given: str, wanted: str, what: str) -> Conversion:
    """Conversion from one unit to another.

    Parameters
    ----------
    given, wanted : str
        Units such as ``m s-1``, ``m/s``, ``hPa``, ``degrees_north``.
    what : str
        What has these units, for the message.

    Returns
    -------
    Conversion
        Called with values in the given units, it returns them in the wanted units.

    Raises
    ------
    ContractError
        If a unit is unknown or ambiguous, or the two are of different dimensions.
    """
    found = _conversion(given, wanted)
    if found is None:
        ambiguous = _AMBIGUOUS.search(_typed(given))
        why = (
            f', where "{ambiguous[0]}" is ambiguous: of a millisecond, or of m and s'
            if ambiguous
            else ""
        )
        raise ContractError(
            f'{what} has units "{given}"{why}, expected "{wanted}" '
            "or others of that dimension"
        )
    return found


def is_pressure(units: str) -> bool:
    """Whether units are those of a pressure."""
    return _conversion(units, "Pa") is not None


def is_number(units: str) -> bool:
    """Whether units are those of a pure number, which is no angle."""
    return _conversion(units, "1") is not None


@lru_cache(maxsize=256)
def _conversion(given: str, wanted: str) -> Conversion | None:
    """Give a conversion; None if there is none."""
    if given == wanted:
        return Conversion()
    source, target = _parse(given), _parse(wanted)
    if source is None or target is None or _angle(source) != _angle(target):
        return None
    one, other = _without_offset(source), _without_offset(target)
    # UDUNITS takes s for s-1 too, by the reciprocal of the value.
    if not source.is_convertible(target) or not (one / other).is_convertible("1"):
        return None
    scale = one.convert(1.0, other)
    return Conversion(float(scale), float(source.convert(0.0, target)))


def _respell(text: str) -> str:
    return _WORD.sub(lambda word: _SPELLINGS.get(word[0], word[0]), text)


def _typed(text: str) -> str:
    """Write with a typewriter what is typeset, without brackets around all of it."""
    text = text.strip()
    if text[:1] + text[-1:] in _BRACKETS:
        text = text[1:-1].strip()
    text = _RAISED.sub(lambda digits: f"^{digits[0]}", text).translate(_TYPESET)
    return _COMPASS.sub(r"degrees_\1", _BRACED.sub(r"^\1", text))


def _parse(text: str) -> Unit | None:
    """Read units; None if they are unknown."""
    text = _typed(text)
    if text == "-":
        text = "1"
    product = _PRODUCT.fullmatch(text)
    if not text or product is None or _AMBIGUOUS.search(text):
        return None
    try:
        with suppress_errors():  # which UDUNITS prints
            unit = Unit(_respell(text))
    except ValueError:
        return None
    if unit.is_unknown() or unit.is_no_unit() or unit.is_time_reference():
        return None
    number = product["number"]
    if number is not None:
        rest = _respell(text[len(number) :].lstrip(" .*/"))
        # UDUNITS takes "1 degC" for a difference.
        if float(number) == 0.0 or (rest and "@" in Unit(rest).definition):
            return None
    return unit


def _without_offset(unit: Unit) -> Unit:
    """Give the units of a difference, which those of a factor are."""
    return Unit(f"1 {unit.origin}") if "@" in unit.definition else unit


def _angle(unit: Unit) -> int:
    """Exponent of the radian, which UDUNITS takes for a pure number."""
    found = re.search(r"\brad(-?\d+)?\b", unit.definition)
    return 0 if found is None else int(found[1] or 1)
