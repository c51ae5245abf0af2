"""A needle in the muscle: a few fibres within a couple of millimetres, heard one by one.

Skin electrodes hear thousands of fibres through fat and skin. A needle's tip lies between the fibres: no layers, no
blur, and what is three millimetres away hardly counts. Here the muscle is endless and the tip is a monopolar needle
against a far reference; a concentric needle subtracts its own cannula, which this model leaves out.
"""

import numpy as np

from emgtut.acquire.fibres import Fibres
from emgtut.acquire.muap import MuapBank, fibre_sums
from emgtut.acquire.pool import Pool
from emgtut.signals import check_fs, check_rng

__all__ = ["needle_bank", "needle_gradient"]

FINE_HZ = 64_000.0  # a fibre 0.15 mm away is heard for less than a tenth of a millisecond


def needle_gradient(distance_z_mm, *, distance_mm, tissue):
    """Slope, along the fibre, of the potential that a unit current in endless muscle makes.

    The potential is ``1 / (4 pi s sqrt(a r^2 + z^2))`` with s the conductivity across and a the ratio along/across.

    Parameters
    ----------
    distance_z_mm : array_like, shape (...,), millimetres
        Distance along the fibre from the current to the needle.
    distance_mm : array_like, shape (...,), millimetres
        Distance r of fibre and needle, across the fibres, above zero; it broadcasts.
    tissue : Tissue
        Only its two muscle conductivities count.

    Returns
    -------
    ndarray, shape (...,), millivolt per mm per microampere

    Raises
    ------
    ValueError
        If a distance across is not above zero.

    References
    ----------
    FarinaMerletti2001

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.acquire import Tissue
    >>> needle_gradient(np.array([-1.0, 1.0]), distance_mm=0.5, tissue=Tissue()).round(3)
    array([ 0.236, -0.236])
    """
    z, across = np.asarray(distance_z_mm, dtype=float), np.asarray(distance_mm, dtype=float)
    if np.any(across <= 0):
        raise ValueError("A fibre cannot pass through the needle: give every distance_mm above zero.")
    squared = tissue.anisotropy * across**2 + z**2
    return -z / (4 * np.pi * tissue.muscle_across * squared * np.sqrt(squared))


def needle_bank(pool, rng, *, fs, x_mm=0.0, depth_mm=8.0, z_mm=0.0, reach_mm=2.5, tip_mm=0.15):
    """Potentials of every unit at a needle's tip, to be given to :func:`simulate` as `muaps`.

    The surface model's sub-fibres are too few to stand for single fibres at close range. So real fibres are drawn
    around the tip: each unit has as many per square millimetre as its territory holds, and each takes its end plate,
    length, speed and delay from one of the unit's sub-fibres.

    Parameters
    ----------
    pool : Pool
        The muscle, healthy or not.
    rng : numpy.random.Generator
        Source of randomness: where single fibres lie.
    fs : float, hertz
        Sampling rate; needles are recorded at 4000 Hz and above.
    x_mm, depth_mm, z_mm : float, millimetres
        Place of the tip across the fibres, below the muscle's surface, and along the fibres.
    reach_mm : float, millimetres
        Fibres further away are left out.
    tip_mm : float, millimetres
        Size of the tip: no fibre is nearer than this.

    Returns
    -------
    MuapBank
        One electrode, in millivolts; units without a fibre near the tip are silent.

    Raises
    ------
    ValueError
        If the tip is not inside the muscle or the reach not beyond the tip's size.

    References
    ----------
    FarinaMerletti2001

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool, simulate
    >>> rng = np.random.default_rng(0)
    >>> pool = motor_unit_pool(rng)
    >>> needle = needle_bank(pool, rng, fs=10_000)
    >>> simulate(np.full(10_000, 0.1), fs=10_000, rng=rng, pool=pool, muaps=needle).emg.shape
    (10000,)
    """
    rng = check_rng(rng)
    if not (depth_mm > 0 and np.isfinite([x_mm, depth_mm, z_mm]).all()):
        raise ValueError(f"The tip lies at depth_mm={depth_mm}, but it must be inside the muscle, below zero depth.")
    if not 0 < tip_mm < reach_mm:
        raise ValueError(f"tip_mm={tip_mm} must be above zero and below reach_mm={reach_mm}.")
    _check_inside(pool.fibres, x_mm, depth_mm, reach_mm)
    fibres = _near_fibres(pool, rng, x_mm, depth_mm, reach_mm)
    if fibres.unit.size == 0:  # a spot without living fibres is silent; that happens in a sick muscle
        return MuapBank(np.zeros((1, 1, pool.n_units, 1)), check_fs(fs), 0, np.ones(1))
    across = np.maximum(np.hypot(fibres.x_mm - x_mm, fibres.depth_mm - depth_mm), tip_mm)

    def view(minus_z_mm, members):
        return needle_gradient(minus_z_mm + z_mm, distance_mm=across[members, None], tissue=pool.tissue)

    near = Pool(
        pool.threshold, pool.peak_rate, pool.twitch_force, pool.twitch_s, fibres, pool.territory_mm, pool.tissue,
        pool.min_rate, pool.rate_gain, pool.isi_cv, pool.common_input,
    )  # fmt: skip
    return fibre_sums(near, [view], fs=fs, fine_hz=FINE_HZ)


def _check_inside(fibres, x_mm, depth_mm, reach_mm):
    low, high, deepest = fibres.x_mm.min() - reach_mm, fibres.x_mm.max() + reach_mm, fibres.depth_mm.max() + reach_mm
    if not (low <= x_mm <= high and depth_mm <= deepest):
        raise ValueError(
            f"The tip at x_mm={x_mm}, depth_mm={depth_mm} lies outside the muscle, which has x from {low:.0f} to "
            f"{high:.0f} mm and depth down to {deepest:.0f} mm: move it in."
        )


def _near_fibres(pool, rng, x_mm, depth_mm, reach_mm):
    centre_x, centre_depth, radius = pool.territory_mm.T
    owned = np.bincount(pool.fibres.unit, pool.fibres.weight, pool.n_units)
    count = rng.poisson(owned * (reach_mm / radius) ** 2)
    unit = np.repeat(np.arange(pool.n_units), count)
    distance, angle = reach_mm * np.sqrt(rng.random(unit.size)), 2 * np.pi * rng.random(unit.size)
    x, depth = x_mm + distance * np.cos(angle), depth_mm + distance * np.sin(angle)
    real = (np.hypot(x - centre_x[unit], depth - centre_depth[unit]) <= radius[unit]) & (depth > 0)
    unit, x, depth = unit[real], x[real], depth[real]
    sizes = np.bincount(pool.fibres.unit, minlength=pool.n_units)
    model = (np.cumsum(sizes) - sizes)[unit] + np.floor(rng.random(unit.size) * sizes[unit]).astype(np.int64)
    taken = {name: getattr(pool.fibres, name)[model] for name in Fibres.__dataclass_fields__}
    return Fibres(**{**taken, "unit": unit, "x_mm": x, "depth_mm": depth, "weight": np.ones(unit.size)})
