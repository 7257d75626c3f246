"""Artefacts of several networks through the library, and in commands."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from gwparam.cli import main
from gwparam.contract import member_file, read_probe
from gwparam.contract.checksums import CHECKSUMS_FILE
from gwparam.errors import ArgumentError, ContractError, InferenceError, ModelFileError
from gwparam.library import load_scheme

PRESSURE = (1e3, 1e4, 3e4, 6e4, 9e4)
STEPS = 12
DRAWN = {"members": "drawn", "member_seed": 4}


@pytest.fixture
def fields(tiny_ensemble):
    inputs, _ = read_probe(tiny_ensemble)
    rng = np.random.default_rng(1)

    def at(step):
        return {
            name: values * (1.0 + 0.01 * step) + 0.01 * rng.standard_normal(1)
            for name, values in inputs.items()
        }

    return [at(step) for step in range(STEPS)]


def loaded(path, **options):
    scheme = load_scheme(path, on_limit="ignore", on_range="ignore", **options)
    scheme.set_levels(PRESSURE)
    return scheme


def run(path, steps, **options):
    """Run some steps, and give all outputs of each."""
    with loaded(path, **options) as scheme:
        return [np.concatenate(list(scheme.predict(its).values())) for its in steps]


def test_mean_is_that_of_the_single_artefacts(tiny_ensemble, tiny_singles, fields):
    singles = [run(path, fields) for path in tiny_singles]
    expected = [
        ((a.astype(np.float64) + b + c) / 3).astype(a.dtype)
        for a, b, c in zip(*singles, strict=True)
    ]
    for options in (
        {},
        {"threads": 4},
        {"threads": 2, "chunk_columns": 16},
    ):
        found = run(tiny_ensemble, fields, **options)
        np.testing.assert_array_equal(found, expected)


def test_one_has_the_bits_of_its_own_artefact(tiny_ensemble, tiny_singles, fields):
    for member, path in enumerate(tiny_singles, start=1):
        found = run(tiny_ensemble, fields, members="one", member=member)
        np.testing.assert_array_equal(found, run(path, fields))


def test_draws_change_with_the_seed_alone(tiny_ensemble, tiny_singles, fields):
    singles = [run(path, fields) for path in tiny_singles]
    with loaded(tiny_ensemble, **DRAWN) as scheme:
        drawn = [scheme.member(number) for number in range(1, STEPS + 1)]
    assert set(drawn) == {1, 2, 3}
    expected = [singles[member - 1][step] for step, member in enumerate(drawn)]
    for options in ({}, {"threads": 3}, {"chunk_columns": 16}):
        found = run(tiny_ensemble, fields, **DRAWN, **options)
        np.testing.assert_array_equal(found, expected)
    late = run(tiny_ensemble, fields, **DRAWN, lag=1)
    np.testing.assert_array_equal(late, [expected[0], *expected[:-1]])
    other = run(tiny_ensemble, fields, members="drawn", member_seed=5)
    assert not np.array_equal(other, expected)


def test_what_ran_last_is_told(tiny_ensemble, fields):
    with loaded(tiny_ensemble, **DRAWN) as scheme:
        assert scheme.statistics().member == 0
        for number, its in enumerate(fields, start=1):
            scheme.predict(its)
            assert scheme.statistics().member == scheme.member(number)
        scheme.set_draw(1000)
        scheme.predict(fields[0])
        assert scheme.statistics().member == scheme.member(1000)
        for call in (scheme.set_draw, scheme.member):
            with pytest.raises(ArgumentError):
                call(2**63)
    with loaded(tiny_ensemble) as scheme:
        scheme.predict(fields[0])
        assert scheme.statistics().member == scheme.member(1) == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"members": "some"}, 'members is "some", expected one of mean, one, drawn'),
        ({"members": "one"}, "member is 0, expected at least 1"),
        ({"members": "one", "member": 4}, "member is 4, the artefact has 1 to 3"),
        ({"member": 1}, "member is 1, expected 0 unless members is one"),
        (
            {"members": "drawn", "member_seed": -1},
            "member_seed is -1, expected at least 0",
        ),
        ({"member_seed": 1}, "member_seed is 1, expected 0 unless members is drawn"),
        (
            {"members": "drawn", "member_seed": 2**63},
            f"member_seed is {2**63}, expected an integer of 64 bits",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused(tiny_ensemble, options, message):
    with pytest.raises(ArgumentError, match=message):
        load_scheme(tiny_ensemble, **options)


def test_an_artefact_of_one_network_has_nothing_to_draw_from(tiny_artefact):
    with pytest.raises(ArgumentError, match="members is drawn, the artefact has one"):
        load_scheme(tiny_artefact, members="drawn")
    with load_scheme(tiny_artefact, members="one", member=1) as scheme:
        assert scheme.member(1) == 1


def rewritten(source: Path, target: Path, change) -> Path:
    """Write the files of an archive anew: change(name, bytes) gives those of each."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for entry in old.infolist():
            data = change(entry.filename.split("/", 1)[1], old.read(entry))
            if data is not None:
                new.writestr(entry, data)
    return target


def test_a_member_that_is_damaged_is_refused(tiny_ensemble, tmp_path):
    weights = "extra/" + member_file(2, "column_weights.bin")

    def flip(data):
        return data[:200] + bytes([data[200] ^ 0x40]) + data[201:]

    path = rewritten(
        tiny_ensemble,
        tmp_path / "flipped.pt",
        lambda name, data: flip(data) if name == weights else data,
    )
    with pytest.raises(ModelFileError, match=f"{weights} has the checksum"):
        load_scheme(path)

    def without_checksums(name, data):
        if name.endswith(CHECKSUMS_FILE):
            return None
        return flip(data) if name == weights else data

    path = rewritten(tiny_ensemble, tmp_path / "unsealed.pt", without_checksums)
    for options in ({}, DRAWN, {"members": "one", "member": 2}):
        with pytest.raises(InferenceError, match="member 2: the probe has other bits"):
            load_scheme(path, **options)
    with load_scheme(path, members="one", member=3):
        pass  # the others are not needed


def test_a_member_that_is_missing_is_refused(tiny_ensemble, tmp_path):
    program = "extra/" + member_file(3, "column_program.json")
    path = rewritten(
        tiny_ensemble,
        tmp_path / "less.pt",
        lambda name, data: None if name == program else data,
    )
    with pytest.raises(ModelFileError, match=f"it holds no {program}"):
        load_scheme(path)
    path = rewritten(
        tiny_ensemble,
        tmp_path / "unsealed.pt",
        lambda name, data: (
            None if name in (program, f"extra/{CHECKSUMS_FILE}") else data
        ),
    )
    with pytest.raises(ContractError, match=r"holds no member_3/column_program\.json"):
        load_scheme(path)


def told(capsys, *arguments, status=0):
    assert main([*map(str, arguments), "--json"]) == status
    return json.loads(capsys.readouterr().out)


def test_commands_export_and_inspect_name_all_members(tiny_members, tmp_path, capsys):
    path = tmp_path / "ensemble.pt"
    given = [option for member in tiny_members for option in ("--ckpt", member)]
    found = told(capsys, "export", *given, "-o", path)
    assert found["members"] == 3
    assert found["checkpoints"] == [member.name for member in tiny_members]
    promises = [promise["what"] for promise in found["promises"]]
    assert "member 2, b.safetensors: batch-mates do not matter" in promises
    assert main(["inspect", str(path)]) == 0
    text = capsys.readouterr().out
    assert "members       3: their mean runs, one, or one a run" in text
    for member in tiny_members:
        assert f"checkpoint    {member.name}, SHA-256" in text


@pytest.fixture
def states(tiny_ensemble, tmp_path):
    inputs, _ = read_probe(tiny_ensemble)
    names = {
        "u": ("eastward_wind", "m s-1"),
        "v": ("northward_wind", "m s-1"),
        "ps": ("surface_air_pressure", "Pa"),
        "lat": ("latitude", "degrees_north"),
    }
    variables = {}
    for name, (standard, units) in names.items():
        values = inputs[standard][None]
        axes = ("time", "column", "lev")[: values.ndim]
        variables[name] = (axes, values, {"standard_name": standard, "units": units})
    pressure = ("lev", np.array(PRESSURE), {"units": "Pa", "positive": "down"})
    path = tmp_path / "states.nc"
    xr.Dataset(variables, coords={"lev": pressure}).to_netcdf(path)
    return path


def test_replay_compares_mean_and_members_with_their_own_graphs(
    tiny_ensemble, states, tiny_members, capsys
):
    mean = told(capsys, "replay", tiny_ensemble, states)
    assert (mean["members"], mean["member"]) == ("mean", None)
    for member in (1, 2, 3):
        which = ("--members", "one", "--member", member)
        found = told(capsys, "replay", tiny_ensemble, states, *which)
        assert f"member {member} of 3" in found["compared_with"]
        checkpoint = ("--ckpt", tiny_members[member - 1])
        told(capsys, "replay", tiny_ensemble, states, *which, *checkpoint)
        other = ("--ckpt", tiny_members[member % 3])
        told(capsys, "replay", tiny_ensemble, states, *which, *other, status=1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--member", "2"], "--member has no effect without --members one"),
        (["--members", "one"], "--members one needs --member"),
        (["--members", "one", "--member", "4"], "member is 4, expected 1 to 3"),
        (
            ["--through", "fortran", "--members", "one", "--member", "1"],
            "--members has no effect with --through fortran",
        ),
    ],
)
def test_replay_refuses_what_has_no_effect(
    tiny_ensemble, states, capsys, options, message
):
    assert main(["replay", str(tiny_ensemble), str(states), *options]) == 2
    assert message in capsys.readouterr().err


def test_replay_draws_none(tiny_ensemble, states, capsys):
    with pytest.raises(SystemExit):
        main(["replay", str(tiny_ensemble), str(states), "--members", "drawn"])
    assert "invalid choice: 'drawn'" in capsys.readouterr().err


def test_replay_holds_one_checkpoint_against_one_member_alone(
    tiny_ensemble, states, tiny_members, capsys
):
    arguments = ["replay", tiny_ensemble, states, "--ckpt", tiny_members[0]]
    assert main([*map(str, arguments)]) == 2
    assert "--ckpt is one network, the artefact has 3" in capsys.readouterr().err
