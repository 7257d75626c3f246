import numpy as np
import pytest
import xarray as xr
from drag_samples import DRAG, NLAT, NLEV, NLON, values

from gwparam.data import open_inputs, open_states
from gwparam.errors import ArgumentError, ContractError
from gwparam.evaluate import sources
from gwparam.evaluate.quantity import DRAG as DRAG_QUANTITY
from gwparam.evaluate.sources import ArtefactFields, FileFields


@pytest.fixture
def open_file(tmp_path):
    opened = []

    def run(dataset):
        path = tmp_path / "file.nc"
        dataset.to_netcdf(path)
        opened.append(open_states([path], DRAG_QUANTITY.fields))
        return opened[-1]

    yield run
    for states in opened:
        states.close()


def test_fields_of_files_are_top_first_and_south_to_north(truth, open_file):
    turned = truth.isel(lev=slice(None, None, -1), lat=slice(None, None, -1))

    source = FileFields("file", open_file(turned), DRAG_QUANTITY)

    assert source.read(2).shape == (2, NLEV, NLAT, NLON)
    np.testing.assert_array_equal(source.read(2), values(truth)[2])
    np.testing.assert_array_equal(source.pressure, [1e3, 1e4, 7e4])
    assert source.given_levels == (0, NLEV)
    assert len(source) == 4


def test_fields_are_in_the_units_of_the_quantity(truth, open_file):
    daily = truth.copy(deep=True)
    daily["drag_0"] = 86400.0 * truth.drag_0
    daily.drag_0.attrs = truth.drag_0.attrs | {"units": "m s-1 day-1"}

    source = FileFields("file", open_file(daily), DRAG_QUANTITY)

    np.testing.assert_allclose(source.read(0), values(truth)[0], rtol=1e-14)


def test_files_without_coordinates_are_refused(truth, open_file):
    states = open_file(truth.drop_vars("lon"))

    with pytest.raises(
        ContractError, match="file has no latitude and longitude of its"
    ):
        FileFields("file", states, DRAG_QUANTITY)


def test_columns_that_make_no_grid_are_refused_with_the_name_of_the_file(
    truth, open_file
):
    columns = truth.stack(ncol=("lat", "lon")).reset_index("ncol")
    states = open_file(columns.isel(ncol=slice(1, None)))

    with pytest.raises(
        ArgumentError, match=r"file: .* columns are not the cells of one"
    ):
        FileFields("file", states, DRAG_QUANTITY)


class Halved:
    """A scheme that gives half of each wind as drag."""

    def __init__(self):
        self.levels = self.columns = None

    def set_levels(self, pressure, order):
        self.levels = (pressure, order)

    def set_columns(self, latitude, longitude):
        self.columns = (latitude, longitude)

    def predict(self, fields):
        winds = ("eastward_wind", "northward_wind")
        return {DRAG[i]: 0.5 * fields[wind] for i, wind in enumerate(winds)}


@pytest.fixture
def contract():
    from types import SimpleNamespace

    from gwparam.contract import Field, Geometry, Vertical

    winds = ("eastward_wind", "northward_wind")
    return SimpleNamespace(
        name="halved",
        training_range=(),
        inputs=tuple(Field(wind, "m s-1", "full", "float64") for wind in winds),
        outputs=DRAG_QUANTITY.fields,
        flux=(),
        tendencies=DRAG,
        geometry=Geometry("column"),
        vertical=Vertical("host", "top_down", NLEV, None, 0.1),
    )


@pytest.fixture
def scheme(monkeypatch):
    made, told = Halved(), {}
    monkeypatch.setattr(
        sources, "load_scheme", lambda path, **options: told.update(options) or made
    )
    made.told = told
    return made


@pytest.fixture
def winds(truth, tmp_path):
    path = tmp_path / "winds.nc"
    dataset = truth.drop_vars(["ps", "pk", "bk"]).rename(drag_0="u", drag_1="v")
    for name in ("u", "v"):
        dataset[name].attrs = {"units": "m s-1"}
    dataset.to_netcdf(path)
    return path


def test_artefact_runs_on_the_files_without_its_limits(truth, winds, contract, scheme):
    with open_states([winds], contract.inputs) as states:
        source = ArtefactFields("a.pt", contract, states, DRAG_QUANTITY, threads=3)

        np.testing.assert_array_equal(source.read(1), 0.5 * values(truth)[1])

    assert scheme.told == {"threads": 3, "device": "cpu", "on_limit": "ignore"}
    assert scheme.levels[1] == "top_down"
    assert scheme.columns is None


def test_a_look_finds_what_is_missing_and_runs_nothing(
    truth, winds, contract, scheme, monkeypatch, tmp_path
):
    path = tmp_path / "holes.nc"
    with xr.open_dataset(winds, decode_times=False) as file:
        holes = file.load()
    holes.v.values[1, 2, 3, 4] = np.nan
    holes.to_netcdf(path, encoding={"v": {"_FillValue": 1e20}})
    monkeypatch.delattr(Halved, "predict")
    states = open_inputs([path], contract)
    with ArtefactFields("a.pt", contract, states, DRAG_QUANTITY) as source:
        source.look(1)

        assert list(source.missing) == ["northward_wind"]
        (where,) = source.missing.values()
        assert np.argwhere(where).tolist() == [[3, 4]]
        assert source.file(1) == str(path)

        source.look(0)
        assert not source.missing


def test_artefact_that_does_not_give_the_quantity_is_refused(winds, contract, scheme):
    contract.outputs = contract.outputs[:1]

    with (
        open_states([winds], contract.inputs) as states,
        pytest.raises(
            ContractError, match=f"a.pt gives {DRAG[0]}, expected {DRAG[0]} and"
        ),
    ):
        ArtefactFields("a.pt", contract, states, DRAG_QUANTITY)
