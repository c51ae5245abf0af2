"""Does a signal resemble what a network was trained on? A network answers any question; this says which to believe.

Each window is described by 23 numbers that anyone can read: its power in 21 frequency bands, its peakedness and how
evenly it is spread in time. The training windows fill a cloud in the space of these numbers. A window outside the cloud
is a stranger.
"""

import numpy as np

from emgtut.signals import validate

__all__ = ["N_TRAITS", "Cloud", "traits"]

# Hz; narrow around 50, 60, 100 and 120 Hz, so that hum stands out
EDGES_HZ = (0, 2, 5, 10, 20, 35, 45, 55, 65, 80, 95, 105, 115, 125, 150, 180, 220, 260, 310, 360, 420, 500)
N_TRAITS = len(EDGES_HZ) + 1
FLOOR = 1e-6  # of the power of a window: what is quieter counts as this quiet
SHRINK = 0.02  # share of a sphere in the covariance, so that it can be inverted
PIECES = 20


def traits(x, *, fs):
    """Describe windows by 23 numbers that do not depend on gain or offset.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Windows of at least 2 s, not constant.
    fs : float
        Sampling rate in Hz, at least 1000.

    Returns
    -------
    ndarray, shape (..., 23), dimensionless
        Decimal logarithms of the shares of power in 21 bands from 0 to 500 Hz, of the kurtosis, and of the unevenness
        of power over twenty pieces.

    Raises
    ------
    ValueError
        If a window is constant.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    Hum lives in one band:

    >>> hum = np.sin(2 * np.pi * 50 * np.arange(4000) / 1000)
    >>> int(np.argmax(traits(hum, fs=1000)[:21])), EDGES_HZ[6:8]
    (6, (45, 55))
    """
    x = validate(x, min_samples=PIECES)
    x = x - x.mean(axis=-1, keepdims=True)
    power = np.mean(x**2, axis=-1, keepdims=True)
    if np.any(power == 0):
        raise ValueError("A window is constant, so it has no spectrum: screen such windows out first.")
    x = x / np.sqrt(power)
    n = x.shape[-1]
    spectrum = np.abs(np.fft.rfft(x * np.hanning(n))) ** 2
    first = np.searchsorted(np.fft.rfftfreq(n, 1 / fs), EDGES_HZ[:-1])
    bands = np.add.reduceat(spectrum[..., : np.searchsorted(np.fft.rfftfreq(n, 1 / fs), EDGES_HZ[-1])], first, axis=-1)
    shares = bands / bands.sum(axis=-1, keepdims=True)
    peaked = np.mean(x**4, axis=-1, keepdims=True)
    pieces = np.mean(x[..., : n - n % PIECES].reshape(*x.shape[:-1], PIECES, -1) ** 2, axis=-1)
    uneven = pieces.max(axis=-1, keepdims=True)
    return np.log10(np.concatenate([shares + FLOOR, peaked, uneven], axis=-1))


class Cloud:
    """The training windows as a cloud: its centre, its shape, and how far out familiar windows lie.

    Parameters
    ----------
    centre : ndarray, shape (23,), dimensionless
        Mean traits of the training windows.
    whiten : ndarray, shape (23, 23), dimensionless
        Matrix that turns the cloud into a sphere.
    far : float
        Distance from the centre, in standard deviations (dimensionless), that counts as 1.

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> cloud = Cloud.around(rng.standard_normal((500, 23)), rng.standard_normal((500, 23)))
    >>> bool(cloud.distance(np.zeros(23)) < 1 < cloud.distance(np.full(23, 4.0)))
    True
    """

    def __init__(self, centre, whiten, far):
        self.centre, self.whiten, self.far = centre, whiten, float(far)

    @classmethod
    def around(cls, known, held, *, share=0.99):
        """Make the cloud of `known` traits; the share of `held` ones, shape (n, 23), that is familiar sets its edge."""
        covariance = np.cov(known.T)
        sphere = np.eye(len(covariance)) * np.trace(covariance) / len(covariance)
        values, vectors = np.linalg.eigh((1 - SHRINK) * covariance + SHRINK * sphere)
        cloud = cls(known.mean(axis=0), vectors / np.sqrt(values), 1.0)
        cloud.far = float(np.quantile(cloud.distance(held), share))
        return cloud

    def distance(self, found):
        """Distance of traits, shape (..., 23), from the centre; above 1 is outside, (...), dimensionless."""
        return np.linalg.norm((found - self.centre) @ self.whiten, axis=-1) / self.far
