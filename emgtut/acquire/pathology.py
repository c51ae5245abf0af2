"""Sick muscles: a pool after nerve damage, and a pool after muscle damage.

Nerve damage (neurogenic): motor neurons die, survivors adopt orphaned fibres. Fewer, larger, more dispersed units.
Muscle damage (myopathic): fibres die in every unit, the rest vary in thickness and speed. Small, ragged units.
Limits: the textbook's *short* myopathic potential does not come out, neither on the skin nor at the needle: slower
fibres stretch what fewer fibres would shorten. Small and ragged does come out.
"""

from dataclasses import replace

import numpy as np

from emgtut.acquire.fibres import Fibres
from emgtut.signals import check_rng

__all__ = ["myopathic", "neurogenic"]


def neurogenic(pool, rng, *, lost=0.6, adopted=2.5, endplate_sd_mm=1.5, latency_sd_ms=0.5):
    """The pool after some of its motor neurons died and the others sprouted.

    Parameters
    ----------
    pool : Pool
        The healthy muscle.
    rng : numpy.random.Generator
        Source of randomness: who dies, and how the sprouts scatter.
    lost : float, fraction
        Motor units that die, from 0 to below 1.
    adopted : float, no unit
        Factor on the fibres, and on the twitch force, of each survivor.
    endplate_sd_mm : float, millimetres
        Extra standard deviation of the end plates' places.
    latency_sd_ms : float, milliseconds
        Spread of the extra delay in thin new nerve sprouts; delays are half-normal.

    Returns
    -------
    Pool
        Survivors in their old order of recruitment.

    Raises
    ------
    ValueError
        If a fraction or a factor makes no sense.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool
    >>> rng = np.random.default_rng(0)
    >>> neurogenic(motor_unit_pool(rng, n_units=100), rng).n_units
    40
    """
    rng = check_rng(rng)
    if not 0 <= lost < 1 or round(pool.n_units * (1 - lost)) < 2:
        raise ValueError(f"lost is {lost}, but it must be a fraction from 0 that leaves at least two units.")
    if not (adopted >= 1 and endplate_sd_mm >= 0 and latency_sd_ms >= 0):
        raise ValueError("adopted must be at least 1, endplate_sd_mm and latency_sd_ms zero or more.")
    alive = np.sort(rng.choice(pool.n_units, round(pool.n_units * (1 - lost)), replace=False))
    fibres = _of_units(pool.fibres, alive)
    count = fibres.unit.size
    shift = endplate_sd_mm * rng.standard_normal(count)
    # An end plate moves; the tendons stay where they are.
    shift = np.clip(shift, 5.0 - fibres.left_mm, fibres.right_mm - 5.0)
    fibres = replace(
        fibres,
        endplate_mm=fibres.endplate_mm + shift,
        right_mm=fibres.right_mm - shift,
        left_mm=fibres.left_mm + shift,
        delay_ms=fibres.delay_ms + np.abs(latency_sd_ms * rng.standard_normal(count)),
        weight=fibres.weight * adopted,
    )
    return replace(
        pool, threshold=pool.threshold[alive], peak_rate=pool.peak_rate[alive], twitch_s=pool.twitch_s[alive],
        twitch_force=pool.twitch_force[alive] * adopted, territory_mm=pool.territory_mm[alive], fibres=fibres,
    )  # fmt: skip


def myopathic(pool, rng, *, kept=0.4, velocity=3.4, velocity_sd=0.3):
    """The pool after muscle fibres died in every unit.

    Parameters
    ----------
    pool : Pool
        The healthy muscle.
    rng : numpy.random.Generator
        Source of randomness: the speed of each fibre left.
    kept : float, fraction
        Fibres, and twitch force, left in each unit; above 0, at most 1.
    velocity, velocity_sd : float, metres per second
        Mean and standard deviation of the fibres' conduction velocity.

    Returns
    -------
    Pool
        As many units as before, each smaller and more ragged.

    Raises
    ------
    ValueError
        If a fraction or a velocity makes no sense.

    References
    ----------
    Fuglevand1993

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool
    >>> rng = np.random.default_rng(0)
    >>> healthy = motor_unit_pool(rng)
    >>> sick = myopathic(healthy, rng)
    >>> bool(np.isclose(sick.fibres.weight.sum(), 0.4 * healthy.fibres.weight.sum()))
    True
    """
    rng = check_rng(rng)
    if not 0 < kept <= 1:
        raise ValueError(f"kept is {kept}, but it must be a fraction above 0 and at most 1.")
    if not (velocity > 0 and velocity_sd >= 0):
        raise ValueError(f"velocity={velocity} must be above zero and velocity_sd={velocity_sd} zero or more.")
    fibres = pool.fibres
    # Fibres die one by one. The sub-fibres that are left stand for the survivors around them.
    n_kept = max(2, round(fibres.unit.size / pool.n_units * kept))
    order = np.lexsort((rng.random(fibres.unit.size), fibres.unit))
    starts = np.searchsorted(fibres.unit, np.arange(pool.n_units))
    left = np.sort(np.concatenate([order[start : start + n_kept] for start in starts]))
    survivors = Fibres(**{name: getattr(fibres, name)[left] for name in Fibres.__dataclass_fields__})
    total = np.bincount(fibres.unit, fibres.weight, pool.n_units) * kept
    share = total / np.bincount(survivors.unit, survivors.weight, pool.n_units)
    speed = np.clip(velocity + velocity_sd * rng.standard_normal(left.size), 1.5, 7.0)
    survivors = replace(survivors, weight=survivors.weight * share[survivors.unit], velocity=speed)
    return replace(pool, fibres=survivors, twitch_force=pool.twitch_force * kept)


def _of_units(fibres, units):
    """The fibres of the given units, whose numbers then run from zero."""
    here = np.isin(fibres.unit, units)
    chosen = Fibres(**{name: getattr(fibres, name)[here] for name in Fibres.__dataclass_fields__})
    return replace(chosen, unit=np.searchsorted(units, chosen.unit))
