import pytest

from gwparam.commands.span import Span
from gwparam.errors import ArgumentError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (None, range(5)),
        (":", range(5)),
        ("1:3", range(1, 3)),
        ("1:", range(1, 5)),
        (":2", range(2)),
        ("4", range(4, 5)),
        (" 0 : 5 ", range(5)),
    ],
)
def test_a_span_is_some_of_a_row(text, expected):
    assert Span.read("times", text).of(5) == expected


@pytest.mark.parametrize("text", ["", "x", "1:x", "-1:2", "1:2:3", "1.0", "²"])
def test_another_form_is_refused(text):
    with pytest.raises(ArgumentError, match="expected A:B or one number") as caught:
        Span.read("times", text)
    assert caught.value.settings == ("times",)


@pytest.mark.parametrize("text", ["5", "0:6", "2:2", "3:1", "5:"])
def test_what_is_not_there_is_refused(text):
    with pytest.raises(ArgumentError) as caught:
        Span.read("levels", text).of(5)
    assert str(caught.value) == f"levels is {text}, expected some of 0:5"


def test_none_of_nothing():
    with pytest.raises(ArgumentError, match="times is :, expected some of 0:0"):
        Span.read("times", None).of(0)
