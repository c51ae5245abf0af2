"""The measures exactly as a published benchmark computes them, for comparison with its tables only.

Written from the definitions, not from its code. They are meant for windows of 2 s at 1000 Hz in *volts*: several hold
constants with a unit (1e-12 V², 1e-10 V²), so they change when the same signals are given in millivolts. The frames
differ from measure to measure. The course's own definitions are in `emgtut.assess.metrics`.
"""

import numpy as np

from emgtut.signals import check_fs, number, validate

__all__ = ["compat_features", "compat_lsd", "compat_snr_db", "evaluate_compat"]

RATE_HZ = 1000.0
FRAME = 200  # samples
N_FFT = 1024  # the frames of the frequency features are padded to this
ENERGY_EPS = 1e-12  # V²
LSD_EPS = 1e-10  # V²
BAND_HZ = (20.0, 500.0)
CEILING_DB = 100.0  # what a perfect estimate scores


def compat_snr_db(clean, estimate):
    """SNR with a constant in the denominator and a ceiling of 100 dB.

    Parameters
    ----------
    clean, estimate : array_like, shape (..., n_samples), V
        Truth and estimate.

    Returns
    -------
    float or ndarray, shape (...), dB
        `10·log10(Σ clean² / (Σ error² + 1e-12))`, or 100 where Σ error² is below 1e-12.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> round(compat_snr_db([3.0, 3.0], [3.3, 2.7]), 6), compat_snr_db([3e-7, 3e-7], [0.0, 0.0])
    (20.0, 100.0)

    Lesson
    ------
    09 Measures
    """
    clean, estimate = validate(clean, name="clean"), validate(estimate, name="estimate")
    error = _energy(estimate - clean)
    with np.errstate(divide="ignore"):
        ratio_db = 10.0 * np.log10(_energy(clean) / (error + ENERGY_EPS))
    return number(np.where(error < ENERGY_EPS, CEILING_DB, ratio_db))


def compat_lsd(clean, estimate):
    """Log-spectral distance with a constant of 1e-10 V² under the logarithm.

    The power of an sEMG of 50 µV spread over the bins of its spectrogram is *below* that constant, so the distance
    of such a pair is close to zero whatever the pair.

    Parameters
    ----------
    clean, estimate : array_like, shape (..., n_samples), V
        Truth and estimate at 1000 Hz.

    Returns
    -------
    float or ndarray, shape (...), dB
        Mean over frames of the RMS over 20-500 Hz of the difference of `10·log10(|S|² + 1e-10)`. Frames of 512
        samples under a symmetric Hann window every 128, zero-extended at both ends. NaN below 1536 samples.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(2000)
    >>> round(compat_lsd(x, 2 * x), 3), round(compat_lsd(1e-5 * x, 2e-5 * x), 3)
    (6.021, 0.048)

    Lesson
    ------
    09 Measures
    """
    clean, estimate = validate(clean, name="clean"), validate(estimate, name="estimate")
    if clean.shape[-1] < 3 * 512:
        return number(np.full(np.broadcast_shapes(clean.shape, estimate.shape)[:-1], np.nan))
    difference = _log_spectrogram(clean) - _log_spectrogram(estimate)
    return number(np.mean(np.sqrt(np.mean(np.square(difference), axis=-2)), axis=-1))


def compat_features(x):
    """The five features of the benchmark, each on frames of its own.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), V
        Signal at 1000 Hz; a whole number of frames of 200 samples.

    Returns
    -------
    dict of str to ndarray, shape (..., n_frames)
        - `arv` (V): mean absolute value of each frame.
        - `zcr` (crossings/s): sign changes over 0.2 s; a sample of exactly zero makes two.
        - `mnf` (Hz): centre of gravity of the *amplitude* spectrum, on one frame more than the others: the frames
          are centred on the borders, so the first and the last are half empty.
        - `mdf` (Hz): first bin at which half the power is reached. The 200 samples are padded to 1024 and multiplied
          by a Hann window of 1024, so they only see its rising part.
        - `kurtosis`: population excess kurtosis; 0 where the standard deviation is 1e-12 V or less.

    Raises
    ------
    ValueError
        If the signal is no whole number of frames.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> {name: values.shape for name, values in compat_features(np.ones(2000)).items()}
    {'arv': (10,), 'zcr': (10,), 'mnf': (11,), 'mdf': (10,), 'kurtosis': (10,)}

    Lesson
    ------
    09 Measures
    """
    x = validate(x).astype(np.float64, copy=False)
    if x.shape[-1] % FRAME:
        raise ValueError(
            f"The signal has {x.shape[-1]} samples, but the benchmark's frames take a multiple of {FRAME}: cut it."
        )
    grid = x.reshape(*x.shape[:-1], -1, FRAME)
    centred = grid - np.mean(grid, axis=-1, keepdims=True)
    variance = np.mean(np.square(centred), axis=-1)
    flat = np.sqrt(variance) <= 1e-12
    fourth = np.mean(np.square(np.square(centred)), axis=-1)
    return {
        "arv": np.mean(np.abs(grid), axis=-1),
        "zcr": np.count_nonzero(np.diff(np.sign(grid), axis=-1), axis=-1) / (FRAME / RATE_HZ),
        "mnf": _mean_frequency(x),
        "mdf": _median_frequency(grid),
        "kurtosis": np.where(flat, 0.0, fourth / np.square(np.where(flat, 1.0, variance)) - 3.0),
    }


def evaluate_compat(clean, noisy, estimate, *, fs):
    """Score an estimate with the benchmark's definitions.

    Parameters
    ----------
    clean, noisy, estimate : array_like, shape (..., n_samples), V
        Truth, input and output of a denoiser, of one shape; the published windows have 2000 samples.
    fs : float
        Sampling rate in Hz, 1000 and nothing else.

    Returns
    -------
    dict of str to float or ndarray, shape (...)
        The keys and units of `emgtut.assess.evaluate` (dB, V, %, crossings/s, Hz).

    Raises
    ------
    ValueError
        If the rate is another one, the shapes differ, or the length is no multiple of 200 samples.

    References
    ----------
    CleanSEMG2026

    Examples
    --------
    >>> clean = 5e-5 * np.random.default_rng(0).standard_normal(2000)
    >>> scores = evaluate_compat(clean, 2 * clean, 0 * clean, fs=1000)
    >>> round(scores["prd"], 3), round(scores["lsd"], 3)
    (100.0, 0.373)

    Lesson
    ------
    09 Measures
    """
    if check_fs(fs) != RATE_HZ:
        raise ValueError(f"fs is {fs:g} Hz, but the benchmark's definitions hold at 1000 Hz only: resample first.")
    names = ("clean", "noisy", "estimate")
    arrays = [validate(x, name=n).astype(np.float64, copy=False) for n, x in zip(names, (clean, noisy, estimate))]
    if len({x.shape for x in arrays}) > 1:
        told = ", ".join(f"{n} {x.shape}" for n, x in zip(names, arrays))
        raise ValueError(f"The signals differ in shape ({told}): give stretches of one shape.")
    clean, noisy, estimate = arrays
    error = _energy(estimate - clean)
    snr_in, snr_out = compat_snr_db(clean, noisy), compat_snr_db(clean, estimate)
    truth, found = compat_features(clean), compat_features(estimate)
    return {
        "snr_in": snr_in,
        "snr_out": snr_out,
        "snr_imp": number(np.subtract(snr_out, snr_in)),
        "rmse": number(np.sqrt(error / clean.shape[-1])),
        "prd": number(100.0 * np.sqrt(error / (_energy(clean) + ENERGY_EPS))),
        "lsd": compat_lsd(clean, estimate),
    } | {f"rmse_{name}": number(np.sqrt(np.mean(np.square(truth[name] - found[name]), axis=-1))) for name in truth}


def _energy(x):
    return np.vecdot(x, x)


def _log_spectrogram(x):
    """10·log10(|S|² + 1e-10) within the band, shape (..., n_bins, n_frames)."""
    from scipy.signal import stft

    freqs, _, spectrum = stft(x, fs=RATE_HZ, window=np.hanning(512), nperseg=512, noverlap=512 - 128)
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    kept = spectrum[..., inside, :]
    return 10.0 * np.log10(np.square(kept.real) + np.square(kept.imag) + LSD_EPS)


def _mean_frequency(x):
    """Amplitude-weighted mean frequency on frames centred on 0, 200, 400, ..., the ends padded with zeros."""
    from scipy.fft import rfft, rfftfreq

    half = [(0, 0)] * (x.ndim - 1) + [(FRAME // 2, FRAME // 2)]
    grid = np.pad(x, half).reshape(*x.shape[:-1], -1, FRAME)
    freqs = rfftfreq(N_FFT, 1 / RATE_HZ)
    inside = (freqs >= BAND_HZ[0]) & (freqs < BAND_HZ[1])  # the published range ends at 499.0 Hz
    amplitude = np.abs(rfft(grid, N_FFT, axis=-1)[..., inside])
    total = np.sum(amplitude, axis=-1)
    mean = np.divide(amplitude @ freqs[inside], total, out=np.full(total.shape, np.nan), where=total > 0)
    return _gaps_to_median(mean)


def _median_frequency(grid):
    """First bin at which the running sum of the power reaches half of it."""
    from scipy.fft import rfft, rfftfreq

    freqs = rfftfreq(N_FFT, 1 / RATE_HZ)
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    spectrum = rfft(grid * np.hanning(N_FFT)[:FRAME], N_FFT, axis=-1)[..., inside]
    running = np.cumsum(np.square(spectrum.real) + np.square(spectrum.imag), axis=-1)
    first = np.argmax(running >= running[..., -1:] / 2, axis=-1)
    return _gaps_to_median(np.where(running[..., -1] > 0, freqs[inside][first], np.nan))


def _gaps_to_median(values):
    """Frames without a value take the median of the others; where there is none, NaN stays."""
    gaps = np.isnan(values)
    if not np.any(gaps):
        return values
    known = np.sum(~gaps, axis=-1, keepdims=True)
    ordered = np.sort(values, axis=-1)  # NaN last
    low, high = (np.take_along_axis(ordered, np.maximum(at, 0), axis=-1) for at in ((known - 1) // 2, known // 2))
    return np.where(gaps & (known > 0), (low + high) / 2, values)
