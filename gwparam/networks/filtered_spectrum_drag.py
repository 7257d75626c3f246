"""A filtered spectrum on physical fields, as an export takes it."""

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, load_weights, matrix_shape
from gwparam.contract import Description, Field, Geometry
from gwparam.errors import ModelFileError, ShapeError
from gwparam.grids import full_levels, uneven_sigma
from gwparam.networks.base import Options, PhysicalNetwork, Preset
from gwparam.networks.filtered_spectrum import REFERENCE_PRESSURE, FilteredSpectrum
from gwparam.networks.scaling import Destandardise
from gwparam.networks.wavenet import MIMA_NLEV, WaveNetDrag, per_level

CITATION = (
    "after Alexander and Dunkerton (1999), A Spectral Parameterization of Mean-Flow "
    "Forcing due to Breaking Gravity Waves, J. Atmos. Sci. 56, 4167-4182, "
    "doi:10.1175/1520-0469(1999)056<4167:ASPOMF>2.0.CO;2"
)


def mima() -> FilteredSpectrum:
    """Build the network for MiMA's levels, with random weights."""
    sigma = torch.from_numpy(full_levels(uneven_sigma(MIMA_NLEV))).float()
    return FilteredSpectrum(0.0 * sigma, sigma)


class FilteredSpectrumDrag(PhysicalNetwork):
    """A filtered spectrum on physical fields: one for both components of the wind.

    Parameters
    ----------
    network : Module
        Features to standardised drag, as `FilteredSpectrum`.
    scaling : Module
        Standardised drag to drag [m s-2].
    description : Description
        Name, citation, levels, training range and limits.
    """

    architecture = "filtered_spectrum"
    citation = CITATION
    geometry = Geometry("column")
    inputs = (
        *WaveNetDrag.inputs[:2],
        Field("air_temperature", "K", "full", "float64"),
        *WaveNetDrag.inputs[2:],
    )
    outputs = WaveNetDrag.outputs
    presets = (
        Preset(
            "mima",
            mima,
            "column",
            tuple(field.name for field in inputs),
            tuple(field.name for field in outputs),
        ),
    )

    def __init__(
        self, network: nn.Module, scaling: nn.Module, description: Description
    ) -> None:
        super().__init__(description)
        self.network = network
        self.scaling = scaling

    @classmethod
    def from_checkpoint(
        cls, checkpoint: Checkpoint, options: Options | None = None
    ) -> "FilteredSpectrumDrag":
        """Build the network that a checkpoint holds, with the checkpoint's sizes.

        Raises
        ------
        ModelFileError, ShapeError, NonFiniteError
            If the checkpoint is not one of a filtered spectrum; the message names the
            key.
        """
        network = sized(checkpoint).double()
        load_weights(network, checkpoint)
        pressure = network.a + network.b * REFERENCE_PRESSURE
        if not (pressure[0] > 0.0 and (pressure.diff() > 0.0).all()):
            raise ModelFileError(
                f"a and b in {checkpoint.path} are no pressures from the top down"
            )
        nlev = network.nlev
        scaling = Destandardise(
            *(per_level(checkpoint, key, nlev) for key in ("means", "stds"))
        )
        description = checkpoint.description
        if description is None:
            raise ModelFileError(
                f"{checkpoint.path} holds no description of its network"
            )
        if description.vertical.nlev != nlev:
            raise ShapeError(
                f"{checkpoint.path} describes {description.vertical.nlev} levels, "
                f"expected {nlev}"
            )
        return cls(network, scaling, description)

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
        ncol = eastward_wind.size(0)
        wind = torch.cat((eastward_wind, northward_wind))
        surface = torch.stack((surface_air_pressure, latitude), dim=1)
        rest = torch.cat((air_temperature, surface), dim=1).repeat(2, 1)
        drag = self.scaling(self.network(torch.cat((wind, rest), dim=1)))
        return drag[:ncol], drag[ncol:]


def sized(checkpoint: Checkpoint) -> FilteredSpectrum:
    """Build a filtered spectrum as large as a checkpoint's.

    Raises
    ------
    ShapeError
        If the checkpoint is not one of a filtered spectrum; the message names the key.
    """
    nlev, _ = matrix_shape(checkpoint, "spreading.weight")
    width, _ = matrix_shape(checkpoint, "breaking.0.weight")
    return FilteredSpectrum(torch.zeros(nlev), torch.zeros(nlev), width)
