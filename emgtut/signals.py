"""Ground floor: checks, levels, frames, rates, filters and spectra that every room shares.

Time is the last axis everywhere. Arithmetic runs in float64 and the caller's floating dtype comes back.
"""

from fractions import Fraction

import numpy as np

__all__ = [
    "CausalFilter",
    "butterworth",
    "check_count",
    "check_fs",
    "check_rng",
    "db",
    "energy",
    "filter_causal",
    "filter_zero_phase",
    "frames",
    "from_db",
    "number",
    "power",
    "psd",
    "resample",
    "rms",
    "unit_power",
    "validate",
]

_LARGEST_RATIO = 100_000  # a resampling filter has about 20 taps per step of this ratio
_SETTLED = 1e-4  # a filter has forgotten its start when its slowest part has decayed to this


# ------------------------------------------------------------------------------------------------ checks


def validate(x, *, name="x", min_samples=1):
    """Return `x` as an array, or say in one sentence why it is not a usable signal.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal with time on the last axis.
    name : str
        What to call the signal in the message.
    min_samples : int
        Fewest samples allowed on the last axis.

    Returns
    -------
    ndarray, shape (..., n_samples), same unit
        The same values in the same floating dtype; no copy is made when `x` is an array already.

    Raises
    ------
    ValueError
        If the values are integers, complex, not numbers, empty, too few, NaN or infinite.

    Examples
    --------
    >>> validate([0.5, -0.5]).shape
    (2,)
    >>> validate([1, 2, 3])
    Traceback (most recent call last):
        ...
    ValueError: x holds int64 values, but a signal must be floating point: ...

    Lesson
    ------
    Refresher
    """
    x = np.asarray(x)
    if x.dtype.kind == "c":
        raise ValueError(f"{name} holds complex values, but a signal must be real: pass {name}.real or its magnitude.")
    if x.dtype.kind != "f":
        raise ValueError(
            f"{name} holds {x.dtype} values, but a signal must be floating point: convert it first, "
            f"for example with {name}.astype(float)."
        )
    if x.ndim == 0:
        raise ValueError(f"{name} is a single number, but a signal needs a time axis: pass an array (..., n_samples).")
    if x.size == 0 and (min_samples > 0 or x.shape[-1] > 0):
        raise ValueError(f"{name} is empty (shape {x.shape}), but at least one signal is needed: pass some samples.")
    if x.shape[-1] < min_samples:
        raise ValueError(
            f"{name} has {x.shape[-1]} samples on its last axis, but at least {min_samples} are needed: "
            "pass a longer signal, with time on the last axis."
        )
    if not np.isfinite(x).all():
        raise ValueError(
            f"{name} holds {np.count_nonzero(~np.isfinite(x))} NaN or infinite values, but every sample must be "
            "finite: cut them out or interpolate them first."
        )
    return x


def check_fs(fs, *, name="fs", what="a sampling rate"):
    """Return a sampling rate as a float, or say why it is none.

    Parameters
    ----------
    fs : float
        Sampling rate in hertz.
    name : str
        What to call it in the message.
    what : str
        What kind of frequency it is, for the message.

    Returns
    -------
    float
        The sampling rate in hertz, finite and above zero.

    Raises
    ------
    ValueError
        If `fs` is not a finite number above zero.

    Examples
    --------
    >>> check_fs(1000)
    1000.0
    >>> check_fs(-1000)
    Traceback (most recent call last):
        ...
    ValueError: fs is -1000, but a sampling rate is a finite number of hertz above zero: pass for example fs=1000.

    Lesson
    ------
    Refresher
    """
    if isinstance(fs, bool) or not isinstance(fs, (int, float, np.integer, np.floating)) or not 0 < fs < np.inf:
        raise ValueError(
            f"{name} is {fs!r}, but {what} is a finite number of hertz above zero: "
            f"pass for example {name}={1000 if what == 'a sampling rate' else 40}."
        )
    return float(fs)


def check_count(n, *, name="n_samples", smallest=1):
    """Return a count as an int, or say why it is none.

    Parameters
    ----------
    n : int
        Number of things, for example samples.
    name : str
        What to call it in the message.
    smallest : int
        Smallest count allowed.

    Returns
    -------
    int
        The count.

    Raises
    ------
    ValueError
        If `n` is not a whole number of at least `smallest`.

    Examples
    --------
    >>> check_count(2000)
    2000
    >>> check_count(0.5)
    Traceback (most recent call last):
        ...
    ValueError: n_samples is 0.5, but it must be a whole number of at least 1: pass an int.

    Lesson
    ------
    Refresher
    """
    if isinstance(n, bool) or not isinstance(n, (int, np.integer)) or n < smallest:
        raise ValueError(f"{name} is {n!r}, but it must be a whole number of at least {smallest}: pass an int.")
    return int(n)


def check_rng(rng, *, name="rng"):
    """Return a random generator, or say how to make one.

    Parameters
    ----------
    rng : numpy.random.Generator
        The source of chance; the global NumPy state is never used.
    name : str
        What to call it in the message.

    Returns
    -------
    numpy.random.Generator
        The same generator.

    Raises
    ------
    ValueError
        If `rng` is anything else, a bare seed included.

    Examples
    --------
    >>> check_rng(7)
    Traceback (most recent call last):
        ...
    ValueError: rng is of type int, but a numpy.random.Generator is needed: ...

    Lesson
    ------
    Refresher
    """
    if not isinstance(rng, np.random.Generator):
        raise ValueError(
            f"{name} is of type {type(rng).__name__}, but a numpy.random.Generator is needed: "
            "pass for example numpy.random.default_rng(0)."
        )
    return rng


def number(value):
    """Turn a zero-dimensional result into a plain float and leave arrays alone.

    Parameters
    ----------
    value : ndarray, shape () or (...), any unit
        A result over the leading axes.

    Returns
    -------
    float or ndarray, shape (...), same unit
        A float for one signal, an array for several.

    Examples
    --------
    >>> number(np.array(0.5))
    0.5

    Lesson
    ------
    Refresher
    """
    return float(value) if np.ndim(value) == 0 else value


# ------------------------------------------------------------------------------------------------ levels


def energy(x, axis=-1):
    """Sum of squares, offsets included.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    axis : int
        Axis to sum over, the last by default.

    Returns
    -------
    float or ndarray, shape (...), unit squared
        Energy in unit² · samples.

    Examples
    --------
    >>> energy([3.0, 4.0])
    25.0

    Lesson
    ------
    Refresher
    """
    x = validate(x)
    return number(np.sum(np.square(x, dtype=np.float64), axis=axis))


def power(x, axis=-1):
    """Mean of squares, offsets included.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    axis : int
        Axis to average over, the last by default.

    Returns
    -------
    float or ndarray, shape (...), unit squared
        Power in unit².

    Examples
    --------
    >>> power([3.0, 4.0])
    12.5

    Lesson
    ------
    Refresher
    """
    x = validate(x)
    return number(np.mean(np.square(x, dtype=np.float64), axis=axis))


def rms(x, axis=-1):
    """Root of the mean square, offsets included, for any level a float can hold.

    Very small and very large signals are scaled by a power of two before squaring, which is exact.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    axis : int
        Axis to average over, the last by default.

    Returns
    -------
    float or ndarray, shape (...), same unit
        Root-mean-square value.

    Examples
    --------
    >>> rms([3e-200, -3e-200])
    3e-200

    Lesson
    ------
    Refresher
    """
    x = validate(x).astype(np.float64, copy=False)
    _, exponent = np.frexp(np.max(np.abs(x), axis=axis, keepdims=True))
    mean_square = np.mean(np.square(np.ldexp(x, -exponent)), axis=axis)
    return number(np.ldexp(np.sqrt(mean_square), np.squeeze(exponent, axis=axis)))


def unit_power(x):
    """Remove the mean and scale to power one: the form in which every contaminant is delivered.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal that is not constant.

    Returns
    -------
    ndarray, shape (..., n_samples), dimensionless
        Zero-mean, unit-power copy.

    Raises
    ------
    ValueError
        If the signal is constant, so that nothing is left to scale.

    Examples
    --------
    >>> unit_power([1.0, 3.0])
    array([-1.,  1.])

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    x = validate(x)
    centred = x - np.mean(x, axis=-1, keepdims=True, dtype=np.float64)
    level = np.asarray(rms(centred))[..., None]
    if np.any(level <= 1e-14 * np.max(np.abs(x), axis=-1, keepdims=True)):
        raise ValueError("The signal is constant, so its power cannot be scaled to one: pass a signal that varies.")
    return (centred / level).astype(x.dtype, copy=False)


def db(power_ratio):
    """Convert a ratio of powers or energies to decibels.

    Parameters
    ----------
    power_ratio : float or ndarray, shape (...), dimensionless
        Ratio of two powers, zero or more. For a ratio of amplitudes, square it first.

    Returns
    -------
    float or ndarray, shape (...), dB
        `10·log10(power_ratio)`; a ratio of zero gives minus infinity.

    Raises
    ------
    ValueError
        If a ratio is negative or NaN.

    Examples
    --------
    >>> db(100)
    20.0

    Lesson
    ------
    Refresher
    """
    ratio = np.asarray(power_ratio, dtype=np.float64)
    if not np.all(ratio >= 0):
        raise ValueError("A power ratio is negative or NaN, but power cannot be: pass a ratio of zero or more.")
    with np.errstate(divide="ignore"):
        return number(10.0 * np.log10(ratio))


def from_db(db_value):
    """Convert decibels to a ratio of powers.

    Parameters
    ----------
    db_value : float or ndarray, shape (...), dB
        Level difference.

    Returns
    -------
    float or ndarray, shape (...), dimensionless
        Ratio of powers, `10**(db_value / 10)`.

    Examples
    --------
    >>> from_db(-10)
    0.1

    Lesson
    ------
    Refresher
    """
    return number(10.0 ** (np.asarray(db_value, dtype=np.float64) / 10.0))


# ------------------------------------------------------------------------------------- frames and rates


def frames(x, length, hop):
    """Cut a signal into overlapping windows, without copying it.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    length : int
        Window length in samples.
    hop : int
        Step from one window to the next in samples.

    Returns
    -------
    ndarray, shape (..., n_frames, length), same unit
        Read-only windows; samples after the last whole window are dropped.

    Raises
    ------
    ValueError
        If the signal is shorter than one window.

    Examples
    --------
    >>> frames([1.0, 2.0, 3.0, 4.0, 5.0], length=2, hop=2)
    array([[1., 2.],
           [3., 4.]])

    Lesson
    ------
    Refresher
    """
    length = check_count(length, name="length")
    hop = check_count(hop, name="hop")
    x = validate(x, min_samples=length)
    return np.lib.stride_tricks.sliding_window_view(x, length, axis=-1)[..., ::hop, :]


def resample(x, *, fs, fs_out):
    """Change the sampling rate by an exact ratio of whole numbers, with an anti-alias filter.

    The filter is SciPy's default linear-phase Kaiser design: 6 dB down at the lower of the two Nyquist frequencies.
    The line through the first and last samples is taken off meanwhile, so that an offset causes no step at the ends and
    no ripple between them.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    fs : float
        Sampling rate of `x` in Hz.
    fs_out : float
        Wanted sampling rate in Hz.

    Returns
    -------
    ndarray, shape (..., n_out), same unit
        Resampled copy with `n_out = ceil(n_samples · fs_out / fs)`.

    Raises
    ------
    ValueError
        If the ratio of the two rates needs whole numbers above 100,000.

    Examples
    --------
    >>> resample(np.ones(360), fs=360, fs_out=1000).shape
    (1000,)

    Lesson
    ------
    Refresher
    """
    from scipy.signal import resample_poly

    x = validate(x)
    # Through the decimal text, so that 1926.1 means 19261/10 and not its nearest binary fraction.
    ratio = Fraction(str(check_fs(fs_out, name="fs_out"))) / Fraction(str(check_fs(fs)))
    if max(ratio.numerator, ratio.denominator) > _LARGEST_RATIO:
        raise ValueError(
            f"Going from {fs} Hz to {fs_out} Hz means the ratio {ratio}, but its terms may not pass {_LARGEST_RATIO}: "
            "round the sampling rates."
        )
    if ratio == 1:
        return x.copy()
    up, down = ratio.numerator, ratio.denominator
    signal, n_samples = x.astype(np.float64, copy=False), x.shape[-1]
    start = signal[..., :1]
    slope = (signal[..., -1:] - start) / max(n_samples - 1, 1)
    y = resample_poly(signal - (start + slope * np.arange(n_samples)), up, down, axis=-1)
    y += start + slope * (np.arange(y.shape[-1]) * (down / up))
    return y.astype(x.dtype, copy=False)


# ----------------------------------------------------------------------------------------------- filters


def butterworth(order, cutoff_hz, kind, *, fs):
    """Design a Butterworth filter as second-order sections.

    Parameters
    ----------
    order : int
        Order as SciPy counts it; a band filter has twice as many poles.
    cutoff_hz : float or pair of float
        Corner (-3 dB for one pass) in Hz; two corners for a band.
    kind : {"highpass", "lowpass", "bandpass", "bandstop"}
        Shape of the response.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    ndarray, shape (n_sections, 6), dimensionless
        Second-order sections.

    Raises
    ------
    ValueError
        If a corner is not between 0 Hz and half the sampling rate, or their number does not fit the kind.

    Examples
    --------
    >>> butterworth(4, 40, "highpass", fs=1000).shape
    (2, 6)

    Lesson
    ------
    11 Filters
    """
    from scipy.signal import butter

    fs = check_fs(fs)
    order = check_count(order, name="order")
    wanted = {"highpass": 1, "lowpass": 1, "bandpass": 2, "bandstop": 2}
    if kind not in wanted:
        raise ValueError(f"kind is {kind!r}, but it must be one of {', '.join(wanted)}: choose one of these.")
    corners = np.atleast_1d(np.asarray(cutoff_hz, dtype=np.float64))
    if corners.shape != (wanted[kind],):
        raise ValueError(
            f"A {kind} filter needs {wanted[kind]} corner(s), but {cutoff_hz!r} was given: pass that many."
        )
    if not (np.all((corners > 0) & (corners < fs / 2)) and np.all(np.diff(corners) > 0)):
        raise ValueError(
            f"cutoff_hz is {cutoff_hz!r}, but at fs={fs:g} Hz corners must rise and lie between 0 and {fs / 2:g} Hz: "
            "choose a corner below half the sampling rate."
        )
    return butter(order, corners if wanted[kind] == 2 else corners[0], kind, fs=fs, output="sos")


class CausalFilter:
    """A filter that keeps its state, so that a signal may arrive in chunks of any size.

    It starts as if the first sample had always been there. A high-pass therefore begins at zero and a constant offset
    causes no start-up transient; only the difference between the first sample and the true offset does.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6), dimensionless
        Second-order sections, for example from `butterworth`.

    Examples
    --------
    >>> x = np.array([5.0, 5.0, 6.0])
    >>> live = CausalFilter(butterworth(4, 40, "highpass", fs=1000))
    >>> in_chunks = np.concatenate([live.push(x[:1]), live.push(x[1:])])
    >>> np.array_equal(in_chunks, filter_causal(butterworth(4, 40, "highpass", fs=1000), x))
    True

    Lesson
    ------
    11 Filters
    """

    def __init__(self, sos):
        self._sos = np.asarray(sos, dtype=np.float64)
        self._state = None

    def push(self, chunk):
        """Filter the next chunk, shape (..., n_samples) in any unit, and return its result in the same form."""
        from scipy.signal import sosfilt, sosfilt_zi

        chunk = validate(chunk, name="chunk", min_samples=0)
        if chunk.shape[-1] == 0:
            return chunk.copy()
        x = chunk.astype(np.float64, copy=False)
        lead = x.shape[:-1]
        if self._state is None:
            settled = sosfilt_zi(self._sos).reshape(len(self._sos), *(1 for _ in lead), 2)
            self._state = settled * x[..., :1]
        elif self._state.shape[1:-1] != lead:
            raise ValueError(
                f"This chunk has leading shape {lead}, but the stream began with {self._state.shape[1:-1]}: "
                "push the same channels every time, or start a new stream."
            )
        y, self._state = sosfilt(self._sos, x, axis=-1, zi=self._state)
        return y.astype(chunk.dtype, copy=False)

    def retune(self, sos):
        """Take new sections, shape (n_sections, 6), dimensionless, and keep the memory: a notch can follow the mains.

        The memory belongs to the old sections, so a large step rings like a new start; a small one does not.
        """
        sos = np.asarray(sos, dtype=np.float64)
        if sos.shape != self._sos.shape:
            raise ValueError(
                f"The new sections have shape {sos.shape}, but the filter began with {self._sos.shape}: "
                "keep the number of sections, or start a new filter."
            )
        self._sos = sos


def filter_causal(sos, x):
    """Filter forwards in time: the output at each instant uses the past only, and its phase is shifted.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6), dimensionless
        Second-order sections.
    x : array_like, shape (..., n_samples), any unit
        Signal. The filter starts as if the first sample had always been there.

    Returns
    -------
    ndarray, shape (..., n_samples), same unit
        Filtered copy.

    Examples
    --------
    >>> filter_causal(butterworth(2, 100, "lowpass", fs=1000), np.full(3, 2.0)).round(9)
    array([2., 2., 2.])

    Lesson
    ------
    11 Filters
    """
    return CausalFilter(sos).push(validate(x))


def filter_zero_phase(sos, x):
    """Filter forwards, then backwards: no phase shift, twice the attenuation in dB, and the future is used.

    The ends are extended by odd reflection until the filter has settled, or by the whole signal if that is shorter.

    Parameters
    ----------
    sos : ndarray, shape (n_sections, 6), dimensionless
        Second-order sections. A corner that is -3 dB in one pass is -6 dB here.
    x : array_like, shape (..., n_samples), any unit
        Signal of at least two samples.

    Returns
    -------
    ndarray, shape (..., n_samples), same unit
        Filtered copy.

    Examples
    --------
    >>> filter_zero_phase(butterworth(2, 100, "lowpass", fs=1000), np.full(3, 2.0)).round(9)
    array([2., 2., 2.])

    Lesson
    ------
    11 Filters
    """
    from scipy.signal import sosfiltfilt

    x = validate(x, min_samples=2)
    padding = min(_settling_samples(sos), x.shape[-1] - 1)
    y = sosfiltfilt(sos, x.astype(np.float64, copy=False), axis=-1, padtype="odd", padlen=padding)
    return y.astype(x.dtype, copy=False)


def _settling_samples(sos):
    """Samples until the slowest pole has decayed to a ten-thousandth."""
    from scipy.signal import sos2zpk

    slowest = np.max(np.abs(sos2zpk(sos)[1]))
    if slowest >= 1:
        raise ValueError("The filter is unstable (a pole lies on or outside the unit circle): design it again.")
    return 1 if slowest == 0 else int(np.ceil(np.log(_SETTLED) / np.log(slowest)))


# ----------------------------------------------------------------------------------------------- spectra


def psd(x, *, fs, segment_s=1.0):
    """Estimate the power spectral density by Welch's method: Hann segments, half overlapped, mean of each removed.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    fs : float
        Sampling rate in Hz.
    segment_s : float
        Segment length in seconds; a shorter signal is one segment. Frequency resolution is about `1 / segment_s`.

    Returns
    -------
    freqs : ndarray, shape (n_freqs,), Hz
        Frequencies from 0 to half the sampling rate.
    density : ndarray, shape (..., n_freqs), unit² / Hz
        One-sided density; its integral over frequency is the power of the mean-free signal.

    References
    ----------
    [Welch1967]

    Examples
    --------
    >>> t = np.arange(4000) / 1000
    >>> freqs, density = psd(np.sin(2 * np.pi * 80 * t), fs=1000)
    >>> float(freqs[density.argmax()])
    80.0

    Lesson
    ------
    Refresher
    """
    from scipy.signal import welch

    x = validate(x, min_samples=2)
    fs = check_fs(fs)
    if not 0 < segment_s < np.inf:
        raise ValueError(f"segment_s is {segment_s!r}, but it must be a length in seconds above zero: pass about 1.")
    length = min(max(round(segment_s * fs), 2), x.shape[-1])
    return welch(x.astype(np.float64, copy=False), fs=fs, window="hann", nperseg=length, axis=-1)
