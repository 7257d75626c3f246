import pytest
from testbed_networks import export_small


@pytest.fixture(scope="session")
def artefact(tmp_path_factory):
    """A small network of the testbed."""
    return export_small(tmp_path_factory.mktemp("small") / "small.pt")
