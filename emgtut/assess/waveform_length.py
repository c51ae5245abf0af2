"""The hand-crafted features that predicted SNR before QASE-net: how long the line of the signal is, piece by piece.

The heart is slow and the muscle is fast. At equal energy, the more of a signal is heart, the fewer up and down strokes
it has: its waveform length falls with its SNR.
"""

import numpy as np

from emgtut.signals import frames, validate

__all__ = ["N_WINDOWS", "waveform_lengths"]

N_WINDOWS = 50


def waveform_lengths(x):
    """Waveform lengths of 50 equal pieces of each window, after the window is brought to mean 0 and energy 1.

    Inside a piece, the steps from sample to sample are added up; steps across a border of two pieces are not counted.
    Samples left over at the end are not used.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Windows of at least 100 samples that are not constant.

    Returns
    -------
    ndarray, shape (..., 50), dimensionless
        Waveform length of each piece; scaling the window does not change it.

    Raises
    ------
    ValueError
        If a window is too short or constant.

    References
    ----------
    QASENet2024

    Lesson
    ------
    21 QASE-net

    Examples
    --------
    A line that goes up by one step a sample has the same length in every piece:

    >>> waveform_lengths(np.arange(10_000.0)).std().round(12)
    np.float64(0.0)
    """
    x = validate(x, min_samples=2 * N_WINDOWS)
    centred = x - x.mean(axis=-1, keepdims=True)
    size = np.sqrt(np.sum(centred**2, axis=-1, keepdims=True))
    if np.any(size == 0):
        raise ValueError("A window is constant, so it has no waveform length: screen such windows out first.")
    length = x.shape[-1] // N_WINDOWS
    pieces = frames(centred / size, length, length)[..., :N_WINDOWS, :]
    return np.abs(np.diff(pieces, axis=-1)).sum(axis=-1)
