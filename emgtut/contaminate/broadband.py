"""Broadband noise as a contaminant: white, pink, brown and everything between, from one exponent."""

import numpy as np
from scipy.fft import irfft, next_fast_len

from emgtut.signals import check_count, check_rng, unit_power

__all__ = ["coloured_noise"]


def coloured_noise(n_samples, *, rng, exponent=0.0):
    """Draw Gaussian noise whose power density falls as `1 / frequency**exponent`, with zero mean and unit power.

    A stretch of twice the length is shaped in the frequency domain and half of it is kept. Noise shaped over its own
    length would repeat itself: its end would meet its beginning, which brown noise never does.

    Parameters
    ----------
    n_samples : int
        Length in samples. The colour does not depend on the sampling rate.
    rng : numpy.random.Generator
        Source of chance.
    exponent : float
        Spectral exponent (dimensionless), -4 to 4: 0 is white, 1 pink, 2 brown.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power noise.

    Raises
    ------
    ValueError
        If the exponent is outside its range.

    Examples
    --------
    >>> brown = coloured_noise(2000, rng=np.random.default_rng(0), exponent=2)
    >>> bool(np.mean(np.diff(brown) ** 2) < 0.1)  # neighbours are much alike
    True

    Lesson
    ------
    07 Noise sources
    """
    n_samples = check_count(n_samples, smallest=2)
    check_rng(rng)
    if not -4 <= exponent <= 4:
        raise ValueError(
            f"exponent is {exponent!r}, but it must lie between -4 and 4: pass 0, 1 or 2 for white to brown."
        )
    n = next_fast_len(2 * n_samples, real=True)
    bins = np.arange(n // 2 + 1, dtype=np.float64)
    bins[0] = 1.0
    spectrum = rng.standard_normal(bins.size) + 1j * rng.standard_normal(bins.size)
    spectrum *= bins ** (-exponent / 2.0)
    spectrum[0] = 0.0  # no offset
    return unit_power(irfft(spectrum, n)[:n_samples])
