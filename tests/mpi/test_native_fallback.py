"""A network that fails in one column of one call on one rank: the run goes on."""

import json
import shutil
import zipfile

import artefacts
import netCDF4
import numpy as np
import pytest
import torch

from gwparam.cli import main

DRAG = ("gwfcng_x", "gwfcng_y")
STEP, LEVEL, ROW, COLUMN = 1, 3, 12, 3  # in the half of the globe that rank 1 has


class NotFiniteInAGale(torch.nn.Module):
    def forward(self, u, v, ps, lat):
        return 1e-7 * torch.sqrt(500.0 - u), 1e-6 * v


@pytest.fixture
def fragile(artefact, tmp_path):
    """On the levels of the sample."""
    with zipfile.ZipFile(artefact) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("gwparam_contract.json"))
        document = json.loads(archive.read(name))
    document["backend"] = "torchscript"
    document["probe"] = {"columns": 3, "tolerance": 1e-6}
    inputs = [
        torch.full((3, 40) if field["levels"] == "full" else (3,), 7.0)
        for field in document["inputs"]
    ]
    path = tmp_path / "fragile.pt"
    artefacts.write(path, NotFiniteInAGale(), document, inputs=inputs)
    return path


@pytest.fixture
def gale(states, tmp_path):
    path = tmp_path / "gale.nc"
    shutil.copy(states, path)
    with netCDF4.Dataset(path, "a") as file:
        file["u"][STEP, LEVEL, ROW, COLUMN] = 600.0
    return path


def drag(finished):
    assert finished.code == 0, finished.text
    return np.stack([finished.field(name) for name in DRAG])


def test_the_column_has_the_native_drag_and_the_report_names_it(
    run, fragile, gale, tmp_path, capsys
):
    def driven(ranks, name, **items):
        settings = {"restart": "off", **items}
        return run(ranks, folder=tmp_path / name, states=gale, gwparam=settings)

    ml = {"mode": "ml", "artefact": fragile}
    stopped = driven(2, "error", **ml)
    assert stopped.code == 2
    assert "is nan m s-2" in stopped.text
    finished = driven(2, "native", **ml, on_limit="native", record=-1)
    native = drag(driven(2, "reference", mode="native"))
    network = drag(driven(1, "zero", **ml, on_limit="zero"))

    expected = network.copy()
    at = (slice(None), STEP, slice(None), ROW, COLUMN)
    assert not network[at].any()
    expected[at] = native[at]
    np.testing.assert_array_equal(drag(finished), expected)

    with netCDF4.Dataset(gale) as file:
        place = [float(file["lat"][ROW]), float(file["lon"][COLUMN])]
    lines = (finished.folder / "gwparam_run.jsonl").read_text().splitlines()
    end = json.loads(lines[-1])
    assert (end["kind"], end["native_columns"]) == ("end", 1)
    (guard,) = (g for g in end["guards"] if g["name"] == "finite")
    assert (guard["policy"], guard["columns"]) == ("native", 1)
    worst = guard["worst"]
    assert (worst["level"], worst["rank"], worst["run"]) == (LEVEL + 1, 1, STEP + 1)
    assert worst["date"] == "day 0 00:20:00"
    assert worst["value"] is None
    np.testing.assert_allclose([worst["latitude"], worst["longitude"]], place)
    assert "finite = native caught 1 columns" in finished.text

    # The call was recorded, on both ranks, and replay shows the same column.
    files = sorted(finished.folder.glob("gwparam_record.day*.nc"))
    assert [file.name[-7:] for file in files] == ["0000.nc", "0001.nc"]
    assert main(["replay", *map(str, files), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["same_bits"]
    for columns in (found["guarded"], found["guarded_now"]):
        (column,) = columns
        assert column["rank"] == 1
        np.testing.assert_allclose([column["latitude"], column["longitude"]], place)
