"""The mains notch: the ideal one, and the twin-T that real resistors and capacitors make of it."""

import numpy as np

from emgtut.acquire.stages import make_stage
from emgtut.signals import check_fs

__all__ = ["notch", "twin_t_response"]


def notch(freq_hz, *, bootstrap=0.0, **limits):
    """Ideal twin-T notch; feeding part of its buffered output back to its legs sharpens it.

    Parameters
    ----------
    freq_hz : float, hertz
    bootstrap : float, dimensionless
        Fraction k fed back, 0 to below 1; the quality is ``Q = 1 / (4 (1 - k))``.
    **limits
        As in :class:`Stage`, in volt.

    Returns
    -------
    Stage
        With zero gain at `freq_hz`.

    Raises
    ------
    ValueError
        If `bootstrap` is outside 0 to 1.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    The sharper the notch, the less it forgives: 1 % off the mains, and

    >>> [round(float(-20 * np.log10(abs(notch(50.5, bootstrap=k).response(50.0))))) for k in (0, 0.9, 0.975)]
    [46, 26, 14]
    """
    if not 0 <= bootstrap < 1:
        raise ValueError(f"bootstrap must be at least 0 and below 1, got {bootstrap}.")
    w0 = 2 * np.pi * check_fs(freq_hz, name="freq_hz")
    return make_stage("notch", [1, 0, w0**2], [1, 4 * (1 - bootstrap) * w0, w0**2], **limits)


def twin_t_response(freq_hz, *, resistors, capacitors, bootstrap=0.0):
    """Twin-T with parts as they come out of the drawer, by nodal analysis.

    Parameters
    ----------
    freq_hz : array_like (...,), hertz
        Above zero.
    resistors : sequence of three array_like (...,), ohm
        Two in series and the one to the leg (ideally half of them).
    capacitors : sequence of three array_like (...,), in units of farad
        Two in series and the one to the leg (ideally twice them).
    bootstrap : array_like (...,), dimensionless
        Fraction of the buffered output that drives both legs.

    Returns
    -------
    numpy.ndarray (...,), complex, volt per volt
        Frequencies and parts are broadcast against each other.

    Raises
    ------
    ValueError
        If a frequency or a part is not positive.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> r, c = 31831.0, 100e-9                                           # 50 Hz
    >>> perfect = twin_t_response(50.0, resistors=(r, r, r / 2), capacitors=(c, c, 2 * c))
    >>> real = twin_t_response(50.0, resistors=(r, 1.01 * r, r / 2), capacitors=(c, c, 2.02 * c))
    >>> bool(abs(perfect) < 1e-4 < abs(real))                             # 1 % parts: the notch has a floor
    True
    """
    freq, *parts, k = np.broadcast_arrays(freq_hz, *resistors, *capacitors, bootstrap)
    if np.any(np.stack([freq, *parts]) <= 0):
        raise ValueError("freq_hz, resistors and capacitors must all be positive.")
    s = 2j * np.pi * freq
    g1, g2, g_leg = (1 / r for r in parts[:3])
    y1, y2, y_leg = (s * c for c in parts[3:])
    zero = np.zeros_like(s)
    # Unknown: the middle of the resistive tee, the middle of the capacitive tee, and the output, which a perfect
    # buffer reads. Each leg returns to k times the output.
    rows = [
        [g1 + g2 + y_leg, zero, -g2 - k * y_leg],
        [zero, y1 + y2 + g_leg, -y2 - k * g_leg],
        [-g2, -y2, g2 + y2],
    ]
    matrix = np.stack([np.stack([entry + zero for entry in row], axis=-1) for row in rows], axis=-2)
    source = np.stack([g1 + zero, y1, zero], axis=-1)
    return np.linalg.solve(matrix, source[..., None])[..., 2, 0]
