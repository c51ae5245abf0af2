"""Live figure: how often a grade for repeatability is luck."""

import anywidget
import numpy as np
import traitlets

from emgtut.acquire.checkup import spread_interval
from emgtut.show.widgets import _source

REPETITIONS = (3, 4, 5, 6, 8, 10, 12, 15, 20, 30)  # the positions of the slider, as in js/repeat_core.js


class GradeLottery(anywidget.AnyWidget):
    """One person with a known spread, graded in a thousand sessions of a few contractions each, in the browser.

    Parameters
    ----------
    repetitions : int, dimensionless
        Contractions in a session, one of 3, 4, 5, 6, 8, 10, 12, 15, 20, 30.
    spread_percent : float, %
        True coefficient of variation, 2 to 40.
    draw : int
        Which session is shown, 1 to 100.

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    References
    ----------
    SensorWiki2026

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> GradeLottery(repetitions=5, spread_percent=12)
    <GradeLottery: 5 contractions, true spread 12 %, session 1>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "repeat_core.js", "repeat_view.js")
    _css = _source("front_panel.css")

    repetitions = traitlets.Enum(REPETITIONS).tag(sync=True)
    spread_percent = traitlets.Float(min=2.0, max=40.0).tag(sync=True)
    draw = traitlets.Int(min=1, max=100).tag(sync=True)
    factors = traitlets.List().tag(sync=True)  # ends of the interval over the spread found, for each of REPETITIONS

    def __init__(self, *, repetitions=5, spread_percent=12.0, draw=1):
        if repetitions not in REPETITIONS:
            raise ValueError(f"repetitions must be one of {REPETITIONS}, got {repetitions}.")
        if not 2 <= spread_percent <= 40:
            raise ValueError(f"spread_percent must lie between 2 and 40, got {spread_percent}.")
        if int(draw) != draw or not 1 <= draw <= 100:
            raise ValueError(f"draw must be a whole number from 1 to 100, got {draw}.")
        found = [spread_interval(np.arange(1.0, n + 1)) for n in REPETITIONS]
        super().__init__(
            repetitions=repetitions,
            spread_percent=float(spread_percent),
            draw=int(draw),
            factors=[[m.low / m.value, m.high / m.value] for m in found],
        )

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        person = f"{self.repetitions} contractions, true spread {self.spread_percent:g} %"
        return f"<GradeLottery: {person}, session {self.draw}>"
