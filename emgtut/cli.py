"""The `emgtut` command: its sub-commands, its version and the way it reports errors."""

from typing import Annotated

import typer
from typer.core import TyperGroup

from emgtut import __version__
from emgtut.commands import assess, benchmark, book, checkup, data, denoise, features, stream, train
from emgtut.commands.options import Misuse


def sentence(error):
    """Return an error as one line of text.

    Parameters
    ----------
    error : Exception
        What a command raised.

    Returns
    -------
    str
        One line, ready for a reader.

    Examples
    --------
    >>> sentence(ValueError("Give fs in hertz."))
    'Give fs in hertz.'
    >>> sentence(PermissionError(13, "Permission denied", "walk.csv"))
    "Permission denied: 'walk.csv'."

    Lesson
    ------
    Command line
    """
    if isinstance(error, ModuleNotFoundError):
        return f"This needs the package '{error.name}', which is not installed: see requirements.txt."
    if isinstance(error, OSError) and error.strerror and error.filename:
        return f"{error.strerror}: '{error.filename}'."
    return " ".join(str(error).split())


class OneSentenceErrors(TyperGroup):
    """A command group that answers bad input with one sentence on stderr and exit code 1.

    The package raises ValueError and OSError for what a user can mend, and an optional package may be absent. Anything
    else is a bug of ours and keeps its traceback.
    """

    def invoke(self, ctx):
        """Run the chosen command."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # `emgtut ... | head` is no error: Typer ends quietly
        except (ValueError, OSError, ModuleNotFoundError) as error:
            if isinstance(error, ModuleNotFoundError) and (error.name or "emgtut").startswith("emgtut"):
                raise
            typer.secho(f"Error: {sentence(error)}", fg="red", err=True)
            raise typer.Exit(2 if isinstance(error, Misuse) else 1) from error


app = typer.Typer(
    cls=OneSentenceErrors,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(data.app, name="data")
app.command("denoise")(denoise.denoise)
app.command("assess")(assess.assess)
app.command("features")(features.features)
app.command("benchmark")(benchmark.benchmark)
app.command("train")(train.train)
app.command("stream")(stream.stream)
app.command("checkup")(checkup.checkup)
app.command("book")(book.book)


def _print_version(wanted):
    if wanted:
        typer.echo(f"emgtut {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and stop.")
    ] = False,
):
    """Acquire, contaminate, denoise, assess and apply surface EMG."""


def main():
    """Run the command line."""
    app(prog_name="emgtut")
