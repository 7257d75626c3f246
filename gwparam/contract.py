"""The artefact's contract: what a network needs and gives, as JSON in its archive.

``docs/contract.md`` describes the keys. The attributes of the classes below carry the
names of the keys, so the classes are the definition that the reader checks against.
"""

import math
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from os import PathLike
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gwparam import typed_json
from gwparam.contract_checks import check_contract
from gwparam.errors import ContractError, ModelFileError

CONTRACT_VERSION = 1
CONTRACT_FILE = "gwparam_contract.json"
PROBE_FILE = "gwparam_probe.bin"

Values = tuple[float, ...] | None
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class Source:
    """Where the weights come from."""

    architecture: str
    checkpoint: str
    sha256: str


@dataclass(frozen=True)
class Geometry:
    """What one result depends on.

    ``column``: its own column. ``stencil``: the columns up to `radius` cells away; rows
    beyond a pole repeat the row at the pole. ``global``: the whole image on `latitude`
    [degrees_north] and `longitude` [degrees_east].
    """

    kind: Literal["column", "stencil", "global"]
    radius: int | None = None
    poles: Literal["edge"] | None = None
    latitude: Values = None
    longitude: Values = None


@dataclass(frozen=True)
class Field:
    """One input or output."""

    name: str
    units: str
    levels: Literal["full", "surface"]
    dtype: Literal["float32", "float64"]


@dataclass(frozen=True)
class Vertical:
    """The network's levels, every list in the order of `order`.

    ``host``: those of the host, near `nominal_pressure` [Pa]. ``pressure``: at
    `pressure` [Pa]. ``hybrid``: at ``a + b * surface pressure``, `a` in Pa. `outside`
    is what the host's levels beyond the network's get.
    """

    kind: Literal["host", "pressure", "hybrid"]
    order: Literal["top_down", "bottom_up"]
    nlev: int
    nominal_pressure: Values
    nominal_tolerance: float | None
    pressure: Values = None
    a: Values = None
    b: Values = None
    outside: Literal["zero", "taper"] | None = None


@dataclass(frozen=True)
class Flux:
    """How one output becomes a tendency of the wind.

    ``omega``: the output is ``sign * u'omega'`` [Pa m s-2] and the tendency
    -d(u'omega')/dp. ``height``: the output is ``sign * rho u'w'`` [Pa], u'w' positive
    upward, and the tendency g d(rho u'w')/dp. `given_levels` are the first level that
    the network itself gives and the one after its last; the output repeats its end
    values on the others, so that they get no drag.
    """

    name: str
    quantity: Literal["omega", "height"]
    sign: Literal[1, -1]
    tendency: str
    given_levels: tuple[int, ...] | None = None


@dataclass(frozen=True)
class TrainingRange:
    """What one input looked like in training, per level, in the input's units."""

    name: str
    mean: Values
    standard_deviation: Values
    minimum: Values
    maximum: Values

    @property
    def is_known(self) -> bool:
        """Whether anything is known."""
        parts = (self.mean, self.standard_deviation, self.minimum, self.maximum)
        return any(part is not None for part in parts)


@dataclass(frozen=True)
class Limit:
    """Largest credible absolute value of one tendency, in its units."""

    name: str
    maximum_magnitude: float


@dataclass(frozen=True)
class Probe:
    """Size of the recorded example, and how closely it must be reproduced.

    `tolerance` is the largest absolute difference, relative to the largest absolute
    value of that output in the probe; `reduced_tolerance` is that of products in TF32
    or bfloat16, which a host can ask for instead of the artefact's own type. Without
    it, `tolerance` holds for those too.
    """

    columns: int
    tolerance: float
    reduced_tolerance: float | None = None


@dataclass(frozen=True)
class Description:
    """What a trained network says of itself; its checkpoint may carry it."""

    name: str
    citation: str
    vertical: Vertical
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]


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
    outputs: tuple[Field, ...]
    compute_dtype: Literal["bfloat16"] | None = field(default=None, kw_only=True)
    vertical: Vertical
    flux: tuple[Flux, ...] = field(default=(), kw_only=True)
    training_range: tuple[TrainingRange, ...]
    limits: tuple[Limit, ...]
    probe: Probe

    def __post_init__(self) -> None:
        check_contract(self)

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
        given = [f.name for f in self.outputs if f.name.startswith("tendency_of_")]
        return (*given, *(flux.tendency for flux in self.flux))

    def host_outputs(self, nlev: int) -> Iterator[tuple[str, tuple[int, ...], str]]:
        """Name, extent of the levels and dtype of all that a host of `nlev` can get."""
        host, network = (nlev,), (self.vertical.nlev,)
        for output in self.outputs:
            levels = host if output.name in self.tendencies else network
            yield output.name, levels if output.levels == "full" else (), output.dtype
        for flux in self.flux:
            yield f"{flux.name}_at_half_levels", (nlev + 1,), "float64"
            yield flux.tendency, host, "float64"

    def to_json(self) -> str:
        """Write the contract as the JSON text that the archive holds."""
        return typed_json.dump(self)

    @staticmethod
    def from_json(text: str | bytes) -> "Contract":
        """Read the JSON text of a contract.

        Raises
        ------
        ContractError
            If it is no JSON, of a newer version, or a key is absent, of another type,
            or contradicts another; the message names the key.
        """
        value = typed_json.load(text, "contract")
        version = value.get("contract_version")
        if isinstance(version, int) and version > CONTRACT_VERSION:
            raise ContractError(
                f"contract_version is {version}, expected at most {CONTRACT_VERSION}"
            )
        return typed_json.parse(Contract, value)


def read_contract(path: str | PathLike[str]) -> Contract:
    """Read the contract of an artefact, without loading the network.

    Parameters
    ----------
    path : path-like
        A TorchScript archive written by ``gwparam export``.

    Raises
    ------
    ModelFileError
        If the file is absent, truncated, or not an archive.
    ContractError
        If the archive holds no contract, or one that cannot be used.
    """
    return Contract.from_json(_read_extra(path, CONTRACT_FILE))


def read_probe(path: str | PathLike[str]) -> tuple[Arrays, Arrays]:
    """Read the probe of an artefact, without loading the network.

    Parameters
    ----------
    path : path-like
        A TorchScript archive written by ``gwparam export``.

    Returns
    -------
    inputs, outputs : dict of str to ndarray
        By the contract's names and in its order, units and dtype; shape
        (columns, nlev), or (columns,) at the surface; as `Contract.input_shape` and
        `Contract.output_shape` say in other geometries.

    Raises
    ------
    ModelFileError
        As `read_contract`.
    ContractError
        As `read_contract`, or if the probe has another size than the contract says.
    """
    contract = read_contract(path)
    data = _read_extra(path, PROBE_FILE)
    columns = contract.probe.columns
    groups: tuple[Arrays, Arrays] = ({}, {})
    offset = 0
    members = (
        [(f, contract.input_shape(f, columns)) for f in contract.inputs],
        [(f, contract.output_shape(f, columns)) for f in contract.outputs],
    )
    for group, shapes in zip(groups, members, strict=True):
        for member, shape in shapes:
            dtype = np.dtype(member.dtype)
            count = math.prod(shape)
            raw = data[offset : offset + count * dtype.itemsize]
            offset += count * dtype.itemsize
            if len(raw) == count * dtype.itemsize:
                values = np.frombuffer(raw, dtype.newbyteorder("<"))
                group[member.name] = values.reshape(shape).astype(dtype)
    if len(data) != offset:
        raise ContractError(
            f"{PROBE_FILE} has {len(data)} bytes, the contract asks for {offset}"
        )
    return groups


def pack_probe(inputs: Arrays, outputs: Arrays) -> bytes:
    """Bytes of a probe file; both in the contract's order and dtypes."""
    arrays = [*inputs.values(), *outputs.values()]
    return b"".join(a.astype(a.dtype.newbyteorder("<")).tobytes() for a in arrays)


def _read_extra(path: str | PathLike[str], name: str) -> bytes:
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.namelist():
                # The first folder is named as the file was when it was written.
                if member.split("/", 1)[-1] == f"extra/{name}":
                    return archive.read(member)
    except zipfile.BadZipFile as error:
        raise ModelFileError(f"{path} is not a complete archive: {error}") from None
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror}") from None
    raise ContractError(f"{path} holds no {name}: it was not written by gwparam export")
