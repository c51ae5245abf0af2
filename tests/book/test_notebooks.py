"""Every executable page alone, in a fresh kernel and an empty folder: it runs and complains of nothing.

`--full` runs them as `make book` does; without it they run with FAST=True. Time is not measured here, where two tests
share a core: `benchmarks/chapters.py` measures it on a quiet machine, and its table is held against the budgets.
"""

import nbformat
import pytest

from emgtut.benchmark.tables import read_csv
from emgtut.book.execute import read_source, run_chapter
from emgtut.book.layout import find_layout

LAYOUT = find_layout()
SOURCES = sorted({*LAYOUT.chapters(), *(LAYOUT.root / "notebooks").glob("*.md")})
BUDGET_S = {"fast": 20, "full": 180}  # of processor time, kernel start included, on the reference core
REFERENCE_S = 0.17  # what the fixed piece of work of the benchmark takes on that core
OVER_S = {"19_showdown": 25}  # fast: known to miss the budget, not to get worse
TIMES, _ = read_csv(LAYOUT.root / "results/chapter_times.csv")


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
    parameters = {} if request.config.getoption("--full") else {"FAST": True}
    output = tmp_path / f"{source.stem}.ipynb"
    run_chapter(source, output, parameters, LAYOUT.root)
    cells = nbformat.read(output, 4).cells
    complaints = [o.text for c in cells for o in c.get("outputs", []) if o.get("name") == "stderr"]
    assert not complaints, "a chapter writes nothing to stderr"


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.stem)
def test_chapter_was_measured_and_keeps_its_budget(source):
    measured = TIMES[TIMES["chapter"] == source.stem]
    assert "fast" in set(measured["mode"]), f"run `python benchmarks/chapters.py {source.stem}` on a quiet machine"
    for row in measured.itertuples():
        # A slower core is allowed for. A faster one is not held against a chapter: imports gain less from it.
        seconds = row.processor_s * min(1.0, REFERENCE_S / row.reference_s)
        budget = OVER_S.get(source.stem, BUDGET_S["fast"]) if row.mode == "fast" else BUDGET_S["full"]
        assert 0 < seconds <= budget, f"{source.stem} ({row.mode}): {seconds:.0f} s"
