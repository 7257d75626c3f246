import numpy as np
import pytest

from gwparam.evaluate.report import spectra
from gwparam.evaluate.report.comparison import (
    Comparison,
)


def test_spectra_leave_wavenumber_zero_out_and_guide_with_slopes(results, drawn):
    spectra.spectra_section(Comparison(results))

    axis = drawn[0].axes[0]
    assert axis.lines[0].get_xdata()[0] == 1
    for line, slope in zip(axis.lines[4:6], (-5 / 3, -3), strict=True):
        fitted = np.polyfit(np.log(line.get_xdata()), np.log(line.get_ydata()), 1)
        assert fitted[0] == pytest.approx(slope)
