"""Where are the heart beats in a recording of a muscle?

A QRS complex is strong between 8 and 35 Hz, where a muscle is weak. Loud moments there are a first guess. Their median
is the shape of this heart, and the signal is searched for that shape: a beat is where it fits with its own sign and
size. So the polarity of the lead does not matter, and a burst of muscle is not taken for a heart.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import signal

from emgtut.signals import butterworth, check_fs, filter_zero_phase, validate

__all__ = ["Beats", "find_beats"]

BAND_HZ = (8.0, 35.0)
HALF_S = 0.1  # of the shape that is searched for
REFRACTORY_S = 0.3  # no heart beats sooner: 200 beats per minute
SLOWEST_S = 1.5  # 40 beats per minute; sets how many of the loudest moments make the first guess
FITS = 0.45  # of the usual fit: the least that counts as a beat
FITS_IN_A_GAP = 0.3  # where a beat is overdue
OVERDUE = 1.6  # times the usual interval
# Is there a heart at all? A burst of muscle stands out too, but its parts are not alike.
CLEAR = 3.5  # times the spread between the beats: how far they must stand out
ALIKE = (
    0.55,
    0.3,
)  # correlation of one beat with the next: at least this, and this over the root of the number of pairs
CLEAR_ALONE = 8.0  # how far a single beat must stand out, which has no next
PASSES = 3


@dataclass(frozen=True)
class Beats:
    """Heart beats and how clearly they stand out.

    Parameters
    ----------
    samples : ndarray of int, shape (n_beats,), samples
        Where the largest deflection of each QRS complex lies.
    clarity : float
        How far a usual beat stands out, in standard deviations of the fit between the beats (dimensionless).
    alikeness : float
        Usual correlation of one beat with the next (dimensionless).

    Examples
    --------
    >>> Beats(np.array([100, 900]), 9.0, 0.95).samples.size
    2

    Lesson
    ------
    12 Template subtraction
    """

    samples: np.ndarray
    clarity: float
    alikeness: float


def find_beats(x, *, fs, certain=False):
    """Find the heart beats in one channel of contaminated sEMG.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One channel of at least half a second.
    fs : float
        Sampling rate in Hz, at least 100.
    certain : bool
        True where it is known that there is a heart: then what fits best counts, however weak it is.

    Returns
    -------
    Beats
        No beats where nothing stands out clearly.

    Raises
    ------
    ValueError
        If x is not one channel of at least half a second.

    Examples
    --------
    >>> from emgtut.contaminate import synthetic_ecg
    >>> ecg = -synthetic_ecg(10_000, fs=1000, rng=np.random.default_rng(0), heart_rate_bpm=60, rr_sd=0)
    >>> found = find_beats(ecg + 0.3 * np.random.default_rng(1).standard_normal(10_000), fs=1000)
    >>> found.samples.size, int(np.ptp(np.diff(found.samples))) < 10
    (10, True)

    Lesson
    ------
    12 Template subtraction
    """
    fs = check_fs(fs)
    x = validate(x, min_samples=int(0.5 * fs))
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but beats are looked for in one channel: pass x[0].")
    low, high = BAND_HZ
    heart_band = filter_zero_phase(butterworth(2, (low, min(high, 0.45 * fs)), "bandpass", fs=fs), x)
    if not np.any(heart_band):
        return Beats(np.zeros(0, dtype=int), 0.0, 0.0)
    half, apart = round(HALF_S * fs), round(REFRACTORY_S * fs)
    beats = _loudest(heart_band, half, apart, count=max(2, int(x.size / fs / SLOWEST_S)))
    for _ in range(PASSES):
        shape = np.median(_cut(heart_band, beats, half), axis=0)
        fit = np.convolve(heart_band, shape[::-1], "same") / max(np.sum(np.square(shape)), 1e-300)
        beats, usual = _fitting(fit, apart)
        if beats.size == 0:
            return Beats(beats, 0.0, 0.0)
    clarity = _clarity(fit, beats, usual, half)
    alikeness = _alikeness(_cut(heart_band, beats, half))
    enough = ALIKE[0] + ALIKE[1] / np.sqrt(max(beats.size - 1, 1))
    alone = beats.size == 1 and clarity >= CLEAR_ALONE
    if not (certain or alone) and (clarity < CLEAR or alikeness < enough):
        return Beats(np.zeros(0, dtype=int), clarity, alikeness)
    return Beats(beats + _deflection(shape), clarity, alikeness)


def _loudest(x, half, apart, count):
    """The loudest moments, moved to their largest deflection."""
    loudness = np.convolve(np.square(x), np.ones(half) / half, "same")
    peaks = signal.find_peaks(np.pad(loudness, 1), distance=apart)[0] - 1
    peaks = np.sort(peaks[np.argsort(loudness[peaks])[-count:]])
    near = np.clip(peaks[:, None] + np.arange(-half // 2, half // 2 + 1), 0, x.size - 1)
    return near[np.arange(peaks.size), np.argmax(np.abs(x[near]), axis=-1)]


def _cut(x, beats, half):
    """One row per beat; beyond the ends there is nothing."""
    padded = np.pad(x, half)
    return padded[beats[:, None] + np.arange(2 * half + 1)]


def _fitting(fit, apart):
    """Moments at which the shape fits, and how well it usually does."""
    peaks = signal.find_peaks(np.pad(fit, 1), distance=apart)[0] - 1
    usual = 1.0
    for _ in range(2):  # the shape is a median of guesses: what fits tells how large a beat is
        beats = peaks[fit[peaks] > FITS * usual]
        if beats.size == 0:
            return beats, usual
        usual = float(np.median(fit[beats]))
    if beats.size > 2:
        interval = np.median(np.diff(beats))
        for start, stop in itertools.pairwise(beats):
            if stop - start > OVERDUE * interval:
                inside = peaks[(peaks > start + apart) & (peaks < stop - apart)]
                inside = inside[fit[inside] > FITS_IN_A_GAP * usual]
                beats = np.append(beats, inside)
        beats = np.sort(beats)
    return beats, usual


def _clarity(fit, beats, usual, half):
    """The usual fit over the spread of the fit between the beats."""
    between = np.ones(fit.size, dtype=bool)
    between[np.clip(beats[:, None] + np.arange(-half, half + 1), 0, fit.size - 1)] = False
    if not between.any():
        return 0.0
    spread = np.median(np.abs(fit[between])) / 0.6745
    return float(usual / spread) if spread > 0 else np.inf


def _alikeness(rows):
    """The median correlation of each beat with the next; a single beat is like nothing."""
    if len(rows) < 2:
        return 0.0
    rows = rows / np.maximum(np.linalg.norm(rows, axis=-1, keepdims=True), 1e-300)
    return float(np.median(np.sum(rows[1:] * rows[:-1], axis=-1)))


def _deflection(shape):
    """Distance from the middle of the shape to its largest deflection."""
    return int(np.argmax(np.abs(shape))) - shape.size // 2
