import netCDF4
import numpy as np
import pytest

from gwparam.calibrate.target import read_wanted
from gwparam.errors import ModelFileError
from gwparam.qbo.statistics import StatisticsOfRun, save_statistics, statistic_names

HEAD = "name,value,standard_error\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("first", ["", "# FU Berlin, 1953 to 2021\n"])
def test_a_table_of_observations(tmp_path, first, encoding) -> None:
    path = tmp_path / "observed.csv"
    path.write_text(
        first
        + HEAD
        + "period_at_30_km, 27.92, 0.87\n\nstandard_deviation_at_30_km,22.90,0.53\n",
        encoding=encoding,
    )
    found = read_wanted(path)
    assert found.names == ("period_at_30_km", "standard_deviation_at_30_km")
    assert [statistic_names()[i] for i in found.places] == list(found.names)
    assert found.target.values.tolist() == [27.92, 22.90]
    np.testing.assert_allclose(found.target.covariance, np.diag([0.87**2, 0.53**2]))
    assert found.window_years is None
    assert found.value("period_at_30_km") == 27.92
    assert found.value("period_at_20_km") is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "it is empty"),
        ("# none\n", "begins with nothing, expected name,value,standard_error"),
        ("name,value\nperiod_at_30_km,28", "begins with name,value, expected"),
        (HEAD, "has no statistic"),
        (HEAD + "period,28,1", "name is period, expected one such as mean_at_18_km"),
        (HEAD + "period_at_30_km,28", "is 28, expected a value and a standard_error"),
        (HEAD + "period_at_30_km,long,1", "is long,1, expected a value"),
        (HEAD + "period_at_30_km,nan,1", "is nan, expected a finite value"),
        (HEAD + "period_at_30_km,28,0", "standard_error of period_at_30_km is 0.0"),
        (HEAD + 2 * "period_at_30_km,28,1\n", "period_at_30_km twice"),
    ],
)
def test_tables_that_are_wrong(tmp_path, text, words) -> None:
    path = tmp_path / "observed.csv"
    path.write_text(text)
    with pytest.raises(ModelFileError, match=words):
        read_wanted(path)


def test_a_file_of_statistics(tmp_path) -> None:
    names = tuple(statistic_names())
    count = len(names)
    path = tmp_path / "s.nc"
    save_statistics(
        path,
        StatisticsOfRun(names, np.arange(count, dtype=float), np.eye(count), 20, 9),
    )
    found = read_wanted(path)
    assert found.window_years == 20
    assert found.places.tolist() == list(range(count))
    with netCDF4.Dataset(path, "a") as file:
        file["covariance"][0, 0] = -1.0
    with pytest.raises(ModelFileError, match="not positive definite"):
        read_wanted(path)
    with pytest.raises(ModelFileError, match="No such file"):
        read_wanted(tmp_path / "none.nc")
