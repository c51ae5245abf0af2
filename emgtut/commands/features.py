"""`emgtut features`: what a reader of sEMG takes from a recording: onset, amplitude and median frequency over time."""

from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options, staging

# feature of `emgtut.assess` -> unit; "signal" stands for the recording's own unit
FRAME_FEATURES = {"arv": "signal", "zcr": "crossings/s", "mnf": "Hz", "mdf": "Hz", "kurtosis": ""}
HOW = (
    "Onset: of the first contraction. ARV: median over frames of 0.2 s; an offset counts. MDF: a line through frames "
    "of 1 s while the muscle works; 'falls' if its whole 95 % interval is below zero."
)


def features(
    source: Annotated[Path, typer.Argument(metavar="IN", readable=False, help="Recording, such as a denoised one.")],
    target: Annotated[
        Path | None, typer.Argument(metavar="[OUT]", readable=False, help="Features of every frame: .csv.")
    ] = None,
    fs: options.FsOption = None,
    units: options.UnitsOption = None,
    channel: options.ChannelOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists; IN is never replaced.")] = False,
):
    """Extract onset, amplitude and the slope of the median frequency; with OUT, the features of every frame."""
    from emgtut.data import read
    from emgtut.data.prepare import write_whole

    if target is not None:
        if target.suffix.lower() != ".csv":
            raise ValueError(f"Features are written as .csv, not to '{target.name}'.")
        staging.check_targets([target], inputs=[source], force=force)
    recording = read(source, fs=fs, units=units, channel=channel)
    found = [extract(x, fs=recording.fs) for x in recording.signal]
    text = frame_table(recording) if target is not None else None
    _report(source, recording, found)
    if target is not None:
        write_whole(target, text.encode())
        typer.echo(f"Written: {target}")


def extract(x, *, fs):
    """Take the numbers of one channel.

    Parameters
    ----------
    x : ndarray, shape (n_samples,), any unit
        One channel.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    dict
        `onset_s` (NaN without an onset), `arv` (unit of x), `slope` (`emgtut.apply.fatigue_features.Slope`, or None)
        and `why` (why there is no slope, else empty).

    Raises
    ------
    ValueError
        If the signal is too short for a frame, or for an onset.

    Examples
    --------
    >>> import numpy as np
    >>> tone = np.sin(2 * np.pi * 80 * np.arange(8000) / 1000)
    >>> found = extract(tone, fs=1000)
    >>> round(found["slope"].start_hz), found["onset_s"], found["why"]
    (80, nan, '')
    >>> extract(tone[:3000], fs=1000)["why"]
    '3 frames of 1 s hold work, but a line with an interval needs 5.'

    Lesson
    ------
    25 Capstone
    """
    import numpy as np

    from emgtut.apply.fatigue_features import mdf_slope
    from emgtut.assess import arv, onset_s

    found = {"onset_s": float(onset_s(x, fs=fs)), "arv": float(np.median(arv(x, fs=fs))), "slope": None, "why": ""}
    try:
        found["slope"] = mdf_slope(x - np.mean(x), fs=fs)  # an offset would make every frame loud
    except ValueError as error:
        found["why"] = " ".join(str(error).split())
    return found


def frame_table(recording):
    """Write the features of every frame as the text of a CSV file.

    Parameters
    ----------
    recording : emgtut.data.Recording
        What was recorded.

    Returns
    -------
    str
        A heading, then a row for each channel and frame; time is that of the frame's centre, in seconds.

    Raises
    ------
    ValueError
        If the recording is shorter than a frame.

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.data import Recording
    >>> tone = np.sin(2 * np.pi * 80 * np.arange(300) / 1000)
    >>> print(frame_table(Recording([tone], fs=1000, channels=["VL"], units="mV")).splitlines()[0])
    channel,time (s),arv (mV),zcr (crossings/s),mnf (Hz),mdf (Hz),kurtosis

    Lesson
    ------
    25 Capstone
    """
    import pandas as pd

    from emgtut import assess
    from emgtut.assess.features import FRAME_S, HOP_S

    parts = []
    for name, x in zip(recording.channels, recording.signal, strict=True):
        columns = {}
        for feature, unit in FRAME_FEATURES.items():
            unit = recording.units if unit == "signal" else unit
            columns[f"{feature} ({unit})" if unit else feature] = getattr(assess, feature)(x, fs=recording.fs)
        part = pd.DataFrame(columns)
        part.insert(0, "time (s)", [round(k * HOP_S + FRAME_S / 2, 9) for k in range(len(part))])
        part.insert(0, "channel", name)
        parts.append(part)
    return pd.concat(parts).to_csv(index=False, lineterminator="\n")


def _report(source, recording, found):
    """Print a row for each channel, and why there is no slope where there is none."""
    n = options.number
    typer.echo(f"{source}: {n(recording.duration_s)} s at {n(recording.fs, 6)} Hz, units {recording.units}.")
    rows = []
    for name, one in zip(recording.channels, found, strict=True):
        slope = one["slope"]
        told = ["undefined"] * 4
        if slope is not None:
            between = f"{n(slope.low, 3)} to {n(slope.high, 3)}"
            told = [n(slope.start_hz), n(slope.per_minute, 3), between, "yes" if slope.falls else "no"]
        rows.append([name, n(one["onset_s"]), n(one["arv"]), *told])
    heads = ["channel", ">onset, s", f">ARV, {recording.units}", ">MDF at start, Hz", ">Hz per minute", "95 %", "falls"]
    options.print_table("Features", heads, rows)
    typer.echo(HOW)
    for name, one in zip(recording.channels, found, strict=True):
        if one["why"]:
            typer.echo(f"{name}: no slope. {one['why']}")
