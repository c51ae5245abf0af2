"""The steps of `sifting`, written as plain loops and compiled; import it only where numba is installed.

Work arrays are made once and used again. The compiled code is kept on disk; numba makes it anew when this file changes,
but not when only `envelopes_numba` does: then delete the folder __pycache__.
"""

import dataclasses
import math

import numba
import numpy as np

from emgtut.denoise.envelopes_numba import envelopes
from emgtut.denoise.sifting import MIRRORED

__all__ = ["decompose"]

_compiled = numba.njit(cache=True, nogil=True)
_summed = numba.njit(cache=True, nogil=True, fastmath={"reassoc"})  # sums in any order, which only thresholds see


def decompose(x, rules, max_modes):
    """As `sifting.decompose`: rows are the modes, then what is left."""
    numbers = np.array(dataclasses.astuple(rules), dtype=np.float64)  # in the order of their definition
    return _decompose(np.ascontiguousarray(x, dtype=np.float64), numbers, max_modes)


@_compiled
def _decompose(x, rules, max_modes):
    n = x.size
    found = np.empty((16, n))
    n_found = 0
    total, rest, mode = np.zeros(n), np.empty(n), np.empty(n)
    points, system = np.empty((2, 6, n + 2 * MIRRORED + 2)), np.empty((5, n + 2 * MIRRORED + 2, 2))
    upper, lower, before = np.empty(n), np.empty(n), np.empty(n)
    places = np.empty((3, n + 1), np.int64)
    while True:
        for i in range(n):
            mode[i] = x[i] - total[i]
        n_extrema, is_trend = _sift_mode(mode, rules, points, system, places, upper, lower, before)
        if n_found == found.shape[0]:
            larger = np.empty((2 * n_found, n))
            larger[:n_found] = found
            found = larger
        found[n_found] = mode
        n_found += 1
        low, high, absolute = math.inf, -math.inf, 0.0
        for i in range(n):
            total[i] += mode[i]
            left = x[i] - total[i]
            low, high = min(low, left), max(high, left)
            absolute += abs(left)
        if is_trend or high - low < rules[4] or absolute < rules[3] or n_found == max_modes:
            n_found -= n_extrema <= 2  # the last is no mode; what was found with few extrema on the way stays
            break
    for i in range(n):
        kept = 0.0
        for k in range(n_found):
            kept += found[k, i]
        rest[i] = x[i] - kept
    if np.max(np.abs(rest)) <= 1e-8:  # what numpy.allclose takes for zero
        return found[:n_found].copy()
    rows = np.empty((n_found + 1, n))
    rows[:n_found], rows[n_found] = found[:n_found], rest
    return rows


@_compiled
def _sift_mode(mode, rules, points, system, places, upper, lower, before):
    """Sift `mode` in place; return its number of extrema and whether it is a mere trend."""
    n = mode.size
    n_max, n_min = _extrema(mode, places)
    for _ in range(int(rules[5])):
        if n_max + n_min <= 2:
            return n_max + n_min, True
        fits = envelopes(mode, places, n_max, n_min, points, system, upper, lower)
        for i in range(n):
            before[i] = mode[i]
            mode[i] = mode[i] - 0.5 * (upper[i] + lower[i])
        n_max, n_min = _extrema(mode, places)
        if fits and abs(n_max + n_min - _count_zeros(mode)) < 2 and _is_mode(mode, before, rules):
            break
    return n_max + n_min, False


@_summed
def _is_mode(new, old, rules):
    energy, old_energy, new_energy, low, high = 0.0, 0.0, 0.0, old[0], old[0]
    for i in range(new.size):
        energy += (new[i] - old[i]) ** 2
        old_energy += old[i] * old[i]
        new_energy += new[i] * new[i]
        low, high = min(low, old[i]), max(high, old[i])
    if new_energy < 1e-10:
        return False
    if energy / (high - low) < rules[0] or energy / old_energy < rules[2]:
        return True
    relative = 0.0
    for i in range(new.size):
        if new[i] == 0.0:
            return False  # infinite or not a number
        relative += ((new[i] - old[i]) / new[i]) ** 2
    return relative < rules[1]


@_compiled
def _extrema(x, places):
    """Write the places of maxima and minima into the first two rows of `places`; return how many of each."""
    plateaus = False
    for i in range(x.size - 1):
        plateaus |= x[i] == x[i + 1]
    if plateaus:
        return _extrema_and_plateaus(x, places)
    turns, count = places[2], 0
    rises = x[1] > x[0]
    for i in range(1, x.size - 1):
        now_rises = x[i + 1] > x[i]
        turns[count] = i  # always written; it stays only where the count moves on, so that no branch is needed
        count += now_rises != rises
        rises = now_rises
    first_max = 0 if x[1] > x[0] else 1
    n_max, n_min = (count + 1 - first_max) // 2, (count + first_max) // 2
    places[0, :n_max] = turns[first_max:count:2]
    places[1, :n_min] = turns[1 - first_max : count : 2]
    return n_max, n_min


@_compiled
def _extrema_and_plateaus(x, places):
    """The general case: a plateau counts once, at its middle."""
    n_max, n_min, n = 0, 0, x.size
    i = 1
    before = x[1] - x[0]
    if before == 0.0:  # a plateau at the first sample: what lies before it is taken from the end of the signal
        last = 1
        while last < n - 1 and x[last + 1] == x[last]:
            last += 1
        if last < n - 1:
            wrapped, after = x[n - 1] - x[n - 2], x[last + 1] - x[last]
            n_max, n_min = _turn(wrapped, after, _middle(0, last), places, n_max, n_min)
            before = after
            i = last + 1
        else:
            return 0, 0
    while i < n - 1:
        after = x[i + 1] - x[i]
        if after != 0.0:
            n_max, n_min = _turn(before, after, i, places, n_max, n_min)
            before = after
            i += 1
            continue
        last = i + 1
        while last < n - 1 and x[last + 1] == x[last]:
            last += 1
        if last == n - 1:
            break
        after = x[last + 1] - x[last]
        if i != 1:  # a plateau that begins at the second sample is passed over
            n_max, n_min = _turn(before, after, _middle(i, last), places, n_max, n_min)
        before = after
        i = last + 1
    return n_max, n_min


@_compiled
def _turn(before, after, place, places, n_max, n_min):
    if before > 0.0 and after < 0.0:
        places[0, n_max] = place
        return n_max + 1, n_min
    if before < 0.0 and after > 0.0:
        places[1, n_min] = place
        return n_max, n_min + 1
    return n_max, n_min


@_compiled
def _middle(first, last):
    """Half of the sum, rounded to even."""
    total = first + last
    half = total // 2
    return half + (1 if total % 2 and half % 2 else 0)


@_compiled
def _count_zeros(x):
    count = 1 if x[0] == 0.0 else 0
    for i in range(x.size - 1):
        count += (x[i] * x[i + 1] < 0.0) | ((x[i + 1] == 0.0) & (x[i] != 0.0))
    return count
