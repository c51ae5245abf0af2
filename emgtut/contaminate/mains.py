"""The power line as a contaminant: hum at 50 or 60 Hz and its harmonics."""

import numpy as np

from emgtut.signals import check_count, check_fs, check_rng, unit_power

__all__ = ["power_line"]


def power_line(n_samples, *, fs, rng, frequency_hz=50, harmonics=(1.0,)):
    """Draw steady power-line hum with random phases, zero mean and unit power.

    Parameters
    ----------
    n_samples : int
        Length in samples.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Chooses the phase of each harmonic.
    frequency_hz : float
        Fundamental in Hz, usually 50 or 60; it must lie below half the sampling rate.
    harmonics : sequence of float
        Relative amplitudes (dimensionless) of the fundamental, the second harmonic, the third and so on. Harmonics at
        or above half the sampling rate are left out, as an anti-alias filter would.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power hum.

    Raises
    ------
    ValueError
        If the fundamental is not below half the sampling rate, or no harmonic has an amplitude.

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
    if not 0 < frequency_hz < fs / 2:
        raise ValueError(
            f"frequency_hz is {frequency_hz!r}, but at fs={fs:g} Hz it must lie between 0 and {fs / 2:g} Hz: "
            "pass 50 or 60 and a higher fs."
        )
    amplitudes = np.asarray(harmonics, dtype=np.float64)
    orders = np.arange(1, amplitudes.size + 1)
    # Phases are drawn for all harmonics, so that a higher fs adds harmonics without changing the lower ones.
    phases = rng.uniform(0, 2 * np.pi, size=amplitudes.size)
    kept = orders * frequency_hz < fs / 2
    if amplitudes.ndim != 1 or not np.all(np.isfinite(amplitudes)) or not np.any(amplitudes[kept]):
        raise ValueError(
            f"harmonics is {harmonics!r}, but it must list finite relative amplitudes, one of them not zero and below "
            f"{fs / 2:g} Hz: pass for example (1.0, 0.0, 0.3)."
        )
    angle = 2 * np.pi * frequency_hz * np.arange(n_samples) / fs
    hum = sum(a * np.sin(h * angle + p) for a, h, p in zip(amplitudes[kept], orders[kept], phases[kept], strict=True))
    return unit_power(hum)
