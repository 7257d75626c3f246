"""The networks that can be trained, one a file."""

from gwparam.finetune.architectures.ann_cnn import AnnCnnTraining
from gwparam.finetune.architectures.attention_unet import AttentionUNetTraining
from gwparam.finetune.architectures.base import Architecture
from gwparam.finetune.architectures.filtered_spectrum import FilteredSpectrumTraining
from gwparam.finetune.architectures.prithvi_gw import PrithviTraining
from gwparam.finetune.architectures.wavenet import WaveNetTraining

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
