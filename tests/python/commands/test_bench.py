"""``gwparam bench``; no time is tested."""

import json

import pytest

from gwparam.cli import main


def test_bench_gives_every_call(capsys, tiny_artefact):
    arguments = ["--columns", "1,40", "--threads", "1,2", "--rounds", "2", "--json"]
    assert main(["bench", str(tiny_artefact), *arguments]) == 0
    found = json.loads(capsys.readouterr().out)
    calls = {(row["what"], row["columns"], row["threads"]) for row in found["times"]}
    assert calls == {
        (what, n, threads)
        for n in (1, 40)
        for what, threads in (
            ("library", 1),
            ("library", 2),
            ("libtorch", 1),
            ("libtorch", 2),
            ("native", 1),
        )
    }
    assert found["peak_operations_per_second"] > 0
    assert found["operations_per_column"] > 0
    for row in found["times"]:
        assert row["milliseconds"] > 0
        assert row["columns_per_second"] > 0
        assert (row["share_of_peak"] is None) == (row["what"] == "native")
        assert row["over_native"] > 0
        if row["what"] != "native":
            assert row["over_libtorch"] > 0


def test_bench_of_ranks(capsys, tiny_artefact):
    arguments = ["--columns=7", "--ranks=1,2", "--rounds=2", "--json"]
    assert main(["bench", str(tiny_artefact), *arguments]) == 0
    times = json.loads(capsys.readouterr().out)["times"]
    calls = {(row["what"], row["ranks"]) for row in times}
    assert calls == {
        ("library", 1),
        ("library", 2),
        ("libtorch", 1),
        ("native", 1),
        ("native", 2),
    }
    for row in times:
        assert row["over_native"] > 0
        assert (row["cpu_milliseconds"] is None) == (row["ranks"] == 2)


def test_bench_of_states_takes_all_their_columns(
    capsys, sample_artefact, sample_states
):
    assert main(["bench", str(sample_artefact), str(sample_states), "--rounds=1"]) == 0
    text = capsys.readouterr().out
    assert f"inputs: {sample_states}; native: states of {sample_states.name}" in text
    for word in ("columns/s", "of the peak", "over native", "over libtorch"):
        assert word in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--columns", "0"], "columns is 0, expected numbers of at least 1"),
        (["--columns", "many"], "columns is many"),
        (["--threads", "1,,2"], "threads is 1,,2"),
        (["--ranks", "0"], "ranks is 0, expected numbers of at least 1"),
        (["--ranks", "9", "--columns", "8"], "ranks is 9, expected at most 8 columns"),
        (["--rounds", "0"], "rounds is 0, expected at least 1"),
    ],
)
def test_bench_refuses(capsys, tiny_artefact, arguments, message):
    assert main(["bench", str(tiny_artefact), *arguments]) == 2
    assert message in capsys.readouterr().err
