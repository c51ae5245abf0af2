"""Live figure: what an estimate scores that is nothing but the noisy signal, turned down."""

import anywidget
import traitlets

from emgtut.show.widgets import _source


class ScoreBoard(anywidget.AnyWidget):
    """SNR improvement, PRD and log-spectral distance of a turned-down noisy signal, computed in the reader's browser.

    The estimate is `gain · noisy`. Signal and noise are uncorrelated and have flat spectra, so every score has a closed
    form. At gain 0 the estimate is silence, at 1 it is the input.

    Parameters
    ----------
    snr_db : float, decibels
        SNR of the input at the start, -20 to 20.
    gain : float, dimensionless
        Where the gain starts, 0 to 1.
    level_uv : float, microvolts (RMS)
        Level of the clean signal at the start, 1 to 1,000,000.

    Raises
    ------
    ValueError
        If a slider would start outside its range.

    Lesson
    ------
    09 Measures

    Examples
    --------
    >>> ScoreBoard(snr_db=-10, gain=0.1)
    <ScoreBoard: 0.1 x noisy at -10 dB, 50 µV>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "score_core.js", "score_view.js")
    _css = _source("front_panel.css")

    snr_db = traitlets.Float(min=-20.0, max=20.0).tag(sync=True)
    gain = traitlets.Float(min=0.0, max=1.0).tag(sync=True)
    level_uv = traitlets.Float(min=1.0, max=1e6).tag(sync=True)

    def __init__(self, *, snr_db=-10.0, gain=1.0, level_uv=50.0):
        values = {"snr_db": snr_db, "gain": gain, "level_uv": level_uv}
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        super().__init__(**{name: float(value) for name, value in values.items()})

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return f"<ScoreBoard: {self.gain:g} x noisy at {self.snr_db:g} dB, {self.level_uv:g} µV>"
