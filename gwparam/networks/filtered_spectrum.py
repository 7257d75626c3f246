"""Filtered spectrum: wind and temperature of a column to its gravity-wave drag.

Waves leave a source in both directions along one wind component. On their way up the
slow ones break, or meet a wind as fast as they are, and the fastest are reflected: the
waves that reach a level are those between two speeds. The network follows these edges,
and learns which waves break, how much flux lies beyond an edge, and where it goes.
``docs/networks/filtered_spectrum.md`` says why.

Source of the processes: Alexander and Dunkerton (1999), J. Atmos. Sci. 56, 4167-4182.
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F  # noqa: N812  # its usual name
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.constants import SEA_LEVEL_PRESSURE
from gwparam.contract import Description, Field
from gwparam.errors import ContractError, ModelFileError, ShapeError
from gwparam.grids import full_levels, uneven_sigma
from gwparam.networks.base import Preset
from gwparam.networks.drag import (
    MIMA_NLEV,
    SURFACE,
    WINDS,
    DragModule,
    DragNetwork,
    StateLevels,
)
from gwparam.networks.stability import Stability
from gwparam.networks.trainable import Defaults, Size, Sizes, Trainable

CITATION = (
    "after Alexander and Dunkerton (1999), A Spectral Parameterization of Mean-Flow "
    "Forcing due to Breaking Gravity Waves, J. Atmos. Sci. 56, 4167-4182, "
    "doi:10.1175/1520-0469(1999)056<4167:ASPOMF>2.0.CO;2"
)

SOURCE_PRESSURE = 31500.0
"""Pressure of the source at the equator [Pa], as in MiMA's reference run."""

_WIND_SCALE = 30.0
"""Wind that counts as 1 inside the network [m s-1]."""
_NOMINAL_PRESSURE = 1.0e5
_PLACE_WIDTH = 8
ACTIVATIONS: Mapping[str, type[nn.Module]] = {"silu": nn.SiLU, "relu": nn.ReLU}
_FIRST = next(iter(ACTIVATIONS))
_DRAWN, _DRAWN_LEVELS = 256, 9
"""Columns drawn to learn the size of the deposits, and over how many levels their wind
varies together."""
_MOUNTAIN, _TOLERANCE = 6.0e4, 0.01
"""Surface pressure [Pa], and relative difference of pressures up to which levels count
as the same."""


class FilteredSpectrum(DragModule):
    """Standardised drag from one wind component and the temperature of a column.

    Apart from the bias of `spreading`, reversing the wind reverses the drag.

    Parameters
    ----------
    a, b : Tensor, shape (nlev,)
        Pressure at full levels is ``a + b * surface pressure``, `a` in Pa, top first.
    width : int
        Hidden units of `breaking` and `flux`.
    activation : str
        Of those units, one of `ACTIVATIONS`. Rectified ones make both functions
        piecewise linear, and the network several times cheaper.

    Raises
    ------
    ShapeError
        If there are fewer than 2 levels: the source lies below at least one.

    Attributes
    ----------
    activation : Tensor, shape ()
        Its place in `ACTIVATIONS`; there only where it is not the first.
    equatorial_source : Tensor, shape ()
        Index of the first level below the source at the equator; towards the poles the
        source nears the surface.
    stability : Stability
        Temperature to stability.
    breaking : Module
        Wind less that at the source, and resistance of the air, to how much faster than
        the wind a wave has to be not to break.
    reflection : Parameter, shape (1,)
        Logarithm of a factor of the speed above which waves are reflected.
    flux : Module
        Speed and wind at the source to the flux of the waves that are faster.
    amplitude : Module
        Sine and cosine of the latitude to the logarithm of the flux at the source.
    size : Tensor, shape (nlev,)
        Of the deposits, in the network's own unit.
    spreading : Module
        Deposits to standardised drag.
    """

    a: Tensor
    b: Tensor
    equatorial_source: Tensor
    size: Tensor

    def __init__(
        self, a: Tensor, b: Tensor, width: int = 32, activation: str = "silu"
    ) -> None:
        super().__init__()
        nlev = a.shape[0]
        if nlev < 2:
            raise ShapeError(
                f"nlev is {nlev}, expected at least 2 for a filtered spectrum"
            )
        above = a + b * SEA_LEVEL_PRESSURE <= SOURCE_PRESSURE
        self.register_buffer("a", a.clone())
        self.register_buffer("b", b.clone())
        self.register_buffer("equatorial_source", above.sum())
        self.register_buffer("size", torch.ones_like(a))
        if activation != _FIRST:
            # No shape of the weights tells it.
            place = list(ACTIVATIONS).index(activation)
            self.register_buffer("activation", torch.tensor(place))
        self.is_rectified = activation == "relu"
        self.wind_scale = _WIND_SCALE
        self.nominal_pressure = _NOMINAL_PRESSURE
        self.stability = Stability(nlev)
        self.breaking = _function(width, activation)
        self.reflection = nn.Parameter(torch.zeros(1))
        # Only differences of it matter: it has no constant.
        self.flux = _function(width, activation, constant=False)
        self.amplitude = _function(_PLACE_WIDTH)
        self.spreading = nn.Linear(nlev, nlev)
        # As the scheme does: a level gets half of what is left above and below it.
        half = 0.5 * torch.eye(nlev)
        with torch.no_grad():
            self.spreading.weight.copy_(half + half.roll(-1, dims=0))
            self.spreading.weight[-1, 0] = 0.0
            self.spreading.weight[:, 0] = torch.eye(nlev)[0]
            self.spreading.bias.zero_()

    @property
    def nlev(self) -> int:
        """Number of full levels."""
        return int(self.a.shape[0])

    @torch.jit.unused
    @torch.no_grad()
    def set_features(self, mean: Tensor, variance: Tensor) -> None:
        """Scale the deposits to the size that features of such statistics give.

        Parameters
        ----------
        mean, variance : Tensor, shape (2 * nlev + 2,)
            Of the features of `forward`.
        """
        nlev = self.nlev
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(_DRAWN, nlev + 1, generator=generator).to(self.a)
        smooth = F.avg_pool1d(noise[:, :nlev], _DRAWN_LEVELS, 1, _DRAWN_LEVELS // 2)
        deviation = variance.sqrt().to(self.a)
        features = mean.to(self.a).repeat(_DRAWN, 1)
        features[:, :nlev] += deviation[:nlev] * smooth * _DRAWN_LEVELS**0.5
        features[:, -1] += deviation[-1] * noise[:, -1]
        features[:, -1].clamp_(-90.0, 90.0)
        size = self.deposits(features).square().mean(dim=0).sqrt()
        # Nothing is left below every source.
        self.size.copy_(torch.where(size > 0.0, size, 1.0))

    @torch.jit.unused
    @torch.no_grad()
    def rescale(self, slope: Tensor, offset: Tensor) -> None:
        """Make every output `slope` times what it was plus `offset`, (nlev,) each."""
        self.spreading.weight.mul_(slope[:, None])
        self.spreading.bias.mul_(slope).add_(offset)

    def forward(self, features: Tensor) -> Tensor:
        """Compute the standardised drag.

        Parameters
        ----------
        features : Tensor, shape (rows, 2 * nlev + 2)
            Wind at full levels, top first [m s-1], air temperature there [K], surface
            pressure [Pa], latitude [degrees_north].

        Returns
        -------
        Tensor, shape (rows, nlev)
            Drag along that wind, in standard deviations from its mean [1], top first.
        """
        drag: Tensor = self.spreading(self.deposits(features) / self.size)
        return drag

    def deposits(self, features: Tensor) -> Tensor:
        """Compute the momentum that the waves leave in each layer, over its mass.

        Parameters
        ----------
        features : Tensor, shape (rows, 2 * nlev + 2)
            As in `forward`.

        Returns
        -------
        Tensor, shape (rows, nlev)
            Above every full level, top first; the first is what leaves at the top.
            In a unit of the network's own.
        """
        rows, nlev = features.size(0), self.a.size(0)
        wind, temperature = features[:, :nlev], features[:, nlev : 2 * nlev]
        pressure = self.a + self.b * features[:, 2 * nlev : 2 * nlev + 1]
        latitude = torch.deg2rad(features[:, 2 * nlev + 1 :])

        source = self._source(latitude)
        frequency, decay = self.stability(temperature, pressure)
        density = pressure / temperature
        # A wave breaks where its flux exceeds this times the cube of its speed relative
        # to the wind.
        resistance = density / density.gather(1, source) / frequency
        # Where the vertical wavelength becomes infinite, were the horizontal one too.
        fastest = frequency / decay * torch.exp(self.reflection) / self.wind_scale

        # Below the source all is as at it: nothing happens to a wave there.
        level = torch.arange(nlev, device=wind.device)
        above = level <= source
        resistance = torch.where(above, resistance, resistance.gather(1, source))
        fastest = torch.where(above, fastest, fastest.gather(1, source))
        # From here on, rows of eastward waves are followed by those of westward ones,
        # seen in a mirror.
        start = wind.gather(1, source) / self.wind_scale
        relative = wind / self.wind_scale - start
        start, relative = torch.cat((start, -start)), torch.cat((relative, -relative))
        edges = self._edges(
            torch.where(above.repeat(2, 1), relative, torch.zeros_like(relative)),
            torch.log(resistance).repeat(2, 1) / 3.0,
            fastest.repeat(2, 1),
            2.0 * relative[:, :1] - relative[:, 1:2],
        )
        beyond = self.flux(torch.stack((edges, start.expand_as(edges)), dim=2))
        beyond = beyond.squeeze(2)
        # The flux that is left at each level has the sign of its waves.
        left = beyond[:rows] - beyond[rows:]
        place = torch.cat((torch.sin(latitude), torch.cos(latitude)), dim=1)
        deposited = (left[:, 1:] - left[:, :-1]) * torch.exp(self.amplitude(place))
        thickness = _thickness(pressure)
        nominal = _thickness((self.a + self.b * self.nominal_pressure).unsqueeze(0))
        result: Tensor = deposited * nominal / thickness
        return result

    def _source(self, latitude: Tensor) -> Tensor:
        """Index of the source's level, shape (rows, 1), of a latitude in radians.

        Half a level above where it is meant to be, and truncated, as in MiMA.
        """
        nlev = self.a.size(0)
        depth = (nlev - self.equatorial_source) * torch.cos(latitude)
        return (nlev - 0.5 - depth).long().clamp(0, nlev - 2)

    def _edges(
        self, relative: Tensor, resistance: Tensor, fastest: Tensor, beyond: Tensor
    ) -> Tensor:
        """Slowest waves left at each level, and after the first the fastest.

        Parameters
        ----------
        relative : Tensor, shape (rows, nlev)
            Wind less that at the source [30 m s-1], as all speeds here.
        resistance, fastest : Tensor, shape (rows, nlev)
            Logarithm of the speed that the air resists breaking with, and the fastest
            wave relative to the wind.
        beyond : Tensor, shape (rows, 1)
            Wind less that at the source, a level above the top.

        Returns
        -------
        Tensor, shape (rows, nlev + 1)
            Speeds relative to the source. Waves between the first and the second leave
            at the top; those between a later one and the next are lost between those
            levels.
        """
        local = torch.stack((relative, resistance), dim=2)
        ahead = self.breaking(local).squeeze(2)
        if self.is_rectified:
            # An exponential that goes on as a line: cheaper, with the same ends.
            ahead = torch.exp(ahead.clamp(max=0.0)) + F.relu(ahead)
        else:
            ahead = F.softplus(ahead)
        broken = relative + ahead
        # Upward, hence from the last level to the first.
        reflected = (relative + fastest).flip(1)
        reflected = torch.cummin(reflected, dim=1)[0].flip(1)
        lost = torch.minimum(broken, reflected)
        lost = torch.cummax(lost.flip(1), dim=1)[0].flip(1)
        # A last chance to be reflected.
        last = torch.minimum(reflected[:, :1], beyond + fastest[:, :1])
        return torch.cat((torch.maximum(last, lost[:, :1]), lost), dim=1)


def _function(
    width: int, activation: str = _FIRST, constant: bool = True
) -> nn.Sequential:
    """Continuous function of two values, to be learned."""
    last = nn.Linear(width, 1, bias=constant)
    return nn.Sequential(nn.Linear(2, width), ACTIVATIONS[activation](), last)


def _activation(text: str) -> str:
    """Read the name of an activation; ValueError otherwise."""
    if text not in ACTIVATIONS:
        raise ValueError(text)
    return text


def _activation_of(checkpoint: Checkpoint) -> str:
    """Name of the activation that a checkpoint asks for."""
    place = checkpoint.weights.get("activation", torch.tensor(0))
    for i, name in enumerate(ACTIVATIONS):
        if place.shape == () and place.item() == i:
            return name
    raise ModelFileError(
        f"activation in {checkpoint.path} is {place.tolist()}, expected one of "
        + ", ".join(f"{i} ({name})" for i, name in enumerate(ACTIVATIONS))
    )


def _thickness(pressure: Tensor) -> Tensor:
    """Thickness in pressure of the layer above every level [Pa]; the first from 0."""
    return torch.cat((pressure[:, :1], pressure[:, 1:] - pressure[:, :-1]), dim=1)


def mima() -> FilteredSpectrum:
    """Build the network for MiMA's levels, with random weights."""
    sigma = torch.from_numpy(full_levels(uneven_sigma(MIMA_NLEV))).float()
    return FilteredSpectrum(0.0 * sigma, sigma)


class FilteredSpectrumDrag(DragNetwork):
    """A filtered spectrum on physical fields: one for both components of the wind."""

    architecture = "filtered_spectrum"
    signature = ("equatorial_source", "spreading.weight")
    citation = CITATION
    title = "filtered spectrum"
    inputs = (*WINDS, Field("air_temperature", "K", "full", "float64"), *SURFACE)
    # They learn a host's native drag in two minutes.
    trainable = Trainable(
        Defaults(20, 256, 2e-2, "one-cycle", clip_norm=1.0),
        sizes=(
            Size("width", "32", "hidden units of the two functions of one wave"),
            Size("activation", _FIRST, "theirs, silu or relu", _activation),
        ),
        head=("spreading.",),
    )
    presets = (
        Preset(
            "mima",
            mima,
            "column",
            tuple(field.name for field in inputs),
            tuple(field.name for field in DragNetwork.outputs),
        ),
    )

    @classmethod
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Levels, width and activation; where the levels are, its weights say."""
        nlev, _ = matrix_shape(checkpoint, "spreading.weight")
        width, _ = matrix_shape(checkpoint, "breaking.0.weight")
        sizes = {"a": torch.zeros(nlev), "b": torch.zeros(nlev), "width": width}
        return {**sizes, "activation": _activation_of(checkpoint)}

    @classmethod
    def sizes_on(cls, levels: StateLevels) -> Sizes:
        """Give their coefficients."""
        a, b = (torch.from_numpy(values).float() for values in levels.coefficients())
        return {"a": a, "b": b}

    @classmethod
    def check_levels(cls, levels: StateLevels, checkpoint: Checkpoint) -> None:
        """Compare pressures over a mountain, where hybrid and sigma levels differ."""
        a, b = levels.coefficients()
        own = [checkpoint.weights[key].double().numpy() for key in ("a", "b")]
        found, expected = a + b * _MOUNTAIN, own[0] + own[1] * _MOUNTAIN
        relative = abs(found / expected - 1.0)
        if relative.max() > _TOLERANCE:
            level = int(relative.argmax())
            raise ContractError(
                f"level {level} of {levels.path} is at {found[level]:.5g} Pa over a "
                f"surface at {_MOUNTAIN:g} Pa, expected {expected[level]:.5g} Pa as "
                "the pre-trained network (from 0, the top)"
            )

    @classmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> FilteredSpectrum:
        """Build the bare network; it has no dropout."""
        return FilteredSpectrum(**sizes)

    @classmethod
    def describe(cls, network: DragModule, checkpoint: Checkpoint) -> Description:
        """Refuse: nobody published such weights without a description."""
        raise ModelFileError(f"{checkpoint.path} holds no description of its network")

    @classmethod
    def load(cls, checkpoint: Checkpoint) -> DragModule:
        """Build the bare network that a checkpoint holds; its levels are in order."""
        network = super().load(checkpoint)
        a, b = (checkpoint.weights[key].double() for key in ("a", "b"))
        pressure = a + b * SEA_LEVEL_PRESSURE
        if not (pressure[0] > 0.0 and (pressure.diff() > 0.0).all()):
            raise ModelFileError(
                f"a and b in {checkpoint.path} are no pressures from the top down"
            )
        return network

    def forward(
        self,
        eastward_wind: Tensor,
        northward_wind: Tensor,
        air_temperature: Tensor,
        surface_air_pressure: Tensor,
        latitude: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Compute the drag on both wind components, in one batch.

        Parameters
        ----------
        eastward_wind, northward_wind : Tensor, shape (columns, nlev)
            Wind [m s-1], top first.
        air_temperature : Tensor, shape (columns, nlev)
            Air temperature [K], top first.
        surface_air_pressure : Tensor, shape (columns,)
            Surface pressure [Pa].
        latitude : Tensor, shape (columns,)
            Latitude [degrees_north].

        Returns
        -------
        eastward, northward : Tensor, shape (columns, nlev)
            Tendency of the wind [m s-2], top first.
        """
        surface = torch.stack((surface_air_pressure, latitude), dim=1)
        rest = torch.cat((air_temperature, surface), dim=1)
        return self.both_components(eastward_wind, northward_wind, rest)
