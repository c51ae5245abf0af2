"""Mirrored extrema and cubic splines, compiled: the envelopes for `sifting_numba`.

Every sum is taken in the order in which SciPy and LAPACK take it, so that two neighbouring samples that are equal there
are equal here: a plateau decides where an extremum lies.
"""

import numba
import numpy as np

from emgtut.denoise.sifting import MIRRORED

__all__ = ["envelopes"]

_compiled = numba.njit(cache=True, nogil=True)


@_compiled
def envelopes(x, places, n_max, n_min, points, system, upper, lower):
    """Write both envelopes of `x`; say whether all maxima are >= 0 and all minima <= 0."""
    maxima, minima = places[0, :n_max], places[1, :n_min]
    left = _mirror(x, maxima, minima, maxima[0] < minima[0], False)
    right = _mirror(x, maxima, minima, maxima[n_max - 1] > minima[n_min - 1], True)
    n_top = _points(x, maxima, 0, left, right, points[0])
    n_bottom = _points(x, minima, 1, left, right, points[1])
    fits = np.min(points[0, 1, :n_top]) >= 0.0 and np.max(points[1, 1, :n_bottom]) <= 0.0
    _set_up_spline(points[0], n_top, system, 0)
    _set_up_spline(points[1], n_bottom, system, 1)
    longer = max(n_top, n_bottom)
    _pad(system, n_top, longer, 0)
    _pad(system, n_bottom, longer, 1)
    _solve_both(system, longer)
    for kind, n_points, out in ((0, n_top, upper), (1, n_bottom, lower)):
        if n_points == 3:
            _through_three(points[kind, 0], points[kind, 1], out)
        else:
            _evaluate(points[kind], n_points, system[3, :, kind], out)
    return fits


@_compiled
def _points(x, inside, kind, left, right, points):
    """Write places and heights of the mirrored and the inner extrema into the first two rows; return how many."""
    at, height = points[0], points[1]
    count = 0
    for k in range(left[2][kind] - 1, -1, -1):
        count = _add(at, height, count, -left[0][kind, k], x[left[1][kind, k]])
    count = _add(at, height, count, inside[0], x[inside[0]])
    for k in range(1, inside.size):
        at[count + k - 1], height[count + k - 1] = inside[k], x[inside[k]]
    count += inside.size - 1
    for k in range(right[2][kind]):
        count = _add(at, height, count, x.size - 1 + right[0][kind, k], x[right[1][kind, k]])
    return count


@_compiled
def _add(at, height, count, place, value):
    """Append a point; one at the same place as the last takes its seat."""
    if count and at[count - 1] == place:
        count -= 1
    at[count], height[count] = place, value
    return count + 1


@_compiled
def _mirror(x, maxima, minima, first_is_top, from_end):
    """As `sifting._mirrored`: for maxima and minima, distances beyond the end, samples whose height they take, counts.

    `from_end` reads the signal backwards.
    """
    near = maxima if first_is_top else minima
    far = minima if first_is_top else maxima
    row_near, row_far = (0, 1) if first_is_top else (1, 0)
    distance, source = np.empty((2, MIRRORED), np.int64), np.empty((2, MIRRORED), np.int64)
    counts = np.zeros(2, np.int64)
    edge, far_height = x[_from(x.size, 0, from_end)], x[far[_from(far.size, 0, from_end)]]
    first = _inward(near, 0, x.size, from_end)
    mirror, skip_near, sample_counts = 0, 0, True
    if (edge > far_height) if first_is_top else (edge < far_height):
        sample_counts = False
        skip_near = 1 if near.size > 1 else 0
        mirror = first
        last_near = _inward(near, min(near.size - 1, skip_near + MIRRORED - 1), x.size, from_end)
        last_far = _inward(far, min(far.size, MIRRORED) - 1, x.size, from_end)
        if min(last_near, last_far) < 2 * mirror:
            mirror, skip_near = 0, 0
    for k in range(min(near.size - skip_near, MIRRORED)):
        place = _inward(near, skip_near + k, x.size, from_end)
        distance[row_near, k], source[row_near, k] = place - 2 * mirror, _from(x.size, place, from_end)
        counts[row_near] += 1
    taken = 0
    if sample_counts:
        distance[row_far, 0], source[row_far, 0] = 0, _from(x.size, 0, from_end)
        taken = 1
    for k in range(min(far.size, MIRRORED - taken)):
        place = _inward(far, k, x.size, from_end)
        distance[row_far, taken + k] = place - 2 * mirror
        source[row_far, taken + k] = _from(x.size, place, from_end)
    counts[row_far] = taken + min(far.size, MIRRORED - taken)
    return distance, source, counts


@_compiled
def _from(size, k, from_end):
    return size - 1 - k if from_end else k


@_compiled
def _inward(places, k, n, from_end):
    """Distance of the k-th place from the end that is looked at."""
    return n - 1 - places[places.size - 1 - k] if from_end else places[k]


@_compiled
def _set_up_spline(points, m, system, kind):
    """Equations for the slopes at `m` points: not-a-knot ends, natural ones for three points or fewer."""
    at, height, dx, slope = points[0], points[1], points[2], points[3]
    below, main, above, s = system[0, :, kind], system[1, :, kind], system[2, :, kind], system[3, :, kind]
    for k in range(m - 1):
        dx[k] = at[k + 1] - at[k]
        slope[k] = (height[k + 1] - height[k]) / dx[k]
    for k in range(1, m - 1):
        below[k - 1], main[k], above[k] = dx[k], 2 * (dx[k - 1] + dx[k]), dx[k - 1]
        s[k] = 3 * (dx[k] * slope[k - 1] + dx[k - 1] * slope[k])
    if m > 3:
        d = at[2] - at[0]
        main[0], above[0] = dx[1], d
        s[0] = ((dx[0] + 2 * d) * dx[1] * slope[0] + dx[0] ** 2 * slope[1]) / d
        d = at[m - 1] - at[m - 3]
        main[m - 1], below[m - 2] = dx[m - 3], d
        s[m - 1] = (dx[m - 2] ** 2 * slope[m - 3] + (2 * d + dx[m - 2]) * dx[m - 3] * slope[m - 2]) / d
    else:
        main[0], above[0], s[0] = 2 * dx[0], dx[0], 3 * (height[1] - height[0])
        main[m - 1], below[m - 2] = 2 * dx[m - 2], dx[m - 2]
        s[m - 1] = 3 * (height[m - 1] - height[m - 2])


@_compiled
def _pad(system, m, m_padded, kind):
    """Give the shorter system equations that say zero, so that both have the same length."""
    for k in range(m, m_padded):
        system[0, k - 1, kind], system[1, k, kind], system[2, k - 1, kind], system[3, k, kind] = 0.0, 1.0, 0.0, 0.0


@_compiled
def _solve_both(system, m):
    """Solve both tridiagonal systems side by side: each step of one waits for its last, so they fill each other's gaps.

    Gaussian elimination with row exchange, in the order of LAPACK's gtsv; the solutions replace the right-hand sides.
    """
    main, above, s = system[1], system[2], system[3]
    row_0, row_1 = (main[0, 0], above[0, 0], s[0, 0]), (main[0, 1], above[0, 1], s[0, 1])
    for k in range(m - 1):
        row_0 = _eliminate(system, k, 0, row_0)
        row_1 = _eliminate(system, k, 1, row_1)
    main[m - 1, 0], main[m - 1, 1] = row_0[0], row_1[0]
    near_0, near_1 = row_0[2] / row_0[0], row_1[2] / row_1[0]
    s[m - 1, 0], s[m - 1, 1] = near_0, near_1
    far_0, far_1 = 0.0, 0.0
    for k in range(m - 2, -1, -1):
        near_0, far_0 = _substitute(system, k, 0, near_0, far_0, k < m - 2), near_0
        near_1, far_1 = _substitute(system, k, 1, near_1, far_1, k < m - 2), near_1


@_compiled
def _eliminate(system, k, c, row):
    """Finish row k, given as (diagonal, what is right of it, right-hand side), and return the next row."""
    below, next_main, next_above, next_s = (
        system[0, k, c],
        system[1, k + 1, c],
        system[2, k + 1, c],
        system[3, k + 1, c],
    )
    if abs(row[0]) >= abs(below):
        factor = below / row[0]
        system[1, k, c], system[2, k, c], system[3, k, c], system[4, k, c] = row[0], row[1], row[2], 0.0
        return next_main - factor * row[1], next_above, next_s - factor * row[2]
    factor = row[0] / below
    system[1, k, c], system[2, k, c], system[3, k, c], system[4, k, c] = below, next_main, next_s, next_above
    return row[1] - factor * next_main, -factor * next_above, row[2] - factor * next_s


@_compiled
def _substitute(system, k, c, near, far, reaches_far):
    """Slope at point k from those at the next two points."""
    value = system[3, k, c] - system[2, k, c] * near
    if reaches_far:
        value -= system[4, k, c] * far
    value /= system[1, k, c]
    system[3, k, c] = value
    return value


@_compiled
def _evaluate(points, m, s, out):
    """Write the spline at every sample, each power of the time since the last point added in turn, as SciPy does."""
    at, height, dx, slope, cubic, square = points[0], points[1], points[2], points[3], points[4], points[5]
    n = out.size
    for k in range(m - 1):
        bend = (s[k] + s[k + 1] - 2 * slope[k]) / dx[k]
        cubic[k] = bend / dx[k]
        square[k] = (slope[k] - s[k]) / dx[k] - bend
    for k in range(m - 1):
        start = max(0, int(at[k]))
        stop = n if k == m - 2 else min(n, int(at[k + 1]))
        for i in range(start, stop):
            t = i - at[k]
            power = t * t
            out[i] = height[k] + s[k] * t + square[k] * power + cubic[k] * (power * t)


@_compiled
def _through_three(at, height, out):
    """The natural cubic through three points, as `sifting._through_three`."""
    h1, h2 = at[1] - at[0], at[2] - at[1]
    rise1, rise2 = height[1] - height[0], height[2] - height[1]
    r1, r2 = 1.0 / h1, 1.0 / h2
    matrix = np.array([[2 * r1, r1, 0.0], [r1, 2.0 * (r1 + r2), r2], [0.0, r2, 2.0 * r2]])
    v1, v3 = 3 * rise1 * r1 * r1, 3 * rise2 * r2 * r2
    k = np.linalg.solve(matrix, np.array([v1, v1 + v3, v3]))
    a1, b1 = k[0] * h1 - rise1, -k[1] * h1 + rise1
    a2, b2 = k[1] * h2 - rise2, -k[2] * h2 + rise2
    for i in range(out.size):
        if i < at[1]:
            t = (i - at[0]) / h1
            u = 1.0 - t
            out[i] = u * height[0] + t * height[1] + t * u * (a1 * u + b1 * t)
        else:
            t = (i - at[1]) / h2
            u = 1.0 - t
            out[i] = u * height[1] + t * height[2] + t * u * (a2 * u + b2 * t)
