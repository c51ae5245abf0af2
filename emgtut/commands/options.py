"""Options and small printing helpers that several commands share."""

import sys
from pathlib import Path
from typing import Annotated

import typer

FsOption = Annotated[float | None, typer.Option("--fs", help="Sampling rate in Hz, where the file does not say.")]
UnitsOption = Annotated[
    str | None,
    typer.Option("--units", help="Amplitude unit (V, mV, uV, nV, arbitrary), where the file does not say."),
]
ChannelOption = Annotated[str | None, typer.Option("--channel", help="Take one channel, by name or number from 0.")]
PlotOption = Annotated[bool, typer.Option("--plot", help="Draw a picture (PNG) beside the result, one a channel.")]
PlotToOption = Annotated[
    Path | None,
    typer.Option("--plot-to", metavar="FILE", readable=False, help="Draw into this file instead: .png, .pdf or .svg."),
]


class Misuse(ValueError):
    """The command was called in a way that makes no sense: exit code 2, as for an unknown option."""


def print_table(title, columns, rows):
    """Print a table whose cells are never cut, on screen or in a pipe.

    Parameters
    ----------
    title : str
        Line above the table.
    columns : list of str
        Headings; one that begins with ">" is right-aligned.
    rows : list of list of str
        Cells, taken literally.

    Examples
    --------
    >>> print_table("levels", ["channel", ">rms"], [["VL", "0.1 mV"]])
    levels
      channel      rms
     ──────────────────
      VL        0.1 mV

    Lesson
    ------
    Command line
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=SIMPLE_HEAD, show_edge=False)
    for name in columns:
        table.add_column(Text(name.lstrip(">")), justify="right" if name.startswith(">") else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    typer.echo(title)
    # rich takes a pipe for a screen of 80 columns and would fold the cells.
    Console(width=None if sys.stdout.isatty() else 10_000, force_jupyter=False).print(table)  # text in a notebook too


def progress(what):
    """Make a progress bar on stderr that a terminal shows and a pipe does not.

    Parameters
    ----------
    what : str
        What goes on, such as "denoising".

    Returns
    -------
    rich.progress.Progress
        To be used in a `with` statement; it vanishes at the end.

    Examples
    --------
    >>> with progress("counting") as bar:
    ...     sum(bar.track(range(3)))
    3

    Lesson
    ------
    Command line
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()
    return Progress(*columns, console=console, transient=True, disable=not console.is_terminal)


def number(value, digits=4):
    """Write a number for a reader, with a true minus sign and words for what is no number.

    Parameters
    ----------
    value : float
        Any number.
    digits : int
        Significant digits.

    Returns
    -------
    str
        The text.

    Examples
    --------
    >>> number(-3.14159), number(float("inf")), number(-0.0), number(float("nan"))
    ('−3.142', '∞', '0', 'undefined')

    Lesson
    ------
    Command line
    """
    if value != value:
        return "undefined"
    return f"{value + 0.0:.{digits}g}".replace("inf", "∞").replace("-", "−")
