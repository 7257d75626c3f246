"""The published network through the compiled library, from the command line."""

import netCDF4
import pytest
from answers import answer

from gwparam.cli import main

TENDENCIES = [
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
]


@pytest.fixture(scope="module")
def published(reference_data, tmp_path_factory):
    """Replay of the published WaveNet on states of MiMA: folder, and its numbers."""
    folder = tmp_path_factory.mktemp("published")
    checkpoint = reference_data / "wavenet" / "network_wst.pkl"
    artefact = folder / "wavenet.pt"
    assert main(["export", "--ckpt", str(checkpoint), "-o", str(artefact)]) == 0
    states = reference_data / "mima" / "mima_t42l40_ad99.nc"
    numbers = {}
    for through in ("c", "fortran"):
        files = ["-o", folder / f"{through}.nc"]
        options = ["--through", through, "--reference", "gwfcng_x,gwfcng_y", *files]
        status, numbers[through] = answer("replay", artefact, states, *options)
        assert status == 0
    return folder, numbers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variable", "correlation", "r2", "tropical_r2"),
    [(0, 0.85, -0.30, 0.81), (1, 0.74, 0.31, 0.85)],
)
def test_published_network_has_its_published_scores(
    published, variable, correlation, r2, tropical_r2
):
    numbers = published[1]["c"]["variables"][variable]

    # The scores are stated with two decimals.
    globe = numbers["globe"]["reference"]
    tropics = numbers["bands"]["15S-15N"]["reference"]
    assert round(globe["correlation"], 2) == correlation
    assert round(globe["r2"], 2) == r2
    assert round(tropics["r2"], 2) == tropical_r2


@pytest.mark.slow
def test_c_and_fortran_interfaces_give_the_same_bits(published):
    folder, _ = published

    with (
        netCDF4.Dataset(folder / "c.nc") as c,
        netCDF4.Dataset(folder / "fortran.nc") as fortran,
    ):
        for name in TENDENCIES:
            assert c[name].dimensions == ("time", "lev", "lat", "lon")
            assert c[name][:].tobytes() == fortran[name][:].tobytes()
