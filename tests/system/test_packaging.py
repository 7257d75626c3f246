"""The recipes of package managers say what pyproject.toml and meson.options say."""

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from hosts import PROJECT

FOLDER = PROJECT / "packaging"
SPACK = FOLDER / "spack" / "packages" / "gwparam" / "package.py"
RECIPE = FOLDER / "conda" / "recipe.yaml"
CONDA_NAMES = {"cf-xarray": "cf_xarray", "matplotlib": "matplotlib-base"}


def version() -> str:
    found = re.search(r"version: '(.*)'", (PROJECT / "meson.build").read_text())
    assert found
    return found[1]


def options() -> set[str]:
    text = (PROJECT / "meson.options").read_text()
    return set(re.findall(r"^option\('(\w+)'", text, re.MULTILINE))


@pytest.fixture(scope="module")
def recipe() -> dict:
    return yaml.safe_load(RECIPE.read_text())


@pytest.fixture(scope="module")
def required() -> set[str]:
    """What the Python package needs, as conda says it: ``name >=version``."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    pairs = [re.fullmatch(r"([\w-]+)(.*)", line) for line in project["dependencies"]]
    names = {pair[1].lower(): pair[2] for pair in pairs if pair}
    assert len(names) == len(project["dependencies"])
    return {f"{CONDA_NAMES.get(name, name)} {at}" for name, at in names.items()}


def imported() -> set[str]:
    """Modules at the top that the Python files import, wherever they do."""
    found = set()
    for path in (PROJECT / "gwparam").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                found.update(alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.split(".")[0])
    return found - sys.stdlib_module_names - {"gwparam"}


def test_what_is_imported_is_required() -> None:
    """What another package brings along may one day not come."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    extras = project["optional-dependencies"]
    lines = [
        *project["dependencies"],
        *(x for k in extras if k != "test" for x in extras[k]),
    ]
    named = {re.match(r"[\w-]+", line)[0].lower() for line in lines}
    givers = packages_distributions()

    names = imported()

    assert {"numpy", "matplotlib", "torch"} <= names
    for name in names:
        known = {giver.lower().replace("_", "-") for giver in givers.get(name, [name])}
        assert known & named, f"{name} of {known} is imported, and not required"


def test_conda_has_the_version(recipe: dict) -> None:
    assert recipe["context"]["version"] == version()


def test_conda_needs_at_run_time_what_the_package_needs(
    recipe: dict, required: set[str]
) -> None:
    listed = {entry for entry in recipe["requirements"]["run"] if type(entry) is str}
    assert required <= listed
    assert listed - required == {"python >=3.11", "netcdf-fortran"}


@pytest.mark.parametrize("path", [RECIPE, SPACK])
def test_options_of_the_build_are_those_of_meson(path: Path) -> None:
    asked = set(re.findall(r"-D(\w+)=", path.read_text()))
    assert asked
    assert asked <= options()


def test_conda_recipe_renders_with_every_mpi_and_python() -> None:
    rattler_build = pytest.importorskip("rattler_build")
    recipe = rattler_build.Stage0Recipe.from_file(RECIPE)
    variants = rattler_build.VariantConfig.from_file(FOLDER / "conda" / "variants.yaml")
    builds = [one.recipe.to_dict()["build"] for one in recipe.render(variants)]
    names = {build["string"].rsplit("_h", 1)[0] for build in builds}
    assert {"mpi_nompi_py311", "mpi_openmpi_py313", "mpi_mpich_py312"} <= names
    assert len(names) == len(builds) == 9


def calls(name: str) -> list[ast.Call]:
    """Directives of Spack's recipe of that name."""
    tree = ast.parse(SPACK.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return [n for n in found if isinstance(n.func, ast.Name) and n.func.id == name]


def test_spack_has_the_version() -> None:
    assert [call.args[0].value for call in calls("version")] == [version()]


def test_spack_takes_a_checkout_and_nothing_else() -> None:
    """What is fetched would need an address and a checksum."""
    text = SPACK.read_text()
    assert "spack develop" in text
    assert "url" not in text
    assert "import os" not in text


def test_spack_has_each_part_of_the_build_as_a_variant() -> None:
    variants = {call.args[0].value for call in calls("variant")}
    assert variants < options()
    parts = re.search(r"for part in (\(.*\))", SPACK.read_text())
    assert parts
    assert set(ast.literal_eval(parts[1])) == variants


def test_spack_imports_the_directives_that_it_calls() -> None:
    tree = ast.parse(SPACK.read_text())
    imported = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "spack.package"
        for alias in node.names
    }
    (recipe,) = (node for node in tree.body if isinstance(node, ast.ClassDef))
    called = {
        node.value.func.id
        for node in recipe.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    }
    assert imported == called
