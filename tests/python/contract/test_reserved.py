import re

import pytest

from gwparam.contract.fields import (
    Checksum,
    ColumnProgram,
    ExpectedError,
    Mask,
    TrainingDates,
    Weights,
)
from gwparam.contract.reserved import check_members, check_origin, check_run
from gwparam.errors import ContractError


def refused(message):
    return pytest.raises(ContractError, match=f"^{re.escape(message)}$")


def test_what_this_version_does_is_taken():
    check_run(None, None, None)
    check_run(0.0, None, None)
    check_run(3600.0, None, None)


def test_each_member_has_a_checkpoint():
    other = Weights("b.pt", "1" * 64)
    check_members(None, None)
    check_members(1, ())
    check_members(2, (other,))
    check_members(64, 63 * (other,))
    for members, further, message in (
        (0, None, "members is 0, expected 1 to 64"),
        (65, 64 * (other,), "members is 65, expected 1 to 64"),
        (None, (other,), "source.further has 1 values, expected 0"),
        (3, (other,), "source.further has 1 values, expected 2"),
    ):
        with refused(message):
            check_members(members, further)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        (
            (-3600.0, None, None),
            "lead_time is -3600.0, expected at least 0",
        ),
        (
            (None, ColumnProgram("column.pt", 2), None),
            "column_program is column.pt, expected null: it is reserved",
        ),
        (
            (None, None, [Checksum("a", "0" * 64), Checksum("b", "1" * 64)]),
            "checksums is an array of 2, expected null: they are reserved",
        ),
    ],
)
def test_what_would_change_a_run_is_refused(keys, message):
    with refused(message):
        check_run(*keys)


WIDTHS = {"drag_u": 3, "surface_stress": 1}
DATES = TrainingDates("1979-01-01", "1979-12-31")
ERROR = ExpectedError("drag_u", (1e-5, 0.0, 3e-5))


def test_origin_is_taken():
    check_origin(None, None, None, WIDTHS)
    check_origin(
        Mask(1.0, 0),
        [DATES, TrainingDates("2000-02-29", "2000-02-29")],
        [ERROR, ExpectedError("surface_stress", (0.1,))],
        WIDTHS,
    )


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (Mask(1.5, 0), "mask.ratio is 1.5, expected 0 to 1"),
        (Mask(float("nan"), 0), "mask.ratio is nan, expected 0 to 1"),
        (Mask(0.5, -1), "mask.seed is -1, expected at least 0"),
    ],
)
def test_mask_out_of_range_is_refused(mask, message):
    with refused(message):
        check_origin(mask, None, None, WIDTHS)


@pytest.mark.parametrize(
    ("dates", "message"),
    [
        (
            TrainingDates("1979-13-01", "1980-01-01"),
            'training_dates[1].first is "1979-13-01", '
            "expected a date such as 1979-12-31",
        ),
        (
            TrainingDates("1979-01-01", "1980-1-1"),
            'training_dates[1].last is "1980-1-1", expected a date such as 1979-12-31',
        ),
        (
            TrainingDates("1979-01-02", "1979-01-01"),
            "training_dates[1].last is 1979-01-01, expected 1979-01-02 or later",
        ),
    ],
)
def test_dates_that_are_none_are_refused(dates, message):
    with refused(message):
        check_origin(None, [DATES, dates], None, WIDTHS)


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            ExpectedError("drag_w", (1.0,)),
            "expected_error[1].name is drag_w, expected an output or tendency",
        ),
        (
            ExpectedError("surface_stress", (1.0, 2.0)),
            "expected_error[1].root_mean_square has 2 values, expected 1",
        ),
        (
            ExpectedError("surface_stress", (-2.0,)),
            "expected_error[1].root_mean_square is -2.0, expected at least 0",
        ),
        (ERROR, "expected_error[1].name is drag_u again, expected distinct ones"),
    ],
)
def test_errors_that_fit_no_output_are_refused(error, message):
    with refused(message):
        check_origin(None, None, [ERROR, error], WIDTHS)
