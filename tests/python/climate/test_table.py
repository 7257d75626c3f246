from gwparam import console
from gwparam.climate.table import print_tables


def printed(climate):
    with (output := console.tables()).capture() as captured:
        print_tables(output, climate)
    return captured.get()


def test_the_console_has_every_number(climate):
    text = printed(climate)

    for words in (
        "QBO at 10 hPa, 5S to 5N",
        "27.92 ± 0.87",
        "warmings per decade",
        "Sudden warmings of network",
        "1984-12-20",
        "network minus ad99",
        "Welch's test of yearly means",
        "No warmings of ad99: a time every 30.5 days",
    ):
        assert words in text
    assert max(len(line) for line in text.splitlines() if "│" in line) <= 120


def test_tables_of_what_is_not_known_are_left_out(alone):
    text = printed(alone)

    assert "QBO at 10 hPa" not in text
    assert "No QBO of short: 24 whole months" in text
    assert "warmings per decade" in text
    assert "minus" not in text
