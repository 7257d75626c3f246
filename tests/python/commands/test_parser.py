import argparse
import shutil
import subprocess
import sys

import pytest
from help_pages import EXAMPLES

from gwparam.cli import main
from gwparam.commands import parser

COMMANDS = tuple(parser.COMMANDS)
ALL = parser.whole_parser()
(CHOICES,) = (
    action.choices
    for action in ALL._actions
    if isinstance(action, argparse._SubParsersAction)
)
OPTIONS = [
    (command, action)
    for command in COMMANDS
    for action in CHOICES[command]._actions
    if action.option_strings
]


def refusal(capsys, *words):
    """What is said of arguments that are wrong; one line."""
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    (line,) = printed.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["fly"], "there is no command fly; see gwparam --help"),
        (["exprt"], "there is no command exprt, did you mean export?"),
        (["--verzion"], "there is no option --verzion, did you mean --version?"),
        (
            ["replay", "a.pt", "b.nc", "--tread=2"],
            "there is no option --tread, did you mean --threads?; "
            "see gwparam replay --help",
        ),
        # Short forms would change their meaning with every new option.
        (
            ["replay", "a.pt", "b.nc", "--thre", "2"],
            "there is no option --thre, did you mean --threads?",
        ),
        (["inspect", "a.pt", "b.pt"], "b.pt is one argument too many"),
        (["inspect"], "the following arguments are required: artefact"),
        (["bench", "a.pt", "--rounds", "x"], "argument --rounds: x is no whole number"),
        (
            ["make-states", "--columns", "3000000000"],
            "argument --columns: 3000000000 is too large, expected 2147483647 at most",
        ),
    ],
)
def test_a_wrong_argument_is_one_line_that_helps(capsys, words, line):
    assert refusal(capsys, *words).startswith(f"gwparam: error: {line}")


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.line[:60])
def test_every_example_of_a_help_page_has_options_that_exist(example):
    for words in example.calls:
        assert ALL.parse_known_args(words)[1] == []


def test_a_command_is_summed_up_in_the_same_words():
    (listed,) = (
        action._choices_actions
        for action in ALL._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    summaries = {name: summary for name, (_, summary) in parser.COMMANDS.items()}
    assert {choice.dest: choice.help for choice in listed} == summaries


def test_every_command_has_an_example():
    shown = {words[0] for example in EXAMPLES for words in example.calls}
    assert shown == set(COMMANDS)


@pytest.mark.parametrize("flag", sorted({a.option_strings[-1] for _, a in OPTIONS}))
def test_an_option_reads_the_same_in_every_command(flag):
    having = [action for _, action in OPTIONS if flag in action.option_strings]

    assert len({tuple(action.option_strings) for action in having}) == 1
    assert len({action.nargs for action in having}) == 1, "how many values"


@pytest.mark.parametrize(("command", "action"), OPTIONS)
def test_an_option_says_what_it_takes(command, action):
    assert action.help
    assert action.type is not int, "of any size"
    assert not action.help.startswith("("), "a default of what?"
    if action.nargs != 0 and not action.choices:
        assert action.metavar, f"{command} {action.option_strings}"


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_every_word(command):
    """Brackets are units, and no markup of a terminal."""
    shown = "".join(CHOICES[command].format_help().split())
    for action in CHOICES[command]._actions:
        text = action.help % {**vars(action), "prog": "gwparam"}
        assert "".join(text.split()) in shown, action.option_strings


BASH = """
source {script}
COMP_WORDS=({words} "{last}"); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); COMPREPLY=()
$(complete -p gwparam | sed 's/.*-F \\([^ ]*\\).*/\\1/')
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "last", "completed"),
    [
        ("gwparam", "repl", "replay"),
        ("gwparam", "make-", "make-states"),
        ("gwparam replay a.pt b.nc", "--thr", "--threads --through"),
        ("gwparam export --dtype", "b", "bfloat16"),
        ("gwparam inspect", "wave", "wavenet.pt"),
    ],
)
def test_bash_completes(capsys, tmp_path, words, last, completed):
    if shutil.which("bash") is None:
        pytest.skip("no bash")
    assert main(["--print-completion", "bash"]) == 0
    script = tmp_path / "completion"
    script.write_text(capsys.readouterr().out)
    (tmp_path / "wavenet.pt").touch()

    done = subprocess.run(
        ["bash", "-c", BASH.format(script=script, words=words, last=last)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert sorted(done.stdout.split()) == completed.split(), done.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_completion_knows_all_commands(capsys, shell):
    assert main(["--print-completion", shell]) == 0
    text = capsys.readouterr().out

    assert all(command in text for command in COMMANDS)


def test_completion_needs_no_torch():
    code = (
        "import sys; sys.modules['torch'] = None; from gwparam.cli import main; "
        "main(['--print-completion', 'bash'])"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    )

    assert "--through" in done.stdout  # of replay
    assert "export" in done.stdout
