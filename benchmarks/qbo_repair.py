"""Repair networks that were trained on 18 months, by ensemble Kalman inversion.

    python benchmarks/qbo_repair.py --network tanh --folder repair

Runs the testbed for 12 years and 18 months, trains a small perceptron on the months,
exports it, writes the statistics of the spectrum, and runs ``gwparam calibrate`` on its
first and last layer. All of it takes minutes; docs/qbo/calibrate.md has the results.
"""

import argparse
import json
import subprocess
from pathlib import Path

import torch
from torch import Tensor, nn

import gwparam
from gwparam.qbo.batch import Stepper
from gwparam.qbo.forcing import draw_forcing
from gwparam.qbo.testbed import DAYS_A_MONTH, DAYS_A_YEAR, SPINUP_YEARS, Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
BATCH = 128
RATE = 3e-3
NETWORKS = {
    # width, function, noise on inputs, mirrored winds too, steps
    "tanh": (64, nn.Tanh, 0.1, False, 1000),
    "mirrored": (128, nn.SiLU, 0.1, True, 1500),
    "silu": (64, nn.SiLU, 0.1, False, 1000),
}
"""Perceptrons of two hidden layers; noise is in standard deviations."""


class Net(nn.Module):
    """Wind, F_s and c_w to drag, in physical units."""

    def __init__(
        self, mean: Tensor, deviation: Tensor, scale: Tensor, width: int, function: type
    ) -> None:
        super().__init__()
        for name, value in (("mean", mean), ("deviation", deviation), ("scale", scale)):
            self.register_buffer(name, value)
        self.layers = nn.Sequential(
            nn.Linear(len(mean), width),
            function(),
            nn.Linear(width, width),
            function(),
            nn.Linear(width, len(scale)),
        )

    def forward(self, wind: Tensor, flux: Tensor, width: Tensor) -> Tensor:
        """Wind (columns, level) [m s-1], F_s [Pa] and c_w [m s-1] (columns,)."""
        sources = flux.unsqueeze(1), width.unsqueeze(1)
        inputs = torch.cat((wind, *sources), dim=1)
        return self.scale * self.layers((inputs - self.mean) / self.deviation)


def months_of_testbed(months: int, seed: int) -> dict[str, Tensor]:
    """Wind, drag and source of each day after the spin-up."""
    testbed, waves = Testbed(), spectrum()
    first = SPINUP_YEARS * DAYS_A_YEAR
    forcing = draw_forcing(first + months * DAYS_A_MONTH, seed)
    flux = torch.from_numpy(forcing.source_flux)
    width = torch.from_numpy(forcing.spectral_width)
    amplitudes = spectrum_amplitudes(waves, flux, width)
    drag, found = WaveDrag(testbed, waves), []

    def of_day(wind: Tensor, day: int) -> Tensor:
        found.append(drag(wind, amplitudes[day : day + 1]))
        return found[-1]

    start = torch.from_numpy(testbed.initial_wind).unsqueeze(0)
    with torch.inference_mode():
        winds = Stepper(testbed).run(start, of_day, len(forcing))[:-1, 0]
    every = (winds, torch.cat(found), flux[:-1], width[:-1])
    names = ("wind", "drag", "flux", "width")
    return {n: v[first:].float().clone() for n, v in zip(names, every, strict=True)}


def train(data: dict[str, Tensor], name: str, seed: int) -> Net:
    width, function, noise, mirrored, steps = NETWORKS[name]
    torch.manual_seed(seed)
    wind, drag, *sources = data.values()
    inputs = torch.cat((wind, *(s.unsqueeze(1) for s in sources)), dim=1)
    if mirrored:
        turned = torch.cat((-wind, inputs[:, wind.size(1) :]), dim=1)
        inputs, drag = torch.cat((inputs, turned)), torch.cat((drag, -drag))
    mean, deviation = inputs.mean(dim=0), inputs.std(dim=0)
    mean[: wind.size(1)], deviation[: wind.size(1)] = 0.0, wind.std()
    scale = drag.std(dim=0)
    net = Net(mean, deviation, scale, width, function)
    scaled, truth = (inputs - mean) / deviation, drag / (scale + 1e-12)
    optimiser = torch.optim.AdamW(net.parameters(), weight_decay=1e-2)
    rate = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=steps)
    for _ in range(steps):
        drawn = torch.randint(len(scaled), (BATCH,))
        noisy = scaled[drawn] + noise * torch.randn(BATCH, scaled.size(1))
        loss = (net.layers(noisy) - truth[drawn]).square().mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        rate.step()
    return net.eval()


def skill(net: Net, data: dict[str, Tensor]) -> float:
    """R2 of all levels together."""
    wind, drag, flux, width = data.values()
    with torch.inference_mode():
        left = (drag - net(wind, flux, width)).square().sum()
    return float(1.0 - left / (drag - drag.mean(dim=0)).square().sum())


def contract(data: dict[str, Tensor], name: str) -> dict:
    def known(key: str, units: str, levels: str) -> dict:
        mean, deviation = data[key].mean(dim=0), data[key].std(dim=0)
        ranges = {"mean": mean.tolist(), "standard_deviation": deviation.tolist()}
        return {"units": units, "levels": levels, **ranges}

    return {
        "name": f"perceptron ({name}) of 18 months of the QBO testbed",
        "nlev": data["wind"].size(1),
        "order": "bottom_up",
        "pressure": Testbed().pressure.tolist(),
        "inputs": {
            "eastward_wind": known("wind", "m s-1", "full"),
            "source_flux": known("flux", "Pa", "surface"),
            "spectral_width": known("width", "m s-1", "surface"),
        },
        "outputs": {DRAG: {"units": "m s-2", "limit": 0.01}},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=NETWORKS, default="tanh")
    parser.add_argument("--folder", type=Path, default=Path("qbo_repair"))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "rest", nargs="*", help="options of gwparam calibrate, after --"
    )
    args = parser.parse_args()
    args.folder.mkdir(exist_ok=True)
    data = months_of_testbed(18, seed=1)
    net = train(data, args.network, args.seed)
    other = months_of_testbed(120, seed=2)
    print(f"R2 {skill(net, data):.3f} in training, {skill(net, other):.3f} in others")
    artefact = args.folder / f"{args.network}.pt"
    gwparam.export_network(net, contract(data, args.network), artefact)
    statistics = args.folder / "qbo-statistics.nc"
    command = ["gwparam", "calibrate"]
    if not statistics.exists():
        write = ["spectrum", "--write-statistics", statistics]
        subprocess.run([*command, *write], check=True, stdout=subprocess.DEVNULL)
    repaired = args.folder / f"{args.network}_repaired.pt"
    layers = ["--layers", "network.layers.0", "network.layers.4"]
    given = [artefact, *layers, "--against", statistics, "-o", repaired, *args.rest]
    done = subprocess.run(
        [*command, *given, "--json"], check=True, stdout=subprocess.PIPE
    )
    found = json.loads(done.stdout)
    print(f"{found['minutes']:.1f} minutes, iteration {found['taken']} taken")
    for when in ("before", "after"):
        print(when, f"misfit {found[when]['misfit']}")
        for name, error in found[when]["errors"].items():
            print(f"  {name}: {error if error is None else format(error, '+.1%')}")


if __name__ == "__main__":
    main()
