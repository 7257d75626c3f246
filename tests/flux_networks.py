"""Networks with fluxes and levels of their own: of a column, neighbours, the globe."""

import artefacts
import numpy as np
import torch
from artefacts import DUDT, DVDT

from gwparam.grids import gaussian_latitudes

FLUXES = ("eastward_flux", "northward_flux")
PRESSURE = (2e3, 1e4, 3e4, 6e4, 9e4)
NLEV = len(PRESSURE)
LATITUDE, LONGITUDE = gaussian_latitudes(6), np.arange(10) * 36.0 + 7.0


class Columns(torch.nn.Module):
    """Fluxes from the wind in a column; the two differ in every factor."""

    def forward(self, u, v, ps, lat):
        scale = 1e-7 * (1 + lat.unsqueeze(1) / 90)
        return scale * ps.unsqueeze(1) * u, -2e2 * scale * v


class Stencil(torch.nn.Module):
    """Fluxes from the neighbours in the east, the south and the north-west."""

    def forward(self, u, v, ps, lat):
        east = u[:, :, 1, 2] - 0.5 * u[:, :, 0, 1]
        return 1e-7 * ps[:, 1, 1].unsqueeze(1) * east, -2e-5 * v[:, :, 2, 0]


class Globe(torch.nn.Module):
    """Fluxes from the neighbour in the east and the mean over the row."""

    def forward(self, u, v, ps, lat):
        east = torch.roll(u, -1, dims=2)
        return 1e-7 * ps * east, -2e-5 * (v - v.mean(dim=2, keepdim=True)) * lat


GEOMETRIES = {
    "column": (Columns(), {"kind": "column"}, ()),
    "stencil": (Stencil(), {"kind": "stencil", "radius": 1, "poles": "edge"}, (3, 3)),
    "global": (
        Globe(),
        {
            "kind": "global",
            "latitude": LATITUDE.tolist(),
            "longitude": LONGITUDE.tolist(),
        },
        (LATITUDE.size, LONGITUDE.size),
    ),
}


def write_flux_artefact(path, kind, maximum_magnitude=1.0):
    """Write one of a geometry: u'omega' of the one wind, -rho v'w' of the other."""
    network, geometry, around = GEOMETRIES[kind]
    columns = () if kind == "global" else (3,)
    document = artefacts.contract()
    document["geometry"] = geometry
    document["vertical"] = {
        "kind": "pressure",
        "order": "bottom_up",
        "nlev": NLEV,
        "pressure": PRESSURE[::-1],
        "outside": "taper",
    }
    document["training_range"] = []
    document["outputs"][0] |= {
        "name": FLUXES[0],
        "units": "Pa m s-2",
        "kind": "flux",
    }
    document["outputs"][1] |= {"name": FLUXES[1], "units": "Pa", "kind": "flux"}
    document["flux"] = [
        {"name": FLUXES[1], "quantity": "height", "sign": -1, "tendency": DVDT},
        {"name": FLUXES[0], "quantity": "omega", "sign": 1, "tendency": DUDT},
    ]
    for limit in document["limits"]:
        limit["maximum_magnitude"] = maximum_magnitude
    if kind == "global":
        document["probe"]["columns"] = LATITUDE.size * LONGITUDE.size
    random = torch.Generator().manual_seed(4)
    inputs = [
        torch.randn(*columns, *levels, *around, generator=random).double()
        for levels in ((NLEV,), (NLEV,), (), ())
    ]
    artefacts.write(path, network, document, inputs=inputs)
    return path
