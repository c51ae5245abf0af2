"""Laying a potential down at every discharge and adding up: from spikes to an interference pattern.

Three ways that give the same numbers. `loop` is plain NumPy, one slice per discharge. `numba` is the same loop,
compiled. `fft` convolves each unit's spike train with its potential; it shows that superposition *is* convolution.
"""

import functools
import importlib.util

import numpy as np
from scipy.signal import fftconvolve

__all__ = ["superpose"]

METHODS = ("auto", "loop", "numba", "fft")
PAYS_AFTER = 500_000  # discharges that the loop lays down in the time of one compilation
_looped = [0]  # discharges that "auto" gave to the loop in this process


def superpose(samples, rows, waveforms, n_samples, *, lead=0, method="auto"):
    """Add waveforms at given samples.

    Parameters
    ----------
    samples : ndarray of int, shape (n_discharges,), samples
        Where each discharge lies, from 0 to `n_samples` - 1.
    rows : ndarray of int, shape (n_discharges,), index
        Which waveform each discharge lays down.
    waveforms : ndarray, shape (n_waveforms, n_waveform_samples), any unit
        The potentials.
    n_samples : int, samples
        Length of the result; what hangs over either end is cut off.
    lead : int, samples
        Sample of the waveform that falls on the discharge.
    method : {"auto", "loop", "numba", "fft"}
        How. "auto" takes the loop until it has cost about as much as compiling, then numba where it is installed: these
        two agree to the last bit.

    Returns
    -------
    ndarray, shape (n_samples,), unit of the waveforms
        The sum.

    Raises
    ------
    ValueError
        If the method is unknown, or a discharge lies outside the signal or names no waveform.

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    >>> superpose(np.array([1, 2]), np.array([0, 0]), np.array([[1.0, 10.0]]), 5)
    array([ 0.,  1., 11., 10.,  0.])
    """
    if method not in METHODS:
        raise ValueError(f"method is {method!r}, but it must be one of {', '.join(METHODS)}.")
    samples, rows = np.asarray(samples, dtype=np.int64), np.asarray(rows, dtype=np.int64)
    waveforms = np.ascontiguousarray(waveforms, dtype=np.float64)
    _check_places(samples, rows, n_samples, len(waveforms))
    if not 0 <= lead <= waveforms.shape[-1]:
        raise ValueError(f"lead is {lead}, but it must lie within the {waveforms.shape[-1]} samples of a waveform.")
    if method == "auto":
        _looped[0] += samples.size
        method = "numba" if _looped[0] > PAYS_AFTER and importlib.util.find_spec("numba") else "loop"
    out = np.zeros(n_samples + waveforms.shape[-1])
    if method == "fft":
        _by_convolution(samples, rows, waveforms, out)
    elif method == "numba":
        _compiled()(samples, rows, waveforms, out)
    else:
        width, pieces = waveforms.shape[-1], list(waveforms)
        for start, row in zip(samples.tolist(), rows.tolist()):
            out[start : start + width] += pieces[row]
    return out[lead : lead + n_samples]


def _check_places(samples, rows, n_samples, n_waveforms):
    if samples.shape != rows.shape or samples.ndim != 1:
        raise ValueError(f"samples {samples.shape} and rows {rows.shape} must be two lists of the same length.")
    if samples.size and not (samples.min() >= 0 and samples.max() < n_samples):
        raise ValueError(f"Samples run from {samples.min()} to {samples.max()}, outside 0 to {n_samples - 1}.")
    if rows.size and not (rows.min() >= 0 and rows.max() < n_waveforms):
        raise ValueError(f"Rows run from {rows.min()} to {rows.max()}, but there are {n_waveforms} waveforms.")


def _by_convolution(samples, rows, waveforms, out):
    for row in np.unique(rows):
        train = np.bincount(samples[rows == row], minlength=out.size - waveforms.shape[-1]).astype(float)
        out[:-1] += fftconvolve(train, waveforms[row])


@functools.cache
def _compiled():
    """The loop, compiled on first use; numba stays out of memory until then."""
    import numba

    @numba.njit(cache=False)
    def add(samples, rows, waveforms, out):
        width = waveforms.shape[1]
        for index in range(samples.size):
            start, row = samples[index], rows[index]
            for k in range(width):
                out[start + k] += waveforms[row, k]

    return add
