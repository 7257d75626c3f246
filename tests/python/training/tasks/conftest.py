import pytest
import torch
from flux_training import SIZES
from prithvi_small import options as prithvi_options
from recipes import options as other_options
from training_files import NLEV, training_set, written

from gwparam.training.splits import Split
from gwparam.training.tasks import make_task


@pytest.fixture
def make(tmp_path):
    """What training knows of a network, files and options."""
    opened = []

    def run(name="ann_cnn", dataset=None, **changes):
        dataset = training_set() if dataset is None else dataset
        given = other_options(tmp_path, NLEV, **changes)
        if name == "prithvi_gw":
            given = prithvi_options(tmp_path, **changes)
            del given["grid"]
        task = make_task(name, given, None)
        data = task.open([written(tmp_path, dataset)])
        opened.append(data)
        torch.manual_seed(4)
        sizes = {**task.physical.trainable.default_sizes, **SIZES[name]}
        network = task.build(sizes, data)
        splits = [Split("training", data, range(len(data.samples)))]
        return network, data, task.output_spec(network, splits)

    yield run
    for data in opened:
        data.close()
