"""What `gwparam watch` and `report` say of real runs: the numbers of their logs."""

import dataclasses
import json
import subprocess
import sys
import time
import types
import typing

import pytest
from html_page import Page

from gwparam.cli import main
from gwparam.run_log.lines import Report, Start


@pytest.fixture
def real_run(run, states, spread_artefact, tmp_path):
    """Two runs in one log: the first in shadow mode, the second drives."""

    def go(folder=tmp_path, ranks=2):
        for mode in ("shadow", "ml"):
            finished = run(
                ranks,
                folder=folder,
                states=states,
                gwparam={
                    "mode": mode,
                    "artefact": spread_artefact,
                    "restart": "off",
                    "log_interval": 1,
                    "on_range": "native",
                    "range_sigmas": 2.5,
                },
            )
            assert finished.code == 0, finished.text
        lines = (folder / "gwparam_run.jsonl").read_text().splitlines()
        return [json.loads(line) for line in lines]

    return go


def test_watch_and_report_say_what_the_log_says(real_run, tmp_path, capsys):
    lines = real_run()

    assert main(["watch", str(tmp_path), "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["runs"]
    assert found["ended"]
    assert found["start"]["mode"] == "ml"
    for key, value in held(Report, lines[-1]).items():
        assert found["latest"][key] == value, key
    assert main(["watch", str(tmp_path), "--once"]) == 0
    text = capsys.readouterr().out
    caught = next(g for g in lines[-1]["guards"] if g["name"] == "on_range")
    assert f"{caught['columns']} (" in text
    assert main(["report", str(tmp_path), "-o", str(tmp_path / "run.html")]) == 0
    page = Page(tmp_path / "run.html")
    page.assert_whole()
    assert f"{caught['columns']} (" in page.text
    # Stages, levels of guards, curves and a map; R2 where the native scheme ran.
    assert len(page.all("img")) == 2 * (2 + 5 + 1) + 2


def test_every_key_that_is_read_is_written(real_run):
    """A key of another name would be taken for one that is not known."""
    optional = {"records", "record_bytes", "records_left_out", "momentum_imbalance"}
    start, *reports = real_run()

    assert keys(Start) <= set(start)
    for report in (line for line in reports if line["kind"] != "start"):
        assert keys(Report) - optional <= set(report)
        assert {"u", "v"} == set(report["run"])


def test_watch_follows_a_run_of_several_ranks(real_run, tmp_path):
    """From its first line to its end, in a process of its own."""
    lines = real_run()
    log = tmp_path / "other" / "gwparam_run.jsonl"
    log.parent.mkdir()
    log.write_text(json.dumps(lines[0]) + "\n")
    command = [sys.executable, "-c", "from gwparam.cli import main; exit(main())"]
    watch = subprocess.Popen(
        [*command, "watch", str(log.parent), "--interval", "0.1"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        for line in lines[1:5]:
            with open(log, "a") as file:
                file.write(json.dumps(line) + "\n")
            time.sleep(0.3)
        text, _ = watch.communicate(timeout=60)
    finally:
        watch.kill()

    assert watch.returncode == 0
    assert "ended" in text
    assert "3 since the start" in text


def keys(kind):
    return {field.name for field in dataclasses.fields(kind)}


def held(kind, value):
    """What of a line the reader keeps."""
    hints = typing.get_type_hints(kind)
    found = {}
    for field in dataclasses.fields(kind):
        inner, given = hints[field.name], value.get(field.name)
        if isinstance(inner, types.UnionType):
            inner = typing.get_args(inner)[0]
        if typing.get_origin(inner) is tuple and given is not None:
            (item, _) = typing.get_args(inner)
            if dataclasses.is_dataclass(item):
                given = [held(item, one) for one in given]
        elif dataclasses.is_dataclass(inner) and given is not None:
            given = held(inner, given)
        found[field.name] = given
    return found
