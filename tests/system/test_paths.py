"""No command writes what it reads; files alone are opened, and replaced.

The table names every option with a path, and a test looks for options that it lacks.
"""

import argparse
import os
from importlib import import_module
from pathlib import Path

import pytest
from special_files import SPECIAL, limit

from gwparam.cli import main
from gwparam.commands.given import file_path
from gwparam.commands.parser import COMMANDS
from gwparam.training.settings import Settings, write_run

_SCALING = "scaling.json"
# What is read, and what is written in the folder that --output names.
READ = {
    "export": {"--ckpt": "ckpt.pt", "--training-file": "t.nc", "--scaling": _SCALING}
    | {"--levels": "levels.json", "--confidence": "head.safetensors"},
    "confidence": {"artefact": "net.pt", "states": "s.nc"},
    "inspect": {"artefact": "net.pt"},
    "compile": {"artefact": "net.pt"},
    "bench": {"artefact": "net.pt", "states": "s.nc"},
    "replay": {"artefact": "net.pt", "states": "s.nc", "--ckpt": "ckpt.pt"}
    | {"--scaling": _SCALING},
    "evaluate": {"models": "m.nc", "--truth": "s.nc", "--scaling": _SCALING}
    | {"--bins": "bins.json"},
    "finetune": {"--data": "s.nc", "--validation": "v.nc", "--test": "t.nc"}
    | {"--pretrained": "ckpt.pt", "--scaling": _SCALING, "--levels": "levels.json"},
    "train-emulator": {"--states": "s.nc", "--score-on": "t.nc"},
    "make-states": {},
    "audit": {"artefact": "net.pt", "states": "s.nc", "--scaling": _SCALING},
    "qbo": {"schemes": "net.pt", "--forcing": "f.nc"},
    "calibrate": {"artefact": "net.pt", "--against": "s.nc"},
    "watch": {"runs": "r.jsonl"},
    "report": {"runs": "r.jsonl"},
}
ONLY_READ = {"audit", "inspect", "bench", "watch"}
REST = {
    "finetune": ["--arch", "ann_cnn"],
    "make-states": ["--teacher", "ad99", "--columns", "1"],
    "train-emulator": ["--teacher", "ad99"],
}
FILES = {
    "evaluate": ["evaluation.nc", "evaluation.json", "report.html"],
    "qbo": ["qbo.html", "qbo.json", "net.nc"],
    "finetune": ["log.csv", "run.json", "scaling.json", "scores.json"],
}
_REQUIRED = {"artefact", "states", "models", "runs", "--truth", "--ckpt", "--data"}
WRITTEN = [
    (command, option, name)
    for command in READ
    if command not in ONLY_READ
    for option in ["--output"] + ["--figure"] * (command in ("replay", "confidence"))
    for name in FILES.get(command, [""])
]
WRITTEN += [(command, "--html", "") for command in ("audit", "inspect")]
OVER = [
    (*way, given)
    for way in WRITTEN
    for given in READ[way[0]]
    if given != "--bins" or way[-1].endswith(".json")  # a number is a number of bins
]


def parser_of(command):
    top = argparse.ArgumentParser().add_subparsers()
    import_module(COMMANDS[command][0]).add_parser(top)
    return top.choices[command]


def required(command, folder):
    """What a command has to write beside a figure."""
    return {"--output": folder / "out"} if command == "confidence" else {}


def run(capsys, command, paths, *more):
    """Run a command that has to refuse; its line."""
    words = [] if "--module" in paths else list(REST.get(command, []))
    options = {k: v for k, v in paths.items() if k.startswith("-")}
    positional = [str(v) for k, v in paths.items() if not k.startswith("-")]
    words += [word for pair in options.items() for word in map(str, pair)]
    with limit(60):
        try:
            status = main([*command.split(), *positional, *words, *map(str, more)])
        except SystemExit as error:
            status = error.code
    text = capsys.readouterr().err
    assert status == 2, text
    return text


@pytest.fixture
def paths(tmp_path):
    """Files that are there, for no command looks into one before it looks at all."""

    def make(command):
        found = {}
        for option, name in READ[command].items():
            found[option] = tmp_path / name
            found[option].write_text("what is not to be lost")
        return found

    return make


@pytest.mark.parametrize("command", sorted(set(COMMANDS) - {"networks", "config"}))
def test_the_table_has_every_path(command):
    # --artefact is for a record, and then nothing is written.
    known = {*READ[command], "--output", "--figure", "--resume", "--artefact"}
    known |= {"--html"} if command in ("audit", "inspect") else set()  # in WRITTEN
    known |= {"--contract", "--example"} if command == "export" else set()  # below
    # Not with a model; tests/python/commands/test_evaluate_climate.py.
    known |= {"--climate"} if command == "evaluate" else set()
    known |= {"--contract"} if command == "finetune" else set()  # below
    # Not with --forcing; below.
    known |= {"--column"} if command == "qbo" else set()
    if command == "calibrate":
        known |= {"--write-statistics"}  # tests/python/commands
    for action in parser_of(command)._actions:
        assert action.type is not Path, "an empty path would be the folder at hand"
        if action.type is file_path or action.metavar in ("FILE.json", "FOLDER"):
            names = action.option_strings or [action.dest]
            assert known & set(names), f"{names} is not in the table"


@pytest.mark.parametrize(("command", "option", "name", "given"), OVER)
def test_no_command_writes_over_what_it_reads(
    capsys, paths, tmp_path, command, option, name, given
):
    files = paths(command)
    folder = tmp_path
    if command == "finetune":  # its folder is new but for what it would write
        folder = tmp_path / "d"
        folder.mkdir()
    target = folder / name if name else files[given]
    if name:
        files[given] = files[given].rename(target)
    files |= required(command, tmp_path) | {option: folder if name else target}

    text = run(capsys, command, files)

    assert "is both read and written" in text
    assert target.read_text() == "what is not to be lost"


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize(("command", "option", "name"), WRITTEN)
def test_no_command_replaces_what_is_no_file(
    capsys, paths, tmp_path, command, option, name, kind
):
    folder = tmp_path / "d"
    folder.mkdir()
    target = folder / (name or "out.nc")
    SPECIAL[kind](target)
    before = os.lstat(target).st_mode

    files = paths(command) | required(command, tmp_path)
    files[option] = folder if name else target

    assert f"it is a {kind}, expected a file" in run(capsys, command, files)
    assert os.lstat(target).st_mode == before


@pytest.mark.parametrize("kind", [*SPECIAL, "empty"])
@pytest.mark.parametrize(
    ("command", "given"),
    [
        ("export", "--ckpt"),
        ("export", "--training-file"),
        ("inspect", "artefact"),
        ("compile", "artefact"),
        ("audit", "artefact"),
        ("audit", "states"),
        ("bench", "artefact"),
        ("bench", "states"),
        ("replay", "artefact"),
        ("replay", "states"),
        ("evaluate", "models"),
        ("evaluate", "--truth"),
        ("evaluate", "--bins"),
        ("finetune", "--scaling"),
        ("finetune", "--levels"),
        ("finetune", "--pretrained"),
        ("train-emulator", "--states"),
        ("calibrate", "--against"),
        ("watch", "runs"),
        ("report", "runs"),
    ],
)
def test_no_command_opens_what_is_no_file(
    capsys, paths, tmp_path, tiny_artefact, command, given, kind
):
    """Where that is the first that a command opens; the others are opened alike."""
    needed = _REQUIRED | {given}
    files = {k: v for k, v in paths(command).items() if k in needed}
    if command in ("audit", "replay", "bench"):
        files["artefact"] = tiny_artefact
        files.pop("--ckpt", None)
    files[given] = special = tmp_path / f"special{files[given].suffix}"
    SPECIAL.get(kind, Path.touch)(special)
    if command not in ONLY_READ:
        name = "out.html" if command == "report" else "out"
        files["--output"] = tmp_path / name

    text = run(capsys, command, files)

    assert str(special) in text
    assert kind in text or (kind == "folder" and "expected one checkpoint" in text)


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (command, option)
        for command in READ
        for option in [*READ[command], *(["--output"] * (command not in ONLY_READ))]
        if option not in ("--scaling", "--levels", "--bins")
    ],
)
def test_an_empty_path_is_refused(capsys, paths, tmp_path, command, option):
    output = {} if command in ONLY_READ else {"--output": tmp_path / "out"}

    text = run(capsys, command, paths(command) | output | {option: ""})

    assert "the path is empty" in text


@pytest.fixture
def begun(tmp_path):
    """A training that is to go on: its folder, and the files that it reads."""
    names = ("data", "validation", "test", "pretrained")
    files = {name: tmp_path / f"{name}.nc" for name in names}
    for file in files.values():
        file.write_text("what is not to be lost")
    folder = tmp_path / "run"
    folder.mkdir()
    lists = {name: (str(files[name]),) for name in names[:-1]}
    settings = Settings(
        "ann_cnn", output=str(folder), pretrained=str(files["pretrained"]), **lists
    )
    write_run(folder, settings)
    return folder, files


RESUMED = ["network.safetensors", "log.csv", "scaling.json", "scores.json"]


@pytest.mark.parametrize("given", ["data", "validation", "test", "pretrained"])
@pytest.mark.parametrize("name", RESUMED)
def test_a_training_goes_on_over_nothing_that_it_reads(capsys, begun, name, given):
    folder, files = begun
    (folder / name).symlink_to(files[given])

    text = run(capsys, "finetune --resume", {}, folder)

    assert f"{folder / name} is both read and written" in text
    assert files[given].read_text() == "what is not to be lost"


@pytest.mark.parametrize("kind", SPECIAL)
@pytest.mark.parametrize("name", RESUMED)
def test_a_training_that_goes_on_replaces_nothing_that_is_no_file(
    capsys, begun, name, kind
):
    folder, _ = begun
    SPECIAL[kind](folder / name)

    text = run(capsys, "finetune --resume", {}, folder)

    assert f"it is a {kind}, expected a file" in text


def test_a_training_goes_on_where_it_may_write(capsys, begun, monkeypatch):
    """Not as root, who may write everywhere."""
    folder, _ = begun
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != folder)

    text = run(capsys, "finetune --resume", {}, folder)

    assert f"no permission to write in {folder}" in text


@pytest.mark.parametrize("option", ["--module", "--contract", "--example", "--ckpt"])
def test_a_network_of_ones_own_is_not_written_over(capsys, tmp_path, option):
    files = {name: tmp_path / name for name in ("m.py", "c.toml", "s.nc", "w.pt")}
    for path in files.values():
        path.write_text("what is not to be lost")
    m, c, s, w = files.values()
    given = {"--module": f"{m}:Net", "--contract": c, "--example": s, "--ckpt": w}
    target = m if option == "--module" else given[option]

    text = run(capsys, "export", given | {"--output": target})

    assert "is both read and written" in text
    assert target.read_text() == "what is not to be lost"


@pytest.mark.parametrize("option", ["--module", "--contract", "--pretrained"])
def test_a_training_of_ones_own_writes_over_nothing_that_it_reads(
    capsys, tmp_path, option
):
    files = {name: tmp_path / name for name in ("m.py", "c.toml", "w.pt", "s.nc")}
    folder = tmp_path / "run"
    folder.mkdir()
    for path in files.values():
        path.write_text("what is not to be lost")
    m, c, w, s = files.values()
    given = {"--module": f"{m}:Net", "--contract": c, "--pretrained": w, "--data": s}
    (folder / "log.csv").symlink_to(m if option == "--module" else given[option])

    text = run(capsys, "finetune", {**given, "--output": folder})
    assert "is both read and written" in text
    own = {"module": f"{m}:Net", "contract": str(c), "pretrained": str(w)}
    write_run(folder, Settings("own", output=str(folder), data=(str(s),), **own))
    assert "is both read and written" in run(capsys, "finetune --resume", {}, folder)


def test_states_of_a_column_are_not_written_over(capsys, tmp_path):
    states = tmp_path / "net.nc"
    states.write_text("what is not to be lost")
    given = {"schemes": "ad99", "--column": states, "--output": tmp_path}
    (tmp_path / "ad99.nc").symlink_to(states)

    assert "is both read and written" in run(capsys, "qbo", given)
    assert states.read_text() == "what is not to be lost"
