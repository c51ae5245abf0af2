"""Live figure: a high-pass at any corner and order, forwards or both ways, and what it does to a mixture."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

ORDERS = (2, 4, 6, 8)  # the positions of the slider, as in js/filter_core.js


class FilterBench(anywidget.AnyWidget):
    """Mix, filter and score in the reader's browser: gain, group delay, one heartbeat, and the SNR improvement.

    Parameters
    ----------
    clean, noise : array_like, shape (n_samples,), any one unit
        The muscle and what is added to it, 400 to 20,000 samples, neither of them silent.
    fs : float, hertz
        Sampling rate, 500 or more.
    corner_hz : float, hertz
        Where the slider for the corner starts, 5 to 200.
    order : int, dimensionless
        Order of one pass: 2, 4, 6 or 8.
    passes : int, dimensionless
        1 forwards only, 2 forwards and backwards.
    snr_db : float, decibels
        Mixing SNR at the start, -20 to 20.

    Raises
    ------
    ValueError
        If the two signals do not fit each other, or a slider would start outside its range.

    Lesson
    ------
    11 Filters

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> FilterBench(rng.standard_normal(800), rng.standard_normal(800), fs=1000)
    <FilterBench: order 4 at 40 Hz, both ways, -10 dB>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "filter_core.js", "filter_view.js")
    _css = _source("front_panel.css")

    clean = traitlets.Bytes().tag(sync=True)  # little-endian float32
    noise = traitlets.Bytes().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    corner_hz = traitlets.Float(min=5.0, max=200.0).tag(sync=True)
    order = traitlets.Enum(ORDERS).tag(sync=True)
    passes = traitlets.Enum((1, 2)).tag(sync=True)
    snr_db = traitlets.Float(min=-20.0, max=20.0).tag(sync=True)

    def __init__(self, clean, noise, *, fs, corner_hz=40.0, order=4, passes=2, snr_db=-10.0):
        clean, noise, fs = validate(clean, name="clean"), validate(noise, name="noise"), check_fs(fs)
        if clean.ndim != 1 or clean.shape != noise.shape or not 400 <= clean.size <= 20_000:
            raise ValueError(
                f"clean has shape {clean.shape} and noise {noise.shape}: give one channel of each, equally long, "
                "400 to 20,000 samples."
            )
        if not (np.any(clean) and np.any(noise)):
            raise ValueError("clean or noise is silent, so there is no SNR: choose a part with signal.")
        if fs < 500:
            raise ValueError(f"fs is {fs:g} Hz, but the corner goes up to 200 Hz: give a rate of 500 Hz or more.")
        if not (5 <= corner_hz <= 200 and order in ORDERS and passes in (1, 2) and -20 <= snr_db <= 20):
            raise ValueError(
                f"The sliders cannot start at corner_hz={corner_hz}, order={order}, passes={passes}, snr_db={snr_db}: "
                f"the corner lies from 5 to 200 Hz, the order is one of {ORDERS}, passes is 1 or 2, the SNR lies from "
                "-20 to 20 dB."
            )
        super().__init__(
            clean=clean.astype("<f4").tobytes(), noise=noise.astype("<f4").tobytes(), fs=fs,
            corner_hz=float(corner_hz), order=int(order), passes=int(passes), snr_db=float(snr_db),
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        way = "both ways" if self.passes == 2 else "forwards"
        return f"<FilterBench: order {self.order} at {self.corner_hz:g} Hz, {way}, {self.snr_db:g} dB>"
