"""From a pool to its motor unit action potentials: what one discharge of each unit looks like at each electrode.

On every fibre an action potential starts at the end plate, travels both ways and dies at the tendons. The electrode
hears it all along, weighted by the slope of the potential that a current there would make. The integral over the
fibre, cut at end plate and tendons, holds generation, propagation and extinction at once.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.acquire.volume import across_fibres
from emgtut.signals import check_fs

__all__ = ["MuapBank", "action_potential_slope", "fibre_sums", "muap_bank"]

INTRACELLULAR = 1.0  # siemens per metre
PERIOD_MM = 512.0  # the electrode's view along z repeats after this
STEP_MM = 0.25  # spacing at which that view is tabulated
KZ_MAX = 4.0  # rad/mm: what varies faster along z does not reach the skin
TAIL_MM = 16.0  # length of the action potential behind its front
LEAD_S = 0.004  # the low-pass filter may ring this long before the discharge
BATCH = 2048  # fibres in memory at a time


@dataclass(frozen=True)
class MuapBank:
    """Motor unit action potentials, ready to be laid down at every discharge.

    Parameters
    ----------
    waveforms : ndarray, shape (n_electrodes, n_speeds, n_units, n_samples), millivolts
        One potential for each electrode, each conduction-velocity scale and each unit.
    fs : float, hertz
        Sampling rate.
    lead : int, samples
        The discharge is at this sample; what comes before it is the anti-alias filter's ringing.
    speeds : ndarray, shape (n_speeds,), no unit
        Factor on every fibre's conduction velocity, falling: 1 is the rested muscle.

    References
    ----------
    FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import Electrode, motor_unit_pool
    >>> pool = motor_unit_pool(np.random.default_rng(0), n_units=8)
    >>> bank = muap_bank(pool, [Electrode()], fs=2000)
    >>> bank.waveforms.shape[:3]
    (1, 1, 8)
    """

    waveforms: np.ndarray
    fs: float
    lead: int
    speeds: np.ndarray


def action_potential_slope(behind_mm):
    """Slope of Rosenfalck's intracellular action potential, seen from its travelling front.

    The potential is ``96 z^3 exp(-z) - 90`` millivolts at z millimetres behind the front.

    Parameters
    ----------
    behind_mm : array_like, shape (...,), millimetres
        Distance behind the front; ahead of it (negative) the fibre is at rest.

    Returns
    -------
    ndarray, shape (...,), millivolts per millimetre
        ``96 (3 z^2 - z^3) exp(-z)``, zero ahead of the front.

    References
    ----------
    Petersen2019

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    The potential peaks 3 mm behind the front:

    >>> action_potential_slope([-1.0, 0.0, 3.0])
    array([0., 0., 0.])
    """
    z = np.maximum(np.asarray(behind_mm, dtype=float), 0.0)
    return 96.0 * (3 * z**2 - z**3) * np.exp(-z)


def muap_bank(pool, electrodes, *, fs, speeds=(1.0,)):
    """Compute the potential of every motor unit at every surface electrode.

    Parameters
    ----------
    pool : Pool
        The muscle.
    electrodes : sequence of Electrode
        Where it is listened to.
    fs : float, hertz
        Sampling rate wanted, at least 200. What the sampling could not carry (above half of it) is filtered out.
    speeds : sequence of float, no unit
        Factors on the conduction velocity, one set of potentials each: for fatigue.

    Returns
    -------
    MuapBank

    Raises
    ------
    ValueError
        If there is no electrode, or the rate or a factor makes no sense.

    References
    ----------
    FarinaMerletti2001, FarinaRainoldi1999

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    Over the innervation zone the waves of the two directions cancel:

    >>> from emgtut.acquire import Electrode, motor_unit_pool
    >>> pool = motor_unit_pool(np.random.default_rng(0), n_units=20, endplate_mm=-30.0, endplate_spread_mm=0.5)
    >>> bank = muap_bank(pool, [Electrode(z_mm=-30.0), Electrode(z_mm=0.0)], fs=2000)
    >>> power = np.sum(bank.waveforms**2, axis=(1, 2, 3))
    >>> bool(power[1] > 50 * power[0])
    True
    """
    if len(electrodes) == 0:
        raise ValueError("There is no electrode: pass at least one, for example [Electrode()].")
    fs, speeds = _check_rates(fs, speeds)
    across = {x_mm: _across(pool, x_mm) for x_mm in {one.x_mm for one in electrodes}}  # electrodes in a row share it
    views = [_surface_view(pool, one, across[one.x_mm]) for one in electrodes]
    return fibre_sums(pool, views, fs=fs, speeds=speeds)


def fibre_sums(pool, views, *, fs, speeds=(1.0,), fine_hz=8000.0):
    """Sum the fibres of every unit, given how each electrode sees a current along them.

    Parameters
    ----------
    pool : Pool
        The muscle.
    views : sequence of callables
        One for each electrode. ``view(minus_z_mm, members)`` gets places along the fibres, shape (n, m), *with their
        sign reversed*, for the n fibres in the slice `members`. It returns, in the same shape and in millivolt per mm
        per microampere, the slope of the potential that a unit current there makes at the electrode; the slope is
        taken along the distance from current to electrode.
    fs : float, hertz
        Sampling rate.
    speeds : sequence of float, no unit
        Factors on the conduction velocity.
    fine_hz : float, hertz
        Fibres are computed at this rate or above, then low-passed and thinned out to `fs`.

    Returns
    -------
    MuapBank

    Raises
    ------
    ValueError
        If the rate or a factor makes no sense.

    References
    ----------
    FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    To an electrode that sees the same slope everywhere, the two waves cancel on fibres of equal arms:

    >>> from emgtut.acquire import motor_unit_pool
    >>> pool = motor_unit_pool(np.random.default_rng(0), n_units=4, tendon_spread_mm=0.0, fibre_spread_mm=0.0,
    ...                        endplate_spread_mm=0.0)
    >>> bank = fibre_sums(pool, [lambda minus_z_mm, members: np.ones_like(minus_z_mm)], fs=2000)
    >>> bool(np.abs(bank.waveforms).max() < 1e-9)
    True
    """
    fs, speeds = _check_rates(fs, speeds)
    fibres, factor = pool.fibres, int(np.ceil(fine_hz / fs))
    longest = np.maximum(fibres.right_mm, fibres.left_mm) + TAIL_MM
    span_ms = np.max(longest / (fibres.velocity * speeds.min()) + fibres.delay_ms)
    n_lead, n_samples = int(np.ceil(LEAD_S * fs)), int(np.ceil((span_ms * 1e-3 + 2 * LEAD_S) * fs))
    n_fine = n_samples * factor
    gain = _anti_alias(n_fine, factor) * np.exp(-2j * np.pi * np.fft.rfftfreq(n_fine) * n_lead * factor)
    out = np.zeros((len(views), len(speeds), pool.n_units, n_samples))
    for start in range(0, fibres.unit.size, BATCH):
        members = slice(start, start + BATCH)
        owners, first = np.unique(fibres.unit[members], return_index=True)
        for row, view in enumerate(views):
            for column, speed in enumerate(speeds):
                spectra = _fibre_spectra(fibres, members, view, speed, factor * fs, n_fine)
                summed = np.add.reduceat(spectra, first, axis=0) * gain
                out[row, column, owners] += np.fft.irfft(summed, n_fine, axis=-1)[:, ::factor]
    return MuapBank(out, fs, n_lead, speeds)


def _check_rates(fs, speeds):
    fs, speeds = check_fs(fs), np.atleast_1d(np.asarray(speeds, dtype=float))
    if fs < 200:
        raise ValueError(f"fs is {fs:g} Hz, but surface EMG reaches to about 400 Hz: use 1000 Hz, never below 200.")
    if speeds.ndim != 1 or speeds.size == 0 or not (np.isfinite(speeds).all() and speeds.min() >= 0.2):
        raise ValueError(f"speeds is {speeds}, but each must be a factor of at least 0.2 on the conduction velocity.")
    return fs, speeds


def _fibre_spectra(fibres, members, view, speed, rate, n_fine):
    """Spectra of the fibres' potentials, shape (n_members, n_fine // 2 + 1), in millivolts."""
    velocity = fibres.velocity[members, None] * speed
    step = velocity * 1e3 / rate
    travelled = step * np.arange(n_fine)
    endplate = -fibres.endplate_mm[members, None]
    heard = view(endplate + travelled, members) * _inside(fibres.left_mm[members, None], travelled, step)
    heard -= view(endplate - travelled, members) * _inside(fibres.right_mm[members, None], travelled, step)
    # Both waves have the same shape in time, so one convolution serves both directions.
    potential = np.fft.rfft(heard, axis=-1) * np.fft.rfft(action_potential_slope(travelled), axis=-1)
    strength = INTRACELLULAR * np.pi * fibres.radius_mm[members] ** 2 * fibres.weight[members]
    late = np.exp(-2j * np.pi * np.fft.rfftfreq(n_fine, 1e3 / rate) * fibres.delay_ms[members, None])
    return potential * late * (strength[:, None] * step)


def _inside(length, travelled, step):
    """One on the fibre, zero beyond its tendon, a fraction on the last step; half on the first (trapezoid rule)."""
    weight = np.clip((length - travelled) / step + 0.5, 0.0, 1.0)
    weight[:, 0] *= 0.5
    return weight


def _anti_alias(n_fine, factor):
    """Raised-cosine low-pass from 90 % to 100 % of half the final rate; a no-op when nothing is thinned out."""
    nyquist = 0.5 / factor
    place = (np.fft.rfftfreq(n_fine) / nyquist - 0.9) / 0.1
    return 0.5 + 0.5 * np.cos(np.pi * np.clip(place, 0.0, 1.0))


def _frequencies_along():
    """Spatial frequencies of the table, in radians per millimetre."""
    return 2 * np.pi / PERIOD_MM * np.arange(1, int(KZ_MAX * PERIOD_MM / (2 * np.pi)))


def _across(pool, x_mm):
    """What an electrode at `x_mm` across the fibres sees of each, shape (n_fibres, n_frequencies)."""
    fibres = pool.fibres
    place = {"x_mm": fibres.x_mm - x_mm, "depth_mm": fibres.depth_mm}
    return across_fibres(_frequencies_along(), **place, tissue=pool.tissue)


def _surface_view(pool, electrode, across):
    """Table of the potential's slope along z for every fibre, looked up by place."""
    n_table = round(PERIOD_MM / STEP_MM)
    kz = _frequencies_along()
    spectrum = np.zeros((pool.fibres.unit.size, n_table // 2 + 1), dtype=complex)
    spectrum[:, 1 : kz.size + 1] = across * (1j * kz * electrode.response(kz))
    table = np.fft.irfft(spectrum, n_table, axis=-1) / STEP_MM

    def view(minus_z_mm, members):
        place = (minus_z_mm + electrode.z_mm) / STEP_MM
        whole = np.floor(place)
        share, index = place - whole, whole.astype(np.int64) % n_table
        rows = np.arange(table.shape[0])[members, None]
        return (1 - share) * table[rows, index] + share * table[rows, (index + 1) % n_table]

    return view
