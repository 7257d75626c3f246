"""A column's bits depend neither on its place, nor its batch-mates, nor the chunk.

On every number of levels that hosts have: which matrices a product treats in another
way at the end of a batch differs from one processor to the next.
"""

import json

import pytest
import torch
from column_networks import drag
from recipes import ann_cnn, levels, options, recipe

from gwparam.checkpoints import read_checkpoint, save_checkpoint
from gwparam.export import export_model
from gwparam.export.fuse import fuse
from gwparam.export.precision import in_precision
from gwparam.export.probe import draw_inputs
from gwparam.networks import from_checkpoint
from gwparam.networks.ann_cnn import AnnCnn, AnnCnnFlux
from gwparam.networks.filtered_spectrum import FilteredSpectrum, FilteredSpectrumDrag
from gwparam.networks.wavenet import WaveNet, WaveNetDrag

LEVELS = range(1, 141)
# The filtered spectrum needs another level below the source's.
EXPORTED = (1, 2, 7, 10, 17, 33, 40, 91, 137)
# Of how many columns, and how many of them. Chunks of the library are multiples of 16,
# usually 256. Networks of one wind component see two rows a column.
FEW = ((256, 1), (128, 1), (48, 1), (16, 2))
MANY = ((512, 1), (256, 2), (112, 1), (80, 1), (16, 3))
DTYPES = pytest.mark.parametrize("dtype", ["float32", "float64"])


@pytest.fixture(autouse=True)
def one_thread():
    """As the library computes a chunk."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def wavenet(nlev):
    network = WaveNet(nlev, 13, 2, 7, 3)
    mean, deviation = torch.zeros(nlev + 2), torch.full((nlev + 2,), 20.0)
    mean[nlev], deviation[nlev:] = 97e3, torch.tensor([4e3, 40.0])
    network.set_features(mean, deviation**2)
    return drag(WaveNetDrag, network)


def filtered_spectrum(nlev):
    b = (torch.arange(nlev) + 0.5) / nlev
    network = FilteredSpectrum(torch.full((nlev,), 50.0), b, width=11)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.7)
    return drag(FilteredSpectrumDrag, network)


def ann(nlev):
    given = ann_options(nlev)
    parsed = {
        o.name: o.read(given[o.name]) for o in AnnCnnFlux.options if o.name in given
    }
    return AnnCnnFlux.around(AnnCnn(4 * nlev + 3, 2 * nlev, 37), parsed)


def ann_options(nlev):
    return {
        "scaling": json.dumps(recipe(nlev)),
        "levels": json.dumps(levels(nlev)),
        "features": "uvthetaw",
        "flux_quantity": "omega",
        "flux_sign": "1",
    }


def on_levels(spectrum, others):
    return pytest.mark.parametrize(
        ("make", "levels"),
        [(wavenet, others), (ann, others), (filtered_spectrum, spectrum)],
        ids=["wavenet", "ann_cnn", "filtered_spectrum"],
    )


def drawn(network, dtype, columns):
    """Columns within two deviations; much faster than those of an export."""
    ranges = {
        r.name: r for r in network.plausible or network.description.training_range
    }
    generator = torch.Generator().manual_seed(5)
    fields = []
    for field in network.inputs:
        mean, deviation = (
            torch.tensor(values, dtype=torch.float64)
            for values in (
                ranges[field.name].mean,
                ranges[field.name].standard_deviation,
            )
        )
        noise = torch.rand((columns, len(mean)), generator=generator, dtype=mean.dtype)
        values = (mean + deviation * (4.0 * noise - 2.0)).to(getattr(torch, dtype))
        fields.append(values[:, 0] if field.levels == "surface" else values)
    return fields


def run(network, columns, part=slice(None)):
    with torch.inference_mode():
        return torch.cat(network(*(field[part] for field in columns)), dim=1)


def differing(network, columns, chunks):
    """Sizes of chunks in which a column gets other bits than in one of all columns."""
    expected = run(network, columns)
    assert torch.isfinite(expected).all()
    generator = torch.Generator().manual_seed(4)
    found = set()
    for size, count in chunks:
        order = torch.randperm(len(expected), generator=generator)
        for part in order.split(size)[:count]:
            if not torch.equal(run(network, columns, part), expected[part]):
                found.add(size)
    return found


@DTYPES
@on_levels(LEVELS[1:], LEVELS)
def test_bits_do_not_depend_on_the_batch_on_any_levels(make, levels, dtype):
    found = {}
    for nlev in levels:
        network = make(nlev).double().eval()
        fused = in_precision(fuse(network), dtype)
        found[nlev] = differing(fused, drawn(network, dtype, 256), FEW)

    assert {nlev: sizes for nlev, sizes in found.items() if sizes} == {}


@DTYPES
@on_levels(EXPORTED[1:], EXPORTED[::4])
def test_artefact_gives_the_bits_of_eager_in_any_chunk(tmp_path, make, levels, dtype):
    for nlev in levels:
        made = make(nlev)
        path, given = tmp_path / "network.safetensors", {}
        if make is ann:
            save_checkpoint(path, made.network.state_dict())
            given = ann_options(nlev)
        else:
            save_checkpoint(
                path,
                made.network.state_dict(),
                extras={
                    "means": made.scaling.mean,
                    "stds": made.scaling.standard_deviation,
                },
                description=made.description,
            )

        export_model(path, tmp_path / "net.pt", dtype=dtype, options=given)

        artefact = torch.jit.load(tmp_path / "net.pt")
        network = from_checkpoint(read_checkpoint(path), options=given)
        columns = drawn(network, dtype, 512)
        eager = in_precision(fuse(network), dtype)
        assert torch.equal(run(artefact, columns), run(eager, columns)), nlev
        assert differing(artefact, columns, MANY) == set(), nlev


@DTYPES
@pytest.mark.parametrize("stencil", [3, 5])
@pytest.mark.parametrize("nlev", [4, 7])
def test_bits_of_a_stencil_do_not_depend_on_the_batch(tmp_path, stencil, nlev, dtype):
    path = ann_cnn(tmp_path / "net.ckpt", 3 + 4 * nlev, 2 * nlev, stencil)
    given = options(tmp_path, nlev, features="uvthetaw")
    network = from_checkpoint(read_checkpoint(path), options=given)
    scripted = torch.jit.script(in_precision(fuse(network), dtype))

    columns = [x.to(getattr(torch, dtype)) for x in draw_inputs(network, 512, 5)]
    assert differing(scripted, columns, MANY) == set()


@DTYPES
def test_bits_of_the_published_wavenet_do_not_depend_on_the_batch(
    reference_data, dtype
):
    network = from_checkpoint(
        read_checkpoint(reference_data / "wavenet" / "network_wst.pkl")
    )
    scripted = torch.jit.script(in_precision(fuse(network), dtype))

    assert differing(scripted, drawn(network, dtype, 1024), MANY) == set()
