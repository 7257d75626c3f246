"""What a network gives for the states in files: fields, levels, references."""

from collections.abc import Sequence

from gwparam.constants import EXPECTED_ERROR
from gwparam.contract import Contract, Field
from gwparam.data import StateFiles, nonorographic
from gwparam.errors import ArgumentError


def scored_fields(contract: Contract, states: StateFiles) -> tuple[Field, ...]:
    """List what is scored: outputs, and the drag of fluxes as far as it can be had."""
    if not states.knows_half_levels:
        return contract.outputs
    drag = (Field(flux.tendency, "m s-2", "full", "float64") for flux in contract.flux)
    return (*contract.outputs, *drag)


def comparable_fields(contract: Contract, states: StateFiles) -> tuple[Field, ...]:
    """List what is scored and may have a reference: it is on the files' levels.

    Of the error that a network expects there is none.
    """
    own = contract.vertical.kind != "host" and states.knows_half_levels
    return tuple(
        field
        for field in scored_fields(contract, states)
        if (not own or field.name in contract.tendencies)
        and field.name != EXPECTED_ERROR
    )


def bind_references(
    states: StateFiles, outputs: Sequence[Field], names: Sequence[str] | None
) -> dict[str, str]:
    """Add the references to what `states` reads.

    Parameters
    ----------
    states : StateFiles
        The files.
    outputs : sequence of Field
        What `comparable_fields` gives.
    names : sequence of str or None
        Variables, in the order of `outputs`. None to look for them by the standard
        name of the output, or that of the drag of non-orographic waves, or usual names.

    Returns
    -------
    dict of str to str
        Variable of an output, for those that have one.

    Raises
    ------
    ArgumentError
        If there are not as many names as outputs.
    ContractError, ShapeError
        As `States.bind`.
    """
    found: dict[str, str] = {}
    if names is not None and len(names) != len(outputs):
        raise ArgumentError(
            f"{len(names)} reference variables ({', '.join(names)}), expected "
            f"{len(outputs)}: {', '.join(field.name for field in outputs)}"
        )
    for i, field in enumerate(outputs):
        also = nonorographic(field.name)
        name = states.find(field.name, also) if names is None else names[i]
        if name is not None:
            found[field.name] = states.bind(field, name).variable
    return found


def level_pressure(
    contract: Contract, states: StateFiles, name: str
) -> tuple[float, ...]:
    """Give the reference pressure of an output's levels, in the files' order [Pa].

    An output at the surface has none.
    """
    vertical = contract.vertical
    if any(o.name == name and o.levels == "surface" for o in contract.outputs):
        return ()
    if name in contract.tendencies or vertical.kind == "host":
        return states.levels.pressure
    pressure = vertical.reference_pressure
    return pressure if states.levels.order == vertical.order else pressure[::-1]


def given_levels(contract: Contract, states: StateFiles, name: str) -> slice:
    """Levels of an output that the network gives, in the files' order."""
    vertical = contract.vertical
    for flux in contract.flux:
        if flux.name == name and flux.given_levels is not None:
            first, end = flux.given_levels
            if states.levels.order != vertical.order:
                first, end = vertical.nlev - end, vertical.nlev - first
            return slice(first, end)
    return slice(None)
