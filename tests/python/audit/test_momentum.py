import numpy as np
import pytest
from audit_subjects import NLEV, PRESSURE, shear_zones, trial
from flux_networks import PRESSURE as FLUX_PRESSURE
from flux_networks import write_flux_artefact

from gwparam.audit.artefact import Artefact
from gwparam.audit.momentum import layer_mass, momentum
from gwparam.audit.sample import Sample
from gwparam.audit.subject import answers_of
from gwparam.audit.trial import Trial
from gwparam.constants import STANDARD_GRAVITY
from gwparam.contract import read_contract

MASS = layer_mass(PRESSURE)


def closed(u):
    """What one level takes, the next leaves."""
    drag = np.zeros_like(u)
    drag[:, ::2] = u[:, ::2] / MASS[::2]
    drag[:, 1::2] = -u[:, ::2] / MASS[1::2]
    return drag


def test_layers_of_even_levels_have_the_mass_between_their_middles():
    pressure = np.array([100.0, 200.0, 300.0])

    np.testing.assert_allclose(layer_mass(pressure), 100.0 / STANDARD_GRAVITY)


def test_the_topmost_layer_ends_at_no_pressure():
    mass = layer_mass(np.array([10.0, 100.0]))

    assert mass[0] == pytest.approx(55.0 / STANDARD_GRAVITY)


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
