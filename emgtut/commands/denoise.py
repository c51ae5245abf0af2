"""`emgtut denoise`: clean a recording of any supported format."""

import dataclasses
import math
from pathlib import Path
from typing import Annotated

import typer

from emgtut import __version__
from emgtut.commands import options, pictures, staging

SNR_NOTE = (
    "The power removed is no SNR. The mixing SNR, muscle against noise, cannot be known from a recording alone: what "
    "was removed may be either. With a clean reference, `emgtut assess OUT --clean REF` measures it."
)


def parse_setting(text):
    """Split `name=value` and read the value as a literal, never as code.

    Parameters
    ----------
    text : str
        Such as "cutoff_hz=20".

    Returns
    -------
    tuple of (str, bool or int or float or str or None)
        The setting's name and value.

    Raises
    ------
    Misuse
        If there is no "=", no usable name, or a number that is not finite.

    Examples
    --------
    >>> parse_setting("cutoff_hz=20"), parse_setting("alpha=1e3"), parse_setting("mirror=true")
    (('cutoff_hz', 20), ('alpha', 1000.0), ('mirror', True))

    Lesson
    ------
    Command line
    """
    key, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not key.isidentifier() or key in ("name", "seed"):
        raise options.Misuse(f"{text!r} is no setting: write --setting name=value, such as cutoff_hz=20.")
    words = {"true": True, "false": False, "none": None}
    if value.lower() in words:
        return key, words[value.lower()]
    for kind in (int, float):
        try:
            parsed = kind(value)
        except ValueError:
            continue
        if not math.isfinite(parsed):
            raise options.Misuse(f"{text!r} is not finite: give {key} an ordinary number.")
        return key, parsed
    return key, value


def _print_methods(wanted):
    """Print the registry and stop."""
    if not wanted:
        return
    from emgtut import denoise as room

    infos = [room.get(name).info for name in room.names()]
    rows = [[info.name, info.family, info.phase, latency(info), band(info), info.licence] for info in infos]
    options.print_table("Methods", ["method", "family", "phase", "latency", "keeps", "licence"], rows)
    raise typer.Exit


def denoise(
    source: Annotated[
        Path, typer.Argument(metavar="IN", readable=False, help="Recording to clean: any supported format.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", readable=False, help="Result: .csv, .npz, .edf or .hea (WFDB).")
    ],
    method: Annotated[str, typer.Option("--method", help="Name of the method; --list shows all.")],
    setting: Annotated[
        list[str] | None, typer.Option("--setting", help="Setting of the method, name=value; may be repeated.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", help="Seed of methods that use chance.")] = 0,
    fs: options.FsOption = None,
    units: options.UnitsOption = None,
    channel: options.ChannelOption = None,
    plot: options.PlotOption = False,
    plot_to: options.PlotToOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace OUT if it exists; IN is never replaced.")] = False,
    list_methods: Annotated[
        bool, typer.Option("--list", callback=_print_methods, is_eager=True, help="List the methods and stop.")
    ] = False,
):
    """Clean a recording with one method and report what was done."""
    from emgtut import denoise as room
    from emgtut.data import read, write
    from emgtut.data.writing import WRITERS

    settings = dict(parse_setting(text) for text in setting or [])
    denoiser = room.get(method, seed=seed, **settings)
    if target.suffix.lower() not in WRITERS:
        raise ValueError(f"'{target.name}' has no format that can be written: end it in one of {', '.join(WRITERS)}.")
    staging.check_targets([target], inputs=[source], force=force)
    recording = read(source, fs=fs, units=units, channel=channel)
    files = []
    if plot or plot_to:
        files = pictures.files_for(plot_to or target.with_suffix(".png"), recording.channels)
        staging.check_targets(files, inputs=[source], force=force)
    cleaned = clean_channels(recording, denoiser, source)
    made_by = {"method": method, "seed": seed, "settings": settings, "emgtut": __version__}
    result = dataclasses.replace(recording, signal=cleaned, meta=recording.meta | {"denoised": made_by})

    def draw(reports, index):
        title = f"{source.name}, {recording.channels[index]}: {method}"
        before, after = recording.signal[index], cleaned[index]
        return reports.denoise_report(before, after, fs=recording.fs, units=recording.units, title=title)

    with pictures.drawn(files, draw):
        write(result, target)
    _report(source, recording, cleaned, denoiser.info)
    if recording.labels and target.suffix.lower() != ".npz":
        typer.echo(f"Only .npz has a place for labels; not kept: the labels {', '.join(recording.labels)}.")
    for file in [target, *files]:
        typer.echo(f"Written: {file}")


def clean_channels(recording, denoiser, source):
    """Run a denoiser over each channel, with a progress bar.

    Parameters
    ----------
    recording : Recording
        What was recorded, (n_channels, n_samples) in its units.
    denoiser : Denoiser
        The method.
    source : path
        The file, for messages.

    Returns
    -------
    ndarray, shape (n_channels, n_samples), unit of the recording
        The estimates.

    Raises
    ------
    ValueError
        If a channel cannot be cleaned; the message names it.

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.data import Recording
    >>> from emgtut.denoise import get
    >>> recording = Recording(np.ones((2, 500)), fs=1000, channels=["VL", "BF"])
    >>> bool(clean_channels(recording, get("zero"), "walk.csv").any())
    False

    Lesson
    ------
    Command line
    """
    import numpy as np

    cleaned = np.empty_like(recording.signal)
    with options.progress("denoising") as bar:
        for index in bar.track(range(len(recording.channels))):
            try:
                cleaned[index] = denoiser(recording.signal[index], fs=recording.fs)
            except ValueError as error:
                raise ValueError(f"'{source}', channel '{recording.channels[index]}': {error}") from error
    return cleaned


def _report(source, recording, cleaned, info):
    """Say what was done, and what cannot be known."""
    from emgtut.signals import power

    n = options.number
    count, length = len(recording.channels), f"{n(recording.duration_s)} s at {n(recording.fs, 6)} Hz"
    typer.echo(f"{source}: {count} channel{'s' if count > 1 else ''}, {length}, units {recording.units}.")
    typer.echo(f"{info.name}: {info.family}, phase {info.phase}, latency {latency(info)}, keeps {band(info)}.")
    rows = []
    for name, before, after in zip(recording.channels, recording.signal, cleaned, strict=True):
        levels = [power(x - x.mean()) for x in (before, after)]
        rms = [n(level**0.5) for level in levels]
        rows.append([name, *rms, removed(*levels), n(before.mean()), n(after.mean())])
    heads = ["channel", ">RMS before", ">RMS after", ">power removed, dB", ">mean before", ">mean after"]
    options.print_table(f"RMS and power about the mean, units {recording.units}", heads, rows)
    typer.echo(SNR_NOTE)


def latency(info):
    """Write how long a method waits.

    Parameters
    ----------
    info : Info
        What is known of the method; `latency_s` in seconds.

    Returns
    -------
    str
        Milliseconds, or that it needs the whole recording.

    Examples
    --------
    >>> from emgtut.denoise import get
    >>> latency(get("highpass").info), latency(get("highpass_causal").info)
    ('whole recording', '0 ms')

    Lesson
    ------
    Command line
    """
    return "whole recording" if math.isinf(info.latency_s) else f"{options.number(1e3 * info.latency_s)} ms"


def band(info):
    """Write which frequencies a method keeps.

    Parameters
    ----------
    info : Info
        What is known of the method; `band_hz` in Hz.

    Returns
    -------
    str
        The band in words.

    Examples
    --------
    >>> from emgtut.denoise import get
    >>> [band(get(name).info) for name in ("identity", "zero", "highpass")]
    ['all frequencies', 'nothing', '40 Hz and above']

    Lesson
    ------
    Command line
    """
    low, high = info.band_hz
    if high <= low:
        return "nothing"
    if math.isinf(high):
        return "all frequencies" if low == 0 else f"{options.number(low)} Hz and above"
    return f"{options.number(low)} to {options.number(high)} Hz"


def removed(before, after):
    """Write how far the power fell, in decibels.

    Parameters
    ----------
    before, after : float
        Power about the mean, in unit².

    Returns
    -------
    str
        Decibels, or a word where they do not exist.

    Examples
    --------
    >>> removed(1.0, 0.1), removed(1.0, 0.0), removed(0.0, 0.0)
    ('10.00', 'all', 'was silent')

    Lesson
    ------
    Command line
    """
    from emgtut.signals import db

    if before == 0:
        return "was silent"
    return "all" if after == 0 else f"{round(db(before / after), 2) + 0.0:.2f}".replace("-", "−")
