"""The whole way from sources to pages: execute what changed, stage, run Jupyter Book, check that each page is there."""

import json
import os
import re
import shutil
import subprocess
import sys

from emgtut.book import execute, stage, vendoring
from emgtut.book.layout import BookError, find_layout, write_whole


def build(fast=False, chapters=None, force=False, *, root=None, jobs=2, console=None):
    """Execute the chapters that changed and build the book.

    Parameters
    ----------
    fast : bool
        Execute with ``FAST=True``; these runs are kept apart from the full ones.
    chapters : list of str, optional
        Execute these only, by number or name. The others appear as they last ran, or say that they did not run.
    force : bool
        Execute again even what is up to date.
    root : path, optional
        The checkout; by default the one around the working folder.
    jobs : int
        Chapters executed at a time, each on one thread.
    console : rich.console.Console, optional
        Where progress goes.

    Returns
    -------
    pathlib.Path
        First page of the finished book.

    Raises
    ------
    BookError
        If a source is missing, a cell fails, Jupyter Book warns, or a page was not made. An earlier book stays.

    Lesson
    ------
    Book engine.

    Examples
    --------
    >>> build(chapters=["99"])
    Traceback (most recent call last):
    ...
    emgtut.book.layout.BookError: There is no chapter '99' in _toc.yml; choose from: ...
    """
    from rich.console import Console

    layout, console = find_layout(root), console or Console()
    wanted = layout.choose(chapters)
    layout.check_sources()
    offline = _have_javascript(layout, console)
    console.print(f"[bold]Chapters[/] ({'FAST' if fast else 'full'} runs)")
    execute.execute(layout, wanted, fast=fast, force=force, jobs=jobs, console=console)
    console.print("[bold]Pages[/]")
    digest, unexecuted = stage.stage(layout, fast=fast, offline=offline)
    if unexecuted:
        console.print(f"  not executed yet, and marked so: {', '.join(unexecuted)}", highlight=False)
    index = layout.html / "index.html"
    if not unexecuted and _is_current(layout, digest):
        console.print("  up to date")
    else:
        with console.status("  Jupyter Book is making the pages"):
            _make_pages(layout, strict=not unexecuted)
        write_whole(layout.html / ".stage.json", json.dumps({"digest": digest}))
        console.print(f"  {len(layout.pages())} pages made")
    console.print("[bold green]The book is ready.[/] Open this file in a browser:")
    console.print(str(index), soft_wrap=True, highlight=False)
    return index


def _have_javascript(layout, console):
    """Vendor the JavaScript if need be; without npm say what that means and go on."""
    try:
        vendoring.vendor(layout.root)
    except BookError as error:
        console.print(f"[bold yellow]This book will need the network to be read:[/] {error}", highlight=False)
        return False
    return True


def _is_current(layout, digest):
    """Whether the finished pages were made from exactly this stage."""
    stamp = layout.html / ".stage.json"
    return stamp.is_file() and json.loads(stamp.read_text())["digest"] == digest and not _lacking(layout, layout.html)


def _lacking(layout, html):
    """Pages of `_toc.yml` that have no HTML."""
    return [n for n in layout.pages() if not (html / f"{n}.html").is_file() or not (html / f"{n}.html").stat().st_size]


def _make_pages(layout, *, strict):
    """Run Jupyter Book from a clean state, check its pages, and put them in the place of the earlier ones.

    It always starts afresh: on a second run Sphinx does not repeat the warnings of pages it has kept, nor does it
    renew the numbers that one page takes from another.
    """
    fresh = layout.work / "pages"
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    flags = ["-W", "--keep-going", "-n"] if strict else []
    program = "from jupyter_book.cli.main import main; main()"
    command = [sys.executable, "-c", program, "build", str(layout.stage), "--path-output", str(fresh), *flags]
    environment = os.environ | {"PYTHONIOENCODING": "utf-8", "JUPYTER_PLATFORM_DIRS": "1"}
    run = subprocess.run(command, cwd=fresh, env=environment, capture_output=True, encoding="utf-8", check=False)
    report = re.sub(r"\x1b\[[\d;]*m", "", run.stdout + run.stderr).replace(str(layout.stage) + os.sep, "")
    log = layout.work / "jupyter-book.log"
    log.write_text(report, encoding="utf-8")
    made = fresh / "_build" / "html"
    if run.returncode:
        complaints = [line for line in report.splitlines() if "WARNING" in line or "ERROR" in line]
        detail = "\n".join(complaints[:20] or report.splitlines()[-20:])
        raise BookError(f"Jupyter Book found faults; its whole report is in {log}.\n{detail}")
    if lacking := _lacking(layout, made):
        raise BookError(f"Jupyter Book made no page for: {', '.join(lacking)}; its report is in {log}.")
    shutil.rmtree(layout.html, ignore_errors=True)
    shutil.move(made, layout.html)
    shutil.rmtree(fresh)
