"""Denoising by variational mode decomposition: split the signal into bands that find their own place, then judge each.

Two sets of rules. The default looks at the window first, or takes the oracle's word, and does to each band what the
contaminants call for. `compat=True` follows the published CleanSEMG rules, which leave a heart alone and know no mains
at 50 Hz; only the unit of the signal is not theirs, for every method here is scale-free.
"""

import math

import numpy as np
from scipy import signal

from emgtut.denoise.bandpass_notch import remove_mains
from emgtut.denoise.base import Denoiser, Info, register
from emgtut.denoise.blocks import in_blocks
from emgtut.denoise.calibrated import calibrated
from emgtut.denoise.diagnose import diagnose
from emgtut.denoise.vmd_core import mode_gains, vmd_modes
from emgtut.signals import butterworth, check_count, check_fs, filter_zero_phase

__all__ = ["Vmd", "soft_intervals"]

BLOCK_S, FADE_S, MARGIN_S = 8.0, 0.5, 0.25
LOCAL_S = 0.25  # over which a band's power is compared with the white noise in it
PUBLISHED = {"n_modes": 6, "alpha": 2000.0, "tol": 1e-7}
PUBLISHED_LOW_HZ, PUBLISHED_HIGH_HZ = 20.0, 500.0
PUBLISHED_MAINS_HZ = (50.0, 70.0)  # both excluded
SETTLED = 1e-7  # a round that changes less than this fraction of the energy is the last


@register("vmd")
class Vmd(Denoiser):
    """Variational mode decomposition, and a rule for each contaminant.

    Modes whose centre lies below the lower edge are left out, and the edge is higher where there is a heart. What is
    left is high-passed there. White noise is weighed against the power of each mode, a quarter of a second at a time.
    The mains is notched where a line stands out. Blind, the window itself says what is there; else the oracle's labels.
    Recordings longer than 8 s are worked on in overlapping blocks.

    Parameters
    ----------
    seed : int
        Ignored (dimensionless); there is no chance in it.
    n_modes : int, optional
        Number of modes (dimensionless). By default as calibrated; 6 in `compat`.
    alpha : float, optional
        How narrow modes are (dimensionless). By default as calibrated; 2000 in `compat`.
    low_hz : float, optional
        Lower edge of the band in Hz, -6 dB. By default as calibrated; 20 in `compat`.
    heart_hz : float, optional
        Lower edge in Hz where there is a heart. By default as calibrated; not used in `compat`.
    compat : bool
        Follow the published rules.

    Examples
    --------
    >>> t = np.arange(2000) / 1000
    >>> x = np.sin(2 * np.pi * 100 * t)
    >>> drift = np.sin(2 * np.pi * 3 * t)
    >>> bool(np.std(Vmd()(x + drift, fs=1000) - x) < 0.2)
    True

    References
    ----------
    [Dragomiretskiy2014]

    Lesson
    ------
    14 VMD
    """

    def __init__(self, *, seed=0, n_modes=None, alpha=None, low_hz=None, heart_hz=None, compat=False):
        usual = calibrated("vmd") | (PUBLISHED | {"low_hz": PUBLISHED_LOW_HZ} if compat else {})
        self.compat = bool(compat)
        self.n_modes = check_count(usual["n_modes"] if n_modes is None else n_modes, name="n_modes")
        self.alpha = check_fs(usual["alpha"] if alpha is None else alpha, name="alpha", what="a number")
        self.low_hz = check_fs(usual["low_hz"] if low_hz is None else low_hz, name="low_hz", what="an edge")
        self.heart_hz = check_fs(usual["heart_hz"] if heart_hz is None else heart_hz, name="heart_hz", what="an edge")
        super().__init__(seed=seed)

    def describe(self):
        """Return what to know about the method."""
        reference = "Dragomiretskiy2014"
        return Info("vmd", "decomposition", "zero-phase", math.inf, 0.1, (self.low_hz, math.inf), reference=reference)

    def process(self, batch, *, fs, contaminants):
        """Clean each row, shape (n_windows, n_samples), unit RMS."""
        clean = self._published if self.compat else self._clean
        sizes = {"block": round(BLOCK_S * fs), "fade": round(FADE_S * fs), "margin": round(MARGIN_S * fs)}
        return np.stack([in_blocks(lambda piece: clean(piece, fs, contaminants), row, **sizes) for row in batch])

    def _clean(self, x, fs, labels):
        x = x - x.mean()  # an offset is no muscle, and a large one would count as power of the noise
        found = diagnose(x, fs=fs, contaminants=labels)
        present = set(found.kinds if labels is None else labels)
        low_hz = max(self.low_hz, self.heart_hz) if "ecg" in present else self.low_hz
        done = vmd_modes(x, n_modes=self.n_modes, alpha=self.alpha, tol=SETTLED)
        centres = done.centres[-1]
        parts = np.vstack([done.modes, x - done.modes.sum(axis=0)])  # the last is what no mode took
        if "white" in present:
            parts *= _above_noise(parts, centres, self.alpha, found.white * np.mean(np.square(x)), fs)
        kept = parts[np.append(centres * fs >= low_hz, True)].sum(axis=0)
        kept = filter_zero_phase(butterworth(4, low_hz, "highpass", fs=fs), kept)
        if "mains" in present:
            kept = remove_mains(kept, fs=fs, certain=labels is not None)
        return kept

    def _published(self, x, fs, labels):
        """CleanSEMG's rules; an odd window is lengthened by one sample, where vmdpy would cut one off."""
        names = set(labels or ())
        unknown = not names
        high_pass = butterworth(4, self.low_hz, "highpass", fs=fs)
        even = np.append(x, x[-1]) if x.size % 2 else x
        if "coloured" in names:
            even = filter_zero_phase(high_pass, even)
        done = vmd_modes(even, n_modes=self.n_modes, alpha=self.alpha, tol=PUBLISHED["tol"], compat=True)
        out = np.zeros(even.size)
        for mode, centre_hz in zip(done.modes, fs * done.centres[-1], strict=True):
            if "mains" in names and PUBLISHED_MAINS_HZ[0] < centre_hz < PUBLISHED_MAINS_HZ[1]:
                mode = filter_zero_phase(signal.tf2sos(*signal.iirnotch(centre_hz, 20.0, fs=fs)), mode)
            if "motion" in names and "ecg" not in names:
                mode = np.zeros_like(mode) if centre_hz < self.low_hz else filter_zero_phase(high_pass, mode)
            if unknown or names & {"white", "coloured"}:
                inside = PUBLISHED_LOW_HZ <= centre_hz <= PUBLISHED_HIGH_HZ
                mode = soft_intervals(mode) if inside else np.zeros_like(mode)
            out += mode
        return out[: x.size]


def soft_intervals(mode):
    """Shrink each swing of a mode, from one zero crossing to the next, by a threshold taken from the mode itself.

    The threshold is a quarter of `median|u| / 0.6745 · sqrt(2 ln N)`. A swing whose largest value is below it goes; the
    others are multiplied by `(largest - threshold) / largest`.

    Parameters
    ----------
    mode : ndarray, shape (n_samples,), any unit
        One mode.

    Returns
    -------
    ndarray, shape (n_samples,), same unit
        The shrunken mode.

    References
    ----------
    [CleanSEMG2026]

    Examples
    --------
    >>> swings = np.array([0.1, -0.1, 0.1, -0.1, 5.0, -0.1, 0.1, -0.1])
    >>> soft_intervals(swings).round(2)
    array([ 0.02, -0.02,  0.02, -0.02,  4.92, -0.02,  0.02, -0.02])

    Lesson
    ------
    14 VMD
    """
    threshold = np.median(np.abs(mode)) / 0.6745 * np.sqrt(2 * np.log(mode.size)) / 4
    starts = np.flatnonzero(np.diff(np.signbit(mode), prepend=~np.signbit(mode[:1])))
    largest = np.maximum.reduceat(np.abs(mode), starts)
    gain = np.clip(1.0 - threshold / np.maximum(largest, 1e-300), 0.0, 1.0)
    return mode * np.repeat(gain, np.diff(np.append(starts, mode.size)))


def _above_noise(parts, centres, alpha, noise_power, fs):
    """A Wiener gain for each part and sample: its local power against the white noise that its filter lets through."""
    freqs = (np.arange(512) + 0.5) / 1024
    noise = noise_power * np.mean(np.square(mode_gains(freqs, centres, alpha)), axis=-1)
    width = min(parts.shape[-1], max(1, round(LOCAL_S * fs)))
    box = np.ones(width)
    count = np.convolve(np.ones(parts.shape[-1]), box, "same")
    local = np.stack([np.convolve(np.square(part), box, "same") for part in parts]) / count
    return np.clip(1.0 - noise[:, None] / np.maximum(local, 1e-300), 0.0, 1.0)
