"""People differ: a muscle and an electrode drawn at random for each recording.

The ranges are plausible settings, not measurements of anybody. They were narrowed on recordings of people, training
subjects only, until median spectrum and kurtosis came close. `results/simulator_realism.csv` says how close, on people
the tuning did not use as well; `benchmarks/realism.py` makes that table again.
"""

import numpy as np

from emgtut.acquire.electrode import Electrode
from emgtut.acquire.pool import motor_unit_pool
from emgtut.acquire.volume import Tissue
from emgtut.signals import check_rng

__all__ = ["RANGES", "random_electrode", "random_pool"]

RANGES = {
    "n_units": (60, 200),
    "fat_mm": (1.0, 15.0),
    "width_mm": (15.0, 35.0),
    "thickness_mm": (8.0, 30.0),
    "half_length_mm": (18.0, 40.0),
    "endplate_mm": (-25.0, -5.0),
    "endplate_spread_mm": (3.0, 10.0),
    "fibre_spread_mm": (0.5, 3.0),
    "tendon_spread_mm": (1.0, 5.0),
    "velocity": (3.3, 4.6),
    "common_input": (0.1, 0.3),
    "spacing_mm": (20.0, 40.0),
    "length_mm": (3.0, 8.0),
    "x_mm": (-12.0, 12.0),
}


def random_pool(rng, *, x_mm=0.0, **fixed):
    """A muscle with random physiology: number of units, fat, size, fibre length, innervation zone, velocity.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    x_mm : float, millimetres
        Where the middle of the muscle lies across the fibres.
    **fixed
        Settings of :func:`motor_unit_pool` that shall not be random.

    Returns
    -------
    Pool

    Raises
    ------
    ValueError
        If a fixed setting makes no sense.

    References
    ----------
    Fuglevand1993, Petersen2019

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> first, second = random_pool(rng), random_pool(rng)
    >>> first.n_units == second.n_units, bool(first.tissue.fat_mm == second.tissue.fat_mm)
    (False, False)
    """
    rng = check_rng(rng)
    draw = {name: rng.uniform(*limits) for name, limits in RANGES.items()}
    halves = rng.uniform(*RANGES["half_length_mm"], 2)
    settings = {
        "n_units": round(draw["n_units"]),
        "tissue": Tissue(fat_mm=np.exp(rng.uniform(*np.log(RANGES["fat_mm"])))),
        "muscle_mm": (draw["width_mm"], draw["thickness_mm"]),
        "half_lengths_mm": (halves[0], halves[1]),
        "velocity": (draw["velocity"] - 0.3, draw["velocity"] + 0.3),
    }
    for name in ("endplate_mm", "endplate_spread_mm", "fibre_spread_mm", "tendon_spread_mm", "common_input"):
        settings[name] = draw[name]
    return motor_unit_pool(rng, x_mm=x_mm, **{**settings, **fixed})


def random_electrode(rng, **fixed):
    """A bipolar electrode as it happens to be placed: spacing, length, and distance from the muscle's middle.

    Parameters
    ----------
    rng : numpy.random.Generator
        Source of randomness.
    **fixed
        Settings of :class:`Electrode` that shall not be random.

    Returns
    -------
    Electrode

    Raises
    ------
    ValueError
        If a fixed setting makes no sense.

    References
    ----------
    Hermens2000

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> random_electrode(np.random.default_rng(0), spacing_mm=20.0).spacing_mm
    20.0
    """
    rng = check_rng(rng)
    settings = {name: rng.uniform(*RANGES[name]) for name in ("spacing_mm", "length_mm", "x_mm")}
    return Electrode(**{**settings, **fixed})
