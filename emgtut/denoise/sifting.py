"""Empirical mode decomposition, the readable way: sift, subtract, repeat.

A signal is taken apart into *intrinsic mode functions*, the fastest first. To get one, the mean of an upper and a lower
envelope is taken off again and again (sifting) until the rest swings evenly about zero. The rules and their constants
are those of the PyEMD package (EMD-signal 1.10, `EMD()` with its defaults), so that the numbers are the same; the
program is our own. Several rules compare with fixed numbers, so the result depends on the unit of the signal: scale it
to unit RMS first.

`sifting_numba` takes the same steps at speed. Both are tested against PyEMD and against each other.
"""

from dataclasses import dataclass

import numpy as np

__all__ = [
    "MIRRORED",
    "Rules",
    "count_zeros",
    "decompose",
    "envelopes",
    "extrema",
    "is_mode",
    "sift_mode",
]

MIRRORED = 2  # extrema of each kind that are mirrored over either end


@dataclass(frozen=True)
class Rules:
    """When sifting stops and when the whole decomposition stops.

    Parameters
    ----------
    svar : float, unit of the signal
        A sift that changes the mode by less energy per range than this is the last.
    std : float
        So is one whose relative change, squared and summed, is less than this (dimensionless).
    energy_ratio : float
        So is one whose change has less than this share of the mode's energy (dimensionless).
    total_power : float, unit of the signal
        Nothing is left when the absolute values of the rest sum to less than this.
    range_thr : float, unit of the signal
        Nothing is left when the rest ranges over less than this.
    max_sifts : int
        Most sifts for one mode, samples of patience (dimensionless).

    Examples
    --------
    >>> Rules().std, Rules(total_power=0.01).total_power
    (0.2, 0.01)

    Lesson
    ------
    13 EMD
    """

    svar: float = 0.001
    std: float = 0.2
    energy_ratio: float = 0.2
    total_power: float = 0.005
    range_thr: float = 0.001
    max_sifts: int = 999


def decompose(x, rules, max_modes):
    """Take a float64 signal apart: rows are its modes, the fastest first, then what is left unless that is zero.

    `max_modes` below one means all. The rows add up to `x`.
    """
    found, total = [], np.zeros_like(x)
    while True:
        mode, n_extrema, is_trend = sift_mode(x - total, rules)
        found.append(mode)
        rest = x - (total + mode)
        ended = np.ptp(rest) < rules.range_thr or np.sum(np.abs(rest)) < rules.total_power
        if is_trend or ended or len(found) == max_modes:
            break
        total = total + mode
    if n_extrema <= 2:
        found.pop()  # the last is no mode; what was found with few extrema on the way stays
    rest = x - sum(found, np.zeros_like(x))
    if not np.allclose(rest, 0):
        found.append(rest)
    return np.array(found).reshape(-1, x.size)


def sift_mode(x, rules):
    """Sift until what is left is a mode; return it, its number of extrema, and whether it is a mere trend."""
    mode = x.copy()
    maxima, minima = extrema(mode)
    for _ in range(rules.max_sifts):
        if maxima.size + minima.size <= 2:
            return mode, maxima.size + minima.size, True
        upper, lower, peaks, valleys = envelopes(mode, maxima, minima)
        before, mode = mode, mode - 0.5 * (upper + lower)
        maxima, minima = extrema(mode)
        balanced = abs(maxima.size + minima.size - count_zeros(mode)) < 2
        if balanced and np.all(peaks >= 0) and np.all(valleys <= 0) and is_mode(mode, before, rules):
            break
    return mode, maxima.size + minima.size, False


def extrema(x):
    """Places of the maxima and of the minima of `x`, in samples.

    A plateau counts once, at its middle. Two oddities of PyEMD are kept: a plateau that begins at the second sample is
    passed over, and what lies before one that begins at the first sample is taken from the end of the signal.
    """
    step = np.diff(x)
    before, after = step[:-1], step[1:]
    turns = before * after < 0
    maxima = np.flatnonzero(turns & (before > 0)) + 1
    minima = np.flatnonzero(turns & (before < 0)) + 1
    if np.all(step):
        return maxima, minima
    flat = np.diff(np.concatenate(([0], step == 0, [0])))
    first, last = np.flatnonzero(flat == 1), np.flatnonzero(flat == -1)
    if first.size and first[0] == 1:
        first, last = first[1:], last[1:]
    if last.size and last[-1] == step.size:
        first, last = first[:-1], last[:-1]
    middle = np.rint((first + last) / 2).astype(int)
    before, after = step[first - 1], step[last]
    maxima = np.sort(np.concatenate((maxima, middle[(before > 0) & (after < 0)])))
    minima = np.sort(np.concatenate((minima, middle[(before < 0) & (after > 0)])))
    return maxima, minima


def envelopes(x, maxima, minima):
    """Cubic splines over the maxima and under the minima of `x`, and the values that they pass through."""
    first_is_top, last_is_top = maxima[0] < minima[0], maxima[-1] > minima[-1]
    add_left = _mirrored(x, maxima, minima, first_is_top)
    end = x.size - 1
    add_right = _mirrored(x[::-1], end - maxima[::-1], end - minima[::-1], last_is_top)
    curves, values = [], []
    for inside, left, right in zip((maxima, minima), add_left, add_right):
        at = np.concatenate((-left[0][::-1], inside, end + right[0]))
        height = np.concatenate((left[1][::-1], x[inside], right[1]))
        distinct = np.append(at[1:] != at[:-1], True)
        curves.append(_spline(at[distinct], height[distinct], x.size))
        values.append(height[distinct])
    return (*curves, *values)


def _mirrored(x, maxima, minima, first_is_top):
    """Extrema beyond the start of `x`: for maxima and for minima, distances from the start and heights.

    The mirror stands at the first extremum, or at the first sample if that is beyond the first extremum of the other
    kind; the sample then counts as an extremum. Where the image at the first extremum would not reach the start, the
    mirror is moved to the first sample.
    """
    near, far = (maxima, minima) if first_is_top else (minima, maxima)
    beyond = x[0] > x[far[0]] if first_is_top else x[0] < x[far[0]]
    mirror = 0
    if beyond:
        take_near, take_far = near[1 : MIRRORED + 1], far[:MIRRORED]
        take_near = take_near if take_near.size else near
        mirror = near[0]
        if min(take_near[-1], take_far[-1]) < 2 * mirror:
            mirror, take_near = 0, near[:MIRRORED]
    else:
        take_near, take_far = near[:MIRRORED], np.append(0, far[: MIRRORED - 1])
    near_points = take_near - 2 * mirror, x[take_near]
    far_points = take_far - 2 * mirror, x[take_far]
    return (near_points, far_points) if first_is_top else (far_points, near_points)


def _spline(at, height, n_samples):
    """The cubic through the points, at every sample; at its ends not-a-knot, or natural through three points or two."""
    from scipy.interpolate import CubicSpline

    if at.size == 3:
        return _through_three(at, height, np.arange(n_samples, dtype=np.float64))
    ends = "not-a-knot" if at.size > 3 else "natural"
    return CubicSpline(at.astype(np.float64), height, bc_type=ends)(np.arange(n_samples, dtype=np.float64))


def _through_three(at, height, t):
    """The natural cubic through three points, shape (3,), at times `t`.

    The curve is SciPy's up to the last digit. That digit can decide whether a slow mode exists, so the slopes are
    solved for, and the pieces added up, in the order in which PyEMD does it.
    """
    (h1, h2), (rise1, rise2) = np.diff(at), np.diff(height)
    r1, r2 = 1.0 / h1, 1.0 / h2
    matrix = np.array([[2 * r1, r1, 0.0], [r1, 2.0 * (r1 + r2), r2], [0.0, r2, 2.0 * r2]])
    v1, v3 = 3 * rise1 * r1 * r1, 3 * rise2 * r2 * r2
    slope = np.linalg.solve(matrix, np.array([v1, v1 + v3, v3]))
    pieces = []
    for k, (h, rise, inside) in enumerate(((h1, rise1, t < at[1]), (h2, rise2, t >= at[1]))):
        a, b = slope[k] * h - rise, -slope[k + 1] * h + rise
        s = (t[inside] - at[k]) / h
        u = 1.0 - s
        pieces.append(u * height[k] + s * height[k + 1] + s * u * (a * u + b * s))
    return np.concatenate(pieces)


def count_zeros(x):
    """How often `x` crosses zero; a run of exact zeros counts once."""
    crossings = np.count_nonzero(x[:-1] * x[1:] < 0)
    zero = np.concatenate(([False], x == 0))
    return crossings + np.count_nonzero(zero[1:] & ~zero[:-1])


def is_mode(new, old, rules):
    """Whether the last sift changed so little that sifting may stop: one of three tests is enough."""
    if np.sum(new**2) < 1e-10:
        return False
    change = new - old
    energy = np.sum(change * change)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = np.sum((change / new) ** 2)
    return bool(
        energy / np.ptp(old) < rules.svar or relative < rules.std or energy / np.sum(old * old) < rules.energy_ratio
    )
