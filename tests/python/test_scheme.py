"""The compiled library from Python: layouts, exceptions, what a wrong call leaves."""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import artefacts
import numpy as np
import pytest
from artefacts import DUDT, DVDT, LAT, PRESSURE, PS, U, V

import gwparam
from gwparam import errors

NLEV, NLAT, NLON = 5, 4, 3

# The network is exact but for roundings of products up to 5e-4.
ROUNDING = 1e-17


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("artefacts")
    artefacts.write_all(path)
    return path


@pytest.fixture
def scheme(folder: Path) -> gwparam.Scheme:
    scheme = gwparam.load_scheme(folder / "linear.pt")
    scheme.set_levels(PRESSURE)
    return scheme


@pytest.fixture
def fields() -> dict[str, np.ndarray]:
    """Distinct values for every cell, (lat, lon, level)."""
    wind = np.arange(NLAT * NLON * NLEV, dtype=float).reshape(NLAT, NLON, NLEV)
    surface = np.arange(NLAT * NLON, dtype=float).reshape(NLAT, NLON)
    return {U: 1 + wind, V: 100 - wind**1.5, PS: 9e4 + surface, LAT: 5 * surface}


def expected(fields: dict[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    k = np.arange(1, NLEV + 1)
    dudt = 1e-6 * fields[U] + 1e-12 * k * fields[PS][..., None]
    return dudt, -2e-6 * fields[V] + 1e-7 * fields[LAT][..., None]


@pytest.mark.parametrize("order", ["level last", "level first", "strided", "reversed"])
def test_predict_takes_every_layout(scheme, fields, order) -> None:
    dudt, dvdt = expected(fields)
    given = dict(fields)
    for name in (U, V):
        if order == "level first":
            first = np.ascontiguousarray(np.moveaxis(given[name], -1, 0))
            given[name] = np.moveaxis(first, 0, -1)
        elif order == "strided":
            wide = np.full((2 * NLAT, NLON, 3 * NLEV), np.nan)
            wide[::2, :, 1::3] = given[name]
            given[name] = wide[::2, :, 1::3]
        elif order == "reversed":
            given[name] = np.ascontiguousarray(given[name][::-1, ::-1])[::-1, ::-1]
    found = scheme.predict(given)
    assert np.abs(found[DUDT] - dudt).max() <= ROUNDING
    assert np.abs(found[DVDT] - dvdt).max() <= ROUNDING


def test_predict_turns_columns_of_a_bottom_up_host(scheme, fields) -> None:
    dudt, _ = expected(fields)
    scheme.set_levels(PRESSURE[::-1], "bottom_up")
    upside_down = {**fields, U: fields[U][..., ::-1], V: fields[V][..., ::-1]}
    found = scheme.predict(upside_down)
    assert np.abs(found[DUDT][..., ::-1] - dudt).max() <= ROUNDING


def test_host_without_memory(scheme) -> None:
    huge = np.broadcast_to(np.zeros(NLEV), (2**46, NLEV))
    with pytest.raises(errors.HostMemoryError, match=r"^out of memory$") as caught:
        scheme.put(U, huge)
    assert caught.value.status == errors.Status.ERR_MEMORY
    assert isinstance(caught.value, MemoryError)


def test_artefact_of_version_1_still_runs(scheme, fields, tmp_path) -> None:
    document = artefacts.changed("contract_version", 1)
    for output in document["outputs"]:
        del output["kind"]
    artefacts.write(tmp_path / "old.pt", artefacts.Linear(), document)
    old = gwparam.load_scheme(tmp_path / "old.pt")
    old.set_levels(PRESSURE)
    found, again = scheme.predict(fields), old.predict(fields)
    assert old.contract == scheme.contract
    assert all(np.array_equal(found[name], again[name]) for name in (DUDT, DVDT))


@pytest.mark.parametrize("columns", [1, 15, 16, 17, 40])
@pytest.mark.parametrize("chunk", [16, 256])
def test_bits_do_not_depend_on_chunks(folder, columns, chunk) -> None:
    random = np.random.default_rng(columns)
    scheme = gwparam.load_scheme(folder / "linear.pt", chunk_columns=chunk)
    scheme.set_levels(PRESSURE)
    fields = {
        U: random.normal(size=(columns, NLEV)),
        V: random.normal(size=(columns, NLEV)),
        PS: random.normal(9e4, 1e3, columns),
        LAT: random.uniform(-90, 90, columns),
    }
    whole = scheme.predict(fields)
    for i in (0, columns - 1):
        alone = scheme.predict({k: v[i : i + 1] for k, v in fields.items()})
        assert np.array_equal(alone[DUDT][0], whole[DUDT][i])
        assert np.array_equal(alone[DVDT][0], whole[DVDT][i])


def test_artefact_may_name_its_backend(folder, scheme, fields) -> None:
    named = gwparam.load_scheme(folder / "torchscript.pt")
    named.set_levels(PRESSURE)
    assert np.array_equal(named.predict(fields)[DUDT], scheme.predict(fields)[DUDT])


def test_get_leaves_the_array_on_failure(scheme, fields) -> None:
    scheme.predict(fields)
    out = np.full((NLAT, NLON, NLEV), 77.0)
    with pytest.raises(errors.ArgumentError, match="window is 2, expected 1 to 1"):
        scheme.get(DUDT, out, window=2)
    assert (out == 77).all()


def test_put_after_failure_begins_afresh(scheme, fields) -> None:
    bad = {**fields, V: fields[V].copy()}
    bad[V][3, 1, 2] = np.nan
    message = r"northward_wind is nan at \(4, 2, 3\), counted from 1"
    with pytest.raises(errors.NonFiniteError, match=message):
        scheme.predict(bad)
    assert DUDT in scheme.predict(fields)


@pytest.mark.parametrize(
    ("name", "array", "error", "message"),
    [
        (U, np.zeros((2, 5), int), errors.ShapeError, "dtype int64, expected float32"),
        (U, [[1.0] * 5], errors.ShapeError, "dtype list, expected float32"),
        (U, np.zeros((2, 5), complex), errors.ShapeError, f"{U} has dtype complex128"),
        (U, np.zeros((2, 5), object), errors.ShapeError, f"{U} has dtype object"),
        (
            U,
            np.ma.masked_less(np.arange(10.0).reshape(2, 5) - 7, -6),
            errors.NonFiniteError,
            rf"{U} is masked at \(1, 1\), counted from 1",
        ),
        (LAT, np.full(2, 120.0), errors.RangeError, "latitude is 120 .* in column 1"),
        (PS, np.full(2, 990.0), errors.RangeError, "expected at least 1000 Pa"),
        (U, np.full((2, 5), -999.0), errors.RangeError, "expected no fill value"),
        (U, np.zeros((1, 1, 1, 1, 5)), errors.ShapeError, "rank 5, expected 1 to 4"),
        (U, np.zeros((2, 4)), errors.ShapeError, r"shape \(2, 4\), expected \(2, 5\)"),
        ("wind", np.zeros((2, 5)), errors.ContractError, "wind is no input"),
        (
            U,
            np.zeros(10, "f4,f8")["f1"].reshape(2, 5),
            errors.ShapeError,
            "expected multiples of 8",
        ),
    ],
)
def test_put_refuses(scheme, name, array, error, message) -> None:
    with pytest.raises(error, match=message):
        scheme.put(name, array)


def test_get_refuses_read_only_array(scheme, fields) -> None:
    scheme.predict(fields)
    out = np.zeros((NLAT, NLON, NLEV))
    out.flags.writeable = False
    with pytest.raises(errors.ArgumentError, match="read-only"):
        scheme.get(DUDT, out)


def test_predict_names_a_missing_field(scheme, fields) -> None:
    del fields[PS]
    with pytest.raises(errors.ArgumentError, match="surface_air_pressure is missing"):
        scheme.predict(fields)


def test_free_is_idempotent_and_final(folder) -> None:
    with gwparam.load_scheme(folder / "linear.pt") as scheme:
        scheme.free()
    with pytest.raises(errors.ArgumentError, match="freed"):
        scheme.run()


def test_checksum_is_that_of_the_file(scheme, folder) -> None:
    content = (folder / "linear.pt").read_bytes()
    assert scheme.sha256() == hashlib.sha256(content).hexdigest()


def test_contract_is_that_of_the_archive(scheme) -> None:
    assert scheme.contract.name == "linear"
    assert [field.name for field in scheme.contract.inputs] == [U, V, PS, LAT]


def test_threads_of_the_process_are_left_as_found(folder, fields) -> None:
    import torch

    before = torch.get_num_threads()
    scheme = gwparam.load_scheme(folder / "linear.pt", threads=before + 1)
    scheme.set_levels(PRESSURE)
    scheme.predict(fields)
    assert torch.get_num_threads() == before


def test_a_masked_array_without_masked_values_is_an_array(scheme, fields) -> None:
    masked = {name: np.ma.masked_invalid(array) for name, array in fields.items()}
    np.testing.assert_array_equal(
        scheme.predict(masked)[DUDT], scheme.predict(fields)[DUDT]
    )


@pytest.mark.parametrize(
    ("pressure", "error", "message"),
    [
        (np.ma.masked_less(PRESSURE, 2e3), errors.NonFiniteError, "pressure is masked"),
        (np.array(PRESSURE, complex), errors.ShapeError, "dtype complex128"),
        (np.array(PRESSURE, object), errors.ShapeError, "dtype object"),
    ],
)
def test_levels_are_real_numbers(scheme, pressure, error, message) -> None:
    with pytest.raises(error, match=message):
        scheme.set_levels(pressure)


def test_a_column_that_no_atmosphere_has_can_be_given_up(folder, fields) -> None:
    scheme = gwparam.load_scheme(folder / "linear.pt", on_unphysical="zero")
    scheme.set_levels(PRESSURE)
    dudt, _ = expected(fields)
    fields[LAT][1, 2] = 91.0
    fields[U][0, 1, 3] = -999.0
    dudt[1, 2] = dudt[0, 1] = 0.0
    np.testing.assert_allclose(
        scheme.predict(fields)[DUDT], dudt, rtol=0, atol=ROUNDING
    )
    assert scheme.statistics().guarded_columns == 2


def test_a_place_is_named_by_what_was_put_before(scheme, fields) -> None:
    scheme.put(LAT, fields[LAT])
    fields[PS][0, 1] = -1.0
    with pytest.raises(errors.RangeError, match=r"column 5, .*\(latitude 5 degree"):
        scheme.put(PS, fields[PS])


def test_a_profile_is_a_column(scheme, fields) -> None:
    dudt, _ = expected(fields)
    for name in (U, V):
        scheme.put(name, fields[name][1, 2])
    for name in (PS, LAT):
        scheme.put(name, fields[name][1, 2:])
    scheme.run()
    profile = scheme.get(DUDT, np.empty(NLEV))
    np.testing.assert_allclose(profile, dudt[1, 2], rtol=0, atol=ROUNDING)


def test_a_scheme_serves_one_thread_and_refuses_the_others(scheme, fields) -> None:
    def elsewhere(function, *arguments) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(function, *arguments).result(60)

    dudt, _ = expected(fields)
    for number, (name, array) in enumerate(fields.items()):
        scheme.put(name, array)
        with pytest.raises(errors.BusyError, match="in use by another thread"):
            elsewhere(scheme.put, list(fields)[number - 1], array)
    with pytest.raises(errors.BusyError, match="in use by another thread"):
        elsewhere(scheme.run)
    scheme.run()
    out = np.full_like(dudt, 7.0)
    with pytest.raises(errors.BusyError, match="which has run it since"):
        elsewhere(scheme.get, DUDT, out)
    assert (out == 7.0).all()
    np.testing.assert_allclose(scheme.get(DUDT, out), dudt, rtol=0, atol=ROUNDING)
    elsewhere(scheme.predict, fields)  # a new step is anybody's


def test_threads_that_share_a_scheme_get_their_own_result_or_a_refusal(
    scheme, fields
) -> None:
    def steps(factor: float) -> list[str]:
        own = {**fields, U: factor * fields[U]}
        wanted, _ = expected(own)
        seen = []
        for _ in range(200):
            try:
                found = scheme.predict(own)[DUDT]
            except errors.GwparamError as error:
                seen.append(type(error).__name__)
            else:
                right = np.allclose(found, wanted, rtol=0, atol=ROUNDING)
                seen.append("right" if right else "wrong")
        return seen

    with ThreadPoolExecutor(4) as pool:
        seen = [s for all_of in pool.map(steps, [1.0, 2.0, 3.0, 4.0]) for s in all_of]
    assert "right" in seen
    assert "wrong" not in seen


FORKS = """
import os, sys, numpy as np, gwparam
from gwparam import errors
scheme = gwparam.load_scheme(sys.argv[1], threads=2)
scheme.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
fields = {
    f.name: {"Pa": np.full(600, 1e5), "degrees_north": np.ones(600)}.get(
        f.units, np.ones((600, 5))
    )
    for f in scheme.contract.inputs
}
before = scheme.predict(fields)
child = os.fork()
if child == 0:
    for call in (scheme.statistics, scheme.geometry, lambda: scheme.predict(fields)):
        try:
            call()
        except errors.ForkedError as error:
            assert "forked" in str(error)
        else:
            os._exit(1)
    scheme.free()
    own = gwparam.load_scheme(sys.argv[1], threads=2)
    own.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
    again = own.predict(fields)
    assert all((again[name] == before[name]).all() for name in before)
    sys.exit(0)
_, status = os.waitpid(child, 0)
after = scheme.predict(fields)
assert all((after[name] == before[name]).all() for name in before)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def test_a_forked_child_is_told_so_and_loads_its_own(folder) -> None:
    found = subprocess.run(
        [sys.executable, "-P", "-c", FORKS, folder / "linear.pt"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert found.returncode == 0, found.stderr


@pytest.mark.parametrize("change", ["truncated", "replaced", "removed"])
def test_a_file_may_change_while_it_is_loaded(folder, tmp_path, fields, change) -> None:
    path = tmp_path / "artefact.pt"
    shutil.copy(folder / "linear.pt", path)
    with gwparam.load_scheme(path) as scheme:
        scheme.set_levels(PRESSURE)
        before = scheme.predict(fields)
        if change == "truncated":
            os.truncate(path, 100)
        elif change == "replaced":
            path.write_bytes(b"no network" * 10000)
        else:
            path.unlink()
        after = scheme.predict(fields)
        assert all((after[name] == before[name]).all() for name in before)
    with pytest.raises(errors.ModelFileError):
        gwparam.load_scheme(path)


POOL = """
import multiprocessing, sys, numpy as np, gwparam
from gwparam import errors
scheme = gwparam.load_scheme(sys.argv[1], threads=2)
scheme.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
fields = {
    f.name: {"Pa": np.full(600, 1e5), "degrees_north": np.ones(600)}.get(
        f.units, np.ones((600, 5))
    )
    for f in scheme.contract.inputs
}

def theirs(number):
    return scheme.predict(fields)

def own(number):
    loaded = gwparam.load_scheme(sys.argv[1], threads=2)
    loaded.set_levels([1e3, 1e4, 3e4, 6e4, 9e4])
    return loaded.predict(fields)

before = scheme.predict(fields)
with multiprocessing.get_context("fork").Pool(2) as pool:
    try:
        pool.map(theirs, range(2))
    except errors.ForkedError as error:
        assert "forked" in str(error)
    else:
        sys.exit("no child was told")
    for found in pool.map(own, range(2)):
        assert all((found[name] == before[name]).all() for name in before)
"""


def test_a_pool_of_forked_processes_does_not_hang(folder) -> None:
    found = subprocess.run(
        [sys.executable, "-P", "-c", POOL, folder / "linear.pt"],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
    )
    assert found.returncode == 0, found.stderr
