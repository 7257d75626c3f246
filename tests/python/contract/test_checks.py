"""What the checks say; `tests/contract` holds what both readers refuse."""

import re
from dataclasses import replace

import pytest

from gwparam.contract import Field, Flux, Geometry, Output, Vertical, checks
from gwparam.errors import ContractError

WIND = Field("eastward_wind", "m s-1", "full", "float64")
FLUX = Output("flux_u", "Pa m s-2", "full", "float64", "flux")
DRAG = Output("drag_u", "m s-2", "full", "float64", "tendency")
DERIVED = Flux("flux_u", "omega", 1, "drag_u", (1, 3))
HOST = Vertical("host", "top_down", 3, None, 0.1)
PRESSURE = Vertical("pressure", "top_down", 3, None, None, (1e3, 2e4, 9e4), None, None)
PRESSURE = replace(PRESSURE, outside="zero")
HYBRID = replace(HOST, kind="hybrid", nominal_tolerance=None, outside="taper")
HYBRID = replace(HYBRID, a=(100.0, 5e3, 0.0), b=(0.0, 0.3, 1.0))
GLOBE = Geometry("global", None, None, (-30.0, 30.0), (0.0, 120.0, 240.0))


def refused(message):
    return pytest.raises(ContractError, match=f"^{re.escape(message)}$")


@pytest.mark.parametrize("vertical", [HOST, PRESSURE, HYBRID], ids=lambda v: v.kind)
def test_levels_of_every_kind_are_taken(vertical):
    checks.check_vertical(vertical)


@pytest.mark.parametrize(
    ("vertical", "message"),
    [
        (replace(HOST, nlev=0), "vertical.nlev is 0, expected 1 to 100000"),
        (replace(HOST, nlev=100_001), "vertical.nlev is 100001, expected 1 to 100000"),
        (
            replace(HOST, nominal_tolerance=None),
            "vertical.nominal_tolerance is missing, expected with kind host",
        ),
        (
            replace(HOST, nominal_tolerance=-0.5),
            "vertical.nominal_tolerance is -0.5, expected at least 0 and below 1",
        ),
        (replace(HOST, outside="zero"), "vertical.outside is no key of kind host"),
        (
            replace(PRESSURE, pressure=(1e3, 9e4)),
            "vertical.pressure has 2 values, expected 3",
        ),
        (
            replace(PRESSURE, order="bottom_up"),
            "vertical.pressure is not positive and monotonic, bottom_up",
        ),
        (
            replace(PRESSURE, half_pressure=(5e2, 1e4, 5e4, 1e5)),
            "vertical.half_pressure is given, expected null: half levels are reserved",
        ),
        (replace(HYBRID, b=(0.0, 1.0)), "vertical.b has 2 values, expected 3"),
        (
            replace(HYBRID, b=(0.0, 1.0, 0.5)),
            "vertical.a + b * 100000 Pa is not positive and monotonic, top_down",
        ),
    ],
)
def test_levels_that_contradict_themselves_are_refused(vertical, message):
    with refused(message):
        checks.check_vertical(vertical)


@pytest.mark.parametrize(
    ("geometry", "message"),
    [
        (
            Geometry("stencil", 3, "edge"),
            "geometry.radius is 3, expected 1 or 2",
        ),
        (
            Geometry("stencil", 1),
            "geometry.poles is missing, expected with kind stencil",
        ),
        (Geometry("column", 1), "geometry.radius is no key of kind column"),
        (
            replace(GLOBE, latitude=(-30.0, 30.0, 10.0)),
            "geometry.latitude is not monotonic within -90 to 90 degrees",
        ),
        (
            replace(GLOBE, latitude=(-30.0, 90.5)),
            "geometry.latitude is not monotonic within -90 to 90 degrees",
        ),
        (
            replace(GLOBE, longitude=(-180.0, 0.0, 180.0)),
            "geometry.longitude goes round the globe more than once",
        ),
    ],
)
def test_geometry_that_contradicts_itself_is_refused(geometry, message):
    with refused(message):
        checks.check_geometry(geometry)


def test_axes_may_descend():
    checks.check_geometry(replace(GLOBE, latitude=(90.0, 0.0, -90.0)))


@pytest.mark.parametrize(
    ("inputs", "outputs", "message"),
    [
        ([], [DRAG], "inputs has no field, expected at least 1"),
        ([WIND], [], "outputs has no field, expected at least 1"),
        (
            [WIND, replace(WIND, name="a b")],
            [DRAG],
            'inputs[1].name is "a b", expected a name without blanks',
        ),
        (
            [WIND],
            [replace(DRAG, units="")],
            'outputs[0].units is "", expected units, 1 for a pure number',
        ),
        (
            [replace(WIND, levels="half")],
            [DRAG],
            "inputs[0].levels is half, which is reserved, expected full, surface",
        ),
        (
            [WIND],
            [DRAG, FLUX, DRAG],
            "outputs[2].name is drag_u again, expected distinct ones",
        ),
        (
            [WIND],
            [DRAG, replace(FLUX, name=WIND.name)],
            "outputs[1].name is eastward_wind, expected another name than an input's",
        ),
        (
            [WIND],
            [replace(DRAG, levels="surface")],
            "outputs[0].levels is surface, expected full of a tendency",
        ),
    ],
)
def test_fields_that_contradict_each_other_are_refused(inputs, outputs, message):
    with refused(message):
        checks.check_fields(inputs, outputs)


@pytest.mark.parametrize("levels", [None, (0, 3), (2, 3)])
def test_flux_becomes_a_tendency(levels):
    checks.check_flux([replace(DERIVED, given_levels=levels)], [FLUX], HOST)


@pytest.mark.parametrize(
    ("fluxes", "outputs", "message"),
    [
        ([DERIVED], [DRAG], "flux[0].name is flux_u, expected an output of kind flux"),
        (
            [replace(DERIVED, quantity="height")],
            [DRAG, FLUX],
            "outputs[1].units is Pa m s-2, expected Pa of a flux of quantity height",
        ),
        (
            [replace(DERIVED, given_levels=(1, 4))],
            [FLUX],
            "flux[0].given_levels is [1, 4], expected two of 0 to 3, ascending",
        ),
        (
            [replace(DERIVED, given_levels=(2, 2))],
            [FLUX],
            "flux[0].given_levels is [2, 2], expected two of 0 to 3, ascending",
        ),
        (
            [DERIVED, replace(DERIVED, tendency="other")],
            [FLUX],
            "flux[1].name is flux_u again, expected distinct ones",
        ),
        ([], [DRAG, FLUX], "outputs[1].kind is flux, expected an entry of flux for it"),
    ],
)
def test_flux_that_becomes_no_tendency_is_refused(fluxes, outputs, message):
    with refused(message):
        checks.check_flux(fluxes, outputs, HOST)


def test_host_can_tell_what_it_gets():
    checks.check_host_names([WIND], [FLUX], [DERIVED])
    with refused("flux[0].tendency is drag_u, expected another name than a field's"):
        checks.check_host_names([WIND], [FLUX, DRAG], [DERIVED])
    half = replace(WIND, name="flux_u_at_half_levels")
    with refused("flux[0].name is flux_u, expected no field with _at_half_levels too"):
        checks.check_host_names([half], [FLUX], [DERIVED])


@pytest.mark.parametrize(
    ("field", "message"),
    [
        (
            Field("air_pressure_at_half_levels", "Pa", "full", "float64"),
            "inputs[1].name is air_pressure_at_half_levels, "
            "expected a field at full levels",
        ),
        (
            Field("air_pressure", "Pa", "surface", "float64"),
            "inputs[1].levels is surface, expected full of air_pressure",
        ),
        (
            Field("air_pressure", "hPa", "full", "float64"),
            "inputs[1].units is hPa, expected Pa of air_pressure",
        ),
    ],
)
def test_pressure_is_what_the_library_gives(field, message):
    checks.check_pressure_fields([WIND, replace(WIND, name="air_pressure", units="Pa")])
    with refused(message):
        checks.check_pressure_fields([WIND, field])


@pytest.mark.parametrize(
    ("columns", "geometry", "message"),
    [
        (0, Geometry("column"), "probe.columns is 0, expected 1 to 100000000"),
        (7, GLOBE, "probe.columns is 7, expected one image of 6"),
    ],
)
def test_probe_of_another_size_is_refused(columns, geometry, message):
    checks.check_probe_columns(6, geometry)
    with refused(message):
        checks.check_probe_columns(columns, geometry)
