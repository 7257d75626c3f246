"""The picture of an expected error."""

import numpy as np
import pytest

from gwparam.confidence.calibration import Calibration
from gwparam.confidence.figure import check_kind, draw
from gwparam.errors import ArgumentError


def test_it_is_a_picture_of_what_its_ending_says(tmp_path):
    ten = np.linspace(0.1, 1.0, 10)
    found = Calibration(ten, ten, 1.1 * ten, ten, 0.9)
    for name, magic in (("c.png", b"\x89PNG"), ("c.svg", b"<?xml"), ("c", b"\x89PNG")):
        draw(tmp_path / name, found, "some $_{network$")
        assert (tmp_path / name).read_bytes().startswith(magic)


def test_an_unknown_ending_is_refused_before_the_work(tmp_path):
    for name in ("c.png", "c.PDF", "c"):
        check_kind(tmp_path / name)
    with pytest.raises(ArgumentError, match=r"c\.xyz, expected an ending of"):
        check_kind(tmp_path / "c.xyz")
