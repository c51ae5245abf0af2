"""Live figure: a judge of SNR whose faults are set by sliders; the correlation does not see all of them."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.leak_widget import _normals
from emgtut.show.widgets import _source

N, MIDDLE_DB = 200, -7.5
LIMITS = {"bias_db": (-6, 6), "slope": (0, 1.5), "error_db": (0, 6), "range_db": (5, 40), "seed": (1, 20)}


class JudgeMeter(anywidget.AnyWidget):
    """Predicted against true SNR of 200 windows, with mean squared error and correlation, recomputed in the browser.

    Parameters
    ----------
    bias_db : float, dB
        What is added to every prediction, where the slider starts: -6 to 6.
    slope : float, dimensionless
        Predicted over true deviation from the middle: 0 to 1.5.
    error_db : float, dB
        Standard deviation of an error by chance: 0 to 6.
    range_db : float, dB
        Range of the true SNRs around -7.5 dB: 5 to 40.
    seed : int
        Which draw, 1 to 20 (dimensionless).

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> JudgeMeter(bias_db=3)
    <JudgeMeter: bias 3 dB, slope 1, error 0.5 dB, range 15 dB>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "leak_core.js", "judge_core.js", "judge_view.js")
    _css = _source("front_panel.css")

    bias_db = traitlets.Float(min=-6.0, max=6.0).tag(sync=True)
    slope = traitlets.Float(min=0.0, max=1.5).tag(sync=True)
    error_db = traitlets.Float(min=0.0, max=6.0).tag(sync=True)
    range_db = traitlets.Float(min=5.0, max=40.0).tag(sync=True)
    seed = traitlets.Int(min=1, max=20).tag(sync=True)

    def __init__(self, *, bias_db=0.0, slope=1.0, error_db=0.5, range_db=15.0, seed=1):
        given = {"bias_db": bias_db, "slope": slope, "error_db": error_db, "range_db": range_db, "seed": seed}
        for name, value in given.items():
            low, high = LIMITS[name]
            if not low <= value <= high:
                raise ValueError(f"{name} must lie between {low} and {high}, got {value}.")
        super().__init__(**given)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        told = f"bias {self.bias_db:g} dB, slope {self.slope:g}, error {self.error_db:g} dB"
        return f"<JudgeMeter: {told}, range {self.range_db:g} dB>"


def judged(*, bias_db=0.0, slope=1.0, error_db=0.5, range_db=15.0, seed=1):
    """Compute the cloud that the judge meter shows.

    Parameters
    ----------
    bias_db, error_db, range_db : float, dB
        As for `JudgeMeter`.
    slope : float, dimensionless
        As for `JudgeMeter`.
    seed : int
        Which draw (dimensionless).

    Returns
    -------
    predicted_db, truth_db : ndarray, shape (200,), dB

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> predicted_db, truth_db = judged(bias_db=3, error_db=0)
    >>> float(np.mean(predicted_db - truth_db)), float(np.corrcoef(predicted_db, truth_db)[0, 1].round(9))
    (3.0, 1.0)
    """
    away = range_db * ((np.arange(N) + 0.5) / N - 0.5)
    return away * slope + MIDDLE_DB + bias_db + error_db * _normals(seed, N), away + MIDDLE_DB
