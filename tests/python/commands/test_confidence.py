"""From states to an artefact that says how wrong it expects to be."""

import numpy as np
import pytest
import xarray as xr
from answers import answer
from hosts import PROJECT

from gwparam import load_scheme
from gwparam.cli import main
from gwparam.contract import read_contract

SAMPLE = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
DRAG = ("gwfcng_x", "gwfcng_y")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The sample, and states whose drag it misses the more the further north."""
    path = tmp_path_factory.mktemp("confidence")
    assert main(["export", "--ckpt", str(SAMPLE), "-o", str(path / "plain.pt")]) == 0
    made = path / "made.nc"
    words = ["--teacher", "ad99", "--columns", "4000"]
    assert main(["make-states", "-o", str(made), *words]) == 0
    with xr.open_dataset(made, decode_times=False) as states:
        states.load()
    for name in DRAG:
        noise = np.random.default_rng(len(name)).standard_normal(states[name].shape)
        size = np.exp(states.lat / 30.0) * states[name].std(("time", "lat", "lon"))
        wrong = xr.DataArray(noise, dims=states[name].dims)
        states[name] = (states[name] + 0.2 * size * wrong).transpose(*wrong.dims)
    states.to_netcdf(path / "states.nc")
    return path


@pytest.fixture(scope="module")
def learnt(folder):
    words = ("--epochs", "60", "--figure", folder / "c.png", "--seed", "2")
    status, found = answer(
        "confidence", folder / "plain.pt", folder / "states.nc", *words,
        "-o", folder / "c.safetensors",
    )  # fmt: skip
    assert status == 0
    return found


def test_it_learns_where_the_network_is_wrong(folder, learnt):
    assert learnt["columns"] == {"training": 3200, "kept": 800}
    assert learnt["rank_correlation"] > 0.5
    assert learnt["loss"] < learnt["loss_of_one_error_for_all"]
    assert len(learnt["tenths"]) == 10
    assert (folder / "c.png").read_bytes().startswith(b"\x89PNG")


def test_an_export_with_it_also_gives_the_error(folder, learnt, capsys):
    words = ["export", "--ckpt", str(SAMPLE), "--confidence"]
    words += [str(folder / "c.safetensors"), "-o", str(folder / "sure.pt")]
    assert main(words) == 0
    assert "runs through libtorch" not in capsys.readouterr().out
    contract = read_contract(folder / "sure.pt")
    assert contract.backend == "column_program"
    assert contract.outputs[-1].name == "expected_error"

    status, found = answer("replay", folder / "sure.pt", folder / "states.nc")
    assert status == 0
    error = found["variables"][-1]
    assert error["name"] == "expected_error"
    assert error["reference"] is None
    assert error["levels"] == []
    predicted = folder / "predicted.nc"
    for through in ("c", "fortran"):
        words = ["replay", folder / "sure.pt", folder / "states.nc", "-o", predicted]
        assert main([*map(str, words), "--through", through]) == 0
        with xr.open_dataset(predicted, decode_times=False) as fields:
            expected = fields.expected_error.transpose("time", "lat", "lon")
            north = expected.sel(lat=slice(30.0, None)).mean()
            assert north > 2.0 * expected.sel(lat=slice(None, -30.0)).mean()


def test_the_drag_is_that_of_the_network_alone(folder, learnt):
    words = ["export", "--ckpt", SAMPLE, "--confidence", folder / "c.safetensors"]
    assert main([*map(str, words), "-o", str(folder / "again.pt")]) == 0
    contract = read_contract(folder / "plain.pt")
    rng = np.random.default_rng(3)
    fields = {
        "eastward_wind": 20.0 * rng.standard_normal((30, 40)),
        "northward_wind": 8.0 * rng.standard_normal((30, 40)),
        "surface_air_pressure": 1e5 + 1e3 * rng.standard_normal(30),
        "latitude": np.linspace(-80.0, 80.0, 30),
    }
    found = []
    for name in ("plain.pt", "again.pt"):
        scheme = load_scheme(folder / name, on_limit="count")
        scheme.set_levels(contract.vertical.nominal_pressure)
        found.append(scheme.predict(fields))
    for name in contract.tendencies:
        largest = np.abs(found[0][name]).max()
        np.testing.assert_allclose(found[1][name], found[0][name], atol=1e-6 * largest)


def test_a_head_for_another_checkpoint_is_refused(folder, learnt, capsys):
    other = folder / "other.safetensors"
    data = bytearray(SAMPLE.read_bytes())
    data[-1] ^= 1
    other.write_bytes(data)
    words = ["export", "--ckpt", other, "--confidence", folder / "c.safetensors"]
    assert main([*map(str, words), "-o", str(folder / "none.pt")]) == 2
    assert "is for the network with the SHA-256" in capsys.readouterr().err
    assert not (folder / "none.pt").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--times", "0"], "there is 1 time, expected at least 2"),
        (["--epochs", "0"], "epochs is 0, expected at least 1"),
        (["--columns", "-3"], "columns is -3, expected at least 1"),
        (["--columns", "20"], "4 columns are kept apart, expected at least 10"),
        (["--seed", "-1"], "seed is -1, expected 0 to"),
        (["--width", "100000000"], "width is 100000000, expected 0 to 4096"),
        (["--figure", "c.xyz"], "figure is c.xyz, expected an ending of"),
        (["--reference", "u,gwfcng_y"], "(u in "),
    ],
)
def test_what_cannot_be_learnt_is_refused(folder, words, message, capsys):
    output = folder / "refused.safetensors"
    given = ["confidence", folder / "plain.pt", folder / "states.nc", "-o", output]
    assert main([*map(str, given), *words]) == 2
    assert message in capsys.readouterr().err
    assert not output.exists()


def test_an_artefact_that_tells_already_is_refused(folder, learnt, capsys):
    words = ["export", "--ckpt", SAMPLE, "--confidence", folder / "c.safetensors"]
    assert main([*map(str, words), "-o", str(folder / "told.pt")]) == 0
    given = ["confidence", folder / "told.pt", folder / "states.nc"]
    assert main([*map(str, given), "-o", str(folder / "x.safetensors")]) == 2
    assert "gives expected_error already" in capsys.readouterr().err


def test_it_prints_a_table_and_what_is_next(folder, capsys):
    given = ["confidence", folder / "plain.pt", folder / "states.nc", "--epochs", "1"]
    assert main([*map(str, given), "-o", str(folder / "p.safetensors")]) == 0
    text = capsys.readouterr().out
    assert "left of all" in text
    assert "blend_error = " in text
    then = f"next: gwparam export --ckpt ... --confidence {folder}/p.safetensors -o ..."
    assert text.splitlines()[-1] == then
