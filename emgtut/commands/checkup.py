"""`emgtut checkup`: is this recording good enough? A report for each channel, every number with its doubt."""

from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options, pictures, staging

RULES = (
    "Rules: SNR above 20 dB good, from 10 dB usable, below poor; repeatability below 10 % excellent, up to 20 % "
    "acceptable, above poor."
)
INTERVALS = (
    "Intervals are meant to hold the truth 19 times in 20. They come from how much the contractions, and the rests, "
    "differ from one to the next, and need three of each."
)
WHICH_SNR = (
    "SNR here means contraction over rest. It depends on effort, on how well the muscle rested and on the band, and "
    "does not judge an instrument: short the inputs for that."
)


def checkup(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", readable=False, help="Recording with rest and contractions.")
    ],
    fs: options.FsOption = None,
    units: options.UnitsOption = None,
    channel: options.ChannelOption = None,
    plot: options.PlotOption = False,
    plot_to: options.PlotToOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture if it exists.")] = False,
):
    """Check a recording: noise at rest, contraction over rest, repeatability, each with its interval."""
    from emgtut.data import read

    recording = read(source, fs=fs, units=units, channel=channel)
    files = []
    if plot or plot_to:
        files = pictures.files_for(plot_to or source.with_name(f"{source.stem}_checkup.png"), recording.channels)
        staging.check_targets(files, inputs=[source], force=force)
    found = check_channels(recording, source)
    judged = [index for index, result in enumerate(found) if not isinstance(result, ValueError)]
    files = [files[index] for index in judged] if files else []

    def draw(_, place):
        from emgtut.show.checkup_report import checkup_report

        index = judged[place]
        title = f"{source.name}, {recording.channels[index]}"
        return checkup_report(
            recording.signal[index], found[index], fs=recording.fs, units=recording.units, title=title
        )

    with pictures.drawn(files, draw):
        _report(source, recording, found)
    for file in files:
        typer.echo(f"Written: {file}")


def check_channels(recording, source):
    """Check every channel; one that cannot be judged does not stop the others.

    Parameters
    ----------
    recording : Recording
        What was recorded, (n_channels, n_samples) in its units.
    source : path
        The file, for messages.

    Returns
    -------
    list of Checkup or ValueError, one for each channel
        What was found, or why nothing could be.

    Raises
    ------
    ValueError
        If no channel can be judged.

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.data import Recording
    >>> noise = np.random.default_rng(0).standard_normal((2, 12000))
    >>> noise[0] *= np.where((np.arange(12000) // 1000) % 2, 1.0, 0.05)
    >>> one, other = check_channels(Recording(noise, fs=1000, channels=["VL", "BF"]), "walk.csv")
    >>> len(one.contractions), type(other).__name__
    (6, 'ValueError')

    Lesson
    ------
    Command line
    """
    from emgtut.acquire import checkup as check

    found = []
    with options.progress("checking") as bar:
        for x in bar.track(recording.signal):
            try:
                found.append(check(x, fs=recording.fs, units=recording.units))
            except ValueError as error:
                found.append(error)
    if all(isinstance(result, ValueError) for result in found):
        raise ValueError(f"'{source}', channel '{recording.channels[0]}': {found[0]}") from found[0]
    return found


def _report(source, recording, found):
    """Print one table for each channel that could be judged, and the reason for each that could not."""
    n = options.number
    count = len(recording.channels)
    length = f"{n(recording.duration_s)} s at {n(recording.fs, 6)} Hz"
    typer.echo(f"{source}: {count} channel{'s' if count > 1 else ''}, {length}, units {recording.units}.")
    for name, result in zip(recording.channels, found, strict=True):
        typer.echo()
        if isinstance(result, ValueError):
            typer.echo(f"{name}: not judged. {result}")
            continue
        many = len(result.contractions)
        title = f"{name}: {many} contraction{'s' if many > 1 else ''} of {contracting(result)}"
        heads = ["measure", ">value", "unit", "95 % interval", "grade"]
        options.print_table(title, heads, table_rows(result, recording.units))
    typer.echo()
    for sentence in (RULES, INTERVALS, WHICH_SNR):
        typer.echo(sentence)


def contracting(found):
    """Write how long the contractions are.

    Parameters
    ----------
    found : emgtut.acquire.Checkup
        Its `contractions` are in seconds.

    Returns
    -------
    str

    Examples
    --------
    >>> import types, numpy as np
    >>> contracting(types.SimpleNamespace(contractions=np.array([[0.5, 1.5], [2.0, 4.0]])))
    '1 to 2 s'

    Lesson
    ------
    Command line
    """
    lengths = sorted({options.number(stop - start, 2) for start, stop in found.contractions}, key=float)
    return f"{lengths[0]} to {lengths[-1]} s" if len(lengths) > 1 else f"{lengths[0]} s"


def table_rows(found, units):
    """Write a check-up as the rows of a table.

    Parameters
    ----------
    found : emgtut.acquire.Checkup
        Amplitudes in `units`.
    units : str
        Unit of the recording.

    Returns
    -------
    list of list of str

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.acquire import checkup
    >>> level = np.where((np.arange(12000) // 1000) % 2, 1.0, 0.05)
    >>> found = checkup(level * np.random.default_rng(0).standard_normal(12000), fs=1000)
    >>> [row[0] for row in table_rows(found, "mV")]
    ['noise at rest', 'contraction', 'SNR', 'separation', 'repeatability', 'iEMG, median']

    Lesson
    ------
    Command line
    """
    import numpy as np

    measured = {
        "noise at rest": (found.noise_rms, f"{units} RMS", ""),
        "contraction": (found.contraction_rms, f"{units} RMS", ""),
        "SNR": (found.snr_db, "dB", found.grades["snr"]),
        "separation": (found.separation, "times", ""),
        "repeatability": (found.repeatability_cv, "% (CV of peak RMS)", found.grades["repeatability"]),
    }
    rows = [[name, options.number(m.value, 3), unit, interval(m), grade] for name, (m, unit, grade) in measured.items()]
    spread = f"smallest {options.number(found.iemg.min(), 3)}, largest {options.number(found.iemg.max(), 3)}"
    return [*rows, ["iEMG, median", options.number(np.median(found.iemg), 3), f"{units} · s", spread, ""]]


def interval(measured):
    """Write the interval of a measured number.

    Parameters
    ----------
    measured : emgtut.acquire.Measured
        In its own unit.

    Returns
    -------
    str

    Examples
    --------
    >>> from emgtut.acquire import Measured
    >>> interval(Measured(19.9, -1.5, 22.2, "dB")), interval(Measured(1.0, float("nan"), float("nan"), "mV"))
    ('−1.5 to 22.2', 'too few to say')

    Lesson
    ------
    Command line
    """
    if measured.low != measured.low:
        return "too few to say"
    return f"{options.number(measured.low, 3)} to {options.number(measured.high, 3)}"
