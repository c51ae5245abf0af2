"""What a file gives before it is a Recording: one trace per channel, each with its own rate and unit."""

from dataclasses import dataclass, field, replace

import numpy as np

from emgtut.data.recording import Recording, channel_index
from emgtut.data.units import parse_units

RATE_TOLERANCE = 1e-6  # relative: 999.9999 and 1000 are the same statement, 999 and 1000 are not


@dataclass
class Trace:
    """One channel as a file holds it: `samples` (n_samples,), `fs` in hertz and `units` as the file says, else None."""

    name: str
    samples: np.ndarray
    fs: float | None = None
    units: str | None = None


@dataclass
class Contents:
    """What one file holds: traces, and what goes into the Recording unchanged."""

    traces: list[Trace]
    labels: dict = field(default_factory=dict)
    subject: str | None = None
    meta: dict = field(default_factory=dict)


def assemble(contents, source, *, fs=None, units=None, channel=None):
    """Make a Recording of what a file holds, where file and caller agree.

    Parameters
    ----------
    contents : Contents
        What the reader found.
    source : str
        Name of the file, for messages.
    fs : float, hertz, optional
        What the caller says; needed where the file is silent, refused where the file says otherwise.
    units : str, optional
        The same for the amplitude. Where neither says, the units are "arbitrary".
    channel : str or int, optional
        Take this channel only.

    Returns
    -------
    Recording
        In millivolts where the unit is a voltage.

    Raises
    ------
    ValueError
        If rate or unit are missing, unknown or contradictory, or channels do not fit together.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> contents = Contents([Trace("biceps", np.array([10.0, -20.0]), fs=1000, units="uV")])
    >>> assemble(contents, "arm.txt").signal
    array([[ 0.01, -0.02]])
    """
    traces = [replace(trace, name=_clean(trace.name, i)) for i, trace in enumerate(contents.traces)]
    if not traces:
        raise ValueError(f"{source} holds no channel of numbers; check that it is the file you meant.")
    if channel is not None:
        traces = [traces[channel_index([trace.name for trace in traces], channel, source=source)]]
    lengths = {len(trace.samples) for trace in traces}
    if 0 in lengths:
        raise ValueError(f"{source} holds no samples; check that the recording was saved completely.")
    if len(lengths) > 1:
        said = ", ".join(f"{trace.name}: {len(trace.samples)}" for trace in traces[:12])
        raise ValueError(f"{source} has channels of different lengths ({said}); pick one with channel (--channel).")
    rate = _agreed_rate(traces, source, fs)
    unit, scales = _agreed_units(traces, source, units)
    signal = np.stack([np.asarray(trace.samples, dtype=np.float64) for trace in traces])
    if any(scale != 1.0 for scale in scales):
        signal *= np.array(scales)[:, np.newaxis]
    labels = {name: values for name, values in contents.labels.items()}
    try:
        return Recording(
            signal, rate, [trace.name for trace in traces], unit, labels, contents.subject, dict(contents.meta)
        )
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from error


def _clean(name, i):
    """A name without control characters; files pad names with zeros, tabs and hard blanks."""
    shown = "".join(mark if mark.isprintable() else " " for mark in str(name)).strip()
    return shown or f"channel {i}"


def _agreed_rate(traces, source, given):
    """Find the one sampling rate that file and caller agree on."""
    if given is not None and not (np.isreal(given) and 0 < float(given) < np.inf):
        raise ValueError(f"The sampling rate fs must be a positive number in hertz, not {given!r}.")
    said = [trace.fs for trace in traces if trace.fs is not None]
    for rate in said:
        if not 0 < rate < np.inf:
            raise ValueError(f"{source} gives a sampling rate of {rate} Hz, which cannot be; the file is damaged.")
        if not np.isclose(rate, said[0], rtol=RATE_TOLERANCE, atol=0):
            rates = ", ".join(f"{trace.name}: {trace.fs:g} Hz" for trace in traces[:12])
            raise ValueError(f"{source} has channels of different rates ({rates}); pick one with channel (--channel).")
    if not said:
        if given is None:
            raise ValueError(f"{source} does not say its sampling rate; pass fs=... (--fs) in hertz.")
        return float(given)
    if given is not None and not np.isclose(given, said[0], rtol=RATE_TOLERANCE, atol=0):
        raise ValueError(f"{source} says {said[0]:g} Hz but fs={given:g} was given; leave fs out, or correct the file.")
    return float(said[0])


def _agreed_units(traces, source, given):
    """Find the one unit of the recording and the factor of each trace."""
    told = None if given is None else parse_units(given)
    agreed = [_trace_units(trace, source, given, told) for trace in traces]
    kinds = {unit for unit, _ in agreed}
    if len(kinds) > 1:
        said = ", ".join(f"{trace.name}: {trace.units or 'no unit'}" for trace in traces[:12])
        raise ValueError(f"{source} mixes voltages with other quantities ({said}); pick one with channel (--channel).")
    return kinds.pop(), [scale for _, scale in agreed]


def _trace_units(trace, source, given, told):
    if trace.units is None:
        return told or ("arbitrary", 1.0)
    if told is None:
        return parse_units(trace.units, source=f"{source}, channel {trace.name},")
    try:
        written = parse_units(trace.units)
    except ValueError:
        return told  # the file's word means nothing to us, and the caller has decided
    if written != told and written[0] != "arbitrary":
        raise ValueError(
            f"{source}, channel {trace.name}, says {trace.units} but units={given!r} was given; "
            f"leave units out, or correct the file."
        )
    return told
