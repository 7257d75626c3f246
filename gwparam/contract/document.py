"""The artefact's contract as a whole: what a network needs and gives, as JSON.

``docs/contract.md`` describes the keys. The attributes of `Contract` and of the classes
in `fields` carry the names of the keys, so they are the definition that the reader
checks against.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from gwparam.constants import HALF_LEVELS
from gwparam.contract import typed_json
from gwparam.contract.checks import (
    check_distinct,
    check_fields,
    check_flux,
    check_geometry,
    check_host_names,
    check_name,
    check_pressure_fields,
    check_probe_columns,
    check_vertical,
    refuse,
)
from gwparam.contract.fields import (
    Calibration,
    Checksum,
    ColumnProgram,
    ExpectedError,
    ExportedProgram,
    Field,
    Flux,
    Geometry,
    Limit,
    Mask,
    Output,
    Probe,
    Source,
    TrainingDates,
    TrainingRange,
    Vertical,
)
from gwparam.contract.reserved import (
    check_calibration,
    check_members,
    check_origin,
    check_run,
)
from gwparam.contract.upgrade import upgrade
from gwparam.errors import ContractError

CONTRACT_VERSION = 2
TORCHSCRIPT = "torchscript"
"""The backend of an artefact that names none."""


@dataclass(frozen=True)
class Contract:
    """What a network needs and gives.

    Raises
    ------
    ContractError
        If the parts contradict each other; the message names the key.
    """

    contract_version: int
    name: str
    gwparam_version: str
    torch_version: str
    created: str
    source: Source
    citation: str
    geometry: Geometry
    inputs: tuple[Field, ...]
    outputs: tuple[Output, ...]
    compute_dtype: Literal["bfloat16"] | None = field(default=None, kw_only=True)
    vertical: Vertical
    flux: tuple[Flux, ...] = field(default=(), kw_only=True)
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]
    probe: Probe
    backend: str = field(default=TORCHSCRIPT, kw_only=True)
    mask: Mask | None = field(default=None, kw_only=True)
    training_dates: tuple[TrainingDates, ...] | None = field(default=None, kw_only=True)
    expected_error: tuple[ExpectedError, ...] | None = field(default=None, kw_only=True)
    calibration: Calibration | None = field(default=None, kw_only=True)
    lead_time: float | None = field(default=None, kw_only=True)
    members: int | None = field(default=None, kw_only=True)
    column_program: ColumnProgram | None = field(default=None, kw_only=True)
    exported_program: ExportedProgram | None = field(default=None, kw_only=True)
    checksums: tuple[Checksum, ...] | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        _check_version(self.contract_version)
        check_name("backend", self.backend)
        check_geometry(self.geometry)
        check_vertical(self.vertical)
        check_fields(self.inputs, self.outputs)
        check_flux(self.flux, self.outputs, self.vertical)
        check_host_names(self.inputs, self.outputs, self.flux)
        if self.needs_pressure:
            check_pressure_fields(self.inputs)
        self._check_ranges()
        self._check_limits()
        check_probe_columns(self.probe.columns, self.geometry)
        for key in ("tolerance", "reduced_tolerance"):
            value = getattr(self.probe, key)
            if value is not None and not 0.0 <= value < 1.0:
                refuse(f"probe.{key}", value, "at least 0 and below 1")
        check_members(self.members, self.source.further)
        check_run(self.lead_time, self.column_program, self.checksums)
        widths = {output.name: self.nlev(output) for output in self.outputs}
        widths |= {flux.tendency: self.vertical.nlev for flux in self.flux}
        check_origin(self.mask, self.training_dates, self.expected_error, widths)
        check_calibration(self.calibration)

    def _check_ranges(self) -> None:
        inputs = {field.name: field for field in self.inputs}
        for i, seen in enumerate(self.training_range):
            key = f"training_range[{i}]"
            if seen.name not in inputs:
                refuse(f"{key}.name", seen.name, "an input")
            nlev = self.nlev(inputs[seen.name])
            for part in ("mean", "standard_deviation", "minimum", "maximum"):
                values = getattr(seen, part)
                if values is not None and len(values) != nlev:
                    raise ContractError(
                        f"{key}.{part} has {len(values)} values, expected {nlev}"
                    )
            if any(value < 0.0 for value in seen.standard_deviation or ()):
                refuse(f"{key}.standard_deviation", "negative", "at least 0")
            ends = zip(seen.minimum or (), seen.maximum or (), strict=False)
            if any(low > high for low, high in ends):
                refuse(f"{key}.minimum", "above maximum", "at most that")
        names = [seen.name for seen in self.training_range]
        check_distinct("training_range", "name", names)

    def _check_limits(self) -> None:
        for i, limit in enumerate(self.limits):
            if limit.name not in self.tendencies:
                refuse(f"limits[{i}].name", limit.name, "a tendency")
            if limit.maximum_magnitude <= 0.0:
                key = f"limits[{i}].maximum_magnitude"
                refuse(key, limit.maximum_magnitude, "more than 0")
        limited = [limit.name for limit in self.limits]
        check_distinct("limits", "name", limited)
        for name in self.tendencies:
            if name not in limited:
                raise ContractError(f"limits has no entry for {name}, expected 1")

    @property
    def needs_pressure(self) -> bool:
        """Whether the host says where its levels are in every column."""
        return self.vertical.kind != "host" or bool(self.flux)

    def nlev(self, field: Field) -> int:
        """Values of a field in one column: 1 at the surface."""
        return self.vertical.nlev if field.levels == "full" else 1

    def input_shape(self, field: Field, columns: int) -> tuple[int, ...]:
        """Shape of an input's tensor; an image of the globe is one call's columns."""
        levels = (self.vertical.nlev,) if field.levels == "full" else ()
        if self.geometry.kind == "global":
            return (*levels, *self.image_shape)
        width = 2 * (self.geometry.radius or 0) + 1
        around = (width, width) if self.geometry.kind == "stencil" else ()
        return (columns, *levels, *around)

    def output_shape(self, field: Field, columns: int) -> tuple[int, ...]:
        """Shape of an output's tensor; an image of the globe is one call's columns."""
        if self.geometry.kind == "global":
            return self.input_shape(field, columns)
        levels = (self.vertical.nlev,) if field.levels == "full" else ()
        return (columns, *levels)

    @property
    def image_shape(self) -> tuple[int, int]:
        """Rows and columns of the image that a global network sees; else (0, 0)."""
        geometry = self.geometry
        return len(geometry.latitude or ()), len(geometry.longitude or ())

    @property
    def tendencies(self) -> tuple[str, ...]:
        """Names of the tendencies that a host can get, given or derived from fluxes."""
        given = [f.name for f in self.outputs if f.kind == "tendency"]
        return (*given, *(flux.tendency for flux in self.flux))

    def host_outputs(self, nlev: int) -> Iterator[tuple[str, tuple[int, ...], str]]:
        """Name, extent of the levels and dtype of all that a host of `nlev` can get."""
        host, network = (nlev,), (self.vertical.nlev,)
        for output in self.outputs:
            levels = host if output.name in self.tendencies else network
            yield output.name, levels if output.levels == "full" else (), output.dtype
        for flux in self.flux:
            yield flux.name + HALF_LEVELS, (nlev + 1,), "float64"
            yield flux.tendency, host, "float64"

    def to_json(self) -> str:
        """Write the contract as the JSON text that the archive holds."""
        return typed_json.dump(self)

    @staticmethod
    def from_json(text: str | bytes) -> "Contract":
        """Read the JSON text of a contract of any version.

        Raises
        ------
        ContractError
            If it is no JSON, of a newer version, or a key is absent, unknown, of
            another type, or contradicts another; the message names the key.
        """
        value = upgrade(typed_json.load(text, "contract"))
        version = value.get("contract_version")
        if type(version) is int:
            _check_version(version)
        return typed_json.parse(Contract, value, strict=True)


def _check_version(version: int) -> None:
    """Refuse a version that `upgrade` does not make the newest one."""
    if version != CONTRACT_VERSION:
        bound = "at least 1" if version < 1 else f"at most {CONTRACT_VERSION}"
        refuse("contract_version", version, bound)
