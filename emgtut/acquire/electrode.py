"""Surface electrodes as a spatial filter: each averages over its length, a pair subtracts."""

from dataclasses import dataclass

import numpy as np

__all__ = ["Electrode"]

# Place of each bar in units of the spacing, and the sign it enters with.
_TAPS = {
    "monopolar": ((0.0, 1.0),),
    "bipolar": ((0.5, 1.0), (-0.5, -1.0)),
    "double": ((1.0, 1.0), (0.0, -2.0), (-1.0, 1.0)),
}


@dataclass(frozen=True)
class Electrode:
    """Bar electrodes on the skin, in a row along the fibres.

    Parameters
    ----------
    spacing_mm : float, millimetres
        Centre-to-centre distance (IED) of neighbouring bars.
    length_mm : float, millimetres
        Length of each bar along the fibres; zero is a point.
    z_mm, x_mm : float, millimetres
        Place of the row's centre along and across the fibres.
    kind : {"bipolar", "monopolar", "double"}
        One bar against far away, the difference of two, or the double difference of three.

    Raises
    ------
    ValueError
        If a length is negative, the spacing not positive, or the kind unknown.

    References
    ----------
    FarinaMerletti2001

    Lesson
    ------
    01 The muscle signal

    Examples
    --------
    A pair is deaf to a wave exactly as long as its spacing:

    >>> response = Electrode(spacing_mm=20.0, length_mm=0.0).response(np.array([2 * np.pi / 20.0]))
    >>> bool(abs(response[0]) < 1e-12)
    True
    """

    spacing_mm: float = 20.0
    length_mm: float = 5.0
    z_mm: float = 0.0
    x_mm: float = 0.0
    kind: str = "bipolar"

    def __post_init__(self):
        if self.kind not in _TAPS:
            raise ValueError(f"kind is {self.kind!r}, but it must be one of {', '.join(_TAPS)}.")
        if not (self.spacing_mm > 0 and self.length_mm >= 0 and np.isfinite([self.z_mm, self.x_mm]).all()):
            raise ValueError(
                f"spacing_mm={self.spacing_mm} must be above zero, length_mm={self.length_mm} zero or more, "
                f"and the place z={self.z_mm}, x={self.x_mm} finite millimetres."
            )

    def response(self, kz):
        """Factor that the row puts on each spatial frequency.

        Parameters
        ----------
        kz : ndarray, shape (n_kz,), radians per millimetre
            Spatial frequencies along the fibres.

        Returns
        -------
        ndarray of complex, shape (n_kz,), no unit
            ``sinc`` of the bar's length times ``2j sin(kz spacing / 2)`` for a pair.

        References
        ----------
        FarinaMerletti2001

        Lesson
        ------
        01 The muscle signal

        Examples
        --------
        >>> Electrode(spacing_mm=10.0, length_mm=0.0).response(np.array([np.pi / 10.0])).round(6)
        array([0.+2.j])
        """
        kz = np.asarray(kz, dtype=float)
        bar = np.sinc(kz * self.length_mm / (2 * np.pi))
        return bar * sum(sign * np.exp(1j * kz * place * self.spacing_mm) for place, sign in _TAPS[self.kind])
