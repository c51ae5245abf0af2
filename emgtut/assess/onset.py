"""When does the muscle begin: the onset of a contraction, and how late or early an estimate puts it.

Two steps. The Teager-Kaiser energy `x[n]² - x[n-1]·x[n+1]` grows with amplitude *and* frequency, so a slow wander
hardly moves it. A double threshold then asks for a level and for a duration. Every threshold is a share of the signal
itself, so the onset does not depend on the unit.
"""

import numpy as np

from emgtut.signals import check_fs, number, validate

__all__ = ["onset_error_ms", "onset_s", "teager_kaiser"]

SMOOTH_S = 0.02  # the activity is averaged over this, centred
REST_S = 0.25  # the quietest stretch of this length is taken as rest
HOLD_S = 0.05  # the activity must stay above the threshold for this long
SPREADS = 6.0  # first threshold: mean of the rest plus this many standard deviations
SHARE = 0.1  # ... and not less than this share of the 95th percentile of the activity
CONTRAST = 4.0  # the 95th percentile must be this many times the mean of the rest, or there is no contraction


def teager_kaiser(x):
    """Teager-Kaiser energy: for a sine of amplitude A it is A²·sin²(2πf/fs), at every sample.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least three samples.

    Returns
    -------
    ndarray, shape (..., n_samples), unit squared
        `x[n]² - x[n-1]·x[n+1]`; the two ends repeat their neighbours. It can be negative.

    Examples
    --------
    >>> teager_kaiser(2 * np.sin(np.pi / 4 * np.arange(5))).round(9)  # 4·sin²(45°)
    array([2., 2., 2., 2., 2.])

    Lesson
    ------
    09 Measures
    """
    x = validate(x, min_samples=3).astype(np.float64, copy=False)
    inside = np.square(x[..., 1:-1]) - x[..., :-2] * x[..., 2:]
    return np.concatenate([inside[..., :1], inside, inside[..., -1:]], axis=-1)


def onset_s(x, *, fs):
    """Time of the first onset of a contraction.

    The Teager-Kaiser energy is smoothed over 20 ms and its negative parts are cut. The quietest quarter of a second is
    taken as rest. The threshold is the mean of the rest plus six of its standard deviations, but at least a tenth of
    the 95th percentile. The onset is the first sample from which the activity stays above it for 50 ms.

    A heartbeat lasts longer than 50 ms and passes for a contraction. A slow ramp is found late. These are conventions;
    another detector gives other times.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least 0.5 s, offset removed.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float or ndarray, shape (...), s
        Time of the onset from the first sample. NaN where nothing stands out from the rest, or where the signal
        begins within a contraction.

    Raises
    ------
    ValueError
        If the signal is shorter than 0.5 s.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(2000) * np.where(np.arange(2000) < 900, 0.05, 1.0)
    >>> abs(onset_s(x, fs=1000) - 0.9) < 0.015
    True

    Lesson
    ------
    09 Measures
    """
    fs = check_fs(fs)
    x = validate(x)
    if x.shape[-1] < 2 * REST_S * fs:
        raise ValueError(
            f"The signal lasts {x.shape[-1] / fs:g} s, but {2 * REST_S:g} s are needed to see both rest and work: "
            "pass a longer signal or check fs."
        )
    _, exponent = np.frexp(np.max(np.abs(x), axis=-1, keepdims=True))
    activity = _moving_mean(np.maximum(teager_kaiser(np.ldexp(x, -exponent)), 0.0), round(SMOOTH_S * fs))
    mean, spread = _rest(activity, round(REST_S * fs))
    high = np.percentile(activity, 95, axis=-1, keepdims=True)
    above = activity > np.maximum(mean + SPREADS * spread, SHARE * high)
    held = _holds(above, max(round(HOLD_S * fs), 1))
    first = np.argmax(held, axis=-1)
    found = np.any(held, axis=-1) & (first > 0) & (high > CONTRAST * mean)[..., 0]
    return number(np.where(found, first / fs, np.nan))


def onset_error_ms(clean, estimate, *, fs):
    """How much later (+) or earlier (-) an estimate begins than the truth: the tenth measure.

    Does not change with the scale of either signal. It says nothing about amplitude, and it is as good as the detector.

    Parameters
    ----------
    clean, estimate : array_like, shape (..., n_samples), any unit
        Truth and estimate of equal length.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float or ndarray, shape (...), ms
        Onset of the estimate minus onset of the clean signal; NaN where either has none.

    Raises
    ------
    ValueError
        If the lengths differ or are below 0.5 s.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(2000) * np.where(np.arange(2000) < 900, 0.05, 1.0)
    >>> onset_error_ms(x, np.roll(x, 40), fs=1000)
    40.0

    Lesson
    ------
    09 Measures
    """
    clean, estimate = validate(clean, name="clean"), validate(estimate, name="estimate")
    if clean.shape[-1] != estimate.shape[-1]:
        raise ValueError(
            f"clean has {clean.shape[-1]} samples and estimate has {estimate.shape[-1]}, but both must have the same "
            "length: cut the longer one so that they start together."
        )
    late = np.subtract(onset_s(estimate, fs=fs), onset_s(clean, fs=fs))
    return number(np.round(1000.0 * late, 9))  # samples are exact, products of floats are not


def _moving_mean(x, width):
    """Centred mean over `width` samples; at the ends over what is there."""
    ends = np.arange(x.shape[-1])
    start, stop = np.maximum(ends - width // 2, 0), np.minimum(ends + (width + 1) // 2, x.shape[-1])
    running = np.concatenate([np.zeros((*x.shape[:-1], 1)), np.cumsum(x, axis=-1)], axis=-1)
    return np.maximum(running[..., stop] - running[..., start], 0.0) / np.maximum(stop - start, 1)


def _rest(activity, width):
    """Mean and standard deviation of the quietest stretch, each (..., 1)."""
    windows = np.lib.stride_tricks.sliding_window_view(activity, width, axis=-1)[..., :: max(width // 10, 1), :]
    means = np.mean(windows, axis=-1)
    quietest = np.take_along_axis(windows, np.argmin(means, axis=-1)[..., None, None], axis=-2)[..., 0, :]
    return np.mean(quietest, axis=-1, keepdims=True), np.std(quietest, axis=-1, keepdims=True)


def _holds(above, width):
    """Samples from which `above` stays true for `width` samples."""
    running = np.concatenate([np.zeros((*above.shape[:-1], 1), dtype=int), np.cumsum(above, axis=-1)], axis=-1)
    return running[..., width:] - running[..., :-width] == width
