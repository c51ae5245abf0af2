"""The graded assignment, round trip: release, hand in, grade, mark. Student code runs here: it is ours."""

import csv
import importlib.util
import pathlib
import re
import sys

import nbformat
import pytest

pytestmark = pytest.mark.xdist_group("assignments")  # one worker: the graded class is made once
ROOT = pathlib.Path(__file__).resolve().parents[1]
AUTO_ITEMS = ("test-budget", "test-close", "test-gain", "test-guess", "test-labels", "test-mix", "test-nominal")


def load_grade():
    """assignments/grade.py as a module; it is a script, not part of the package."""
    spec = importlib.util.spec_from_file_location("emgtut_assignments_grade", ROOT / "assignments" / "grade.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


grade = load_grade()


def cells_of(notebook):
    """grade_id -> cell, for the cells nbgrader knows."""
    return {cell.metadata["nbgrader"]["grade_id"]: cell for cell in notebook.cells if "nbgrader" in cell.metadata}


def hand_in(folder, student, notebook, **changes):
    """Write a submission whose cells are changed; None drops a cell. Underscores stand for dashes in grade ids."""
    copy = nbformat.from_dict(notebook)
    copy = nbformat.reads(nbformat.writes(copy), as_version=4)
    changes = {name.replace("_", "-"): source for name, source in changes.items()}
    kept = []
    for cell in copy.cells:
        name = cell.metadata.get("nbgrader", {}).get("grade_id")
        if name in changes:
            if changes[name] is None:
                continue
            cell.source = changes[name]
        kept.append(cell)
    copy.cells = kept
    target = folder / student / "mixing.ipynb"
    target.parent.mkdir(parents=True)
    nbformat.write(copy, target)


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """Course folder with the released assignment; one loop may cost twelve seconds instead of sixty."""
    out = tmp_path_factory.mktemp("course")
    config = tmp_path_factory.mktemp("config") / "nbgrader_config.py"
    original = grade.CONFIG.read_text("utf-8")
    config.write_text(re.sub(r"c\.Execute\.timeout = \d+", "c.Execute.timeout = 12", original), "utf-8")
    assert config.read_text("utf-8") != original
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "CONFIG", config)
        grade.release(out)
        yield out


@pytest.fixture(scope="module")
def source(released):
    return nbformat.read(released / "source" / "mixing" / "mixing.ipynb", as_version=4)


@pytest.fixture(scope="module")
def stub(released):
    return nbformat.read(released / "release" / "mixing" / "mixing.ipynb", as_version=4)


@pytest.fixture(scope="module")
def graded(released, source, stub, tmp_path_factory):
    """Course folder and the rows by student, after grading one class of model and rogue students."""
    folder = tmp_path_factory.mktemp("submissions")
    hand_in(folder, "solver", source, answer="Amplitude gives it away; rescale; random gain.")
    hand_in(folder, "idle", stub)
    hand_in(
        folder,
        "rogue",
        source,
        gain="import os\nprint(sorted(os.environ))\n\ndef gain(clean, noise, snr_db):\n    return 1.0",
        test_gain="pass",
        mix="def mix(clean, noise, snr_db):\n    while True:\n        pass",
        test_nominal=None,
        answer='=1+1 <script>alert("x")</script>',
    )
    (folder / "broken").mkdir()
    (folder / "broken" / "mixing.ipynb").write_text("{", "utf-8")
    (folder / "empty").mkdir()
    (folder / "two words").mkdir()
    (folder / "linker").mkdir()
    (folder / "linker" / "mixing.ipynb").symlink_to(ROOT / "pyproject.toml")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EMGTUT_TEST_TOKEN", "a-secret")
        rows = grade.grade(folder, released, "mixing")
    return released, {row["student"]: row for row in rows}


# ------------------------------------------------------------------------------------------ the source


def test_the_source_is_complete(source):
    cells = cells_of(source)
    tested = [name.removeprefix("test-") for name in cells if name.startswith("test-")]
    solved = [
        name for name, cell in cells.items() if cell.metadata["nbgrader"]["solution"] and cell.cell_type == "code"
    ]
    assert tested == solved, "every function has its test cell, in order"
    for name in solved:
        assert "### BEGIN SOLUTION" in cells[name].source
        assert "### BEGIN HIDDEN TESTS" in cells[f"test-{name}"].source
    assert cells["answer"].metadata["nbgrader"]["points"] == 3
    points = sum(cell.metadata["nbgrader"].get("points", 0) for cell in cells.values())
    table = [int(row) for row in re.findall(r"^\| \d \| .* \| (\d) \|$", source.cells[0].source, re.MULTILINE)]
    assert points == sum(table) == 17, "the table at the top adds up to what is graded"


def test_the_release_gives_nothing_away(source, stub):
    text = "\n".join(cell.source for cell in stub.cells)
    assert "BEGIN" not in text
    assert "HIDDEN" not in text
    secrets = []
    for cell in cells_of(source).values():
        for block in re.findall(r"BEGIN (?:SOLUTION|HIDDEN TESTS)(.*?)(?:###|===) END", cell.source, re.DOTALL):
            secrets += [line.strip() for line in block.splitlines() if len(line.strip()) > 30]
    assert len(secrets) > 25
    assert [line for line in secrets if line in text] == []
    assert all(not cell.get("outputs") for cell in stub.cells)
    assert cells_of(stub)["gain"].source.count("raise NotImplementedError") == 1


# ------------------------------------------------------------------------------------------ the round trip


def test_the_solution_scores_full(graded):
    _, rows = graded
    assert rows["solver"]["status"] == "graded"
    assert {item: rows["solver"][item] for item in AUTO_ITEMS} == dict(
        zip(AUTO_ITEMS, (3, 1, 2, 2, 2, 2, 2), strict=True)
    )
    assert rows["solver"]["score"] == 14
    assert rows["solver"]["max_score"] == 17
    assert rows["solver"]["still_to_mark"] == 1


def test_the_stub_scores_zero(graded):
    _, rows = graded
    assert rows["idle"]["status"] == "graded"
    assert [rows["idle"][item] for item in AUTO_ITEMS] == [0] * len(AUTO_ITEMS)
    assert rows["idle"]["score"] == 0
    assert rows["idle"]["still_to_mark"] == 0, "an untouched answer is a zero, not work for the teacher"


def test_a_rogue_gains_nothing(graded):
    out, rows = graded
    rogue = rows["rogue"]
    assert rogue["status"] == "graded"
    assert rogue["test-gain"] == 0, "an edited test cell is put back"
    assert rogue["test-mix"] == 0, "an endless loop costs its item"
    assert rogue["test-budget"] == 3, "... and no other"
    assert rogue["test-nominal"] == 2, "a deleted test cell is put back"
    run = nbformat.read(out / "autograded" / "rogue" / "mixing" / "mixing.ipynb", as_version=4)
    seen = "".join(output.get("text", "") for output in cells_of(run)["gain"].outputs)
    assert "PATH" in seen
    assert "EMGTUT_TEST_TOKEN" not in seen


def test_what_cannot_be_graded_is_said(graded):
    out, rows = graded
    for student, reason in {"broken": "JSON", "empty": "no notebooks", "two words": "rename", "linker": "link"}.items():
        assert rows[student]["status"].startswith("not graded: ")
        assert reason in rows[student]["status"]
        assert "score" not in rows[student]
    with (out / "grades.csv").open(newline="", encoding="utf-8") as handle:
        table = {row["student"]: row for row in csv.DictReader(handle)}
    assert set(table) == set(rows)
    assert table["broken"]["score"] == ""
    assert grade._report(list(rows.values()), out) == 1


def test_feedback_is_written_and_sealed(graded):
    out, _ = graded
    for student in ("solver", "idle", "rogue"):
        page = (out / "feedback" / student / "mixing" / "mixing.html").read_text("utf-8")
        assert grade.SEAL in page
        assert page.index(grade.SEAL) < page.index("<script"), "the seal comes before anything it must stop"
    assert not (out / "feedback" / "broken").exists()


def test_a_spreadsheet_runs_no_formula(graded):
    out, _ = graded
    with (out / "to_mark.csv").open(newline="", encoding="utf-8") as handle:
        answers = {row["student"]: row["answer"] for row in csv.DictReader(handle)}
    assert answers["rogue"].startswith("'=1+1")
    assert set(answers) == {"solver", "rogue"}


def write_marks(path, rows):
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, ["student", "item", "score", "comment"])
        writer.writeheader()
        writer.writerows(rows)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"student": "solver", "item": "answer", "score": "4"}, "outside 0 to 3"),
        ({"student": "solver", "item": "answer", "score": "nan"}, "outside 0 to 3"),
        ({"student": "solver", "item": "answer", "score": "three"}, "no number"),
        ({"student": "nobody", "item": "answer", "score": "3"}, "no such graded answer"),
    ],
)
def test_impossible_marks_are_refused(graded, tmp_path, row, message):
    out, _ = graded
    before = (out / "grades.csv").read_bytes()
    write_marks(tmp_path / "marks.csv", [row])
    with pytest.raises(grade.GradingError, match=message):
        grade.mark(tmp_path / "marks.csv", out, "mixing")
    assert (out / "grades.csv").read_bytes() == before


def test_marks_complete_the_score(graded, tmp_path):
    out, _ = graded
    write_marks(tmp_path / "marks.csv", [{"student": "solver", "item": "answer", "score": "3", "comment": "Clear."}])
    rows = {row["student"]: row for row in grade.mark(tmp_path / "marks.csv", out, "mixing")}
    assert rows["solver"]["score"] == rows["solver"]["max_score"] == 17
    assert rows["solver"]["still_to_mark"] == 0
    assert rows["rogue"]["still_to_mark"] == 1, "a row without a mark stays open"
    assert "Clear." in (out / "feedback" / "solver" / "mixing" / "mixing.html").read_text("utf-8")


# ------------------------------------------------------------------------------------------ the command


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["grade", "no-such-folder"], "is not a folder"),
        (["release", "no-such-assignment"], "There is no assignment named 'no-such-assignment'"),
        (["mark", "no-such-table.csv"], "no-such-table.csv"),
    ],
)
def test_mistakes_get_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert grade.main(["--out", str(tmp_path / "course"), *arguments]) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert last.startswith("grade.py: ")
    assert message in last


def test_two_submissions_of_one_student_are_refused(tmp_path, stub):
    hand_in(tmp_path, "twice", stub)
    nbformat.write(stub, tmp_path / "twice.ipynb")
    with pytest.raises(grade.GradingError, match="two submissions of twice"):
        grade.find_submissions(tmp_path, "mixing")
