"""Five numbers an electromyographer would recognise, and the plain classifier that the network has to beat."""

import numpy as np

from emgtut.assess.features import median_frequency
from emgtut.signals import check_fs, validate

__all__ = ["FEATURES", "needle_features", "plain_classifier"]

FEATURES = ("level", "median frequency", "peakedness", "turns", "turn height")
TURN = 8.0  # least height of a turn, in units of the windows: robust standard deviations where those were scaled


def needle_features(windows, *, fs, turn=TURN):
    """Describe windows of needle EMG by five numbers, all as natural logarithms.

    `level` is the RMS; `median frequency` halves the power above 20 Hz; `peakedness` is the fourth moment over the
    squared second one; `turns` counts changes of direction of at least `turn` each second (one is added); `turn height`
    is their mean prominence (`turn` where there is none).

    Parameters
    ----------
    windows : array_like, shape (n_windows, n_samples), any unit
        Not silent.
    fs : float, hertz
        Sampling rate.
    turn : float, unit of the windows
        Least prominence of a turn.

    Returns
    -------
    ndarray, shape (n_windows, 5), natural logarithms; before them the unit of the windows, hertz, or no unit

    Raises
    ------
    ValueError
        If a window is silent, or `turn` is not above zero.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> windows = 10 * np.sin(2 * np.pi * 100 * np.arange(10_000) / 10_000)[None]
    >>> dict(zip(FEATURES, np.exp(needle_features(windows, fs=10_000)[0]).round(1).tolist()))["turns"]
    201.0
    """
    from scipy.signal import find_peaks

    windows, fs = validate(windows, name="windows").astype(np.float64), check_fs(fs)
    windows = windows - windows.mean(axis=-1, keepdims=True)
    variance = np.mean(windows**2, axis=-1)
    if windows.ndim != 2 or not np.all(variance > 0) or not turn > 0:
        raise ValueError(
            f"windows {windows.shape} must be (n_windows, n_samples), none silent, and turn={turn} positive."
        )
    power = np.abs(np.fft.rfft(windows * np.hanning(windows.shape[-1]), axis=-1)) ** 2
    freqs = np.fft.rfftfreq(windows.shape[-1], 1 / fs)
    middle = median_frequency(freqs[freqs >= 20], power[:, freqs >= 20])
    rows = []
    for x, var, hz in zip(windows, variance, middle, strict=True):
        heights = np.concatenate([find_peaks(side, prominence=turn)[1]["prominences"] for side in (x, -x)])
        mean_height = heights.mean() if heights.size else turn
        rate = heights.size * fs / x.size
        rows.append([np.sqrt(var), hz, np.mean(x**4) / var**2, 1 + rate, mean_height])
    return np.log(rows)


def plain_classifier(*, strength=1.0):
    """Standardise; then logistic regression with equal weight for each class, or the nearest neighbour.

    Parameters
    ----------
    strength : float or None
        Inverse of the penalty on the coefficients (dimensionless); None for one nearest neighbour.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Not yet fitted.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> model = plain_classifier().fit([[0.0], [1.0], [4.0], [5.0]], ["a", "a", "b", "b"])
    >>> model.predict([[0.5], [4.5]]).tolist()
    ['a', 'b']
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.neighbors import KNeighborsClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if strength is None:
        return make_pipeline(StandardScaler(), KNeighborsClassifier(1))
    return make_pipeline(StandardScaler(), LogisticRegression(C=strength, class_weight="balanced", max_iter=2000))
