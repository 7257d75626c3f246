"""The name of the processor."""

import platform

from gwparam.timing.processor import processor_name


def test_the_system_names_it(tmp_path):
    path = tmp_path / "cpuinfo"
    path.write_text("processor\t: 0\nmodel name\t: Deep Thought 2\nflags\t: fpu\n")
    assert processor_name(path) == "Deep Thought 2"


def test_a_system_that_does_not_say(tmp_path):
    assert processor_name(tmp_path / "absent") == platform.machine()
