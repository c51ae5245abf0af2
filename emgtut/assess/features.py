"""What a reader of sEMG looks at: amplitude, zero crossings, mean and median frequency, peakedness.

Every feature is computed on one and the same grid of frames: 200 ms long, one every 100 ms, the first at sample 0,
none of them half empty. Frequency features use a Hann window, the power spectrum (not the amplitude spectrum) and the
sEMG band 20-500 Hz. Samples after the last whole frame are not looked at.
"""

import numpy as np

from emgtut.signals import check_fs, frames, validate

__all__ = [
    "BAND_HZ",
    "FRAME_S",
    "HOP_S",
    "arv",
    "in_band",
    "kurtosis",
    "mdf",
    "mean_frequency",
    "median_frequency",
    "mnf",
    "whole_spectrum",
    "zcr",
]

FRAME_S = 0.2
HOP_S = 0.1
BAND_HZ = (20.0, 500.0)
_ROUNDING = 1e-20  # a share of the frame's power below this is rounding, not signal


def arv(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S):
    """Average rectified value of each frame: the mean of the absolute values.

    Scales with the signal. An offset counts.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.

    Returns
    -------
    ndarray, shape (..., n_frames), same unit
        Average rectified value.

    Examples
    --------
    >>> arv(np.full(300, -2.0), fs=1000)
    array([2., 2.])

    Lesson
    ------
    09 Measures
    """
    return np.mean(_grid(np.abs(validate(x)), fs, frame_s, hop_s), axis=-1)


def zcr(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S):
    """Zero-crossing rate of each frame: changes of sign per second, without an amplitude threshold.

    A sample that is exactly zero keeps the sign before it, so a crossing through zero counts once. Does not change with
    the scale of the signal; an offset lowers it, weak noise in rest raises it.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.

    Returns
    -------
    ndarray, shape (..., n_frames), crossings per second
        Sign changes over the time between the first and last sample of the frame.

    Examples
    --------
    >>> zcr(np.tile([1.0, -1.0], 100), fs=1000)  # a change at every step
    array([1000.])

    Lesson
    ------
    09 Measures
    """
    x = validate(x)
    length, hop = _frame_size(x, fs, frame_s, hop_s)
    signs = _carry_sign(x)
    changed = np.zeros(x.shape, dtype=np.int64)
    np.cumsum(signs[..., 1:] != signs[..., :-1], axis=-1, out=changed[..., 1:])
    starts = np.arange(0, x.shape[-1] - length + 1, hop)
    changes = changed[..., starts + length - 1] - changed[..., starts]
    return changes * (check_fs(fs) / (length - 1))


def mnf(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S, band_hz=BAND_HZ):
    """Mean frequency of each frame: the centre of gravity of its power spectrum within the band.

    Does not change with the scale of the signal. A frame without power in the band has no mean frequency: NaN.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.
    band_hz : pair of float
        Lowest and highest frequency looked at, in Hz.

    Returns
    -------
    ndarray, shape (..., n_frames), Hz
        Mean frequency.

    Examples
    --------
    >>> t = np.arange(300) / 1000
    >>> mnf(np.sin(2 * np.pi * 80 * t), fs=1000).round(6)
    array([80., 80.])

    Lesson
    ------
    09 Measures
    """
    return mean_frequency(*in_band(*whole_spectrum(x, fs=fs, frame_s=frame_s, hop_s=hop_s), band_hz))


def mdf(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S, band_hz=BAND_HZ):
    """Median frequency of each frame: half of the power within the band lies below it.

    Does not change with the scale of the signal. A frame without power in the band has no median frequency: NaN.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.
    band_hz : pair of float
        Lowest and highest frequency looked at, in Hz.

    Returns
    -------
    ndarray, shape (..., n_frames), Hz
        Median frequency, interpolated within a frequency bin.

    Examples
    --------
    >>> t = np.arange(300) / 1000
    >>> mdf(np.sin(2 * np.pi * 80 * t), fs=1000).round(6)
    array([80., 80.])

    Lesson
    ------
    09 Measures
    """
    return median_frequency(*in_band(*whole_spectrum(x, fs=fs, frame_s=frame_s, hop_s=hop_s), band_hz))


def kurtosis(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S):
    """Excess kurtosis of each frame: 0 for a Gaussian, -1.5 for a sine, large for spikes.

    The population formula without bias correction; the frame's mean is taken off by definition. Does not change with
    the scale of the signal. A constant frame has no kurtosis: NaN.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.

    Returns
    -------
    ndarray, shape (..., n_frames), dimensionless
        Fourth central moment over the squared variance, minus 3.

    Examples
    --------
    >>> kurtosis(np.tile([1.0, -1.0], 100), fs=1000)
    array([-2.])

    Lesson
    ------
    09 Measures
    """
    x = validate(x).astype(np.float64, copy=False)
    _, exponent = np.frexp(np.max(np.abs(x), axis=-1, keepdims=True))  # a power of two: squares of any unit stay finite
    grid = _grid(np.ldexp(x, -exponent), fs, frame_s, hop_s)
    share = np.full(grid.shape[-1], 1.0 / grid.shape[-1])  # a product with shares is a mean, and faster
    mean = grid @ share
    squares = grid - mean[..., None]
    squares *= squares
    variance = squares @ share
    variance[variance <= _ROUNDING * (variance + np.square(mean))] = np.nan
    squares /= variance[..., None]
    return np.vecdot(squares, squares) / grid.shape[-1] - 3.0


def in_band(freqs, power, band_hz=BAND_HZ):
    """Keep the part of a spectrogram that lies in a band.

    Parameters
    ----------
    freqs : ndarray, shape (n_freqs,), Hz
        Frequencies of the bins.
    power : ndarray, shape (..., n_freqs), any unit
        Power in each bin, from 0 Hz to half the sampling rate.
    band_hz : pair of float
        Lowest and highest frequency kept, in Hz.

    Returns
    -------
    freqs : ndarray, shape (n_kept,), Hz
        Frequencies in the band.
    power : ndarray, shape (..., n_kept), same unit
        Their power; all zero where the band holds nothing but the rounding of power outside it.

    Raises
    ------
    ValueError
        If the band holds no frequency bin.

    Examples
    --------
    >>> in_band(np.array([0.0, 50.0, 100.0]), np.array([9.0, 1.0, 2.0]))
    (array([ 50., 100.]), array([1., 2.]))

    Lesson
    ------
    09 Measures
    """
    inside = (freqs >= band_hz[0]) & (freqs <= band_hz[1])
    if not np.any(inside):
        raise ValueError(
            f"The band {band_hz} Hz holds none of the frequencies 0 to {freqs[-1]:g} Hz, {freqs[1] - freqs[0]:g} Hz "
            "apart: widen the band or lengthen the frames."
        )
    kept = power[..., inside]
    rounding = _ROUNDING * np.sum(power, axis=-1, keepdims=True)
    return freqs[inside], np.where(np.sum(kept, axis=-1, keepdims=True) > rounding, kept, 0.0)


def whole_spectrum(x, *, fs, frame_s=FRAME_S, hop_s=HOP_S):
    """Power spectrum of each frame under a Hann window, from 0 Hz to half the sampling rate.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one frame.
    fs : float
        Sampling rate in Hz.
    frame_s, hop_s : float
        Frame length and step in seconds.

    Returns
    -------
    freqs : ndarray, shape (n_freqs,), Hz
        Frequencies of the bins.
    power : ndarray, shape (..., n_frames, n_freqs), unit squared
        Squared magnitude, not normalised.

    Examples
    --------
    >>> freqs, power = whole_spectrum(np.ones(200), fs=1000)
    >>> freqs[-1], power.shape
    (np.float64(500.0), (1, 101))

    Lesson
    ------
    09 Measures
    """
    from scipy.fft import rfft, rfftfreq
    from scipy.signal.windows import hann

    grid = _grid(x, fs, frame_s, hop_s)
    length = grid.shape[-1]
    spectrum = rfft(grid * hann(length, sym=False), axis=-1)
    return rfftfreq(length, 1.0 / fs), np.square(spectrum.real) + np.square(spectrum.imag)


def mean_frequency(freqs, power):
    """Centre of gravity of a power spectrum.

    Parameters
    ----------
    freqs : ndarray, shape (n_freqs,), Hz
        Frequencies of the bins.
    power : ndarray, shape (..., n_freqs), any unit
        Power in each bin, zero or more.

    Returns
    -------
    ndarray, shape (...), Hz
        Mean frequency; NaN where there is no power.

    Examples
    --------
    >>> mean_frequency(np.array([50.0, 100.0]), np.array([3.0, 1.0]))
    np.float64(62.5)

    Lesson
    ------
    09 Measures
    """
    total = np.sum(power, axis=-1)
    return np.divide(power @ freqs, total, out=np.full(total.shape, np.nan), where=total > 0)[()]


def median_frequency(freqs, power):
    """Frequency that halves a power spectrum.

    The power of a bin is taken to lie evenly across its width, so the result moves smoothly with the spectrum instead
    of jumping from bin to bin.

    Parameters
    ----------
    freqs : ndarray, shape (n_freqs,), Hz
        Equally spaced frequencies of the bins, at least two.
    power : ndarray, shape (..., n_freqs), any unit
        Power in each bin, zero or more.

    Returns
    -------
    ndarray, shape (...), Hz
        Median frequency; NaN where there is no power.

    Examples
    --------
    >>> median_frequency(np.array([50.0, 100.0, 150.0]), np.array([1.0, 1.0, 1.0]))
    np.float64(100.0)

    Lesson
    ------
    09 Measures
    """
    below = np.cumsum(power, axis=-1)
    half = below[..., -1:] / 2
    first = np.argmax(below >= half, axis=-1)[..., None]
    own = np.take_along_axis(power, first, axis=-1)
    missing = half - (np.take_along_axis(below, first, axis=-1) - own)
    share = np.divide(missing, own, out=np.full(own.shape, np.nan), where=own > 0)
    width = freqs[1] - freqs[0]
    return (freqs[first] + width * (share - 0.5))[..., 0][()]


def _grid(x, fs, frame_s, hop_s):
    """Frames in float64, shape (..., n_frames, length)."""
    x = validate(x)
    return frames(x.astype(np.float64, copy=False), *_frame_size(x, fs, frame_s, hop_s))


def _frame_size(x, fs, frame_s, hop_s):
    """Length and step of the frames in samples."""
    fs = check_fs(fs)
    if not (frame_s > 0 and hop_s > 0):
        raise ValueError(f"frame_s is {frame_s!r} and hop_s is {hop_s!r}, but both must be above zero: pass seconds.")
    length, hop = round(frame_s * fs), max(round(hop_s * fs), 1)
    if length < 2 or x.shape[-1] < length:
        raise ValueError(
            f"The signal has {x.shape[-1]} samples and a frame of {frame_s:g} s at fs={fs:g} Hz has {length}, but at "
            "least one whole frame of two or more samples is needed: pass a longer signal or check fs."
        )
    return length, hop


def _carry_sign(x):
    """Signs of `x`, where an exact zero keeps the sign before it."""
    signs = np.sign(x)
    if np.all(signs):
        return signs
    last_nonzero = np.maximum.accumulate(np.where(signs != 0, np.arange(x.shape[-1]), 0), axis=-1)
    return np.take_along_axis(signs, last_nonzero, axis=-1)
