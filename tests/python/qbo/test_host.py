"""The Fortran host in process: what it refuses, and that it goes on where it was."""

from dataclasses import replace

import numpy as np
import pytest
import qbo_networks

from gwparam.errors import ArgumentError, ModelFileError, ShapeError
from gwparam.qbo import host as its
from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.host import Host, Spectrum
from gwparam.qbo.testbed import Testbed

COLUMN = column_of(Testbed())
NATIVE = "&gwparam_nml mode = 'native' /"


@pytest.fixture
def sources():
    drawn = draw_forcing(30, 1)
    return drawn.source_flux[:, None], drawn.spectral_width[:, None]


def test_parts_are_the_whole(sources):
    with Host(COLUMN, 1, NATIVE) as host:
        whole = host.run(*sources)
    with Host(COLUMN, 1, NATIVE) as host:
        parts = [
            host.run(*(values[part] for values in sources))
            for part in (slice(0, 1), slice(1, 2), slice(2, 30))
        ]
    np.testing.assert_array_equal(
        np.concatenate([part.wind for part in parts]), whole.wind
    )
    assert whole.wind.shape == (30, 1, 73)
    assert (whole.status, whole.failure, whole.stopped.tolist()) == (0, "", [0])


def test_a_column_that_stopped_ends_no_other(tmp_path):
    """The wind of the first is blown away, before its source has no finite drag."""
    path = tmp_path / "fails.pt"
    qbo_networks.export(qbo_networks.FailsAt(5e-3), path, waves=True)
    flux, width = np.full((20, 2), 3.7e-3), np.full((20, 2), 33.0)
    width[2, 0], flux[10, 0] = 1e4, 6e-3
    drives = f"&gwparam_nml mode = 'ml', artefact = '{path}', on_range = 'count' /"
    with Host(COLUMN, 2, drives) as host:
        both = host.run(flux, width)
    assert (both.status, both.failure) == (0, "")
    assert (both.stopped > 0).tolist() == [True, False]
    with Host(COLUMN, 1, drives) as host:
        alone = host.run(flux[:, 1:], width[:, 1:])
    np.testing.assert_array_equal(both.wind[:, 1], alone.wind[:, 0])


def test_two_hosts_have_their_own_waves(sources):
    """The waves are those of the process: each sets its own before it runs."""
    slow = Spectrum(slowest=5.0, fastest=20.0, spacing=5.0)
    with Host(COLUMN, 1, NATIVE) as one, Host(COLUMN, 1, NATIVE, waves=slow) as other:
        days = [tuple(v[k : k + 1] for v in sources) for k in range(3)]
        both = [[host.run(*day).wind for host in (one, other)] for day in days]
    with Host(COLUMN, 1, NATIVE) as one:
        alone = [one.run(*day).wind for day in days]
    np.testing.assert_array_equal([pair[0] for pair in both], alone)
    assert np.abs(both[2][0] - both[2][1]).max() > 1e-3


@pytest.mark.parametrize(
    ("changes", "error", "said"),
    [
        ({"height": COLUMN.height[::-1]}, ArgumentError, "height does not increase"),
        ({"lowest": 72}, ArgumentError, "a level whose wind is free between others"),
        ({"step": 0.0}, ArgumentError, "a step of time of more than 0 s"),
    ],
)
def test_columns_are_refused(changes, error, said):
    with pytest.raises(error, match=said):
        Host(replace(COLUMN, **changes), 1, NATIVE)


def test_settings_are_refused():
    with pytest.raises(ArgumentError, match="mode is both, expected native"):
        Host(COLUMN, 1, "&gwparam_nml mode = 'both' /")
    with pytest.raises(ArgumentError):
        Host(COLUMN, 1, NATIVE, "&ad99_nml ad99%none = 1 /")
    with pytest.raises(ArgumentError, match="bytes, expected less than 8192"):
        Host(COLUMN, 1, NATIVE + " " * 9000)


def test_no_waves_end_the_run(sources):
    with Host(COLUMN, 1, NATIVE, waves=Spectrum(spacing=0.0)) as host:
        span = host.run(*sources)
    assert span.status == its.error_class(-1).status
    assert span.failure.startswith("there are no waves, expected slowest <= fastest")
    assert len(span.wind) == 0


def test_sources_have_the_members_of_the_host(sources):
    with Host(COLUMN, 2, NATIVE) as host, pytest.raises(ShapeError, match=r"\(30, 2\)"):
        host.run(*sources)


def test_a_package_without_fortran_says_so(monkeypatch, tmp_path):
    its._library.cache_clear()
    monkeypatch.setattr(its.resources, "files", lambda package: tmp_path)
    try:
        with pytest.raises(ModelFileError, match="expected a package built with Fort"):
            Host(COLUMN, 1, NATIVE)
    finally:
        its._library.cache_clear()
