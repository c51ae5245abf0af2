"""The baseline nobody should skip: four numbers per channel and window, and a linear discriminant.

Hudgins' features describe a short window by its level, its length as a line, and how often it and its slope change
sign. A linear discriminant analysis (LDA) turns them into a gesture. Both are thirty years old and run on a wristband.
"""

import numpy as np

from emgtut.apply.gesture_data import FS
from emgtut.signals import check_fs, frames, rms, validate

__all__ = ["FEATURES", "HOP_S", "WINDOW_S", "WindowLDA", "hudgins"]

FEATURES = ("mean absolute value", "waveform length", "zero crossings", "slope sign changes")
WINDOW_S, HOP_S = 0.2, 0.1
DEAD_SHARE = 0.05  # changes smaller than this share of the channel's RMS in training do not count as crossings


def hudgins(x, *, fs, dead_zone=0.0, window_s=WINDOW_S, hop_s=HOP_S):
    """Describe each window by Hudgins' four features.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal of at least one window.
    fs : float
        Sampling rate in Hz.
    dead_zone : float or array_like, shape (...), unit of `x`
        A sign change counts only where the step across it is larger than this, so that noise in rest does not count.
    window_s, hop_s : float
        Length of the windows and step between them, in seconds.

    Returns
    -------
    ndarray, shape (..., n_windows, 4), unit of `x` for the first, unit per second for the second, per second for others
        Mean absolute value, waveform length per time, zero crossings per time, slope sign changes per time.

    Raises
    ------
    ValueError
        If the signal is shorter than a window.

    References
    ----------
    Hudgins1993

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> hudgins(np.tile([1.0, -1.0], 100), fs=1000).round(0)  # every step is 2, every sample turns
    array([[1.e+00, 2.e+03, 1.e+03, 1.e+03]])
    >>> hudgins(np.tile([1.0, -1.0], 100), fs=1000, dead_zone=3.0).round(0)
    array([[1.e+00, 2.e+03, 0.e+00, 0.e+00]])
    """
    fs = check_fs(fs)
    x = frames(validate(x), round(window_s * fs), max(round(hop_s * fs), 1)).astype(np.float64)
    dead = np.asarray(dead_zone, dtype=np.float64)[..., None, None]
    step = np.diff(x, axis=-1)
    crossing = (x[..., 1:] * x[..., :-1] < 0) & (np.abs(step) > dead)
    turning = (step[..., 1:] * step[..., :-1] < 0) & (np.maximum(np.abs(step[..., 1:]), np.abs(step[..., :-1])) > dead)
    found = (np.abs(x), fs * np.abs(step), fs * crossing, fs * turning)
    return np.stack([np.mean(values, axis=-1) for values in found], axis=-1)


class WindowLDA:
    """Hudgins' features, standardised, and an LDA whose covariance is shrunk towards the diagonal by Ledoit and Wolf.

    Every window of a trial is a training item; a trial's gesture is the one with the highest mean probability over its
    windows. The dead zone and the standardisation are learned from the training trials, and nothing has to be chosen.

    Parameters
    ----------
    fs : float
        Sampling rate in Hz.

    References
    ----------
    Hudgins1993, LedoitWolf2004

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.standard_normal((8, 2, 600))
    >>> x[::2, 0] *= 5
    >>> model = WindowLDA().fit(x[:4], ["left", "right", "left", "right"])
    >>> model.predict(x[4:]).tolist()
    ['left', 'right', 'left', 'right']
    """

    def __init__(self, *, fs=FS):
        self.fs = fs

    def fit(self, x, gesture):
        """Learn from trials, shape (n_trials, n_channels, n_samples) in any unit, and their gestures; return self."""
        from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        self.dead_zone = DEAD_SHARE * np.sqrt(np.mean(np.square(rms(x)), axis=0))
        features = self.features(x)
        labels = np.repeat(np.asarray(gesture), features.shape[1])
        lda = LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
        self.model = make_pipeline(StandardScaler(), lda).fit(features.reshape(len(labels), -1), labels)
        return self

    def features(self, x):
        """Return what the discriminant sees, shape (n_trials, n_windows, 4 n_channels)."""
        found = hudgins(x, fs=self.fs, dead_zone=self.dead_zone)
        return np.moveaxis(found, 1, 2).reshape(found.shape[0], found.shape[2], -1)

    def predict(self, x):
        """Name the gesture of each trial, shape (n_trials,)."""
        features = self.features(x)
        chances = self.model.predict_proba(features.reshape(-1, features.shape[-1]))
        mean = chances.reshape(len(x), -1, chances.shape[-1]).mean(axis=1)
        return self.model.classes_[mean.argmax(axis=1)]
