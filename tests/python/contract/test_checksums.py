import zipfile
from random import Random

import pytest

from gwparam.contract import check_contents
from gwparam.contract.checksums import CHECKSUMS_FILE, inner_name, write_list
from gwparam.errors import ModelFileError


def rewritten(source, target, change):
    """A copy of an archive; `change` gives the files of one, as a dict, others."""
    with zipfile.ZipFile(source) as old:
        files = {inner_name(e): old.read(e) for e in old.infolist()}
    with zipfile.ZipFile(target, "w") as new:
        for name, data in change(files).items():
            new.writestr(f"net/{name}", data)
    return target


def test_the_contents_are_those_that_were_written(tiny_artefact, tmp_path):
    check_contents(tiny_artefact)
    check_contents(rewritten(tiny_artefact, tmp_path / "again.pt", lambda files: files))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda f: f | {"data/0": bytes(len(f["data/0"]))}, "data/0 has another check"),
        (lambda f: f | {"code/more.py": b""}, r"code/more\.py is not among its check"),
        (lambda f: {k: v for k, v in f.items() if k != "data.pkl"}, r"no data\.pkl"),
        (lambda f: f | {f"extra/{CHECKSUMS_FILE}": b"all\n"}, "is no list of them"),
        (
            lambda f: f | {f"extra/{CHECKSUMS_FILE}": 2 * f[f"extra/{CHECKSUMS_FILE}"]},
            "is no list of them",
        ),
    ],
)
def test_other_contents_are_refused(tiny_artefact, tmp_path, change, message):
    path = rewritten(tiny_artefact, tmp_path / "other.pt", change)

    with pytest.raises(ModelFileError, match=message):
        check_contents(path)


def test_without_a_list_the_archive_has_its_own_checksums(tiny_artefact, tmp_path):
    without = f"extra/{CHECKSUMS_FILE}"
    path = rewritten(
        tiny_artefact,
        tmp_path / "older.pt",
        lambda files: {k: v for k, v in files.items() if k != without},
    )
    check_contents(path)
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        entry = archive.getinfo("net/data/0")
    at = entry.header_offset + 30 + len(entry.filename)

    path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])

    with pytest.raises(ModelFileError, match="Bad CRC-32"):
        check_contents(path)


def test_flipped_bits_are_seen_in_all_that_is_read(tiny_artefact, tmp_path):
    path, good = tmp_path / "flipped.pt", tiny_artefact.read_bytes()
    with zipfile.ZipFile(tiny_artefact) as archive:
        before = {e.filename: archive.read(e) for e in archive.infolist()}
    random, seen = Random(0), 0
    for _ in range(300):
        data = bytearray(good)
        data[random.randrange(len(data))] ^= 1 << random.randrange(8)
        path.write_bytes(data)
        try:
            check_contents(path)
        except ModelFileError:
            seen += 1
        else:
            with zipfile.ZipFile(path) as archive:
                after = {e.filename: archive.read(e) for e in archive.infolist()}
            assert after == before
    assert seen > 100


def test_the_list_is_that_of_sha256sum():
    assert write_list([("data/0", "ab" * 32)]) == "ab" * 32 + "  data/0\n"
