"""The library on a GPU: correctness, time and copied bytes of each precision.

    python benchmarks/gpu.py [--full] [--rounds N] [--threads N] [--folder DIR]

Needs a C++ compiler, meson, ninja, nlohmann/json.hpp, torch, numpy, cffi and
safetensors; neither gwparam nor a Fortran compiler, netCDF or MPI. It builds the C ABI
against the torch that is there, exports the networks and prints a table in Markdown.
Without a GPU the rows of the CPU alone are measured, and the last line says so.

Every variant runs the same state of 64 x 128 columns. Variants take turns, so that a
busy machine slows them alike; times are medians, and ratios medians of the ratios in a
round. An artefact whose own tolerance refuses a precision is copied with a wider one
(`refused` in the table), so that the price in correctness can be seen. The
difference is the largest one from the float64 network on the CPU (of Prithvi, from its
artefact on the CPU), relative to the largest value of that output.
"""

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import types
from pathlib import Path

from gpu_measure import Variant, describe_machine, measure, report

PROJECT = Path(__file__).parents[1]
SAMPLE = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
NLAT, NLON = 64, 128
UNET_LEVELS = 122
WIDER_TOLERANCE = 0.5


def missing() -> list[str]:
    """Name what the script needs and does not find."""
    packages = ("torch", "numpy", "cffi", "safetensors")
    absent = [name for name in packages if importlib.util.find_spec(name) is None]
    absent += [
        name for name in ("meson", "ninja") if shutil.which(name, path=_path()) is None
    ]
    compiler = os.environ.get("CXX", "c++").split()
    if shutil.which(compiler[0]) is None:
        return [*absent, f"the compiler {compiler[0]}"]
    source = "#include <nlohmann/json.hpp>\n"
    found = subprocess.run(
        [*compiler, "-xc++", "-E", "-", "-o", os.devnull],
        input=source,
        text=True,
        stderr=subprocess.DEVNULL,
    )
    if found.returncode != 0:
        absent.append("nlohmann/json.hpp (CPLUS_INCLUDE_PATH may name its folder)")
    return absent


def build(folder: Path) -> Path:
    """Build the C ABI and put the package around it; the folder to import it from."""
    site = folder / "site"
    setup = [
        "setup",
        str(folder / "build"),
        str(PROJECT),
        f"--prefix={folder / 'prefix'}",
        f"-Dpython.platlibdir={site}",
        "-Dinstall_layout=wheel",
        "-Dfortran=disabled",
        *(["-Dmpi=disabled"] if "'mpi'" in _options() else []),
    ]
    environment = os.environ | {"PATH": _path()}
    for arguments in (setup, ["install", "-C", str(folder / "build")]):
        done = subprocess.run(
            ["meson", *arguments], env=environment, capture_output=True, text=True
        )
        if done.returncode != 0:
            sys.exit(done.stdout + done.stderr)
    return site


def _options() -> str:
    return (PROJECT / "meson.options").read_text()


def _path() -> str:
    """Put this interpreter first: meson builds against the torch of python3."""
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))


def use(site: Path) -> None:
    sys.path.insert(0, str(site))
    if importlib.util.find_spec("netCDF4") is None:
        # The exporter could read recipes from netCDF; those here are JSON.
        absent = types.ModuleType("netCDF4")
        absent.Dataset = None
        sys.modules["netCDF4"] = absent


def export_wavenet(folder: Path) -> dict[str, Path]:
    return _export("wavenet", SAMPLE, folder, {})


def export_unet(folder: Path) -> dict[str, Path]:
    """Export an Attention U-Net of the published size, with weights of a formula."""
    import numpy as np
    import torch
    from formula_weights import formula_weight

    from gwparam.networks.attention_unet import AttentionUNet

    with torch.device("meta"):
        shapes = AttentionUNet(3 * UNET_LEVELS, 2 * UNET_LEVELS).state_dict()
    weights = {
        key: formula_weight(key, value.shape, torch.float32)
        for key, value in shapes.items()
    }
    checkpoint = folder / "unet_checkpoint.pt"
    torch.save({"model_state_dict": weights}, checkpoint)
    scaled = {
        "latitude": ("degrees_north", 0.0, 90.0),
        "longitude": ("degrees_east", 0.0, 360.0),
        "surface_altitude": ("m", 0.0, 1000.0),
        "eastward_wind": ("m s-1", 0.0, 20.0),
        "northward_wind": ("m s-1", 0.0, 12.0),
        # So that the temperature is above 50 K also at 1 hPa.
        "air_potential_temperature": ("K", 800.0, 60.0),
        "eastward_momentum_flux_in_pressure_coordinates": ("Pa m s-2", 0.0, 0.02),
        "northward_momentum_flux_in_pressure_coordinates": ("Pa m s-2", 0.0, 0.02),
    }
    variables = {
        name: {
            "transform": "linear",
            "units": units,
            "mean": mean,
            "standard_deviation": deviation,
        }
        for name, (units, mean, deviation) in scaled.items()
    }
    scaling = folder / "unet_scaling.json"
    scaling.write_text(json.dumps({"scaling_version": 1, "variables": variables}))
    levels = folder / "unet_levels.json"
    pressure = np.geomspace(1.0, 950.0, UNET_LEVELS).tolist()
    levels.write_text(json.dumps({"units": "hPa", "pressure": pressure}))
    options = {
        "scaling": str(scaling),
        "levels": str(levels),
        "grid": f"{NLAT}x{NLON}",
        "flux_quantity": "omega",
        "flux_sign": "1",
        "features": "uvtheta",
    }
    return _export("unet", checkpoint, folder, options)


def export_prithvi(folder: Path) -> dict[str, Path]:
    import full_size

    arguments = argparse.Namespace(
        small=False, dtype="bfloat16", checkpoint_dtype="bfloat16"
    )
    full_size.write_checkpoint(folder, arguments)
    full_size.export(folder, arguments)
    return {"bfloat16": folder / "artefact.pt"}


def _export(
    name: str, checkpoint: Path, folder: Path, options: dict[str, str]
) -> dict[str, Path]:
    from gwparam.export import export_model

    paths = {}
    for dtype in ("float32", "float64"):
        paths[dtype] = folder / f"{name}_{dtype}.pt"
        export_model(checkpoint, paths[dtype], dtype=dtype, options=options)
    return paths


def widened(path: Path) -> Path:
    """Copy an artefact that refuses no precision which is worth a look."""
    import torch

    extra = {"gwparam_contract.json": b"", "gwparam_probe.bin": b""}
    network = torch.jit.load(str(path), _extra_files=extra)
    contract = json.loads(extra["gwparam_contract.json"])
    contract["probe"]["reduced_tolerance"] = WIDER_TOLERANCE
    extra["gwparam_contract.json"] = json.dumps(contract).encode()
    copied = path.with_name(f"{path.stem}_wider.pt")
    torch.jit.save(network, str(copied), _extra_files=extra)
    return copied


def variants(paths: dict[str, Path], on_gpu: bool, columnwise: bool) -> list[Variant]:
    """List what is compared: the reference first, what times are ratios of second."""
    # Fewer, larger passes, too: a chunk of 256 columns leaves most of a GPU idle.
    chunks = [256, NLAT * NLON] if columnwise else [0]
    if "bfloat16" in paths:
        kinds = [("bfloat16", paths["bfloat16"], "exported", None)]
    else:
        single, double = paths["float32"], paths["float64"]
        wider = widened(single)
        kinds = [
            ("float64", double, "exported", None),
            ("float32", single, "exported", None),
            ("float32", wider, "tf32", single),
            ("float32", wider, "bfloat16", single),
        ]
    listed = [
        Variant(dtype, path, "cpu", precision, False, chunks[0], exported)
        for dtype, path, precision, exported in kinds
        if precision != "tf32"
    ]
    if on_gpu:
        listed += [
            Variant(dtype, path, "cuda", precision, graphs, chunk, exported)
            for chunk in chunks
            for graphs in (True, False)
            for dtype, path, precision, exported in kinds
        ]
    return listed


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--full", action="store_true", help="also Prithvi: 2.48e9 weights, 20 GB disk"
    )
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--folder", type=Path, help="keeps the build and the artefacts")
    arguments = parser.parse_args()
    absent = missing()
    if arguments.full and importlib.util.find_spec("rich") is None:
        absent.append("rich")
    if absent:
        sys.exit("missing: " + ", ".join(absent))
    if arguments.folder is not None:
        arguments.folder.mkdir(parents=True, exist_ok=True)
        run(arguments, arguments.folder.resolve())
        return
    with tempfile.TemporaryDirectory() as folder:
        run(arguments, Path(folder))


def run(arguments: argparse.Namespace, folder: Path) -> None:
    import torch

    use(build(folder))
    on_gpu = torch.cuda.is_available()
    print(describe_machine(arguments.threads, on_gpu), flush=True)
    networks = {
        "WaveNet, 40 levels": export_wavenet,
        f"Attention U-Net, {UNET_LEVELS} levels": export_unet,
    }
    if arguments.full:
        networks["Prithvi, 2.48e9 weights"] = export_prithvi
    for title, export in networks.items():
        paths = export(folder)
        compared = variants(paths, on_gpu, columnwise=export is export_wavenet)
        report(title, measure(compared, arguments.rounds, arguments.threads))
    if not on_gpu:
        print("No CUDA device was found: the rows of the GPU were skipped.")


if __name__ == "__main__":
    main()
