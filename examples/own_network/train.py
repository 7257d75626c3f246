"""Train one of the networks on states with a native drag, as one would without gwparam.

    python train.py Drag states.nc drag.safetensors

`gwparam make-states --teacher ad99 --columns 8000 -o states.nc` makes such states.
"""

import sys

import networks
import numpy as np
import torch
import xarray as xr
from safetensors.torch import save_file
from torch import Tensor, nn

EPOCHS, BATCH = 15, 256


def rows(states: xr.Dataset, name: str) -> Tensor:
    """Read a field as (column, level), or (column,)."""
    field = states[name].transpose("time", "lat", "lon", ...).values
    return torch.from_numpy(np.ascontiguousarray(field)).float().flatten(0, 2)


def diffusivity(u: Tensor, v: Tensor, z: Tensor) -> Tensor:
    """Make of the shear what a mixing length of 30 m does [m2 s-1]."""
    shear = torch.hypot(u.diff(dim=1), v.diff(dim=1)) / z.diff(dim=1).abs()
    return 30.0**2 * nn.functional.pad(shear, (0, 1))


def samples(name: str, states: xr.Dataset) -> tuple[list[Tensor], list[Tensor]]:
    """Give what a network takes, and what it shall give."""
    u, v, t, z, ps = (rows(states, n) for n in ("u", "v", "temp", "zfull", "ps"))
    drag = [rows(states, n) for n in ("gwfcng_x", "gwfcng_y")]
    latitude = rows(states, "lat" if "time" in states.lat.dims else "latitude")
    if name == "Closure":
        depth = 500.0 + 30.0 * torch.hypot(u[:, -1], v[:, -1])
        given = torch.cat((u, v, t, ps[:, None]), dim=1)
        wanted = torch.cat((diffusivity(u, v, z), depth[:, None]), dim=1)
        return [given], [wanted]
    return [u, v, t] if name == "Drag" else [u, v, t, ps, latitude], drag


def main() -> None:
    """Train, and write the weights."""
    name, source, target = sys.argv[1:]
    torch.manual_seed(0)
    network = getattr(networks, name)()
    with xr.open_dataset(source, decode_times=False) as states:
        shape = xr.DataArray(np.ones(states.ps.shape), dims=states.ps.dims)
        given, wanted = samples(name, states.assign(latitude=states.lat * shape))
    spread = [values.std(dim=0) for values in wanted]
    spread = [s.clamp(min=1e-3 * float(s.max())) for s in spread]  # of what is constant
    if hasattr(network, "scale"):
        network.scale.copy_(torch.stack(spread).mean(dim=0))
    optimizer = torch.optim.Adam(network.parameters(), 2e-3)
    for epoch in range(EPOCHS):
        total = 0.0
        for at in torch.randperm(len(given[0])).split(BATCH):
            found = network(*(values[at] for values in given))
            found = found if isinstance(found, tuple) else (found,)
            pairs = zip(found, wanted, spread, strict=True)
            loss = sum(((f - w[at]) / s).square().mean() for f, w, s in pairs)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            total += float(loss) * len(at)
        print(f"epoch {epoch + 1}: loss {total / len(given[0]):.3f}")
    save_file(network.state_dict(), target)


if __name__ == "__main__":
    main()
