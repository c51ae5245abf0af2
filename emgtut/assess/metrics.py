"""How good is an estimate when the truth is known: SNR, RMSE, PRD, LSD and the errors of five sEMG features.

Energies are taken as given: no mean is removed, nothing is clipped, no constant is added. Ratios do not change when all
signals are scaled together, so a score does not depend on volts or millivolts.
"""

import numpy as np

from emgtut.assess.features import (
    BAND_HZ,
    arv,
    in_band,
    kurtosis,
    mean_frequency,
    median_frequency,
    whole_spectrum,
    zcr,
)
from emgtut.signals import db, number, rms, validate

__all__ = ["evaluate", "lsd", "prd", "rmse", "snr_db"]

BLOCK_SAMPLES = 64_000  # of each signal, scored at one go
LSD_FLOOR = 1e-10  # -100 dB below the strongest bin of the clean signal


def snr_db(clean, estimate):
    """Signal-to-noise ratio of an estimate: energy of the clean signal over energy of the error.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        The truth, not silent.
    estimate : array_like, shape (..., n_samples), same unit
        A noisy or denoised version. Leading axes broadcast against those of `clean`.

    Returns
    -------
    float or ndarray, shape (...), dB
        `10·log10(Σ clean² / Σ (estimate - clean)²)` over the whole interval; infinite for a perfect estimate. An
        estimate of all zeros scores 0 dB.

    Raises
    ------
    ValueError
        If the clean signal is silent or the lengths differ.

    Examples
    --------
    >>> round(snr_db([3.0, 3.0], [3.3, 2.7]), 9)
    20.0

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean, estimate = _pair(clean, estimate)
    return _snr(clean, estimate)


def rmse(clean, estimate):
    """Root-mean-square error.

    Scales with the signals, so values from recordings with different gains cannot be averaged.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        The truth, not silent.
    estimate : array_like, shape (..., n_samples), same unit
        A noisy or denoised version.

    Returns
    -------
    float or ndarray, shape (...), same unit
        Root of the mean squared error.

    Examples
    --------
    >>> round(rmse([3.0, 3.0], [3.3, 2.7]), 9)
    0.3

    Lesson
    ------
    09 Measures
    """
    clean, estimate = _pair(clean, estimate)
    return rms(estimate - clean)


def prd(clean, estimate):
    """Percentage root-mean-square difference: the error as a percentage of the clean signal.

    It is the SNR in another dress: `prd = 100·10^(-SNR/20)`. An estimate of all zeros scores exactly 100 %.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        The truth, not silent.
    estimate : array_like, shape (..., n_samples), same unit
        A noisy or denoised version.

    Returns
    -------
    float or ndarray, shape (...), %
        `100·rms(estimate - clean) / rms(clean)`.

    Examples
    --------
    >>> round(prd([3.0, 3.0], [3.3, 2.7]), 9)
    10.0

    Lesson
    ------
    09 Measures
    """
    clean, estimate = _pair(clean, estimate)
    return number(100.0 * np.asarray(rms(estimate - clean)) / np.asarray(rms(clean)))


def lsd(clean, estimate, *, fs):
    """Log-spectral distance: how far apart two spectrograms are, in decibels.

    Within 20-500 Hz, on the common frame grid (200 ms Hann frames, one every 100 ms). A floor 100 dB below the
    strongest bin of the clean signal's spectrogram is added to both before the logarithm. The floor moves with the
    signal: a fixed floor would make the distance depend on the unit.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        The truth, not silent, at least one frame long.
    estimate : array_like, shape (..., n_samples), same unit
        A noisy or denoised version.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float or ndarray, shape (...), dB
        Mean over frames of the root-mean-square difference of log power over frequency. It does not look at phase: a
        small distance does not mean a good waveform. NaN if no whole frame of the clean signal holds any power.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(2000)
    >>> round(lsd(x, 2 * x, fs=1000), 3)  # twice the amplitude is 6.02 dB everywhere
    6.021

    Lesson
    ------
    09 Measures
    """
    clean, estimate = _pair(clean, estimate)
    return _lsd(*whole_spectrum(clean, fs=fs), whole_spectrum(estimate, fs=fs)[1])


def evaluate(clean, noisy, estimate, *, fs, compat=False):
    """Score a denoised estimate against the truth, with all measures at once.

    Three things to know before believing a score. An estimate of all zeros has `snr_imp = -snr_in` and a PRD of 100 %;
    on very noisy input that looks like a success. All measures here compare with the truth, so none can be used on
    a recording whose clean version is unknown. And SNR is about the waveform: a filter that only delays the signal
    scores badly, although it may be harmless to the features.

    Parameters
    ----------
    clean : array_like, shape (..., n_samples), any unit
        The truth, not silent, at least 0.2 s long.
    noisy : array_like, shape (..., n_samples), same unit
        What the denoiser was given.
    estimate : array_like, shape (..., n_samples), same unit
        What the denoiser returned.
    fs : float
        Sampling rate in Hz.
    compat : bool
        Use the definitions of the published benchmark instead (`emgtut.assess.compat`): signals in volts at 1000 Hz,
        constants that are no ratios, other frames. For comparisons with its tables only.

    Returns
    -------
    dict of str to float or ndarray, shape (...)
        Floats for one signal, arrays over the leading axes for several:

        - `snr_in`, `snr_out`, `snr_imp` (dB): SNR before and after, and the difference. A perfect estimate gives
          infinity.
        - `rmse` (unit of the signal), `prd` (%), `lsd` (dB)
        - `rmse_arv` (unit of the signal), `rmse_zcr` (crossings per second), `rmse_mnf` and `rmse_mdf` (Hz),
          `rmse_kurtosis` (dimensionless): root-mean-square error of the feature over the frames of the common grid.

        Frames in which the clean signal has no such feature (silence has no mean frequency) are left out. Where only
        the estimate has none, the score is NaN: there is nothing to compare.

    Raises
    ------
    ValueError
        If the clean signal is silent, too short, or of another length than the others.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> clean = rng.standard_normal(2000)
    >>> noisy = clean + 0.5 * rng.standard_normal(2000)
    >>> scores = evaluate(clean, noisy, 0.9 * noisy, fs=1000)
    >>> scores["snr_imp"] > 0
    True
    >>> list(scores)
    ['snr_in', 'snr_out', 'snr_imp', 'rmse', 'prd', 'lsd', 'rmse_arv', 'rmse_zcr', 'rmse_mnf', 'rmse_mdf',
     'rmse_kurtosis']

    Lesson
    ------
    09 Measures
    """
    if compat:
        from emgtut.assess.compat import evaluate_compat

        return evaluate_compat(clean, noisy, estimate, fs=fs)
    clean, noisy = _pair(clean, noisy, name="noisy")
    clean, estimate = _pair(clean, estimate)
    if not clean.shape == noisy.shape == estimate.shape or clean.ndim < 2:
        return _evaluate(clean, noisy, estimate, fs)
    # Blocks that stay in the processor's cache: twice as fast as one pass over everything.
    leading, n_samples = clean.shape[:-1], clean.shape[-1]
    rows = [x.reshape(-1, n_samples) for x in (clean, noisy, estimate)]
    step = max(1, BLOCK_SAMPLES // n_samples)
    blocks = [_evaluate(*(x[at : at + step] for x in rows), fs) for at in range(0, len(rows[0]), step)]
    return {name: np.concatenate([block[name] for block in blocks]).reshape(leading) for name in blocks[0]}


def _evaluate(clean, noisy, estimate, fs):
    """All measures of checked arrays; every level and every spectrum is computed once."""
    level, error_in, error_out = (np.asarray(rms(x)) for x in (clean, noisy - clean, estimate - clean))
    snr_in, snr_out = _ratio_db(level, error_in), _ratio_db(level, error_out)
    with np.errstate(invalid="ignore"):  # infinity minus infinity: nothing to improve, hence NaN
        snr_imp = number(np.subtract(snr_out, snr_in))
    freqs, power = whole_spectrum(clean, fs=fs)
    _, other = whole_spectrum(estimate, fs=fs)
    scores = {
        "snr_in": snr_in,
        "snr_out": snr_out,
        "snr_imp": snr_imp,
        "rmse": number(error_out),
        "prd": number(100.0 * error_out / level),
        "lsd": _lsd(freqs, power, other),
    }
    truth, found = _features(clean, fs, freqs, power), _features(estimate, fs, freqs, other)
    return scores | {f"rmse_{name}": _feature_error(truth[name], found[name]) for name in truth}


def _lsd(freqs, power, other):
    """Log-spectral distance between two spectrograms, the first of them the truth."""
    floor = LSD_FLOOR * np.max(power, axis=(-2, -1), keepdims=True)
    floor[floor == 0] = np.nan
    inside = (freqs >= BAND_HZ[0]) & (freqs <= BAND_HZ[1])
    difference = 10.0 * np.log10((power[..., inside] + floor) / (other[..., inside] + floor))
    return number(np.mean(np.sqrt(np.mean(np.square(difference), axis=-1)), axis=-1))


def _features(x, fs, freqs, power):
    """The five features of a signal whose spectrogram is known, each of shape (..., n_frames)."""
    freqs, power = in_band(freqs, power)
    return {
        "arv": arv(x, fs=fs),
        "zcr": zcr(x, fs=fs),
        "mnf": mean_frequency(freqs, power),
        "mdf": median_frequency(freqs, power),
        "kurtosis": kurtosis(x, fs=fs),
    }


def _feature_error(truth, found):
    """Root-mean-square difference over the frames in which the truth is defined."""
    truth, found = np.broadcast_arrays(truth, found)
    defined = ~np.isnan(truth)
    squares = np.square(np.where(defined, found - truth, 0.0))
    count = np.count_nonzero(defined, axis=-1)
    mean = np.divide(squares.sum(axis=-1), count, out=np.full(count.shape, np.nan), where=count > 0)
    return number(np.sqrt(mean))


def _pair(clean, estimate, *, name="estimate"):
    """Both signals in float64, of one length, the clean one not silent."""
    clean = validate(clean, name="clean").astype(np.float64, copy=False)
    estimate = validate(estimate, name=name).astype(np.float64, copy=False)
    if clean.shape[-1] != estimate.shape[-1]:
        raise ValueError(
            f"clean has {clean.shape[-1]} samples and {name} has {estimate.shape[-1]}, but both must have the same "
            "length: cut the longer one so that they start together."
        )
    try:
        np.broadcast_shapes(clean.shape, estimate.shape)
    except ValueError:
        raise ValueError(
            f"clean has shape {clean.shape} and {name} has shape {estimate.shape}, but their leading axes do not "
            "match: pass as many clean signals as estimates, or one."
        ) from None
    if not np.all(np.any(clean, axis=-1)):
        raise ValueError("clean is silent (all zeros), so no ratio to it exists: choose a part with signal in it.")
    return clean, estimate


def _snr(clean, estimate):
    """SNR of checked arrays."""
    return _ratio_db(np.asarray(rms(clean)), np.asarray(rms(estimate - clean)))


def _ratio_db(level, error):
    """Decibels between two RMS values; infinite where the second is zero."""
    with np.errstate(divide="ignore"):
        return number(2 * np.asarray(db(level / error)))
