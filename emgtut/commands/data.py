"""`emgtut data`: which datasets there are, getting and checking them, and preparing a corpus of mixtures."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands import options

SHOWN = 5  # file names shown of each dataset when all are verified at once

app = typer.Typer(no_args_is_help=True, help="List, fetch, verify and prepare the datasets of the course.")

DatasetArgument = Annotated[str, typer.Argument(metavar="DATASET", help="Name, as `emgtut data list` shows it.")]


@app.command("list")
def list_datasets():
    """List the datasets, their licences, and how much of each is here."""
    from emgtut.data import available, data_root, datasets, manifest

    rows = []
    for name in datasets():
        about = manifest(name)
        here = sum(available(name, record) for record in about.records)
        rows.append([name, about.title, about.licence, f"{here} of {len(about.records)}"])
    options.print_table(f"Data root: {data_root()}", ["dataset", "title", "licence", ">records here"], rows)
    typer.echo("`emgtut data fetch DATASET` brings one; the environment variable EMGTUT_DATA moves the data root.")


@app.command()
def fetch(
    dataset: DatasetArgument,
    record: Annotated[list[str] | None, typer.Option("--record", help="Only this record; may be repeated.")] = None,
):
    """Download a dataset, or some records of it, and check every file."""
    from emgtut.data import data_root
    from emgtut.data import fetch as bring

    # A bar that nobody sees would only fill a log file.
    files = bring(dataset, records=record or None, progress=sys.stderr.isatty())
    typer.echo(f"{dataset}: {files_word(len(files))} complete and checked under {data_root() / dataset}")


@app.command()
def verify(
    dataset: Annotated[
        str | None, typer.Argument(metavar="[DATASET]", help="Name of a dataset; all of them when left out.")
    ] = None,
):
    """Compare the files that are here with their checksums; missing files are listed apart from invalid ones."""
    from emgtut.data import data_root, datasets
    from emgtut.data import verify as check

    if dataset is None and not data_root().is_dir():
        raise ValueError(f"The data root {data_root()} does not exist; set EMGTUT_DATA, or fetch a dataset first.")
    names = datasets() if dataset is None else [dataset]
    with options.progress("verifying") as bar:
        reports = [check(name) for name in bar.track(names)]
    kinds = ("valid", "invalid", "missing", "unchecked", "unlisted")
    rows = [[report.dataset, *(str(len(getattr(report, kind))) for kind in kinds)] for report in reports]
    options.print_table(f"Data root: {data_root()}", ["dataset", *(f">{kind}" for kind in kinds)], rows)
    for report in reports:
        _print_list("Missing from", report, report.missing, shown=None if dataset else SHOWN)
        _print_list("Without a known checksum in", report, report.unchecked, shown=None if dataset else SHOWN)
        _print_list("Invalid in", report, [report.faults[name] for name in report.invalid], shown=None)
    spoilt = {report.dataset: len(report.invalid) for report in reports if not report.ok}
    if spoilt:
        told = ", ".join(f"{files_word(count)} of {name}" for name, count in spoilt.items())
        remedy = f"`emgtut data fetch {next(iter(spoilt))}` replaces what is broken, or says how to"
        raise ValueError(f"Invalid: {told}; {remedy}.")
    typer.echo("Nothing is invalid." if any(report.valid for report in reports) else "There are no files to check.")


@app.command()
def prepare(
    datasets: Annotated[list[str], typer.Argument(metavar="DATASET...", help="One dataset, or several.")],
    recipe: Annotated[str, typer.Option("--recipe", help="cleansemg, qase or msemg.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="Folder of the corpus; DATASET-RECIPE when left out.")
    ] = None,
    published: Annotated[
        list[str] | None,
        typer.Option("--published", metavar="NAME", help="Switch a correction off; repeat it, or say `all`."),
    ] = None,
    record: Annotated[list[str] | None, typer.Option("--record", help="Only this record; may be repeated.")] = None,
    noise: Annotated[str, typer.Option("--noise", help="ECG and motion: auto, synthetic or real.")] = "auto",
    seed: Annotated[int, typer.Option("--seed", help="Of everything that is drawn.")] = 2025,
    corrections: Annotated[
        bool, typer.Option("--corrections", help="List what differs from the published pipelines, and stop.")
    ] = False,
):
    """Screen, split by subject, filter, cut and mix as a published pipeline does; goes on where it stopped."""
    from emgtut.prepare import CORRECTIONS
    from emgtut.prepare import prepare as make

    if corrections:
        rows = [[name, *told] for name, told in CORRECTIONS.items()]
        options.print_table("What --published NAME switches back", ["name", "here", "published"], rows)
        return
    folder = out or Path(f"{'+'.join(datasets)}-{recipe}")
    done = make(datasets, recipe, folder, published=published or (), seed=seed, only=record, source=noise, track=_track)
    told = ", ".join(f"{count} {part}" for part, count in done.segments.items())
    if done.screened:
        typer.echo(f"Screening kept {done.kept} of {done.screened} trials and channels.")
    if done.resumed:
        typer.echo(f"{done.resumed} records were done before.")
    if done.missing:
        typer.echo(f"{len(done.missing)} records of the manifest are not here and were left out.")
    if done.overwritten:
        typer.echo(f"{done.overwritten} segments were overwritten by others of the same name.")
    typer.echo(f"{folder}: segments {told}; {done.mixtures} mixtures in annotations.csv")


def _track(items, total, what):
    with options.progress(what) as bar:
        yield from bar.track(items, total=total)


def _print_list(what, report, lines, *, shown):
    """Print names or sentences below a heading; a dataset of which nothing is here needs no list of its files."""
    if not lines:
        return
    if what.startswith("Missing") and not (report.valid or report.invalid or report.unchecked):
        typer.echo(f"{report.dataset} is not here.")
        return
    typer.echo(f"{what} {report.dataset} ({files_word(len(lines))}):")
    for line in lines[:shown]:
        typer.echo(f"  {line}")
    if shown is not None and len(lines) > shown:
        typer.echo(f"  and {len(lines) - shown} more: `emgtut data verify {report.dataset}` lists them all")


def files_word(count):
    """Write a number of files.

    Parameters
    ----------
    count : int
        How many.

    Returns
    -------
    str
        The number and the noun.

    Examples
    --------
    >>> files_word(1), files_word(3)
    ('1 file', '3 files')

    Lesson
    ------
    Command line
    """
    return f"{count} file{'' if count == 1 else 's'}"
