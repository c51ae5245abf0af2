"""Template subtraction: learn what this heart looks like from its own beats, and take that away at each beat.

The heart repeats itself and the muscle does not. So the average over beats is heart, and what it leaves of the muscle
shrinks with the number of beats. Nothing is lost of the muscle but what was averaged, and nothing can be done with one
beat alone.
"""

import math

import numpy as np

from emgtut.denoise.base import Denoiser, Info, register
from emgtut.denoise.beats import find_beats
from emgtut.denoise.calibrated import calibrated
from emgtut.signals import butterworth, check_count, check_fs, filter_zero_phase, validate

__all__ = ["Template", "heart_from_beats"]

BEFORE_S, AFTER_S = 0.15, 0.25  # around the QRS complex
TAPER_S = 0.02  # over which the template fades in and out, so that it leaves no steps
SMOOTH_S = 0.04  # over which the template is compared with what the muscle leaves in it
FEW = 2.0  # how much more the template must stand out where it is the average of few beats
# How much beats of one heart usually differ in size (a fraction) and in place (seconds). A fit is believed as far as it
# is more certain than that.
USUAL_SCALE, USUAL_SHIFT_S = 0.2, 0.001
LARGEST_SHIFT_S = 0.005
PREMATURE = 0.8  # of the usual interval: a beat that comes sooner may have another shape
NEEDED = 2


@register("template")
class Template(Denoiser):
    """Adaptive template subtraction after a zero-phase high-pass.

    Beats are found in the signal itself. Around each beat the average over the nearest normal beats, scaled and shifted
    to fit this one, is subtracted. Where the average does not stand out from what the muscle leaves in it, it is
    trusted less. The high-pass takes the slow waves between the QRS complexes.

    It needs two beats and says how many it found when there are fewer: it does not pretend to have cleaned a signal in
    which it saw no heart. With oracle labels without "ecg" there is no heart to look for, and only the high-pass works;
    with "ecg" what fits best is taken for the heart, however weak.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in it.
    low_hz : float, optional
        Corner of the high-pass in Hz, -6 dB. By default as calibrated.
    neighbours : int
        Number of nearest normal beats in a template (dimensionless), itself included.
    adaptive : bool
        False subtracts the plain average over all beats instead, neither moving nor scaled nor shifted nor mistrusted.

    Examples
    --------
    >>> from emgtut.contaminate import synthetic_ecg
    >>> ecg = synthetic_ecg(20_000, fs=1000, rng=np.random.default_rng(0))
    >>> bool(np.std(Template()(ecg, fs=1000)) < 0.1)  # of 1
    True

    References
    ----------
    [CleanSEMG2026]

    Lesson
    ------
    12 Template subtraction
    """

    def __init__(self, *, seed=0, low_hz=None, neighbours=20, adaptive=True):
        low_hz = calibrated("template")["low_hz"] if low_hz is None else low_hz
        self.low_hz = check_fs(low_hz, name="low_hz", what="a corner frequency")
        self.neighbours = check_count(neighbours, name="neighbours", smallest=NEEDED)
        self.adaptive = bool(adaptive)
        super().__init__(seed=seed)

    def describe(self):
        """Return what to know about the method."""
        return Info("template", "template", "zero-phase", math.inf, 2.0, (self.low_hz, math.inf))

    def process(self, batch, *, fs, contaminants):
        """Clean each row, shape (n_windows, n_samples), any unit."""
        kept = filter_zero_phase(butterworth(4, self.low_hz, "highpass", fs=fs), batch)
        if contaminants is not None and "ecg" not in contaminants:
            return kept
        certain = contaminants is not None
        return np.stack([row - self._heart(x, row, fs, certain) for x, row in zip(batch, kept, strict=True)])

    def _heart(self, x, row, fs, certain):
        beats = find_beats(x, fs=fs, certain=certain).samples
        if beats.size < NEEDED:
            number = "no heart beat" if beats.size == 0 else "1 heart beat"
            raise ValueError(
                f"template found {number} in {x.size / fs:g} s, but it needs {NEEDED} to make a template: pass a "
                "longer recording of the same heart, or choose a method that does not need beats, such as highpass."
            )
        return heart_from_beats(row, beats, fs=fs, neighbours=self.neighbours, adaptive=self.adaptive)


def heart_from_beats(x, beats, *, fs, neighbours=20, adaptive=True):
    """Estimate the heart's part of a signal from where its beats are.

    Parameters
    ----------
    x : ndarray, shape (n_samples,), any unit
        High-passed signal.
    beats : ndarray of int, shape (n_beats,), samples
        Where the beats are, at least two.
    fs : float
        Sampling rate in Hz.
    neighbours : int
        Number of nearest normal beats in each template (dimensionless).
    adaptive : bool
        False takes the plain average over all beats and nothing else.

    Returns
    -------
    ndarray, shape (n_samples,), same unit
        The heart; zero away from the beats.

    Raises
    ------
    ValueError
        If there are fewer than two beats.

    Examples
    --------
    >>> x = np.zeros(3000)
    >>> x[[500, 1500, 2500]] = 1.0
    >>> heart = heart_from_beats(x, np.array([500, 1500, 2500]), fs=1000, adaptive=False)
    >>> bool(np.allclose(heart, x))
    True

    Lesson
    ------
    12 Template subtraction
    """
    x, beats = validate(x), np.asarray(beats, dtype=int)
    if beats.size < NEEDED:
        raise ValueError(f"There are {beats.size} beats, but a template needs {NEEDED}: pass more beats.")
    before, after = round(BEFORE_S * fs), round(AFTER_S * fs)
    places = beats[:, None] + np.arange(-before, after + 1)
    inside = (places >= 0) & (places < x.size)
    rows = np.where(inside, x[np.clip(places, 0, x.size - 1)], 0.0)
    normal = ~premature(beats) if adaptive else np.ones(beats.size, dtype=bool)
    templates, doubt, count = _averages(rows, inside, normal, neighbours if adaptive else beats.size)
    if adaptive:
        muscle = np.sum(doubt, axis=-1) * count / rows.shape[-1]  # its power, from how much the beats differ
        templates = _fitted(_trusted(templates, doubt, count, fs), rows, inside, muscle, fs)
    templates *= _taper(places.shape[-1], fs)
    heart = np.zeros(x.size)
    np.add.at(heart, places[inside], templates[inside])
    return heart


def premature(beats):
    """Say which beats come too soon to be taken for the usual shape.

    Parameters
    ----------
    beats : ndarray of int, shape (n_beats,), samples
        Where the beats are, in order.

    Returns
    -------
    ndarray of bool, shape (n_beats,), dimensionless
        True where a beat follows within 0.8 usual intervals; never for more than half of the beats.

    Examples
    --------
    >>> premature(np.array([0, 1000, 2000, 2600, 4000])).tolist()
    [False, False, False, True, False]

    Lesson
    ------
    12 Template subtraction
    """
    intervals = np.diff(beats)
    early = np.append(False, intervals < PREMATURE * np.median(intervals))
    return early if np.mean(early) <= 0.5 else np.zeros(beats.size, dtype=bool)


def _averages(rows, inside, normal, neighbours):
    """For each beat the mean over its nearest normal beats, the variance of that mean, and how many beats it is of."""
    used = np.flatnonzero(normal)
    count = min(neighbours, used.size)
    place = np.searchsorted(used, np.arange(len(rows)))
    first = np.clip(place - count // 2, 0, used.size - count)
    present = _moving_sum(inside[used].astype(float), first, count)
    mean = _moving_sum(rows[used], first, count) / np.maximum(present, 1)
    square = _moving_sum(np.square(rows[used]), first, count) / np.maximum(present, 1)
    # The spread of the beats about their mean, over their number; with one beat there is no saying.
    spread = np.maximum(square - np.square(mean), 0.0)
    return mean, np.where(present > 1, spread / np.maximum(present - 1, 1), np.square(mean)), count


def _moving_sum(rows, first, count):
    total = np.concatenate([np.zeros((1, rows.shape[-1])), np.cumsum(rows, axis=0)])
    return total[first + count] - total[first]


def _trusted(templates, doubt, count, fs):
    """Keep of the average what stands out from its own uncertainty (a Wiener gain, sample by sample).

    The uncertainty is itself uncertain, the more so the fewer beats there are; hence the factor.
    """
    width = min(templates.shape[-1], max(1, round(SMOOTH_S * fs)))
    box = np.ones(width) / width
    smooth = [np.stack([np.convolve(row, box, "same") for row in part]) for part in (np.square(templates), doubt)]
    factor = 1.0 + FEW / max(count - 1, 1)
    return templates * np.clip(1.0 - factor * smooth[1] / np.maximum(smooth[0], 1e-300), 0.0, 1.0)


def _fitted(templates, rows, inside, muscle, fs):
    """Scale and shift each template to its beat by least squares: `a·t + b·t'` is `a·t` moved by `-b/a`."""
    slopes = np.gradient(templates, axis=-1)
    t, s, rest = templates * inside, slopes * inside, (rows - templates) * inside
    # What is known beforehand, a scale near 1 and a shift near 0, enters as if it had been measured, too.
    tt = np.sum(t * t, axis=-1) + muscle / USUAL_SCALE**2
    ss = np.sum(s * s, axis=-1) + muscle / (USUAL_SHIFT_S * fs) ** 2
    ts, tr, sr = (np.sum(a * b, axis=-1) for a, b in ((t, s), (t, rest), (s, rest)))
    determinant = np.maximum(tt * ss - ts**2, 1e-12 * tt * ss)
    safe = determinant > 0
    determinant = np.where(safe, determinant, 1.0)
    scale = np.clip(1.0 + np.where(safe, (tr * ss - sr * ts) / determinant, 0.0), 0.0, 2.0)
    furthest = LARGEST_SHIFT_S * fs * scale
    slope = np.clip(np.where(safe, (sr * tt - tr * ts) / determinant, 0.0), -furthest, furthest)
    return scale[:, None] * templates + slope[:, None] * slopes


def _taper(length, fs):
    edge = max(1, round(TAPER_S * fs))
    rise = 0.5 - 0.5 * np.cos(np.pi * (np.arange(edge) + 0.5) / edge)
    return np.concatenate([rise, np.ones(length - 2 * edge), rise[::-1]])
