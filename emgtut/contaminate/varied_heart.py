"""A heart seen otherwise: a few recorded hearts become many, so that a network cannot learn them by heart.

Two leads that saw the same beats span a plane of directions from which the heart could have been recorded. A stretch in
time stands for another rate and another width of the waves, a tilt of the spectrum for another recorder.
"""

import numpy as np

from emgtut.signals import butterworth, check_count, check_fs, check_rng, filter_causal

__all__ = ["STRETCH", "varied_heart"]

STRETCH = 1.25  # a beat becomes up to this much faster or slower
TILT = (-0.5, 1.0)  # how much of the high-passed heart is added to the heart
CORNER_HZ = (1.0, 15.0)  # of that high-pass, drawn on a logarithmic scale


def varied_heart(leads, n_samples, *, fs, rng):
    """Draw another view of a recorded heart.

    Parameters
    ----------
    leads : array_like, shape (n_leads, n_recorded), any unit
        Leads that saw the same beats; with one, its direction stays. The fastest view needs `STRETCH` times as many
        samples as are wanted; with fewer, views are not made as fast.
    n_samples : int
        How many samples to return, at most as many as were recorded.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray, shape (n_samples,), unit of the leads

    Raises
    ------
    ValueError
        If more samples are wanted than were recorded.

    Examples
    --------
    >>> from emgtut.contaminate.heart import synthetic_ecg
    >>> rng = np.random.default_rng(0)
    >>> lead = synthetic_ecg(5000, fs=1000, rng=rng)
    >>> views = [varied_heart(lead[None], 2000, fs=1000, rng=rng) for _ in range(2)]
    >>> bool(abs(np.corrcoef(views)[0, 1]) < 0.9)
    True

    Lesson
    ------
    15 FCN
    """
    leads = np.atleast_2d(np.asarray(leads, dtype=np.float64))
    n_samples, fs = check_count(n_samples, smallest=2), check_fs(fs)
    check_rng(rng)
    n_recorded = leads.shape[-1]
    if n_samples > n_recorded:
        raise ValueError(f"{n_samples} samples are wanted of a heart with {n_recorded}: ask for fewer.")
    direction = rng.standard_normal(len(leads))
    x = direction / np.linalg.norm(direction) @ leads
    low_hz = np.exp(rng.uniform(*np.log(CORNER_HZ)))
    x = x + rng.uniform(*TILT) * filter_causal(butterworth(1, low_hz, "highpass", fs=fs), x)
    pace = min(STRETCH ** rng.uniform(-1.0, 1.0), (n_recorded - 1) / (n_samples - 1))
    return np.interp(pace * np.arange(n_samples), np.arange(n_recorded), x)
