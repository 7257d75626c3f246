import climate_runs
import pytest

from gwparam.climate.runs import open_run, read_run
from gwparam.climate.summary import summarise

WARMINGS = [
    (1981, 1, 10, 12),
    (1983, 2, 3, 6),
    # The second one is nearer than 20 days.
    (1984, 12, 20, 10),
    (1985, 1, 15, 10),
    # It does not return.
    (1986, 3, 25, 60),
]
"""What is planted in the run of ten years, from 1980."""


@pytest.fixture(scope="session")
def read_made(tmp_path_factory):
    """Read a made run as from a file."""

    def read(**options):
        path = tmp_path_factory.mktemp("climate") / "made.nc"
        climate_runs.run(**options).to_netcdf(path)
        with open_run([path]) as states:
            return read_run(states)

    return read


@pytest.fixture(scope="session")
def run(read_made):
    """Ten years of days."""
    return read_made(years=10, warmings=WARMINGS)


@pytest.fixture(scope="session")
def reference(read_made):
    """Twelve years of months, with another climate of the south."""
    return read_made(first=1960, years=12, monthly=True, shift=4.0, seed=2)


@pytest.fixture(scope="session")
def short(read_made):
    """Two years of days: winters, and no oscillation."""
    return read_made(years=2)


@pytest.fixture(scope="session")
def climate(run, reference):
    return summarise([("network", run), ("ad99", reference)])


@pytest.fixture(scope="session")
def alone(short):
    """A run without a reference that is too short for most."""
    return summarise([("short", short)])
