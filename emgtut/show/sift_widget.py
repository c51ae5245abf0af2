"""Live figure: sifting step by step, and how many modes come out in which unit."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

SIFTS = 10  # the last position of the slider, as in js/sift_view.js


class SiftProbe(anywidget.AnyWidget):
    """Take a signal apart in the reader's browser by PyEMD's rules, and look at the first sifts one by one.

    The slider for the RMS changes nothing but the unit in which the program sees the signal.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        A window of 100 to 2000 samples, not silent and without plateaus; it is scaled to unit RMS.
    fs : float, hertz
        Its sampling rate.
    rms_volt : float, volt
        Where the slider for the RMS starts, 1e-6 to 1.
    n_sifts : int, dimensionless
        Where the slider for the sifts starts, 0 to 10.

    Raises
    ------
    ValueError
        If the window has no usable length, is silent or has equal neighbours, or a slider would start outside its
        range.

    References
    ----------
    Huang1998

    Lesson
    ------
    13 EMD

    Examples
    --------
    >>> SiftProbe(np.random.default_rng(0).standard_normal(500), fs=1000)
    <SiftProbe: 500 samples, RMS 1 V, 1 sifts>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "sift_core.js", "sift_view.js")
    _css = _source("front_panel.css")

    samples = traitlets.Bytes().tag(sync=True)  # little-endian float32
    fs = traitlets.Float().tag(sync=True)
    rms_volt = traitlets.Float(min=1e-6, max=1.0).tag(sync=True)
    n_sifts = traitlets.Int(min=0, max=SIFTS).tag(sync=True)

    def __init__(self, x, *, fs, rms_volt=1.0, n_sifts=1):
        x = validate(x, min_samples=100).astype(np.float64)
        if x.ndim != 1 or x.size > 2000 or not np.any(x):
            raise ValueError(f"x must be one channel of 100 to 2000 samples, not silent; it is {x.shape}.")
        for name, value in {"rms_volt": rms_volt, "n_sifts": n_sifts}.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        samples = (x / np.sqrt(np.mean(np.square(x)))).astype("<f4")
        if np.any(samples[1:] == samples[:-1]):
            raise ValueError(
                "Two neighbouring samples are equal, and the figure knows no plateaus: take another window."
            )
        super().__init__(samples=samples.tobytes(), fs=check_fs(fs), rms_volt=float(rms_volt), n_sifts=int(n_sifts))

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        n = len(self.samples) // 4
        return f"<SiftProbe: {n} samples, RMS {self.rms_volt:g} V, {self.n_sifts} sifts>"
