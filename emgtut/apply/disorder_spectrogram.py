"""What the disorder network sees of a needle recording: a log spectrogram, and how fast it changes.

The published description names these two features and gives no numbers. The numbers here are ours.
"""

import numpy as np

from emgtut.signals import butterworth, check_count, check_fs, filter_zero_phase, resample, validate

__all__ = [
    "FRAME",
    "HOP",
    "NEEDLE_HZ",
    "WINDOW_S",
    "cut_windows",
    "delta",
    "log_spectrogram",
    "prepare_needle",
    "robust_sd",
    "two_pictures",
]

NEEDLE_HZ = 10_000.0
WINDOW_S = 1.0
FRAME, HOP = 256, 128  # samples: 25.6 ms and half of it, at 10 kHz
FLOOR, DEPTH_DB = 1e-10, 80.0  # added to the power, relative to the recording's mean; kept below the loudest bin


def prepare_needle(x, *, fs, fs_out=NEEDLE_HZ):
    """Take the offset and what is below 20 Hz off a needle recording, and bring it to one rate.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Recording of at least 0.1 s.
    fs : float, hertz
        Its sampling rate.
    fs_out : float, hertz
        Wanted rate. Going up adds no content: a recording at 4 kHz stays empty above 2 kHz.

    Returns
    -------
    ndarray, shape (..., n_out), unit of `x`
        Filtered with zero phase (Butterworth, order 2).

    Raises
    ------
    ValueError
        If the recording is too short, not finite, or a rate makes no sense.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> clean = prepare_needle(np.full(23_437, 5.0), fs=23_437.5)
    >>> clean.shape, bool(np.abs(clean).max() < 1e-6)
    ((10000,), True)
    """
    fs = check_fs(fs)
    x = validate(x, min_samples=int(np.ceil(0.1 * fs)))
    return resample(filter_zero_phase(butterworth(2, 20.0, "highpass", fs=fs), x), fs=fs, fs_out=fs_out)


def robust_sd(x):
    """Estimate the standard deviation from the middle half of the values, so that rare tall spikes hardly count.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Signal.

    Returns
    -------
    float
        1.4826 times the median absolute deviation from the median, in the unit of `x`.

    Raises
    ------
    ValueError
        If more than half of the values are the same.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(100_000)
    >>> x[:1000] = 1e6
    >>> round(robust_sd(x), 1)
    1.0
    """
    x = validate(x)
    spread = 1.4826 * np.median(np.abs(x - np.median(x)))
    if not spread > 0:
        raise ValueError("More than half of these values are the same, so they have no spread: look at the recording.")
    return float(spread)


def cut_windows(x, *, fs, window_s=WINDOW_S):
    """Cut a recording into windows that do not overlap.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Recording; what is left over at its end is dropped.
    fs : float, hertz
        Sampling rate.
    window_s : float, seconds
        Length of a window.

    Returns
    -------
    ndarray, shape (n_windows, n_window), unit of `x`

    Raises
    ------
    ValueError
        If the recording is shorter than one window.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> cut_windows(np.zeros(35_000), fs=10_000).shape
    (3, 10000)
    """
    x, size = validate(x), round(window_s * check_fs(fs))
    count = x.shape[-1] // size
    if x.ndim != 1 or count < 1:
        raise ValueError(f"A recording of shape {x.shape} has no whole window of {size} samples: give a longer one.")
    return x[: count * size].reshape(count, size)


def log_spectrogram(windows, *, frame=FRAME, hop=HOP):
    """Power of every frame and frequency in decibels; zero hertz is left out.

    The windows are taken as one recording: the floor that keeps the logarithm finite is relative to its mean power,
    and nothing is kept that lies more than 80 dB below its loudest bin. So a louder recording has the same shape.

    Parameters
    ----------
    windows : array_like, shape (n_windows, n_samples), any unit
        Windows of one recording.
    frame, hop : int, samples
        Length of a Hann frame and step from one to the next. Frames lie inside the window.

    Returns
    -------
    ndarray, shape (n_windows, frame // 2, n_frames), dB of the unit's square
        Frequency, then time.

    Raises
    ------
    ValueError
        If the windows are silent or shorter than a frame.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1250 * np.arange(10_000) / 10_000)
    >>> picture = log_spectrogram(tone[None])
    >>> picture.shape, int(picture[0, :, 40].argmax()) + 1    # bin 32 of 39.0625 Hz
    ((1, 128, 77), 32)
    """
    windows = validate(windows, name="windows", min_samples=frame)
    power = np.mean(np.square(windows))
    if windows.ndim != 2 or not power > 0:
        raise ValueError(f"windows of shape {windows.shape} must be (n_windows, n_samples), and not silent.")
    hann = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame)
    pieces = np.lib.stride_tricks.sliding_window_view(windows, frame, axis=-1)[:, ::hop]
    spectra = np.abs(np.fft.rfft(pieces * hann, axis=-1)[..., 1:]) ** 2
    level_db = 10 * np.log10(spectra + FLOOR * power)
    return np.maximum(level_db, level_db.max() - DEPTH_DB).swapaxes(-1, -2)


def delta(x, *, half_width=2):
    """Slope of a straight line fitted around each point of time: how fast a spectrogram changes.

    Parameters
    ----------
    x : array_like, shape (..., n_frames), any unit
        Time is the last axis. Beyond its ends the end values go on.
    half_width : int, frames
        Points on either side.

    Returns
    -------
    ndarray, shape (..., n_frames), unit of `x` per frame

    Raises
    ------
    ValueError
        If `half_width` is below one.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> delta(np.full(6, 7.0)).tolist(), delta(3.0 * np.arange(8))[2:-2].tolist()
    ([0.0, 0.0, 0.0, 0.0, 0.0, 0.0], [3.0, 3.0, 3.0, 3.0])
    """
    x, n = validate(x), check_count(half_width, name="half_width")
    padded = np.concatenate([np.repeat(x[..., :1], n, axis=-1), x, np.repeat(x[..., -1:], n, axis=-1)], axis=-1)
    size = x.shape[-1]
    rises = [k * (padded[..., n + k : n + k + size] - padded[..., n - k : n - k + size]) for k in range(1, n + 1)]
    return sum(rises) / (2 * sum(k * k for k in range(1, n + 1)))


def two_pictures(windows, *, frame=FRAME, hop=HOP):
    """Stack log spectrogram and its delta, as the network takes them.

    Parameters
    ----------
    windows : array_like, shape (n_windows, n_samples), any unit
        Windows of one recording.
    frame, hop : int, samples
        As for :func:`log_spectrogram`.

    Returns
    -------
    ndarray, shape (n_windows, 2, frame // 2, n_frames), float32, dB and dB per frame

    Raises
    ------
    ValueError
        If the windows are silent or shorter than a frame.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> two_pictures(np.random.default_rng(0).standard_normal((3, 10_000))).shape
    (3, 2, 128, 77)
    """
    spectrogram = log_spectrogram(windows, frame=frame, hop=hop)
    return np.stack([spectrogram, delta(spectrogram)], axis=1).astype(np.float32)
