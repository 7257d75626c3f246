import json

import pytest
from run_logs import report_line, start_line

from gwparam.errors import ContractError
from gwparam.run_log.lines import Report, Start, read_line


def read(line):
    return read_line(json.dumps(line).encode(), "line 7")


def test_lines_are_read_with_what_they_hold():
    start, report = read(start_line()), read(report_line(3))

    assert isinstance(start, Start)
    assert (start.mode, start.contract.vertical.nlev) == ("ml", 3)
    assert isinstance(report, Report)
    assert report.guards[1].worst.latitude == -45.0
    assert report.ms.by_name() == {
        "put": 1.0, "levels": 0.0, "network": 8.0, "wait": 0.5, "get": 0.5,
    }  # fmt: skip
    assert report.run.v.largest_network is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (b'{"kind": "sta', "line 7 is not valid JSON"),
        (b"[1, 2]", "line 7 is [1, 2], expected an object"),
        (b'{"a": 1}', "line 7: kind is missing, expected recomputation, report or end"),
        (b'{"kind": "report", "kind": "end"}', "kind twice"),
        (b"\xff\xfe", "line 7 is not valid JSON"),
        (b"[" * 5000, "nested deeper"),
        (b'{"kind": "start", "model_days": NaN}', "a finite one"),
    ],
)
def test_what_is_no_line_is_refused(text, said):
    with pytest.raises(ContractError, match=r"(?s).*") as error:
        read_line(text, "line 7")

    assert said in str(error.value)


def test_a_key_of_another_type_is_named():
    line = report_line(1)
    line["guards"][1]["columns"] = "many"

    with pytest.raises(ContractError, match=r"guards\[1\].columns is \"many\""):
        read(line)
