"""The house rules, checked on the source itself: stairs, light import, docstrings, file sizes, hygiene.

Every check is a function that returns a list of complaints. A second test feeds it a made-up offender, to show that it
can fail.
"""

import ast
import graphlib
import pathlib
import re
import shutil
import subprocess
import sys
import textwrap

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "emgtut"

# Floor of each room; imports go down or stay in the room. `emgtut` itself (its __init__) is the ground under all.
STAIRS = {"emgtut": 0, "signals": 1, "learn": 1, "data": 1, "acquire": 2, "contaminate": 3, "assess": 4, "denoise": 5}
STAIRS |= {"prepare": 5, "apply": 6, "benchmark": 7, "show": 8, "book": 8, "commands": 8, "cli": 8, "__main__": 8}
HEAVY = ("torch", "wfdb", "PyEMD", "numba", "sklearn", "pandas", "matplotlib")
LONGEST_FILE = 300  # lines of code, docstrings, comments and blank lines not counted
LONGER_FOR_A_REASON = {}  # path under emgtut -> reason
UNIT_WORDS = re.compile(
    r"(?<!['’])\b(unit|units|mV|µV|V|Hz|kHz|dB|s|ms|second|seconds|sample|samples|dimensionless|radians|degrees|mm|m/s|counts"
    r"|bpm|crossings|ohm|Ω|fraction|index|indices|hertz|decibels|volt|volts|millivolts|millimetres)\b|%|²"
)
NOT_FOR_READERS = {"cli", "commands", "book"}  # the command line, whose docstrings are its help, and the book engine


# ----------------------------------------------------------------------------------------- import law


def module_name(path, package=PACKAGE):
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def sources(package=PACKAGE):
    return {module_name(path, package): path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py"))}


def imports(modules):
    """Which modules of the package each module imports, anywhere in its text, function bodies included."""
    packages = {name for name in modules if any(other.startswith(name + ".") for other in modules)}
    graph = {name: set() for name in modules}
    for name, text in modules.items():
        home = name.split(".") if name in packages else name.split(".")[:-1]
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Import):
                wanted = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                base = ".".join(home[: len(home) - node.level + 1]) if node.level else ""
                start = ".".join(part for part in (base, node.module) if part)
                wanted = [f"{start}.{alias.name}" for alias in node.names]
            else:
                continue
            for target in wanted:
                # The longest part that is a module: `from emgtut.signals import rms` means emgtut.signals.
                while target and target not in modules:
                    target = target.rpartition(".")[0]
                if target and target != name:
                    graph[name].add(target)
    return graph


def room(name):
    return name.split(".")[1] if "." in name else name


def steps_up(graph):
    complaints = [f"{name}: the room {room(name)} is not on the stairs" for name in graph if room(name) not in STAIRS]
    for name, targets in graph.items():
        for target in targets:
            here, there = STAIRS.get(room(name)), STAIRS.get(room(target))
            if here is not None and there is not None and there > here:
                complaints.append(f"{name} imports {target}, a step up from {room(name)} to {room(target)}")
    return complaints


def circles(graph):
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return ["a circle: " + " -> ".join(error.args[1])]
    return []


def test_imports_go_down_the_stairs():
    graph = imports(sources())
    assert "emgtut.signals" in graph["emgtut.contaminate.mix"], "the checker sees imports at all"
    assert not steps_up(graph)


def test_imports_never_go_in_a_circle():
    assert not circles(imports(sources()))


@pytest.mark.parametrize(
    "text",
    [
        "from emgtut.denoise import get",
        "import emgtut.denoise.base",
        "from emgtut import denoise",
        "from ..denoise import get",
        "from ..denoise.base import get",
        "def later():\n    from emgtut.denoise.base import get",
        "class A:\n    def b(self):\n        import emgtut.denoise as d",
    ],
)
def test_the_stair_checker_can_fail(text):
    made_up = {"emgtut": "", "emgtut.denoise": "", "emgtut.denoise.base": "", "emgtut.contaminate": ""}
    assert not steps_up(imports(made_up | {"emgtut.contaminate.mix": "import numpy\nfrom emgtut import contaminate"}))
    complaints = steps_up(imports(made_up | {"emgtut.contaminate.mix": text}))
    assert len(complaints) == 1
    assert "a step up from contaminate to denoise" in complaints[0]


def test_the_circle_checker_can_fail():
    made_up = {"emgtut.assess": "", "emgtut.assess.a": "from emgtut.assess.b import x", "emgtut.assess.b": ""}
    assert not circles(imports(made_up))
    assert circles(imports(made_up | {"emgtut.assess.b": "def f():\n    from .a import y"}))
    assert circles(imports(made_up | {"emgtut.assess": "from emgtut.assess import a"})) == []
    made_up["emgtut.assess"] = "from emgtut.assess.a import x"
    assert circles(imports(made_up | {"emgtut.assess.a": "from emgtut.assess import z"}))


def test_a_new_room_must_be_put_on_the_stairs():
    assert "not on the stairs" in steps_up(imports({"emgtut": "", "emgtut.cellar": ""}))[0]


# --------------------------------------------------------------------------------------- light import


def heavy_modules_after(code):
    """Names of heavy libraries that a fresh interpreter has loaded after running `code`."""
    script = f"{code}\nimport sys\nprint(*[name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True)
    return done.stdout.split()


@pytest.mark.parametrize(
    "code",
    [
        "import emgtut",
        "import emgtut.signals",
        "import emgtut.data",
        "import emgtut.acquire",
        "import emgtut.contaminate",
        "import emgtut.assess",
        "from emgtut import denoise; denoise.names()",
    ],
)
def test_importing_is_light(code):
    assert heavy_modules_after(code) == []


def test_the_light_import_check_can_fail():
    assert heavy_modules_after("import matplotlib") == ["matplotlib"]


# ---------------------------------------------------------------------------------------- docstrings


def definitions(tree):
    return {
        node.name: node
        for node in tree.body
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)) and not node.name.startswith("_")
    }


def listed_in_all(tree):
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(getattr(t, "id", None) == "__all__" for t in node.targets):
            return ast.literal_eval(node.value)
    return None


def where_defined(module, name, trees):
    """Follow `from ... import name` from a package to the module that defines the name; None if it is elsewhere."""
    if f"{module}.{name}" in trees:
        return f"{module}.{name}", None
    if name in definitions(trees[module]):
        return module, name
    for node in ast.walk(trees[module]):
        if isinstance(node, ast.ImportFrom) and any((alias.asname or alias.name) == name for alias in node.names):
            home = node.module or ""
            if node.level:
                home = ".".join(part for part in (module, node.module) if part)
            original = next(alias.name for alias in node.names if (alias.asname or alias.name) == name)
            return where_defined(home, original, trees) if home in trees else None
    return None


def public_names(trees):
    """What readers may use: all of a ground module, and what a room lists in __all__ (a module there, in full)."""
    rooms = [name for name in trees if name.count(".") == 1 and room(name) not in NOT_FOR_READERS]
    for name in rooms:
        if not any(other.startswith(name + ".") for other in trees):
            yield from ((name, defined) for defined in definitions(trees[name]))
            continue
        for exported in listed_in_all(trees[name]) or []:
            found = where_defined(name, exported, trees)
            if found and found[1]:
                yield found
            elif found:
                yield from ((found[0], defined) for defined in definitions(trees[found[0]]))


def own_nodes(function):
    """Nodes of a function without those of functions inside it."""
    waiting = list(ast.iter_child_nodes(function))
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)):
            waiting += ast.iter_child_nodes(node)


def has_arguments(function, drop=0):
    a = function.args
    return bool((a.posonlyargs + a.args)[drop:] or a.kwonlyargs or a.vararg or a.kwarg)


def gives_a_value(function):
    """Does it return or yield anything but None?"""
    for node in own_nodes(function):
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if isinstance(node, ast.Return) and node.value is not None:
            return not (isinstance(node.value, ast.Constant) and node.value.value is None)
    return False


def needed_sections(node):
    needed = ["Examples", "Lesson"]
    if isinstance(node, ast.ClassDef):
        made = [f for f in node.body if isinstance(f, ast.FunctionDef) and f.name == "__init__"]
        fields = [f for f in node.body if isinstance(f, ast.AnnAssign)]
        return needed + (["Parameters"] if fields or any(has_arguments(f, drop=1) for f in made) else [])
    return needed + ["Parameters"] * has_arguments(node) + ["Returns"] * gives_a_value(node)


def split_sections(docstring):
    """NumPy sections of a docstring: heading -> text."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}\n", docstring, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def entries(section):
    """Entries of a Parameters or Returns section: a line at the margin and what is indented under it."""
    return [entry for entry in re.split(r"^(?=\S)", section, flags=re.MULTILINE) if entry.strip()]


def docstring_complaints(modules):
    trees = {name: ast.parse(text) for name, text in modules.items()}
    complaints = [f"{name}: no docstring" for name, tree in trees.items() if tree.body and not ast.get_docstring(tree)]
    for module, name in sorted(set(public_names(trees))):
        node = definitions(trees[module])[name]
        sections = split_sections(ast.get_docstring(node) or "")
        missing = [heading for heading in needed_sections(node) if not sections.get(heading, "").strip()]
        if "Parameters" in missing and sections.get("Attributes", "").strip():
            missing.remove("Parameters")
        if missing:
            complaints.append(f"{module}.{name}: no section {', '.join(missing)}")
        if "Examples" in sections and ">>>" not in sections["Examples"]:
            complaints.append(f"{module}.{name}: the example does not run")
        for heading in ("Parameters", "Returns", "Attributes"):
            complaints += [f"{module}.{name}: {what}" for what in array_complaints(sections.get(heading, ""))]
    return complaints


def array_complaints(section):
    complaints = []
    for entry in entries(section):
        kind = entry.splitlines()[0]
        if not re.search(r"\b(ndarray|array|array_like)\b", kind):
            continue
        if "(" not in kind:
            complaints.append(f"no shape in '{kind}'")
        if not UNIT_WORDS.search(entry.replace("n_samples", "").replace("n_frames", "")):
            complaints.append(f"no unit in '{kind}'")
    return complaints


def test_every_public_name_is_documented_with_shapes_and_units():
    complaints = docstring_complaints(sources())
    assert not complaints, "\n" + "\n".join(complaints)


GOOD = '''
"""A module."""

def scale(x, factor):
    """Scale a signal.

    Parameters
    ----------
    x : ndarray, shape (..., n_samples), mV
        Signal.
    factor : float
        Gain.

    Returns
    -------
    ndarray, shape (..., n_samples), mV
        Scaled signal.

    Examples
    --------
    >>> scale(2, 3)
    6

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    return x * factor
'''


def test_the_docstring_checker_passes_a_good_example():
    assert docstring_complaints({"emgtut.signals": GOOD}) == []


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("Lesson\n    ------\n    08 Mixing at a chosen SNR", "", "no section Lesson"),
        ("08 Mixing at a chosen SNR", "", "no section Lesson"),
        ("Examples", "Example", "no section Examples"),
        ("Parameters", "Arguments", "no section Parameters"),
        ("Returns", "Gives", "no section Returns"),
        (">>> scale(2, 3)", "scale(2, 3)", "does not run"),
        ("x : ndarray, shape (..., n_samples), mV", "x : ndarray, mV", "no shape"),
        ("x : ndarray, shape (..., n_samples), mV", "x : ndarray, shape (..., n_samples)", "no unit"),
        ("    ndarray, shape (..., n_samples), mV", "    ndarray, shape (..., n_samples)", "no unit"),
        ('"""A module."""', "", "no docstring"),
    ],
)
def test_the_docstring_checker_can_fail(old, new, says):
    assert old in GOOD
    assert any(says in complaint for complaint in docstring_complaints({"emgtut.signals": GOOD.replace(old, new, 1)}))


def test_the_docstring_checker_follows_a_room_to_where_its_names_are_defined():
    bare = '"""A module."""\n\ndef named():\n    pass\n\ndef unnamed():\n    pass\n'
    for line in ("from emgtut.assess.deep import named", "from .deep import named", "from emgtut.assess import deep"):
        exported = "deep" if line.endswith("deep") else "named"
        init = f'"""A room."""\n{line}\n__all__ = ["{exported}"]\n'
        complaints = docstring_complaints({"emgtut.assess": init, "emgtut.assess.deep": bare})
        assert "emgtut.assess.deep.named: no section Examples, Lesson" in complaints
        assert any("unnamed" in complaint for complaint in complaints) == (exported == "deep")


def test_the_docstring_checker_wants_a_docstring_at_all_and_looks_at_classes():
    bare = '"""A module."""\n\nclass Thing:\n    def __init__(self, x):\n        self.x = x\n'
    assert docstring_complaints({"emgtut.signals": bare}) == [
        "emgtut.signals.Thing: no section Examples, Lesson, Parameters"
    ]


# ---------------------------------------------------------------------------------------- file sizes


def code_lines(text):
    """Lines that hold code: no docstrings, comments or blank lines."""
    tree = ast.parse(text)
    prose = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)) and node.body:
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                prose |= set(range(first.lineno, first.end_lineno + 1))
    lines = enumerate(text.splitlines(), start=1)
    return sum(1 for i, line in lines if i not in prose and line.strip() and not line.strip().startswith("#"))


def too_long(modules):
    return [
        f"{name}: {code_lines(text)} lines of code"
        for name, text in modules.items()
        if code_lines(text) > LONGEST_FILE and name not in LONGER_FOR_A_REASON
    ]


def test_one_idea_a_file():
    assert not too_long(sources())


def test_the_length_checker_can_fail_and_counts_code_only():
    prose = '"""' + "words\n" * 1000 + '"""\n' + "# more words\n\n" * 1000
    assert (
        code_lines(
            prose
            + textwrap.dedent("""
        def f():
            '''Say
            something.'''
            return 1
    """)
        )
        == 2
    )
    assert not too_long({"emgtut.signals": prose})
    assert too_long({"emgtut.signals": "x = 1\n" * 301})


# ------------------------------------------------------------------------------------------- hygiene


def unwanted(files):
    """Complaints about files to commit, given as (path, size in bytes)."""
    complaints = [f"{path}: notebooks are kept as .md" for path, _ in files if path.endswith(".ipynb")]
    return complaints + [f"{path}: {size / 1e6:.1f} MB" for path, size in files if size > 5_000_000]


def machine_paths(path, text):
    """Lines that name a folder of somebody's machine."""
    found = re.finditer(r"(?<![\w.])/(?:home/\w|root/|work/|Users/\w)", text)
    return [f"{path}: {match[0]}" for match in found]


def committed_files():
    """Files in the index, and new ones that are not ignored: what the next commit would hold."""
    if not shutil.which("git") or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout, so there is no list of committed files to look at")
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [path for path in listed.split("\0") if path]
    assert "pyproject.toml" in paths, "git does not list the repository's files"
    return [path for path in paths if (ROOT / path).is_file()]


def test_the_repository_holds_no_notebooks_and_no_large_files():
    assert not unwanted([(path, (ROOT / path).stat().st_size) for path in committed_files()])


def test_no_file_names_a_folder_of_one_machine():
    kinds = (".py", ".md", ".toml", ".yml", ".txt", ".in", ".csv")
    texts = [path for path in committed_files() if path.endswith(kinds)]
    assert not [line for path in texts for line in machine_paths(path, (ROOT / path).read_text("utf-8"))]


def test_the_hygiene_checker_can_fail():
    assert machine_paths("a.md", "see https://a.org/work/ and _build/root/") == []
    assert len(machine_paths("a.md", "open " + "/ho" + "me/ann/data")) == 1
    assert unwanted([("notebooks/08_mixing.md", 4000)]) == []
    assert len(unwanted([("a.ipynb", 10), ("weights/big.bin", 6_000_000)])) == 2
