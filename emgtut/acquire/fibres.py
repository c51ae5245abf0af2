"""The fibres of a muscle: where each lies, where it begins to fire, how far it runs and how fast it conducts.

Distances are in millimetres: z along the fibres with 0 under the electrode, x across them with 0 in the middle of the
muscle, depth counted downwards from the muscle's surface.
"""

from dataclasses import dataclass

import numpy as np

__all__ = ["Fibres"]


@dataclass(frozen=True)
class Fibres:
    """Where the fibres lie. Each entry is a *sub-fibre*: a sample that stands for `weight` real ones.

    Parameters
    ----------
    unit : ndarray of int, shape (n_fibres,)
        Number of the motor unit that owns the fibre, rising.
    x_mm, depth_mm : ndarray, shape (n_fibres,), millimetres
        Place across the muscle.
    endplate_mm : ndarray, shape (n_fibres,), millimetres
        Where along z the action potential starts.
    right_mm, left_mm : ndarray, shape (n_fibres,), millimetres
        Distance from the end plate to the tendon on either side, above zero.
    velocity : ndarray, shape (n_fibres,), metres per second
        Conduction velocity, the same number in millimetres per millisecond.
    radius_mm : ndarray, shape (n_fibres,), millimetres
        Fibre radius.
    delay_ms : ndarray, shape (n_fibres,), milliseconds
        How long after the unit's discharge this fibre starts.
    weight : ndarray, shape (n_fibres,), no unit
        Number of real fibres it stands for.

    References
    ----------
    Fuglevand1993, Petersen2019

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> from emgtut.acquire import motor_unit_pool
    >>> fibres = motor_unit_pool(np.random.default_rng(0), n_units=5, sub_fibres=4).fibres
    >>> fibres.unit
    array([0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4])
    """

    unit: np.ndarray
    x_mm: np.ndarray
    depth_mm: np.ndarray
    endplate_mm: np.ndarray
    right_mm: np.ndarray
    left_mm: np.ndarray
    velocity: np.ndarray
    radius_mm: np.ndarray
    delay_ms: np.ndarray
    weight: np.ndarray
