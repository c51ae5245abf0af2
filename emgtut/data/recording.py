"""One recording: the signal, how fast it was sampled, what its channels are, and what is known about it."""

from dataclasses import dataclass, field

import numpy as np

from emgtut.data.units import UNITS


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """A multi-channel recording that has checked itself.

    Parameters
    ----------
    signal : numpy.ndarray, shape (n_channels, n_samples), in `units`
        Real and finite; stored as float64. Time is the last axis.
    fs : float, hertz
        Sampling rate, the same for all channels.
    channels : sequence of str, length n_channels
        One name for each channel, no name twice.
    units : {"mV", "arbitrary"}
        Millivolts where the gain is known, else "arbitrary".
    labels : dict, optional; name to numpy.ndarray of shape (n_samples,) or (n_events,)
        What somebody marked on the recording. Two kinds: one value per sample, shape (n_samples,), such as ``gesture``
        or ``dynamometer``; or events, as two arrays of equal length, such as ``beat_sample`` (whole numbers, sample
        index from the start) and ``beat_symbol`` (text).
    subject : str or None, optional
        Who was recorded, as the dataset numbers its subjects.
    meta : dict, optional
        Where the recording comes from: dataset, record, file, and what the file says besides.

    Raises
    ------
    ValueError
        If the parts do not fit together.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> recording = Recording(np.zeros((2, 500)), fs=1000, channels=["flexor", "extensor"], units="mV")
    >>> recording
    <Recording: 2 channels x 500 samples at 1000 Hz (0.5 s), mV: flexor, extensor>
    >>> recording.channel("extensor").shape
    (500,)
    """

    signal: np.ndarray
    fs: float
    channels: list[str]
    units: str = "arbitrary"
    labels: dict[str, np.ndarray] = field(default_factory=dict)
    subject: str | None = None
    meta: dict = field(default_factory=dict)

    def __post_init__(self):
        signal = _checked_signal(self.signal)
        checked = {
            "signal": signal,
            "fs": _checked_rate(self.fs),
            "channels": _checked_names(self.channels, len(signal)),
            "labels": {str(name): np.asarray(values) for name, values in self.labels.items()},
            "meta": dict(self.meta),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)  # the one way into a frozen class
        if self.units not in UNITS:
            raise ValueError(
                f"A recording's units are 'mV' or 'arbitrary', not {self.units!r}; convert the signal first."
            )
        for name, values in self.labels.items():
            if values.dtype == object:
                raise ValueError(f"The label {name!r} is not an array of plain numbers or text; convert it first.")

    @property
    def n_samples(self):
        """int: samples in each channel."""
        return self.signal.shape[-1]

    @property
    def duration_s(self):
        """float: length of the recording in seconds."""
        return self.n_samples / self.fs

    def channel(self, which):
        """Take one channel.

        Parameters
        ----------
        which : str or int
            Channel name, or its number counted from 0.

        Returns
        -------
        numpy.ndarray, shape (n_samples,), in the recording's units

        Raises
        ------
        ValueError
            If there is no such channel.

        Lesson
        ------
        08 Mixing at a chosen SNR

        Examples
        --------
        >>> recording = Recording([[1.0, 2.0], [3.0, 4.0]], fs=1000, channels=["VL", "BF"], units="mV")
        >>> recording.channel("BF")
        array([3., 4.])
        >>> recording.channel(0)
        array([1., 2.])
        """
        return self.signal[channel_index(self.channels, which)]

    def __repr__(self):
        n_channels, n_samples = self.signal.shape
        names = ", ".join(self.channels[:6]) + (", ..." if n_channels > 6 else "")
        plural = "channel" if n_channels == 1 else "channels"
        return (
            f"<Recording: {n_channels} {plural} x {n_samples} samples at {self.fs:g} Hz "
            f"({self.duration_s:.6g} s), {self.units}: {names}>"
        )


def channel_index(names, which, *, source="the recording"):
    """Turn a channel's name or number into its place in the list `names`; a name wins over a number."""
    if isinstance(which, str):
        if which in names:
            return names.index(which)
        if not which.isdecimal():
            raise ValueError(f"There is no channel {which!r} in {source}; its channels are {_listed(names)}.")
    number = int(which)
    if not 0 <= number < len(names):
        raise ValueError(
            f"There is no channel number {number} in {source}; "
            f"give 0 to {len(names) - 1} or one of the names {_listed(names)}."
        )
    return number


def _listed(names, limit=12):
    shown = ", ".join(map(repr, names[:limit]))
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def _checked_signal(signal):
    signal = np.asarray(signal)
    if signal.ndim != 2 or signal.size == 0:
        raise ValueError(
            f"A recording needs a signal of shape (channels, samples) with at least one sample, not {signal.shape}."
        )
    if signal.dtype.kind not in "iuf":
        raise ValueError(f"A recording needs a signal of real numbers, not {signal.dtype}; convert it first.")
    signal = signal.astype(np.float64, copy=False)
    bad = np.count_nonzero(~np.isfinite(signal))
    if bad:
        raise ValueError(
            f"The signal has {bad} values that are not finite numbers (NaN or infinity); cut to a stretch without gaps."
        )
    return signal


def _checked_rate(fs):
    if isinstance(fs, bool) or not isinstance(fs, (int, float, np.integer, np.floating)) or not 0 < fs < np.inf:
        raise ValueError(f"The sampling rate fs must be a positive number in hertz, not {fs!r}.")
    return float(fs)


def _checked_names(channels, n_channels):
    names = [channels] if isinstance(channels, str) else [str(name) for name in channels]
    if len(names) != n_channels:
        raise ValueError(
            f"The signal has {n_channels} channels but {len(names)} names were given; name each channel once."
        )
    if not all(name and name.isprintable() for name in names):
        raise ValueError(f"A channel name must be printable and not empty, unlike one of {_listed(names)}; rename it.")
    if len(set(names)) != len(names):
        raise ValueError(f"Two channels have the same name in {_listed(names)}; give each channel its own name.")
    return names
