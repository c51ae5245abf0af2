"""`emgtut assess --screen DIR`: grade every channel of every recording in a folder, without a reference."""

from pathlib import Path

import typer

from emgtut.commands import options, pictures, staging

GAPS = ".gaps.csv"  # a recorder's list of lost samples, beside its recording
MOST_ROWS = 60  # of the picture; the table shows all
COLUMNS = {
    "SMR dB": ("smr_db", 1),
    "SHR dB": ("shr_db", 1),
    "OHM": ("ohm", 1),
    "SNR dB": ("snr_db", 1),
    "Hampel %": ("hampel", 100),
    "hum %": ("hum", 100),
}
WHAT_IT_MEANS = (
    "Grades are conventions: they say that a channel looks like muscle, not that it is clean. SNR here means "
    "contraction over rest. 'unknown': no contraction and rest could be told apart."
)


def screen_folder(folder, *, fs=None, units=None, channel=None, plot=False, plot_to=None, force=False):
    """Screen a folder and report.

    Parameters
    ----------
    folder : pathlib.Path
        Folder whose recordings are screened; folders inside it are not looked at.
    fs, units, channel
        As for reading one file.
    plot, plot_to, force
        Draw `screening.png` in the folder, or into another file; replace it.

    Raises
    ------
    ValueError
        If the folder holds no recording, or none that can be screened.

    Examples
    --------
    >>> screen_folder(Path("a folder that does not exist"))
    Traceback (most recent call last):
        ...
    ValueError: There is no folder 'a folder that does not exist': give one that holds recordings.

    Lesson
    ------
    20 Screening
    """
    sources = recordings_in(folder)
    files = []
    if plot or plot_to:
        files = pictures.files_for(plot_to or folder / "screening.png", ["all"])
        staging.check_targets(files, inputs=sources, force=force)
    found, refused = _screen_all(sources, fs=fs, units=units, channel=channel)
    if not found:
        raise ValueError(f"No recording in '{folder}' could be screened; {refused[0]}")

    def draw(_, __):
        from emgtut.show.screening_report import screening_report

        return screening_report(worst_first(found)[:MOST_ROWS], title=_headline(folder, found))

    with pictures.drawn(files, draw):
        _report(folder, found, refused)
    for file in files:
        typer.echo(f"Written: {file}")


def recordings_in(folder):
    """List the files of a folder that a reader exists for; a WFDB record once, by its header; no list of gaps.

    Parameters
    ----------
    folder : path
        The folder.

    Returns
    -------
    list of pathlib.Path
        Sorted by name.

    Raises
    ------
    ValueError
        If there is no such folder or no such file in it.

    Lesson
    ------
    20 Screening
    """
    from emgtut.data.reading import READERS

    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"There is no folder '{folder}': give one that holds recordings.")
    listed = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in READERS and path.is_file()]
    listed = [path for path in listed if not path.name.endswith(GAPS)]
    kept = [path for path in listed if not (path.suffix == ".dat" and path.with_suffix(".hea") in listed)]
    if not kept:
        raise ValueError(f"'{folder}' holds no recording; formats that can be read are {', '.join(READERS)}.")
    return kept


def worst_first(found):
    """Order channels by grade, the worst first, and by the number of faults.

    Parameters
    ----------
    found : list of (str, Screened)
        File name and what was found.

    Returns
    -------
    list of (str, Screened)

    Lesson
    ------
    20 Screening
    """
    order = {"rejected": 0, "unknown": 1, "C": 2, "B": 3, "A": 4}
    return sorted(found, key=lambda one: (order[one[1].grade], -len(one[1].faults)))


def _screen_all(sources, **how):
    """What was found in each channel, and a sentence for each file that could not be screened."""
    from emgtut.assess.screening import screen_recording
    from emgtut.data import read

    found, refused = [], []
    with options.progress("screening") as bar:
        for path in bar.track(sources):
            try:
                found += [(path.name, one) for one in screen_recording(read(path, **how))]
            except (ValueError, OSError) as error:
                refused.append(f"{path.name}: {' '.join(str(error).split())}")
    return found, refused


def _headline(folder, found):
    counts = {grade: sum(one.grade == grade for _, one in found) for grade in ("A", "B", "C", "rejected", "unknown")}
    told = ", ".join(f"{count} {grade}" for grade, count in counts.items() if count)
    return f"{Path(folder).resolve().name}: {len(found)} channel{'s' * (len(found) > 1)} ({told})"


def _report(folder, found, refused):
    rows = []
    for name, one in found:
        values = [options.number(scale * one.measures[key], 3) for key, scale in COLUMNS.values()]
        rows.append([name, one.channel, one.grade, *values, ", ".join(one.faults), "; ".join(one.reasons)])
    heads = ["file", "channel", "grade", *(f">{name}" for name in COLUMNS), "faults", "why not A"]
    options.print_table(_headline(folder, found), heads, rows)
    typer.echo(WHAT_IT_MEANS)
    for sentence in refused:
        typer.echo(f"Not screened: {sentence}")
