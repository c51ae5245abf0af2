"""The execution key: everything a chapter's output depends on, each with its digest.

A chapter runs again when one of these differs from the last run, and the difference is what the reader is told.
"""

import hashlib
import importlib.metadata
import json
import platform
import re

from emgtut.book.imports import Package, mentions
from emgtut.book.layout import BookError, write_whole

RESULT_FOLDERS = {"weights": "emgtut/weights", "results": "results"}
LISTS_ALL = {"weights": {"names"}, "results": set(), "data": {"datasets", "data_root"}}  # calls that reach every file


class Digests:
    """SHA-256 of files, remembered by path, size and modification time so that large recordings are read once.

    Parameters
    ----------
    memory : pathlib.Path or None
        JSON file that keeps the digests between runs; None keeps nothing.
    """

    def __init__(self, memory=None):
        self.memory = memory
        self.known = json.loads(memory.read_text()) if memory and memory.is_file() else {}

    def __call__(self, file):
        """Digest of one file as a hexadecimal string."""
        stat, name = file.stat(), str(file)
        seen = self.known.get(name)
        if seen and seen[:2] == [stat.st_size, stat.st_mtime_ns]:
            return seen[2]
        with open(file, "rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        self.known[name] = [stat.st_size, stat.st_mtime_ns, digest]
        return digest

    def folder(self, folder):
        """Digest over the names and contents of a folder, or "absent"."""
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        listing = [(file.relative_to(folder).as_posix(), self(file)) for file in files]
        return of(listing) if listing else "absent"

    def save(self):
        """Write the memory."""
        if self.memory:
            write_whole(self.memory, json.dumps(self.known))


def of(value):
    """Digest of text, or of anything JSON can hold.

    Examples
    --------
    >>> of("muscle") == of("muscle"), of("muscle") == of("heart")
    (True, False)
    """
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def execution_key(layout, source, parameters, *, digests=None, data_root=None, texts=None):
    """List what the output of a chapter depends on.

    Parameters
    ----------
    layout : Layout
        The checkout.
    source : pathlib.Path
        The chapter.
    parameters : dict
        Parameters that are injected, such as ``{"FAST": True}``.
    digests : Digests, optional
        Memory of file digests.
    data_root : pathlib.Path, optional
        Folder of recordings; by default the one `emgtut.data` uses.
    texts : dict of pathlib.Path to str, optional
        Text to use in place of a module's own: what would follow if that file changed.

    Returns
    -------
    dict of str to str
        Part (a file, a dataset, "parameters" ...) to digest. Equal dictionaries mean equal output.

    Raises
    ------
    BookError
        If a cell of the chapter is not Python.
    """
    digests = digests or Digests()
    package = Package(layout.root / "emgtut", texts)
    cells = cell_mentions(source)
    modules = package.closure(cells)
    files = {package.path(module) for module in modules}
    key = {"source": of(source.read_text(encoding="utf-8")), "parameters": of(parameters), **_environment(layout)}
    key |= {_relative(layout, file): of(package.text(file)) for file in files}
    key |= {_relative(layout, file): digests(file) for file in _companions(package, modules)}
    strings = cells.strings.union(*(found.strings for found in modules.values()))
    for name, folder in RESULT_FOLDERS.items():
        key |= {_relative(layout, f): digests(f) for f in _results(layout.root / folder, name, strings, cells)}
    if f"{package.name}.data" in modules:
        key |= _data(layout, strings, cells, digests, data_root)
    return dict(sorted(key.items()))


def cell_mentions(source):
    """What the code cells of a chapter refer to.

    Parameters
    ----------
    source : pathlib.Path
        The chapter.

    Returns
    -------
    Mentions

    Raises
    ------
    BookError
        If a cell is not Python; it names chapter and cell.
    """
    import jupytext
    from IPython.core.inputtransformer2 import TransformerManager

    texts = []
    for number, cell in enumerate((c for c in jupytext.read(source).cells if c.cell_type == "code"), start=1):
        text = TransformerManager().transform_cell(cell.source)  # turns %magics and !commands into calls
        try:
            mentions(text)
        except SyntaxError as error:
            first = next(iter(cell.source.splitlines()), "")
            raise BookError(f"Chapter {source.stem}, code cell {number} (`{first}`): {error}.") from error
        texts.append(text)
    return mentions("\n".join(texts))


def what_changed(before, after):
    """Say in a few words why a chapter runs again.

    Parameters
    ----------
    before, after : dict
        Execution keys; `before` is empty when the chapter never ran.

    Returns
    -------
    str
        Empty when nothing changed.

    Examples
    --------
    >>> what_changed({"source": "a", "data/mitdb": "absent"}, {"source": "a", "data/mitdb": "f3"})
    'data/mitdb changed'
    """
    if not before:
        return "first run"
    differ = sorted(part for part in before.keys() | after.keys() if before.get(part) != after.get(part))
    if not differ:
        return ""
    more = f" and {len(differ) - 3} more" if len(differ) > 3 else ""
    return f"{', '.join(differ[:3])}{more} changed"


def installed_versions(root):
    """Installed versions of the packages that `requirements.in` asks for, and of torch.

    Parameters
    ----------
    root : pathlib.Path
        The checkout.

    Returns
    -------
    dict of str to str
        Package name to version, in alphabetical order; a package that is not installed is left out.
    """
    asked = root / "requirements.in"
    lines = asked.read_text(encoding="utf-8").splitlines() if asked.is_file() else []
    names = [match[0] for line in lines if (match := re.match(r"[A-Za-z0-9][\w.-]*", line))]
    versions = {}
    for name in sorted({*names, "torch"}, key=str.lower):
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return versions


def _environment(layout):
    lock, root_module = layout.root / "requirements.txt", layout.root / "emgtut" / "__init__.py"
    found = re.search(r'__version__ = "([^"]+)"', root_module.read_text()) if root_module.is_file() else None
    return {
        "requirements.txt": of(lock.read_text(encoding="utf-8")) if lock.is_file() else "absent",
        "installed packages": of(installed_versions(layout.root)),
        "python": platform.python_version(),
        "emgtut version": found[1] if found else "absent",
    }


def _companions(package, modules):
    """Files beside or below a module that it names: a widget's JavaScript, a table of constants."""
    for module, found in modules.items():
        folder = package.path(module).parent
        beside = [file for file in folder.rglob("*.*") if file.suffix not in (".py", ".pyc") and file.is_file()]
        named = _named({file.name for file in beside}, found.strings)
        yield from (file for file in beside if file.name in named)


def _named(names, strings, pattern=r"[\\/]"):
    """Those names that occur as a text constant, alone or as one step of a path."""
    steps = {step for string in strings if len(string) < 300 for step in re.split(pattern, string)}
    return {name for name in names if name in steps}


def _results(folder, name, strings, cells):
    """Files of `weights` or `results` that may be read: those named, or all where none is named."""
    if not folder.is_dir() or not _named({name}, strings):
        return []
    files = [f for f in sorted(folder.rglob("*")) if f.is_file() and f.suffix != ".py" and "__pycache__" not in f.parts]
    stems = {file: {file.name, file.stem, file.stem.split("_")[0]} for file in files}
    named = [file for file in files if _named(stems[file], strings)]
    return files if not named or cells.calls & LISTS_ALL[name] else named


def _data(layout, strings, cells, digests, data_root):
    """Digest of each dataset that the chapter or a module of it names, and of its manifest."""
    if data_root is None:
        from emgtut.data import data_root as find_root

        data_root = find_root()
    manifests = {file.stem: file for file in sorted((layout.root / "data_manifest").glob("*.toml"))}
    named = _named(manifests, strings)
    loads_unnamed = not named and {"load", "available"} & cells.calls
    chosen = manifests if loads_unnamed or cells.calls & LISTS_ALL["data"] else sorted(named)
    key = {f"data/{name}": digests.folder(data_root / name) for name in chosen}
    return key | {_relative(layout, manifests[name]): digests(manifests[name]) for name in chosen}


def _relative(layout, file):
    return file.relative_to(layout.root).as_posix()
