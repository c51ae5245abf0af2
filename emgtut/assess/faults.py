"""Faults that can be seen without knowing the truth: clipping, flat line, dead channel, hum, an odd channel.

Each detector states one rule. No rule has a unit: what counts as large or small is a share of the signal itself.
"""

import numpy as np

from emgtut.signals import check_fs, psd, validate

__all__ = ["clipped_share", "flat_share", "hum_share", "odd_channels", "whiteness"]

RAIL_COUNT = 5  # an extreme value must be taken this often to be a rail
RAIL_NEAR = 0.01  # ... and more often than all values within this share of the range next to it
FLAT_S = 0.05  # equal samples for this long are a flat line
HUM_SIDE_HZ, HUM_WIDTH_HZ = 5.5, 1.5
HUM_TOP_HZ = 500.0
ODD_DB = 15.0


def clipped_share(x):
    """Share of the samples that lie on a rail.

    A rail is an extreme value (largest or smallest) that is taken exactly, at least five times, and more often than all
    the values within 1 % of the range (at least two steps of the converter) next to it. Without clipping the extremes
    are the rarest values; with it they collect everything beyond. A clipped signal that was filtered or resampled
    afterwards has no rail any more: look at the raw samples. A computed tone in step with the sampling repeats its peak
    exactly and is taken for clipped; recordings do not do that.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Raw samples of one channel.

    Returns
    -------
    float, dimensionless
        From 0 to 1; 0 for a constant signal, which is flat and not clipped.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(2000)
    >>> clipped_share(x), clipped_share(np.clip(x, -2, 2)) == np.mean(np.abs(x) >= 2)
    (0.0, np.True_)

    Lesson
    ------
    20 Screening
    """
    x = _one_channel(x)
    values, counts = np.unique(x, return_counts=True)
    if values.size < 3:
        return 0.0
    near = max(RAIL_NEAR * (values[-1] - values[0]), 2.0 * np.min(np.diff(values)))
    on_rail = 0
    for extreme, count in ((values[0], counts[0]), (values[-1], counts[-1])):
        beside = np.sum(counts[(np.abs(values - extreme) <= near) & (values != extreme)])
        on_rail += count if count >= RAIL_COUNT and count > beside else 0
    return float(on_rail / x.size)


def flat_share(x, *, fs):
    """Share of the time in which the samples are exactly equal for 50 ms or longer.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Raw samples of one channel.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float, dimensionless
        From 0 to 1.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(1000)
    >>> x[200:300] = 0.0
    >>> flat_share(x, fs=1000)
    0.1

    Lesson
    ------
    20 Screening
    """
    x = _one_channel(x)
    edges = np.flatnonzero(np.r_[True, x[1:] != x[:-1], True])
    runs = np.diff(edges)
    return float(np.sum(runs[runs >= max(FLAT_S * check_fs(fs), 2)]) / x.size)


def whiteness(x, *, fs):
    """Spectral flatness from 20 Hz to 0.9·fs/2: 1 for white noise, well below for a muscle.

    Geometric over arithmetic mean of a Welch spectrum of quarter-second segments. An electrode in the air or a shorted
    input shows the amplifier's own noise, which is nearly white. A muscle so weak that the noise covers it looks the
    same, so a channel called dead may be a channel at rest.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One channel of at least half a second.
    fs : float
        Sampling rate in Hz, above 60.

    Returns
    -------
    float, dimensionless
        From 0 to 1; NaN for a constant signal.

    Examples
    --------
    >>> round(whiteness(np.random.default_rng(0).standard_normal(10_000), fs=1000), 1)
    1.0

    Lesson
    ------
    20 Screening
    """
    x, fs = _unit_peak(x), check_fs(fs)
    freqs, density = psd(x, fs=fs, segment_s=min(0.25, x.size / fs))
    kept = density[(freqs >= 20.0) & (freqs <= 0.45 * fs)]
    if kept.size == 0 or np.max(kept) <= 1e-25:
        return np.nan
    return float(np.exp(np.mean(np.log(np.maximum(kept, 1e-30 * np.max(kept))))) / np.mean(kept))


def hum_share(x, *, fs):
    """Share of the power from 20 to 500 Hz that stands in lines at 50 or 60 Hz and their harmonics.

    The power within 1.5 Hz of each harmonic, less what the median of the neighbours up to 5.5 Hz away would put there.
    Both mains frequencies are tried; the larger share wins.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One channel of at least 2 s.
    fs : float
        Sampling rate in Hz, above 140.

    Returns
    -------
    share : float, dimensionless
        From 0 to 1; NaN for a constant signal.
    mains_hz : float, Hz
        The frequency with the larger share.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> hum = np.sqrt(2) * np.sin(2 * np.pi * 60 * np.arange(8000) / 1000)
    >>> share, mains_hz = hum_share(rng.standard_normal(8000) + hum, fs=1000)
    >>> round(share, 1), mains_hz
    (0.5, 60.0)

    Lesson
    ------
    20 Screening
    """
    x, fs = _unit_peak(x), check_fs(fs)
    if x.size < 2 * fs:
        raise ValueError(f"The signal lasts {x.size / fs:g} s, but hum needs 2 s to be told from muscle: pass more.")
    freqs, density = psd(x, fs=fs, segment_s=1.0)
    band = (freqs >= 20.0) & (freqs <= HUM_TOP_HZ)
    total = np.sum(density[band])
    if total <= 1e-25:
        return np.nan, 50.0
    shares = {}
    for mains_hz in (50.0, 60.0):
        lines = 0.0
        for line_hz in np.arange(mains_hz, min(0.95 * fs / 2, HUM_TOP_HZ), mains_hz):
            away = np.abs(freqs - line_hz)
            line, side = away <= HUM_WIDTH_HZ, (away > HUM_WIDTH_HZ) & (away <= HUM_SIDE_HZ)
            lines += max(0.0, np.sum(density[line]) - np.count_nonzero(line) * np.median(density[side]))
        shares[mains_hz] = float(lines / total)
    mains_hz = max(shares, key=shares.get)
    return shares[mains_hz], mains_hz


def odd_channels(signal):
    """Find channels whose level is far from that of their neighbours: 15 dB above or below the median channel.

    Parameters
    ----------
    signal : array_like, shape (n_channels, n_samples), any unit
        Channels with one and the same gain, offset removed.

    Returns
    -------
    ndarray, shape (n_channels,), dB
        Level of each channel against the median of all; minus infinity for a silent one. Beyond ±15 dB it is odd.
        With fewer than four channels nobody is odd: all zeros.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((5, 1000))
    >>> x[2] *= 10
    >>> (np.abs(odd_channels(x)) > 15).tolist()
    [False, False, True, False, False]

    Lesson
    ------
    20 Screening
    """
    signal = validate(signal, name="signal")
    if signal.ndim != 2:
        raise ValueError(f"signal has shape {signal.shape}, but channels are compared: pass (n_channels, n_samples).")
    if len(signal) < 4:
        return np.zeros(len(signal))
    level = np.std(signal, axis=-1, dtype=np.float64)
    middle = np.median(level)
    with np.errstate(divide="ignore", invalid="ignore"):
        return 20.0 * np.log10(level / middle)


def _one_channel(x):
    x = validate(x).astype(np.float64, copy=False)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one channel is judged at a time: pick one, x[0].")
    return x


def _unit_peak(x):
    """One channel without its mean, at a peak of one: rules below 1e-25 then mean rounding."""
    x = _one_channel(x)
    x = x - np.mean(x)
    peak = np.max(np.abs(x))
    return x / peak if peak > 0 else x
