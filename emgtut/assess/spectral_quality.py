"""Five ratios that judge a spectrum without knowing the truth: SMR, SHR, OHM, SPR, DPR; and the Hampel error ratio.

They ask whether a signal *looks like* surface EMG. Nothing here knows what the muscle did. All are ratios, so the unit
does not matter; with `compat` they take the constants of the published benchmark, and then it does.
"""

import numpy as np

from emgtut.signals import check_fs, db, frames, number, psd, validate

__all__ = ["hampel_error_ratio", "spectral_quality"]

MOTION_BELOW_HZ = 20.0
HIGH_FROM = 0.8  # share of half the sampling rate
COMPAT_EPS = 1e-12  # a power in V²: the benchmark's signals are in volts
MAD_TO_SIGMA = 1.4826  # of a Gaussian
COMPAT_MAD_TO_SIGMA = 1.4286
HAMPEL_WINDOW_S, HAMPEL_HOP_S = 2.0, 1.0
HAMPEL_HALF_WIDTH = 40  # bins
HAMPEL_LIMIT = 5.0


def spectral_quality(x, *, fs, mains_hz=50.0, compat=False):
    """Judge the spectrum of a contraction by five ratios.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit (V if `compat`)
        A contraction, unfiltered, at least 128 samples.
    fs : float
        Sampling rate in Hz, above 100.
    mains_hz : float
        Frequency of the mains in Hz.
    compat : bool
        The benchmark's definitions: Welch segments of 1024 samples, 1e-12 V² added to every power, the power below
        20 Hz counted as signal in the SMR.

    Returns
    -------
    dict of str to float or ndarray, shape (...)
        - `smr_db`: signal to motion, power from 20 Hz up over power below 20 Hz.
        - `shr_db`: signal to high frequency, all power over power above 0.8·fs/2.
        - `ohm`: sqrt(M2/M0)/(M1/M0) from the spectrum's moments: 1 for a single line, more for a wide spectrum.
        - `spr_db`: signal to mains, all power over the power in the bins nearest to the mains and its harmonics.
        - `dpr_db`: the highest value of the smoothed spectrum from 20 to 500 Hz over the lowest above 0.8·fs/2.

        A silent signal gives NaN; nothing in the denominator gives infinity.

    Raises
    ------
    ValueError
        If the signal is shorter than 128 samples.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> t = np.arange(2000) / 1000
    >>> quality = spectral_quality(np.sin(2 * np.pi * 80 * t) + 0.1 * np.sin(2 * np.pi * 5 * t), fs=1000)
    >>> round(quality["smr_db"], 6), round(quality["ohm"], 1)
    (20.0, 1.0)

    Lesson
    ------
    20 Screening
    """
    from scipy.ndimage import convolve1d

    fs = check_fs(fs)
    x = validate(x, min_samples=128).astype(np.float64, copy=False)
    eps = COMPAT_EPS if compat else 0.0
    if not compat:
        _, exponent = np.frexp(np.max(np.abs(x), axis=-1, keepdims=True))
        x = np.ldexp(x, -exponent)  # the unit cancels in every ratio; squares of any unit stay finite
    segment_s = 1024 / fs if compat else 1.0
    freqs, density = psd(x, fs=fs, segment_s=min(segment_s, x.shape[-1] / fs))
    low, high = freqs <= MOTION_BELOW_HZ, freqs >= HIGH_FROM * fs / 2
    moments = [np.trapezoid(freqs**k * density, freqs, axis=-1) for k in range(3)]
    total = moments[0]
    signal = total if compat else np.trapezoid(density[..., ~low], freqs[~low], axis=-1)
    lines = _nearest(freqs, np.arange(mains_hz, fs / 2 + 1e-9, mains_hz))
    # Not uniform_filter1d: its running sum rounds to less than nothing behind a strong line.
    smooth = convolve1d(density, np.full(13, 1 / 13), axis=-1, mode="constant" if compat else "nearest")
    middle = (freqs >= 20.0) & (freqs <= min(500.0, 0.99 * fs / 2))
    ratios = {
        "smr_db": (signal, np.trapezoid(density[..., low], freqs[low], axis=-1)),
        "shr_db": (total, np.trapezoid(density[..., high], freqs[high], axis=-1)),
        "spr_db": (total, density[..., lines].sum(axis=-1) * (freqs[1] - freqs[0])),
        "dpr_db": (smooth[..., middle].max(axis=-1), smooth[..., high].min(axis=-1)),
    }
    quality = {name: _ratio_db(top, bottom, eps) for name, (top, bottom) in ratios.items()}
    with np.errstate(divide="ignore", invalid="ignore"):
        ohm = np.sqrt(moments[2] / (total + eps)) / (moments[1] / (total + eps) + eps)
    return quality | {"ohm": number(np.asarray(ohm))}


def hampel_error_ratio(x, *, fs, compat=False):
    """Share of a spectrum's energy that a Hampel filter takes for outliers: narrow lines, such as hum.

    The real and the imaginary part of the spectrum of each 2 s window (one a second) are compared with their moving
    median over 81 bins. What lies further from it than five moving standard deviations is replaced by the median. The
    standard deviation is 1.4826 times the moving median of the absolute deviations; with `compat` the factor is the
    benchmark's 1.4286, which is a little stricter.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        A contraction of at least 2 s.
    fs : float
        Sampling rate in Hz.
    compat : bool
        Use the factor 1.4286.

    Returns
    -------
    float, dimensionless
        The largest share over the windows, from 0 to 1; NaN for a signal below 2 s or a silent one.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal(4000)
    >>> hum = np.sin(2 * np.pi * 50 * np.arange(4000) / 1000)
    >>> hampel_error_ratio(x, fs=1000) < 0.05, round(hampel_error_ratio(x + 3 * hum, fs=1000), 1)
    (True, 0.8)

    Lesson
    ------
    20 Screening
    """
    from scipy.fft import rfft
    from scipy.ndimage import median_filter

    fs = check_fs(fs)
    x = validate(x).astype(np.float64, copy=False)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one channel is judged at a time: pick one, x[0].")
    length = round(HAMPEL_WINDOW_S * fs)
    peak = np.max(np.abs(x))
    if x.size < length or peak == 0:
        return np.nan
    spectrum = rfft(frames(x / peak, length, round(HAMPEL_HOP_S * fs)), axis=-1)
    half = min(HAMPEL_HALF_WIDTH, (spectrum.shape[-1] - 1) // 2)
    limit = HAMPEL_LIMIT * (COMPAT_MAD_TO_SIGMA if compat else MAD_TO_SIGMA)
    before, after = 0.0, 0.0
    for part in (spectrum.real, spectrum.imag):
        middle = median_filter(part, size=(1, 2 * half + 1), mode="nearest")
        away = np.abs(part - middle)
        usual = median_filter(away, size=(1, 2 * half + 1), mode="nearest")
        kept = np.where(away > limit * usual, middle, part)
        before = before + np.sum(np.square(part), axis=-1)
        after = after + np.sum(np.square(kept), axis=-1)
    heard = before > 0
    return float(np.max(np.clip(1.0 - after[heard] / before[heard], 0.0, 1.0))) if np.any(heard) else np.nan


def _nearest(freqs, wanted):
    return np.unique(np.round(wanted / (freqs[1] - freqs[0])).astype(int).clip(0, freqs.size - 1))


def _ratio_db(top, bottom, eps):
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = (np.asarray(top) + eps) / (np.asarray(bottom) + eps)
    silent = np.isnan(ratio)
    return number(np.where(silent, np.nan, db(np.where(silent, 1.0, ratio))))
