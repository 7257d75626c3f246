import io
import zipfile
from random import Random

import numpy as np
import pytest

from gwparam.contract import (
    CONTRACT_FILE,
    PROBE_FILE,
    read_contract,
    read_extra,
    read_probe,
)
from gwparam.errors import ContractError, ModelFileError


def rewritten(source, target, replaced):
    """A copy of an archive with extra files replaced, or left out where None."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for member in old.namelist():
            name = member.rpartition("/")[2]
            data = replaced.get(name, old.read(member))
            if data is not None:
                new.writestr(member, data)
    return target


def test_read_contract_finds_it_in_the_archive(tiny_artefact):
    contract = read_contract(tiny_artefact)

    assert contract.name == "tiny WaveNet"
    assert [f.name for f in contract.inputs] == [
        "eastward_wind",
        "northward_wind",
        "surface_air_pressure",
        "latitude",
    ]
    assert contract.vertical.nominal_pressure == (1e3, 1e4, 3e4, 6e4, 9e4)


def test_absent_file(tmp_path):
    with pytest.raises(ModelFileError, match=r"cannot read .*none\.pt: No such file"):
        read_contract(tmp_path / "none.pt")


def test_empty_file(tmp_path):
    (tmp_path / "empty.pt").touch()

    with pytest.raises(ModelFileError, match=r"empty\.pt: it is empty"):
        read_contract(tmp_path / "empty.pt")


@pytest.mark.parametrize("kept", [1, 100, -100])
def test_truncated_file(tiny_artefact, tmp_path, kept):
    path = tmp_path / "cut.pt"
    path.write_bytes(tiny_artefact.read_bytes()[:kept])

    with pytest.raises(ModelFileError, match="not a complete archive"):
        read_contract(path)


def test_a_damaged_archive_is_no_other_error(tiny_artefact, tmp_path):
    """zipfile itself raises seven kinds of exception, a fault of text among them."""
    contract = zipfile.ZipFile(tiny_artefact).read(_member(tiny_artefact))
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("netz_ä/code", bytes(100))
        archive.writestr(f"netz_ä/extra/{CONTRACT_FILE}", contract)
    path = tmp_path / "damaged.pt"
    refused = 0
    for number in range(3000):
        random, content = Random(number), bytearray(buffer.getvalue())
        for _ in range(random.randint(1, 8)):
            content[random.randrange(len(content))] ^= 1 << random.randrange(8)
        path.write_bytes(content)
        try:
            assert read_contract(path).name == "tiny WaveNet"
        except (ModelFileError, ContractError):
            refused += 1
    assert 2000 < refused < 3000


def _member(path):
    names = zipfile.ZipFile(path).namelist()
    return next(name for name in names if name.endswith(CONTRACT_FILE))


def test_archive_without_contract(tiny_artefact, tmp_path):
    path = rewritten(tiny_artefact, tmp_path / "bare.pt", {CONTRACT_FILE: None})

    with pytest.raises(ContractError, match=r"holds no gwparam_contract\.json"):
        read_contract(path)


def test_probe_has_the_shapes_and_names_of_the_contract(tiny_artefact):
    inputs, outputs = read_probe(tiny_artefact)

    assert {name: values.shape for name, values in inputs.items()} == {
        "eastward_wind": (16, 5),
        "northward_wind": (16, 5),
        "surface_air_pressure": (16,),
        "latitude": (16,),
    }
    assert all(values.dtype == np.float64 for values in outputs.values())
    assert all(np.abs(values).max() > 0.0 for values in outputs.values())


@pytest.mark.parametrize("surplus", [-8, 8])
def test_probe_of_another_size(tiny_artefact, tmp_path, surplus):
    size = (2 * 16 * 5 + 2 * 16 + 2 * 16 * 5) * 8
    path = rewritten(
        tiny_artefact, tmp_path / "odd.pt", {PROBE_FILE: bytes(size + surplus)}
    )

    with pytest.raises(ContractError, match=f"has {size + surplus} bytes"):
        read_probe(path)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(
    ("place", "name"),
    [(7, "eastward_wind"), (-1, "tendency_of_northward_wind_due_to_gravity_wave_drag")],
)
def test_a_probe_is_finite(tiny_artefact, tmp_path, bad, place, name):
    values = np.frombuffer(read_extra(tiny_artefact, PROBE_FILE), "<f8").copy()
    values[place] = bad
    path = rewritten(tiny_artefact, tmp_path / "p.pt", {PROBE_FILE: values.tobytes()})

    with pytest.raises(ContractError, match=f"holds {bad} in {name} .*finite numbers"):
        read_probe(path)
