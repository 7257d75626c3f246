"""Normalisation written as a formula, as attributes of training files have it."""

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from gwparam.errors import ContractError
from gwparam.networks.scaling import Transform

_FLUX = "{}_momentum_flux_in_pressure_coordinates"
_NAMES: dict[str, tuple[str, str]] = {
    "lat": ("latitude", "degrees_north"),
    "latitude": ("latitude", "degrees_north"),
    "lon": ("longitude", "degrees_east"),
    "longitude": ("longitude", "degrees_east"),
    "u": ("eastward_wind", "m s-1"),
    "v": ("northward_wind", "m s-1"),
    "theta": ("air_potential_temperature", "K"),
    "t": ("air_temperature", "K"),
    "w": ("upward_air_velocity", "m s-1"),
    "omega": ("lagrangian_tendency_of_air_pressure", "Pa s-1"),
    "uomega": (_FLUX.format("eastward"), "Pa m s-2"),
    "vomega": (_FLUX.format("northward"), "Pa m s-2"),
}
"""What people call a variable in training files, and the units that it has there."""

# "name: formula" or "name = formula", several on lines or between semicolons.
_ENTRY = re.compile(r"\s*([A-Za-z][\w']*)\s*[:=]\s*(.+)")
_CUBE_ROOTS = {"cbrt", "np.cbrt", "numpy.cbrt"}


@dataclass(frozen=True)
class _Line:
    """A value ``slope * x + constant``; or of ``cbrt(inner)`` instead of x."""

    slope: float
    constant: float
    inner: "_Line | None" = None


def find_formulas(
    texts: Iterable[tuple[str, str]], source: str
) -> dict[str, Transform]:
    """Find how variables were normalised in the attributes of a file.

    Parameters
    ----------
    texts : iterable of (str, str)
        Names and texts of attributes. A text is the formula of the variable that the
        attribute is called after (``u``, ``u_scaling``), or lists ``name: formula``.
    source : str
        The file, for messages.

    Returns
    -------
    dict of str to Transform
        By standard name; empty if no text is a formula.

    Raises
    ------
    ContractError
        If two texts say different things of one variable.
    """
    found: dict[str, Transform] = {}
    for attribute, text in texts:
        for spelled, formula in _entries(attribute, text):
            name, units = _NAMES[spelled]
            transform = read_formula(formula, units, spelled)
            if transform is None:
                continue
            if found.setdefault(name, transform) != transform:
                raise ContractError(
                    f"attributes of {source} normalise {name} in two ways; the second "
                    f"is {formula.strip()}, expected one"
                )
    return found


def _entries(attribute: str, text: str) -> Iterable[tuple[str, str]]:
    for entry in re.split(r"[;\n]", text):
        match = _ENTRY.fullmatch(entry)
        if match is not None and _plain(match[1]) in _NAMES:
            yield _plain(match[1]), match[2]
    words = {_plain(word) for word in attribute.split("_")} & set(_NAMES)
    if len(words) == 1:
        yield words.pop(), text


def _plain(name: str) -> str:
    return name.replace("'", "").lower()


def read_formula(text: str, units: str, name: str = "x") -> Transform | None:
    """Read a formula of one variable, such as ``cbrt((w - 0.0016) / 0.017)``.

    Parameters
    ----------
    text : str
        Numbers, the variable, ``+ - * /`` and parentheses; ``cbrt(...)`` or
        ``(...)**(1/3)`` once.
    units : str
        Of the variable.
    name : str
        What the variable may be called in the text, beside ``x``.

    Returns
    -------
    Transform or None
        None if the text is no such formula, a name alone, or a formula that falls with
        its variable.
    """
    text = text.replace("^", "**").replace("'", "").strip()
    try:
        tree = ast.parse(text, mode="eval").body
        value = _evaluate(tree, {"x", name})
    except (SyntaxError, ValueError, ZeroDivisionError, RecursionError, OverflowError):
        return None
    if isinstance(tree, ast.Name) or not isinstance(value, _Line) or value.slope <= 0.0:
        return None
    mean, deviation = -value.constant / value.slope, 1.0 / value.slope
    linear = Transform("linear", units, (mean + 0.0,), (deviation,))
    if value.inner is None:
        return linear
    inner = value.inner
    if inner.slope <= 0.0:
        return None
    return replace(
        linear,
        transform="cube_root",
        scale=(1.0 / inner.slope,),
        offset=(-inner.constant / inner.slope + 0.0,),
    )


def _evaluate(node: ast.expr, names: set[str]) -> float | _Line:
    """Value of an expression; ValueError if it is no line in the variable."""
    match node:
        case ast.Constant(value=int() | float() as number) if number is not True:
            return float(number)
        case ast.Name(id=name) if name.lower() in names:
            return _Line(1.0, 0.0)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _times(_evaluate(operand, names), -1.0)
        case ast.Call(func=function, args=[argument], keywords=[]):
            if ast.unparse(function) in _CUBE_ROOTS:
                return _cube_root(_evaluate(argument, names))
        case ast.BinOp(left=left, op=operator, right=right):
            return _operate(operator, _evaluate(left, names), _evaluate(right, names))
    raise ValueError(ast.unparse(node))


def _operate(
    operator: ast.operator, left: float | _Line, right: float | _Line
) -> float | _Line:
    match operator, left, right:
        case ast.Add(), _, float():
            return _plus(left, right)
        case ast.Add(), float(), _:
            return _plus(right, left)
        case ast.Sub(), _, float():
            return _plus(left, -right)
        case ast.Sub(), float(), _:
            return _plus(_times(right, -1.0), left)
        case ast.Mult(), _, float():
            return _times(left, right)
        case ast.Mult(), float(), _:
            return _times(right, left)
        case ast.Div(), float(), float():
            return left / right
        case ast.Div(), _Line(), float():
            return _over(left, right)
        case ast.Pow(), _Line(), float() if abs(right - 1.0 / 3.0) < 1e-6:
            return _cube_root(left)
    raise ValueError("no line")


def _plus(value: float | _Line, number: float) -> float | _Line:
    if isinstance(value, float):
        return value + number
    return replace(value, constant=value.constant + number)


def _times(value: float | _Line, number: float) -> float | _Line:
    if isinstance(value, float):
        return value * number
    return replace(value, slope=value.slope * number, constant=value.constant * number)


def _over(value: _Line, number: float) -> _Line:
    return replace(value, slope=value.slope / number, constant=value.constant / number)


def _cube_root(value: float | _Line) -> _Line:
    if isinstance(value, float) or value.inner is not None:
        raise ValueError("no cube root of a line")
    return _Line(1.0, 0.0, inner=value)
