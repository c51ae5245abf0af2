"""Denoising by empirical mode decomposition: take the window apart, treat each mode for what ails it, add up.

Two methods differ in how they take a window apart, EMD and CEEMDAN. What is treated is known from oracle labels or
found by `diagnose`.
"""

import math

import numpy as np

from emgtut.denoise.base import Denoiser, Info, register
from emgtut.denoise.blocks import in_blocks
from emgtut.denoise.calibrated import calibrated
from emgtut.denoise.decomposition import ceemdan_modes, check_method, emd_modes
from emgtut.denoise.diagnose import diagnose
from emgtut.denoise.mode_rules import CEEMDAN_WEIGHTS, EMD_WEIGHTS, published, repaired
from emgtut.signals import butterworth, check_count, check_fs, filter_zero_phase

__all__ = ["Ceemdan", "Emd"]

CORNER = "a corner frequency"
PUBLISHED_LOW_HZ = 20.0
BLOCK_S, FADE_S, MARGIN_S = 10.0, 0.5, 0.25  # long recordings are cut into blocks of this length


class _ByModes(Denoiser):
    """Settings and work that both methods share; a method says how it takes a window apart."""

    name = ""

    def __init__(self, *, seed, low_hz, heart_hz, compat, method):
        usual = calibrated(self.name) | ({"low_hz": PUBLISHED_LOW_HZ} if compat else {})
        self.low_hz = check_fs(usual["low_hz"] if low_hz is None else low_hz, name="low_hz", what=CORNER)
        self.heart_hz = check_fs(usual["heart_hz"] if heart_hz is None else heart_hz, name="heart_hz", what=CORNER)
        self.compat, self.method = bool(compat), check_method(method)
        super().__init__(seed=seed)

    def describe(self):
        """Return what to know about the method."""
        return Info(self.name, "decomposition", "zero-phase", math.inf, 0.25, (0.0, math.inf), reference=self.reference)

    def modes(self, x):
        """Take one window, shape (n_samples,), at unit RMS apart; return its modes, shape (n_modes, n_samples)."""
        raise NotImplementedError

    def process(self, batch, *, fs, contaminants):
        """Denoise each row, shape (n_windows, n_samples), at unit RMS."""

        def one_block(rows):
            return np.stack([self._cleaned(row, fs, contaminants) for row in rows])

        block, fade, margin = (round(seconds * fs) for seconds in (BLOCK_S, FADE_S, MARGIN_S))
        return in_blocks(one_block, batch, block=block, fade=fade, margin=margin)

    def _cleaned(self, x, fs, labels):
        if self.compat:
            return self._as_published(x, fs, labels)
        x = x - x.mean()  # an offset is no muscle, and a large one would hide the signal from the stopping rules
        level = np.sqrt(np.mean(np.square(x)))
        if level <= 1e-12:  # of a batch at unit RMS: nothing but an offset
            return np.zeros_like(x)
        x = x / level
        if labels is not None and "coloured" in labels:
            x = filter_zero_phase(butterworth(4, self.low_hz, "highpass", fs=fs), x)
        found = diagnose(x, fs=fs, contaminants=labels)
        return level * repaired(self.modes(x), found, fs=fs, low_hz=self.low_hz, heart_hz=self.heart_hz)

    def _as_published(self, x, fs, labels):
        if np.ptp(x) <= 1e-12:
            return np.zeros_like(x)
        if labels is not None and "coloured" in labels:
            x = filter_zero_phase(butterworth(4, self.low_hz, "highpass", fs=fs), x)
        rules = {"fs": fs, "low_hz": self.low_hz, "weights": self.weights, "keep_last": self.keep_last}
        return published(self.modes(x), x, labels, **rules)


@register("emd")
class Emd(_ByModes):
    """Empirical mode decomposition, and a remedy for each mode.

    Every window is centred and brought to unit RMS before it is taken apart, so the result does not depend on the unit.
    Hum at 50 or 60 Hz and its multiples are notched in the modes in which they stand out. Motion is taken out by a
    high-pass; so is the heart, with a higher corner wherever the band of the QRS complex stands far out. White noise
    takes its measured share from each mode, stretch by stretch; no mode is deleted for being the fastest.

    Blind (`contaminants=None`), `diagnose` decides from the window what is wrong. With oracle labels the labels decide.
    Windows longer than ten seconds are treated in blocks that overlap and fade into one another.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in EMD.
    low_hz : float, optional
        Corner in Hz below which motion is removed. By default as calibrated; 20 in `compat`.
    heart_hz : float, optional
        Corner in Hz below which modes are emptied near a heart beat. By default as calibrated; not used in
        `compat`.
    compat : bool
        Use the published rules of the CleanSEMG benchmark instead, at unit RMS. They are blind in a way of their own:
        without labels they treat every window as if it held white noise.
    method : {"auto", "numba", "numpy"}
        Compiled or readable; the numbers are the same.
    max_modes : int
        Most modes; what is left is one more row.

    References
    ----------
    [Huang1998]

    Examples
    --------
    >>> t = np.arange(2000) / 1000
    >>> muscle, hum = np.random.default_rng(0).standard_normal(2000), 5 * np.sin(2 * np.pi * 60.3 * t)
    >>> d = Emd(method="numpy")
    >>> bool(np.std(d(muscle + hum, fs=1000, contaminants=["mains"]) - muscle) < 0.5)
    True

    Lesson
    ------
    13 EMD
    """

    name, reference, weights, keep_last = "emd", "Huang1998", EMD_WEIGHTS, False

    def __init__(self, *, seed=0, low_hz=None, heart_hz=None, compat=False, method="auto", max_modes=20):
        self.max_modes = check_count(max_modes, name="max_modes")
        super().__init__(seed=seed, low_hz=low_hz, heart_hz=heart_hz, compat=compat, method=method)

    def modes(self, x):
        """Return the modes of one window at unit RMS."""
        return emd_modes(x, max_modes=self.max_modes, method=self.method)


@register("ceemdan")
class Ceemdan(_ByModes):
    """Complete ensemble EMD with adaptive noise, and the same remedies as `Emd`.

    The noise depends on the seed and on the length of the window, on nothing else: the place in a batch does not
    matter.

    Parameters
    ----------
    seed : int
        Seed of the noise (dimensionless).
    low_hz, heart_hz, compat, method
        As for `Emd`, in Hz where they are corners.
    trials : int
        How many noises are averaged (dimensionless).
    epsilon : float
        Size of the noise as a fraction of what is left (dimensionless).
    max_modes : int
        Most modes; what is left is one more row.

    References
    ----------
    [Torres2011]

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal(300)
    >>> d = Ceemdan(trials=2, method="numpy")
    >>> d(x, fs=1000).shape
    (300,)

    Lesson
    ------
    13 EMD
    """

    name, reference, weights, keep_last = "ceemdan", "Torres2011", CEEMDAN_WEIGHTS, True

    def __init__(
        self, *, seed=0, low_hz=None, heart_hz=None, compat=False, method="auto", trials=20, epsilon=0.005, max_modes=8
    ):
        self.trials, self.epsilon = check_count(trials, name="trials"), float(epsilon)
        self.max_modes = check_count(max_modes, name="max_modes")
        super().__init__(seed=seed, low_hz=low_hz, heart_hz=heart_hz, compat=compat, method=method)

    def modes(self, x):
        """Return the modes of one window at unit RMS."""
        settings = {"trials": self.trials, "epsilon": self.epsilon, "max_modes": self.max_modes}
        return ceemdan_modes(x, seed=self.seed, method=self.method, **settings)
