"""Run chapters: text source -> papermill -> cleaned executed notebook, two at a time, each in a fresh kernel."""

import concurrent.futures
import contextlib
import datetime
import json
import multiprocessing
import os
import pathlib
import re
import shutil
import tempfile
import time
from concurrent.futures.process import BrokenProcessPool

from emgtut.book.keys import Digests, execution_key, of, what_changed
from emgtut.book.layout import BookError, write_whole

CELL_TIMEOUT_S = 900
PATIENCE_S = 4.0  # for workers that were asked to end
ANSI = re.compile(r"\x1b\[[\d;]*m")
ARROW = re.compile(r"-+> \d+ (.*)")
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def read_source(source):
    """Read a chapter and check that it can be executed.

    Parameters
    ----------
    source : pathlib.Path
        MyST Markdown file.

    Returns
    -------
    nbformat.NotebookNode

    Raises
    ------
    BookError
        If the kernel or the parameters cell naming FAST is missing.
    """
    import jupytext
    import papermill

    notebook = jupytext.read(source)
    if "name" not in notebook.metadata.get("kernelspec", {}):
        raise BookError(f"Chapter {source.stem} names no kernel: give its front matter a full `kernelspec`.")
    if "FAST" not in papermill.inspect_notebook(notebook):
        raise BookError(f"Chapter {source.stem} needs a cell tagged `parameters` that sets FAST = False.")
    for number, cell in enumerate(notebook.cells, start=1):
        cell.id = f"{source.stem}-{number}"  # not a random one, so that equal sources give equal notebooks
    return notebook


def clean(notebook):
    """Take out what papermill left behind and hide the cell it injected.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook.
    """
    notebook.metadata.pop("papermill", None)
    for cell in notebook.cells:
        for leftover in ("papermill", "execution"):
            cell.metadata.pop(leftover, None)
        if "injected-parameters" in cell.metadata.get("tags", []):
            cell.metadata["tags"] = ["injected-parameters", "remove-cell"]
    return notebook


def failed_cell(notebook):
    """Describe the code cell at which a run stopped.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        A partly executed notebook as papermill saves it.

    Returns
    -------
    str
        Its number among the chapter's own code cells, and its first line.
    """
    injected = {id(c) for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])}
    cells = [c for c in notebook.cells if c.cell_type == "code" and id(c) not in injected]
    where = "no cell: the kernel did not start"
    for number, cell in enumerate(cells, start=1):
        if cell.metadata.get("papermill", {}).get("start_time"):
            where = f"code cell {number} (`{next(iter(cell.source.splitlines()), '')}`)"
        if any(output.output_type == "error" for output in cell.outputs):
            break
    return where


def failing_line(traceback):
    """Find the line of source at which a traceback ends: a bare assert has no other words for what it claims.

    Parameters
    ----------
    traceback : list of str
        As IPython prints it, with an arrow at the line of each frame.

    Returns
    -------
    str
        That line, or a sentence when the traceback shows no source.

    Examples
    --------
    >>> failing_line(["Cell In[3], line 2", "      1 gain = 2", "----> 2 assert gain == 3"])
    'assert gain == 3'
    """
    lines = ANSI.sub("", "\n".join(traceback)).splitlines()
    pointed = [line[1].strip() for line in map(ARROW.match, lines) if line]
    return pointed[-1] if pointed else "it gave no message, and its traceback shows no source"


def run_chapter(source, output, parameters, root):
    """Execute one chapter in a fresh kernel, in an empty working folder of its own.

    Parameters
    ----------
    source : pathlib.Path
        MyST Markdown file.
    output : pathlib.Path
        Where the executed notebook goes; the partial one when a cell fails.
    parameters : dict
        Values to inject.
    root : pathlib.Path
        The checkout whose `emgtut` the kernel imports.

    Returns
    -------
    float
        Seconds that it took.

    Raises
    ------
    BookError
        If a cell fails, runs too long or kills the kernel; it names chapter and cell.
    """
    import nbformat
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError
    from traitlets.config import Config

    notebook = read_source(source)
    output.parent.mkdir(parents=True, exist_ok=True)
    start = time.perf_counter()
    with (
        tempfile.TemporaryDirectory(prefix=f"{source.stem}_", ignore_cleanup_errors=True) as scratch,
        _kernel_environment(root, scratch),
    ):
        pathlib.Path(scratch, "work").mkdir()
        try:
            papermill.execute_notebook(
                notebook,
                str(output),
                parameters=parameters,
                cwd=str(pathlib.Path(scratch, "work")),
                progress_bar=False,
                execution_timeout=CELL_TIMEOUT_S,
                config=Config(KernelManager={"transport_encryption": "auto"}),
            )
        except papermill.PapermillExecutionError as error:
            reason = f"{error.ename}: {error.evalue or failing_line(error.traceback)}"
        except CellTimeoutError:
            reason = f"it ran longer than {CELL_TIMEOUT_S} s"
        except DeadKernelError:
            reason = "the kernel died (out of memory?)"
        else:
            reason = None
    partial = nbformat.read(output, 4) if output.is_file() else notebook
    where = failed_cell(partial)
    nbformat.write(clean(partial), output)
    if reason:
        raise BookError(f"Chapter {source.stem}, {where}: {reason}")
    return time.perf_counter() - start


@contextlib.contextmanager
def _kernel_environment(root, scratch):
    """Set what a kernel inherits: one thread, the checkout's package, and nothing of the user's own settings."""
    values = dict.fromkeys(ONE_THREAD, "1") | {
        "PYTHONPATH": os.pathsep.join(filter(None, [str(root), os.environ.get("PYTHONPATH")])),
        "IPYTHONDIR": str(pathlib.Path(scratch, ".ipython")),  # no start-up files
        "JUPYTER_PREFER_ENV_PATH": "1",  # the environment's kernel before one of the same name elsewhere
        "JUPYTER_PLATFORM_DIRS": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def stored_record(layout, source, fast):
    """What is known about the last good run of a chapter.

    Parameters
    ----------
    layout : Layout
    source : pathlib.Path
    fast : bool

    Returns
    -------
    dict
        With "key", "seconds", "finished", "fast"; empty when there is no intact run.
    """
    notebook = layout.executed(fast) / f"{source.stem}.ipynb"
    record = notebook.with_suffix(".json")
    if not (notebook.is_file() and record.is_file()):
        return {}
    stored = json.loads(record.read_text(encoding="utf-8"))
    return stored if stored["notebook"] == of(notebook.read_text(encoding="utf-8")) else {}


def execute(layout, sources, *, fast, force=False, jobs=2, console):
    """Bring chapters up to date, at most `jobs` at a time.

    Parameters
    ----------
    layout : Layout
        The checkout.
    sources : sequence of pathlib.Path
        Chapters.
    fast : bool
        Inject ``FAST=True``.
    force : bool
        Run again even what is up to date.
    jobs : int
        Processes.
    console : rich.console.Console
        Where progress goes.

    Raises
    ------
    BookError
        After all have run, if any failed; partial notebooks stay in `_build/failed`.
    """
    parameters = {"FAST": True} if fast else {}
    digests = Digests(layout.work / "digests.json")
    waiting = {}
    for source in sources:
        with console.status(f"  {source.stem}: comparing with its last run"):
            key = execution_key(layout, source, parameters, digests=digests)
        before = {} if force else stored_record(layout, source, fast).get("key", {})
        if reason := what_changed(before, key):
            read_source(source)  # a chapter that cannot run is refused before any other runs
            waiting[source] = key
            console.print(
                f"  {source.stem}: to run ({'asked for' if force else reason})", highlight=False, soft_wrap=True
            )
        else:
            console.print(f"  {source.stem}: up to date", highlight=False, soft_wrap=True)
    digests.save()
    failures = _run_all(layout, waiting, parameters, fast, jobs, console) if waiting else []
    if layout.failed.is_dir() and not any(layout.failed.iterdir()):
        layout.failed.rmdir()
    if failures:
        raise BookError("\n".join([*failures, f"Partial notebooks are kept in {layout.failed}."]))


def _run_all(layout, waiting, parameters, fast, jobs, console):
    """Run the chapters in `waiting` (source to key); return the failures as sentences."""
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    failures = []
    columns = [TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()]
    context, others = multiprocessing.get_context("spawn"), set(multiprocessing.active_children())
    with (
        Progress(*columns, console=console, transient=True) as progress,
        concurrent.futures.ProcessPoolExecutor(min(jobs, len(waiting)), context) as pool,
    ):
        bar = progress.add_task("executing chapters", total=len(waiting))
        runs = {}
        for source in waiting:
            output = layout.failed / f"{source.stem}.ipynb"  # it stays there unless the run succeeds
            output.unlink(missing_ok=True)
            runs[pool.submit(run_chapter, source, output, parameters, layout.root)] = source
        try:
            for run in concurrent.futures.as_completed(runs):
                source = runs[run]
                try:
                    seconds = run.result()
                except (BookError, BrokenProcessPool) as error:
                    failures.append(str(error))
                    console.print(f"  {source.stem}: [bold red]failed[/]", highlight=False, soft_wrap=True)
                else:
                    _store(layout, source, fast, waiting[source], seconds)
                    console.print(f"  {source.stem}: executed in {seconds:.1f} s", highlight=False, soft_wrap=True)
                progress.advance(bar)
        except KeyboardInterrupt:  # do not wait for chapters that run, start no other
            pool.shutdown(wait=False, cancel_futures=True)
            _end(set(multiprocessing.active_children()) - others)
            raise
    return failures


def _end(workers):
    """Ask, then force: to a signal nbclient answers by shutting its kernel down, which a busy machine draws out."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(PATIENCE_S / len(workers))
        worker.kill()  # its kernel notices within a second and ends too


def _store(layout, source, fast, key, seconds):
    """Move a good run to its place and write down how it came about."""
    fresh = layout.failed / f"{source.stem}.ipynb"
    target = layout.executed(fast) / fresh.name
    target.parent.mkdir(parents=True, exist_ok=True)
    record = {
        "key": key,
        "notebook": of(fresh.read_text(encoding="utf-8")),
        "fast": fast,
        "seconds": round(seconds, 1),
        "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
    }
    shutil.move(fresh, target)
    write_whole(target.with_suffix(".json"), json.dumps(record, indent=1))
