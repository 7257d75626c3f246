"""WaveNet: wind, surface pressure and latitude of a column to its gravity-wave drag.

Source: Espinosa, Sheshadri, Cain, Gerber and DallaSanta (2022), Geophys. Res. Lett. 49,
e2022GL098174, doi:10.1029/2022GL098174; sizes and order of the features as in the
weights that MiMA's branch ``ML`` carries.
"""

from itertools import pairwise

import torch
from torch import Tensor, nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.constants import MAXIMUM_TENDENCY, NOMINAL_TOLERANCE
from gwparam.contract import Description, Limit, TrainingRange, Values, Vertical
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
from gwparam.networks.trainable import Defaults, Size, Sizes, Trainable

CITATION = (
    "Espinosa, Sheshadri, Cain, Gerber and DallaSanta (2022), Machine Learning Gravity "
    "Wave Parameterization Generalizes to Capture the QBO and Response to Increased "
    "CO2, Geophys. Res. Lett. 49, e2022GL098174, doi:10.1029/2022GL098174"
)
NORM_EPS = 1e-5
MIMA_PRESSURE = 1000.0e2
"""Surface pressure [Pa] that MiMA's nominal levels belong to."""


class WaveNet(DragModule):
    """The published network: standardised drag from one wind component of a column.

    Its ``state_dict()`` has the keys and, with the default sizes, the shapes of the
    published weights.

    Parameters
    ----------
    nlev : int
        Number of full levels.
    trunk_width, trunk_depth : int
        Units and number of the hidden layers that all levels share.
    neck_width : int
        Units of the last shared layer.
    branch_width : int
        Hidden units of each level's own branch.
    """

    def __init__(
        self,
        nlev: int = 40,
        trunk_width: int = 256,
        trunk_depth: int = 5,
        neck_width: int = 64,
        branch_width: int = 32,
    ) -> None:
        super().__init__()
        nfeature = nlev + 2
        widths = [nfeature, *[trunk_width] * trunk_depth, neck_width]
        shared: list[nn.Module] = [nn.BatchNorm1d(nfeature, NORM_EPS)]
        for inner, outer in pairwise(widths):
            shared += [nn.Linear(inner, outer), nn.ReLU()]
        self.shared = nn.Sequential(*shared)
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Linear(neck_width, branch_width),
                nn.ReLU(),
                nn.Linear(branch_width, 1),
            )
            for _ in range(nlev)
        )

    @property
    def nlev(self) -> int:
        """Number of full levels."""
        return len(self.branches)

    @torch.jit.unused
    def set_features(self, mean: Tensor, variance: Tensor) -> None:
        """Standardise features by given statistics, shape (nlev + 2,) each."""
        self.get_buffer("shared.0.running_mean").copy_(mean)
        self.get_buffer("shared.0.running_var").copy_(variance)

    @torch.jit.unused
    @torch.no_grad()
    def rescale(self, slope: Tensor, offset: Tensor) -> None:
        """Make every output `slope` times what it was plus `offset`, (nlev,) each."""
        for level in range(self.nlev):
            self.get_parameter(f"branches.{level}.2.weight").mul_(slope[level])
            bias = self.get_parameter(f"branches.{level}.2.bias")
            bias.mul_(slope[level]).add_(offset[level])

    def forward(self, features: Tensor) -> Tensor:
        """Compute the standardised drag.

        Parameters
        ----------
        features : Tensor, shape (rows, nlev + 2)
            Wind at full levels, top first [m s-1], surface pressure [Pa], latitude
            [degrees_north].

        Returns
        -------
        Tensor, shape (rows, nlev)
            Drag along that wind, in standard deviations from its mean [1], top first.
        """
        shared = self.shared(features)
        levels = [branch(shared) for branch in self.branches]
        return torch.cat(levels, dim=1)


class WaveNetDrag(DragNetwork):
    """A WaveNet on physical fields: one network for both components of the wind.

    Parameters
    ----------
    network : Module
        Features to standardised drag, as `WaveNet`.
    scaling : Module
        Standardised drag to drag [m s-2].
    description : Description
        Name, citation, levels, training range and limits.
    padding : int
        Features of value zero that `network` takes after the latitude.
    """

    architecture = "wavenet"
    signature = ("shared.0.running_mean", "branches.0.0.weight")
    citation = CITATION
    title = "WaveNet"
    inputs = (*WINDS, *SURFACE)
    # They adapt the published network to a host in a minute.
    trainable = Trainable(
        Defaults(5, 512, 4e-3, "one-cycle", clip_norm=1.0),
        sizes=(
            Size("trunk_width", "256", "units of the shared layers"),
            Size("trunk_depth", "5", "number of shared layers"),
            Size("neck_width", "64", "units of the last shared layer"),
            Size("branch_width", "32", "hidden units of a level"),
        ),
        head=("branches.",),
        fixed=("shared.0",),
    )
    presets = (
        Preset(
            "mima",
            WaveNet,
            "column",
            tuple(field.name for field in inputs),
            tuple(field.name for field in DragNetwork.outputs),
        ),
    )

    def __init__(
        self,
        network: nn.Module,
        scaling: nn.Module,
        description: Description,
        padding: int = 0,
    ) -> None:
        super().__init__(network, scaling, description)
        self.padding = padding

    @classmethod
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Levels, widths and depth of a checkpoint."""
        weights = checkpoint.weights
        depth = 0
        while f"shared.{2 * depth + 3}.weight" in weights:
            depth += 1
        nlev = 0
        while f"branches.{nlev}.0.weight" in weights:
            nlev += 1
        return {
            "nlev": nlev,
            "trunk_width": matrix_shape(checkpoint, "shared.1.weight")[0],
            "trunk_depth": depth,
            "neck_width": matrix_shape(checkpoint, f"shared.{2 * depth + 1}.weight")[0],
            "branch_width": matrix_shape(checkpoint, "branches.0.0.weight")[0],
        }

    @classmethod
    def sizes_on(cls, levels: StateLevels) -> Sizes:
        """Give their number."""
        return {"nlev": levels.nlev}

    @classmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> WaveNet:
        """Build the bare network; it has no dropout."""
        return WaveNet(**sizes)

    @classmethod
    def describe(cls, network: DragModule, checkpoint: Checkpoint) -> Description:
        """Say what is known of published weights, which say nothing of themselves."""
        nlev = network.nlev
        pressure: Values = None
        if nlev == MIMA_NLEV:
            pressure = tuple((MIMA_PRESSURE * full_levels(uneven_sigma(nlev))).tolist())
        vertical = Vertical("host", "top_down", nlev, pressure, NOMINAL_TOLERANCE)
        limits = tuple(Limit(field.name, MAXIMUM_TENDENCY) for field in cls.outputs)
        ranges = _training_range(checkpoint, nlev)
        return Description(cls.title, CITATION, vertical, ranges, limits)

    def forward(
        self,
        eastward_wind: Tensor,
        northward_wind: Tensor,
        surface_air_pressure: Tensor,
        latitude: Tensor,
    ) -> tuple[Tensor, Tensor]:
        """Compute the drag on both wind components, in one batch.

        Parameters
        ----------
        eastward_wind, northward_wind : Tensor, shape (columns, nlev)
            Wind [m s-1], top first.
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
        zeros = surface.new_zeros((surface.size(0), self.padding))
        rest = torch.cat((surface, zeros), dim=1)
        return self.both_components(eastward_wind, northward_wind, rest)


def _training_range(checkpoint: Checkpoint, nlev: int) -> tuple[TrainingRange, ...]:
    """Take the statistics of the inputs from the batch normalisation of features."""
    weights = checkpoint.weights
    mean = weights["shared.0.running_mean"].double().tolist()
    deviation = weights["shared.0.running_var"].double().sqrt().tolist()
    where = (slice(nlev), slice(nlev), slice(nlev, nlev + 1), slice(nlev + 1, nlev + 2))
    return tuple(
        TrainingRange(field.name, tuple(mean[part]), tuple(deviation[part]), None, None)
        for field, part in zip(WaveNetDrag.inputs, where, strict=True)
    )
