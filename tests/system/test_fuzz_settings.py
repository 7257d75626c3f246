"""Settings that somebody wrote, as JSON or on the command line: read, or refused.

Hypothesis draws documents that are nearly right, the same ones in every run.
"""

import copy
import json
from pathlib import Path

import pytest
from contract_cases import base_text, paths
from hypothesis import given
from hypothesis import strategies as st

from gwparam.contract import Contract
from gwparam.errors import GwparamError
from gwparam.evaluate.hellinger import read_binning
from gwparam.networks.horizontal import read_grid
from gwparam.networks.scaling_recipe import read_recipe
from gwparam.networks.vertical import read_levels
from gwparam.training.settings import read_run

NUMBERS = st.one_of(
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from([0, 1, -1, 1e300, 5e-324, 10**400, True, None]),
)
VALUES = st.recursive(
    st.one_of(NUMBERS, st.text(max_size=8)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(max_size=6), inner, max_size=3)
    ),
    max_leaves=8,
)


@st.composite
def nearly(draw, document):
    """The text of a document with a few things changed, or some of its letters."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        path = draw(st.sampled_from(sorted(paths(changed), key=repr) or [()]))
        if not path:
            break
        parent = changed
        for key in path[:-1]:
            parent = parent[key]
        change = draw(st.sampled_from(["set", "set", "drop", "name"]))
        if change == "set":
            parent[path[-1]] = draw(VALUES)
        elif change == "drop" or isinstance(parent, list):
            del parent[path[-1]]
        else:
            parent[draw(st.text(max_size=6))] = parent.pop(path[-1])
    text = json.dumps(changed, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 4)) == 0:
        at = draw(st.integers(0, len(text)))
        text = (
            text[:at] + draw(st.text(max_size=4)) + text[at + draw(st.integers(0, 4)) :]
        )
    return text


def reads(reader, *given):
    """Whether it is read; an error of another kind goes through."""
    try:
        reader(*given)
    except GwparamError:
        return False
    return True


LEVELS = {"pressure": [100.0, 5000.0, 90000.0], "units": "Pa"}
HYBRID = {"a": [0.0, 500.0, 0.0], "b": [0.01, 0.4, 0.99], "units": "hPa"}
HOST = {"kind": "host", "nlev": 3, "pressure": [100.0, 5000.0, 90000.0], "units": "Pa"}
GRID = {"latitude": [-60.0, 0.0, 60.0], "longitude": [0.0, 120.0, 240.0]}
RECIPE = {
    "scaling_version": 1,
    "variables": {"u": {"kind": "standard", "mean": 0.0, "standard_deviation": 1.0}},
}
RUN = {"settings": {"epochs": 3, "seed": 1}, "architecture": "wavenet", "losses": []}


@given(st.one_of(nearly(LEVELS), nearly(HYBRID), nearly(HOST)))
def test_levels(text) -> None:
    reads(read_levels, "{" + text[1:])


@given(nearly(GRID))
def test_grids(text) -> None:
    reads(read_grid, "{" + text[1:])


@given(nearly(RECIPE))
def test_recipes(text) -> None:
    reads(read_recipe, "{" + text[1:])


@given(nearly(json.loads(base_text("column"))))
def test_contracts(text) -> None:
    reads(Contract.from_json, text)


@given(text=st.one_of(nearly({"u": [0.0, 1.0, 2.0]}), nearly([0.0, 1.0, 2.0])))
def test_bins_of_a_file(text, tmp_path: Path) -> None:
    path = tmp_path / "bins.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    reads(read_binning, str(path), ["u"])


@given(text=nearly(RUN))
def test_the_settings_of_a_training(text, tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text(text, encoding="utf-8", errors="surrogatepass")
    reads(read_run, tmp_path)


@given(
    st.one_of(
        st.text(max_size=12),
        st.from_regex(r"[0-9²٣]{1,3}x[0-9²٣]{1,3}", fullmatch=True),
        st.from_regex(r"(linear:|symlog:)?[-0-9²٣]{1,4}", fullmatch=True),
        st.integers(4000, 6000).map(lambda n: "9" * n),
        st.integers(4000, 6000).map(lambda n: f"{'9' * n}x2"),
    )
)
def test_words_of_the_command_line(text) -> None:
    for reader in (read_grid, read_levels, read_recipe):
        reads(reader, text)
    reads(read_binning, text, ["u"])


@pytest.mark.parametrize("reader", [read_levels, read_grid, read_recipe])
@pytest.mark.parametrize(
    "text", ["{" * 100_000, '{"a":' * 100_000, "{}", '{"pressure": ' + "[" * 10_000]
)
def test_depth_is_refused(reader, text) -> None:
    assert not reads(reader, text)


def test_depth_of_a_file_is_refused(tmp_path) -> None:
    path = tmp_path / "bins.json"
    path.write_text("[" * 100_000)
    assert not reads(read_binning, str(path), ["u"])


def test_what_is_right_is_read(tmp_path) -> None:
    """Else the tests above would pass with readers that refuse everything."""
    for given_ in (LEVELS, HYBRID, HOST):
        assert reads(read_levels, json.dumps(given_)), given_
    assert reads(read_grid, json.dumps(GRID))
    assert reads(Contract.from_json, base_text("column"))
    (tmp_path / "bins.json").write_text('{"u": [0, 1, 2]}')
    assert reads(read_binning, str(tmp_path / "bins.json"), ["u"])
    assert reads(read_grid, "4x8")
