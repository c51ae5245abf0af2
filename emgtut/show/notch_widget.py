"""Live figure: what a notch removes when it is not tuned to the mains exactly."""

import anywidget
import traitlets

from emgtut.show.widgets import _source


class NotchTuner(anywidget.AnyWidget):
    """Gain of a mains notch over frequency, and the hum it leaves, for any quality and mistuning, in the browser.

    Parameters
    ----------
    quality : float, dimensionless
        Where the slider starts, 0.25 to 50.
    off_percent : float, per cent
        How far from the mains the notch is tuned at the start, -5 to 5.
    mains_hz : float, hertz
        Usually 50 or 60.

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> NotchTuner(quality=10, off_percent=1)
    <NotchTuner: Q 10, 1 % off 50 Hz>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "notch_core.js", "notch_view.js")
    _css = _source("front_panel.css")

    quality = traitlets.Float(min=0.25, max=50.0).tag(sync=True)
    off_percent = traitlets.Float(min=-5.0, max=5.0).tag(sync=True)
    mains_hz = traitlets.Float(min=30.0, max=90.0).tag(sync=True)

    def __init__(self, *, quality=10.0, off_percent=0.0, mains_hz=50.0):
        values = {"quality": quality, "off_percent": off_percent, "mains_hz": mains_hz}
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        super().__init__(**{name: float(value) for name, value in values.items()})

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return f"<NotchTuner: Q {self.quality:g}, {self.off_percent:g} % off {self.mains_hz:g} Hz>"
