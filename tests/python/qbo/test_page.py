"""The page of runs, and that it is the same for the same runs."""

import re
from html.parser import HTMLParser

import numpy as np

from gwparam.qbo.column import column_of
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.page import write_page
from gwparam.qbo.runs import Run
from gwparam.qbo.summary import summarise
from gwparam.qbo.testbed import Testbed

COLUMN = column_of(Testbed())
DAYS = 9 * 360


def sine(name, members=1, unstable=None):
    day = np.arange(DAYS)[:, None, None]
    wind = 20 * np.sin(2 * np.pi * day / 840 + COLUMN.height / 3e3)
    wind = np.repeat(wind, members, axis=1).astype(np.float32)
    ends = tuple(unstable or [-1] * members)
    for member, end in enumerate(ends):
        if end >= 0:
            wind[end:, member] = np.nan
    return Run(
        name, COLUMN, wind, ends, [""] * members, True, [draw_forcing(3, 0)] * members
    )


def page_of(tmp_path, *runs):
    path = tmp_path / "page.html"
    write_page(path, runs, [summarise(run) for run in runs], [("a", "b")], "lead")
    return path.read_text()


class Pictures(HTMLParser):
    def __init__(self):
        super().__init__()
        self.alts = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.alts.append(dict(attrs)["alt"])


def alts(text):
    found = Pictures()
    found.feed(text)
    return found.alts


def test_pictures_and_numbers(tmp_path):
    text = page_of(tmp_path, sine("<b>one</b>", 2), sine("two", 2))
    assert alts(text) == [
        "Wind with <b>one</b> by time and height.",
        "Wind with two by time and height.",
        "Wind at 25 km by time.",
        "Amplitude by height.",
        "Period and amplitude of members.",
    ]
    assert "<b>one" not in text
    assert "years 4 to 9" in text
    assert "The first 3 years are left out." in text
    assert "unstable" not in re.sub("<style>.*</style>", "", text, flags=re.S)
    assert text == page_of(tmp_path, sine("<b>one</b>", 2), sine("two", 2))


def test_what_did_not_last_is_shown_as_far_as_it_went(tmp_path):
    text = page_of(tmp_path, sine("gone", 1, [40]), sine("there"))
    assert alts(text) == [
        "Wind with gone by time and height.",
        "Wind with there by time and height.",
        "Wind at 25 km by time.",
        "Amplitude by height.",
    ]
    assert "gone is unstable: day 41, " in text


def test_where_nothing_lasted(tmp_path):
    text = page_of(tmp_path, sine("gone", 1, [1]), sine("late", 1, [DAYS - 1]))
    assert len(alts(text)) == 2
    assert "late is unstable: day 3240" in text
