"""What to do with the modes of a window once it is known what is wrong with it.

`repaired` is this course's set of rules. Heart and motion are filtered out of all modes alike, so for them it makes no
difference that the window was taken apart; for hum and for white noise it does.

`published` is the set of the CleanSEMG benchmark, kept so that its rows can be re-derived and its faults shown: it
finds hum strictly between 50 and 70 Hz, forgets the harmonics, and deletes the fastest mode of every window that it
knows nothing about, though that mode is much of the muscle.
"""

import numpy as np
from scipy import signal

from emgtut.denoise.diagnose import BEAT_BAND_HZ, line_prominence
from emgtut.signals import butterworth, filter_zero_phase

__all__ = ["published", "repaired", "wiener_gain"]

LINE_IN_MODE = 10.0  # hum is known to be there: less proof is asked of a single mode than of a window
NOTCH_HZ = 2.0
STANDS_OUT = 2.0  # times the usual size of the QRS band
TEMPLATE_HZ = 40.0
LOCAL_S = 0.1  # noise and muscle are weighed against each other over stretches of this length

# Share of the energy of white noise that lies in each mode, the fastest first: means over 200 noises of 2000 samples
# at unit RMS, rounded; CEEMDAN's are the same within a twentieth. Slower modes keep halving. Modes overlap in frequency
# and are not quite orthogonal, so the shares add up to more than one.
WHITE_IN_MODES = (0.63, 0.23, 0.12, 0.06, 0.03, 0.015, 0.0065, 0.0033)

# The benchmark's sizes of noise in each mode, relative to the fastest.
EMD_WEIGHTS = (1.0, 0.4751015, 0.29994139, 0.21576524, 0.13714082, 0.0926146, 0.0560073, 0.05497522)
CEEMDAN_WEIGHTS = (1.0, 0.45871, 0.30919, 0.19652, 0.14093, 0.084863, 0.06222, 0.05597)


def repaired(modes, found, *, fs, low_hz, heart_hz):
    """Treat modes, shape (n_modes, n_samples), as a `Diagnosis` says; return the clean window, shape (n_samples,)."""
    window = modes.sum(axis=0)
    white = found.white * np.mean(np.square(window))
    if found.mains_hz > 0:
        modes = np.stack([_without_lines(mode, found.mains_hz, fs) for mode in modes])
    if found.heart:
        without = _highpassed(modes, np.full(len(modes), True), heart_hz, fs)
        modes = _highpassed(modes, np.full(len(modes), True), low_hz, fs)  # P and T waves are slower than any muscle
        modes = modes + _heart_weight(window, fs) * (without - modes)
    elif found.motion:
        modes = _highpassed(modes, np.full(len(modes), True), low_hz, fs)
    if found.white > 0:
        share = np.array([_white_in_mode(k) for k in range(len(modes))])
        modes = modes * wiener_gain(modes, white * share[:, None], fs)
    return modes.sum(axis=0)


def _heart_weight(window, fs):
    """From 0 to 1 for every sample: 1 where the band of the QRS complex stands far out of its usual size."""
    band = filter_zero_phase(butterworth(2, BEAT_BAND_HZ, "bandpass", fs=fs), window)
    size = np.sqrt(np.maximum(_moving_mean(np.square(band)[None], max(3, round(LOCAL_S * fs)))[0], 0.0))
    usual = np.median(size)
    return np.clip(size / max(usual, 1e-300) - STANDS_OUT, 0.0, 1.0)


def _without_lines(mode, mains_hz, fs):
    """Notch the mains and its multiples, each only where it stands out of this mode."""
    for line_hz in np.arange(mains_hz, 0.95 * fs / 2, mains_hz):
        if line_prominence(mode, line_hz, fs=fs) >= LINE_IN_MODE:
            numerator, denominator = signal.iirnotch(line_hz, line_hz / NOTCH_HZ, fs)
            mode = filter_zero_phase(signal.tf2sos(numerator, denominator), mode)
    return mode


def _highpassed(modes, which, cutoff_hz, fs):
    modes = modes.copy()
    if which.any():
        modes[which] = filter_zero_phase(butterworth(4, cutoff_hz, "highpass", fs=fs), modes[which])
    return modes


def wiener_gain(modes, noise_power, fs):
    """Gain from 0 to 1 for every sample: the share of the local power that is not noise."""
    width = max(3, round(LOCAL_S * fs))
    local = _moving_mean(np.square(modes), width)
    return np.maximum(0.0, 1.0 - noise_power / np.maximum(local, 1e-300))


def _moving_mean(x, width):
    """Mean over `width` samples around each sample; at the ends over those that are there."""
    width = min(width, x.shape[-1])
    ones = np.ones(width)
    return signal.oaconvolve(x, ones[None], mode="same", axes=-1) / np.convolve(np.ones(x.shape[-1]), ones, "same")


def _white_in_mode(k):
    last = len(WHITE_IN_MODES) - 1
    return WHITE_IN_MODES[min(k, last)] / 2 ** max(0, k - last)


def _correlation(a, b):
    spread = np.std(a) * np.std(b)
    return np.mean((a - a.mean()) * (b - b.mean())) / spread if spread > 0 else 0.0


def published(modes, window, labels, *, fs, low_hz, weights, keep_last):
    """Apply the benchmark's rules to modes of a window; `labels` None means that nothing is known.

    The caller takes the modes of coloured noise from the high-passed window, as the benchmark does.
    """
    modes = modes.copy()
    freqs = np.fft.rfftfreq(modes.shape[-1], 1 / fs)
    peaks_hz = freqs[np.argmax(np.abs(np.fft.rfft(modes)), axis=-1)]
    known = set() if labels is None else set(labels)
    if "mains" in known:
        for k in np.flatnonzero((peaks_hz > 50.0) & (peaks_hz < 70.0)):
            numerator, denominator = signal.iirnotch(peaks_hz[k], 20.0, fs)
            modes[k] = filter_zero_phase(signal.tf2sos(numerator, denominator), modes[k])
    if "motion" in known:
        modes[peaks_hz < low_hz] = 0.0
        modes = _highpassed(modes, peaks_hz >= low_hz, low_hz, fs)
    if labels is None or known & {"white", "coloured"}:
        modes = _soft_thresholded(modes, weights, keep_last)
    if "ecg" in known:
        slow = filter_zero_phase(butterworth(4, TEMPLATE_HZ, "lowpass", fs=fs), window)
        alike = np.array([abs(_correlation(mode, slow)) if mode.any() else -1.0 for mode in modes])
        six = np.zeros(len(modes), dtype=bool)
        six[np.argsort(-alike, kind="stable")[:6]] = True
        modes = _highpassed(modes, six & (alike >= 0), 30.0, fs)
    return modes.sum(axis=0)


def _soft_thresholded(modes, weights, keep_last):
    """The fastest mode goes; a mode no larger than noise goes; the others shrink by a threshold."""
    first = np.std(modes[0])
    out = modes.copy()
    out[0] = 0.0
    for k in range(1, len(modes) - 1 if keep_last else len(modes)):
        if first * weights[min(k, len(weights) - 1)] > np.std(modes[k]):
            out[k] = 0.0
            continue
        threshold = np.median(np.abs(modes[k])) / 0.6745 * np.sqrt(2 * np.log(modes.shape[-1])) / 4
        out[k] = np.sign(modes[k]) * np.maximum(np.abs(modes[k]) - threshold, 0.0)
    return out
