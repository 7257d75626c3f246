import pytest

from gwparam.errors import ArgumentError
from gwparam.networks import NETWORKS
from gwparam.training.tasks import make_task
from gwparam.training.tasks.drag import DragTask
from gwparam.training.tasks.flux import FluxTask

DRAG = {"wavenet", "filtered_spectrum"}


@pytest.mark.parametrize("name", NETWORKS)
def test_task_is_that_of_the_network(name):
    task = make_task(name, {}, None)

    assert type(task) is (DragTask if name in DRAG else FluxTask)
    assert task.physical is NETWORKS[name]


def test_unknown_architecture_is_refused():
    with pytest.raises(ArgumentError) as caught:
        make_task("transformer", {}, None)

    assert str(caught.value) == (
        f"architecture is transformer, expected {', '.join(NETWORKS)}"
    )
