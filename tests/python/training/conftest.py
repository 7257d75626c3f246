import pytest
import torch
from flux_training import SIZES
from prithvi_small import options as prithvi_options
from recipes import options as other_options
from training_files import NLEV, training_set, written

from gwparam.training.architectures import ARCHITECTURES


@pytest.fixture
def make(tmp_path):
    """What training knows of an architecture, files and options."""
    opened = []

    def run(name="ann_cnn", dataset=None, **changes):
        architecture = ARCHITECTURES[name]
        dataset = training_set() if dataset is None else dataset
        given = other_options(tmp_path, NLEV, **changes)
        if name == "prithvi_gw":
            given = prithvi_options(tmp_path, **changes)
            del given["grid"]
        known = {option.name: option for option in architecture.physical.options}
        options = {key: known[key].read(text) for key, text in given.items()}
        path = written(tmp_path, dataset)
        data = architecture.open([path], options, None)
        opened.append(data)
        torch.manual_seed(4)
        sizes = {**architecture.default_sizes, **SIZES[name]}
        network = architecture.build(sizes, data, 0.0, 0.0)
        return network, data, architecture.meaning(network, data, options, None)

    yield run
    for data in opened:
        data.close()
