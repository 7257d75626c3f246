"""What has one meaning; `tests/abi/test_sync.py` compares the other languages'."""

STANDARD_GRAVITY = 9.80665
"""Turns fluxes per pressure into accelerations [m s-2]; MiMA's own is another."""
MIMA_GRAVITY = 9.80
"""That of MiMA and of its gravity-wave drag [m s-2]."""
GAS_CONSTANT = 287.04
"""Of dry air, as in MiMA [J kg-1 K-1]."""
EARTH_RADIUS = 6.371e6
"""Of the sphere that stands for the Earth [m]."""
SEA_LEVEL_PRESSURE = 101325.0
"""Of the standard atmosphere; MiMA's nominal levels are for it at the surface [Pa]."""
REFERENCE_SURFACE_PRESSURE = 1.0e5
"""Surface pressure [Pa] that stands for all where only the order of levels matters."""
CHUNK_COLUMNS = 256
"""Columns of one forward pass of the library, unless the host says otherwise."""
MAXIMUM_TENDENCY = 0.01
"""Largest credible drag [m s-2] unless the user knows better: 15 times the largest
(6.5e-4) of the Alexander-Dunkerton scheme in global T42L40 states of MiMA."""
NOMINAL_TOLERANCE = 0.1
"""Relative difference to the nominal pressures up to which levels count as the same."""
KAPPA = 2.0 / 7.0
"""Gas constant of dry air over its heat capacity at constant pressure [1]."""
POTENTIAL_PRESSURE = 1.0e5
"""Pressure that potential temperature refers to [Pa]."""
SURFACE_NAMES = ("latitude", "longitude", "surface_altitude")
"""Fields of the first channels of published training files."""
HALF_LEVELS = "_at_half_levels"
"""What the host's name of a flux at its half levels ends in."""
EXPECTED_ERROR = "expected_error"
"""Output in which a network says how wrong it expects to be, one value a column [1]."""
PRESSURE = "air_pressure"
"""Name of the pressure at full levels."""
HALF_PRESSURE = PRESSURE + HALF_LEVELS
"""Name of the pressure at the half levels."""
