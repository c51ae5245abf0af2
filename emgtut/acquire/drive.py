"""Drive profiles: how hard a muscle is asked to work, sample by sample, between 0 (rest) and 1."""

import numpy as np

from emgtut.signals import check_count, check_fs


def bursts(n_samples, *, fs, on_s, off_s, ramp_s=0.0):
    """Contractions with rests between them, beginning with a rest.

    Every contraction rises and falls along half a cosine, so that its edges do not click. The ramps are part of
    `on_s`: a burst of 1 s with ramps of 0.2 s holds its top for 0.6 s.

    Parameters
    ----------
    n_samples : int, samples
        Length of the profile, at least 1.
    fs : float, hertz
        Sampling rate.
    on_s : float, seconds
        Duration of one contraction, above zero.
    off_s : float, seconds
        Duration of one rest, zero or more.
    ramp_s : float, seconds
        Duration of each edge; at most half of `on_s`.

    Returns
    -------
    ndarray, shape (n_samples,), no unit
        Drive between 0 and 1. Multiply it by millivolts to set the loudness.

    Raises
    ------
    ValueError
        If a duration is negative or not finite, or the ramps do not fit into the contraction.

    Lesson
    ------
    01 The muscle signal; 08 Mixing at a chosen SNR

    Examples
    --------
    >>> bursts(8, fs=1, on_s=2, off_s=2)
    array([0., 0., 1., 1., 0., 0., 1., 1.])
    """
    n_samples, fs = check_count(n_samples), check_fs(fs)
    if not (np.isfinite([on_s, off_s, ramp_s]).all() and on_s > 0 and off_s >= 0 and ramp_s >= 0):
        raise ValueError(f"on_s={on_s} must be above zero, off_s={off_s} and ramp_s={ramp_s} zero or more seconds.")
    if 2 * ramp_s > on_s:
        raise ValueError(f"Two ramps of {ramp_s:g} s do not fit into a burst of {on_s:g} s: shorten ramp_s.")
    time_s = np.arange(n_samples) / fs
    since_onset = np.mod(time_s, off_s + on_s) - off_s  # negative while resting
    to_edge = np.minimum(since_onset, on_s - since_onset)
    if ramp_s == 0:
        return np.where(since_onset >= 0, 1.0, 0.0)
    return 0.5 - 0.5 * np.cos(np.pi * np.clip(to_edge / ramp_s, 0, 1))
