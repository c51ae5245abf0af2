"""Many mixtures at once: every window at every SNR, in blocks that stay in the processor's cache.

The energies of a block are summed once for all levels. The rest is one multiplication and one addition per sample, by
NumPy or, where it is installed, by a loop that Numba compiles. Both give the same numbers to the last bit.
"""

import functools
import importlib.util

import numpy as np

from emgtut.signals import check_count

__all__ = ["mix_batch"]

METHODS = ("auto", "numba", "numpy")
LANES = 256  # partial sums of an energy: both methods add in this one order, so that they agree to the last bit


def mix_batch(clean, noise, snr_db, *, block=16, method="auto", out=None):
    """Mix each clean window with its noise at every SNR, block by block.

    Memory is bounded by the block: without `out` one buffer is filled again for each block, so use a block, or copy it,
    before asking for the next. With `out` everything is kept there.

    Parameters
    ----------
    clean : ndarray, shape (n_windows, n_samples), any unit
        Clean windows, floating point, none silent. A memory-mapped file will do.
    noise : ndarray, shape (n_windows, n_samples), any unit
        Noise for each window, in the same floating dtype, none silent.
    snr_db : array_like, shape (n_levels,), dB
        Wanted levels.
    block : int
        Windows per block.
    method : {"auto", "numba", "numpy"}
        "auto" takes Numba where it is installed.
    out : ndarray, shape (n_levels, n_windows, n_samples), unit of the clean windows, optional
        Where to keep the mixtures.

    Yields
    ------
    first : int
        Index of the first window of the block.
    noisy : ndarray, shape (n_levels, n_in_block, n_samples), unit of the clean windows
        Its mixtures.

    Returns
    -------
    iterator of (int, ndarray)
        Blocks with shape (n_levels, n_in_block, n_samples) in the unit of the clean windows, as yielded.

    Raises
    ------
    ValueError
        If shapes or dtypes do not fit, a window is silent or not finite, or Numba is asked for and missing.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> clean, noise = rng.standard_normal((2, 5, 100))
    >>> for first, noisy in mix_batch(clean, noise, [-10, 0], block=4):
    ...     print(first, noisy.shape)
    0 (2, 4, 100)
    4 (2, 1, 100)

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean, noise = np.asarray(clean), np.asarray(noise)
    levels = np.atleast_1d(np.asarray(snr_db, dtype=np.float64))
    block = check_count(block, name="block")
    _check(clean, noise, levels, out)
    ratios = (10.0 ** (-levels / 20.0)).astype(clean.dtype)
    return _blocks(clean, noise, ratios, block, _kernel(method), out)


def _blocks(clean, noise, ratios, block, mix, out):
    n_windows, n_samples = clean.shape
    block = min(block, n_windows)
    buffer = np.empty((ratios.size, block, n_samples), clean.dtype) if out is None else None
    even = np.empty((block, n_samples), clean.dtype)  # noise as strong as its window: 0 dB
    squares = np.zeros((block, -(-n_samples // LANES), LANES))
    for first in range(0, n_windows, block):
        c, n = np.ascontiguousarray(clean[first : first + block]), np.ascontiguousarray(noise[first : first + block])
        noisy = out[:, first : first + block] if buffer is None else buffer[:, : len(c)]
        bad = mix(c, n, ratios, noisy, even[: len(c)], squares[: len(c)])
        if bad >= 0:
            raise ValueError(
                f"Window {first + bad // 2} of {('clean', 'noise')[bad % 2]} is silent or not finite, so no gain "
                "reaches the wanted SNR: leave it out."
            )
        yield first, noisy


def _check(clean, noise, levels, out):
    if clean.ndim != 2 or clean.shape != noise.shape or clean.size == 0:
        raise ValueError(
            f"clean has shape {clean.shape} and noise {noise.shape}, but both must be (n_windows, n_samples): reshape "
            "them."
        )
    if clean.dtype != noise.dtype or clean.dtype not in (np.float32, np.float64):
        raise ValueError(
            f"clean is {clean.dtype} and noise {noise.dtype}, but both must be float32 or both float64: convert them."
        )
    if levels.ndim != 1 or levels.size == 0 or not np.all(np.isfinite(levels)):
        raise ValueError("snr_db must list finite levels in dB: pass for example [-10, 0, 10].")
    if out is not None and (out.shape != (levels.size, *clean.shape) or out.dtype != clean.dtype):
        raise ValueError(
            f"out has shape {out.shape} and dtype {out.dtype}, but {(levels.size, *clean.shape)} and {clean.dtype} are "
            "needed: make it with numpy.empty."
        )


def _kernel(method):
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, but it must be one of {', '.join(METHODS)}: choose one of these.")
    here = importlib.util.find_spec("numba") is not None
    if method == "numba" and not here:
        raise ValueError("method is 'numba', but Numba is not installed: install the extra 'fast', or pass 'numpy'.")
    return _compiled() if here and method != "numpy" else _mix


def _mix(clean, noise, ratios, noisy, even, squares):
    """Fill one block. Returns -1, or twice the index of the first bad window, plus one if its noise is at fault."""
    own, other = _energies(clean, squares), _energies(noise, squares)
    bad = [~((e > 0) & (e < np.inf)) for e in (own, other)]
    if np.any(bad):
        return int(np.flatnonzero(np.transpose(bad))[0])
    np.multiply(noise, np.sqrt(own / other).astype(clean.dtype)[:, None], out=even)
    for level, ratio in enumerate(ratios):  # one number times the block into place, then the addition
        np.multiply(even, ratio, out=noisy[level])
        noisy[level] += clean
    return -1


def _energies(x, squares):
    """Energy of each window in float64: every 256th sample to the same lane, then lane by lane, in this order."""
    squares.reshape(len(x), -1)[:, : x.shape[-1]] = x
    np.square(squares, out=squares)
    return np.cumsum(squares.sum(axis=1), axis=-1)[:, -1]


@functools.cache
def _compiled():
    import numba

    @numba.njit
    def energy(row, lanes):
        lanes[:] = 0.0
        whole = row.size // LANES * LANES
        for start in range(0, whole, LANES):
            for lane in range(LANES):
                value = np.float64(row[start + lane])
                lanes[lane] += value * value
        for lane in range(row.size - whole):
            value = np.float64(row[whole + lane])
            lanes[lane] += value * value
        total = 0.0
        for lane in range(LANES):
            total += lanes[lane]
        return total

    @numba.njit
    def mix(clean, noise, ratios, noisy, even, squares):
        lanes = np.empty(LANES)
        for window in range(clean.shape[0]):
            own, other = energy(clean[window], lanes), energy(noise[window], lanes)
            if not 0.0 < own < np.inf:
                return 2 * window
            if not 0.0 < other < np.inf:
                return 2 * window + 1
            gain = clean.dtype.type(np.sqrt(own / other))
            scaled = even[0]  # one row, which stays in the nearest cache
            for i in range(clean.shape[1]):
                scaled[i] = gain * noise[window, i]
            for level in range(ratios.size):
                ratio, row = ratios[level], noisy[level, window]
                for i in range(clean.shape[1]):
                    row[i] = clean[window, i] + ratio * scaled[i]
        return -1

    return mix
