"""Hand out and grade the assignments.

::

    python assignments/grade.py release               what students get, in _build/assignments/release/
    python assignments/grade.py grade SUBMISSIONS     grades.csv, to_mark.csv and feedback/ from a folder of notebooks
    python assignments/grade.py mark TO_MARK.CSV      the same again with the teacher's marks for the written answers

SUBMISSIONS holds one folder or one notebook a student: ``alice/mixing.ipynb`` (at any depth) or ``alice.ipynb``.

**Grading runs what students wrote, with your rights.** It can read and delete what you can. Grade in a container, a
virtual machine or an account without secrets. The kernels get a bare environment (no tokens from yours), which keeps
out accidents, not intent.
"""

import argparse
import contextlib
import csv
import logging
import os
import pathlib
import re
import shutil
import sys
import sysconfig

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_OUT = HERE.parent / "_build" / "assignments"
CONFIG = HERE / "nbgrader_config.py"
STUDENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]*")
# What a kernel needs to start; everything else of the teacher's environment stays outside.
KEPT_VARIABLES = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TEMP", "TMP", "SYSTEMROOT", "VIRTUAL_ENV", "EMGTUT_DATA")
GRADED = "graded"
# A feedback page shows what a student wrote. With this line it runs no script and loads nothing from the network
# (formulas of the task appear as their source).
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
SEAL = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'


class GradingError(Exception):
    """Something the teacher has to put right; the message says what."""


@contextlib.contextmanager
def bare_environment():
    """Hide the teacher's environment variables from student code while the block runs."""
    saved = dict(os.environ)
    kept = {name: saved[name] for name in KEPT_VARIABLES if name in saved}
    os.environ.clear()
    os.environ.update(kept, OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(saved)


def assignment_names():
    """Every folder here with a source of the same name: ``mixing/mixing.md``."""
    return sorted(path.parent.name for path in HERE.glob("*/*.md") if path.stem == path.parent.name)


def open_course(out):
    """An nbgrader API object whose course directory is `out`."""
    import warnings

    from nbgrader.apps import NbGraderAPI
    from sqlalchemy.exc import SAWarning
    from traitlets.config import PyFileConfigLoader

    # nbgrader's own queries trip a notice of newer SQLAlchemy versions; no teacher can do anything about it.
    warnings.filterwarnings("ignore", message="Object of type", category=SAWarning)
    # nbgrader starts `alembic` by name, so this interpreter's scripts have to be on the path.
    scripts = sysconfig.get_path("scripts")
    if scripts not in os.environ.get("PATH", "").split(os.pathsep):
        os.environ["PATH"] = os.pathsep.join([scripts, os.environ.get("PATH", "")])
    out.mkdir(parents=True, exist_ok=True)
    config = PyFileConfigLoader(CONFIG.name, path=str(CONFIG.parent)).load_config()
    config.CourseDirectory.root = str(out)
    config.NbGraderAPI.log_level = logging.ERROR
    return NbGraderAPI(config=config)


def _checked(result, doing):
    """Turn nbgrader's result dictionary into an exception that quotes its log."""
    if not result["success"]:
        reason = (result.get("error") or result.get("log") or "nbgrader gave no reason").strip()
        raise GradingError(f"{doing} failed: {reason.splitlines()[-1]}")


def release(out, names=None):
    """Turn the sources into notebooks for students.

    Parameters
    ----------
    out : pathlib.Path
        Course folder; nbgrader's ``source/``, ``release/`` and ``gradebook.db`` live in it.
    names : list of str, optional
        Assignments; all of them when left out.

    Returns
    -------
    list of pathlib.Path
        The released notebooks.

    Raises
    ------
    GradingError
        When an assignment does not exist or nbgrader refuses its source.
    """
    import jupytext
    import nbformat

    known = assignment_names()
    released = []
    api = open_course(out)
    shutil.copyfile(CONFIG, out / CONFIG.name)
    for name in names or known:
        if name not in known:
            raise GradingError(f"There is no assignment named {name!r}; there is {', '.join(known)}.")
        notebook = jupytext.read(HERE / name / f"{name}.md")
        # The stored cell ids would differ from run to run, and with them every file.
        for number, cell in enumerate(notebook.cells):
            cell["id"] = f"{name}-{number:03d}"
        source = out / "source" / name / f"{name}.ipynb"
        source.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, source)
        _checked(api.generate_assignment(name, force=True, create=True), f"Releasing {name}")
        released.append(out / "release" / name / f"{name}.ipynb")
    return released


def write_feedback(api, out, name, student):
    """One page of feedback for a student, sealed against what the student may have put into it."""
    _checked(api.generate_feedback(name, student, force=True), f"Feedback for {student}")
    page = out / "feedback" / student / name / f"{name}.html"
    text = page.read_text(encoding="utf-8")
    head = re.search(r"<head[^>]*>", text)
    if head is None:
        raise GradingError(f"{page} has no <head>, so it cannot be sealed against scripts.")
    page.write_text(text[: head.end()] + SEAL + text[head.end() :], encoding="utf-8")


def find_submissions(folder, name):
    """(student, notebook, reason) for each entry of `folder`; `notebook` is None where `reason` says why.

    Symbolic links are refused: an archive from a student could point at a file of yours.
    """
    if not folder.is_dir():
        raise GradingError(f"{folder} is not a folder; give the folder with one sub-folder or one notebook a student.")
    found, seen = [], set()
    for entry in sorted(folder.iterdir()):
        if entry.name.startswith(".") or (entry.is_file() and entry.suffix != ".ipynb"):
            continue
        student = entry.name if entry.is_dir() else entry.stem
        notebooks = [entry] if entry.is_file() else sorted(entry.rglob(f"{name}.ipynb"))
        notebooks = [path for path in notebooks if ".ipynb_checkpoints" not in path.parts]
        if student in seen:
            raise GradingError(f"{folder} holds two submissions of {student}; remove one.")
        seen.add(student)
        if not STUDENT_ID.fullmatch(student):
            found.append((student, None, "rename: letters, digits, dot, dash, underscore and @ only"))
        elif len(notebooks) != 1:
            found.append((student, None, f"{len(notebooks) or 'no'} notebooks named {name}.ipynb, expected one"))
        elif entry.is_symlink() or notebooks[0].resolve() != folder.resolve() / notebooks[0].relative_to(folder):
            found.append((student, None, "a symbolic link, not a notebook"))
        else:
            found.append((student, notebooks[0], ""))
    if not found:
        raise GradingError(f"{folder} holds no submissions; expected alice/{name}.ipynb or alice.ipynb.")
    return found


def _last_error_line(result):
    lines = [line for line in (result.get("log") or result.get("error") or "").splitlines() if "Error" in line]
    return lines[-1].strip()[:200] if lines else "nbgrader could not run the notebook"


def grade(submissions, out, name):
    """Autograde every submission, write the feedback pages and the tables.

    Parameters
    ----------
    submissions : pathlib.Path
        Folder with one sub-folder or one notebook a student.
    out : pathlib.Path
        Course folder.
    name : str
        The assignment.

    Returns
    -------
    list of dict
        The rows of ``grades.csv``.
    """
    release(out, [name])
    status = {}
    api = open_course(out)
    for student, notebook, reason in find_submissions(submissions, name):
        if notebook is None:
            status[student] = f"not graded: {reason}"
            continue
        target = out / "submitted" / student / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        shutil.copyfile(notebook, target / f"{name}.ipynb")
        with bare_environment():
            result = api.autograde(name, student, force=True)
        if not result["success"]:
            status[student] = f"not graded: {_last_error_line(result)}"
            continue
        write_feedback(api, out, name, student)
        status[student] = GRADED
    return write_tables(api, out, name, status)


def mark(table, out, name):
    """Enter the teacher's marks for the written answers and write everything again.

    Parameters
    ----------
    table : pathlib.Path
        ``to_mark.csv`` with ``score`` and, if wanted, ``comment`` filled in; rows without a score stay open.
    out : pathlib.Path
        Course folder of an earlier `grade`.
    name : str
        The assignment.

    Returns
    -------
    list of dict
        The rows of ``grades.csv``.
    """
    from nbgrader.api import MissingEntry

    api = open_course(out)
    with table.open(newline="", encoding="utf-8-sig") as handle:
        reader = csv.DictReader(handle)
        missing = {"student", "item", "score"} - set(reader.fieldnames or ())
        if missing:
            raise GradingError(f"{table.name} lacks the column {', '.join(sorted(missing))}; start from to_mark.csv.")
        rows = [row for row in reader if row["score"].strip()]
    with api.gradebook as gradebook:
        for row in rows:
            who = f"{table.name}: {row['student']}, {row['item']}"
            address = (row["item"], name, name, row["student"])
            try:
                entry, comment = gradebook.find_grade(*address), gradebook.find_comment(*address)
            except MissingEntry as error:
                raise GradingError(f"{who}: no such graded answer.") from error
            try:
                score = float(row["score"])
            except ValueError as error:
                raise GradingError(f"{who}: the score {row['score']!r} is no number.") from error
            if not 0 <= score <= entry.max_score:
                raise GradingError(f"{who}: the score {score:g} is outside 0 to {entry.max_score:g}.")
            entry.manual_score, entry.needs_manual_grade = score, False
            comment.manual_comment = row.get("comment") or None
        gradebook.db.commit()
    with (out / "grades.csv").open(newline="", encoding="utf-8") as handle:
        status = {row["student"]: row["status"] for row in csv.DictReader(handle)}
    for student in {row["student"] for row in rows}:
        write_feedback(api, out, name, student)
    return write_tables(api, out, name, status)


def _inert(text):
    """Spreadsheets run a cell that begins like a formula; a leading apostrophe stops that."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _answer(out, name, student, item):
    """What the student wrote into the cell `item`."""
    import nbformat

    notebook = nbformat.read(out / "autograded" / student / name / f"{name}.ipynb", as_version=4)
    cells = {cell.metadata.get("nbgrader", {}).get("grade_id"): cell.source for cell in notebook.cells}
    return cells[item]


def write_tables(api, out, name, status):
    """Write ``grades.csv`` (a row a student) and ``to_mark.csv`` (a row a written answer); return the grades."""
    rows, to_mark = [], []
    with api.gradebook as gradebook:
        for student, state in sorted(status.items()):
            row = {"assignment": name, "student": student, "status": state}
            if state == GRADED:
                submission = gradebook.find_submission(name, student)
                entries = sorted(submission.notebooks[0].grades, key=lambda entry: entry.name)
                open_items = [entry for entry in entries if entry.needs_manual_grade]
                row |= {"score": submission.score, "max_score": submission.max_score, "still_to_mark": len(open_items)}
                row |= {entry.name: "" if entry.needs_manual_grade else entry.score for entry in entries}
                to_mark += [
                    {
                        "student": student,
                        "item": entry.name,
                        "max": entry.max_score,
                        "score": "" if entry.manual_score is None else entry.manual_score,
                        "comment": "",
                        "answer": _inert(_answer(out, name, student, entry.name)),
                    }
                    for entry in open_items
                ]
            rows.append(row)
    columns = ["assignment", "student", "status", "score", "max_score", "still_to_mark"]
    columns += sorted({key for row in rows for key in row} - set(columns))
    _write_csv(out / "grades.csv", columns, rows)
    _write_csv(out / "to_mark.csv", ["student", "item", "max", "score", "comment", "answer"], to_mark)
    return rows


def _write_csv(path, columns, rows):
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, columns)
        writer.writeheader()
        writer.writerows(rows)


def _report(rows, out):
    """Say what was graded and where the results are; the exit code is 1 when a submission could not be graded."""
    for row in rows:
        score = f"{row['score']:g}/{row['max_score']:g}" if row["status"] == GRADED else row["status"]
        waiting = f"  ({row['still_to_mark']} answer to mark)" if row.get("still_to_mark") else ""
        print(f"{row['student']:24} {score}{waiting}")
    print(f"\ngrades   {out / 'grades.csv'}\nto mark  {out / 'to_mark.csv'}\nfeedback {out / 'feedback'}")
    return int(any(row["status"] != GRADED for row in rows))


def main(arguments=None):
    """Run one of the three commands; return the exit code."""
    parser = argparse.ArgumentParser(prog="grade.py", description="Hand out and grade the assignments.")
    parser.add_argument("--out", type=pathlib.Path, default=DEFAULT_OUT, help="course folder (default: %(default)s)")
    commands = parser.add_subparsers(dest="command", required=True)
    handing = commands.add_parser("release", help="notebooks for students, without solutions and hidden tests")
    handing.add_argument("name", nargs="*", help="assignments (default: all)")
    grading = commands.add_parser("grade", help="run and score a folder of submissions")
    grading.add_argument("submissions", type=pathlib.Path, help="one sub-folder or one notebook a student")
    grading.add_argument("--assignment", default="mixing", help="default: %(default)s")
    marking = commands.add_parser("mark", help="enter the marks written into to_mark.csv")
    marking.add_argument("table", type=pathlib.Path)
    marking.add_argument("--assignment", default="mixing", help="default: %(default)s")
    options = parser.parse_args(arguments)
    out = options.out.resolve()
    try:
        if options.command == "release":
            print("\n".join(str(path) for path in release(out, options.name)))
            return 0
        if options.command == "grade":
            print("Grading runs what students wrote, with your rights: see the page For instructors.", file=sys.stderr)
            return _report(grade(options.submissions.resolve(), out, options.assignment), out)
        return _report(mark(options.table.resolve(), out, options.assignment), out)
    except (GradingError, OSError) as error:
        print(f"grade.py: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
