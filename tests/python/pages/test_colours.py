from gwparam.pages.colours import colour_of, style_of


def test_many_things_are_told_apart():
    assert len({(colour_of(k), style_of(k)) for k in range(24)}) == 24
