"""How far could anybody get? Two estimates by somebody who knows what no denoiser can know.

A lead over a filter says little as long as nobody knows how much lead there is to be had. So here are two who cheat.
One knows the power of muscle and noise at every frequency, and may use the best filter that does not change with time.
The other knows this very heart: its usual beat, and place and size of each one. What is left of the heart is what does
not repeat, the noise of the recording among it.

They are no upper bounds: a method that changes with time may pass the first, and the second filters nothing.
"""

import numpy as np
from scipy.signal import welch

from emgtut.contaminate.material import BAND_HZ
from emgtut.data import load
from emgtut.denoise.beats import find_beats
from emgtut.denoise.template import heart_from_beats
from emgtut.signals import butterworth, filter_zero_phase, resample, validate

__all__ = ["beyond_the_beat", "known_heart", "known_spectra"]

CONTEXT_S = 40  # of the heart, before and after a window, from which its usual beat is taken
ALIKE = 0.999  # correlation of the noise in a case with the recording that it is from


def known_spectra(clean, noise, *, fs, resolution_hz=1.0):
    """Filter a mixture with the Wiener filter of its true spectra.

    Parameters
    ----------
    clean, noise : array_like, shape (n_samples,), any unit, the same
        The two parts of the mixture.
    fs : float
        Sampling rate in Hz.
    resolution_hz : float
        How finely the spectra are known, in Hz. The finer, the more of the answer is in them, as long as the filter is
        much shorter than the window.

    Returns
    -------
    ndarray, shape (n_samples,), same unit
        Estimate of the clean part.

    Raises
    ------
    ValueError
        If there is no signal, or the window is shorter than one cycle of the resolution.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> low, high = np.sin(0.1 * np.arange(2000)), np.sin(2.0 * np.arange(2000))
    >>> bool(np.abs(known_spectra(low, high, fs=1000) - low)[300:-300].max() < 0.02)  # nothing in common
    True

    Lesson
    ------
    19 Showdown
    """
    clean, noise = validate(clean), validate(noise)
    length = round(fs / resolution_hz)
    if length > clean.size:
        raise ValueError(
            f"{clean.size / fs:g} s show no spectrum at a resolution of {resolution_hz:g} Hz: ask for "
            f"{fs / clean.size:g} Hz or more."
        )
    hz, muscle = welch(clean, fs, nperseg=length)
    _, other = welch(noise, fs, nperseg=length)
    if not np.any(muscle + other):
        raise ValueError("There is neither muscle nor noise: pass a signal that is not constant.")
    gain = np.divide(muscle, muscle + other, out=np.zeros_like(muscle), where=muscle + other > 0)
    padded = 2 * clean.size
    fine = np.interp(np.fft.rfftfreq(padded, 1 / fs), hz, gain)
    return np.fft.irfft(np.fft.rfft(clean + noise, padded) * fine, padded)[: clean.size]


def beyond_the_beat(heart, *, fs):
    """What a recording of a heart holds in the band of a muscle beyond its usual beat.

    The usual beat is the mean over all regular beats; it is placed, scaled and moved to fit each beat, by somebody who
    sees the heart alone.

    Parameters
    ----------
    heart : array_like, shape (n_samples,), any unit
        The heart alone, some tens of seconds.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (n_samples,), same unit
        What does not repeat, 20 to 450 Hz.

    Raises
    ------
    ValueError
        If there are fewer than two beats.

    Examples
    --------
    >>> from emgtut.contaminate import synthetic_ecg
    >>> ecg = synthetic_ecg(20_000, fs=1000, rng=np.random.default_rng(0))
    >>> bool(np.std(beyond_the_beat(ecg, fs=1000)) < 0.1 * np.std(ecg))
    True

    Lesson
    ------
    19 Showdown
    """
    heart = validate(heart)
    heart = heart - heart.mean()
    beats = find_beats(heart, fs=fs, certain=True).samples
    in_band = filter_zero_phase(butterworth(4, BAND_HZ, "bandpass", fs=fs), heart)
    return in_band - heart_from_beats(in_band, beats, fs=fs, neighbours=max(beats.size, 2))


def known_heart(case, *, root=None):
    """Take this heart's usual beat out of a window of muscle under a real heart.

    Parameters
    ----------
    case : Case
        From ``suite("real", "ecg")``.
    root : path, optional
        Data folder.

    Returns
    -------
    ndarray, shape (n_samples,), unit of the case
        The muscle as it was, and what the heart did beyond its usual beat.

    Raises
    ------
    ValueError
        If the noise of the case is not a real heart, or not what the recording holds there.
    DataMissing
        If the recording is not here.

    Examples
    --------
    >>> from emgtut.benchmark.cases import Case
    >>> known_heart(Case({"kinds": "ecg", "sources": "seed/1/ecg/test"}, np.ones(9), np.ones(9), 1000.0))
    Traceback (most recent call last):
        ...
    ValueError: The noise of this case is 'seed/1/ecg/test', not a recorded heart: ...

    Lesson
    ------
    19 Showdown
    """
    source = case.about["sources"]
    if case.about["kinds"] != "ecg" or source.startswith("seed/"):
        raise ValueError(f"The noise of this case is {source!r}, not a recorded heart: take one of the real ecg test.")
    heart, first = _around(source, case.clean.size / case.fs, case.fs, root)
    here = slice(first, first + case.clean.size)
    noise, recorded = case.noisy - case.clean, heart[here] - heart[here].mean()
    gain = noise @ recorded / (recorded @ recorded)
    if gain * np.linalg.norm(recorded) < ALIKE * np.linalg.norm(noise):
        raise ValueError(f"The noise of this case is not what {source} holds: is it of this version of the data?")
    return case.clean + gain * beyond_the_beat(heart, fs=case.fs)[here]


def _around(source, seconds, fs, root):
    """The heart around a window, at `fs`, and the sample at which the window begins."""
    dataset, record, channel, start_s = source.split("/")
    recording = load(dataset, record, root=root)
    x = recording.signal[recording.channels.index(channel)]
    start = round(float(start_s) * recording.fs)
    before = min(CONTEXT_S, int(start / recording.fs))  # whole seconds: both grids of samples meet there
    stop = start + round((seconds + CONTEXT_S) * recording.fs)
    return resample(x[start - round(before * recording.fs) : stop], fs=recording.fs, fs_out=fs), round(before * fs)
