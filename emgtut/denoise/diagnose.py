"""What is wrong with this window? Hum, heart beats, motion or white noise, judged from the window alone.

A blind denoiser needs this before it can choose a remedy. Each sign is one function that returns a measure without a
unit, the same for `x` and for `a·x`; `diagnose` compares the measures with thresholds. The thresholds were set on
simulated muscles and on validation recordings with validation noise. A sign can be too weak to see: that nothing is
found proves nothing.
"""

import itertools
from dataclasses import dataclass, field

import numpy as np

from emgtut.signals import butterworth, check_fs, filter_zero_phase, psd, validate

__all__ = ["Diagnosis", "diagnose", "heart_beats", "line_prominence", "mains_line", "slow_excess", "white_share"]

MAINS_HZ = (50.0, 60.0)
MAINS_OFF_HZ = 1.0  # a grid is never further from its nominal frequency
MAINS_MIN_S = 0.5  # shorter windows cannot tell a line from muscle
BEAT_BAND_HZ = (8.0, 40.0)
BEAT_HALF_S = 0.08  # a QRS complex and its surroundings lie within this distance of its peak
BEAT_GAP_S = 0.33  # no two beats are closer (180 beats per minute)
SLOW_HZ, MUSCLE_HZ = (0.5, 12.0), (30.0, 150.0)
FLOOR_FROM_HZ = 320.0  # above this muscle has little left, so what is there is mostly noise

# Thresholds on the measures.
LINE_AT = 25.0
STANDS_OUT_AT = 4.0
SLOW_AT = 0.5
WHITE_AT = 0.1


@dataclass(frozen=True)
class Diagnosis:
    """What a window shows.

    Parameters
    ----------
    mains_hz : float
        Frequency of the hum in Hz; 0 when no line stands out.
    beats : ndarray of int, shape (n_beats,), samples
        Where heart beats are; empty when there are none, and in a window too short to place them.
    motion : bool
        Whether slow power is too large for a muscle.
    white : float
        Share of the power that is white noise (dimensionless, 0 to 1); 0 when there is too little to see.
    heart : bool
        Whether there is a heart.

    Examples
    --------
    >>> diagnose(np.sin(2 * np.pi * 50 * np.arange(2000) / 1000), fs=1000).kinds
    ('mains',)

    Lesson
    ------
    13 EMD
    """

    mains_hz: float = 0.0
    beats: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=int))
    motion: bool = False
    white: float = 0.0
    heart: bool = False

    @property
    def kinds(self):
        """The findings as names, in the order of `emgtut.contaminate.KINDS`; coloured noise looks like muscle."""
        found = {"mains": self.mains_hz > 0, "ecg": self.heart, "motion": self.motion, "white": self.white > 0}
        return tuple(name for name, yes in found.items() if yes)


def diagnose(x, *, fs, contaminants=None):
    """Say which contaminants a window shows, or measure those that are known to be there.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window.
    fs : float
        Sampling rate in Hz.
    contaminants : collection of str, optional
        Oracle: the kinds that are in the window, as in `emgtut.contaminate.KINDS`. Then no threshold is applied, only
        the frequency, the beats and the share are measured. None: decide from the window.

    Returns
    -------
    Diagnosis
        What is there. Constant windows show nothing.

    Raises
    ------
    ValueError
        If the signal is not one usable channel.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(4000)
    >>> diagnose(x, fs=1000).kinds
    ('white',)
    >>> hum = np.sin(2 * np.pi * 60 * np.arange(4000) / 1000)
    >>> d = diagnose(1e-6 * (x + hum), fs=1000)
    >>> d.kinds, round(d.mains_hz, 1)
    (('mains', 'white'), 60.0)

    Lesson
    ------
    13 EMD
    """
    x, fs = _one_window(x), check_fs(fs)
    if x.size < 4 or not np.any(x):
        return Diagnosis()
    known = None if contaminants is None else set(contaminants)

    def there(kind, sign):
        return sign if known is None else kind in known

    mains_hz, line = mains_line(x, fs=fs)
    beats, alike, stands_out = heart_beats(x, fs=fs)
    white = white_share(x, fs=fs)
    heart = there("ecg", _are_beats(len(beats), alike, stands_out))
    return Diagnosis(
        mains_hz=mains_hz if there("mains", line >= LINE_AT) else 0.0,
        beats=beats if heart else np.empty(0, dtype=int),
        motion=bool(there("motion", slow_excess(x, fs=fs) >= SLOW_AT + white)),  # white noise is slow, too
        white=white if there("white", white >= WHITE_AT) else 0.0,
        heart=heart,
    )


def _are_beats(count, alike, stands_out):
    """Two peaks of muscle may look alike by chance, ten will not: the fewer, the more alike they must be."""
    return count > 1 and stands_out >= STANDS_OUT_AT and alike >= 0.3 + 0.9 / count


def mains_line(x, *, fs):
    """Find the most prominent line near 50 or 60 Hz.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    frequency_hz : float, Hz
        Where the line is, between the bins of the spectrum too. In windows shorter than half a second the nominal
        frequency, 50 or 60, at which there is more power.
    prominence : float, dimensionless
        Power of the line over the median of the spectrum beside it; 0 in windows shorter than half a second.

    Examples
    --------
    >>> hum = np.sin(2 * np.pi * 50.2 * np.arange(2000) / 1000)
    >>> frequency_hz, prominence = mains_line(hum + np.random.default_rng(0).standard_normal(2000), fs=1000)
    >>> round(frequency_hz, 1), prominence > 25
    (50.2, True)

    Lesson
    ------
    13 EMD
    """
    x, fs = _one_window(x), check_fs(fs)
    freqs, power = _fine_spectrum(x, fs)
    if x.size < MAINS_MIN_S * fs:
        return max(MAINS_HZ, key=lambda nominal: power[np.argmin(np.abs(freqs - nominal))]), 0.0
    found = {}
    for nominal in MAINS_HZ:
        near = np.flatnonzero(np.abs(freqs - nominal) <= MAINS_OFF_HZ)
        peak = near[np.argmax(power[near])]
        found[_refined(freqs, power, peak)] = line_prominence(x, freqs[peak], fs=fs)
    best = max(found, key=found.get)
    return best, found[best]


def line_prominence(x, line_hz, *, fs):
    """Compare the power at a frequency with the median of the spectrum beside it.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window, or one mode of it.
    line_hz : float
        Where the line is, in Hz.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float, dimensionless
        About 1 where there is no line.

    Examples
    --------
    >>> hum = np.sin(2 * np.pi * 100 * np.arange(2000) / 1000)
    >>> line_prominence(hum + np.random.default_rng(0).standard_normal(2000), 100.0, fs=1000) > 100
    True

    Lesson
    ------
    13 EMD
    """
    x, fs = _one_window(x), check_fs(fs)
    freqs, power = _fine_spectrum(x, fs)
    lobe = 2 * fs / x.size  # half the width of a line in this window
    away = np.abs(freqs - line_hz)
    beside = power[(away > MAINS_OFF_HZ + lobe) & (away <= MAINS_OFF_HZ + 4 * lobe + 4.0)]
    on_line = np.max(power[away <= freqs[1]])
    return float(on_line / max(np.median(beside), 1e-20 * power.max(), 1e-300))


def _fine_spectrum(x, fs):
    n_fft = 8 * x.size
    return np.fft.rfftfreq(n_fft, 1 / fs), np.abs(np.fft.rfft(x * np.hanning(x.size), n_fft)) ** 2


def heart_beats(x, *, fs):
    """Find what looks like heart beats: peaks from 8 to 40 Hz that stand out and look alike.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window, best 2 s or more.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    beats : ndarray of int, shape (n_beats,), samples
        Candidate beats, at the peak of each.
    alike : float, dimensionless
        Mean correlation of the candidates with one another; 0 for fewer than two.
    stands_out : float, dimensionless
        Median height of the candidates over the typical size of the rest of the window.

    Examples
    --------
    >>> from emgtut.contaminate import synthetic_ecg
    >>> ecg = synthetic_ecg(4000, fs=1000, rng=np.random.default_rng(0))
    >>> beats, alike, stands_out = heart_beats(ecg, fs=1000)
    >>> len(beats) in (4, 5), alike > 0.9
    (True, True)

    Lesson
    ------
    13 EMD
    """
    from scipy.signal import find_peaks

    x, fs = _one_window(x), check_fs(fs)
    half = round(BEAT_HALF_S * fs)
    if x.size < 4 * half:
        return np.empty(0, dtype=int), 0.0, 0.0
    band = filter_zero_phase(butterworth(2, BEAT_BAND_HZ, "bandpass", fs=fs), x)
    size = np.abs(band)
    typical = np.median(size) / 0.6745
    inner = size[half : x.size - half]
    tallest = np.sort(inner)[-max(1, inner.size // 200) :].mean()
    peaks, _ = find_peaks(inner, height=0.5 * tallest, distance=max(1, round(BEAT_GAP_S * fs)))
    beats = peaks + half
    if beats.size == 0 or typical <= 0:
        return beats, 0.0, 0.0
    shapes = band[beats[:, None] + np.arange(-half, half + 1)]
    shapes = shapes - shapes.mean(axis=-1, keepdims=True)
    shapes /= np.linalg.norm(shapes, axis=-1, keepdims=True)
    n = len(shapes)
    alike = (n * np.sum(shapes.mean(axis=0) ** 2) - 1) / (n - 1) if n > 1 else 0.0
    return beats, float(alike), float(np.median(size[beats]) / typical)


def slow_excess(x, *, fs):
    """Compare the density of power from 0.5 to 12 Hz with that from 30 to 150 Hz.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float, dimensionless
        Ratio of the two densities; a muscle alone stays below 0.2. The mean of the window does not count.

    Examples
    --------
    >>> slow = np.sin(2 * np.pi * 2 * np.arange(2000) / 1000)
    >>> slow_excess(slow + np.random.default_rng(0).standard_normal(2000), fs=1000) > 0.5
    True

    Lesson
    ------
    13 EMD
    """
    x, fs = _one_window(x), check_fs(fs)
    x = x - np.mean(x)
    power = np.abs(np.fft.rfft(x * np.hanning(x.size))) ** 2
    freqs = np.fft.rfftfreq(x.size, 1 / fs)
    slow = power[(freqs >= min(SLOW_HZ[0], 2 * freqs[1])) & (freqs <= max(SLOW_HZ[1], freqs[1]))]
    muscle = power[(freqs >= MUSCLE_HZ[0]) & (freqs <= min(MUSCLE_HZ[1], 0.45 * fs))]
    reference = np.median(muscle) / np.log(2)  # the median: a line of hum does not lift it
    return float(np.mean(slow) / max(reference, 1e-12 * power.max(), 1e-300))


def white_share(x, *, fs):
    """Estimate which share of the power is white noise, from the highest frequencies.

    A muscle has little power above 320 Hz. The lowest density up there, averaged over bands of 40 Hz, is taken for the
    floor on which everything stands.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        One window.
    fs : float
        Sampling rate in Hz. Below about 800 Hz there is no band without muscle, so nothing can be said.

    Returns
    -------
    float, dimensionless
        From 0 to 1; 0 where nothing can be said.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(2000)
    >>> white_share(x, fs=1000) > 0.8
    True

    Lesson
    ------
    13 EMD
    """
    x, fs = _one_window(x), check_fs(fs)
    top_hz = 0.47 * fs
    if top_hz < FLOOR_FROM_HZ + 40.0 or x.size < 0.05 * fs:
        return 0.0
    freqs, density = psd(x, fs=fs, segment_s=min(0.128, x.size / fs))
    edges = np.linspace(FLOOR_FROM_HZ, top_hz, 1 + int((top_hz - FLOOR_FROM_HZ) // 40.0))
    bands = [density[(freqs >= low) & (freqs < high)].mean() for low, high in itertools.pairwise(edges)]
    total = np.mean(np.square(x - np.mean(x)))
    return float(min(1.0, min(bands) * fs / 2 / total)) if total > 0 else 0.0


def _refined(freqs, power, peak):
    """Frequency of a peak between the bins: the top of the parabola through three logarithms."""
    if peak in (0, power.size - 1) or not np.all(power[peak - 1 : peak + 2] > 0):
        return float(freqs[peak])
    left, middle, right = np.log(power[peak - 1 : peak + 2])
    curve = left - 2 * middle + right
    shift = 0.0 if curve == 0 else 0.5 * (left - right) / curve
    return float(freqs[peak] + np.clip(shift, -0.5, 0.5) * freqs[1])


def _one_window(x):
    x = validate(x).astype(np.float64, copy=False)
    if x.ndim != 1:
        raise ValueError(f"x has shape {x.shape}, but one window is judged at a time: pick one, x[0].")
    peak = np.max(np.abs(x))
    return x / peak if peak > 0 else x
