from dataclasses import replace

import numpy as np
import pytest

from gwparam.calibrate.inversion import Target
from gwparam.calibrate.models import Layers, Sources
from gwparam.calibrate.network import TestbedNetwork
from gwparam.calibrate.run import SPINUP_YEARS, Settings, State, calibrate
from gwparam.calibrate.target import Wanted
from gwparam.errors import ArgumentError, ModelFileError
from gwparam.qbo.statistics import statistic_names, statistics_of_run
from gwparam.qbo.testbed import Testbed

TESTBED = Testbed()
YEARS = 4
NAMES = [
    n
    for n in statistic_names()
    if n.startswith(("mean", "standard_deviation", "period"))
]


def wanted_of(model, parameters, seed):
    """Statistics of a planted truth, and of their noise."""
    months = 12 * (SPINUP_YEARS + 2 * YEARS)
    runs = [model.run(parameters[np.newaxis], seed + i, months) for i in range(2)]
    wind = np.concatenate(runs, axis=1)[12 * SPINUP_YEARS :]
    found = statistics_of_run(wind, TESTBED, YEARS)
    places = np.array([found.names.index(n) for n in NAMES])
    covariance = np.diag(np.diag(found.covariance)[places] * 4.0)
    return Wanted(tuple(NAMES), places, Target(found.values[places], covariance), YEARS)


def test_the_planted_source_is_found(tmp_path) -> None:
    model = Sources([4.3e-3, 27.0], 0.15, TESTBED)
    wanted = wanted_of(model, np.log([3.7e-3, 32.0]), seed=50)
    settings = Settings(12, 4, YEARS, seed=0)
    found = calibrate(
        model, wanted, settings, TESTBED, state_path=tmp_path / "s", key="source"
    )
    flux, width = np.exp(found.parameters)
    assert flux == pytest.approx(3.7e-3, rel=0.05)
    assert width == pytest.approx(32.0, rel=0.05)
    assert found.misfits[found.iteration] < 0.1 * found.misfits[0]


@pytest.fixture(scope="module")
def planted(artefact):
    """A network with a layer that was changed, and statistics of what it was."""
    network = TestbedNetwork(artefact, TESTBED)
    model = Layers(network, ["network.last"], 0.3, TESTBED)
    wanted = wanted_of(model, model.start, seed=70)
    noise = np.random.default_rng(8).standard_normal(model.start.shape)
    model.start = model.start + 0.5 * model.flat.size * noise
    return model, wanted


def test_a_changed_layer_is_repaired_and_goes_on_after_an_end(
    tmp_path, planted
) -> None:
    model, wanted = planted
    settings = Settings(16, 3, YEARS, seed=1)

    def run(name, **more):
        path = tmp_path / name
        return calibrate(
            model, wanted, settings, TESTBED, state_path=path, key="a", **more
        )

    whole = run("whole")
    assert whole.misfits[whole.iteration] < 0.1 * whole.misfits[0]

    def end(state):
        if len(state.misfit) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run("ended", report=end)
    reports = []
    again = run("ended", resume=True, report=lambda state: reports.append(state))
    assert len(reports) == 1
    np.testing.assert_array_equal(again.parameters, whole.parameters)
    assert again.misfits == whole.misfits


def test_unstable_members_are_redrawn(tmp_path, planted) -> None:
    model, wanted = planted

    class Kicked:
        start, spread = model.start, model.spread

        def run(self, parameters, seed, months, advance=lambda: None):
            found = model.run(parameters, seed, months, advance)
            found[-1, :3] = np.nan
            return found

    settings = Settings(12, 1, YEARS, seed=1)
    states = []
    with pytest.raises(ArgumentError, match="unstable in all iterations"):
        calibrate(
            Kicked(),
            wanted,
            settings,
            TESTBED,
            state_path=tmp_path / "s",
            key="a",
            report=states.append,
        )
    assert states[0].failed == [3]
    assert np.isfinite(states[0].parameters).all()


def state_of(iterations):
    """A state after some iterations."""
    each = [1.0] * iterations
    means, shown = [np.zeros(2)] * iterations, [np.zeros((3, 4))] * iterations
    return State(np.zeros((3, 2)), means, each, each, each, [0] * iterations, shown)


def test_states_of_others_are_refused(tmp_path) -> None:
    path = tmp_path / "s"
    state_of(1).save(path, "this")
    assert State.load(path, "this").misfit == [1.0]
    with pytest.raises(ArgumentError, match="is the state of this, expected that"):
        State.load(path, "that")
    with pytest.raises(ModelFileError, match="cannot read"):
        State.load(tmp_path / "none", "this")
    replace(state_of(2), misfit=[1.0]).save(path, "this")
    with pytest.raises(ModelFileError, match="parts have different lengths"):
        State.load(path, "this")


def test_damaged_states_are_refused(tmp_path) -> None:
    path = tmp_path / "s"
    state_of(2).save(path, "this")
    whole = path.read_bytes()
    places = range(0, len(whole), 97)
    damaged = [whole[:place] for place in places]
    damaged += [b"PK\x03\x04" + whole[place:] for place in places[1:]]
    for data in (b"else", *damaged):
        path.write_bytes(data)
        with pytest.raises(ModelFileError, match="expected the state of a calib"):
            State.load(path, "this")


def test_a_state_is_never_written_over(tmp_path, planted) -> None:
    model, wanted = planted
    path = tmp_path / "s"
    state_of(3).save(path, "a")
    before = path.read_bytes()

    def run(iterations, **more):
        settings = Settings(12, iterations, YEARS, seed=1)
        calibrate(model, wanted, settings, TESTBED, state_path=path, key="a", **more)

    with pytest.raises(ArgumentError, match="go on with it, or delete it") as caught:
        run(3)
    assert caught.value.settings == ("go_on",)
    with pytest.raises(ArgumentError, match="iterations is 2, expected at least the 3"):
        run(2, resume=True)
    assert path.read_bytes() == before
