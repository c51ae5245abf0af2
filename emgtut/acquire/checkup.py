"""System check-up: is this recording good enough? Noise floor, contrast, repeatability - each with its doubt.

The SNR here is *contraction over rest*. It depends on how hard the muscle worked and on the filter, so it describes a
recording, not an instrument. To judge an instrument, short its inputs.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.signals import butterworth, check_fs, filter_zero_phase, frames, rms, validate

__all__ = ["Checkup", "Measured", "checkup", "find_contractions", "grade_repeatability", "grade_snr"]

FRAME_S = 0.1  # activity is judged on the RMS of frames this long
SHORTEST_S = 0.3  # a contraction or a rest shorter than this is not one
GUARD_S = 0.1  # the edges of a rest are left out: muscles do not switch
RESAMPLES = 2000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measured:
    """A number with the interval that resampling the recording's own pieces gives it.

    Parameters
    ----------
    value, low, high : float, in `unit`
        Estimate and 95 % bootstrap interval. Both ends are NaN when there are too few pieces to say.
    unit : str

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> print(Measured(21.3, 19.8, 22.9, "dB"))
    21.3 dB (19.8 to 22.9)
    """

    value: float
    low: float
    high: float
    unit: str

    def __str__(self):
        interval = "no interval" if np.isnan(self.low) else f"{self.low:.3g} to {self.high:.3g}"
        return f"{self.value:.3g} {self.unit} ({interval})"


@dataclass(frozen=True)
class Checkup:
    """What a check-up found.

    Parameters
    ----------
    noise_rms : Measured, unit of the recording
        RMS at rest: instrument, skin, mains and whatever muscle did not relax.
    contraction_rms : Measured, unit of the recording
    snr_db : Measured, decibel
        ``20 log10`` of contraction over rest.
    separation : Measured, ratio
        The weakest contraction over the 95th percentile of the resting frames: above 1 a threshold can tell them apart.
    repeatability_cv : Measured, percent
        Spread over mean of the contractions' peak RMS; NaN with fewer than three contractions.
    iemg : numpy.ndarray (n_contractions,), unit of the recording times second
        Integral of the rectified signal. It grows with duration, so it compares contractions of equal length only.
    contractions : numpy.ndarray (n_contractions, 2), second
        Start and end.
    grades : dict of str to str
        By the rules of :func:`grade_snr` and :func:`grade_repeatability`.

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> Checkup.__dataclass_fields__["snr_db"].name
    'snr_db'
    """

    noise_rms: Measured
    contraction_rms: Measured
    snr_db: Measured
    separation: Measured
    repeatability_cv: Measured
    iemg: np.ndarray
    contractions: np.ndarray
    grades: dict


def grade_snr(snr_db):
    """Grade a contraction/rest ratio: above 20 dB good, from 10 usable, below poor.

    Parameters
    ----------
    snr_db : float, decibel

    Returns
    -------
    str

    References
    ----------
    SensorWiki2026

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> [grade_snr(x) for x in (26, 11, 6.7)]
    ['good', 'usable', 'poor']
    """
    return "good" if snr_db > 20 else "usable" if snr_db >= 10 else "poor"


def grade_repeatability(cv_percent):
    """Grade the spread of repeated contractions: below 10 % excellent, up to 20 acceptable, above poor.

    Parameters
    ----------
    cv_percent : float, percent

    Returns
    -------
    str
        ``"unknown"`` for NaN.

    References
    ----------
    SensorWiki2026

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> [grade_repeatability(x) for x in (8, 12.8, 24.8)]
    ['excellent', 'acceptable', 'poor']
    """
    if np.isnan(cv_percent):
        return "unknown"
    return "excellent" if cv_percent < 10 else "acceptable" if cv_percent <= 20 else "poor"


def find_contractions(x, *, fs):
    """Find where the muscle works, from the two clusters that the logarithm of the frame RMS falls into.

    Parameters
    ----------
    x : array_like (n_samples,), any unit
        One channel, band-passed, with rest and contraction in it.
    fs : float, hertz

    Returns
    -------
    numpy.ndarray (n_contractions, 2), second
        Start and end of each, at least 0.3 s long and apart.

    Raises
    ------
    ValueError
        If rest and contraction cannot be told apart.

    References
    ----------
    Otsu1979

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level = np.where((np.arange(6000) // 1000) % 2, 1.0, 0.05)        # rest and work, one second each
    >>> find_contractions(level * rng.standard_normal(6000), fs=1000).round(1).tolist()
    [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    """
    x, fs = validate(x, name="x"), check_fs(fs)
    length = max(1, round(FRAME_S * fs))
    if x.ndim != 1 or len(x) < 10 * length:
        raise ValueError(f"x must be one channel of at least {10 * FRAME_S:g} s, got shape {x.shape} at {fs:g} Hz.")
    level = np.log(np.maximum(rms(frames(x, length, length)), np.finfo(float).tiny))
    active = level > _otsu(level)
    if np.exp(np.median(level[active]) - np.median(level[~active])) < 2:
        raise ValueError("Rest and contraction cannot be told apart: record both, or choose another channel.")
    shortest = round(SHORTEST_S / FRAME_S)
    active = _without_short_runs(active, shortest, value=False)
    active = _without_short_runs(active, shortest, value=True)
    return np.array([(a * length / fs, b * length / fs) for a, b in _runs(active)])


def checkup(x, *, fs, units="arbitrary", band_hz=(20.0, 450.0), contractions=None, seed=0):
    """Check one channel: band-pass it (zero phase), find rest and work, and measure both.

    Parameters
    ----------
    x : array_like (n_samples,), `units`
    fs : float, hertz
    units : str
        Unit of the amplitudes, for the report.
    band_hz : tuple of float, hertz
        The upper edge is lowered to 0.45 of `fs` where needed.
    contractions : array_like (n, 2), second, optional
        Where the muscle worked; found from the signal when not given.
    seed : int
        For the bootstrap: rest and contractions are resampled, not samples.

    Returns
    -------
    Checkup

    Raises
    ------
    ValueError
        If there is no rest or no contraction.

    References
    ----------
    SensorWiki2026

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> level = np.where((np.arange(12000) // 1000) % 2, 1.0, 0.05)
    >>> found = checkup(level * rng.standard_normal(12000), fs=1000)
    >>> 25 < found.snr_db.value < 27, found.grades                        # 26 dB by construction
    (True, {'snr': 'good', 'repeatability': 'excellent'})
    """
    x, fs = validate(x, name="x"), check_fs(fs)
    upper = min(band_hz[1], 0.45 * fs)
    x = filter_zero_phase(butterworth(2, (band_hz[0], upper), "bandpass", fs=fs), x)
    spans = find_contractions(x, fs=fs) if contractions is None else _checked_spans(contractions, len(x) / fs)
    rest = frames(_rest(x, spans, fs), round(FRAME_S * fs), round(FRAME_S * fs))
    if len(spans) == 0 or len(rest) < 3:
        raise ValueError("A check-up needs at least one contraction and 0.3 s of rest away from it.")
    work = [x[round(a * fs) : round(b * fs)] for a, b in spans]
    return _measure(rest, work, fs, spans, units, np.random.default_rng(seed))


def _measure(rest, work, fs, spans, units, rng):
    rest_power, frame_rms = np.mean(rest**2, axis=-1), rms(rest)
    work_rms = np.array([rms(w) for w in work])
    peak = np.array([np.max(rms(frames(w, round(FRAME_S * fs), max(1, round(FRAME_S * fs / 4))))) for w in work])

    def noise(power, _):
        return np.sqrt(power.mean())

    def contraction(_, index):
        return np.sqrt(np.mean(work_rms[index] ** 2))

    draws = [
        (rng.integers(len(rest_power), size=len(rest_power)), rng.integers(len(work), size=len(work)))
        for _ in range(RESAMPLES)
    ]
    every = (np.arange(len(rest_power)), np.arange(len(work)))

    def measured(statistic, unit, fewest=2):
        value = statistic(*every)
        if len(work) < fewest:
            return Measured(float(value), np.nan, np.nan, unit)
        tail = 50 * (1 - CONFIDENCE)
        low, high = np.percentile([statistic(r, w) for r, w in draws], [tail, 100 - tail])
        return Measured(float(value), float(low), float(high), unit)

    noise_rms = measured(lambda r, w: noise(rest_power[r], w), units, fewest=1)
    contraction_rms = measured(contraction, units)
    snr = measured(lambda r, w: 20 * np.log10(contraction(r, w) / noise(rest_power[r], w)), "dB")
    separation = measured(lambda r, w: work_rms[w].min() / np.percentile(frame_rms[r], 95), "times")
    if len(work) >= 3:
        spread = measured(lambda _, w: 100 * np.std(peak[w], ddof=1) / np.mean(peak[w]), "%")
    else:
        spread = Measured(np.nan, np.nan, np.nan, "%")
    return Checkup(
        noise_rms=noise_rms,
        contraction_rms=contraction_rms,
        snr_db=snr,
        separation=separation,
        repeatability_cv=spread,
        iemg=np.array([np.abs(w).sum() / fs for w in work]),
        contractions=spans,
        grades={"snr": grade_snr(snr.value), "repeatability": grade_repeatability(spread.value)},
    )


def _otsu(values):
    """Threshold that leaves the least variance inside the two groups it makes."""
    ordered = np.sort(values)
    n, total = len(ordered), ordered.sum()
    below, left = np.cumsum(ordered)[:-1], np.arange(1, n)
    between = left * (n - left) * (below / left - (total - below) / (n - left)) ** 2
    at = int(between.argmax())
    return (ordered[at] + ordered[at + 1]) / 2


def _runs(mask):
    """Start and end index of each stretch of True."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False].astype(int)))
    return edges.reshape(-1, 2)


def _without_short_runs(mask, shortest, *, value):
    """Flip stretches of `value` that are too short, except at the two ends, where the rest of them was not recorded."""
    mask = mask.copy()
    for start, stop in _runs(mask == value):
        inside = start > 0 and stop < len(mask)
        if stop - start < shortest and inside:
            mask[start:stop] = not value
    return mask


def _rest(x, spans, fs):
    guard = GUARD_S
    keep = np.ones(len(x), dtype=bool)
    for start, stop in spans:
        keep[max(0, round((start - guard) * fs)) : round((stop + guard) * fs)] = False
    return x[keep]


def _checked_spans(spans, duration_s):
    spans = np.asarray(spans, dtype=float)
    if spans.ndim != 2 or spans.shape[1] != 2 or np.any(spans[:, 0] >= spans[:, 1]):
        raise ValueError(f"contractions must be pairs of start and later end in seconds, got shape {spans.shape}.")
    if np.any(spans < 0) or np.any(spans > duration_s):
        raise ValueError(f"contractions must lie within the recording of {duration_s:g} s.")
    return spans
