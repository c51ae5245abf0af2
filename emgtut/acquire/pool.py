"""The motor-unit pool: who is recruited when, how fast each unit may fire, how strong it is, and where its fibres lie.

A motor unit is one motor neuron and all fibres it owns. Units are numbered from the first recruited (few fibres, weak)
to the last (many fibres, strong).
"""

from dataclasses import dataclass, field

import numpy as np

from emgtut.acquire.fibres import Fibres
from emgtut.acquire.volume import Tissue
from emgtut.signals import check_count, check_rng

__all__ = ["Pool", "motor_unit_pool"]

TERRITORY_DENSITY = 20.0  # fibres of one unit per square millimetre of its territory


@dataclass(frozen=True)
class Pool:
    """A muscle: its motor units and the tissue around them.

    Parameters
    ----------
    threshold : ndarray, shape (n_units,), no unit
        Excitation at which each unit is recruited, rising.
    peak_rate : ndarray, shape (n_units,), discharges per second
        Fastest rate of each unit.
    twitch_force : ndarray, shape (n_units,), arbitrary units
        Peak force of one twitch; the weakest unit has about 1.
    twitch_s : ndarray, shape (n_units,), seconds
        Contraction time of the twitch.
    fibres : Fibres
        Where the fibres lie.
    territory_mm : ndarray, shape (n_units, 3), millimetres
        Place across (x, depth) and radius of the disc in which each unit's fibres lie.
    tissue : Tissue
        The layers between muscle and electrode.
    min_rate : float, discharges per second
        Rate at recruitment.
    rate_gain : float, discharges per second
        Rise of the rate per unit of excitation.
    isi_cv : float, no unit
        Coefficient of variation of the interval between discharges.
    common_input : float, fraction of the rate
        Standard deviation of a modulation at 15 to 35 Hz that all units share.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> pool = motor_unit_pool(np.random.default_rng(0))
    >>> pool.n_units, bool(np.all(np.diff(pool.threshold) > 0))
    (120, True)
    """

    threshold: np.ndarray
    peak_rate: np.ndarray
    twitch_force: np.ndarray
    twitch_s: np.ndarray
    fibres: Fibres
    territory_mm: np.ndarray
    tissue: Tissue = field(default_factory=Tissue)
    min_rate: float = 8.0
    rate_gain: float = 1.0
    isi_cv: float = 0.2
    common_input: float = 0.0

    @property
    def n_units(self):
        """Number of motor units."""
        return len(self.threshold)

    @property
    def max_excitation(self):
        """Excitation at which the last unit reaches its peak rate: a drive of one."""
        return float(np.max(self.threshold + (self.peak_rate - self.min_rate) / self.rate_gain))

    def rates(self, drive):
        """Discharge rate of every unit at a drive.

        Parameters
        ----------
        drive : array_like, shape (n_samples,), no unit
            Between 0 (rest) and 1 (everything the muscle can do).

        Returns
        -------
        ndarray, shape (n_units, n_samples), discharges per second
            Zero below a unit's threshold, then from `min_rate` up to its `peak_rate`.

        References
        ----------
        Fuglevand1993

        Lesson
        ------
        01 The muscle signal

        Examples
        --------
        >>> pool = motor_unit_pool(np.random.default_rng(0))
        >>> pool.rates(np.array([0.0, 1.0]))[0]
        array([ 0.        , 34.65...])
        """
        excitation = np.asarray(drive, dtype=float) * self.max_excitation
        rate = self.rate_gain * (excitation - self.threshold[:, None])
        asleep = rate < 0
        rate += self.min_rate
        np.minimum(rate, self.peak_rate[:, None], out=rate)
        rate[asleep] = 0.0
        return rate


def motor_unit_pool(
    rng, *, n_units=120, sub_fibres=24, recruitment_range=30.0, force_range=100.0, peak_rates=(35.0, 25.0),
    smallest_unit=25, largest_unit=2725, muscle_mm=(40.0, 20.0), x_mm=0.0, shallowest_mm=0.3, endplate_mm=-30.0,
    endplate_spread_mm=5.0, fibre_spread_mm=1.0, half_lengths_mm=(62.0, 62.0), tendon_spread_mm=3.0,
    velocity=(3.6, 4.4), velocity_sd=0.15, radius_mm=0.023, tissue=None, isi_cv=0.2, common_input=0.0,
):  # fmt: skip
    """Build a pool after Fuglevand's rules and place its fibres at random in a flat block of muscle.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness: places of units and fibres, velocities, end plates, tendons.
    n_units : int
        Number of motor units, at least 2.
    sub_fibres : int
        Sub-fibres that represent each unit. More of them make a smoother action potential.
    recruitment_range : float, no unit
        Threshold of the last unit over that of an ideal unit number zero.
    force_range : float, no unit
        The same ratio for twitch force.
    peak_rates : tuple of float, discharges per second
        Fastest rate of the first and of the last unit.
    smallest_unit, largest_unit : float
        Fibres owned by the first and the last unit.
    muscle_mm : tuple of float, millimetres
        Width across the fibres and thickness of the muscle.
    x_mm : float, millimetres
        Where the middle of the muscle lies across the fibres: for several muscles side by side.
    shallowest_mm : float, millimetres
        No fibre lies nearer to the muscle's surface than this.
    endplate_mm : float, millimetres
        Where the innervation zone lies along z, seen from the electrode.
    endplate_spread_mm, fibre_spread_mm : float, millimetres
        Standard deviation of the end plates' place between units, and between the fibres of one unit.
    half_lengths_mm : tuple of float, millimetres
        Distance from the innervation zone to the tendons towards positive and towards negative z.
    tendon_spread_mm : float, millimetres
        Standard deviation of where the fibres end.
    velocity : tuple of float, metres per second
        Mean conduction velocity of the first and of the last unit.
    velocity_sd : float, metres per second
        Spread of it between units of like size.
    radius_mm : float, millimetres
        Radius of every fibre.
    tissue : Tissue, optional
        The layers; `Tissue()` by default.
    isi_cv : float, no unit
        Coefficient of variation of the interval between discharges, at most 0.3.
    common_input : float, fraction of the rate
        Standard deviation of a modulation of the rates at 15 to 35 Hz that all units share, at most 0.4. It makes
        units fire together a little more often than by chance, which lifts the low end of the spectrum.

    Returns
    -------
    Pool

    Raises
    ------
    ValueError
        If a setting makes no sense.

    References
    ----------
    Fuglevand1993, Petersen2019

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> pool = motor_unit_pool(np.random.default_rng(0), n_units=3, recruitment_range=27.0)
    >>> pool.threshold
    array([ 3.,  9., 27.])
    """
    rng, n_units = check_rng(rng), check_count(n_units, name="n_units", smallest=2)
    sub_fibres = check_count(sub_fibres, name="sub_fibres")
    _check_settings(recruitment_range, force_range, peak_rates, smallest_unit, largest_unit, isi_cv, common_input)
    _check_geometry(muscle_mm, shallowest_mm, half_lengths_mm, velocity, radius_mm)
    size = np.arange(1, n_units + 1) / n_units
    threshold = recruitment_range**size
    twitch_force = force_range**size
    owned = smallest_unit * (largest_unit / smallest_unit) ** ((size - size[0]) / (1 - size[0]))
    # Fuglevand's contraction times: 90 ms for a unit of force one, three times shorter at the strongest.
    twitch_s = 0.090 * twitch_force ** (-np.log(3.0) / np.log(force_range))

    x, depth, territory = _places(rng, owned, sub_fibres, muscle_mm, x_mm, shallowest_mm)
    shape = (n_units, sub_fibres)
    centre = endplate_mm + endplate_spread_mm * rng.standard_normal((n_units, 1))
    endplate = centre + fibre_spread_mm * rng.standard_normal(shape)
    right_tendon = endplate_mm + half_lengths_mm[0] + tendon_spread_mm * rng.standard_normal(shape)
    left_tendon = endplate_mm - half_lengths_mm[1] + tendon_spread_mm * rng.standard_normal(shape)
    speed = velocity[0] + (velocity[1] - velocity[0]) * size + velocity_sd * rng.standard_normal(n_units)
    fibres = Fibres(
        unit=np.repeat(np.arange(n_units), sub_fibres), x_mm=x.ravel(), depth_mm=depth.ravel(),
        endplate_mm=endplate.ravel(), right_mm=np.maximum(right_tendon - endplate, 5.0).ravel(),
        left_mm=np.maximum(endplate - left_tendon, 5.0).ravel(),
        velocity=np.repeat(np.clip(speed, 1.5, 7.0), sub_fibres), radius_mm=np.full(x.size, float(radius_mm)),
        delay_ms=np.zeros(x.size), weight=np.repeat(owned / sub_fibres, sub_fibres),
    )  # fmt: skip
    peak_rate = peak_rates[0] + (peak_rates[1] - peak_rates[0]) * threshold / threshold[-1]
    tissue = Tissue() if tissue is None else tissue
    return Pool(
        threshold,
        peak_rate,
        twitch_force,
        twitch_s,
        fibres,
        territory,
        tissue,
        isi_cv=float(isi_cv),
        common_input=float(common_input),
    )


def _places(rng, owned, sub_fibres, muscle_mm, x_mm, shallowest_mm):
    """Uniform territories in the muscle, uniform fibres in each territory; what falls outside is mirrored back in."""
    width, thickness = muscle_mm
    n_units = len(owned)
    radius = np.sqrt(owned / (np.pi * TERRITORY_DENSITY))[:, None]
    centre_x = width * (rng.random((n_units, 1)) - 0.5)
    centre_depth = shallowest_mm + (thickness - shallowest_mm) * rng.random((n_units, 1))
    distance = radius * np.sqrt(rng.random((n_units, sub_fibres)))
    angle = 2 * np.pi * rng.random((n_units, sub_fibres))
    x = _mirror(centre_x + distance * np.cos(angle), -width / 2, width / 2)
    depth = _mirror(centre_depth + distance * np.sin(angle), shallowest_mm, thickness)
    return x + x_mm, depth, np.concatenate([centre_x + x_mm, centre_depth, radius], axis=-1)


def _mirror(value, low, high):
    span = high - low
    folded = np.mod(value - low, 2 * span)
    return low + np.minimum(folded, 2 * span - folded)


def _check_settings(recruitment_range, force_range, peak_rates, smallest_unit, largest_unit, isi_cv, common_input):
    if not (recruitment_range > 1 and force_range > 1):
        raise ValueError(f"recruitment_range={recruitment_range} and force_range={force_range} must be above one.")
    if not min(peak_rates) >= 8:
        raise ValueError(f"peak_rates={peak_rates} must not be below the rate at recruitment, 8 per second.")
    if not 0 < smallest_unit < largest_unit:
        raise ValueError(f"smallest_unit={smallest_unit} must be above zero and below largest_unit={largest_unit}.")
    if not 0 <= isi_cv <= 0.3:
        raise ValueError(f"isi_cv is {isi_cv}, but it must lie between 0 (clockwork) and 0.3.")
    if not 0 <= common_input <= 0.4:
        raise ValueError(f"common_input is {common_input}, but it must lie between 0 (independent units) and 0.4.")


def _check_geometry(muscle_mm, shallowest_mm, half_lengths_mm, velocity, radius_mm):
    if not (len(muscle_mm) == 2 and muscle_mm[0] > 0 and muscle_mm[1] > shallowest_mm > 0):
        raise ValueError(
            f"muscle_mm={muscle_mm} must be (width, thickness), above zero and shallowest_mm={shallowest_mm}."
        )
    if not (len(half_lengths_mm) == 2 and min(half_lengths_mm) > 0):
        raise ValueError(f"half_lengths_mm={half_lengths_mm} must be two lengths above zero.")
    if not (len(velocity) == 2 and min(velocity) > 0 and radius_mm > 0):
        raise ValueError(f"velocity={velocity} must be two speeds above zero and radius_mm={radius_mm} above zero.")
