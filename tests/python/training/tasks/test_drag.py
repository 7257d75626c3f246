import numpy as np
import pytest
import torch
from training_files import DEAD, DRAG, NLAT, NLEV, NLON, NTIME, state_set, written

from gwparam.checkpoints import read_checkpoint
from gwparam.contract import Limit, TrainingRange
from gwparam.errors import ArgumentError
from gwparam.networks.wavenet import CITATION, WaveNetDrag
from gwparam.training.loader import SequentialLoader
from gwparam.training.pretrained import load_pretrained
from gwparam.training.splits import Split
from gwparam.training.statistics import compute_statistics
from gwparam.training.tasks.drag import DragTask

COLUMNS = NLAT * NLON
SIZES = {"trunk_width": 16, "trunk_depth": 2, "neck_width": 8, "branch_width": 4}
SINGLE = 1e-5
"""Relative to the largest of a level: some 100 roundings of float32, of 6e-8 each, in
weights and sums."""
FEATURES = 1e-6
"""Relative: features and drag are float32, 6e-8, and so are the network's buffers."""
KEYS = ("mean", "standard_deviation", "minimum", "maximum")
ALIVE = [level for level in range(NLEV) if level != DEAD]


@pytest.fixture
def make(tmp_path):
    """Network, data, spec and statistics, before anything is standardised."""
    opened = []

    def run(pretrained=None, states=None):
        checkpoint = None if pretrained is None else read_checkpoint(pretrained)
        states = state_set() if states is None else states
        path = written(tmp_path, states, f"{len(opened)}.nc")
        task = DragTask(WaveNetDrag, checkpoint)
        data = task.open([path])
        opened.append(data)
        torch.manual_seed(8)
        network = task.build(SIZES, data)
        if checkpoint is not None:
            load_pretrained(network, checkpoint, "")
        times = range(len(data.samples))
        spec = task.output_spec(network, [Split("training", data, times)])
        found = compute_statistics(SequentialLoader(data.samples, times), spec)
        return network.eval(), data, spec, found

    yield run
    for data in opened:
        data.close()


def rows(data):
    """Features of all times together."""
    return torch.cat([data.samples.read(time)[0] for time in range(NTIME)])


def drag_of(network, spec, features):
    """Drag of a bare network in training, both components (2, columns, nlev)."""
    with torch.no_grad():
        return torch.stack(spec.restore(network(features)))


def drag_by(physical, features):
    """Drag of a network on physical fields, float64."""
    half, nlev = len(features) // 2, NLEV
    values = features.double()
    with torch.no_grad():
        return torch.stack(
            physical.eval()(
                values[:half, :nlev],
                values[half:, :nlev],
                values[:half, nlev],
                values[:half, nlev + 1],
            )
        )


def check_drag(found, expected, levels=ALIVE):
    for level in levels:
        largest = float(expected[..., level].abs().max())
        assert largest > 0.0
        np.testing.assert_allclose(
            found[..., level], expected[..., level], rtol=0.0, atol=SINGLE * largest
        )


def all_drag(states):
    """Drag of all times and both components, (rows, nlev)."""
    values = np.stack([states[name].values for name in DRAG])
    return np.moveaxis(values, 2, -1).reshape(-1, NLEV)


def test_pre_trained_network_gives_the_same_drag_before_and_after(
    make, tiny_checkpoint
):
    network, data, spec, found = make(tiny_checkpoint)
    features = data.samples.read(1)[0]
    published = WaveNetDrag.from_checkpoint(read_checkpoint(tiny_checkpoint))

    spec.standardise(found)

    check_drag(drag_of(network, spec, features), drag_by(published, features))


def test_level_without_deviation_gets_the_drag_that_is_everywhere(
    make, tiny_checkpoint
):
    network, data, spec, found = make(tiny_checkpoint)

    spec.standardise(found)

    drag = drag_of(network, spec, rows(data))
    np.testing.assert_allclose(drag[..., DEAD], 2e-6, rtol=FEATURES)
    assert len(drag[..., DEAD].unique()) == 1


def test_features_of_a_pre_trained_network_stay(make, tiny_checkpoint):
    network, _data, spec, found = make(tiny_checkpoint)
    before = network.shared[0].running_mean.clone()

    spec.standardise(found)

    assert torch.equal(network.shared[0].running_mean, before)


def test_published_network_gives_the_same_drag_before_and_after(reference_data):
    checkpoint = read_checkpoint(reference_data / "wavenet" / "network_wst.pkl")
    path = str(reference_data / "mima" / "mima_t42l40_ad99_onestep_f64.nc")
    task = DragTask(WaveNetDrag, checkpoint)
    with task.open([path]) as data:
        network = task.build(WaveNetDrag.sizes_of(checkpoint), data).eval()
        load_pretrained(network, checkpoint, "")
        spec = task.output_spec(network, [Split("training", data, range(1))])
        found = compute_statistics([data.samples.read(0)], spec)
        features = data.samples.read(0)[0][::199]
        means, stds = (checkpoint.extras[k].double() for k in ("means", "stds"))
        with torch.no_grad():
            expected = network(features).double() * stds + means

        spec.standardise(found)

    drag = torch.cat(list(spec.restore(network(features).detach())))
    alive = torch.tensor(found.targets.standard_deviation) > 0.0
    assert alive.sum() > 30
    largest = expected.abs().amax(dim=0)
    assert ((drag - expected).abs() <= SINGLE * largest)[:, alive].all()


def test_targets_are_standardised_by_all_rows(make):
    _network, data, spec, found = make()

    spec.standardise(found)

    targets = torch.cat([data.samples.read(time)[1] for time in range(NTIME)])
    drag = all_drag(state_set())
    expected = np.sort((drag - drag.mean(0))[:, ALIVE] / drag.std(0)[ALIVE], axis=0)
    # Rows come time by time; sorted, they are the same of each level.
    found = np.sort(targets.numpy()[:, ALIVE], axis=0)
    np.testing.assert_allclose(found, expected, atol=SINGLE)
    assert (targets[:, DEAD] == 0.0).all()


def test_samples_of_all_splits_are_standardised_alike(make):
    network, data, _, found = make()
    _, other, _, _ = make()
    splits = [Split("training", data, range(1)), Split("test", other, range(1))]
    spec = DragTask(WaveNetDrag, None).output_spec(network, splits)

    spec.standardise(found)

    assert torch.equal(data.samples.read(1)[1], other.samples.read(1)[1])


def test_targets_are_restored(make):
    _network, data, spec, found = make()
    spec.standardise(found)
    _, targets = data.samples.read(1)

    drag = spec.restore(targets)

    states = state_set()
    for values, name in zip(drag, DRAG, strict=True):
        expected = states[name].values[1].reshape(NLEV, -1).T
        np.testing.assert_allclose(
            values, expected, atol=SINGLE * np.abs(expected).max()
        )


def test_loss_knows_the_scaling(make):
    _network, data, spec, found = make()
    (restore,) = spec.outputs.restore
    spec.standardise(found)
    _, targets = data.samples.read(0)

    both = torch.cat(spec.restore(targets))

    assert torch.equal(restore(targets.double()), both)
    assert spec.outputs.names == ("drag",)
    assert spec.outputs.nlev == NLEV
    assert spec.outputs.pressure == data.vertical.nominal_pressure


def test_new_network_gets_the_statistics_of_all_rows(make):
    network, data, spec, found = make()

    spec.standardise(found)

    features = rows(data).double().numpy()
    norm = network.shared[0]
    np.testing.assert_allclose(norm.running_mean, features.mean(0), rtol=FEATURES)
    np.testing.assert_allclose(norm.running_var, features.var(0), rtol=FEATURES)


def test_new_network_sees_standardised_features(make):
    network, data, spec, found = make()

    spec.standardise(found)

    with torch.no_grad():
        seen = network.shared[0](rows(data)).double()
    np.testing.assert_allclose(seen.mean(dim=0), 0.0, atol=SINGLE)
    np.testing.assert_allclose(seen.std(dim=0, correction=0), 1.0, rtol=SINGLE)


@pytest.mark.parametrize("everywhere", [0.0, -0.0])
def test_no_drag_to_learn_is_refused(make, everywhere):
    states = state_set()
    for name in DRAG:
        states[name][:] = everywhere
    _network, _data, spec, found = make(states=states)

    with pytest.raises(
        ArgumentError, match="the drag to learn is 0 everywhere, expected some"
    ):
        spec.standardise(found)


def test_physical_fields_have_both_winds_side_by_side(make):
    _, data, spec, _ = make()
    states = state_set().isel(time=1)

    seen, wanted = spec.physical(*data.samples.read(1))

    assert seen.shape == (COLUMNS, 2 * NLEV + 2)
    assert seen.dtype == wanted.dtype == torch.float64
    for row in range(NLAT):
        for column in range(NLON):
            at = states.isel(lat=row, lon=column)
            expected = np.float32([*at.ua, *at.va, at.ps, at.lat])
            np.testing.assert_array_equal(seen[row * NLON + column], expected)
    assert wanted.shape == (2 * COLUMNS, NLEV)


def test_drag_is_its_own_tendency(make):
    _, data, spec, found = make()
    _, wanted = spec.physical(*data.samples.read(0))

    assert torch.equal(spec.tendency(wanted), wanted)
    # Stored in float32.
    largest = np.abs(all_drag(state_set())).max()
    assert found.largest_tendency == pytest.approx(largest, rel=FEATURES)


def test_fields_are_the_drag_on_both_winds(make):
    _, _, spec, _ = make()

    assert spec.fields == tuple(
        (f"tendency_of_{wind}_wind_due_to_gravity_wave_drag", "m s-2")
        for wind in ("eastward", "northward")
    )
    assert spec.missing == ()


@pytest.fixture
def saved(make, tmp_path):
    """Standardise, change the weights as a training does, save and read again."""

    def run(pretrained=None, name=None):
        network, data, spec, found = make(pretrained)
        spec.standardise(found)
        with torch.no_grad():
            for value in network.parameters():
                value.mul_(1.1)
        path = tmp_path / "network.safetensors"
        spec.save(path, network.state_dict(), found, name)
        physical = WaveNetDrag.from_checkpoint(read_checkpoint(path))
        return network, data, spec, found, physical

    return run


@pytest.mark.parametrize("known", [False, True], ids=["new", "pre-trained"])
def test_saved_network_gives_the_drag_of_the_bare_one(saved, tiny_checkpoint, known):
    network, data, spec, _, physical = saved(tiny_checkpoint if known else None)
    features = rows(data)

    # Of both components: rows of the two times one after the other.
    for part in torch.split(features, 2 * COLUMNS):
        found = drag_by(physical, part)
        check_drag(found, drag_of(network, spec, part), range(NLEV))


def test_training_ranges_are_those_of_every_input(saved):
    *_, physical = saved()

    states = state_set()
    winds = {
        field.name: np.moveaxis(states[name].values, 1, -1).reshape(-1, NLEV)
        for field, name in zip(WaveNetDrag.inputs, ("ua", "va"), strict=False)
    }
    latitude = np.broadcast_to(states.lat.values[:, None], (NTIME, NLAT, NLON))
    fields = winds | {
        "surface_air_pressure": states.ps.values.reshape(-1, 1),
        "latitude": latitude.reshape(-1, 1),
    }
    ranges = physical.description.training_range
    assert [seen.name for seen in ranges] == list(fields)
    for seen, values in zip(ranges, fields.values(), strict=True):
        assert isinstance(seen, TrainingRange)
        # In terms of the largest: means of winds are small.
        near = FEATURES * np.abs(values).max()
        expected = values.mean(0), values.std(0), values.min(0), values.max(0)
        for key, numbers in zip(KEYS, expected, strict=True):
            np.testing.assert_allclose(getattr(seen, key), numbers, atol=near)


def test_limits_follow_from_the_largest_drag(saved):
    _, _, spec, found, physical = saved()

    assert physical.description.limits == tuple(
        Limit(name, 15.0 * found.largest_tendency) for name, _ in spec.fields
    )


def test_new_network_is_described(saved):
    _, data, _, _, physical = saved()

    description = physical.description
    assert (description.name, description.citation) == ("WaveNet", CITATION)
    assert description.vertical == data.vertical


def test_pre_trained_network_keeps_its_description(saved, tiny_checkpoint):
    _, _, _, _, physical = saved(tiny_checkpoint)

    before = read_checkpoint(tiny_checkpoint).description
    after = physical.description
    assert (after.name, after.citation) == (before.name, before.citation)
    assert after.vertical == before.vertical


def test_saved_network_has_the_name_that_was_given(saved, tiny_checkpoint):
    _, _, _, _, physical = saved(tiny_checkpoint, "mine")

    assert physical.description.name == "mine"


def test_scaling_of_the_drag_is_saved_with_all_its_digits(saved):
    _, _, _, found, physical = saved()

    assert physical.scaling.mean.tolist() == list(found.targets.mean)
    deviation = physical.scaling.standard_deviation.tolist()
    assert deviation == list(found.targets.standard_deviation)


def test_drag_needs_no_recipe(make):
    _, _, spec, found = make()

    assert spec.recipe(found) is None
