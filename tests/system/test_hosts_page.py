"""docs/hosts.md says what the examples change in their hosts, line by line."""

import re

import pytest
from hosts import PROJECT

MARK = re.compile(r"\s*(#|//|!|<!--) *(<- )?gwparam( -->)?$")
HOSTS = {
    "MiMA": ("mima_coupling", ["Makefile", "driver.f90"]),
    "Isca": ("isca_coupling", ["Makefile", "driver.f90"]),
    "CAM": ("cam_coupling", ["Makefile", "driver.f90"]),
    "CCPP": ("ccpp_coupling", ["Makefile", "suite_gwparam.xml", "driver.f90"]),
    "C++": ("cpp_coupling", ["Makefile", "host.cpp"]),
    "Python": ("python_coupling", ["host.py"]),
}
PAGE = (PROJECT / "docs" / "hosts.md").read_text()


def marked(host):
    """Lines of gwparam in a stand-in host, without their marks."""
    folder, names = HOSTS[host]
    return [
        MARK.sub("", line).strip()
        for name in names
        for line in (PROJECT / "examples" / folder / name).read_text().splitlines()
        if MARK.search(line)
    ]


def section(host):
    return re.search(rf"^## {re.escape(host)}\n(.*?)^## ", PAGE, re.M | re.S)[1]


@pytest.mark.parametrize("host", HOSTS)
def test_the_page_shows_the_lines_of_the_example(host):
    block = re.search(r"^```\w+\n(.*?)^```$", section(host), re.M | re.S)[1]
    assert block.splitlines() == marked(host)


@pytest.mark.parametrize("host", HOSTS)
def test_the_table_counts_them(host):
    row = re.search(rf"^\| \[{re.escape(host)}\]\((.*?)\) \|.*$", PAGE, re.M)
    cells = [cell.strip() for cell in row[0].split("|")]
    lines = marked(host)
    flags = [line for line in lines if "$(GWPARAM) config" in line]
    assert cells[3:5] == [str(len(lines)), str(len(flags))]
    assert (PROJECT / "docs" / row[1]).resolve().is_file()


@pytest.mark.parametrize("host", HOSTS)
def test_nothing_else_of_a_host_names_gwparam(host):
    """What is not marked is the host's own: it knows no module and no file of ours."""
    folder, names = HOSTS[host]
    for name in names:
        if name == "Makefile":
            continue
        lines = (PROJECT / "examples" / folder / name).read_text().splitlines()
        code = [re.split(r"!|//|<!--|\"\"\"", line)[0] for line in lines]
        rest = [
            text
            for line, text in zip(lines, code, strict=True)
            if not MARK.search(line) and re.search(r"\b(use|import|include)\b", text)
        ]
        assert not [text for text in rest if re.search(r"gwparam|gw_drag\b", text)]
