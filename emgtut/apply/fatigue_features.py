"""Numbers that follow a muscle as it tires: eight per channel and window, their changes, and the slope of the median.

The eight are RMS, mean absolute value, waveform length, zero crossings per sample, mean and median frequency, total
and mean power of the spectrum. Three of them are the same number in other clothes: total power is mean power times the
number of bins, and both are close to the squared RMS. They are kept because the published classifier has them.

Amplitudes differ from person to person by far more than fatigue changes them, so features are divided by their own mean
over the first fifth of the trial. That needs neither labels nor a clean reference, and can be had in use: a contraction
starts before it tires.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.assess import mdf
from emgtut.assess.features import mean_frequency, median_frequency
from emgtut.signals import check_fs, frames, rms, validate

__all__ = [
    "FEATURES",
    "Slope",
    "fit_slope",
    "mdf_slope",
    "relative_to_start",
    "start_windows",
    "window_features",
    "with_changes",
]

FEATURES = ("rms", "mav", "wl", "zc", "mnf", "mdf", "total_power", "mean_power")
START_SHARE = 0.2
LEVEL = 0.95
WORK_SHARE, WORK_PERCENTILE = 0.5, 90  # a frame counts as work from this share of that percentile of the RMS


def window_features(windows, *, fs):
    """Compute the eight features of every window.

    Parameters
    ----------
    windows : array_like, shape (..., n_samples), any unit
        Windows of one channel each, two samples or more.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (..., 8), unit, unit, unit, fraction, Hz, Hz, unit squared, unit squared
        In the order of `FEATURES`. The frequencies of a silent window are 0 Hz.

    Examples
    --------
    >>> t = np.arange(4000) / 1000
    >>> dict(zip(FEATURES, window_features(np.sin(2 * np.pi * 100 * t), fs=1000).round(1).tolist()))["mdf"]
    100.0

    Lesson
    ------
    22 Fatigue
    """
    fs, windows = check_fs(fs), validate(windows, min_samples=2).astype(np.float64, copy=False)
    n_samples = windows.shape[-1]
    n_fft = 1 << (n_samples - 1).bit_length()  # the next power of two
    spectrum = np.fft.rfft(windows - windows.mean(axis=-1, keepdims=True), n_fft, axis=-1)
    power = np.square(spectrum.real) + np.square(spectrum.imag)
    freqs = np.fft.rfftfreq(n_fft, 1 / fs)
    crossings = np.count_nonzero(np.diff(np.signbit(windows), axis=-1), axis=-1)
    found = [
        np.sqrt(np.mean(np.square(windows), axis=-1)),
        np.mean(np.abs(windows), axis=-1),
        np.sum(np.abs(np.diff(windows, axis=-1)), axis=-1),
        crossings / n_samples,
        np.nan_to_num(mean_frequency(freqs, power)),
        np.nan_to_num(median_frequency(freqs, power)),
        power.sum(axis=-1),
        power.mean(axis=-1),
    ]
    return np.stack(found, axis=-1)


def start_windows(n_windows):
    """Number of windows in the first fifth of a trial, at least one.

    Parameters
    ----------
    n_windows : int
        Number of windows in the trial.

    Returns
    -------
    int
        How many count as its start.

    Examples
    --------
    >>> start_windows(23), start_windows(2)
    (5, 1)

    Lesson
    ------
    22 Fatigue
    """
    return max(1, round(START_SHARE * n_windows))


def relative_to_start(features):
    """Divide the features of a trial by their mean over its first fifth.

    Parameters
    ----------
    features : array_like, shape (n_windows, ...), any unit
        Windows of one trial, in time order.

    Returns
    -------
    ndarray, same shape, dimensionless
        One at the start; a feature that is zero there stays as it is.

    Examples
    --------
    >>> relative_to_start([[4.0], [4.0], [3.0], [2.0], [2.0]]).ravel()
    array([1.  , 1.  , 0.75, 0.5 , 0.5 ])

    Lesson
    ------
    22 Fatigue
    """
    features = np.asarray(features, dtype=np.float64)
    start = features[: start_windows(len(features))].mean(axis=0)
    return features / np.where(start == 0, 1.0, start)


def with_changes(features):
    """Put beside each feature how much it changed since the window before.

    Parameters
    ----------
    features : array_like, shape (n_windows, n_features), any unit
        Windows of one trial, in time order, none left out.

    Returns
    -------
    ndarray, shape (n_windows, 2·n_features), same unit
        Features, then changes; the first window has changed by zero.

    Examples
    --------
    >>> with_changes([[1.0], [3.0]])
    array([[1., 0.],
           [3., 2.]])

    Lesson
    ------
    22 Fatigue
    """
    features = np.asarray(features, dtype=np.float64)
    return np.concatenate([features, np.diff(features, axis=0, prepend=features[:1])], axis=-1)


@dataclass(frozen=True)
class Slope:
    """A straight line through the median frequency, and how sure one can be of it.

    Parameters
    ----------
    start_hz : float
        Where the line begins, in Hz.
    per_minute : float
        Slope in Hz per minute.
    low, high : float
        Ends of the 95 % interval of the slope, in Hz per minute.
    fall : float
        Share of `start_hz` that is lost by the end, a fraction.

    Examples
    --------
    >>> Slope(80.0, -10.0, -12.0, -8.0, 0.25).falls
    True

    Lesson
    ------
    22 Fatigue
    """

    start_hz: float
    per_minute: float
    low: float
    high: float
    fall: float

    @property
    def falls(self):
        """Whether the whole interval lies below zero."""
        return bool(self.high < 0)


def mdf_slope(x, *, fs, frame_s=1.0):
    """Fit a line to the median frequency of a muscle at work: the classical measure of fatigue.

    Frames follow one another without overlap, so that neighbours share no sample. Those between two contractions, of
    less than half the RMS of the strong ones, tell about the recorder and are left out. What is left over around the
    line is still not independent where effort wanders slowly; the interval is widened by the correlation of neighbours,
    as for fewer frames.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One channel, with or without pauses. Neither a factor nor an offset changes anything.
    fs : float
        Sampling rate in Hz.
    frame_s : float
        Length of a frame in seconds.

    Returns
    -------
    Slope
        With its 95 % interval.

    Raises
    ------
    ValueError
        If there are fewer than five frames of work.

    Examples
    --------
    A tone that falls from 100 to 80 Hz within a minute:

    >>> t = np.arange(60_000) / 1000
    >>> found = mdf_slope(np.sin(2 * np.pi * (100 * t - t**2 / 6)), fs=1000)
    >>> round(found.per_minute), found.falls
    (-20, True)

    Lesson
    ------
    22 Fatigue
    """
    x = validate(x)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but a line is fitted to one channel: pass x[0].")
    values = mdf(x, fs=fs, frame_s=frame_s, hop_s=frame_s)
    minutes = (np.arange(values.size) + 0.5) * frame_s / 60
    length = round(frame_s * fs)
    cut = frames(x, length, length)
    loudness = rms(cut - cut.mean(axis=-1, keepdims=True))  # an offset is not effort
    work = np.isfinite(values) & (loudness >= WORK_SHARE * np.percentile(loudness, WORK_PERCENTILE))
    if work.sum() < 5:
        raise ValueError(f"{work.sum()} frames of {frame_s:g} s hold work, but a line with an interval needs 5.")
    return fit_slope(minutes[work], values[work], span=x.size / fs / 60)


def fit_slope(minutes, values, *, span):
    """Fit a line to values over time; widen its interval where neighbours are alike.

    Parameters
    ----------
    minutes : array_like, shape (n_frames,), minutes
        Times, rising, at least five.
    values : array_like, shape (n_frames,), Hz
        Frequencies at these times.
    span : float
        Length of the recording in minutes: `fall` is that of the line over it.

    Returns
    -------
    Slope
        With its 95 % interval.

    Raises
    ------
    ValueError
        If there are fewer than five values.

    Examples
    --------
    >>> fit_slope([0, 1, 2, 3, 4], [100.0, 91.0, 79.0, 71.0, 60.0], span=4).per_minute
    -10.0

    Lesson
    ------
    22 Fatigue
    """
    from scipy.stats import linregress, t

    minutes, values = np.asarray(minutes, dtype=np.float64), np.asarray(values, dtype=np.float64)
    if values.size < 5:
        raise ValueError(f"{values.size} values are given, but a line with an interval needs 5.")
    line = linregress(minutes, values)
    rest = values - line.intercept - line.slope * minutes
    alike = max(0.0, float(rest[1:] @ rest[:-1] / (rest @ rest))) if np.any(rest) else 0.0
    widened = line.stderr * np.sqrt((1 + alike) / (1 - alike))
    half = t.ppf((1 + LEVEL) / 2, max(1.0, values.size * (1 - alike) / (1 + alike) - 2)) * widened
    slope, start = float(line.slope), float(line.intercept)
    return Slope(start, slope, float(slope - half), float(slope + half), float(-slope * span / start))
