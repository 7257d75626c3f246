"""Runs of the QBO testbed, as rows to roll a network out from."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
import torch
from torch import Tensor

from gwparam.data import States
from gwparam.errors import ArgumentError, ContractError, wrong_setting
from gwparam.networks.own import OwnContract
from gwparam.qbo.batch import Stepper
from gwparam.qbo.states import DRAG, TIME_STEP, WIND
from gwparam.qbo.testbed import DAY, Testbed
from gwparam.training.samples import Pair
from gwparam.training.tasks.own_data import OwnData, OwnSamples

_HOUR = DAY / 24
_UNITS = {WIND: "m s-1", DRAG: "m s-2"}
_NEAR = 1e-6  # of pressures and times, relative
_ROUNDING = 1e-5  # of the largest wind: that of float32 in the files, and some
_KEPT = 4096  # times whose inputs are kept


class RolloutSamples(OwnSamples):
    """Rows of a run: a state, the one before, and the winds that follow.

    Parameters
    ----------
    states : States
        With all fields bound, one step after the other.
    contract : OwnContract
        As `check_contract` lets through.
    steps : int
        Of a rollout.

    Attributes
    ----------
    change_mean, change_deviation : Tensor, shape (steps * nlev,)
        Of the change of the wind since the state; 0 and 1 until `standardise_changes`.
    """

    def __init__(self, states: States, contract: OwnContract, steps: int) -> None:
        super().__init__(states, contract)
        nlev = contract.description.vertical.nlev
        self.steps = steps
        self.change_mean = torch.zeros(steps * nlev, dtype=torch.float64)
        self.change_deviation = torch.ones(steps * nlev, dtype=torch.float64)
        self.nbytes += 4 * self.rows * (steps + 1) * nlev
        self.nbytes += 4 * self.rows * (steps - 1) * (len(contract.inputs) - 1)
        self._kept = lru_cache(_KEPT)(self.inputs)

    def step_error(self, time: int, stepper: Stepper) -> float:
        """How far the wind after a time is from what the testbed makes of it.

        Parameters
        ----------
        time : int
            One with others before and after it.
        stepper : Stepper
            Of the testbed, in float64.

        Returns
        -------
        float
            Largest difference, as a share of the largest wind.
        """
        contract = self._contract
        wind = [field for field in contract.inputs if field.name == WIND]
        before, now, after = (
            self._rows(time + step, wind, "bottom_up") for step in (-1, 0, 1)
        )
        drag = self._rows(time, contract.outputs, "bottom_up")
        largest = torch.stack((before, now, after)).abs().max()
        off = (stepper.next(before, now, drag) - after).abs().max()
        return float(off / largest)

    def standardise_changes(self, mean: Tensor, deviation: Tensor) -> None:
        """Set mean and standard deviation of the changes [m s-1]."""
        self.change_mean, self.change_deviation = mean, deviation

    def read(self, time: int) -> Pair:
        """Rows of one time that has others before and after it.

        Returns
        -------
        features : Tensor
            The inputs; the wind one step before, as the contract orders levels; and for
            each later step but the last the inputs at the surface.
        targets : Tensor
            The standardised drag, then the standardised changes of the wind after each
            step, levels top first.
        """
        inputs, drag = super().read(time)
        wind = wind_of(self._contract)
        later = [self._kept(time + step) for step in range(1, self.steps + 1)]
        features = [inputs, self._kept(time - 1)[:, wind]]
        for values in later[:-1]:
            features += [values[:, : wind.start], values[:, wind.stop :]]
        now = inputs[:, wind].double()
        changes = [values[:, wind].double() - now for values in later]
        if self._contract.description.vertical.order == "bottom_up":
            changes = [values.flip(1) for values in changes]
        found = (torch.cat(changes, 1) - self.change_mean) / self.change_deviation
        return torch.cat(features, 1), torch.cat((drag, found.float()), 1)


class RolloutData(OwnData):
    """State files of a run of the testbed.

    Parameters
    ----------
    paths : sequence of str
        netCDF files of ``gwparam make-states --from qbo``, in any order.
    contract : OwnContract
        Of a network of the wind and of values at the surface.
    hours : int
        Length of a rollout.

    Attributes
    ----------
    testbed : Testbed
        With the time step of the files.

    Raises
    ------
    ContractError
        If the files are none of the testbed, have gaps, or are of several runs.
    ArgumentError
        If a rollout is no whole number of steps.
    GwparamError
        As `OwnData`.
    """

    samples: RolloutSamples

    def __init__(self, paths: Sequence[str], contract: OwnContract, hours: int) -> None:
        super().__init__(paths, contract)
        try:
            self.testbed = _testbed(self._states)
            self._check_gaps()
            steps, rest = divmod(hours * _HOUR, self.testbed.time_step)
            if rest:
                step = self.testbed.time_step / _HOUR
                raise wrong_setting(
                    "rollout",
                    hours,
                    f"a multiple of {step:g} hours, the time step of {paths[0]}",
                )
            self.samples = RolloutSamples(self._states, contract, int(steps))
            self._check_run()
        except BaseException:
            self.close()
            raise
        self.edges = (1, int(steps))

    def _check_gaps(self) -> None:
        """Check that one time of the files is one step after the other."""
        dates, step = self.dates, self.testbed.time_step / DAY
        if dates.intervals is None or not dates.units.startswith("days since"):
            raise ContractError(
                f"the times of {dates.paths[0]} are no days since a date, expected "
                "states of gwparam make-states --from qbo"
            )
        end = None
        for path, count, (first, last) in zip(
            dates.paths, dates.counts, dates.intervals, strict=True
        ):
            whole = abs(last - first - (count - 1) * step) < _NEAR * count
            if not whole or (end is not None and abs(first - end - step) > _NEAR):
                raise ContractError(
                    f"the times of {path} are not one step of {step * 24:g} hours "
                    "after the other, expected a run without gaps for a rollout"
                )
            end = last

    def _check_run(self) -> None:
        """Check that the testbed steps from one file to the next: they are of one run.

        Its attributes do not tell: two runs may say the same of themselves.
        """
        dates, stepper, first = self.dates, Stepper(self.testbed), 0
        assert dates.intervals is not None  # _check_gaps
        ends = zip(dates.paths, dates.counts, dates.intervals, strict=True)
        for path, count, (day, _) in ends:
            # Both steps over the seam: the drag of either side takes part.
            for now in {first - 1, first} if first else ():
                if not 0 < now < len(self.samples) - 1:
                    continue
                off = self.samples.step_error(now, stepper)
                if not off < _ROUNDING:
                    raise ContractError(
                        f"{path} does not go on with the run of the file before it: at "
                        f"day {day:g} its wind is {off:.1e} of the largest off a step "
                        f"of the testbed, expected less than {_ROUNDING:g} in files of "
                        "one run for a rollout"
                    )
            first += count


def check_contract(contract: OwnContract) -> None:
    """Check that the testbed can be driven by what a contract describes.

    Raises
    ------
    ContractError
        If there is another input on levels than the wind, or another output than its
        drag; the message names it.
    """
    full = [field.name for field in contract.inputs if field.levels == "full"]
    if full != [WIND]:
        raise ContractError(
            f"inputs on levels are {', '.join(full) or 'none'}, expected {WIND} alone "
            "for a rollout"
        )
    given = [field.name for field in contract.outputs]
    if given != [DRAG]:
        raise ContractError(
            f"outputs are {', '.join(given)}, expected {DRAG} alone for a rollout"
        )
    for field in (*contract.inputs, *contract.outputs):
        units = _UNITS.get(field.name, field.units)
        if field.units != units:
            raise ContractError(
                f"{field.name} has units {field.units}, expected {units} for a rollout"
            )


def wind_of(contract: OwnContract) -> slice:
    """Find where the wind is in a row of inputs."""
    first = 0
    for field in contract.inputs:
        end = first + contract.nlev(field)
        if field.name == WIND:
            return slice(first, end)
        first = end
    raise AssertionError("check_contract lets none through without wind")


def _testbed(states: States) -> Testbed:
    """Read which testbed the files are of."""
    expected = "expected states of gwparam make-states --from qbo for a rollout"
    steps = set()
    for path, dataset in states.files.datasets.items():
        if TIME_STEP not in dataset.attrs:
            raise ContractError(f"{path} has no attribute {TIME_STEP}, {expected}")
        steps.add(float(dataset.attrs[TIME_STEP]))
    if len(steps) > 1:
        raise ArgumentError(
            f"{TIME_STEP} is {' and '.join(f'{s:g}' for s in sorted(steps))} s in the "
            "files, expected the same in all"
        )
    testbed = Testbed(time_step=steps.pop())
    pressure = np.asarray(states.levels.pressure)
    if states.levels.order == "top_down":
        pressure = pressure[::-1]
    own = testbed.pressure
    if pressure.shape != own.shape or not np.allclose(pressure, own, _NEAR, 0.0):
        raise ContractError(
            f"{states.first_path} has other levels than the testbed, {expected}"
        )
    return testbed
