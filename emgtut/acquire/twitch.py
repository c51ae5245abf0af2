"""Force: every discharge makes its unit twitch, and the muscle pulls with the sum of all twitches."""

import numpy as np
from scipy.signal import lfilter

from emgtut.signals import check_count, check_fs

__all__ = ["max_force", "muscle_force", "twitch_gain"]

GRID_HZ = 250.0  # forces change slowly: twitches are summed at about this rate and read off in between
KNEE = 0.4  # contraction time over interval above which twitches no longer add up linearly


def twitch_gain(contraction_s, interval_s):
    """Gain of a twitch that follows an earlier one: close twitches fuse, and force saturates.

    Parameters
    ----------
    contraction_s : array_like, shape (...,), seconds
        Contraction time T of the unit's twitch.
    interval_s : array_like, shape (...,), seconds
        Time since the unit's last discharge; infinite for the first.

    Returns
    -------
    ndarray, shape (...,), no unit
        One where ``T / interval < 0.4``; above it ``S(r) / r`` with ``S(r) = 1 - exp(-2 r^3)``, scaled to begin at one.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> twitch_gain(0.09, [np.inf, 0.3, 0.09]).round(3)
    array([1.   , 1.   , 2.879])
    """
    ratio = np.asarray(contraction_s, dtype=float) / np.asarray(interval_s, dtype=float)
    above = np.maximum(ratio, KNEE)

    def per_ratio(r):
        return (1 - np.exp(-2 * r**3)) / r

    return per_ratio(above) / per_ratio(KNEE)


def max_force(pool):
    """Mean force of the whole pool at full drive, in the unit of the pool's twitches.

    The area under a twitch ``P t/T exp(1 - t/T)`` is ``P T e``; at a steady rate the mean force is area times rate
    times gain.

    Parameters
    ----------
    pool : Pool
        The muscle.

    Returns
    -------
    float, unit of ``pool.twitch_force``

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool
    >>> round(max_force(motor_unit_pool(np.random.default_rng(0))))
    20042
    """
    rate = pool.peak_rate
    return float(np.sum(pool.twitch_force * pool.twitch_s * np.e * rate * twitch_gain(pool.twitch_s, 1 / rate)))


def muscle_force(pool, discharges, n_samples, *, fs):
    """Force of the muscle over time, as a fraction of its mean force at full drive.

    Parameters
    ----------
    pool : Pool
        The muscle.
    discharges : sequence of ndarray, each shape (n_discharges,), seconds
        Discharge times of each unit, as from :func:`discharge_times`.
    n_samples : int, samples
        Length wanted.
    fs : float, hertz
        Sampling rate wanted.

    Returns
    -------
    ndarray, shape (n_samples,), fraction of maximal force

    Raises
    ------
    ValueError
        If the number of discharge lists is not the number of units.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import discharge_times, motor_unit_pool
    >>> rng = np.random.default_rng(0)
    >>> pool = motor_unit_pool(rng, isi_cv=0.0)
    >>> times = discharge_times(pool, np.full(5000, 1.0), fs=1000, rng=rng)
    >>> bool(abs(muscle_force(pool, times, 5000, fs=1000)[1000:].mean() - 1) < 0.03)
    True
    """
    n_samples, fs = check_count(n_samples), check_fs(fs)
    if len(discharges) != pool.n_units:
        raise ValueError(f"There are {len(discharges)} discharge lists, but the pool has {pool.n_units} units.")
    step = 1 / min(GRID_HZ, fs)
    n_grid = int(np.ceil(n_samples / fs / step)) + 2
    total = np.zeros(n_grid)
    for times, strength, contraction in zip(discharges, pool.twitch_force, pool.twitch_s):
        if times.size:
            gain = twitch_gain(contraction, np.diff(times, prepend=-np.inf))
            # A discharge between two grid points is shared by both, so that its time is kept to first order.
            place = times / step
            left = place.astype(np.int64)
            train = np.bincount(left, gain * (1 - (place - left)), n_grid)
            train += np.bincount(left + 1, gain * (place - left), n_grid)
            total += lfilter(*_twitch_filter(strength, contraction, step), train[:n_grid])
    grid = np.arange(n_grid) * step
    return np.interp(np.arange(n_samples) / fs, grid, total) / max_force(pool)


def _twitch_filter(strength, contraction, step):
    """Coefficients whose impulse response is the sampled twitch ``P t/T exp(1 - t/T)``: a double real pole."""
    decay = np.exp(-step / contraction)
    return [0.0, strength * np.e * step / contraction * decay], [1.0, -2 * decay, decay**2]
