import numpy as np
import pytest
from audit_subjects import EAST, NLEV, NORTH, PRESSURE, pair, shear_zones, trial
from flux_networks import PRESSURE as FLUX_PRESSURE
from flux_networks import write_flux_artefact

from gwparam.audit.artefact import Artefact
from gwparam.audit.momentum import momentum
from gwparam.audit.sample import Sample
from gwparam.audit.subject import answers_of
from gwparam.audit.trial import Trial
from gwparam.contract import read_contract
from gwparam.grids import half_way

MASS = np.diff(half_way(PRESSURE))


def closed(u):
    """What one level takes, the next leaves."""
    drag = np.zeros_like(u)
    drag[:, ::2] = u[:, ::2] / MASS[::2]
    drag[:, 1::2] = -u[:, ::2] / MASS[1::2]
    return drag


def test_a_closed_column_has_no_net():
    found = momentum(trial(closed))

    assert found.verdict == "good"
    assert found.value == pytest.approx(0.0, abs=1e-12)


def test_a_push_to_one_side_is_all_net():
    found = momentum(trial(lambda u: 1e-6 + 0.0 * u))

    assert (found.verdict, found.value) == ("not good", pytest.approx(1.0))


def test_an_asymmetric_source_is_measured_and_not_judged():
    found = momentum(trial(lambda u: 1e-6 + 0.0 * u), symmetric=False)

    assert (found.verdict, found.value) == ("not applicable", pytest.approx(1.0))


@pytest.mark.parametrize("symmetric", [True, False])
def test_beside_a_reference_its_own_net_is_the_measure(symmetric):
    reference = np.ones_like(shear_zones())

    same = momentum(trial(lambda u: 1e-6 + 0 * u, reference=reference))
    other = momentum(
        trial(lambda u: 1e-6 + 0 * u, reference=closed(shear_zones())),
        symmetric=symmetric,
    )

    assert (same.verdict, other.verdict) == ("good", "not good")
    assert "1.00 in the reference" in same.said


def shares(east, north, references):
    """Momentum of constant drag in these shares of closed columns."""
    wind = closed(shear_zones())
    rms = np.sqrt((wind**2).mean())
    parts = {EAST: east, NORTH: north}
    answers = {n: wind + share * rms for n, share in parts.items()}
    beside = {n: wind + share * rms for n, share in references.items()}
    return momentum(pair(answers, references=beside))


def test_the_component_that_is_furthest_beyond_its_reference_is_judged():
    found = shares(5.0, 3.0, {EAST: 5.0, NORTH: 0.0})

    assert found.numbers["net_share"][EAST] > found.numbers["net_share"][NORTH]
    assert found.value == found.numbers["net_share"][NORTH]
    assert (found.verdict, "northward" in found.said) == ("not good", True)


def test_a_component_without_a_reference_is_judged_by_itself():
    found = shares(5.0, 3.0, {EAST: 5.0})

    assert (found.verdict, "northward" in found.said) == ("not good", True)


def test_a_reference_that_is_0_everywhere_is_said_and_not_compared():
    honest = momentum(trial(closed, reference=np.zeros_like(shear_zones())))
    pushed = momentum(
        trial(lambda u: 1e-6 + 0 * u, reference=np.zeros_like(shear_zones()))
    )

    assert (honest.verdict, pushed.verdict) == ("good", "not good")
    assert "0 everywhere, and not compared" in honest.said
    assert not honest.numbers["net_share_of_reference"]


def test_no_drag_has_no_net():
    assert momentum(trial(lambda u: 0.0 * u)).said == "the drag is 0"


def test_rounding_in_a_component_without_drag_is_not_judged():
    wind = closed(shear_zones())

    found = momentum(pair({EAST: wind, NORTH: 1e-20 + 0.0 * wind}))

    assert found.verdict == "good"
    assert list(found.numbers["net_share"]) == [EAST]


def test_layers_are_those_of_the_states_where_these_tell():
    half = half_way(PRESSURE) * np.linspace(1.0, 1.5, NLEV + 1)
    mass = np.diff(half)
    on = trial(lambda u: np.where(np.arange(NLEV) % 2, -1.0, 1.0) / mass * u[:, 3:4])
    told = trial(lambda u: on.baseline[0][EAST], half_levels=half)

    assert momentum(told).value == pytest.approx(0.0, abs=1e-12)
    assert momentum(on).value > 0.01
    assert momentum(told).numbers["layers"] != momentum(on).numbers["layers"]


@pytest.fixture(scope="module")
def fluxes(tmp_path_factory):
    """Fluxes of a column through the library, on half levels of the host's own."""
    path = tmp_path_factory.mktemp("flux") / "flux.pt"
    write_flux_artefact(path, "column")
    contract = read_contract(path)
    pressure = np.sort(FLUX_PRESSURE)
    middle = 0.5 * (pressure[1:] + pressure[:-1])
    half = np.concatenate([[0.0], middle, [1e5]])
    generator = np.random.default_rng(5)
    shape = (30, pressure.size)
    state = {
        "eastward_wind": generator.standard_normal(shape),
        "northward_wind": generator.standard_normal(shape),
        "surface_air_pressure": np.full(30, 1e5),
        "latitude": np.linspace(-80.0, 80.0, 30),
        "air_pressure": np.broadcast_to(pressure, shape),
        "air_pressure_at_half_levels": np.broadcast_to(half, (30, half.size)),
    }
    sample = Sample("states of a test", [state], [{}], pressure)
    subject = Artefact(path, contract, pressure)
    return Trial(subject, sample, answers_of(contract, drag=True))


def test_the_drag_of_fluxes_adds_up_to_their_ends(fluxes):
    found = momentum(fluxes)

    assert found.verdict == "good"
    assert found.value < 1e-6
    assert len(found.numbers["flux_at_the_top_of_the_largest"]) == 2


def test_drag_that_is_not_the_divergence_of_its_flux_is_found(fluxes):
    whole = fluxes.baseline
    contract = fluxes.subject.contract
    name = contract.flux[0].tendency
    fluxes.baseline = [{**whole[0], name: 1.5 * whole[0][name]}]
    try:
        found = momentum(fluxes)
    finally:
        fluxes.baseline = whole

    assert found.verdict == "not good"
    assert found.value > 0.01


def test_fluxes_without_half_levels_have_no_budget():
    on = trial(lambda u: u)
    on.answers = tuple(type(a)(a.name, "Pa", a.wind) for a in on.answers)

    assert on.sample.pressure.size == NLEV
    assert "no half levels" in momentum(on).said
