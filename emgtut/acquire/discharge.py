"""When motor neurons fire: rates from the drive, and random intervals squeezed and stretched to follow them.

The trick is *time rescaling*. Draw intervals whose mean is one, add them up, and read the running sum on a clock that
runs as fast as the unit fires: where the integral of the rate reaches the sum, there is a discharge.
"""

import numpy as np
from scipy.signal import sosfilt

from emgtut.signals import butterworth, check_fs, check_rng, validate

__all__ = ["check_drive", "discharge_times"]

CONTROL_S, COMMON_CONTROL_S = 0.01, 0.005  # the rate is held over steps of this length; drives vary far more slowly
COMMON_HZ = (15.0, 35.0)
SHORTEST = 0.1  # no interval is shorter than this part of the mean one


def discharge_times(pool, drive, *, fs, rng):
    """Draw the discharge times of every motor unit.

    The rates follow the pool's recruitment and rate coding. Intervals are Gaussian around the mean interval with the
    pool's coefficient of variation. Given the drive, units are independent, unless the pool has a `common_input`.

    Parameters
    ----------
    pool : Pool
        The muscle.
    drive : array_like, shape (n_samples,), no unit
        Between 0 and 1.
    fs : float, hertz
        Sampling rate of the drive.
    rng : numpy.random.Generator
        Source of randomness.

    Returns
    -------
    tuple of ndarray, each shape (n_discharges,), seconds
        Rising times from 0 to the end of the drive, one array for each unit.

    Raises
    ------
    ValueError
        If the drive leaves 0 to 1 or is no signal.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool
    >>> rng = np.random.default_rng(0)
    >>> times = discharge_times(motor_unit_pool(rng), np.full(20_000, 0.5), fs=1000, rng=rng)
    >>> len(times), round(len(times[0]) / 20), len(times[-1])    # units; rate of the first; the last sleeps
    (120, 31, 0)
    """
    drive, fs, rng = check_drive(drive), check_fs(fs), check_rng(rng)
    if pool.common_input > 0 and fs < 4 * COMMON_HZ[1]:
        raise ValueError(f"fs is {fs:g} Hz, but a pool with common_input needs at least {4 * COMMON_HZ[1]:g} Hz.")
    step = max(1, round((COMMON_CONTROL_S if pool.common_input > 0 else CONTROL_S) * fs))
    n_steps = -(-drive.size // step)
    held = np.pad(drive, (0, n_steps * step - drive.size), mode="edge").reshape(n_steps, step).mean(axis=-1)
    clock = np.zeros((pool.n_units, n_steps + 1))
    rates = pool.rates(held)
    if pool.common_input > 0:
        rates *= np.maximum(1 + pool.common_input * _shared(n_steps, fs / step, rng), 0.0)
    np.cumsum(rates, axis=-1, out=clock[:, 1:])
    clock *= step / fs
    ticks = np.arange(n_steps + 1) * (step / fs)
    return tuple(_inverted(run, ticks, pool.isi_cv, rng, drive.size / fs) for run in clock)


def _shared(n_steps, rate, rng):
    """Gaussian noise in the common band with unit variance, as a modulation for all units."""
    settle = int(np.ceil(rate))
    noise = sosfilt(butterworth(2, COMMON_HZ, "bandpass", fs=rate), rng.standard_normal(n_steps + settle))[settle:]
    # A Butterworth band-pass of order two lets pi / (2 sqrt 2) of its width through; exact for narrow bands.
    width = np.pi / (2 * np.sqrt(2)) * (COMMON_HZ[1] - COMMON_HZ[0])
    return noise / np.sqrt(2 * width / rate)


def _inverted(run, ticks, isi_cv, rng, end_s):
    """Times at which the clock `run` reaches random, mean-one intervals added up."""
    # Enough draws that running out is impossible in practice, and checked.
    n_draws = int(run[-1] + 8 * isi_cv * np.sqrt(run[-1]) + 8)
    intervals = np.maximum(1 + isi_cv * rng.standard_normal(n_draws), SHORTEST)
    intervals[0] *= rng.random()
    sums = np.cumsum(intervals)
    reached = np.searchsorted(sums, run[-1])
    if reached == n_draws:
        raise RuntimeError("The interval draws ran out before the drive's end; this is a fault of discharge_times.")
    times = np.interp(sums[:reached], run, ticks)
    return times[times < end_s]


def check_drive(drive):
    """Return a drive as float64, or say what is wrong with it.

    Parameters
    ----------
    drive : array_like, shape (n_samples,), no unit
        How hard the muscle is asked to work at each sample.

    Returns
    -------
    ndarray, shape (n_samples,), no unit
        The same values.

    Raises
    ------
    ValueError
        If it is not one-dimensional, or leaves 0 to 1.

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> check_drive([0.0, 1.5])
    Traceback (most recent call last):
        ...
    ValueError: The drive runs from 0 to 1.5, but it must stay between 0 (rest) and 1 (maximum): scale or clip it.
    """
    drive = validate(drive, name="drive").astype(np.float64)
    if drive.ndim != 1:
        raise ValueError(f"The drive of one muscle has shape {drive.shape}, but one value per sample is needed.")
    if drive.min() < 0 or drive.max() > 1:
        raise ValueError(
            f"The drive runs from {drive.min():g} to {drive.max():g}, but it must stay between 0 (rest) and "
            "1 (maximum): scale or clip it."
        )
    return drive
