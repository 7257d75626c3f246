"""The networks that can be trained, one a file."""

from gwparam.training.architectures.ann_cnn import AnnCnnTraining
from gwparam.training.architectures.attention_unet import AttentionUNetTraining
from gwparam.training.architectures.base import Architecture
from gwparam.training.architectures.filtered_spectrum import FilteredSpectrumTraining
from gwparam.training.architectures.prithvi_gw import PrithviTraining
from gwparam.training.architectures.wavenet import WaveNetTraining

ARCHITECTURES: dict[str, Architecture] = {
    architecture.name: architecture
    for architecture in (
        PrithviTraining(),
        AttentionUNetTraining(),
        AnnCnnTraining(),
        WaveNetTraining(),
        FilteredSpectrumTraining(),
    )
}
"""By the name that ``gwparam finetune --arch`` takes."""
