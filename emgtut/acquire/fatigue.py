"""Fatigue, as a muscle model sees it: the action potentials travel more and more slowly.

When every fibre slows down by the same factor, each potential stretches in time, and all frequencies of its spectrum
fall by that factor. That is why the median frequency is a measure of fatigue.
"""

import numpy as np

from emgtut.signals import check_count, check_fs, validate

__all__ = ["slowing", "speed_steps"]

STEP = 0.02  # a change of conduction velocity by two percent is the finest that is told apart
SLOWEST, FASTEST = 0.4, 1.5


def slowing(n_samples, *, fs, final=0.7, start_s=0.0, time_constant_s=None):
    """Factor on the conduction velocity that falls from one during a sustained contraction.

    Parameters
    ----------
    n_samples : int, samples
        Length of the profile.
    fs : float, hertz
        Sampling rate.
    final : float, no unit
        Factor at the end, from 0.4 to 1. A recorded contraction of two minutes gave about 0.73.
    start_s : float, seconds
        When the fall begins.
    time_constant_s : float, seconds, optional
        Without it the fall is a straight line; with it an exponential that reaches `final` at the end.

    Returns
    -------
    ndarray, shape (n_samples,), no unit

    Raises
    ------
    ValueError
        If `final` is outside 0.4 to 1, or a time makes no sense.

    Lesson
    ------
    22 Fatigue

    Examples
    --------
    >>> slowing(5, fs=1, final=0.6)
    array([1. , 0.9, 0.8, 0.7, 0.6])
    """
    n_samples, fs = check_count(n_samples, smallest=2), check_fs(fs)
    end_s = (n_samples - 1) / fs
    if not SLOWEST <= final <= 1:
        raise ValueError(f"final is {final}, but a factor on the conduction velocity must lie between {SLOWEST} and 1.")
    if not 0 <= start_s < end_s:
        raise ValueError(f"start_s is {start_s}, but it must lie within the profile, from 0 to below {end_s:g} s.")
    progress = np.clip((np.arange(n_samples) / fs - start_s) / (end_s - start_s), 0, 1)
    if time_constant_s is not None:
        if not time_constant_s > 0:
            raise ValueError(f"time_constant_s is {time_constant_s}, but it must be above zero seconds.")
        steepness = (end_s - start_s) / time_constant_s
        progress = np.expm1(-steepness * progress) / np.expm1(-steepness)
    return 1 + (final - 1) * progress


def speed_steps(profile):
    """Cut a profile of velocity factors into a few steps, for which potentials are computed.

    Parameters
    ----------
    profile : array_like, shape (n_samples,), no unit
        Factor on the conduction velocity at every sample, from 0.4 to 1.5.

    Returns
    -------
    speeds : ndarray, shape (n_speeds,), no unit
        Factors, falling, about two percent apart.
    index : ndarray of int, shape (n_samples,)
        Which of them is nearest at every sample.

    Raises
    ------
    ValueError
        If a factor lies outside 0.4 to 1.5.

    Lesson
    ------
    22 Fatigue

    Examples
    --------
    >>> speeds, index = speed_steps(np.array([1.0, 0.98, 0.96]))
    >>> speeds.round(2), index
    (array([1.  , 0.98, 0.96]), array([0, 1, 2]))
    """
    profile = validate(profile, name="The velocity profile").astype(np.float64)
    if profile.ndim != 1 or profile.min() < SLOWEST or profile.max() > FASTEST:
        raise ValueError(
            f"The velocity profile has shape {profile.shape} and runs from {profile.min():g} to {profile.max():g}, "
            f"but one factor per sample from {SLOWEST} to {FASTEST} is needed."
        )
    top, bottom = profile.max(), profile.min()
    n_speeds = int(np.ceil((top - bottom) / STEP - 1e-9)) + 1
    speeds = np.linspace(top, bottom, n_speeds)
    if n_speeds == 1:
        return speeds, np.zeros(profile.size, dtype=np.int64)
    return speeds, np.rint((top - profile) / (top - bottom) * (n_speeds - 1)).astype(np.int64)
