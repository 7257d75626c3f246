"""ANN-CNN: state of a column, or of it and its neighbours, to momentum fluxes.

Source: Gupta, Sheshadri, Roy, Gaur, Maskey and Ramachandran (2024), Machine Learning
Global Simulation of Nonlocal Gravity Wave Propagation, arXiv:2406.14775; "M1" sees its
own column, "M2" a stencil of 3 x 3 or 5 x 5 columns.
"""

from collections import OrderedDict
from functools import partial
from itertools import pairwise

from torch import nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.constants import SURFACE_NAMES
from gwparam.contract import Geometry
from gwparam.errors import ArgumentError
from gwparam.networks.base import Options, Preset
from gwparam.networks.fluxes import FileShape
from gwparam.networks.nonlocal_flux import OPTIONS, NonlocalFlux, presets
from gwparam.networks.trainable import Defaults, Size, Sizes, Trainable, positive

CITATION = (
    "Gupta, Sheshadri, Roy, Gaur, Maskey and Ramachandran (2024), Machine Learning "
    "Global Simulation of Nonlocal Gravity Wave Propagation, arXiv:2406.14775"
)
STENCILS = (1, 3, 5)


class AnnCnn(nn.Sequential):
    """The published network: normalised fluxes from normalised features.

    Its ``state_dict()`` has the keys, order and shapes of the published weights. Input
    (rows, idim), or (rows, idim, stencil, stencil); output (rows, odim), for any number
    of rows.

    Parameters
    ----------
    idim, odim : int
        Number of features and of outputs.
    hdim : int, optional
        Hidden units; 4 `idim` if absent.
    stencil : {1, 3, 5}
        Columns that a result depends on, along each direction.
    depth : int
        Number of hidden layers: 6 or, in a variant, 10.
    dropout : float
        Share of hidden units dropped in training; half as many after a convolution.
    """

    def __init__(
        self,
        idim: int,
        odim: int,
        hdim: int | None = None,
        *,
        stencil: int = 1,
        depth: int = 6,
        dropout: float = 0.0,
    ) -> None:
        if stencil not in STENCILS:
            raise ArgumentError(f"stencil is {stencil}, expected 1, 3 or 5")
        if depth < 2:
            raise ArgumentError(f"depth is {depth}, expected at least 2")
        hdim = hdim or 4 * idim
        modules: OrderedDict[str, nn.Module] = OrderedDict()
        for i in range(1, stencil // 2 + 1):
            modules[f"conv{i}"] = nn.Conv2d(idim, idim, 3)
            modules[f"rectify_conv{i}"] = nn.ReLU()
            modules[f"dropout_conv{i}"] = nn.Dropout(0.5 * dropout)
        # No squeeze: a batch of one stays a batch.
        modules["features"] = nn.Flatten(1)
        widths = [idim, *[hdim] * (depth - 1), 2 * odim]
        for i, (inner, outer) in enumerate(pairwise(widths), start=1):
            modules[f"layer{i}"] = nn.Linear(inner, outer)
            modules[f"rectify{i}"] = nn.LeakyReLU(0.01)
            modules[f"dropout{i}"] = nn.Dropout(dropout)
        modules["output"] = nn.Linear(2 * odim, odim)
        super().__init__(modules)
        self.idim, self.odim, self.stencil = idim, odim, stencil


def _units(text: str) -> int | None:
    return positive(text) if text else None


class AnnCnnFlux(NonlocalFlux[AnnCnn]):
    """The published network on physical fields."""

    architecture = "ann_cnn"
    signature = ("layer1.weight", "output.weight")
    # As published but for the batch, which was 20 or 40 whole times.
    trainable = Trainable(
        Defaults(100, 8192, 5e-4, "cyclic", dropout=0.1),
        sizes=(
            Size("hdim", "", "hidden units (default: 4 times the features)", _units),
            Size("depth", "6", "hidden layers"),
        ),
        head=("output.",),
    )
    sees_place = True
    sees_globe = False
    citation = CITATION
    options = OPTIONS
    presets = tuple(
        Preset(
            f"{features}-{levels}-{stencil}x{stencil}",
            partial(AnnCnn, 3 + channels, odim, stencil=stencil),
            "column" if stencil == 1 else f"stencil of {stencil} x {stencil} columns",
            (*SURFACE_NAMES, *inputs),
            outputs,
        )
        for features, levels, channels, odim, inputs, outputs in presets()
        for stencil in STENCILS
    )

    @classmethod
    def sizes_of(cls, checkpoint: Checkpoint) -> Sizes:
        """Channels, stencil, hidden units and layers of a checkpoint."""
        weights = checkpoint.weights
        depth = 0
        while f"layer{depth + 1}.weight" in weights:
            depth += 1
        hdim, idim = matrix_shape(checkpoint, "layer1.weight")
        return {
            "idim": idim,
            "odim": matrix_shape(checkpoint, "output.weight")[0],
            "hdim": hdim,
            "stencil": 1 + 2 * sum(f"conv{i}.weight" in weights for i in (1, 2)),
            "depth": max(depth, 2),
        }

    @classmethod
    def sizes_for(cls, files: FileShape) -> Sizes:
        """Give channels and stencil."""
        return {
            "idim": files.features,
            "odim": files.outputs,
            "stencil": files.stencil,
        }

    @classmethod
    def build(
        cls, sizes: Sizes, dropout: float = 0.0, drop_path: float = 0.0
    ) -> AnnCnn:
        """Build the bare network."""
        return AnnCnn(**sizes, dropout=dropout)

    @classmethod
    def around(cls, network: AnnCnn, options: Options) -> "AnnCnnFlux":
        """Put a bare network between physical fields.

        Raises
        ------
        ArgumentError, ContractError, ShapeError
            If `options` lack or contradict something; the message says what.
        """
        stencil = network.stencil
        geometry = Geometry("column")
        if stencil > 1:
            geometry = Geometry("stencil", radius=stencil // 2, poles="edge")
        return cls(
            network,
            f"ANN-CNN {stencil}x{stencil}" if stencil > 1 else "ANN 1x1",
            geometry,
            network.idim - len(SURFACE_NAMES),
            network.odim,
            options,
        )
