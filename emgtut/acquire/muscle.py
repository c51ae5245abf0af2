"""The muscle simulator: drive in, surface EMG out, and with it everything that is hidden in a real recording."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from emgtut.acquire.discharge import check_drive, discharge_times
from emgtut.acquire.electrode import Electrode
from emgtut.acquire.fatigue import speed_steps
from emgtut.acquire.muap import MuapBank, muap_bank
from emgtut.acquire.pool import Pool
from emgtut.acquire.population import random_electrode, random_pool
from emgtut.acquire.superpose import superpose
from emgtut.acquire.twitch import muscle_force
from emgtut.signals import check_fs, check_rng

__all__ = ["Simulation", "simulate"]


@dataclass(frozen=True)
class Simulation:
    """Surface EMG with its ground truth.

    With one muscle, `discharges`, `muaps` and `pool` are that muscle's own; with several, they are tuples, one entry
    for each muscle.

    Parameters
    ----------
    emg : ndarray, shape (n_samples,) or (n_electrodes, n_samples), millivolts
        The signal: one row for each electrode, no leading axis for a single :class:`Electrode`.
    by_muscle : ndarray, shape (n_muscles, n_electrodes, n_samples), millivolts
        What each muscle adds to each electrode: they sum to `emg`. Off the muscle under test this is crosstalk.
    discharges : tuple of ndarray, each shape (n_discharges,), seconds
        Discharge times of each motor unit.
    muaps : MuapBank
        The potential that each unit lays down at each discharge, in millivolts.
    drive : ndarray, shape (n_samples,) or (n_muscles, n_samples), no unit
        The drive that was asked for.
    fs : float, hertz
        Sampling rate.
    pool : Pool
        The muscle that was simulated.
    units : str
        "mV": the model's amplitude follows from conductivities and fibre counts. It is of the right order, not
        calibrated against any one person.

    References
    ----------
    Fuglevand1993, FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> result = simulate(np.full(2000, 0.3), fs=1000, seed=0)
    >>> result.emg.shape, result.force.shape, result.units
    ((2000,), (2000,), 'mV')
    """

    emg: np.ndarray
    by_muscle: np.ndarray
    discharges: tuple
    muaps: MuapBank | tuple
    drive: np.ndarray
    fs: float
    pool: Pool | tuple
    units: str = "mV"

    @cached_property
    def force(self):
        """Force of each muscle, shaped like `drive`, as a fraction of its mean force at full drive."""
        n_samples = self.drive.shape[-1]
        if isinstance(self.pool, Pool):
            return muscle_force(self.pool, self.discharges, n_samples, fs=self.fs)
        pairs = zip(self.pool, self.discharges)
        return np.stack([muscle_force(pool, times, n_samples, fs=self.fs) for pool, times in pairs])


def simulate(
    drive, *, fs, rng=None, seed=None, pool=None, electrode=None, muaps=None, velocity_factor=None, method="auto"
):
    """Simulate the surface EMG of one muscle or several.

    Motor units fire as the drive asks; every discharge lays the unit's potential down at every electrode; all adds up.
    The signal is the muscle's alone: no noise, no filter but the anti-alias one, no heart, no mains.

    Parameters
    ----------
    drive : array_like, shape (n_samples,) or (n_muscles, n_samples), no unit
        How hard each muscle works, between 0 and 1.
    fs : float, hertz
        Sampling rate of drive and EMG, at least 200.
    rng : numpy.random.Generator, optional
        Source of randomness; give it or `seed`.
    seed : int, optional
        Shorthand for ``numpy.random.default_rng(seed)``.
    pool : Pool or sequence of Pool, optional
        The muscle, or one for each row of the drive; a random one for each by default (:func:`random_pool`).
    electrode : Electrode or sequence of Electrode, optional
        Where the EMG is taken; a random one by default (:func:`random_electrode`).
    muaps : MuapBank or sequence of MuapBank, optional
        Potentials computed before with :func:`muap_bank` for this pool, these electrodes and this rate; simulating
        many drives is then fast.
    velocity_factor : array_like, shape (n_samples,), no unit, optional
        Factor on all conduction velocities over time, as from :func:`slowing`: fatigue.
    method : {"auto", "loop", "numba", "fft"}
        How potentials are added up; see :func:`superpose`.

    Returns
    -------
    Simulation
        Discharges are kept to full precision; their potentials start at the nearest sample.

    Raises
    ------
    ValueError
        If a drive leaves 0 to 1, shapes do not fit together, or neither `rng` nor `seed` is given.

    References
    ----------
    Fuglevand1993, FarinaRainoldi1999, FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    The same seed gives the same muscle and the same signal, and a stronger drive a larger one:

    >>> weak = simulate(np.full(3000, 0.1), fs=1000, seed=1).emg
    >>> strong = simulate(np.full(3000, 0.6), fs=1000, seed=1).emg
    >>> bool(strong.std() > 2 * weak.std())
    True
    """
    rng, fs = _generator(rng, seed), check_fs(fs)
    drives, single_muscle = _drives(drive)
    pools = _one_for_each(pool, Pool, drives.shape[0], "pool") or [random_pool(rng) for _ in drives]
    electrodes = _electrodes(electrode, muaps, rng)
    speeds, index = (np.ones(1), None) if velocity_factor is None else speed_steps(velocity_factor)
    if index is not None and index.size != drives.shape[-1]:
        raise ValueError(f"velocity_factor has {index.size} samples, but the drive has {drives.shape[-1]}.")
    banks = _one_for_each(muaps, MuapBank, len(pools), "muaps")
    banks = banks or [muap_bank(one, electrodes, fs=fs, speeds=speeds) for one in pools]
    for one, bank in zip(pools, banks):
        _check_bank(bank, one, fs, len(speeds), electrodes)

    trains = [discharge_times(one, row, fs=fs, rng=rng) for one, row in zip(pools, drives)]
    parts = np.stack([_lay_down(bank, times, drives.shape[-1], index, method) for bank, times in zip(banks, trains)])
    emg = parts[0] if len(pools) == 1 else parts.sum(axis=0)
    if electrode is None or isinstance(electrode, Electrode):
        emg = emg[0] if emg.shape[0] == 1 else emg
    if single_muscle:
        return Simulation(emg, parts, trains[0], banks[0], drives[0], fs, pools[0])
    return Simulation(emg, parts, tuple(trains), tuple(banks), drives, fs, tuple(pools))


def _generator(rng, seed):
    if (rng is None) == (seed is None):
        raise ValueError("Give either rng=numpy.random.default_rng(...) or seed=a whole number, and not both.")
    return check_rng(rng) if seed is None else np.random.default_rng(seed)


def _drives(drive):
    rows = np.asarray(drive)
    if rows.ndim not in (1, 2) or rows.size == 0:
        raise ValueError(f"The drive has shape {rows.shape}, but it must be (n_samples,) or (n_muscles, n_samples).")
    return np.stack([check_drive(row) for row in np.atleast_2d(rows)]), rows.ndim == 1


def _one_for_each(given, kind, count, name):
    """The given things as a list of `count`, or None."""
    if given is None:
        return None
    things = [given] if isinstance(given, kind) else list(given)
    if len(things) != count or not all(isinstance(thing, kind) for thing in things):
        raise ValueError(f"{name} must hold one {kind.__name__} for each of the {count} muscles in the drive.")
    return things


def _electrodes(electrode, muaps, rng):
    """The electrodes as a list; None when ready-made potentials already say where they are."""
    if electrode is None:
        return None if muaps is not None else [random_electrode(rng)]
    electrodes = [electrode] if isinstance(electrode, Electrode) else list(electrode)
    if not electrodes or not all(isinstance(one, Electrode) for one in electrodes):
        raise ValueError("electrode must be an Electrode or a non-empty sequence of them.")
    return electrodes


def _check_bank(bank, pool, fs, n_speeds, electrodes):
    n_electrodes, n_bank_speeds, n_units, _ = bank.waveforms.shape
    if bank.fs != fs or n_units != pool.n_units or n_bank_speeds != n_speeds:
        raise ValueError(
            f"These muaps are for {n_units} units at {bank.fs:g} Hz with {n_bank_speeds} velocity factors, but "
            f"{pool.n_units} units, {fs:g} Hz and {n_speeds} are wanted: build them with muap_bank for this pool."
        )
    if electrodes is not None and len(electrodes) != n_electrodes:
        raise ValueError(f"These muaps are for {n_electrodes} electrodes, but {len(electrodes)} are given.")


def _lay_down(bank, times, n_samples, index, method):
    """EMG of one muscle at every electrode, shape (n_electrodes, n_samples)."""
    units = np.repeat(np.arange(len(times)), [one.size for one in times])
    samples = np.minimum(np.rint(np.concatenate(times) * bank.fs).astype(np.int64), n_samples - 1)
    rows = units if index is None else index[samples] * len(times) + units
    waveforms = bank.waveforms.reshape(bank.waveforms.shape[0], -1, bank.waveforms.shape[-1])
    return np.stack([superpose(samples, rows, one, n_samples, lead=bank.lead, method=method) for one in waveforms])
