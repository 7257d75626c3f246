import numpy as np
import pytest
from training_files import NLAT, NLEV, NLON, training_set, written

from gwparam.data.training_files import TrainingFiles
from gwparam.errors import ArgumentError, ShapeError
from gwparam.training.tasks import make_task
from gwparam.training.tasks.flux_data import (
    FluxData,
    nonlocal_channels,
    prithvi_channels,
)

PLACE = (0, 1, 2)
FLUX_NETWORKS = ("ann_cnn", "attention_unet", "prithvi_gw")
IMAGE = (16, 32)
"""A grid whose extents the U-Net can halve four times."""


def block(number, nlev=NLEV):
    """Channels of a field in the features of a file."""
    return tuple(range(3 + number * nlev, 3 + (number + 1) * nlev))


U, V, THIRD, FOURTH = map(block, range(4))


@pytest.fixture
def open_files(tmp_path):
    opened = []

    def run(fields=4, odim=2 * NLEV, **others):
        dataset = training_set(idim=3 + fields * NLEV, odim=odim, **others)
        opened.append(TrainingFiles([written(tmp_path, dataset)]))
        return opened[-1]

    yield run
    for files in opened:
        files.close()


def test_prithvi_sees_temperature_and_pressure_first(open_files):
    channels = prithvi_channels(open_files(odim=3 * NLEV))

    assert channels.nlev == NLEV
    assert channels.features == THIRD + FOURTH + U + V
    assert channels.outputs == tuple(range(3 * NLEV))
    assert channels.layout == (
        "temperature, pressure, u, v on 5 levels; theta, u'omega', v'omega'"
    )


@pytest.mark.parametrize(
    ("fields", "odim", "stencil"),
    [(4, 2 * NLEV, 1), (3, 3 * NLEV, 1), (4, 3 * NLEV + 1, 1), (4, 3 * NLEV, 3)],
)
def test_files_of_another_network_are_no_files_of_prithvi(
    open_files, fields, odim, stencil
):
    files = open_files(fields, odim, stencil=stencil)

    with pytest.raises(
        ShapeError,
        match=rf"file.nc has {3 + fields * NLEV} features and {odim} outputs, expected "
        r"3 \+ 4 and 3 for every level, without neighbours",
    ):
        prithvi_channels(files)


@pytest.mark.parametrize(("surface", "first"), [(True, PLACE), (False, ())])
@pytest.mark.parametrize(
    ("fields", "options", "blocks"),
    [
        (4, {}, U + V + THIRD + FOURTH),
        (4, {"features": "uvthetaw"}, U + V + THIRD + FOURTH),
        (4, {"features": "uvtheta"}, U + V + THIRD),
        (4, {"features": "uvw"}, U + V + FOURTH),
        (3, {}, U + V + THIRD),
        (3, {"features": "uvtheta"}, U + V + THIRD),
        (3, {"features": "uvw"}, U + V + THIRD),
    ],
)
def test_nonlocal_networks_see_the_fields_asked_for(
    open_files, fields, options, blocks, surface, first
):
    channels = nonlocal_channels(open_files(fields), options, surface)

    assert channels.nlev == NLEV
    assert channels.features == first + blocks
    assert channels.outputs == tuple(range(2 * NLEV))


def test_fields_that_the_files_lack_are_refused(open_files):
    with pytest.raises(
        ArgumentError, match="features is uvthetaw, the files have 3 fields at levels"
    ):
        nonlocal_channels(open_files(3), {"features": "uvthetaw"}, True)


def test_output_levels_take_the_same_levels_of_both_fluxes(open_files):
    channels = nonlocal_channels(open_files(), {"output_levels": (1, 4)}, True)

    assert channels.outputs == (1, 2, 3, NLEV + 1, NLEV + 2, NLEV + 3)
    assert channels.nlev == NLEV


def test_output_levels_beyond_the_files_are_refused(open_files):
    with pytest.raises(ArgumentError, match="output_levels is 0:6, expected at most 5"):
        nonlocal_channels(open_files(), {"output_levels": (0, 6)}, True)


@pytest.mark.parametrize("fields", [3, 4])
@pytest.mark.parametrize("options", [{}, {"output_levels": (0, 2)}])
def test_files_may_hold_some_of_the_levels_of_the_fluxes(open_files, fields, options):
    channels = nonlocal_channels(open_files(fields, odim=4), options, False)

    assert channels.nlev == NLEV
    assert channels.outputs == (0, 1, 2, 3)


@pytest.mark.parametrize(
    ("idim", "odim", "nlev", "fields"),
    [
        (491, 244, 122, 4),
        (369, 244, 122, 3),
        (491, 120, 122, 4),
        (243, 120, 60, 4),
        # 12 channels are 3 levels of 4 fields, or 4 of 3; all fluxes decide.
        (15, 6, 3, 4),
        (15, 8, 4, 3),
    ],
)
def test_levels_and_fields_follow_from_the_channels(tmp_path, idim, odim, nlev, fields):
    dataset = training_set(1, idim, odim)

    with TrainingFiles([written(tmp_path, dataset)]) as files:
        channels = nonlocal_channels(files, {}, surface=False)

    assert channels.nlev == nlev
    assert channels.features == tuple(range(3, 3 + fields * nlev))


@pytest.mark.parametrize(
    ("idim", "odim"), [(3 + 4 * NLEV, 3 * NLEV), (25, 10), (23, 9), (23, 14)]
)
def test_files_of_another_network_are_no_nonlocal_files(tmp_path, idim, odim):
    path = written(tmp_path, training_set(1, idim, odim))

    with (
        TrainingFiles([path]) as files,
        pytest.raises(
            ShapeError,
            match=rf"file.nc has {idim} features and {odim} outputs, expected 3 \+ 3 "
            r"or 4 and 2 for every level, as in the training files of ANN-CNN",
        ),
    ):
        nonlocal_channels(files, {}, True)


def test_layout_is_told(open_files):
    files = open_files()

    told = [
        nonlocal_channels(files, {}, surface=True).layout,
        nonlocal_channels(
            files, {"features": "uvw", "output_levels": (0, 2)}, surface=False
        ).layout,
    ]

    assert told == [
        "place, surface, uvthetaw on 5 levels; two fluxes on 5 levels",
        "uvw on 5 levels; two fluxes on 2 levels",
    ]


@pytest.mark.parametrize(
    ("name", "fields", "outputs", "channels", "stencil"),
    [
        ("ann_cnn", 4, 2, 3 + 4 * NLEV, 1),
        ("ann_cnn", 3, 2, 3 + 3 * NLEV, 3),
        ("attention_unet", 4, 2, 4 * NLEV, 1),
        ("prithvi_gw", 4, 3, 4 * NLEV, 1),
    ],
)
def test_architecture_opens_its_own_layout(
    tmp_path, name, fields, outputs, channels, stencil
):
    dataset = training_set(
        1, 3 + fields * NLEV, outputs * NLEV, IMAGE, stencil, start=None
    )

    with make_task(name, {}, None).open([written(tmp_path, dataset)]) as data:
        features, targets = data.samples.read(0)

    around = (stencil, stencil) if stencil > 1 else ()
    rows, cells = (512, around) if name == "ann_cnn" else (1, IMAGE)
    assert features.shape == (rows, channels, *cells)
    assert targets.shape == (
        rows,
        outputs * NLEV,
        *(() if name == "ann_cnn" else IMAGE),
    )


@pytest.mark.parametrize("name", FLUX_NETWORKS)
def test_architecture_refuses_another_layout(tmp_path, name):
    outputs = 2 if name == "prithvi_gw" else 3
    path = written(tmp_path, training_set(1, odim=outputs * NLEV, grid=IMAGE))

    with pytest.raises(
        ShapeError, match=rf"has 23 features and {outputs * NLEV} outputs, expected 3 "
    ):
        make_task(name, {}, None).open([path])


def test_attention_unet_refuses_neighbours(tmp_path):
    path = written(tmp_path, training_set(1, grid=IMAGE, stencil=3))

    with pytest.raises(
        ShapeError, match="has 3 x 3 cells around each, expected files without neighb"
    ):
        make_task("attention_unet", {}, None).open([path])


def test_attention_unet_refuses_a_grid_that_it_cannot_halve(tmp_path):
    path = written(tmp_path, training_set(1))

    with pytest.raises(ShapeError, match="the grid has 3 x 4 cells, expected multip"):
        make_task("attention_unet", {}, None).open([path])


def test_files_are_closed_when_they_do_not_fit(tmp_path):
    path = written(tmp_path, training_set(1))

    with pytest.raises(ShapeError) as error:  # which keeps all that it refers to
        make_task("prithvi_gw", {}, None).open([path])

    assert error
    # HDF5 does not let a file be written that it has open.
    training_set(1, seed=3).to_netcdf(path, mode="a")


@pytest.mark.parametrize(
    ("name", "folder", "features"),
    [
        ("ann_cnn", "nonlocal_mini", 491),
        ("ann_cnn", "nonlocal_fewlev", 19),
        ("prithvi_gw", "prithvi_mini", 488),
        ("prithvi_gw", "prithvi_fewlev", 16),
    ],
)
def test_published_files_open(reference_data, name, folder, features):
    found = (reference_data / "dataset" / folder).glob("*SYNTHETIC*.nc")
    paths = [str(path) for path in found if "3x3" not in path.name]

    with make_task(name, {}, None).open(paths) as data:
        seen, _ = data.samples.read(0)

    assert seen.shape[1] == features


def test_report_says_what_was_found(open_files):
    files = open_files()
    data = FluxData(files, nonlocal_channels(files, {}, True), False)

    # Two times of 23 + 10 channels and 12 cells, 4 bytes each.
    assert data.report() == [
        ("files", files.paths[0]),
        ("times", "2 of 0.0 MB"),
        ("grid", "3 x 4, -60.00 to 80.00 N"),
        ("channels", "place, surface, uvthetaw on 5 levels; two fluxes on 5 levels"),
    ]


@pytest.mark.parametrize(
    ("starts", "order"),
    [
        ((0.0, 1.0, 2.0), "dates"),
        ((None, None, None), "their names, for times are no dates"),
    ],
)
def test_report_says_how_files_were_ordered(tmp_path, starts, order):
    paths = [
        written(tmp_path, training_set(1, start=first, seed=number), f"{number}.nc")
        for number, first in enumerate(starts)
    ]

    with TrainingFiles(paths) as files:
        data = FluxData(files, nonlocal_channels(files, {}, True), False)
        told = dict(data.report())

    assert told["files"] == f"3, in the order of {order}"


def test_report_says_how_many_cells_are_around_each(open_files):
    files = open_files(stencil=3)

    told = dict(FluxData(files, nonlocal_channels(files, {}, True), False).report())

    assert told["grid"] == "3 x 4, -60.00 to 80.00 N, 3 x 3 cells around each"


def test_fingerprint_is_that_of_the_files(open_files):
    files = open_files()
    data = FluxData(files, nonlocal_channels(files, {"features": "uvw"}, True), False)

    assert [data.fingerprint(t) for t in (0, 1)] == [
        files.fingerprint(t) for t in (0, 1)
    ]


def test_samples_are_those_of_the_channels(open_files):
    files = open_files()
    channels = nonlocal_channels(files, {"features": "uvw"}, True)

    features, targets = FluxData(files, channels, False).samples.read(1)

    expected = files.read("features", 1)[list(PLACE + U + V + FOURTH), 2, 1]
    np.testing.assert_array_equal(features[2 * NLON + 1], expected)
    assert targets.shape == (NLAT * NLON, 2 * NLEV)
