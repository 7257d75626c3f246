import numpy as np
import pytest
import torch
import xarray as xr
from qbo_rollouts import write_module, write_run

from gwparam.errors import ArgumentError, ContractError
from gwparam.networks.own import read_own_contract
from gwparam.qbo.batch import Stepper
from gwparam.training.tasks.rollout_data import RolloutData, check_contract, wind_of


@pytest.fixture
def contract(tmp_path):
    def make(**changes):
        return read_own_contract(write_module(tmp_path, **changes)[1])

    return make


@pytest.mark.parametrize("order", ["bottom_up", "top_down"])
def test_a_row_has_the_state_the_one_before_and_what_follows(tmp_path, contract, order):
    path = write_run(tmp_path)
    with RolloutData([path], contract(order=order), 48) as data:
        assert data.edges == (1, 2)
        assert data.testbed.time_step == 86400.0
        features, targets = data.samples.read(7)
        drag = data.samples.read(7)[1][:, :73]
    with xr.open_dataset(path, decode_times=False) as states:
        wind = states["u"].values.transpose(0, 2, 1)  # time, column, level
        flux, width = states["source_flux"].values, states["spectral_width"].values
        push = states["gwfu"].values[7].T
    level = slice(None, None, 1 if order == "bottom_up" else -1)
    expected = np.hstack(
        [
            *(flux[7, :, None], wind[7][:, level], width[7, :, None]),
            wind[6][:, level],
            *(flux[8, :, None], width[8, :, None]),
        ]
    )
    assert np.array_equal(features, expected)
    # Targets are top first, whatever the contract says.
    for step in (1, 2):
        change = (wind[7 + step] - wind[7])[:, ::-1]
        np.testing.assert_allclose(
            targets[:, 73 * step : 73 * (step + 1)], change, atol=1e-5
        )
    np.testing.assert_array_equal(drag, push[:, ::-1])
    assert data.samples.nbytes == 4 * 2 * (features.size(1) + targets.size(1))


def test_changes_are_standardised(tmp_path, contract) -> None:
    with RolloutData([write_run(tmp_path)], contract(), 24) as data:
        before = data.samples.read(5)[1]
        mean, deviation = torch.arange(73.0).double(), torch.full((73,), 2.0).double()
        data.samples.standardise_changes(mean, deviation)
        after = data.samples.read(5)[1]
    assert torch.equal(after[:, :73], before[:, :73])
    restored = after[:, 73:].double() * 2.0 + mean
    assert torch.allclose(restored, before[:, 73:].double(), atol=1e-5)


def test_smaller_steps_have_longer_rollouts(tmp_path, contract) -> None:
    path = write_run(tmp_path, hours=6)
    with RolloutData([path], contract(), 24) as data:
        assert data.samples.steps == 4
        assert data.edges == (1, 4)
        assert data.testbed.time_step == 21600.0


@pytest.mark.parametrize("hours", [6, 36])
def test_a_rollout_is_of_whole_steps(tmp_path, contract, hours) -> None:
    message = f"rollout is {hours}, expected a multiple of 24 hours"
    with pytest.raises(ArgumentError, match=message):
        RolloutData([write_run(tmp_path)], contract(), hours)


def change(path, name, how):
    with xr.open_dataset(path, decode_times=False) as states:
        changed = how(states.load())
    changed.to_netcdf(path.replace("run", name))
    return path.replace("run", name)


@pytest.mark.parametrize(
    ("how", "message"),
    [
        (
            lambda s: s.drop_attrs(deep=False),
            "has no attribute testbed_time_step, expected states of gwparam",
        ),
        (
            lambda s: s.assign_coords(lev=("lev", 1.01 * s["lev"].values, s.lev.attrs)),
            "has other levels than the testbed",
        ),
        (
            lambda s: s.isel(time=[0, 1, 2, 4, 5, 6]),
            "are not one step of 24 hours after the other",
        ),
        (lambda s: s.isel(time=slice(0, 20, 2)), "are not one step of 24 hours"),
    ],
)
def test_other_states_than_of_a_run_are_refused(tmp_path, contract, how, message):
    path = change(write_run(tmp_path), "other", how)
    with pytest.raises(ContractError, match=message):
        RolloutData([path], contract(), 24)


def test_two_files_have_to_follow_each_other(tmp_path, contract) -> None:
    path = write_run(tmp_path)
    first = change(path, "first", lambda s: s.isel(time=slice(10)))
    second = change(path, "second", lambda s: s.isel(time=slice(10, 20)))
    third = change(path, "third", lambda s: s.isel(time=slice(20, 30)))
    with RolloutData([second, first], contract(), 24) as data:
        assert len(data.samples) == 20
    with pytest.raises(ContractError, match=r"third.nc are not one step"):
        RolloutData([first, third], contract(), 24)
    fine = write_run(tmp_path, "fine.nc", skipped_years=1, hours=6)
    with pytest.raises(ArgumentError, match="testbed_time_step is 21600 and 86400 s"):
        RolloutData([path, fine], contract(), 24)


def mirror(states):
    return states.assign(u=-states["u"], gwfu=-states["gwfu"])


@pytest.mark.parametrize("count", [1, 10])
@pytest.mark.parametrize("hours", [6, 24])
def test_two_files_have_to_be_of_one_run(tmp_path, contract, count, hours) -> None:
    path = write_run(tmp_path, hours=hours)
    first = change(path, "first", lambda s: s.isel(time=slice(count)))
    second = change(path, "second", lambda s: s.isel(time=slice(count, 20)))
    with RolloutData([first, second], contract(), 24) as data:
        stepper = Stepper(data.testbed)
        errors = [data.samples.step_error(time, stepper) for time in range(1, 19)]
        assert 0.0 < max(errors) < 1e-6
    turned = change(path, "turned", lambda s: mirror(s.isel(time=slice(count, 20))))
    message = f"turned.nc does not go on .* at day {count * hours / 24:g} its wind is"
    with pytest.raises(ContractError, match=message):
        RolloutData([first, turned], contract(), 24)


HUMIDITY = 'specific_humidity = { units = "1" }'


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"inputs": HUMIDITY},
            "inputs on levels are eastward_wind, specific_humidity, expected",
        ),
        ({"outputs": HUMIDITY}, "specific_humidity, expected tendency_of_eastward"),
    ],
)
def test_a_network_of_other_fields_drives_no_testbed(contract, changes, message):
    with pytest.raises(ContractError, match=message):
        check_contract(contract(**changes))


def test_units_are_those_of_the_testbed(tmp_path) -> None:
    _, path = write_module(tmp_path)
    text = path.read_text()
    path.write_text(text.replace('wind = { units = "m s-1"', 'wind = { units = "km/h"'))
    with pytest.raises(ContractError, match="has units km/h, expected m s-1"):
        check_contract(read_own_contract(path))


def test_the_wind_is_found_in_a_row(contract) -> None:
    check_contract(contract())
    assert wind_of(contract()) == slice(1, 74)
