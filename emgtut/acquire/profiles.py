"""More drive profiles beside :func:`bursts`: a ramp, a hold that trembles, and gestures that several muscles share."""

from dataclasses import dataclass

import numpy as np
from scipy.signal import sosfilt

from emgtut.acquire.drive import bursts
from emgtut.signals import butterworth, check_count, check_fs, check_rng

__all__ = ["GestureDrive", "gestures", "hold", "ramp"]

COMMON_HZ = 2.0  # the drive that all motor neurons share wanders below about this frequency


def ramp(n_samples, *, fs, peak=0.8, rise_s=None):
    """A drive that rises in a straight line and then stays.

    Parameters
    ----------
    n_samples : int, samples
        Length of the profile.
    fs : float, hertz
        Sampling rate.
    peak : float, no unit
        Drive at the end, from 0 to 1.
    rise_s : float, seconds, optional
        Duration of the rise; the whole profile by default.

    Returns
    -------
    ndarray, shape (n_samples,), no unit
        Drive between 0 and `peak`.

    Raises
    ------
    ValueError
        If `peak` leaves 0 to 1 or the rise is not above zero.

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> ramp(5, fs=1, peak=0.8, rise_s=2)
    array([0. , 0.4, 0.8, 0.8, 0.8])
    """
    n_samples, fs, peak = check_count(n_samples), check_fs(fs), _level(peak, "peak")
    time_s = np.arange(n_samples) / fs
    rise_s = max(time_s[-1], 1 / fs) if rise_s is None else rise_s
    if not rise_s > 0:
        raise ValueError(f"rise_s is {rise_s}, but a rise takes more than zero seconds.")
    return peak * np.minimum(time_s / rise_s, 1.0)


def hold(n_samples, *, fs, level, tremble=0.0, rng=None):
    """A constant drive, with or without the slow wander that all motor neurons of a muscle share.

    Parameters
    ----------
    n_samples : int, samples
        Length of the profile.
    fs : float, hertz
        Sampling rate.
    level : float, no unit
        Mean drive, from 0 to 1.
    tremble : float, fraction of `level`
        Standard deviation of the wander, which lies below about 2 Hz.
    rng : numpy.random.Generator, optional
        Source of randomness, needed when `tremble` is above zero.

    Returns
    -------
    ndarray, shape (n_samples,), no unit
        Drive, kept between 0 and 1.

    Raises
    ------
    ValueError
        If `level` leaves 0 to 1, or `tremble` is negative or lacks an `rng`.

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> hold(3, fs=1000, level=0.3)
    array([0.3, 0.3, 0.3])
    """
    n_samples, fs, level = check_count(n_samples), check_fs(fs), _level(level, "level")
    if not tremble >= 0:
        raise ValueError(f"tremble is {tremble}, but it must be zero or more.")
    if tremble == 0:
        return np.full(n_samples, level)
    if rng is None:
        raise ValueError("A trembling hold is random: pass rng=numpy.random.default_rng(...).")
    if fs < 10 * COMMON_HZ:
        raise ValueError(f"fs is {fs:g} Hz, but a trembling hold needs at least {10 * COMMON_HZ:g} Hz.")
    settle = int(np.ceil(2 * fs))
    noise = check_rng(rng).standard_normal(n_samples + settle)
    wander = sosfilt(butterworth(2, COMMON_HZ, "lowpass", fs=fs), noise)[settle:]
    # Scaled by the filter's known noise bandwidth, not by this stretch's own spread: short holds need not tremble.
    wander /= np.sqrt(np.pi / np.sqrt(2) * COMMON_HZ / fs)
    return np.clip(level * (1 + tremble * wander), 0.0, 1.0)


@dataclass(frozen=True)
class GestureDrive:
    """Drives of several muscles during a sequence of gestures.

    Parameters
    ----------
    drive : ndarray, shape (n_muscles, n_samples), no unit
        Between 0 and 1.
    label : ndarray of int, shape (n_samples,)
        Number of the gesture at each sample, -1 during rest.

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> GestureDrive(np.zeros((2, 4)), np.array([-1, 0, 0, -1])).label
    array([-1,  0,  0, -1])
    """

    drive: np.ndarray
    label: np.ndarray


def gestures(patterns, order, *, fs, rng, hold_s=2.0, rest_s=1.0, ramp_s=0.3, effort_sd=0.15):
    """Drive several muscles through gestures: each gesture is a pattern of how much each muscle helps.

    Parameters
    ----------
    patterns : array_like, shape (n_gestures, n_muscles), no unit
        Drive of every muscle in every gesture, from 0 to 1.
    order : sequence of int
        Which gesture is made in each trial.
    fs : float, hertz
        Sampling rate.
    rng : numpy.random.Generator
        Source of randomness: people repeat a gesture with more or less effort.
    hold_s, rest_s, ramp_s : float, seconds
        Length of a gesture, of the rest before it, and of its edges.
    effort_sd : float, no unit
        Standard deviation of the logarithm of the effort, trial by trial and muscle by muscle.

    Returns
    -------
    GestureDrive

    Raises
    ------
    ValueError
        If a pattern leaves 0 to 1, a trial names no gesture, or the times do not fit.

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> made = gestures([[0.5, 0.1], [0.1, 0.5]], [0, 1, 0], fs=100, rng=np.random.default_rng(0))
    >>> made.drive.shape, np.unique(made.label)
    ((2, 900), array([-1,  0,  1]))
    """
    fs, rng, patterns = check_fs(fs), check_rng(rng), np.asarray(patterns, dtype=float)
    order = np.asarray(order)
    if patterns.ndim != 2 or patterns.size == 0 or not (patterns.min() >= 0 and patterns.max() <= 1):
        raise ValueError(f"patterns has shape {patterns.shape}; it must be (n_gestures, n_muscles) with drives 0 to 1.")
    if order.ndim != 1 or order.size == 0 or order.dtype.kind not in "iu":
        raise ValueError("order must be a non-empty list of whole numbers, one gesture for each trial.")
    if order.min() < 0 or order.max() >= len(patterns):
        raise ValueError(f"order names gestures {order.min()} to {order.max()}, but there are {len(patterns)}.")
    n_trial = round((hold_s + rest_s) * fs)
    shape = bursts(n_trial, fs=fs, on_s=hold_s, off_s=rest_s, ramp_s=ramp_s)
    effort = np.exp(effort_sd * rng.standard_normal((order.size, patterns.shape[1])))
    peaks = np.clip(patterns[order] * effort, 0.0, 1.0)
    drive = (peaks.T[:, :, None] * shape).reshape(patterns.shape[1], -1)
    resting = np.arange(n_trial) < round(rest_s * fs)
    return GestureDrive(drive, np.where(resting, -1, order[:, None]).ravel())


def _level(value, name):
    if not 0 <= value <= 1:
        raise ValueError(f"{name} is {value}, but a drive lies between 0 (rest) and 1 (maximum).")
    return float(value)
