"""Train a filtered spectrum on states of a host with its native drag."""

import torch
from torch import nn

from gwparam.checkpoints import Checkpoint, matrix_shape
from gwparam.finetune.architectures.base import Defaults, Size, Sizes
from gwparam.finetune.architectures.drag import DragArchitecture
from gwparam.finetune.data import Data
from gwparam.finetune.drag_data import DragData
from gwparam.networks.filtered_spectrum import FilteredSpectrum
from gwparam.networks.filtered_spectrum_drag import FilteredSpectrumDrag


class FilteredSpectrumTraining(DragArchitecture):
    """Filtered spectrum; settings that learn a host's native drag in a minute."""

    name = "filtered_spectrum"
    title = "filtered spectrum"
    physical = FilteredSpectrumDrag
    defaults = Defaults(20, 256, 2e-2, "one-cycle", clip_norm=1.0)
    sizes = (Size("width", "32", "hidden units of the two functions of one wave"),)
    head = ("spreading.",)

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
