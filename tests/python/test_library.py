"""The compiled library from Python: layouts, exceptions, what a wrong call leaves."""

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


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"on_limit": "stop"}, errors.ArgumentError, "expected one of error, zero"),
        ({"device": "tpu"}, errors.ArgumentError, 'device is "tpu"'),
        ({"device": "x" * 40}, errors.ArgumentError, "expected auto, cpu, cuda"),
        ({"threads": -2}, errors.ArgumentError, "threads is -2"),
    ],
)
def test_load_refuses_options(folder, options, error, message) -> None:
    with pytest.raises(error, match=message):
        gwparam.load_scheme(folder / "linear.pt", **options)


def test_load_raises_oserror_for_absent_file(folder) -> None:
    with pytest.raises(OSError, match="No such file"):
        gwparam.load_scheme(folder / "absent.pt")


def test_free_is_idempotent_and_final(folder) -> None:
    with gwparam.load_scheme(folder / "linear.pt") as scheme:
        scheme.free()
    with pytest.raises(errors.ArgumentError, match="freed"):
        scheme.run()


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


def test_library_of_another_version_is_refused(monkeypatch):
    from gwparam import library

    monkeypatch.setattr(library, "package_version", lambda: "9.9.9")
    with pytest.raises(errors.ModelFileError, match=r"is version .*, expected 9\.9\.9"):
        library._library.__wrapped__()
