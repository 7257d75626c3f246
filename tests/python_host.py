"""A host in Python, as the text of a program that another Python runs."""

STEP = """
import sys, netCDF4, numpy, gwparam
scheme = gwparam.load_scheme(sys.argv[1])
with netCDF4.Dataset(sys.argv[2]) as file:
    file.set_auto_mask(False)
    shape = len(file["lev"]), -1
    scheme.set_levels(100 * file["lev"][:])
    fields = dict(
        eastward_wind=file["u"][0].reshape(shape).T,
        northward_wind=file["v"][0].reshape(shape).T,
        surface_air_pressure=file["ps"][0].reshape(-1),
        latitude=numpy.repeat(file["lat"][:], len(file["lon"])),
    )
drag = scheme.predict(fields)
print(max(float(abs(values).max()) for values in drag.values()))
"""
"""A step on the first time of states; prints the largest drag [m s-2].

Its arguments are an artefact and a file of states.
"""
