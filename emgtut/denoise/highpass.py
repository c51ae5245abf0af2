"""The high-pass filter, the field's everyday answer to motion and heart, once without and once with phase shift.

Both filters have the same corner and order. The zero-phase one runs forwards and backwards and needs the whole
recording; the causal one can run while the signal arrives. They differ by about ten decibels in waveform SNR on ECG-
contaminated sEMG, because SNR compares sample by sample and a phase shift moves samples.
"""

import math

from emgtut.denoise.base import Denoiser, Info, register
from emgtut.signals import CausalFilter, butterworth, check_count, check_fs, filter_causal, filter_zero_phase

__all__ = ["Highpass", "HighpassCausal"]

_LONGEST_MIN_S = 0.25


class _ButterworthHighpass(Denoiser):
    """Settings and design that both high-pass methods share."""

    linear = True

    def __init__(self, *, seed=0, cutoff_hz=40.0, order=4):
        self.cutoff_hz = check_fs(cutoff_hz, name="cutoff_hz", what="a corner frequency")
        self.order = check_count(order, name="order")
        super().__init__(seed=seed)

    def _design(self, fs):
        return butterworth(self.order, self.cutoff_hz, "highpass", fs=fs)

    def _min_s(self):
        # Two periods of the corner: less than that is all transient.
        return min(2.0 / self.cutoff_hz, _LONGEST_MIN_S)


@register("highpass")
class Highpass(_ButterworthHighpass):
    """Zero-phase Butterworth high-pass: forwards, then backwards.

    No phase shift, so waveforms stay in place. The attenuation in decibels doubles: the corner is at -6 dB, and order
    4 falls off like order 8. It uses the future, so it cannot run in real time. The corner removes what sEMG has below
    it too.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in a filter.
    cutoff_hz : float
        Corner in Hz, below half the sampling rate.
    order : int
        Order of the Butterworth filter in one pass (dimensionless).

    Examples
    --------
    >>> import numpy as np
    >>> slow = np.sin(2 * np.pi * 2 * np.arange(2000) / 1000)
    >>> bool(np.abs(Highpass()(slow, fs=1000)[500:1500]).max() < 1e-3)
    True

    Lesson
    ------
    11 Filters
    """

    def describe(self):
        """Return what to know about the method."""
        return Info("highpass", "filter", "zero-phase", math.inf, self._min_s(), (self.cutoff_hz, math.inf))

    def process(self, batch, *, fs, contaminants):
        """Filter each row, shape (n_windows, n_samples), any unit, forwards and backwards."""
        return filter_zero_phase(self._design(fs), batch)


@register("highpass_causal")
class HighpassCausal(_ButterworthHighpass):
    """Causal Butterworth high-pass: the past only, sample by sample if need be.

    No waiting, but a phase shift that is largest near the corner. The filter starts as if the first sample had always
    been there: the output begins at zero and a constant offset leaves no trace. If the first sample is off the true
    offset, for example on top of hum, the difference decays like a step within a few periods of the corner.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in a filter.
    cutoff_hz : float
        Corner in Hz (-3 dB), below half the sampling rate.
    order : int
        Order of the Butterworth filter (dimensionless).

    Examples
    --------
    >>> import numpy as np
    >>> offset = np.full(500, 3.0)
    >>> bool(np.abs(HighpassCausal()(offset, fs=1000)).max() < 1e-9)
    True

    Lesson
    ------
    11 Filters
    """

    def describe(self):
        """Return what to know about the method."""
        return Info("highpass_causal", "filter", "causal", 0.0, self._min_s(), (self.cutoff_hz, math.inf))

    def process(self, batch, *, fs, contaminants):
        """Filter each row, shape (n_windows, n_samples), any unit, forwards."""
        return filter_causal(self._design(fs), batch)

    def start(self, fs):
        """Return a filter in its starting state for a signal at `fs` Hz."""
        return CausalFilter(self._design(fs))
