"""Live figure: where a tone from outside the band lands after conversion, and how much of it is left."""

import anywidget
import traitlets

from emgtut.show.widgets import _source

RATES = (500, 1000, 2000, 3750, 7500, 15000, 30000)  # the positions of the sliders, as in js/alias_core.js
ORDERS = (0, 1, 2, 4)


class AliasProbe(anywidget.AnyWidget):
    """Move a tone of 100 µV through the filter of an ADS1256, and see at which frequency its samples lie.

    The gain is that of the converter's own filter, times an optional Butterworth low-pass at 500 Hz before it.
    Everything is computed in the reader's browser.

    Parameters
    ----------
    tone_hz : float, hertz
        Where the first slider starts, 50 to 8000.
    data_rate : int, samples per second
        One of 500, 1000, 2000, 3750, 7500, 15000, 30000.
    order : int, dimensionless
        Of the analog low-pass: 0 (none), 1, 2 or 4.

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    References
    ----------
    ADS1256

    Lesson
    ------
    04 Digitise

    Examples
    --------
    >>> AliasProbe(tone_hz=900, data_rate=1000)
    <AliasProbe: a tone of 900 Hz at 1000 samples per second, analog low-pass of order 0>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "alias_core.js", "alias_view.js")
    _css = _source("front_panel.css")

    tone_hz = traitlets.Float(min=50.0, max=8000.0).tag(sync=True)
    data_rate = traitlets.Enum(RATES).tag(sync=True)
    order = traitlets.Enum(ORDERS).tag(sync=True)

    def __init__(self, *, tone_hz=900.0, data_rate=1000, order=0):
        if not 50 <= tone_hz <= 8000:
            raise ValueError(f"tone_hz must lie between 50 and 8000, got {tone_hz}.")
        for name, value, allowed in (("data_rate", data_rate, RATES), ("order", order, ORDERS)):
            if value not in allowed:
                raise ValueError(f"{name} must be one of {allowed}, got {value}.")
        super().__init__(tone_hz=float(tone_hz), data_rate=data_rate, order=order)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return (
            f"<AliasProbe: a tone of {self.tone_hz:g} Hz at {self.data_rate} samples per second, "
            f"analog low-pass of order {self.order}>"
        )
