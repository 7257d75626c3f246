import numpy as np
import pytest
import torch
import xarray as xr
from training_files import IDIM, NLAT, NLEV, NLON, NTIME, ODIM, training_set, written

from gwparam.data.training_files import TrainingFiles
from gwparam.errors import NonFiniteError
from gwparam.training.samples import CachedSamples, ChannelSamples, Samples
from gwparam.training.tasks.flux_data import prithvi_channels

FEATURES, OUTPUTS = (4, 0, 11), (7, 2)


@pytest.fixture
def open_samples(tmp_path):
    """Samples of chosen channels of a file."""
    opened = []

    def run(dataset, whole, features=FEATURES, outputs=OUTPUTS):
        files = TrainingFiles([written(tmp_path, dataset)])
        opened.append(files)
        return ChannelSamples(files, features, outputs, whole)

    yield run
    for files in opened:
        files.close()


def test_image_holds_channels_in_the_order_asked_for(open_samples):
    dataset = training_set()

    features, targets = open_samples(dataset, whole=True).read(1)

    assert features.shape == (1, 3, NLAT, NLON)
    assert targets.dtype == features.dtype == torch.float32
    for found, channel in zip(features[0], FEATURES, strict=True):
        np.testing.assert_array_equal(found, dataset.features[1, channel])
    for found, channel in zip(targets[0], OUTPUTS, strict=True):
        np.testing.assert_array_equal(found, dataset.output[1, channel])


def test_cells_are_rows_longitude_fastest(open_samples):
    dataset = training_set()

    features, targets = open_samples(dataset, whole=False).read(1)

    assert features.shape == (NLAT * NLON, 3)
    assert targets.shape == (NLAT * NLON, 2)
    for row in range(NLAT):
        for column in range(NLON):
            cell = dataset.isel(time=1, lat=row, lon=column)
            sample = row * NLON + column
            np.testing.assert_array_equal(
                features[sample], cell.features[list(FEATURES)]
            )
            np.testing.assert_array_equal(targets[sample], cell.output[list(OUTPUTS)])


def test_cells_have_those_around_them_and_the_target_in_the_middle(open_samples):
    dataset = training_set(stencil=3)

    features, targets = open_samples(dataset, whole=False).read(0)

    assert features.shape == (NLAT * NLON, 3, 3, 3)
    cell = dataset.isel(time=0, lat=2, lon=1)
    sample = 2 * NLON + 1
    np.testing.assert_array_equal(features[sample], cell.features[list(FEATURES)])
    np.testing.assert_array_equal(targets[sample], cell.output[list(OUTPUTS), 1, 1])


def test_middle_of_a_published_stencil_is_the_column(reference_data):
    folder = reference_data / "dataset" / "nonlocal_fewlev"
    channels = range(19), range(8)
    found = {}
    for name in ("1x1", "nonlocal_3x3"):
        with TrainingFiles(list(folder.glob(f"{name}_*.nc"))) as files:
            found[name] = ChannelSamples(files, *channels, whole=False).read(1)

    features, targets = found["nonlocal_3x3"]
    assert torch.equal(features[..., 1, 1], found["1x1"][0])
    assert torch.equal(targets, found["1x1"][1])


def test_prithvi_sees_temperature_pressure_u_v(open_samples):
    nlev = NLEV
    dataset = training_set(odim=3 * nlev)
    features = open_samples(dataset, whole=True)
    channels = prithvi_channels(features.files)

    found, targets = ChannelSamples(
        features.files, channels.features, channels.outputs, True
    ).read(0)

    u, v, t, p = np.split(dataset.features.values[0, 3:], 4)
    np.testing.assert_array_equal(found[0], np.concatenate([t, p, u, v]))
    np.testing.assert_array_equal(targets[0], dataset.output[0])


def test_prithvi_sees_what_the_published_loader_gives(reference_data):
    folder = reference_data / "dataset"
    with xr.open_dataset(folder / "expected_prithvi_fewlev.nc") as expected:
        x = expected.x.values

    with TrainingFiles(list((folder / "prithvi_fewlev").glob("*.nc"))) as files:
        channels = prithvi_channels(files)
        samples = ChannelSamples(files, channels.features, channels.outputs, True)
        found = np.stack([samples.read(time)[0] for time in range(len(samples))])

    np.testing.assert_array_equal(found, x)


@pytest.mark.parametrize(("whole", "rows"), [(True, 1), (False, NLAT * NLON)])
def test_samples_are_counted(open_samples, whole, rows):
    samples = open_samples(training_set(), whole)

    assert len(samples) == NTIME
    assert samples.rows == rows == len(samples.read(0)[0])


def test_bytes_bound_those_of_one_time(open_samples):
    samples = open_samples(training_set(), False, range(IDIM), range(ODIM))

    assert samples.nbytes == sum(part.nbytes for part in samples.read(0))


def test_values_that_are_not_finite_are_refused(open_samples):
    dataset = training_set()
    dataset.output[1, 9, 0, 0] = np.nan
    samples = open_samples(dataset, whole=False)

    with pytest.raises(
        NonFiniteError, match=r"output in .* at time 1 is nan at odim 9"
    ):
        samples.read(1)


class Counted(Samples):
    rows, nbytes = 2, 48

    def __init__(self):
        self.asked = []

    def __len__(self):
        return 3

    def read(self, time):
        self.asked.append(time)
        return torch.full((2, 1), float(time)), torch.full((2, 5), -float(time))


def test_kept_samples_are_read_once():
    samples = Counted()
    kept = CachedSamples(samples)

    found = [kept.read(time) for time in (2, 0, 2, 0, 2)]

    assert samples.asked == [2, 0]
    assert [float(features[0, 0]) for features, _ in found] == [2, 0, 2, 0, 2]
    assert [float(targets[1, 4]) for _, targets in found] == [-2, 0, -2, 0, -2]


def test_kept_samples_are_counted_as_those_they_come_from():
    kept = CachedSamples(Counted())

    assert (len(kept), kept.rows, kept.nbytes) == (3, 2, 48)
