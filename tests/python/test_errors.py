import re

import pytest

from gwparam.errors import GwparamError, InternalError, Status, error_class


def test_every_failure_has_its_own_class():
    failures = [status for status in Status if status is not Status.OK]

    classes = {error_class(status) for status in failures}

    assert len(classes) == len(failures)
    assert all(issubclass(cls, GwparamError) for cls in classes)


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_class_knows_its_status(status):
    assert error_class(status).status is status


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.OK])
def test_error_knows_the_settings_that_it_is_about(status):
    error = error_class(status)("batch is 0", settings=("batch",))

    assert (str(error), error.settings) == ("batch is 0", ("batch",))
    assert error_class(status)("another").settings == ()


def test_unknown_number_is_an_internal_error():
    assert error_class(-12345) is InternalError


def test_statuses_are_those_of_the_c_header():
    from pathlib import Path

    header = Path(__file__).parents[2] / "fortran_bridge" / "include" / "gwparam.h"
    listed = re.findall(r"X\(GWPARAM_(\w+), (-?\d+),", header.read_text())

    assert {name: int(number) for name, number in listed} == {
        status.name: status.value for status in Status
    }
