"""A network of one's own: a PyTorch module between fields that a contract names.

`docs/your-network.md` describes the contract that a user writes.
"""

import keyword
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from os import PathLike
from typing import Any, Literal

from torch import nn

from gwparam.checkpoints import Checkpoint
from gwparam.constants import NOMINAL_TOLERANCE
from gwparam.contract import (
    Description,
    Field,
    Flux,
    Geometry,
    Limit,
    Output,
    TrainingRange,
    Values,
    Vertical,
    check_geometry,
    check_vertical,
    typed_json,
)
from gwparam.errors import ContractError, ModelFileError
from gwparam.networks.base import PhysicalNetwork
from gwparam.networks.trainable import Defaults, Sizes, Trainable
from gwparam.networks.written import written_forward
from gwparam.standard_names import check_units

ARCHITECTURE = "own"
_COLUMN = Geometry("column")
_TAKEN = frozenset((*keyword.kwlist, "self", "torch", "given"))
_RANGES = ("mean", "standard_deviation", "minimum", "maximum")


@dataclass(frozen=True)
class OwnInput:
    """What a user says of an input; lists have one value a level, or one for all."""

    units: str
    levels: Literal["full", "surface"] = "full"
    mean: tuple[float, ...] | None = None
    standard_deviation: tuple[float, ...] | None = None
    minimum: tuple[float, ...] | None = None
    maximum: tuple[float, ...] | None = None


@dataclass(frozen=True)
class OwnFlux:
    """What a user says of an output that is a momentum flux; as `Flux`."""

    quantity: Literal["omega", "height"]
    sign: int
    tendency: str


@dataclass(frozen=True)
class OwnOutput:
    """What a user says of an output.

    One with a `limit`, its largest credible absolute value, is a tendency, or the flux
    of one: then the limit is that of the tendency.
    """

    units: str
    levels: Literal["full", "surface"] = "full"
    limit: float | None = None
    flux: OwnFlux | None = None


@dataclass(frozen=True)
class OwnLevels:
    """The host's own levels, as many as the network has."""

    nlev: int
    order: Literal["top_down", "bottom_up"] = "top_down"
    pressure: tuple[float, ...] | None = None


@dataclass(frozen=True)
class _Heading:
    """What is neither a field nor the levels."""

    name: str
    citation: str = "none"
    tensors: Literal["separate", "side_by_side"] = "separate"
    geometry: Geometry = _COLUMN


@dataclass(frozen=True)
class OwnContract:
    """What a user says of a network.

    Attributes
    ----------
    description : Description
        Name, citation, levels, training range and limits.
    geometry : Geometry
        What a result depends on.
    inputs, outputs : tuple of Field
        In the order of the module's arguments and results.
    flux : tuple of Flux
        Of the outputs that are fluxes.
    side_by_side : bool
        Whether the module takes one tensor of all inputs, (columns, all their values),
        and gives one of all outputs, instead of one tensor a field.
    """

    description: Description
    geometry: Geometry
    inputs: tuple[Field, ...]
    outputs: tuple[Output, ...]
    flux: tuple[Flux, ...]
    side_by_side: bool

    def nlev(self, field: Field) -> int:
        """Values of a field in one column."""
        return self.description.vertical.nlev if field.levels == "full" else 1


def read_own_contract(given: str | PathLike[str] | Mapping[str, Any]) -> OwnContract:
    """Read what a user says of a network: a TOML file, or the same as a dict.

    Raises
    ------
    ModelFileError
        If the file cannot be read, or is no TOML.
    ContractError
        If a key is missing, unknown or of another type, or contradicts another; the
        message names it.
    """
    if isinstance(given, Mapping):
        return _parse(dict(given))
    try:
        with open(given, "rb") as file:
            return _parse(tomllib.load(file))
    except ContractError as error:
        raise ContractError(f"{given}: {error}") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise ModelFileError(f"cannot read {given}: {reason}") from None


def _check_longitude(name: str, minimum: Values) -> None:
    """Check that longitudes are counted as the library hands them over."""
    if name == "longitude" and minimum is not None and min(minimum) < 0.0:
        raise ContractError(
            f"inputs.longitude.minimum is {min(minimum):g}, expected at least 0: "
            "networks see longitudes from 0 to 360 degrees east"
        )


def _parse(given: dict[str, Any]) -> OwnContract:
    tables = {name: given.pop(name, None) for name in ("inputs", "outputs")}
    own: dict[str, Any] = {
        name: given.pop(name) for name in ("nlev", "order", "pressure") if name in given
    }
    vertical = _vertical(given.pop("vertical", None), own)
    heading = typed_json.parse(_Heading, given, strict=True)
    check_geometry(heading.geometry)
    inputs = _fields(OwnInput, "inputs", tables["inputs"])
    outputs = _fields(OwnOutput, "outputs", tables["outputs"])
    ranges = []
    for name, its in inputs.items():
        count = vertical.nlev if its.levels == "full" else 1
        known = {part: _spread(its, part, name, count) for part in _RANGES}
        _check_longitude(name, known["minimum"])
        ranges.append(TrainingRange(name, **known))
    fluxes, limits = [], []
    for name, its in outputs.items():
        tendency = name
        if its.flux is not None:
            tendency = its.flux.tendency
            if its.flux.sign not in (1, -1):
                raise ContractError(
                    f"outputs.{name}.flux.sign is {its.flux.sign}, expected 1 or -1"
                )
            sign: Literal[1, -1] = 1 if its.flux.sign == 1 else -1
            fluxes.append(Flux(name, its.flux.quantity, sign, tendency))
            if its.limit is None:
                raise ContractError(
                    f"outputs.{name}.limit is missing, expected the largest credible "
                    f"value of {tendency} [m s-2]"
                )
        if its.limit is not None:
            limits.append(Limit(tendency, its.limit))
    return OwnContract(
        Description(
            heading.name, heading.citation, vertical, tuple(ranges), tuple(limits)
        ),
        heading.geometry,
        tuple(Field(n, i.units, i.levels, "float64") for n, i in inputs.items()),
        tuple(
            Output(name, its.units, its.levels, "float64", _kind(its))
            for name, its in outputs.items()
        ),
        tuple(fluxes),
        heading.tensors == "side_by_side",
    )


def _kind(output: OwnOutput) -> Literal["tendency", "flux", "other"]:
    if output.flux is not None:
        return "flux"
    return "other" if output.limit is None else "tendency"


def _vertical(given: Any, own: dict[str, Any]) -> Vertical:
    """Levels of the network: a table as in a contract, or the host's own."""
    if given is not None:
        if own:
            raise ContractError(
                f"{next(iter(own))} is there beside vertical, expected one"
            )
        vertical = typed_json.parse(
            Vertical,
            {"nominal_pressure": None, "nominal_tolerance": None} | given,
            strict=True,
        )
    else:
        levels = typed_json.parse(OwnLevels, own, strict=True)
        vertical = Vertical(
            "host", levels.order, levels.nlev, levels.pressure, NOMINAL_TOLERANCE
        )
    check_vertical(vertical)
    return vertical


def _fields(kind: type[Any], key: str, table: Any) -> dict[str, Any]:
    """Read the table of inputs or outputs, by name."""
    if not isinstance(table, dict) or not table:
        raise ContractError(f"{key} has no field, expected a table for each")
    found = {}
    for name, given in table.items():
        # It becomes the name of an argument, and one of the C ABI.
        if not (name.isidentifier() and name.isascii()) or name in _TAKEN:
            raise ContractError(
                f"{key}.{name} is no name of letters, digits and _, or one of Python's"
            )
        if not isinstance(given, dict):
            raise ContractError(f"{key}.{name} is {given!r}, expected a table")
        single = {
            k: [v] if k in _RANGES and not isinstance(v, list) else v
            for k, v in given.items()
        }
        try:
            found[name] = typed_json.parse(kind, single, strict=True)
        except ContractError as error:
            raise ContractError(f"{key}.{name}.{error}") from None
        check_units(name, found[name].units, f"{key}.{name}")
    return found


def _spread(
    field: OwnInput, part: str, name: str, count: int
) -> tuple[float, ...] | None:
    values: tuple[float, ...] | None = getattr(field, part)
    if values is None or len(values) == count:
        return values
    if len(values) == 1:
        return values * count
    raise ContractError(
        f"inputs.{name}.{part} has {len(values)} values, expected 1 or {count}"
    )


class OwnNetwork(PhysicalNetwork):
    """A module between the fields of its contract; `between_fields` makes one."""

    architecture = ARCHITECTURE
    trainable = Trainable(Defaults(20, 1024, 1e-3, "one-cycle"), (), ())

    @classmethod
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Nothing: the module knows its sizes."""
        return {}

    def __init__(self, network: nn.Module, description: Description) -> None:
        super().__init__(description)
        self.network = network


def with_ranges(
    contract: OwnContract, ranges: Mapping[str, TrainingRange]
) -> OwnContract:
    """Say of the inputs whose range the contract does not know, what was found."""
    known = tuple(
        ranges.get(its.name, its) if its.mean is None else its
        for its in contract.description.training_range
    )
    description = replace(contract.description, training_range=known)
    return replace(contract, description=description)


def between_fields(
    module: nn.Module, contract: OwnContract, *, gives_one: bool = False
) -> OwnNetwork:
    """Put a module between the fields of its contract, in float64 and eval mode.

    Parameters
    ----------
    module : Module
        Takes a tensor a field and gives as many; or one of all inputs side by side, and
        one of all outputs.
    contract : OwnContract
        What it takes and gives.
    gives_one : bool
        Whether it gives a tensor instead of a tuple of one.
    """
    names = [field.name for field in contract.inputs]
    if contract.side_by_side:
        rows = [
            f"{field.name}.unsqueeze(1)" if field.levels == "surface" else field.name
            for field in contract.inputs
        ]
        parts, first = [], 0
        for field in contract.outputs:
            end = first + contract.nlev(field)
            at = str(first) if field.levels == "surface" else f"{first}:{end}"
            parts.append(f"given[:, {at}]")
            first = end
        given = f"self.network(torch.cat(({', '.join(rows)},), dim=1))"
        result = f"({', '.join(parts)},)"
    else:
        given = f"self.network({', '.join(names)})"
        result = "(given,)" if gives_one else "given"
    made = {
        "forward": written_forward(names, [f"given = {given}", f"return {result}"]),
        "citation": contract.description.citation,
        "geometry": contract.geometry,
        "inputs": contract.inputs,
        "outputs": contract.outputs,
        "flux": contract.flux,
    }
    kind = type("OwnNetwork", (OwnNetwork,), made)
    own: OwnNetwork = kind(module, contract.description)
    return own.double().eval()
