"""A calibration that was never run, to be drawn."""

import numpy as np

from gwparam.calibrate.check import Check, Run
from gwparam.calibrate.inversion import Target
from gwparam.calibrate.run import Result, State
from gwparam.calibrate.target import Wanted
from gwparam.qbo.statistics import statistic_names

NAMES = ("period_at_25_km", "standard_deviation_at_25_km")
WANTED = Wanted(
    NAMES,
    np.array([statistic_names().index(name) for name in NAMES]),
    Target(np.array([26.0, 33.6]), np.eye(2)),
    12,
)
_GENERATOR = np.random.default_rng(0)
_MEMBERS = 12
RESULT = Result(
    np.zeros(3),
    2,
    (50.0, np.inf, 0.9),
    State(
        np.zeros((_MEMBERS, 3)),
        [np.zeros(3)] * 2,
        [900.0, 30.0],
        [np.inf, 5.0],
        [0.01, 0.5],
        [4, 0],
        [_GENERATOR.normal(26.0, 3.0, (_MEMBERS, 4)) for _ in range(2)],
    ),
)
_NAN = (np.nan,) * 3
_MONTHS = np.arange(12 * 30)[:, np.newaxis]
_WIND = 30.0 * np.sin(2 * np.pi * (_MONTHS / 26.0 + np.arange(73) / 73))
_WIND_BEFORE = np.where(_MONTHS < 200, _WIND, np.nan)
CHECKS = (
    Check((Run(1, False, _NAN, _NAN),), np.full(85, np.nan), np.inf, _WIND_BEFORE),
    Check(
        (Run(1, True, (26.0, 25.9, 25.9), (19.1, 33.8, 47.1)),),
        np.arange(85.0),
        0.9,
        _WIND,
    ),
)
