"""Train a filtered spectrum on states of a host with its native drag."""

from collections.abc import Sequence

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.errors import ContractError
from gwparam.networks.base import Options
from gwparam.networks.filtered_spectrum import FilteredSpectrum
from gwparam.networks.filtered_spectrum_drag import FilteredSpectrumDrag
from gwparam.training.architectures.base import Defaults, Size, Sizes
from gwparam.training.architectures.drag import DragArchitecture
from gwparam.training.data import Data
from gwparam.training.drag_data import DragData

_MOUNTAIN, _TOLERANCE = 6.0e4, 0.01
"""Surface pressure [Pa], and relative difference of pressures up to which levels count
as the same."""


class FilteredSpectrumTraining(DragArchitecture):
    """Filtered spectrum; settings that learn a host's native drag in two minutes."""

    name = "filtered_spectrum"
    title = "filtered spectrum"
    physical = FilteredSpectrumDrag
    defaults = Defaults(20, 256, 2e-2, "one-cycle", clip_norm=1.0)
    sizes = (Size("width", "32", "hidden units of the two functions of one wave"),)
    head = ("spreading.",)

    def open(
        self, paths: Sequence[str], options: Options, checkpoint: Checkpoint | None
    ) -> Data:
        """Open state files with drag, on the levels of a pre-trained network.

        Raises
        ------
        ContractError
            If their pressures over mountains are not those that the network has.
        """
        data = super().open(paths, options, checkpoint)
        assert isinstance(data, DragData)
        if checkpoint is not None:
            try:
                _check_pressures(data, checkpoint)
            except BaseException:
                data.close()
                raise
        return data

    def sizes_of(self, checkpoint: Checkpoint) -> Sizes:
        """Width of a checkpoint."""
        return {"width": matrix_shape(checkpoint, "breaking.0.weight")[0]}

    def build(
        self, sizes: Sizes, data: Data, dropout: float, drop_path: float
    ) -> nn.Module:
        """Build the network for the levels of the files."""
        assert isinstance(data, DragData)
        a, b = (torch.from_numpy(values).float() for values in data.coefficients())
        return FilteredSpectrum(a, b, **sizes)


def _check_pressures(data: DragData, checkpoint: Checkpoint) -> None:
    """Compare the levels over a mountain, where hybrid and sigma levels differ."""
    a, b = data.coefficients()
    own = [checkpoint.weights[key].double().numpy() for key in ("a", "b")]
    found, expected = a + b * _MOUNTAIN, own[0] + own[1] * _MOUNTAIN
    relative = abs(found / expected - 1.0)
    if relative.max() > _TOLERANCE:
        level = int(relative.argmax())
        raise ContractError(
            f"level {level} of {data.dates.paths[0]} is at {found[level]:.5g} Pa over "
            f"a surface at {_MOUNTAIN:g} Pa, expected {expected[level]:.5g} Pa as the "
            "pre-trained network (from 0, the top)"
        )
