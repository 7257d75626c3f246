import pytest
from wind_states import wind_states


@pytest.fixture
def dataset():
    """A complete file, which the tests damage."""
    return wind_states()


@pytest.fixture
def write(tmp_path):
    """Write a dataset to a file of its own; its path."""

    def write_file(dataset, name="states.nc", **options):
        path = tmp_path / name
        dataset.to_netcdf(path, **options)
        return path

    return write_file
