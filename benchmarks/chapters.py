"""How long each chapter computes, one at a time: writes results/chapter_times.csv.

    python benchmarks/chapters.py                    # with FAST=True, every page
    python benchmarks/chapters.py --full 01 13       # as `make book` does, these two; other rows stay as they are

Run it on a machine that does nothing else. What is kept is processor time, start of the kernel and imports included,
and beside it what a fixed piece of work took just before and after, because one machine, or one moment, is half as fast
as another. Their ratio counts: on the core for which the budgets of 20 s and 180 s are meant, the fixed piece takes
0.17 s. Of three runs the one with the smallest ratio is kept: what disturbs a run makes it longer only.
`tests/book/test_notebooks.py` holds the kept table against the budgets; no test measures time.
"""

import argparse
import os
import pathlib
import tempfile
import time

import numpy as np
import pandas as pd

from emgtut.benchmark.tables import read_csv, write_csv
from emgtut.benchmark.tracing import stamp
from emgtut.book.execute import run_chapter
from emgtut.book.layout import find_layout

TABLE = pathlib.Path(__file__).parents[1] / "results/chapter_times.csv"


def reference_work():
    """Processor seconds of a fixed piece of work of the kind that chapters do."""
    started = time.process_time()
    x = np.random.default_rng(0).standard_normal((64, 4000))
    for _ in range(30):
        np.sort(np.abs(np.fft.rfft(x)), axis=-1)
    sum(i % 7 for i in range(2_000_000))
    return time.process_time() - started


def measure(source, mode, root):
    """Run one chapter; return its row."""
    parameters = {"FAST": True} if mode == "fast" else {}
    with tempfile.TemporaryDirectory() as folder:
        before, reference = os.times(), reference_work()
        run_chapter(source, pathlib.Path(folder, f"{source.stem}.ipynb"), parameters, root)
        after = os.times()
    used = after.children_user + after.children_system - before.children_user - before.children_system
    reference = (reference + reference_work()) / 2
    data = "real" if os.environ.get("EMGTUT_DATA") else "synthetic"
    row = {"chapter": source.stem, "mode": mode, "data": data, "processor_s": used, "reference_s": reference}
    print("  ".join(f"{value:.3g}" if isinstance(value, float) else value for value in row.values()), flush=True)
    return row


def best(source, mode, root, times):
    """The row with the smallest ratio of several runs."""
    rows = [measure(source, mode, root) for _ in range(times)]
    return min(rows, key=lambda row: row["processor_s"] / row["reference_s"])


def keep(row):
    """Put a row into the table, in the place of an older one."""
    rows = pd.DataFrame([row | stamp()])
    if TABLE.exists():
        rows = pd.concat([read_csv(TABLE)[0], rows]).drop_duplicates(["chapter", "mode"], keep="last")
    told = {"command": "python benchmarks/chapters.py"}
    write_csv(TABLE, rows.sort_values(["mode", "chapter"]), told, digits=3)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("chapters", nargs="*", help="beginnings of their names; all when left out")
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--times", type=int, default=3, help="runs of each, of which the best is kept")
    given = parser.parse_args()
    layout = find_layout()
    sources = [one for one in layout.chapters() if one.stem.startswith(tuple(given.chapters) or "")]
    for source in sources:
        keep(best(source, "full" if given.full else "fast", layout.root, given.times))


if __name__ == "__main__":
    main()
