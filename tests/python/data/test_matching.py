import pytest
import xarray as xr
from wind_states import open_file

from gwparam.data.matching import find_variable, name_variable, nonorographic
from gwparam.errors import ContractError


def test_open_matches_usual_names_without_standard_names(dataset, write):
    for name in ("u", "v", "ps", "lat"):
        del dataset[name].attrs["standard_name"]

    with open_file(write(dataset)) as states:
        assert states.sources["eastward_wind"].variable == "u"
        assert states.sources["latitude"].variable == "lat"


def test_open_prefers_standard_name_to_name(dataset, write):
    dataset = dataset.rename(u="v", v="u")

    with open_file(write(dataset)) as states:
        assert states.sources["eastward_wind"].variable == "v"


def test_open_refuses_choice_between_equal_standard_names(dataset, write):
    dataset = dataset.rename(u="first")
    dataset["second"] = dataset["first"]

    with pytest.raises(ContractError, match="several variables for eastward_wind"):
        open_file(write(dataset))


def test_open_names_what_it_looked_for_and_what_there_is(dataset, write):
    path = write(dataset.drop_vars("v"))

    with pytest.raises(ContractError) as caught:
        open_file(path)

    message = str(caught.value)
    assert "no variable for northward_wind" in message
    assert "looked for standard_name northward_wind and names" in message
    assert "u (eastward_wind)" in message


NORTHWARD = "tendency_of_northward_wind_due_to_gravity_wave_drag"


def named(**standard_names):
    """A file of variables with standard names, or without."""
    return xr.Dataset(
        {
            name: ("x", [0.0], {"standard_name": standard} if standard else {})
            for name, standard in standard_names.items()
        }
    )


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"a": "eastward_wind", "u": "x_wind"}, "a"),
        ({"u": "eastward_wind", "ua": "northward_wind"}, "u"),
        ({"U": "northward_wind", "ucomp": ""}, "ucomp"),
        ({"U": "x_wind", "UTEND": "", "UTGWSPEC": ""}, "U"),
        ({"v": "", "b": "northward_wind"}, None),
    ],
)
def test_standard_name_comes_before_name(names, expected):
    assert find_variable(named(**names), "file", "eastward_wind") == expected


@pytest.mark.parametrize(
    "names",
    [
        {"u": "eastward_wind", "b": "eastward_wind"},
        {"U": "", "ucomp": ""},
        {"eastward_wind": "", "ua": ""},
        {"a": "eastward_wind", "u": ""},
    ],
)
def test_two_variables_that_a_field_could_be_are_refused_by_name(names):
    with pytest.raises(ContractError) as caught:
        find_variable(named(**names), "file", "eastward_wind")

    assert "file has several variables for eastward_wind: " in str(caught.value)
    assert caught.value.settings == ("variable",)
    assert all(name in str(caught.value) for name in names)


def test_wind_near_the_ground_is_not_that_at_levels(dataset, write):
    low = dataset.u.isel(lev=-1, drop=True) * 0.5
    states = dataset.assign(
        uas=low.assign_attrs(dataset.u.attrs), ua=low, PS=dataset.ps
    )
    path = write(states.drop_vars("PS"))

    with open_file(path) as opened:
        assert opened.sources["eastward_wind"].variable == "u"
    with pytest.raises(ContractError, match="for surface_air_pressure: ps, PS"):
        open_file(write(states, "b.nc"))


def test_the_same_coordinates_under_two_names_are_one(dataset):
    twice = dataset.assign(latitude=dataset.lat)

    assert find_variable(twice, "file", "latitude") in ("lat", "latitude")
    with pytest.raises(ContractError, match="several variables for latitude"):
        find_variable(twice.assign(latitude=dataset.lat + 1), "file", "latitude")


def test_other_names_are_looked_for_after_the_field_itself():
    also = nonorographic(NORTHWARD)
    both = named(a=also[0], b=NORTHWARD)

    assert also == (
        "tendency_of_northward_wind_due_to_nonorographic_gravity_wave_drag",
    )
    assert find_variable(both, "file", NORTHWARD, also) == "b"
    assert find_variable(both[["a"]], "file", NORTHWARD, also) == "a"
    assert find_variable(both[["a"]], "file", NORTHWARD) is None


def test_chosen_variable_needs_no_fitting_name():
    dataset = named(odd="")

    assert name_variable(dataset, "file", "eastward_wind", "odd") == "odd"
    with pytest.raises(ContractError, match="file has no variable even for eastward_w"):
        name_variable(dataset, "file", "eastward_wind", "even")


def test_absent_variable_is_refused_with_all_names_looked_for():
    with pytest.raises(ContractError) as caught:
        name_variable(named(odd=""), "file", NORTHWARD, also=nonorographic(NORTHWARD))

    message = str(caught.value)
    assert message.startswith(f"file has no variable for {NORTHWARD}: looked for ")
    assert f"standard_name {NORTHWARD} or {nonorographic(NORTHWARD)[0]}" in message
    assert message.endswith("VTGWSPEC, gwfcng_y, gwfv_cgwd; it has odd")
