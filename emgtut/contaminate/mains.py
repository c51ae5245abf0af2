"""The power line as a contaminant: hum at 50 or 60 Hz and its harmonics.

A grid does not keep 50 Hz exactly, and the current that reaches an electrode changes as the wearer moves. Both are slow
random walks that return: the frequency drifts about its nominal value, and the amplitude swells and shrinks.
"""

import numpy as np

from emgtut.signals import check_count, check_fs, check_rng, unit_power

__all__ = ["power_line", "random_mains"]

WALK_S = 10.0  # a slow walk forgets where it was within about this time
KNOT_S = 0.5  # it is drawn this often, with straight lines between
WALK_LIMIT = 3.0  # in standard deviations; keeps the drifting harmonics below half the sampling rate


def power_line(n_samples, *, fs, rng, frequency_hz=50, harmonics=(1.0,), drift_hz=0.0, modulation=0.0):
    """Draw power-line hum with random phases, zero mean and unit power; steady unless told to drift or swell.

    Parameters
    ----------
    n_samples : int
        Length in samples.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Chooses the phase of each harmonic, the drift and the swelling.
    frequency_hz : float
        Fundamental in Hz, usually 50 or 60; it must lie below half the sampling rate.
    harmonics : sequence of float
        Relative amplitudes (dimensionless) of the fundamental, the second harmonic, the third and so on. Harmonics at
        or above half the sampling rate are left out, as an anti-alias filter would.
    drift_hz : float
        Standard deviation of the fundamental about `frequency_hz` in Hz, 0 to 2. All harmonics follow it.
    modulation : float
        Standard deviation of the amplitude as a fraction of its mean (dimensionless), 0 to 0.3.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power hum.

    Raises
    ------
    ValueError
        If the fundamental is not below half the sampling rate, no harmonic has an amplitude, or drift or modulation
        is out of range.

    Examples
    --------
    >>> hum = power_line(1000, fs=1000, rng=np.random.default_rng(0))
    >>> round(float(np.max(hum)), 2)  # a sine of unit power peaks at the square root of two
    1.41

    Lesson
    ------
    07 Noise sources
    """
    n_samples = check_count(n_samples, smallest=2)
    fs = check_fs(fs)
    check_rng(rng)
    if not 0 <= drift_hz <= 2:
        raise ValueError(f"drift_hz is {drift_hz!r}, but it must lie between 0 and 2 Hz: pass for example 0.05.")
    if not 0 <= modulation <= 0.3:
        raise ValueError(f"modulation is {modulation!r}, but it is a fraction from 0 to 0.3: pass for example 0.1.")
    highest_hz = frequency_hz + WALK_LIMIT * drift_hz
    if not (frequency_hz - WALK_LIMIT * drift_hz > 0 and highest_hz < fs / 2):
        raise ValueError(
            f"frequency_hz is {frequency_hz!r}, but at fs={fs:g} Hz it must lie between 0 and {fs / 2:g} Hz, its drift "
            "included: pass 50 or 60 and a higher fs."
        )
    amplitudes = np.asarray(harmonics, dtype=np.float64)
    orders = np.arange(1, amplitudes.size + 1)
    # Phases are drawn for all harmonics, so that a higher fs adds harmonics without changing the lower ones.
    phases = rng.uniform(0, 2 * np.pi, size=amplitudes.size)
    kept = orders * highest_hz < fs / 2
    if amplitudes.ndim != 1 or not np.all(np.isfinite(amplitudes)) or not np.any(amplitudes[kept]):
        raise ValueError(
            f"harmonics is {harmonics!r}, but it must list finite relative amplitudes, one of them not zero and below "
            f"{fs / 2:g} Hz: pass for example (1.0, 0.0, 0.3)."
        )
    angle = 2 * np.pi * frequency_hz * np.arange(n_samples) / fs
    if drift_hz:
        angle += 2 * np.pi * drift_hz * np.cumsum(_slow_walk(n_samples, fs, rng)) / fs
    hum = sum(a * np.sin(h * angle + p) for a, h, p in zip(amplitudes[kept], orders[kept], phases[kept], strict=True))
    if modulation:
        hum *= 1 + modulation * _slow_walk(n_samples, fs, rng)
    return unit_power(hum)


def random_mains(rng):
    """Draw a power line at random: 50 or 60 Hz, a few harmonics, a slow drift and a slow swelling.

    The ranges are choices of this course; they are no survey of grids. Odd and even harmonics both occur, and the
    highest possible amplitude falls with their order.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    dict
        Settings for `power_line`.

    Examples
    --------
    >>> settings = random_mains(np.random.default_rng(0))
    >>> settings["frequency_hz"] in (50.0, 60.0)
    True
    >>> power_line(500, fs=1000, rng=np.random.default_rng(1), **settings).shape
    (500,)

    Lesson
    ------
    07 Noise sources
    """
    check_rng(rng)
    frequency_hz = float(rng.choice([50.0, 60.0]))
    higher = rng.uniform(size=4) / np.arange(2, 6)
    return {
        "frequency_hz": frequency_hz,
        "harmonics": (1.0, *(float(a) for a in higher)),
        "drift_hz": float(rng.uniform(0.01, 0.1)),
        "modulation": float(rng.uniform(0.0, 0.2)),
    }


def _slow_walk(n_samples, fs, rng):
    """A stationary walk of zero mean and unit variance that forgets itself in `WALK_S` seconds."""
    from scipy.signal import lfilter

    n_knots = int(n_samples / fs / KNOT_S) + 2
    memory = np.exp(-KNOT_S / WALK_S)
    start = rng.standard_normal()
    steps = np.sqrt(1 - memory**2) * rng.standard_normal(n_knots)
    steps[0] = start
    knots = np.clip(lfilter([1.0], [1.0, -memory], steps), -WALK_LIMIT, WALK_LIMIT)
    return np.interp(np.arange(n_samples) / fs, KNOT_S * np.arange(n_knots), knots)
