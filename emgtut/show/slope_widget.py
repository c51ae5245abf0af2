"""Live figure: the slope of the median frequency, with its interval, under hum and behind a high-pass."""

import anywidget
import numpy as np
import traitlets

from emgtut.acquire.gaussian import shaped_power
from emgtut.apply.fatigue_features import fit_slope
from emgtut.assess.features import median_frequency
from emgtut.show.leak_widget import _normals
from emgtut.show.widgets import _source

HUM_HZ, FREQS = 50, np.arange(1, 500)
CHOICES = {"cutoff_hz": [0, 10, 20, 30, 40, 60, 80, 100], "seconds": [10, 20, 40, 60, 120, 240]}


class SlopeMeter(anywidget.AnyWidget):
    """The median frequency of a muscle that slows down, frame by frame, recomputed in the browser.

    Parameters
    ----------
    fall : float, per cent
        How much of the conduction velocity is lost by the end, where the slider starts: 0 to 40.
    snr_db : float, dB
        Energy of the muscle over that of hum at 50 Hz, at the start: -20 to 30.
    cutoff_hz : int, Hz
        Corner of a zero-phase high-pass: 0 (none), 10, 20, 30, 40, 60, 80 or 100.
    seconds : int, seconds
        Length of the recording: 10, 20, 40, 60, 120 or 240.
    seed : int
        Which muscle, 1 to 20.

    Raises
    ------
    ValueError
        If a slider would start where it has no position.

    Lesson
    ------
    22 Fatigue

    Examples
    --------
    >>> SlopeMeter(fall=30, snr_db=0)
    <SlopeMeter: velocity falls by 30 %, hum at 0 dB, no high-pass, 60 s>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "leak_core.js", "slope_core.js", "slope_view.js")
    _css = _source("front_panel.css")

    fall = traitlets.Float(min=0.0, max=40.0).tag(sync=True)
    snr_db = traitlets.Float(min=-20.0, max=30.0).tag(sync=True)
    cutoff_hz = traitlets.Int().tag(sync=True)
    seconds = traitlets.Int().tag(sync=True)
    seed = traitlets.Int().tag(sync=True)

    def __init__(self, *, fall=25.0, snr_db=30.0, cutoff_hz=0, seconds=60, seed=1):
        for name, value in {"fall": fall, "snr_db": snr_db}.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        for name, value in {"cutoff_hz": cutoff_hz, "seconds": seconds}.items():
            if value not in CHOICES[name]:
                raise ValueError(f"{name} must be one of {', '.join(map(str, CHOICES[name]))}, got {value}.")
        if seed not in range(1, 21):
            raise ValueError(f"seed must be a whole number from 1 to 20, got {seed}.")
        super().__init__(fall=float(fall), snr_db=float(snr_db), cutoff_hz=cutoff_hz, seconds=seconds, seed=seed)

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        high_pass = f"high-pass at {self.cutoff_hz} Hz" if self.cutoff_hz else "no high-pass"
        hum = f"hum at {self.snr_db:g} dB"
        return f"<SlopeMeter: velocity falls by {self.fall:g} %, {hum}, {high_pass}, {self.seconds} s>"


def slope_of(*, fall, snr_db, cutoff_hz, seconds, seed):
    """Compute what the slope meter shows.

    The power of a frame of one second is drawn bin by bin, as that of Gaussian noise is. The spectrum is squeezed by
    the velocity and keeps its total.

    Parameters
    ----------
    fall : float, per cent
        How much of the conduction velocity is lost by the end.
    snr_db : float, dB
        Energy of the muscle over that of the hum.
    cutoff_hz : float, Hz
        Corner of a high-pass of fourth order, forwards and backwards; 0 is none.
    seconds : int, seconds
        Frames.
    seed : int
        Which draw.

    Returns
    -------
    values : ndarray, shape (seconds,), Hz
        Median frequency of each frame.
    line : emgtut.apply.fatigue_features.Slope
        Through them.

    Lesson
    ------
    22 Fatigue

    Examples
    --------
    >>> calm = dict(cutoff_hz=0, seconds=60, seed=1)
    >>> [f"{slope_of(fall=30, snr_db=level, **calm)[1].fall:.1f}" for level in (30, -20)]
    ['0.3', '0.0']
    """
    velocity = 1 - fall / 100 * (np.arange(seconds) + 0.5) / seconds
    power = shaped_power(FREQS / velocity[:, None]) / velocity[:, None] / shaped_power(FREQS).sum()
    power = power * np.square(_normals(seed, 2 * power.size)).reshape(*power.shape, 2).mean(axis=-1)
    power[:, HUM_HZ - 1] += 10 ** (-snr_db / 10)
    values = median_frequency(FREQS, power / (1 + (cutoff_hz / FREQS) ** 8) ** 2)
    return values, fit_slope((np.arange(seconds) + 0.5) / 60, values, span=seconds / 60)
