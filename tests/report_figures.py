"""What is drawn in the figures of an evaluation's report."""

import numpy as np
from matplotlib.collections import QuadMesh

SECONDS_PER_DAY = 86400.0


def meshes(figure):
    """Coloured fields of a figure, without the bars of colours."""
    return [
        next(child for child in axis.get_children() if isinstance(child, QuadMesh))
        for axis in figure.axes
        if axis.get_subplotspec() is not None and axis.axison and not _is_bar(axis)
    ]


def _is_bar(axis):
    return axis.get_label() == "<colorbar>"


def value_at(mesh, longitude, latitude):
    """The value that a mesh shows at a place of its axes."""
    corners = mesh.get_coordinates()
    column = np.searchsorted(corners[0, :, 0], longitude) - 1
    row = np.searchsorted(corners[:, 0, 1], latitude) - 1
    return mesh.get_array()[row, column]
