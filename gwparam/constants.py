"""Numbers with one meaning; `tests/abi/test_sync.py` compares the other languages'."""

STANDARD_GRAVITY = 9.80665
"""Turns fluxes per pressure into accelerations [m s-2]; MiMA's own is another."""
MIMA_GRAVITY = 9.80
"""That of MiMA and of its gravity-wave drag [m s-2]."""
REFERENCE_SURFACE_PRESSURE = 1.0e5
"""Surface pressure [Pa] that stands for all where only the order of levels matters."""
CHUNK_COLUMNS = 256
"""Columns of one forward pass of the library, unless the host says otherwise."""
MAXIMUM_TENDENCY = 0.01
"""Largest credible drag [m s-2] unless the user knows better: 15 times the largest
(6.5e-4) of the Alexander-Dunkerton scheme in global T42L40 states of MiMA."""
NOMINAL_TOLERANCE = 0.1
"""Relative difference to the nominal pressures up to which levels count as the same."""
