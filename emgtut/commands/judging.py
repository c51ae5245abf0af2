"""`emgtut assess IN` without a reference: the SNR that QASE-net predicts, over time, with a grade and a warning."""

import typer

from emgtut.commands import options, pictures, staging

WHAT_IT_MEANS = (
    "SNR here means predicted energy of the muscle (20-450 Hz) over that of everything else; ± is the standard "
    "deviation on validation data. Grades are conventions: {grades}, D below."
)
GUESS = (
    "{names}: outside of what the judge was trained on in most windows, so the number is a guess without a grade. "
    "Look at the picture (--plot), and screen the folder (--screen)."
)
SILENT = "{names}: constant, so there is no signal to judge."


def judge(source, *, model="mixture", fs=None, units=None, channel=None, plot=False, plot_to=None, force=False):
    """Predict the SNR of every channel of a recording, and report.

    Parameters
    ----------
    source : pathlib.Path
        Recording.
    model : {"mixture", "ecg"}
        Which judge.
    fs, units, channel
        As for reading one file.
    plot, plot_to, force
        Draw a picture for each channel beside the recording, or into another file; replace it.

    Raises
    ------
    ValueError
        If the recording cannot be judged, or torch or the trained weights are missing.

    Examples
    --------
    >>> from pathlib import Path
    >>> judge(Path("walk.csv"), model="magic")
    Traceback (most recent call last):
        ...
    ValueError: --model is 'magic', but there are ecg and mixture: choose one of these.

    Lesson
    ------
    21 QASE-net
    """
    import numpy as np

    from emgtut.assess.qasenet import GRADES, MODELS, predict_snr, snr_grade
    from emgtut.data import read

    if model not in MODELS:
        raise ValueError(f"--model is {model!r}, but there are {' and '.join(MODELS)}: choose one of these.")
    recording = read(source, fs=fs, units=units, channel=channel)
    files = []
    if plot or plot_to:
        files = pictures.files_for(plot_to or source.with_name(f"{source.stem}_snr.png"), recording.channels)
        staging.check_targets(files, inputs=[source], force=force)
    found = []
    with options.progress("judging") as bar:
        for x in bar.track(recording.signal):
            found.append(predict_snr(x, fs=recording.fs, model=model) if np.ptp(x) > 0 else None)
    if not any(found):
        raise ValueError(f"Every channel of '{source}' is constant, so there is nothing to judge.")

    def draw(_, index):
        from emgtut.show.quality_report import quality_report

        return quality_report(
            recording.signal[index],
            found[index],
            fs=recording.fs,
            units=recording.units,
            title=f"{source.name}, {recording.channels[index]}",
        )

    with pictures.drawn(files, draw):
        typer.echo(f"{source}: {recording.duration_s:.6g} s at {recording.fs:g} Hz, judged without a reference.")
        rows = []
        for name, one in zip(recording.channels, found, strict=True):
            if one is None:
                rows.append([name, "", "", "", "", "", "silent"])
                continue
            ends = (one.by_window.min(), one.by_window.max())
            numbers = [options.number(value, 3) for value in (one.snr_db, one.sd, *ends)]
            share = f"{100 * np.mean(one.familiar):.0f} %"
            rows.append([name, *numbers, share, snr_grade(one.snr_db, one.in_distribution)])
        heads = ["channel", ">SNR dB", ">± dB", ">lowest dB", ">highest dB", ">familiar windows", "grade"]
        options.print_table(f"Predicted SNR, model '{model}'", heads, rows)
        grades = ", ".join(f"{letter} from {least:g} dB" for letter, least in GRADES.items()).replace("-", "−")
        typer.echo(WHAT_IT_MEANS.format(grades=grades))
        for sentence, wanted in (
            (GUESS, lambda q: q is not None and not q.in_distribution),
            (SILENT, lambda q: q is None),
        ):
            names = [name for name, one in zip(recording.channels, found, strict=True) if wanted(one)]
            if names:
                typer.echo(sentence.format(names=", ".join(names)))
    for file in files:
        typer.echo(f"Written: {file}")
