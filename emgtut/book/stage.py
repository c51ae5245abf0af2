"""Put together what Jupyter Book reads: pages, executed notebooks, vendored JavaScript and the status page."""

import platform
import re

from emgtut.book.execute import read_source, stored_record
from emgtut.book.keys import installed_versions, of
from emgtut.book.layout import STATUS_PAGE

NOT_RUN = "```{warning}\nThis chapter was not executed in this build: it has no figures and no numbers.\n```"
FAST_RUN = "*This page was built with `FAST=True`: fewer draws, same claims.*"
NEEDS_NETWORK = (
    "```{warning}\nMathematics and interactive figures of this build load from the network, because npm was not there "
    "to fetch them. Install npm, run `emgtut book --vendor`, then build again.\n```"
)
CONFIG_OF_VENDORED = ("mathjax_path", "nb_ipywidgets_js")


def stage(layout, *, fast, offline):
    """Write the staged book, touching only files that differ.

    Parameters
    ----------
    layout : Layout
        The checkout.
    fast : bool
        Take the FAST runs.
    offline : bool
        Use vendored JavaScript; otherwise the pages load it from its public addresses.

    Returns
    -------
    digest : str
        Digest of everything staged.
    unexecuted : list of str
        Chapters that are staged without having run.
    """
    records = {source: stored_record(layout, source, fast) for source in layout.chapters()}
    stems = [source.stem for source in records]
    files = {"_config.yml": _config(layout, offline), "_toc.yml": (layout.root / "_toc.yml").read_bytes()}
    folders = ["book", "vendor"] if offline else ["book"]
    for file in (file for folder in folders for file in sorted((layout.root / folder).rglob("*"))):
        if file.is_file() and not file.name.startswith("."):
            name = file.relative_to(layout.root).as_posix()
            page = file.suffix == ".md"
            files[name] = link_to_staged(file.read_text("utf-8"), stems).encode() if page else file.read_bytes()
    for source, record in records.items():
        files.pop(f"{layout.name(source)}.md", None)
        files[f"{layout.name(source)}.ipynb"] = _notebook(layout, source, fast, record, stems)
    if STATUS_PAGE in layout.pages():
        files[f"{STATUS_PAGE}.md"] = status_page(layout, records, offline).encode()
    _synchronise(layout.stage, files)
    unexecuted = [source.stem for source, record in records.items() if not record]
    return of([(name, of(content.hex())) for name, content in sorted(files.items())]), unexecuted


def link_to_staged(text, stems):
    """Point links at staged notebooks: sources link to ``08_mixing.md``, the book holds ``08_mixing.ipynb``.

    Parameters
    ----------
    text : str
        Markdown.
    stems : list of str
        Names of the pages that are executed.

    Returns
    -------
    str

    Examples
    --------
    >>> link_to_staged("[mixing](../notebooks/08_mixing.md#gain)", ["08_mixing"])
    '[mixing](../notebooks/08_mixing.ipynb#gain)'
    """
    names = "|".join(map(re.escape, stems))
    return re.sub(rf"(\]\((?:[^)\s]*/)?(?:{names}))\.md(?=[)#])", r"\1.ipynb", text)


def _notebook(layout, source, fast, record, stems):
    import nbformat

    if record:
        notebook = nbformat.read(layout.executed(fast) / f"{source.stem}.ipynb", 4)
    else:
        notebook = read_source(source)
    if not record or fast:  # the code on the page says FAST = False in either case
        _note_under_title(notebook, FAST_RUN if record else NOT_RUN)
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = link_to_staged(cell.source, stems)
    return nbformat.writes(notebook).encode()


def _note_under_title(notebook, note):
    first = next(cell for cell in notebook.cells if cell.cell_type == "markdown")
    first.source = re.sub(r"^(# .*)$", rf"\1\n\n{note}", first.source, count=1, flags=re.MULTILINE)


def _config(layout, offline):
    content = (layout.root / "_config.yml").read_bytes()
    if offline:
        return content
    import yaml

    config = yaml.safe_load(content)
    sphinx = config["sphinx"]["config"]
    for name in CONFIG_OF_VENDORED:
        sphinx.pop(name, None)
    sphinx["html_static_path"] = [folder for folder in sphinx.get("html_static_path", []) if folder != "vendor"]
    return yaml.safe_dump(config, allow_unicode=True).encode()


def _synchronise(folder, files):
    """Make `folder` hold exactly `files` (relative name to bytes)."""
    for old in sorted(folder.rglob("*"), reverse=True):
        if old.is_dir():
            old.rmdir() if not any(old.iterdir()) else None
        elif old.relative_to(folder).as_posix() not in files:
            old.unlink()
    for name, content in files.items():
        file = folder / name
        if not file.is_file() or file.read_bytes() != content:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)


def status_page(layout, records, offline):
    """Write the page that says when and how each chapter was executed, and with which packages.

    Parameters
    ----------
    layout : Layout
    records : dict of pathlib.Path to dict
        Source to what is known about its run; an empty dictionary where it has none.
    offline : bool
        False adds a notice that the book needs the network.

    Returns
    -------
    str
        MyST Markdown.
    """
    head = ["Chapter", "Run", "Time (s)", "Executed (UTC)", "Real recordings"]
    rows = [_row(layout.name(source), record) for source, record in records.items()]
    versions = {"Python": platform.python_version(), "emgtut": _own_version(records)} | installed_versions(layout.root)
    return "\n\n".join(
        [
            "(status)=\n# How this book was built",
            "The engine writes this page. A chapter is executed again when its text, the code it uses, the recordings "
            "it finds, the shipped weights or the package versions change. *FAST* is the short form that tests use; "
            "*full* is the form meant for reading.",
            *([] if offline else [NEEDS_NETWORK]),
            "## Chapters",
            _table(head, rows),
            "## Package versions",
            f"Executed on {platform.system()} ({platform.machine()}).",
            _table(["Package", "Version"], versions.items()),
        ]
    )


def _row(name, record):
    link = f"{{doc}}`/{name}`"
    if not record:
        return [link, "not executed", "–", "–", "–"]
    data = {part.removeprefix("data/"): digest for part, digest in record["key"].items() if part.startswith("data/")}
    found = [f"{name}: {'not found' if digest == 'absent' else 'found'}" for name, digest in data.items()]
    when = record["finished"].replace("T", " ").removesuffix("+00:00")
    return [link, "FAST" if record["fast"] else "full", f"{record['seconds']:.1f}", when, ", ".join(found) or "–"]


def _own_version(records):
    return next((record["key"]["emgtut version"] for record in records.values() if record), "not used yet")


def _table(head, rows):
    lines = ["```{list-table}", ":header-rows: 1", ""]
    for row in [head, *rows]:
        lines += [f"{'* -' if column == 0 else '  -'} {text}" for column, text in enumerate(row)]
    return "\n".join([*lines, "```"])
