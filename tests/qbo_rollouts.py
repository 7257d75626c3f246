"""Short runs of the QBO testbed, and modules that drive it, for tests of rollouts."""

from gwparam.qbo.states import Period, write_states

DRAG = "tendency_of_eastward_wind_due_to_gravity_wave_drag"
# The waves themselves as a module: what a network at its best would give.
WAVES = """
import torch
from gwparam.qbo.testbed import Testbed
from gwparam.qbo.waves import WaveDrag, spectrum, spectrum_amplitudes

class Net(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.factor = torch.nn.Parameter(torch.ones(1))

    def forward(self, flux, u, width):
        waves = spectrum()
        amplitudes = spectrum_amplitudes(waves, flux.double(), width.double())
        wind = u.double(){turned}
        drag = WaveDrag(Testbed(), waves)(wind, amplitudes){turned}
        return self.factor * drag.float()
"""
CONTRACT = """
name = "waves"
nlev = 73
order = "{order}"
[inputs]
source_flux = {{ units = "Pa", levels = "surface" }}
eastward_wind = {{ units = "m s-1" }}
spectral_width = {{ units = "m s-1", levels = "surface" }}
{inputs}
[outputs]
tendency_of_eastward_wind_due_to_gravity_wave_drag = {{ units = "m s-2", limit = 1e-3 }}
{outputs}
"""


def write_module(folder, order="bottom_up", inputs="", outputs=""):
    """Write a module and its contract; its place, and the path."""
    module, contract = folder / "waves.py", folder / "waves.toml"
    turned = ".flip(1)" if order == "top_down" else ""
    module.write_text(WAVES.format(turned=turned))
    contract.write_text(CONTRACT.format(order=order, inputs=inputs, outputs=outputs))
    return f"{module}:Net", contract


def write_run(folder, name="run.nc", **period):
    """Write a month of two runs of the testbed."""
    path = folder / name
    write_states(path, Period(**{"months": 1, "skipped_years": 0} | period), columns=2)
    return str(path)
