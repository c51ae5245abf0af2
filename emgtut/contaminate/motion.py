"""Motion artefact: a cable tugs, an electrode slips, and the baseline jumps and wanders.

Two things add up. *Events* come at random moments: a half-sine bump, or a step that decays as the electrode's charge
settles. *Wander* is slow noise whose power falls steeply with frequency. Rates and shapes are fitted to the
two training segments of the electrode-motion record of the MIT-BIH noise stress database.
"""

import numpy as np

from emgtut.contaminate.broadband import coloured_noise
from emgtut.signals import butterworth, check_count, check_fs, check_rng, filter_causal, unit_power

__all__ = ["motion_artefact"]

BUMPS = 0.5  # fraction of events that are bumps, the others are steps
EVENT_S = (0.05, 0.28)  # shortest and longest: length of a bump, time constant of a step's decay
RISE_S = 0.008  # time constant of a step's rise
SIZE_SPREAD = 0.55  # standard deviation of the logarithm of an event's size
WANDER_EXPONENT = 2.3
WANDER_FROM_HZ = 0.05  # the corner of the recorder's own high-pass


def motion_artefact(n_samples, *, fs, rng, events_per_s=6.0, wander_share=0.2):
    """Draw a motion artefact with zero mean and unit power.

    Parameters
    ----------
    n_samples : int
        Length in samples.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Chooses moments, shapes, sizes and the wander.
    events_per_s : float
        Mean rate of events in events per second, above zero.
    wander_share : float
        Fraction of the power that is wander, 0 to 1 (dimensionless).

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power artefact. Nothing is high-passed on the way: most of it lies below 20 Hz.

    Raises
    ------
    ValueError
        If the rate or the share is out of range.

    References
    ----------
    [Moody1984]

    Examples
    --------
    >>> x = motion_artefact(20_000, fs=1000, rng=np.random.default_rng(0))
    >>> power = np.abs(np.fft.rfft(x)) ** 2
    >>> slow = np.fft.rfftfreq(x.size, 1 / 1000) < 20
    >>> bool(power[slow].sum() > 0.95 * power.sum())
    True

    Lesson
    ------
    07 Noise sources
    """
    n_samples = check_count(n_samples, smallest=2)
    fs = check_fs(fs)
    check_rng(rng)
    if not 0 < events_per_s < np.inf:
        raise ValueError(f"events_per_s is {events_per_s!r}, but it must be above zero: pass about 6.")
    if not 0 <= wander_share <= 1:
        raise ValueError(f"wander_share is {wander_share!r}, but it is a fraction from 0 to 1: pass about 0.2.")
    events = _events(n_samples, fs, rng, events_per_s)
    wander = _wander(n_samples, fs, rng)
    return unit_power(np.sqrt(1 - wander_share) * unit_power(events) + np.sqrt(wander_share) * wander)


def _events(n_samples, fs, rng, rate):
    """Bumps and decaying steps at the moments of a Poisson process; one at least touches the window."""
    longest = round(4 * EVENT_S[1] * fs)
    out = np.zeros(n_samples + 2 * longest)
    for _ in range(rng.poisson(rate * (n_samples + longest) / fs)):
        start = rng.integers(0, n_samples + longest)
        shape = _event(fs, rng)
        out[start : start + shape.size] += shape[: out.size - start]
    inside = out[longest : longest + n_samples]
    if np.ptp(inside) == 0:  # a short window between two events: one that is under way as it opens
        shape = _event(fs, rng)
        shape = shape[rng.integers(shape.size // 2) :][:n_samples]
        inside[: shape.size] += shape
    return inside


def _event(fs, rng):
    seconds = rng.uniform(*EVENT_S)
    size = rng.lognormal(0.0, SIZE_SPREAD) * rng.choice([-1.0, 1.0])
    return size * (_half_sine(seconds, fs) if rng.random() < BUMPS else _settling_step(seconds, fs))


def _wander(n_samples, fs, rng):
    slow = coloured_noise(n_samples, rng=rng, exponent=WANDER_EXPONENT)
    return unit_power(filter_causal(butterworth(1, WANDER_FROM_HZ, "highpass", fs=fs), slow))


def _half_sine(seconds, fs):
    n = max(2, round(seconds * fs))
    return np.sin(np.pi * (np.arange(n) + 0.5) / n)


def _settling_step(seconds, fs):
    """A quick rise, then the exponential return of the electrode's charge."""
    n = max(2, round(4 * seconds * fs))
    t = np.arange(n) / fs
    rise = 1 - np.exp(-t / RISE_S)
    return rise * np.exp(-t / seconds)
