"""More hearts out of few: another electrode, another pulse and another recorder for a recorded ECG.

A network that sees eleven recorded hearts for hours learns them by heart. What a heart writes depends on where the
electrodes are, on how fast it beats and on the recorder, and all three can be changed without inventing a heart.
"""

import numpy as np

from emgtut.signals import check_count, check_rng

__all__ = ["vary_heart"]

FASTEST = 4 / 3  # the pulse becomes at most so much faster, or slower
TILT = 0.5  # a recorder's gain rises or falls by at most 6 dB * TILT per octave
PIVOT_HZ = 10.0  # where a tilted recorder has a gain of one
SHARE = 0.7  # of windows that each of the three changes


def vary_heart(leads, n_samples, rng, *, fs=1000.0):
    """Draw a window of a recorded heart as it would look elsewhere, or at another time.

    Each of three changes happens to seven windows in ten. Two leads recorded at the same time are added with random
    weights, which is another direction to see the heart from. The window is stretched or squeezed by up to a third,
    which changes the pulse (and the width of the beats, as a real pulse hardly does). A recorder whose gain is tilted,
    by up to 3 dB per octave, makes sharp waves larger or smaller against slow ones.

    Parameters
    ----------
    leads : array_like, shape (n_leads, n_recorded), any unit
        One or two leads of one heart, recorded at the same time; a third or more is not used. At least
        ``4 / 3 * n_samples + 2`` samples.
    n_samples : int
        Length of the window.
    rng : numpy.random.Generator
        Source of chance.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (n_samples,), in the unit of `leads`
        Mean zero.

    Raises
    ------
    ValueError
        If the recording is too short.

    Examples
    --------
    >>> beat = np.exp(-(((np.arange(1336) - 500) / 20) ** 2))
    >>> one, other = (vary_heart([beat], 1000, np.random.default_rng(seed)) for seed in (1, 2))
    >>> bool(np.corrcoef(one, other)[0, 1] < 0.9)
    True

    Lesson
    ------
    19 Showdown
    """
    check_rng(rng)
    n_samples = check_count(n_samples, smallest=100)
    leads = np.asarray(leads, dtype=float)
    longest = int(np.ceil(FASTEST * n_samples)) + 2
    if leads.ndim != 2 or leads.shape[1] < longest:
        raise ValueError(f"leads has shape {leads.shape}, but (n_leads, at least {longest}) is needed.")
    speed = FASTEST ** rng.uniform(-1, 1) if rng.random() < SHARE else 1.0
    first = rng.integers(leads.shape[1] - longest + 1)
    piece = leads[:, first : first + longest]
    angle = rng.uniform(0, 2 * np.pi) if len(leads) > 1 and rng.random() < SHARE else 0.0
    x = np.cos(angle) * piece[0] + (np.sin(angle) * piece[1] if angle else 0.0)
    x = np.interp(speed * np.arange(n_samples), np.arange(longest), x)
    if rng.random() < SHARE:
        x = _tilted(x, rng.uniform(-TILT, TILT), fs)
    return x - x.mean()


def _tilted(x, slope, fs):
    """Multiply the spectrum by (frequency / pivot) ** slope; below 1 Hz the gain stays as it is at 1 Hz."""
    line = np.linspace(x[0], x[-1], x.size)
    rest = x - line  # zero at both ends: with its odd mirror image it goes on without a corner
    freqs = np.fft.rfftfreq(2 * x.size, 1 / fs)
    gain = (np.maximum(freqs, 1.0) / PIVOT_HZ) ** slope
    return line + np.fft.irfft(gain * np.fft.rfft(np.concatenate([rest, -rest[::-1]])))[: x.size]
