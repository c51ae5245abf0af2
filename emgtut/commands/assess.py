"""`emgtut assess`: score a recording against its clean reference, judge it without one, or screen a folder."""

from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options, pictures, staging

# score -> unit; "signal" stands for the recording's own unit
UNITS = {
    "snr_in": "dB",
    "snr_out": "dB",
    "snr_imp": "dB",
    "rmse": "signal",
    "prd": "%",
    "lsd": "dB",
    "rmse_arv": "signal",
    "rmse_zcr": "crossings/s",
    "rmse_mnf": "Hz",
    "rmse_mdf": "Hz",
    "rmse_kurtosis": "none",
}
CHANNELS_A_TABLE = 6
UNDEFINED = "Undefined: one of the two has no such feature (silence has no mean frequency), or the SNR was infinite."
WHICH_SNR = (
    "SNR here means energy of the clean signal over energy of the difference from it, over the whole recording, "
    "offsets included."
)


def assess(
    source: Annotated[
        Path | None, typer.Argument(metavar="IN", readable=False, help="Recording to judge, such as a denoised one.")
    ] = None,
    clean: Annotated[
        Path | None, typer.Option("--clean", metavar="REF", readable=False, help="The clean reference.")
    ] = None,
    noisy: Annotated[
        Path | None,
        typer.Option("--noisy", metavar="FILE", readable=False, help="What was denoised: adds SNR before and gained."),
    ] = None,
    screen: Annotated[
        Path | None,
        typer.Option("--screen", metavar="DIR", readable=False, help="Grade every recording of a folder, with no IN."),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", help="Judge without a reference: mixture (of all noises; this is usual) or ecg."),
    ] = None,
    fs: options.FsOption = None,
    units: options.UnitsOption = None,
    channel: options.ChannelOption = None,
    plot: options.PlotOption = False,
    plot_to: options.PlotToOption = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the picture if it exists.")] = False,
):
    """Score a recording against its clean reference; without one, predict its SNR, or grade a folder (--screen)."""
    if screen is not None:
        if source or clean or noisy or model:
            raise options.Misuse("--screen DIR takes no IN, --clean, --noisy or --model: it has its own rules.")
        from emgtut.commands import screening

        return screening.screen_folder(
            screen, fs=fs, units=units, channel=channel, plot=plot, plot_to=plot_to, force=force
        )
    if source is None:
        raise options.Misuse("A recording is needed: give IN, or --screen DIR.")
    if clean is None:
        if noisy is not None:
            raise options.Misuse("--noisy FILE adds to a comparison: give the clean reference too, --clean REF.")
        from emgtut.commands import judging

        return judging.judge(
            source,
            model=model or "mixture",
            fs=fs,
            units=units,
            channel=channel,
            plot=plot,
            plot_to=plot_to,
            force=force,
        )
    if model is not None:
        raise options.Misuse("--model predicts without a reference: leave out --model or --clean.")
    from emgtut.data import read

    recording = read(source, fs=fs, units=units, channel=channel)
    others = {}
    for option, path in {"--clean": clean, "--noisy": noisy}.items():
        if path is not None:
            other = read(path, fs=fs, units=units, channel=channel)
            others[option] = matching(recording, other, names=(str(source), str(path)))
    files = []
    if plot or plot_to:
        files = pictures.files_for(plot_to or source.with_name(f"{source.stem}_assess.png"), recording.channels)
        staging.check_targets(files, inputs=[path for path in (source, clean, noisy) if path], force=force)
    scores = score(recording, others["--clean"], others.get("--noisy"))

    def draw(reports, index):
        return reports.assess_report(
            recording.signal[index],
            others["--clean"][index],
            fs=recording.fs,
            units=recording.units,
            title=f"{source.name} against {clean.name}, {recording.channels[index]}",
            scores={name: values[index] for name, values in scores.items()},
        )

    with pictures.drawn(files, draw):
        _report(source, clean, recording, scores)
    for file in files:
        typer.echo(f"Written: {file}")


def matching(recording, other, *, names):
    """Bring the channels of another recording into the order of the first, or say why the two cannot be compared.

    Parameters
    ----------
    recording, other : Recording
        What is judged, and what it is compared with.
    names : tuple of str
        What to call the two in messages.

    Returns
    -------
    ndarray, shape (n_channels, n_samples), unit of both
        The other signal: by channel name where both have the same names, else in its own order.

    Raises
    ------
    ValueError
        If rate, unit, length or number of channels differ.

    Examples
    --------
    >>> from emgtut.data import Recording
    >>> one = Recording([[1.0], [2.0]], fs=1000, channels=["VL", "BF"], units="mV")
    >>> two = Recording([[3.0], [4.0]], fs=1000, channels=["BF", "VL"], units="mV")
    >>> matching(one, two, names=("one", "two"))
    array([[4.],
           [3.]])

    Lesson
    ------
    Command line
    """
    first, second = names
    if recording.fs != other.fs:
        raise ValueError(
            f"'{first}' is sampled at {recording.fs:g} Hz and '{second}' at {other.fs:g} Hz: resample one first."
        )
    if recording.units != other.units:
        raise ValueError(
            f"'{first}' is in {recording.units} and '{second}' in {other.units}: state the unit with --units, or "
            "convert one with `emgtut denoise OLD NEW --method identity --units UNIT`."
        )
    if recording.n_samples != other.n_samples:
        raise ValueError(
            f"'{first}' has {recording.n_samples} samples and '{second}' {other.n_samples}: cut both to one stretch."
        )
    if len(recording.channels) != len(other.channels):
        raise ValueError(
            f"'{first}' has {len(recording.channels)} channels and '{second}' {len(other.channels)}: pick one with "
            "--channel."
        )
    if set(recording.channels) == set(other.channels):
        return other.signal[[other.channels.index(name) for name in recording.channels]]
    return other.signal


def score(recording, clean, noisy=None):
    """Score every channel.

    Parameters
    ----------
    recording : Recording
        What is judged.
    clean : ndarray, shape (n_channels, n_samples), unit of the recording
        The reference.
    noisy : ndarray, shape (n_channels, n_samples), unit of the recording, optional
        What was denoised; without it the SNR before and the gain in SNR are left out.

    Returns
    -------
    dict of str to ndarray, shape (n_channels,)
        Scores as `emgtut.assess.evaluate` names them.

    Raises
    ------
    ValueError
        If a reference channel is silent, or the recording is too short.

    Examples
    --------
    >>> import numpy as np
    >>> from emgtut.data import Recording
    >>> clean = np.random.default_rng(0).standard_normal((1, 1000))
    >>> scores = score(Recording(1.1 * clean, fs=1000, channels=["VL"]), clean)
    >>> scores["snr_out"].round(6), "snr_in" in scores
    (array([20.]), False)

    Lesson
    ------
    Command line
    """
    import numpy as np

    from emgtut.assess import evaluate

    silent = [name for name, x in zip(recording.channels, clean, strict=True) if not np.any(x)]
    if silent:
        raise ValueError(
            f"The clean reference of channel '{silent[0]}' is silent, so no ratio to it exists: pick another channel "
            "with --channel."
        )
    scores = evaluate(clean, recording.signal if noisy is None else noisy, recording.signal, fs=recording.fs)
    return {name: value for name, value in scores.items() if noisy is not None or name not in ("snr_in", "snr_imp")}


def _report(source, clean, recording, scores):
    """Print the scores, channels side by side."""
    typer.echo(f"{source} against {clean}: {recording.duration_s:.6g} s at {recording.fs:g} Hz.")
    for start in range(0, len(recording.channels), CHANNELS_A_TABLE):
        names = recording.channels[start : start + CHANNELS_A_TABLE]
        rows = []
        for name, values in scores.items():
            unit = recording.units if UNITS[name] == "signal" else UNITS[name]
            rows.append([name, unit, *(options.number(value) for value in values[start : start + CHANNELS_A_TABLE])])
        options.print_table("Scores", ["score", "unit", *(f">{name}" for name in names)], rows)
    typer.echo(WHICH_SNR)
    if any(value != value for values in scores.values() for value in values):
        typer.echo(UNDEFINED)
