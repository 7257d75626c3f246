"""The scheme of examples/ccpp_coupling is what its .meta says, by published names."""

import re
import xml.etree.ElementTree as ET
from dataclasses import dataclass

import pytest
from hosts import PROJECT

from gwparam.library import unit_conversion

EXAMPLE = PROJECT / "examples" / "ccpp_coupling"
HORIZONTAL = {"init": "horizontal_dimension", "run": "horizontal_loop_extent"}
VERTICAL = {"vertical_layer_dimension", "vertical_interface_dimension"}

# Metadata-standard-names.md of ESCOMP/CCPPStandardNames, commit 005a346, and its units.
PUBLISHED = {
    "air_pressure": "Pa",
    "air_pressure_at_interface": "Pa",
    "air_temperature": "K",
    "ccpp_error_code": "1",
    "ccpp_error_message": "none",
    "eastward_wind": "m s-1",
    "filename_of_namelist": "none",
    "geopotential_height_wrt_surface": "m",
    "latitude": "degree_north",
    "log_output_unit": "1",
    "longitude": "degree_east",
    "northward_wind": "m s-1",
    "reference_pressure_in_atmosphere_layer": "Pa",
    "surface_air_pressure": "Pa",
    "tendency_of_eastward_wind": "m s-2",
    "tendency_of_northward_wind": "m s-2",
    "timestep_for_physics": "s",
    "vertical_index_at_top_adjacent_layer": "index",
}


@dataclass(frozen=True)
class Argument:
    """An argument, as both sides can say it."""

    name: str
    type: str
    rank: int
    intent: str


def tables():
    """Tables of the .meta: procedure to rows of properties, in their order."""
    found = {}
    text = (EXAMPLE / "gwparam_drag.meta").read_text()
    for table in text.split("[ccpp-arg-table]")[1:]:
        head, *rows = re.split(r"^\[ (\w+) \]$", table, flags=re.MULTILINE)
        found[properties(head)["name"]] = {
            name: properties(row)
            for name, row in zip(rows[::2], rows[1::2], strict=True)
        }
    return found


def properties(text):
    return {
        key.strip(): value.strip()
        for line in text.strip().splitlines()
        for key, _, value in [line.partition(" = ")]
    }


def described(rows):
    def argument(name, row):
        kind, _, detail = row["type"].partition(" | kind = ")
        return Argument(
            name,
            f"{kind}({detail})" if detail else kind,
            len([d for d in row["dimensions"].strip("()").split(",") if d]),
            row["intent"],
        )

    return [argument(name, row) for name, row in rows.items()]


def procedure(name):
    """Text of a procedure, from its head to the last of its dummy arguments."""
    source = (EXAMPLE / "gwparam_drag.f90").read_text()
    source = re.sub(r" &\n\s*&? *", " ", source)
    return re.search(rf"subroutine {name}\((.*?)\)\n(.*?)end sub", source, re.DOTALL)


def declared(name):
    arguments, body = procedure(name).groups()
    rows = re.findall(
        r"^ *([\w()=*]+), intent\((\w+)\) :: (\w+)(\([:,]+\))?", body, re.MULTILINE
    )
    found = {n: Argument(n, t, d.count(":"), i) for t, i, n, d in rows}
    return [found[argument.strip()] for argument in arguments.split(",")]


@pytest.mark.parametrize("phase", ["init", "run", "finalize"])
def test_fortran_and_metadata_say_the_same(phase):
    name = f"gwparam_drag_{phase}"
    assert declared(name) == described(tables()[name])


def test_there_is_a_table_for_each_procedure_that_is_public():
    public = re.search(r"public :: (.*)", (EXAMPLE / "gwparam_drag.f90").read_text())
    assert sorted(public[1].split(", ")) == sorted(tables())


@pytest.mark.parametrize("name", ["gwparam_drag_init", "gwparam_drag_run"])
def test_units_in_the_source_are_those_of_the_metadata(name):
    body = procedure(name)[2]
    reals = [key for key, row in tables()[name].items() if row["type"][:4] == "real"]
    assert reals
    for key in reals:
        comment = re.search(rf":: {key}\b.*?\[(.*?)\]", body)
        assert comment, f"{key} has no unit"
        assert comment[1] == tables()[name][key]["units"]


def test_names_are_published_with_units_of_the_same_kind():
    for rows in tables().values():
        names = [row["standard_name"] for row in rows.values()]
        assert len(set(names)) == len(names)
        for row in rows.values():
            published = PUBLISHED[row["standard_name"]]
            if row["units"] != published:
                # Raises where they are of another dimension; the framework converts.
                unit_conversion(row["units"], published)


def test_dimensions_are_those_of_the_phase():
    for name, rows in tables().items():
        horizontal = HORIZONTAL.get(name.removeprefix("gwparam_drag_"))
        for row in rows.values():
            dimensions = [d for d in row["dimensions"].strip("()").split(", ") if d]
            assert set(dimensions) <= VERTICAL | {horizontal}


def test_the_suite_runs_the_scheme():
    suite = ET.parse(EXAMPLE / "suite_gwparam.xml")
    assert "gwparam_drag" in [scheme.text for scheme in suite.iter("scheme")]


def test_the_cap_passes_what_the_metadata_names():
    cap = re.sub(r" &\n\s*&? *", " ", (EXAMPLE / "suite_cap.f90").read_text())
    for name, rows in tables().items():
        call = re.search(rf"call {name}\((.*?)\)\n", cap)
        passed = dict(item.split("=") for item in call[1].split(", "))
        own = {"errmsg": "errmsg", "errflg": "errflg"}
        assert passed == {k: row["standard_name"] for k, row in rows.items()} | own
