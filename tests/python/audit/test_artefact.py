import numpy as np

from gwparam.audit.artefact import Artefact
from gwparam.contract import read_contract


def state(count, **changed):
    generator = np.random.default_rng(2)
    winds = generator.normal(0.0, 10.0, (2, count, 5))
    return {
        "eastward_wind": winds[0],
        "northward_wind": winds[1],
        "surface_air_pressure": np.full(count, 9.7e4),
        "latitude": np.linspace(-60.0, 60.0, count),
    } | changed


def open_(path, **more):
    return Artefact(
        path, read_contract(path), np.array([1e3, 1e4, 3e4, 6e4, 9e4]), **more
    )


def test_an_artefact_answers_through_the_library_whatever_the_strides(tiny_artefact):
    subject = open_(tiny_artefact)
    given = state(8)
    turned = {name: np.asfortranarray(values) for name, values in given.items()}

    found, again = subject.answer(given), subject.answer(turned)

    assert sorted(found) == sorted(o.name for o in subject.contract.outputs)
    for name, values in found.items():
        assert values.shape == (8, 5)
        np.testing.assert_array_equal(values, again[name])


def test_columns_unlike_the_training_are_counted_and_let_through(tiny_artefact):
    subject = open_(tiny_artefact)
    given = state(8)
    given["eastward_wind"][3] = 500.0

    found = subject.answer(given)

    assert subject.caught()["on_range"] == 1
    assert np.isfinite(next(iter(found.values()))).all()


def test_members_are_chosen(tiny_ensemble, tiny_singles):
    one = open_(tiny_ensemble, members="one", member=2)

    found, alone = one.answer(state(4)), open_(tiny_singles[1]).answer(state(4))

    for name, values in found.items():
        np.testing.assert_array_equal(values, alone[name])
