"""`emgtut book`: build the book, or hand out its notebooks."""

from pathlib import Path
from typing import Annotated

import typer

from emgtut.commands.options import Misuse


def book(
    fast: Annotated[bool, typer.Option("--fast", help="Run every chapter with FAST=True: smaller, quicker.")] = False,
    chapter: Annotated[
        list[str] | None, typer.Option("--chapter", help="Only this chapter, such as 08; may be repeated.")
    ] = None,
    notebooks: Annotated[
        Path | None,
        typer.Option(
            "--notebooks", readable=False, help="Write notebooks into this folder instead of building the book."
        ),
    ] = None,
    student: Annotated[bool, typer.Option("--student", help="With --notebooks: without solutions.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Run every chapter again, changed or not.")] = False,
    vendor: Annotated[
        bool, typer.Option("--vendor", help="Only fetch the JavaScript that lets the pages work offline.")
    ] = False,
):
    """Execute the chapters and build the book."""
    if student and notebooks is None:
        raise Misuse("--student hands out notebooks: add --notebooks DIR.")
    if force and notebooks is not None:
        raise Misuse("--force is for building the book: leave it out with --notebooks.")
    from emgtut import book as engine

    try:
        if vendor:
            engine.vendor()
        elif notebooks is None:
            engine.build(fast=fast, chapters=chapter, force=force)
        else:
            engine.hand_out(notebooks, student=student, fast=fast, chapters=chapter)
    except engine.BookError as error:
        # A failed cell's report has several lines on purpose: chapter, cell and the cell's own error.
        typer.secho(f"Error: {error}", fg="red", err=True)
        raise typer.Exit(1) from error
