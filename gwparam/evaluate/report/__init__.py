"""The report of an evaluation: one self-contained HTML page with figures."""

from gwparam.evaluate.report.page import write_report

__all__ = ["write_report"]
