"""Lines of run logs as the library writes them; those of tests/mpi are real."""

import json


def start_line(**items):
    """The line with which a run begins."""
    return {
        "kind": "start",
        "model_days": 0.0,
        "model_date": "day 0 00:00:00",
        "wall_time": "2026-11-29T12:00:00.000+00:00",
        "gwparam": "0.1.0",
        "mode": "ml",
        "artefact": "wavenet.pt",
        "sha256": 64 * "a",
        "ranks": 2,
        "threads": 1,
        "device": "cpu",
        "compiled": "none",
        "load_seconds": 0.1,
        "restored": False,
        "restored_date": None,
        "contract": {
            "name": "WaveNet",
            "vertical": {
                "nlev": 3,
                "order": "top_down",
                "nominal_pressure": [1e3, 1e4, 9e4],
            },
        },
    } | items


def place(field, value, **items):
    """A value and where it is."""
    return {
        "field": field,
        "value": value,
        "units": "m s-2",
        "excess": abs(value),
        "latitude": -45.0,
        "longitude": 280.0,
        "level": 2,
        "pressure": 1e4,
        "date": "day 3",
        "run": 2,
        "rank": 1,
    } | items


def report_line(number, kind="report", **items):
    """A line after so many recomputations of 100 columns."""
    drag = {
        "values": 300,
        "rms_network": 1e-5 * number,
        "largest_network": place("eastward drag of the network", -2e-4),
        "rms_native": 2e-5,
        "r2": 0.5,
        "largest_native": place("eastward drag, native", 3e-4, longitude=10.0),
    }
    guard = {
        "name": "on_range",
        "policy": "native",
        "columns": 10 * number,
        "columns_last_run": 10,
        "levels": [7 * number, 0, 3 * number],
        "worst": place("eastward_wind", 99.0, units="m s-1"),
    }
    still = guard | {
        "name": "finite",
        "columns": 0,
        "columns_last_run": 0,
        "levels": [0] * 4,
        "worst": None,
    }
    return {
        "kind": kind,
        "model_days": 0.5 * number,
        "model_date": f"day {number}",
        "wall_time": f"2026-11-29T12:{number:02}:00.000+00:00",
        "ranks": 2,
        "recomputations": number,
        "runs": number,
        "columns": 100 * number,
        "guarded_columns": 10 * number,
        "guarded_columns_last_run": 10,
        "columns_this_run": 100 * number,
        "native_columns": 10 * number,
        "native_share": 0.1,
        "network_share": 0.9,
        "fell_back": False,
        "ms": {"put": 1.0, "levels": 0.0, "network": 8.0, "wait": 0.5, "get": 0.5},
        "guards": [still, guard],
        "last": {"u": drag, "v": {"values": 300, "rms_network": None}},
        "run": {"u": drag, "v": {"values": 300, "rms_network": 1e-6}},
    } | items


def text_of(*lines):
    """Lines as a file has them."""
    return "".join(json.dumps(line) + "\n" for line in lines)
