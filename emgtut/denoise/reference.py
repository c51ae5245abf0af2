"""Two methods that do nothing useful, in every table on purpose.

Whatever cannot beat them has not denoised anything.
"""

import math

import numpy as np

from emgtut.denoise.base import Denoiser, Info, register

__all__ = ["Identity", "Zero"]


@register("identity")
class Identity(Denoiser):
    """Return the input, bit for bit: the score of not denoising at all.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in it.

    Examples
    --------
    >>> Identity()(np.array([1.0, 2.0]), fs=1000)
    array([1., 2.])

    Lesson
    ------
    09 Measures
    """

    linear = True

    def describe(self):
        """Return what to know about the method."""
        return Info("identity", "reference", "none", latency_s=0.0, min_s=0.0, band_hz=(0.0, math.inf))

    def process(self, batch, *, fs, contaminants):
        """Return the batch, shape (n_windows, n_samples), in its own unit."""
        return batch


@register("zero")
class Zero(Denoiser):
    """Return silence: the score of deleting everything.

    It has `snr_imp = -snr_in` and a PRD of 100 %, so on very noisy input it looks like a good denoiser.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in it.

    Examples
    --------
    >>> Zero()(np.array([1.0, 2.0]), fs=1000)
    array([0., 0.])

    Lesson
    ------
    09 Measures
    """

    linear = True

    def describe(self):
        """Return what to know about the method."""
        return Info("zero", "reference", "none", latency_s=0.0, min_s=0.0, band_hz=(0.0, 0.0))

    def process(self, batch, *, fs, contaminants):
        """Return zeros, shape (n_windows, n_samples), in the unit of the batch."""
        return np.zeros_like(batch)
