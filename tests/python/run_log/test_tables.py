import json

from run_logs import report_line, start_line

from gwparam import console
from gwparam.run_log.lines import read_line
from gwparam.run_log.runs import Run
from gwparam.run_log.tables import show_runs


def test_a_run_is_laid_out():
    start, report = (
        read_line(json.dumps(line).encode(), "")
        for line in (start_line(artefact="[bold]x.pt"), report_line(2))
    )
    run = Run("a.jsonl", 1, start)
    run.add(report)
    with (output := console.tables()).capture() as captured:
        output.print(show_runs([run, Run("b.jsonl", 1)], ["b.jsonl is cut"]))

    text = captured.get()
    for words in (
        "a 1: WaveNet",
        "[bold]x.pt",  # no markup
        "network   8",
        "20 (10.00%)",
        "45.0°S 80.0°W",
        "b 1, whose start is lost",
        "b.jsonl is cut",
    ):
        assert words in text, words
