"""Analog stages as circuits: from resistors and capacitors to a pair of polynomials in s.

The same stage gives the transfer function and, discretised, what comes out when a voltage goes in.
"""

from dataclasses import dataclass

import numpy as np
from scipy import signal

from emgtut.signals import check_fs, validate

__all__ = ["Stage", "gain_stage", "multiple_feedback", "sallen_key", "wide_bandpass"]


@dataclass(frozen=True)
class Stage:
    """A linear analog stage, with the output range of its amplifier.

    Parameters
    ----------
    name : str
    num, den : tuple of float
        Polynomials in s, highest power first; the same ones for any sampling rate.
    limit_volt : tuple of float, volt
        Lowest and highest output.
    offset_volt : float, volt
        Constant added to the output (a level shift).

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> low_pass = Stage("RC", (1.0,), (1e-3, 1.0))           # 1 ms time constant
    >>> round(float(abs(low_pass.response(1000 / (2 * np.pi)))), 3)
    0.707
    """

    name: str
    num: tuple
    den: tuple
    limit_volt: tuple = (-np.inf, np.inf)
    offset_volt: float = 0.0

    def response(self, freq_hz):
        """Complex gain.

        Parameters
        ----------
        freq_hz : array_like (...,), hertz

        Returns
        -------
        numpy.ndarray (...,), complex, volt per volt

        Lesson
        ------
        03 The signal path

        Examples
        --------
        >>> complex(gain_stage(10).response(50.0))
        (10+0j)
        """
        s = 2j * np.pi * np.asarray(freq_hz, dtype=float)
        return np.polyval(self.num, s) / np.polyval(self.den, s)

    def apply(self, volt, *, fs):
        """Pass a voltage through the stage, clipping at its output range.

        The stage has been on for long: it starts at rest at the level of the first sample, so that a constant
        offset makes no start transient.

        Parameters
        ----------
        volt : array_like (..., n_samples), volt
        fs : float, hertz
            High against the frequencies of interest: the bilinear transform bends the axis by
            ``(pi f / fs)**2 / 3``, 0.1 % at ``f = fs / 57``.

        Returns
        -------
        numpy.ndarray (..., n_samples), volt

        Raises
        ------
        ValueError
            If the input is not a finite voltage or `fs` not positive.

        Lesson
        ------
        03 The signal path

        Examples
        --------
        >>> gain_stage(10, limit_volt=(-1, 1)).apply(np.array([0.01, 0.5]), fs=1000)
        array([0.1, 1. ])
        """
        volt = validate(volt, name="volt")
        b, a = signal.bilinear(self.num, self.den, fs=check_fs(fs))
        if len(a) == 1:
            out = volt * (b[0] / a[0])
        else:
            sos = signal.tf2sos(b, a)
            rest = signal.sosfilt_zi(sos).reshape((len(sos), *(1,) * (volt.ndim - 1), 2)) * volt[..., :1]
            out, _ = signal.sosfilt(sos, volt, axis=-1, zi=rest)
        return np.clip(out + self.offset_volt, *self.limit_volt)


def make_stage(name, num, den, **limits):
    """Stage with plain floats for coefficients."""
    return Stage(name, tuple(map(float, num)), tuple(map(float, den)), **limits)


def gain_stage(gain, *, offset_volt=0.0, limit_volt=(-np.inf, np.inf)):
    """Plain amplification with a level shift, for the stage before the converter.

    Parameters
    ----------
    gain : float, volt per volt
    offset_volt : float, volt
    limit_volt : tuple of float, volt

    Returns
    -------
    Stage
        A stage with no dynamics.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> gain_stage(25, offset_volt=1.5, limit_volt=(0, 3)).apply(np.array([0.0, 0.1]), fs=1000)
    array([1.5, 3. ])
    """
    return make_stage("gain", [gain], [1], offset_volt=offset_volt, limit_volt=limit_volt)


def wide_bandpass(r1, c1, r2, c2, **limits):
    """Inverting amplifier with one pole on each side: the form that gives a wide band *and* gain.

    Parameters
    ----------
    r1, c1 : float, ohm and farad
        In series at the input; they set the lower edge.
    r2, c2 : float, ohm and farad
        In parallel around the amplifier; they set the upper edge.
    **limits
        `limit_volt`, `offset_volt` of :class:`Stage`, in volt.

    Returns
    -------
    Stage
        Mid-band gain close to ``-r2/r1``.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> stage = wide_bandpass(8060, 1e-6, 80600, 3.9e-9)
    >>> [round(float(abs(stage.response(f))), 2) for f in (19.75, 100.0, 506.3)]   # -3 dB, middle, -3 dB
    [7.07, 9.62, 7.07]
    """
    return make_stage("band-pass", [-r2 * c1, 0], np.polymul([r1 * c1, 1], [r2 * c2, 1]), **limits)


def multiple_feedback(r1, r2, r3, c, **limits):
    """Multiple-feedback band-pass: narrow by nature. Its gain is at most ``2 Q**2``, so a wide EMG band has none.

    Parameters
    ----------
    r1, r2, r3 : float, ohm
        Input, to ground, and feedback.
    c : float, farad
        Both capacitors.
    **limits
        As in :class:`Stage`, in volt.

    Returns
    -------
    Stage
        Centre gain ``-r3 / (2 r1)``.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> stage = multiple_feedback(10e3, 10e3, 100e3, 100e-9)
    >>> centre = np.sqrt((1 / 10e3 + 1 / 10e3) / 100e3) / (2 * np.pi * 100e-9)
    >>> round(float(stage.response(centre).real), 3)
    -5.0
    """
    den = [1, 2 / (r3 * c), (1 / r1 + 1 / r2) / (r3 * c**2)]
    return make_stage("multiple feedback", [-1 / (r1 * c), 0], den, **limits)


def sallen_key(r1, r2, c1, c2, *, kind, **limits):
    """Unity-gain Sallen-Key section of second order.

    Parameters
    ----------
    r1, r2 : float, ohm
    c1, c2 : float, farad
        Low-pass: `c1` goes to the output, `c2` to ground. High-pass: `r1` goes to the output, `r2` to ground.
    kind : {"lowpass", "highpass"}
    **limits
        As in :class:`Stage`, in volt.

    Returns
    -------
    Stage
        Gain 1 in the pass band.

    Raises
    ------
    ValueError
        If `kind` is neither.

    Lesson
    ------
    03 The signal path

    Examples
    --------
    >>> stage = sallen_key(10e3, 10e3, 2e-9, 1e-9, kind="lowpass")        # Q = 0.7071, Butterworth
    >>> f0 = 1 / (2 * np.pi * np.sqrt(1e8 * 2e-18))
    >>> round(float(abs(stage.response(f0))), 4)
    0.7071
    """
    root = np.sqrt(r1 * r2 * c1 * c2)
    if kind == "lowpass":
        quality, num = root / (c2 * (r1 + r2)), [1 / root**2]
    elif kind == "highpass":
        quality, num = root / (r1 * (c1 + c2)), [1, 0, 0]
    else:
        raise ValueError(f"kind must be 'lowpass' or 'highpass', got {kind!r}.")
    return make_stage(f"Sallen-Key {kind}", num, [1, 1 / (root * quality), 1 / root**2], **limits)
