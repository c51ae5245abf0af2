"""Every executable page alone, in a fresh kernel and an empty folder: it runs, fast enough, and complains of nothing.

`--full` runs them as `make book` does; without it they run with FAST=True.
"""

import os
import time

import nbformat
import pytest

from emgtut.book.execute import read_source, run_chapter
from emgtut.book.layout import find_layout

LAYOUT = find_layout()
SOURCES = sorted({*LAYOUT.chapters(), *(LAYOUT.root / "notebooks").glob("*.md")})
BUDGET_S = {"fast": 20, "full": 180}  # of processor time, kernel start included, on one core


def processor_time():
    """Seconds of processor time of ended child processes, such as kernels."""
    used = os.times()  # Windows counts none: there the budget is not checked
    return used.children_user + used.children_system


def test_every_chapter_is_in_the_table_of_contents():
    listed = {source.name for source in LAYOUT.chapters()}
    assert {source.name for source in (LAYOUT.root / "notebooks").glob("*.md")} <= listed


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_parameters_cell_holds_the_book_values(source):
    cells = [cell for cell in read_source(source).cells if "parameters" in cell.metadata.get("tags", [])]
    assert len(cells) == 1
    values = {}
    exec(cells[0].source, values)
    assert values["FAST"] is False
    assert isinstance(values["SEED"], int)
    assert values["DATA"] == "auto"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_notebook_runs_alone(source, tmp_path, request):
    mode = "full" if request.config.getoption("--full") else "fast"
    before, started = processor_time(), time.perf_counter()
    output = tmp_path / f"{source.stem}.ipynb"
    run_chapter(source, output, {} if mode == "full" else {"FAST": True}, LAYOUT.root)
    used = processor_time() - before
    print(f"{source.stem}: {used:.1f} s of processor time, {time.perf_counter() - started:.1f} s by the clock")
    cells = nbformat.read(output, 4).cells
    complaints = [o.text for c in cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
    assert not complaints, "a chapter writes nothing to stderr"
    assert used <= BUDGET_S[mode], (
        f"{source.stem} takes {used:.0f} s of processor time; its budget is {BUDGET_S[mode]} s"
    )
