"""Live figure: variational mode decomposition with vmdpy's stopping rule, for any unit, number of modes and width."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_fs, validate

MODES = (2, 3, 4, 5, 6, 7, 8)  # the positions of the slider, as in js/vmd_view.js


class VmdProbe(anywidget.AnyWidget):
    """Take a signal apart in the reader's browser, round by round, until the fixed tolerance of 1e-7 says stop.

    The slider for the RMS changes nothing but the unit in which the program sees the signal.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        A window of 64 to 2000 samples, not constant; it is scaled to unit RMS.
    fs : float, hertz
        Its sampling rate.
    rms_volt : float, volt
        Where the slider for the RMS starts, 1e-6 to 1.
    n_modes : int, dimensionless
        2 to 8.
    alpha : float, dimensionless
        How narrow modes are, 100 to 10,000.

    Raises
    ------
    ValueError
        If the window has no usable length or is silent, or a slider would start outside its range.

    References
    ----------
    Dragomiretskiy2014

    Lesson
    ------
    14 VMD

    Examples
    --------
    >>> VmdProbe(np.random.default_rng(0).standard_normal(500), fs=1000)
    <VmdProbe: 6 modes, alpha 2000, RMS 1 V>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "vmd_core.js", "vmd_view.js")
    _css = _source("front_panel.css")

    real = traitlets.Bytes().tag(sync=True)  # positive half of the mirrored spectrum, little-endian float32
    imag = traitlets.Bytes().tag(sync=True)
    fs = traitlets.Float().tag(sync=True)
    rms_volt = traitlets.Float(min=1e-6, max=1.0).tag(sync=True)
    n_modes = traitlets.Int(min=MODES[0], max=MODES[-1]).tag(sync=True)
    alpha = traitlets.Float(min=100.0, max=10_000.0).tag(sync=True)

    def __init__(self, x, *, fs, rms_volt=1.0, n_modes=6, alpha=2000.0):
        x = validate(x, min_samples=64).astype(np.float64)
        if x.ndim != 1 or x.size > 2000 or not np.any(x):
            raise ValueError(f"x must be one channel of 64 to 2000 samples, not silent; it is {x.shape}.")
        values = {"rms_volt": rms_volt, "n_modes": n_modes, "alpha": alpha}
        for name, value in values.items():
            trait = self.traits()[name]
            if not trait.min <= value <= trait.max:
                raise ValueError(f"{name} must lie between {trait.min:g} and {trait.max:g}, got {value}.")
        x = x[: x.size // 2 * 2] / np.sqrt(np.mean(np.square(x)))
        half = x.size // 2
        spectrum = np.fft.rfft(np.concatenate([x[:half][::-1], x, x[half:][::-1]]))[:-1]
        super().__init__(
            real=spectrum.real.astype("<f4").tobytes(), imag=spectrum.imag.astype("<f4").tobytes(), fs=check_fs(fs),
            rms_volt=float(rms_volt), n_modes=int(n_modes), alpha=float(alpha),
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return f"<VmdProbe: {self.n_modes} modes, alpha {self.alpha:g}, RMS {self.rms_volt:g} V>"
