"""The three languages agree, and the library exports what its header declares."""

import re
import subprocess
from importlib import resources
from pathlib import Path

import cffi
import pytest

import gwparam
from gwparam import constants as python
from gwparam import errors
from gwparam.scheme import Statistics

PROJECT = Path(__file__).parents[2]
PACKAGE = resources.files("gwparam")
FORTRAN = PROJECT / "fortran_bridge" / "fortran"


@pytest.fixture(scope="module")
def declarations() -> str:
    return (PACKAGE / "include" / "gwparam.cdef").read_text()


@pytest.fixture(scope="module")
def constants(declarations: str) -> dict[str, int]:
    pairs = re.findall(r"\b(GWPARAM_\w+) = (-?\d+)", declarations)
    return {name.removeprefix("GWPARAM_"): int(value) for name, value in pairs}


def fortran_parameters(file: str) -> dict[str, int]:
    text = (FORTRAN / file).read_text()
    pairs = re.findall(r"\bgwparam_(\w+) = (-?\d+)", text)
    return {name.upper(): int(value) for name, value in pairs}


def test_python_has_the_statuses_of_the_header(constants: dict[str, int]) -> None:
    statuses = {k: v for k, v in constants.items() if k == "OK" or k[:4] == "ERR_"}
    assert {s.name: s.value for s in errors.Status} == statuses


def test_fortran_has_the_statuses_of_the_header(constants: dict[str, int]) -> None:
    statuses = {k: v for k, v in constants.items() if k == "OK" or k[:4] == "ERR_"}
    assert fortran_parameters("gwparam_status.f90") == statuses


@pytest.mark.parametrize(
    ("file", "prefixes"),
    [
        (
            "gwparam_options.f90",
            ("COMPILED", "DEVICE", "GRAPHS", "GUARD", "MEMBERS", "PRECISION"),
        ),
        (
            "gwparam_scheme.f90",
            (
                *("TOP_DOWN", "BOTTOM_UP", "COLUMN", "STENCIL", "GLOBAL"),
                *("INPUT", "OUTPUT", "PENDING"),
            ),
        ),
    ],
)
def test_fortran_has_the_choices_of_the_header(
    constants: dict[str, int], file: str, prefixes: tuple[str, ...]
) -> None:
    expected = {k: v for k, v in constants.items() if k.startswith(prefixes)}
    assert fortran_parameters(file) == expected


def test_versions_are_the_same_everywhere() -> None:
    header = (PACKAGE / "include" / "gwparam.h").read_text()
    parts = re.findall(r"^#define GWPARAM_VERSION_\w+ (\d+)$", header, re.MULTILINE)
    assert ".".join(parts) == gwparam.__version__
    fortran = fortran_parameters("gwparam_versions.f90")
    assert [fortran["VERSION_MAJOR"], fortran["VERSION_MINOR"]] == [
        int(part) for part in parts[:2]
    ]


def test_cpp_has_the_constants_of_python() -> None:
    text = (PROJECT / "fortran_bridge/src/base/constants.hpp").read_text()
    found = dict(re.findall(r"^constexpr \S+ (\w+) = (\S+);", text, re.MULTILINE))
    assert {name: float(value) for name, value in found.items()} == {
        "standard_gravity": python.STANDARD_GRAVITY,
        "reference_surface_pressure": python.REFERENCE_SURFACE_PRESSURE,
        "default_chunk_columns": python.CHUNK_COLUMNS,
    }


@pytest.mark.parametrize(
    ("file", "name", "value"),
    [
        ("alexander_dunkerton_column.f90", "gravity", python.MIMA_GRAVITY),
        ("alexander_dunkerton_column.f90", "gas_constant", python.GAS_CONSTANT),
    ],
)
def test_fortran_has_the_constants_of_python(
    file: str, name: str, value: float
) -> None:
    text = (FORTRAN / file).read_text()
    found = re.findall(rf"parameter :: {name} = ([0-9.]+)_dp", text)
    assert [float(number) for number in found] == [value]


def test_names_that_have_a_meaning_are_the_same_everywhere() -> None:
    cpp = (PROJECT / "fortran_bridge/src/artefact/contract.hpp").read_text()
    found = dict(re.findall(r'^constexpr const char \*(\w+) = "(\w+)";', cpp, re.M))
    assert found == {
        "full_pressure_name": python.PRESSURE,
        "half_pressure_name": python.HALF_PRESSURE,
        "half_levels_suffix": python.HALF_LEVELS,
        "expected_error_name": python.EXPECTED_ERROR,
    }
    fortran = (FORTRAN / "coupling/gwparam_coupling.f90").read_text()
    named = re.findall(r'parameter :: (?:half_levels|error_name) = "(\w+)"', fortran)
    assert named == [python.HALF_LEVELS, python.EXPECTED_ERROR]


def test_gravity_is_documented_as_it_is() -> None:
    documented = (PROJECT / "docs/contract.md").read_text()
    assert f"g = {python.STANDARD_GRAVITY} m s-2" in documented


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("include/gwparam.h", "a multiple of 16; 0: {}."),
        ("fortran/gwparam_options.f90", "a multiple of 16; 0: {}\n"),
        ("../gwparam/library.py", "a multiple of 16; 0: {}."),
    ],
)
def test_columns_of_a_pass_are_documented_as_they_are(file: str, text: str) -> None:
    documented = (PROJECT / "fortran_bridge" / file).read_text()
    assert text.format(python.CHUNK_COLUMNS) in documented


@pytest.mark.parametrize(
    ("ours", "theirs", "name"),
    [
        ("checks.py", "contract_levels.cpp", "max_levels"),
        ("checks.py", "contract_reader.cpp", "max_probe_columns"),
        ("typed_json.py", "json_value.hpp", "max_depth"),
        ("document.py", "contract_reader.cpp", "contract_version"),
        ("reserved.py", "contract_reserved.cpp", "max_members"),
    ],
)
def test_readers_have_the_same_bounds(ours: str, theirs: str, name: str) -> None:
    mine = (PROJECT / "gwparam/contract" / ours).read_text()
    cpp = (PROJECT / "fortran_bridge/src/artefact" / theirs).read_text()
    found = re.findall(rf"^{name.upper()} = ([0-9_]+)$", mine, re.MULTILINE)
    expected = re.findall(rf"constexpr \S+ {name} = ([0-9]+);", cpp)
    assert [int(n) for n in found] == [int(n) for n in expected]
    assert len(found) == 1


def test_every_status_but_ok_has_its_exception() -> None:
    for status in errors.Status:
        if status != errors.Status.OK:
            assert errors.error_class(status).status == status


@pytest.mark.parametrize(
    ("name", "headers"),
    [
        (
            "gwparam",
            (
                "gwparam.h",
                "gwparam_column_program.h",
                "gwparam_drag.h",
                "gwparam_transport.h",
            ),
        ),
        ("gwparam_mpi", ("gwparam_mpi.h",)),
    ],
)
def test_library_exports_what_its_headers_declare(
    name: str, headers: tuple[str, ...]
) -> None:
    library = PACKAGE / "lib" / f"lib{name}.so"
    if not library.is_file():
        pytest.skip(f"{library} absent: built without MPI")
    declared = {
        function
        for header in headers
        for function in re.findall(
            r"^GWPARAM_(?:API|EXPORT) gwparam_status\s+(gwparam_\w+)\(",
            (PACKAGE / "include" / header).read_text(),
            re.MULTILINE,
        )
    }
    symbols = subprocess.run(
        ["nm", "-D", "--defined-only", str(library)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    exported = {s for s in symbols if s.startswith("gwparam_")}
    assert exported == declared


def test_library_does_without_mpi() -> None:
    library = PACKAGE / "lib" / "libgwparam.so"
    needed = subprocess.run(
        ["readelf", "-d", str(library)], capture_output=True, text=True, check=True
    ).stdout
    assert "libmpi" not in needed


def test_nothing_but_the_plugin_needs_torch() -> None:
    def needed(library: Path) -> set[str]:
        text = subprocess.run(
            ["ldd", str(library)], capture_output=True, text=True, check=True
        ).stdout
        return set(re.findall(r"\blib(torch|c10|python|gomp)", text))

    libraries = {
        path.name: needed(path)
        for path in (PACKAGE / "lib").iterdir()
        if path.name.endswith(".so")
    }
    assert "torch" in libraries.pop("libgwparam_torch.so")
    assert set().union(*libraries.values()) == set()


def test_library_exports_no_function_of_its_own_beside(declarations: str) -> None:
    library = PACKAGE / "lib" / "libgwparam.so"
    symbols = subprocess.run(
        ["nm", "-DC", "--defined-only", str(library)],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert not [line for line in symbols.splitlines() if " T gwparam::" in line]


def test_fortran_keeps_no_lengths_of_texts_in_static_memory() -> None:
    """What threads that call side by side would overwrite (gwparam_status.f90)."""
    library = PACKAGE / "lib" / "libgwparam_fortran.so"
    symbols = subprocess.run(
        ["nm", str(library)], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "gwparam_scheme_load" in symbols  # local symbols are there
    assert not [symbol for symbol in symbols if symbol.startswith("slen")]


def test_fortran_binds_every_function_of_the_header(declarations: str) -> None:
    declared = set(re.findall(r"\b(gwparam_\w+)\(", declarations))
    # A host measures no processor: tools do. Only the export runs a bare program.
    declared -= {"gwparam_column_program_run", "gwparam_multiply_add"}
    # The old name of gwparam_scheme_synchronise.
    declared.remove("gwparam_scheme_settle")
    text = (FORTRAN / "gwparam_c_api.f90").read_text()
    assert set(re.findall(r'name="(\w+)"', text)) == declared


def test_header_has_the_layout_that_fortran_writes(declarations: str) -> None:
    """Sizes of the structs as gwparam_c_api.f90 spells them, without padding."""
    ffi = cffi.FFI()
    ffi.cdef(declarations)
    assert ffi.sizeof("gwparam_array") == 8 + 4 + 4 + 4 * 8 + 4 * 8
    assert ffi.sizeof("gwparam_options") == (
        6 * 4 + 8 + 16 + 4 * 4 + 8 + 2 * 4 + 72 + 5 * 8 + 2 * 4 + 8 + 2 * 4
    )
    assert ffi.sizeof("gwparam_statistics") == (
        2 * 4 + 5 * 8 + 2 * 4 + 7 * 8 + 2 * 4 + 8 + 2 * 4 + 5 * 8 + 2 * 4
    )
    place = 5 * 8 + 8 + 2 * 4 + 96 + 24 + 40
    assert ffi.sizeof("gwparam_place") == place
    assert ffi.sizeof("gwparam_guard_report") == 2 * 4 + 32 + 2 * 8 + place


def test_python_has_the_counters_of_the_header(declarations: str) -> None:
    ffi = cffi.FFI()
    ffi.cdef(declarations)
    names = [name for name, _ in ffi.typeof("gwparam_statistics").fields]
    assert names[0] == "struct_size"
    assert set(Statistics._fields) == set(names[1:]) - {"reserved1"}


def test_every_function_on_a_scheme_is_tried_while_another_is_under_way() -> None:
    """The table of tests/cpp/api/test_busy.c holds all of the headers."""
    headers = (PROJECT / "fortran_bridge" / "include").glob("*.h")
    text = "\n".join(path.read_text() for path in headers)
    on_a_scheme = r"\b(gwparam_\w+)\(\s*(?:const )?gwparam_scheme \*scheme\b"
    declared = set(re.findall(on_a_scheme, text))
    table = (PROJECT / "tests" / "cpp" / "api" / "test_busy.c").read_text()
    assert set(re.findall(r"X\((gwparam_\w+),", table)) == declared
