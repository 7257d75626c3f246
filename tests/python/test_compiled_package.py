"""The keys of a compiled package."""

import json
import zipfile

import pytest

from gwparam.compiled_package import (
    KEYS_FILE,
    Keys,
    artefact_listing,
    package_path,
    processor_features,
    torch_release,
    why_unfit,
)

CPUINFO = """\
processor\t: 0
model name\t: Made Up: 1
cpu MHz\t\t: 2000.1
flags\t\t: fpu avx2

processor\t: 1
flags\t\t: fpu
"""


def artefact(folder, content="weights"):
    path = folder / "net.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("net/data.pkl", content)
    return path


def write_package(path, **changed):
    keys = Keys(artefact_listing(path), "2.9.1", processor_features(), [])
    document = json.loads(keys.to_json()) | changed
    with zipfile.ZipFile(package_path(path), "w") as archive:
        archive.writestr(f"model/extra/{KEYS_FILE}", json.dumps(document))


def test_processor_is_what_decides_on_instructions(tmp_path):
    (tmp_path / "cpuinfo").write_text(CPUINFO)
    found = processor_features(tmp_path / "cpuinfo")
    assert found == "model name: Made Up: 1\nflags: fpu avx2\n"
    assert processor_features(tmp_path / "absent") == ""


def test_release_of_torch():
    assert torch_release("2.9.1+cpu") == torch_release("2.9.1") == "2.9.1"


def test_listing_tells_contents_apart(tmp_path):
    first = artefact_listing(artefact(tmp_path))
    assert artefact_listing(artefact(tmp_path)) == first
    assert artefact_listing(artefact(tmp_path, "weighty")) != first


def test_a_package_that_fits(tmp_path):
    path = artefact(tmp_path)
    write_package(path)
    assert why_unfit(path, "2.9.1") == why_unfit(path, None) == ""


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"version": 2}, "it was written by another version of gwparam"),
        ({"artefact": ""}, "it was compiled from another artefact"),
        ({"torch": "2.8.0"}, "it was compiled with torch 2.8.0, here is 2.9.1"),
        ({"processor": ""}, "it was compiled for another processor"),
    ],
)
def test_a_package_that_does_not(tmp_path, changed, reason):
    path = artefact(tmp_path)
    write_package(path, **changed)
    assert why_unfit(path, "2.9.1") == reason


def test_a_file_that_is_none(tmp_path):
    path = artefact(tmp_path)
    package_path(path).write_text("no archive")
    assert why_unfit(path, None) == "it is damaged, or no package of gwparam compile"
