"""Run a benchmark: hand out the blocks that are not finished, keep each when it comes back."""

import concurrent.futures
import json

from emgtut import denoise
from emgtut.benchmark import journal
from emgtut.benchmark.scoring import MODES, score
from emgtut.benchmark.tracing import stamp
from emgtut.benchmark.workers import executor
from emgtut.signals import check_count

__all__ = ["ALWAYS", "run"]

PLAIN = (bool, int, float, str, tuple, list, type(None))
ALWAYS = ("identity", "zero")  # the two rows that cost nothing are in every table


def run(suite, methods, out, *, modes=MODES, jobs=1, cluster=None, fresh=False, track=None):
    """Score methods on a benchmark, and go on where an earlier run was stopped.

    Parameters
    ----------
    suite : Suite
        What is scored.
    methods : sequence of str
        Names of denoisers. `identity` and `zero` are always added.
    out : path
        Folder of the run. Blocks that are finished there are not scored again.
    modes : sequence of {"blind", "oracle"}
        Whether methods are told which contaminants act.
    jobs : int
        Processes, each with one thread.
    cluster : str, optional
        Address of a Dask scheduler to use instead.
    fresh : bool
        Score the named methods anew in these modes, whatever is finished.
    track : callable, optional
        ``track(iterable, total) -> iterable``, for a progress bar.

    Returns
    -------
    DataFrame
        One row per case, method and mode, for every method that has finished in that folder, earlier runs included.

    Raises
    ------
    ValueError
        If a choice is unknown, or the folder holds another benchmark.

    Examples
    --------
    >>> run(None, ["magic"], "out")
    Traceback (most recent call last):
        ...
    ValueError: There is no denoiser called 'magic': choose one of identity, zero, ...

    Lesson
    ------
    19 Showdown
    """
    jobs = check_count(jobs, name="jobs")
    methods = list(dict.fromkeys([*ALWAYS, *methods]))
    # an unknown name, or weights that are not there, are told before any work
    settings = {name: settings_of(denoise.get(name)) for name in methods}
    unknown = [mode for mode in modes if mode not in MODES]
    if unknown or not modes:
        raise ValueError(f"modes is {list(modes)}, but it must name blind, oracle or both.")
    journal.claim(out, suite.about)
    if fresh:
        journal.forget(out, methods, modes)
    journal.check_settings(out, settings)
    done = journal.finished(out)
    wanted = [(name, mode) for name in methods for mode in dict.fromkeys(modes)]
    missing = {block.name: [pair for pair in wanted if (block.name, *pair) not in done] for block in suite.blocks}
    todo = [(block, missing[block.name]) for block in suite.blocks if missing[block.name]]
    made_by = stamp()
    finished = _work(todo, jobs, cluster) if todo else ()
    for block, tables in track(finished, len(todo)) if track else finished:
        for (method, mode), rows in tables.items():
            journal.keep(out, block, method, mode, rows, {**made_by, "settings": settings[method]})
    return journal.read_table(out, blocks=[block.name for block in suite.blocks])


def settings_of(denoiser):
    """Settings of a method as one line of text, calibrated ones and the name of its weights included."""
    plain = {name: value for name, value in vars(denoiser).items() if isinstance(value, PLAIN)}
    return json.dumps({**plain, "weights": denoiser.info.weights}, sort_keys=True)


def _work(todo, jobs, cluster):
    """Yield each block's name and tables as they come back; only so many blocks are drawn ahead as can be worked on."""
    with executor(jobs, cluster) as (pool, width):
        waiting = {}
        for block, pairs in todo:
            if len(waiting) >= 2 * width:
                yield from _collect(waiting)
            waiting[pool.submit(score, block.draw(), pairs)] = block.name
        while waiting:
            yield from _collect(waiting)


def _collect(waiting):
    ready, _ = concurrent.futures.wait(waiting, return_when=concurrent.futures.FIRST_COMPLETED)
    for future in ready:
        yield waiting.pop(future), future.result()
