"""A file that masks values, read by netCDF4 and handed to the library from Python."""

import re

import netCDF4
import numpy as np
import pytest

import gwparam
from gwparam.errors import NonFiniteError
from gwparam.export import export_model

WINDS = {"eastward_wind": "u", "northward_wind": "v"}


def test_masked_values_of_a_file_are_refused(reference_data, tmp_path) -> None:
    path = reference_data / "cases" / "states" / "masked_u.nc"
    if not path.is_file():
        pytest.skip(f"case absent: {path}")
    export_model(reference_data / "wavenet" / "network_wst.pkl", tmp_path / "w.pt")
    scheme = gwparam.load_scheme(tmp_path / "w.pt")
    with netCDF4.Dataset(path) as file:
        scheme.set_levels(100.0 * file["lev"][:])
        latitude = np.ma.repeat(file["lat"][:][:, None], len(file["lon"]), axis=1)
        fields = {
            name: np.moveaxis(file[variable][1], 0, -1)
            for name, variable in WINDS.items()
        }
        fields |= {"surface_air_pressure": file["ps"][1], "latitude": latitude}
    masked = fields["eastward_wind"]
    where = ", ".join(str(i + 1) for i in np.argwhere(masked.mask)[0])

    with pytest.raises(NonFiniteError, match=re.escape(f"is masked at ({where})")):
        scheme.predict(fields)

    drag = scheme.predict(fields | {"eastward_wind": masked.filled(5.0)})
    assert all(np.isfinite(values).all() for values in drag.values())
