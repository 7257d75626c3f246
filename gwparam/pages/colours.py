"""Colours of lines, which mean the same in all figures."""

# Okabe and Ito (2008): eight colours that people with any colour vision tell apart.
# Black is the truth's, and yellow is too pale for lines on white.
COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
)
TRUTH_COLOUR = "#000000"
LINE_STYLES = ("-", "--", "-.", ":")


def colour_of(number: int) -> str:
    """Colour of the first, second ... thing of a page, from 0."""
    return COLOURS[number % len(COLOURS)]


def style_of(number: int) -> str:
    """Dashes of a line, which tell apart what has the same colour."""
    return LINE_STYLES[number // len(COLOURS) % len(LINE_STYLES)]
