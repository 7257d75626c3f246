"""Fixtures that several folders of tests share."""

import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest
import torch
from ensembles import members_of
from ranks import FOLDERS_OF_MPI

from gwparam.checkpoints import save_checkpoint
from gwparam.contract import Description, Limit, TrainingRange, Vertical
from gwparam.export import export_model
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

PROJECT = Path(__file__).parents[1]

# The same examples in every run, however long one takes; fixtures are never changed.
hypothesis.settings.register_profile(
    "same",
    derandomize=True,
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.function_scoped_fixture],
)
hypothesis.settings.load_profile("same")


# Random numbers do not depend on which tests ran before in this process.
@pytest.hookimpl(tryfirst=True)
def pytest_fixture_setup(fixturedef: pytest.FixtureDef[object]) -> None:
    """Seed torch for a fixture, by its name."""
    torch.manual_seed(zlib.crc32(fixturedef.argname.encode()))


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Seed torch for a test, by its name."""
    torch.manual_seed(zlib.crc32(item.name.encode()))


@pytest.fixture(scope="session", autouse=True)
def folder_of_mpi() -> Iterator[None]:
    """Give mpirun a folder of this process's own.

    It makes and removes the common one with every run, and fails where another, of
    another process of tests, does so at the same time. Not below pytest's own folder:
    names of sockets are short.
    """
    with (
        tempfile.TemporaryDirectory(prefix="mpi") as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        for variable in FOLDERS_OF_MPI:
            patch.setenv(variable, folder)
        yield


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Folder of the reference data, which lies beside the project."""
    folder = PROJECT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"reference data absent: {folder}")
    return folder


@pytest.fixture(scope="session")
def tiny_checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A WaveNet of 5 levels with random weights, as ``gwparam train-emulator`` writes.

    No level is dead, and no two levels, inputs or outputs are alike.
    """
    nlev = 5
    generator = torch.Generator().manual_seed(20240917)

    def random(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    network = WaveNet(nlev, 16, 2, 8, 4).double()
    mean = torch.tensor([20.0, 10.0, 5.0, 2.0, 1.0, 9.7e4, 3.0], dtype=torch.float64)
    deviation = torch.tensor([25.0, 20.0, 15.0, 10.0, 8.0, 4e3, 40.0]).double()
    weights = network.state_dict()
    for value in weights.values():
        if value.is_floating_point():
            value.copy_(0.4 * random(*value.shape))
    weights["shared.0.weight"].fill_(1.0)
    weights["shared.0.running_mean"].copy_(mean)
    weights["shared.0.running_var"].copy_(deviation**2)
    wind = (mean[:nlev].tolist(), deviation[:nlev].tolist())
    statistics = {
        "eastward_wind": wind,
        "northward_wind": wind,
        "surface_air_pressure": ([mean[5].item()], [deviation[5].item()]),
        "latitude": ([mean[6].item()], [deviation[6].item()]),
    }
    description = Description(
        name="tiny WaveNet",
        citation="random weights of the tests",
        vertical=Vertical("host", "top_down", nlev, (1e3, 1e4, 3e4, 6e4, 9e4), 0.1),
        training_range=tuple(
            TrainingRange(
                name,
                tuple(m),
                tuple(s),
                tuple(a - 3 * b for a, b in zip(m, s, strict=True)),
                tuple(a + 3 * b for a, b in zip(m, s, strict=True)),
            )
            for name, (m, s) in statistics.items()
        ),
        limits=tuple(Limit(field.name, 0.01) for field in WaveNetDrag.outputs),
    )
    path = tmp_path_factory.mktemp("tiny") / "tiny.safetensors"
    save_checkpoint(
        path,
        weights,
        extras={
            "means": 1e-5 * random(nlev),
            "stds": 1e-4 * (0.5 + random(nlev).abs()),
        },
        description=description,
    )
    return path


@pytest.fixture(scope="session")
def tiny_artefact(tiny_checkpoint: Path) -> Path:
    """Artefact of the tiny checkpoint, float64."""
    path = tiny_checkpoint.with_name("tiny_float64.pt")
    export_model(tiny_checkpoint, path, dtype="float64")
    return path


@pytest.fixture(scope="session")
def tiny_artefact_float32(tiny_checkpoint: Path) -> Path:
    """Artefact of the tiny checkpoint, float32."""
    path = tiny_checkpoint.with_name("tiny_float32.pt")
    export_model(tiny_checkpoint, path, dtype="float32")
    return path


@pytest.fixture(scope="session")
def tiny_members(
    tiny_checkpoint: Path, tmp_path_factory: pytest.TempPathFactory
) -> list[Path]:
    """The tiny checkpoint, three times with other weights."""
    return members_of(tiny_checkpoint, tmp_path_factory.mktemp("members"))


@pytest.fixture(scope="session")
def tiny_singles(tiny_members: list[Path]) -> list[Path]:
    """An artefact of each of them, float32."""
    paths = [path.with_suffix(".pt") for path in tiny_members]
    for member, path in zip(tiny_members, paths, strict=True):
        export_model(member, path)
    return paths


@pytest.fixture(scope="session")
def tiny_ensemble(tiny_members: list[Path]) -> Path:
    """One artefact of all of them, float32."""
    path = tiny_members[0].with_name("ensemble.pt")
    export_model(tiny_members, path)
    return path


@pytest.fixture(scope="session")
def sample_states() -> Path:
    """States of the sample, on MiMA's levels."""
    return PROJECT / "examples" / "sample" / "sample_states.nc"


@pytest.fixture(scope="session")
def sample_artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Artefact of the sample's network, float32."""
    path = tmp_path_factory.mktemp("sample") / "sample.pt"
    sample = PROJECT / "examples" / "sample" / "wavenet_ad99.safetensors"
    export_model(sample, path, dtype="float32")
    return path
