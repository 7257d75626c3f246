import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import recipes
import xarray as xr
from hosts import change_contract

from gwparam.cli import main
from gwparam.evaluate.metrics import Moments
from gwparam.export import export_model

SAMPLE = Path(__file__).parents[3] / "examples" / "sample"
DRAG = tuple(
    f"tendency_of_{wind}_wind_due_to_gravity_wave_drag"
    for wind in ("eastward", "northward")
)
# The same products in float32 and float64, relative to the largest drag.
PRECISION = 1e-5


def evaluate(folder, *arguments):
    """Run the command for the numbers alone, and read them."""
    words = [str(word) for word in arguments]
    assert main(["evaluate", *words, "-o", str(folder), "--no-report"]) == 0
    with xr.open_dataset(folder / "evaluation.nc") as data:
        return data.load()


def refused(capsys, *arguments):
    assert main(["evaluate", *(str(word) for word in arguments)]) == 2
    return capsys.readouterr().err


@pytest.fixture(scope="module")
def artefacts(tmp_path_factory):
    """The embedded sample in both precisions."""
    folder = tmp_path_factory.mktemp("sample")
    paths = [folder / "double.pt", folder / "single.pt"]
    for path, dtype in zip(paths, ("float64", "float32"), strict=True):
        export_model(SAMPLE / "wavenet_ad99.safetensors", path, dtype=dtype)
    return paths


@pytest.fixture(scope="module")
def states():
    return SAMPLE / "sample_states.nc"


@pytest.fixture(scope="module")
def predicted(artefacts, states):
    """What `gwparam replay` writes for the sample."""
    path = artefacts[0].with_name("predicted.nc")
    assert main(["replay", str(artefacts[0]), str(states), "-o", str(path)]) == 0
    return path


def test_the_page_shows_the_numbers(artefacts, states, tmp_path):
    words = ["evaluate", str(artefacts[0]), "--truth", str(states)]
    assert main([*words, "-o", str(tmp_path)]) == 0
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    with xr.open_dataset(tmp_path / "evaluation.nc") as data:
        hellinger = float(data.hellinger.sel(region="globe")[0, 0])
    assert f"{hellinger:.3g}" in page
    assert "double" in page
    assert states.name in page


def test_times_that_the_network_was_trained_on_are_told(
    capsys, artefacts, states, tmp_path
):
    def trained(contract):
        contract["training_dates"] = [
            {"first": "0001-01-01", "last": "0009-12-31", "calendar": None}
        ]

    seen = change_contract(artefacts[1], tmp_path / "seen.pt", trained)
    words = ["evaluate", str(seen), "--truth", str(states), "--no-report"]

    assert main([*words, "-o", str(tmp_path / "out")]) == 0

    said = capsys.readouterr().err
    assert "seen: trained on 0001-01-01 to 0009-12-31: 2 of 2" in said
    found = json.loads((tmp_path / "out" / "evaluation.json").read_text())
    assert found["seen_in_training"]["seen"]["seen"] == 2


def test_sample_scores_what_its_readme_says(capsys, artefacts, states, tmp_path):
    data = evaluate(tmp_path, *artefacts, "--truth", states)

    globe = data.sel(model="double", region="globe")
    np.testing.assert_allclose(globe.r2_all_levels, [0.994, 0.972], atol=5e-4)
    np.testing.assert_allclose(globe.correlation_all_levels, [0.997, 0.986], atol=5e-4)
    largest = np.abs(data.mean_truth).max()
    assert np.abs(data["mean"][0] - data["mean"][1]).max() < PRECISION * largest
    table = capsys.readouterr().out
    assert "Drag over the globe, 40 levels together, 2 samples" in table
    assert f"{float(globe.hellinger[0]):.4f}" in table
    assert f"wrote {tmp_path / 'evaluation.json'}" in table
    found = json.loads((tmp_path / "evaluation.json").read_text())
    assert list(found["models"]) == ["double", "single"]


def test_a_model_against_its_own_predictions_is_perfect(
    artefacts, predicted, states, tmp_path
):
    truth = tmp_path / "truth.nc"
    with xr.open_dataset(states, decode_times=False) as given:
        own = given.drop_vars(["gwfcng_x", "gwfcng_y"]).load()
    with xr.open_dataset(predicted, decode_times=False) as file:
        for name in DRAG:
            own[name] = file[name].load()
    own.to_netcdf(truth)

    data = evaluate(tmp_path, artefacts[0], predicted, "--truth", truth)

    globe = data.sel(region="globe")
    assert (globe.hellinger == 0.0).all()
    assert (globe.hellinger_printed == 0.0).all()
    assert (globe.r2_all_levels == 1.0).all()
    assert (globe.rmse == 0.0).all()


def test_predictions_in_a_file_score_as_the_artefact(
    artefacts, predicted, states, tmp_path
):
    data = evaluate(
        tmp_path, artefacts[0], predicted, "--names", "it, file", "--truth", states
    )

    assert data.model.values.tolist() == ["it", "file"]
    for name in ("hellinger", "r2", "bias", "series", "momentum", "spectrum"):
        np.testing.assert_array_equal(data[name][0], data[name][1])


def test_columns_that_the_truth_masks_count_nowhere(
    artefacts, predicted, states, tmp_path, capsys
):
    """The scores are those of the other columns, of an artefact and of a file."""
    masked = tmp_path / "masked.nc"
    with xr.open_dataset(states, decode_times=False) as file:
        given = file.load()
    given.u.values[1, -1, 3:5, 2] = np.nan
    given.gwfcng_x.values[1, :, 3, 2] = 1.0
    given.u.encoding["_FillValue"] = np.float32(1e20)
    given.to_netcdf(masked)

    models = ["evaluate", *map(str, (artefacts[0], predicted)), "--names", "it,file"]
    out = ["-o", str(tmp_path / "found")]
    assert main([*models, "--truth", str(masked), *out]) == 0

    assert f"{masked}: 2 of " in capsys.readouterr().err
    found = json.loads((tmp_path / "found" / "evaluation.json").read_text())
    assert found["left_out"]["columns"] == 2
    assert found["left_out"]["fields"] == {"eastward_wind": 2}
    present = np.ones(given.u.shape, bool)
    present[1, :, 3:5, 2] = False
    with xr.open_dataset(predicted, decode_times=False) as file:
        p, t = file[DRAG[0]].values[present], given.gwfcng_x.values[present]
    globe = found["models"]["it"]["eastward"]["globe"]
    np.testing.assert_allclose(globe["rmse"], np.sqrt(((p - t) ** 2).mean()), rtol=1e-6)
    assert found["models"]["file"] == found["models"]["it"]
    assert found["bins"]["edges"]["eastward"][-1] == pytest.approx(t.max(), rel=1e-9)
    assert (tmp_path / "found" / "report.html").is_file()


def test_columns_that_a_model_lacks_are_told_of_its_file(
    predicted, states, tmp_path, capsys
):
    masked = tmp_path / "masked.nc"
    with xr.open_dataset(predicted, decode_times=False) as file:
        given = file.load()
    given[DRAG[0]].values[1, 0, 3:5, 2] = np.nan
    given[DRAG[0]].encoding["_FillValue"] = 1e20
    given.to_netcdf(masked)

    data = evaluate(tmp_path / "found", masked, predicted, "--truth", states)

    (line,) = capsys.readouterr().err.splitlines()
    assert f"{masked}: 2 of " in line
    for name in ("momentum", "momentum_truth"):
        integral = data[name].transpose("time", ...).values
        assert np.isnan(integral[1]).all()
        assert np.isfinite(np.delete(integral, 1, axis=0)).all()


def test_bins_levels_and_times_are_as_asked(predicted, states, tmp_path):
    edges = recipes.write_json(tmp_path / "edges.json", [-1e-4, -1e-6, 1e-6, 1e-4])
    chosen = ["--bins", edges, "--levels", "0:5", "--times", "1:2"]

    data = evaluate(tmp_path, predicted, "--truth", states, *chosen)

    assert data.bin_edge[1].values.tolist() == [-1e-4, -1e-6, 1e-6, 1e-4]
    assert data.sizes["level"] == 5
    assert data.time.values.tolist() == [1]


def test_a_region_of_heights_is_as_asked(predicted, states, tmp_path, capsys):
    asked = ["--layer", "sponge=:0.85", "--levels", "0:20"]

    data = evaluate(tmp_path, predicted, "--truth", states, *asked)

    assert "troposphere" not in data.layer.values
    top = int((data.level_pressure < 0.85).sum())
    assert 0 < top < 20
    own = data.sel(layer="sponge").layer_bias
    np.testing.assert_allclose(own, data.bias[..., :top].mean("level"), rtol=1e-9)
    rows = [line for line in capsys.readouterr().out.splitlines() if "sponge" in line]
    assert len(rows) == 2


def test_published_wavenet_on_mima_scores_what_is_known(reference_data, tmp_path):
    # Of data/README.md beside the project, which gives two digits.
    artefact = tmp_path / "published.pt"
    export_model(
        reference_data / "wavenet" / "network_wst.pkl", artefact, allow_pickle=True
    )

    data = evaluate(
        tmp_path, artefact, "--truth", reference_data / "mima" / "mima_t42l40_ad99.nc"
    )

    globe = data.isel(model=0).sel(region="globe")
    np.testing.assert_allclose(globe.correlation_all_levels, [0.85, 0.74], atol=0.005)
    np.testing.assert_allclose(globe.r2_all_levels, [-0.30, 0.31], atol=0.006)
    andes = data.region_box.sel(region="Andes")
    assert andes.values.tolist() == [3, 21, 96, 113]


def check_training(folder, artefact, data, scaling):
    """Evaluate on training files beside what replay writes for them."""
    predicted = folder / "predicted.nc"
    known = ["--scaling", str(scaling)]
    words = ["replay", str(artefact), *map(str, data), "-o", str(predicted), *known]
    assert main(words) == 0
    found = evaluate(folder, artefact, predicted, "--truth", *data, *known)
    assert found.attrs["quantity"] == "momentum_flux"
    assert found.attrs["units"] == "Pa m s-2"
    for name in ("hellinger", "r2", "mean"):
        np.testing.assert_array_equal(found[name][0], found[name][1])
    return found, predicted


def linear_scaling(nlev, folder):
    """No two variables are scaled alike, and the fluxes linearly."""
    variables = recipes.recipe(nlev)["variables"]
    for name in recipes.FLUXES:
        variables[name] = recipes.linear("Pa m s-2", 0.001, 0.02)
    return recipes.write_json(
        folder / "scaling.json", {"scaling_version": 1, "variables": variables}
    )


def export_ann(folder, nlev, scaling):
    checkpoint = recipes.ann_cnn(folder / "ann.pt", 3 + 4 * nlev, 2 * nlev)
    levels = {
        "units": "Pa",
        "a": np.geomspace(1e2, 1e3, nlev).tolist(),
        "b": np.linspace(0.0, 0.95, nlev).tolist(),
    }
    told = {
        "scaling": str(scaling),
        "levels": str(recipes.write_json(folder / "levels.json", levels)),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    artefact = folder / "network.pt"
    export_model(checkpoint, artefact, options=told)
    return artefact


@pytest.mark.parametrize(
    ("name", "nlev"),
    [
        ("nonlocal_fewlev", 4),
        pytest.param("nonlocal_mini", 122, marks=pytest.mark.slow),
    ],
)
def test_nonlocal_training_file_is_a_truth(reference_data, tmp_path, name, nlev):
    (source,) = (reference_data / "dataset" / name).glob("1x1_*.nc")
    scaling = linear_scaling(nlev, tmp_path)
    artefact = export_ann(tmp_path, nlev, scaling)

    found, predicted = check_training(tmp_path, artefact, [source], scaling)

    with xr.open_dataset(source, decode_times=False) as file:
        truth = 0.001 + 0.02 * file.output.values[:, :nlev].astype(np.float64)
    with xr.open_dataset(predicted, decode_times=False) as file:
        model = file[recipes.FLUXES[0]].values.astype(np.float64)
    expected = Moments.of(model.ravel(), truth.ravel())
    globe = found.sel(region="globe", component="eastward")
    np.testing.assert_allclose(globe.r2_all_levels[0], expected.r2, rtol=1e-6)
    np.testing.assert_allclose(globe.mean_truth, truth.mean(axis=0), atol=1e-9)


def test_prithvi_training_file_is_a_truth(reference_data, tmp_path):
    dataset = reference_data / "dataset"
    (source,) = (dataset / "prithvi_fewlev").glob("*.nc")
    names = ("air_temperature", "air_pressure", "eastward_wind", "northward_wind")
    units = ("K", "Pa", "m s-1", "m s-1")
    # R2 and correlation of linearly scaled fluxes do not depend on the scaling.
    variables = {
        name: recipes.linear(unit, 0.0, 1.0)
        for name, unit in zip(names, units, strict=True)
    } | {
        "air_potential_temperature_predicted": recipes.linear("K", 0.0, 1.0),
        recipes.FLUXES[0]: recipes.linear("Pa m s-2", 0.01, 0.02),
        recipes.FLUXES[1]: recipes.linear("Pa m s-2", 0.0, 0.03),
    }
    # Levels in order, which the library asks for.
    # A temperature that physics knows; the network sees the same numbers.
    variables["air_temperature"] = recipes.linear("K", 250.0, 1.0)
    variables["air_pressure"] = recipes.linear("Pa", [1e3, 1e4, 4e4, 9e4], 10.0)
    scaling = recipes.write_json(
        tmp_path / "scaling.json", {"scaling_version": 1, "variables": variables}
    )
    told = {
        "grid": str(source),
        "levels": str(
            recipes.write_json(tmp_path / "host.json", {"kind": "host", "nlev": 4})
        ),
        "scaling": str(scaling),
        "flux_quantity": "omega",
        "flux_sign": "1",
    }
    checkpoint = reference_data / "prithvi_gw" / "tiny_state_dict_ddp.pt"
    artefact = tmp_path / "prithvi.pt"
    export_model(checkpoint, artefact, dtype="float64", options=told)

    found, _ = check_training(tmp_path, artefact, [source], scaling)

    above, inside = (f"{word} the pre-training" for word in ("above", "inside"))
    assert found.layer.values[-2:].tolist() == [above, inside]
    outside = found.layer_bias.sel(layer=above)
    high = found.bias[..., found.level_pressure.values < 48.0]
    assert 0 < high.sizes["level"] < 4
    np.testing.assert_allclose(outside, high.mean("level"), rtol=1e-9)
    with (
        xr.open_dataset(source, decode_times=False) as file,
        xr.open_dataset(dataset / "expected_prithvi_fewlev.nc") as known,
    ):
        truth = file.output.values[:, 4:].astype(np.float64)
        model = known["prediction64"].values[:, 4:]
    for c in range(2):
        block = slice(4 * c, 4 * c + 4)
        expected = Moments.of(model[:, block].ravel(), truth[:, block].ravel())
        globe = found.isel(model=0, component=c).sel(region="globe")
        # The reference has its sines and cosines in single precision.
        np.testing.assert_allclose(globe.r2_all_levels, expected.r2, rtol=1e-4)
        np.testing.assert_allclose(
            globe.correlation_all_levels, expected.correlation, atol=1e-4
        )


def test_training_file_needs_an_artefact(capsys, predicted, reference_data, tmp_path):
    (source,) = (reference_data / "dataset" / "nonlocal_fewlev").glob("1x1_*.nc")

    text = refused(capsys, predicted, "--truth", source, "-o", tmp_path)

    assert "is a training file and no model is an artefact" in text


def test_drag_network_is_no_match_for_fluxes(
    capsys, artefacts, reference_data, tmp_path
):
    data = sorted((reference_data / "dataset" / "prithvi_mini").glob("*.nc"))

    text = refused(capsys, artefacts[0], "--truth", *data, "-o", tmp_path)

    assert "expected the momentum fluxes that training files hold" in text


def test_file_of_another_grid_is_refused(capsys, predicted, reference_data, tmp_path):
    truth = reference_data / "mima" / "mima_t42l40_ad99.nc"

    text = refused(capsys, predicted, "--truth", truth, "-o", tmp_path)

    assert "is on a grid of 32 x 8, expected the 64 x 128" in text


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--names", "one"], "names is one, expected 2 names (--names)"),
        (["--names", "one,one"], "named one, one, expected different names (--names)"),
        (["--bins", "0"], "expected 2 to 1000000 bins"),
        (["--levels", "50"], "levels is 50, expected some of 0:40 (--levels)"),
        (["--times", "1:1"], "times is 1:1, expected some of 0:2 (--times)"),
        (["--times", "1:9"], "times is 1:9, expected some of 0:2 (--times)"),
        (["--layer", "low"], "layer is low, expected NAME=TOP:BOTTOM (--layer)"),
        (["--layer", "low=9:1"], "expected NAME=TOP:BOTTOM in hPa (--layer)"),
        (["--layer", "low=2000:"], "no level lies in low, 2000 to inf hPa"),
        (["--reference", "gwfcng_x"], "1 variables (gwfcng_x), expected 2"),
        (["--variable", "u"], "variable is u, expected FIELD=VAR (--variable)"),
        (["--scaling", "a.json"], "--scaling has no effect on states"),
    ],
)
def test_bad_arguments_are_refused(
    capsys, artefacts, states, tmp_path, arguments, message
):
    text = refused(capsys, *artefacts, "--truth", states, "-o", tmp_path, *arguments)

    assert message in text
    assert text.count("\n") == 1


def test_bad_files_are_refused(capsys, artefacts, states, tmp_path):
    rest = ["--truth", states, "-o", tmp_path]
    assert "no such file" in refused(capsys, tmp_path / "none.pt", *rest)

    text = tmp_path / "text.nc"
    text.write_text("no netCDF")
    assert "as netCDF" in refused(capsys, text, *rest)

    result = tmp_path / "evaluation.nc"
    shutil.copy(states, result)
    assert "both read and written" in refused(capsys, result, *rest)

    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    folder = ["--truth", states, "-o", in_the_way]
    assert "cannot make" in refused(capsys, artefacts[0], *folder)
