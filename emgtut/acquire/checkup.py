"""System check-up: is this recording good enough? Noise floor, contrast, repeatability - each with its doubt.

The SNR here is *contraction over rest*. It depends on how hard the muscle worked, on how well it rested and on the
filter, so it describes a recording, not an instrument. To judge an instrument, short its inputs.

The intervals treat a whole contraction, and a whole rest, as one observation: its samples resemble each other, and a
thousand of them are still one try of one person.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from emgtut.signals import butterworth, check_fs, filter_zero_phase, frames, rms, validate

__all__ = [
    "Checkup", "Measured", "checkup", "find_contractions", "grade_repeatability", "grade_snr", "rests",
    "spread_interval",
]  # fmt: skip

FRAME_S = 0.1  # activity is judged on the RMS of frames this long
SHORTEST_S = 0.3  # a contraction or a rest shorter than this is not one
GUARD_S = 0.1  # the edges of a rest are left out: muscles do not switch
LEAST_CONTRAST = 2.0  # frames of work over frames of rest, in the median; below, there are no two groups
FEWEST = 3  # contractions, or rests, that an interval takes
ROUNDING = 1e-9  # of the largest value: a hundredth of the step of a 24-bit converter
RESAMPLES = 1000
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Measured:
    """A number with its interval.

    Parameters
    ----------
    value, low, high : float, in `unit`
        Estimate and 95 % interval. Both ends are NaN where there are too few contractions or rests to say.
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

    def verdict(self, grade):
        """Grade the value, and say which other grades the interval reaches.

        Parameters
        ----------
        grade : callable, float -> str
            Such as :func:`grade_snr`.

        Returns
        -------
        str

        Lesson
        ------
        06 System check-up

        Examples
        --------
        >>> Measured(19.9, 18.0, 21.5, "dB").verdict(grade_snr), Measured(25.0, 21.0, 27.0, "dB").verdict(grade_snr)
        ('usable, perhaps good', 'good')
        """
        given = grade(self.value)
        if np.isnan(self.value):
            return given
        if np.isnan(self.low):
            return f"{given}, no interval"
        others = dict.fromkeys(grade(value) for value in np.linspace(self.low, self.high, 201))
        others.pop(given, None)
        return given + (f", perhaps {' or '.join(others)}" if others else "")


@dataclass(frozen=True)
class Checkup:
    """What a check-up found.

    Parameters
    ----------
    noise_rms : Measured, unit of the recording
        RMS at rest: instrument, skin, mains, and whatever muscle did not relax.
    contraction_rms : Measured, unit of the recording
    snr_db : Measured, decibel
        ``20 log10`` of contraction over rest.
    separation : Measured, ratio
        The 5th percentile of the working frames over the 95th of the resting ones: above 1, one threshold gets 19 of 20
        frames of either kind right.
    repeatability_cv : Measured, percent
        Spread over mean of the contractions' peak RMS; NaN with fewer than three contractions.
    peak_rms : numpy.ndarray (n_contractions,), unit of the recording
        Largest RMS in a tenth of a second.
    iemg : numpy.ndarray (n_contractions,), unit of the recording times second
        Integral of the rectified signal. It grows with duration, so it compares contractions of equal length only.
    contractions : numpy.ndarray (n_contractions, 2), second
        Start and end.
    grades : dict of str to str
        By the rules of :func:`grade_snr` and :func:`grade_repeatability`, with the other grades that the interval
        reaches.

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
    peak_rms: np.ndarray
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
    if (
        active.all()
        or not active.any()
        or np.median(level[active]) - np.median(level[~active]) < np.log(LEAST_CONTRAST)
    ):
        raise ValueError("Rest and contraction cannot be told apart: record both, or choose another channel.")
    shortest = round(SHORTEST_S / FRAME_S)
    active = _without_short_runs(active, shortest, value=False)
    active = _without_short_runs(active, shortest, value=True)
    return np.array([(a * length / fs, b * length / fs) for a, b in _runs(active)])


def rests(x, contractions, *, fs):
    """Cut out what lies between the contractions, a tenth of a second away from each.

    Parameters
    ----------
    x : array_like (n_samples,), any unit
    contractions : array_like (n, 2), second
        Start and end of each.
    fs : float, hertz

    Returns
    -------
    list of numpy.ndarray (n_samples of that rest,), unit of `x`
        Those that hold at least a tenth of a second.

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> [len(rest) for rest in rests(np.zeros(3000), [(1.0, 2.0)], fs=1000)]
    [900, 900]
    """
    keep = np.ones(len(x), dtype=bool)
    for start, stop in contractions:
        keep[max(0, round((start - GUARD_S) * fs)) : round((stop + GUARD_S) * fs)] = False
    return [x[a:b] for a, b in _runs(keep) if b - a >= round(FRAME_S * fs)]


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
        For the resampling of contractions and rests.

    Returns
    -------
    Checkup

    Raises
    ------
    ValueError
        If there is no rest or no contraction, or the rest is no signal at all.

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
    filtered = filter_zero_phase(butterworth(2, (band_hz[0], upper), "bandpass", fs=fs), x)
    spans = find_contractions(filtered, fs=fs) if contractions is None else _checked_spans(contractions, len(x) / fs)
    quiet = rests(filtered, spans, fs=fs)
    if len(spans) == 0 or sum(map(len, quiet)) < SHORTEST_S * fs:
        raise ValueError(f"A check-up needs at least one contraction and {SHORTEST_S:g} s of rest away from it.")
    unfiltered = np.concatenate([_framed(piece, fs) for piece in rests(x, spans, fs=fs)])
    if np.median(np.ptp(unfiltered, axis=-1)) == 0:
        raise ValueError("The rest stands at one value: it is muted or stuck, and no noise floor can be measured.")
    if rms(np.concatenate(quiet)) < ROUNDING * np.abs(x).max():
        raise ValueError("Within the band the rest holds nothing but rounding: this is no recorded signal.")
    work = [filtered[round(a * fs) : round(b * fs)] for a, b in spans]
    return _measure(quiet, work, fs, spans, units, np.random.default_rng(seed))


def spread_interval(values):
    """Coefficient of variation with the interval that normally distributed values would give it.

    Parameters
    ----------
    values : array_like (n,), any unit
        At least three, all positive.

    Returns
    -------
    Measured
        In percent: 100 times standard deviation over mean.

    Raises
    ------
    ValueError
        If there are fewer than three values, or one is not positive.

    Lesson
    ------
    06 System check-up

    Examples
    --------
    >>> print(spread_interval([0.9, 1.0, 1.1]))                        # three repetitions say very little
    10 % (5.21 to 62.8)
    """
    values = validate(values, name="values", min_samples=FEWEST)
    if values.ndim != 1 or np.any(values <= 0):
        raise ValueError("values must be one row of positive numbers, such as the peak RMS of each contraction.")
    cv, freedom = 100 * np.std(values, ddof=1) / np.mean(values), len(values) - 1
    ends = np.sqrt(freedom / special.chdtri(freedom, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]))
    return Measured(float(cv), float(cv * ends[0]), float(cv * ends[1]), "%")


def _measure(quiet, work, fs, spans, units, rng):
    hop = max(1, round(FRAME_S * fs / 4))
    peak = np.array([np.max(rms(frames(w, round(FRAME_S * fs), hop))) for w in work])
    noise, noise_95 = _Pieces(quiet, fs, rng).level(), _Pieces(quiet, fs, rng).percentile(95)
    effort, effort_5 = _Pieces(work, fs, rng, even=True).level(), _Pieces(work, fs, rng).percentile(5)
    snr = _interval([effort, noise], lambda log: 20 * log / np.log(10), "dB")
    spread = spread_interval(peak) if len(work) >= FEWEST else Measured(np.nan, np.nan, np.nan, "%")
    return Checkup(
        noise_rms=_interval([noise], np.exp, units),
        contraction_rms=_interval([effort], np.exp, units),
        snr_db=snr,
        separation=_interval([effort_5, noise_95], np.exp, "times"),
        repeatability_cv=spread,
        peak_rms=peak,
        iemg=np.array([np.abs(w).sum() / fs for w in work]),
        contractions=spans,
        grades={"snr": snr.verdict(grade_snr), "repeatability": spread.verdict(grade_repeatability)},
    )


class _Pieces:
    """Contractions, or rests, and what the logarithm of a statistic does when they are drawn anew."""

    def __init__(self, pieces, fs, rng, even=False):
        self.n = len(pieces)
        self.power = np.array([np.mean(piece**2) for piece in pieces])
        self.weight = np.ones(self.n) if even else np.array([len(piece) for piece in pieces], dtype=float)
        framed = [rms(_framed(piece, fs)) for piece in pieces]
        self.frames, self.owner = np.concatenate(framed), np.repeat(np.arange(self.n), [len(f) for f in framed])
        self.drawn = rng.multinomial(self.n, np.full(self.n, 1 / self.n), size=RESAMPLES)

    def level(self):
        """Logarithm of the RMS over all pieces; a contraction counts as one, a rest by its length."""
        times = np.vstack([np.ones(self.n), self.drawn]) * self.weight
        return self._spread(0.5 * np.log(times @ self.power / times.sum(axis=1)))

    def percentile(self, percent):
        """Logarithm of a percentile of the frames: the smallest frame with that share of them at or below it."""
        order = np.argsort(self.frames)
        ordered, owner = np.log(self.frames[order]), self.owner[order]
        found = []
        for drawn in np.vstack([np.ones(self.n, dtype=int), self.drawn]):
            below = np.cumsum(drawn[owner])
            found.append(ordered[np.searchsorted(below, percent / 100 * below[-1])])
        return self._spread(np.array(found))

    def _spread(self, logs):
        """Value, variance of it, and degrees of freedom; resampling n pieces finds (n - 1)/n of the variance."""
        if self.n < FEWEST:
            return logs[0], np.nan, 1
        return logs[0], np.var(logs[1:]) * self.n / (self.n - 1), self.n - 1


def _interval(logs, scale, unit):
    """Student's interval for the first logarithm less the second, with Welch's degrees of freedom."""
    value = logs[0][0] - sum(log for log, _, _ in logs[1:])
    variance = sum(v for _, v, _ in logs)
    if np.isnan(variance):
        return Measured(float(scale(value)), np.nan, np.nan, unit)
    freedom = variance**2 / sum(v**2 / f for _, v, f in logs) if variance else 1.0
    half = special.stdtrit(freedom, (1 + CONFIDENCE) / 2) * np.sqrt(variance)
    return Measured(*(float(scale(end)) for end in (value, value - half, value + half)), unit)


def _framed(x, fs):
    return frames(x, round(FRAME_S * fs), round(FRAME_S * fs))


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


def _checked_spans(spans, duration_s):
    spans = np.asarray(spans, dtype=float)
    if spans.ndim != 2 or spans.shape[1] != 2 or np.any(spans[:, 1] - spans[:, 0] < FRAME_S):
        raise ValueError(f"contractions must be pairs of start and end in seconds, {FRAME_S:g} s apart or more.")
    if np.any(spans < 0) or np.any(spans > duration_s):
        raise ValueError(f"contractions must lie within the recording of {duration_s:g} s.")
    return spans
