"""Hand out chapters as .ipynb: executed, or unsolved for a class."""

import ast
import pathlib
import re
import textwrap

from emgtut.book.execute import execute, read_source
from emgtut.book.layout import BookError, find_layout, write_whole
from emgtut.book.plain import FENCE, readable

SOLUTION_TITLE = re.compile(r"\s*(solution|answer)", re.IGNORECASE)


def hand_out(directory, *, student=False, fast=False, chapters=None, root=None, console=None):
    """Write chapters as notebooks that run from any folder.

    Parameters
    ----------
    directory : path
        Folder to write to; made if need be.
    student : bool
        Leave out solutions and outputs; nothing is executed.
    fast : bool
        Take the FAST runs.
    chapters : list of str, optional
        These only, by number or name.
    root : path, optional
        The checkout; by default the one around the working folder.
    console : rich.console.Console, optional
        Where progress goes.

    Returns
    -------
    list of pathlib.Path
        The notebooks.

    Raises
    ------
    BookError
        If a cell fails, a number in the text was never stored, or a notebook of another content is in the way.

    Lesson
    ------
    Book engine.
    """
    import nbformat
    from rich.console import Console

    directory, layout, console = pathlib.Path(directory), find_layout(root), console or Console()
    sources = layout.choose(chapters)
    if not student:
        execute(layout, sources, fast=fast, console=console)
    texts = {}
    for source in sources:
        done = read_source(source) if student else nbformat.read(layout.executed(fast) / f"{source.stem}.ipynb", 4)
        plain = readable(unsolved(done) if student else done, executed=not student)
        texts[directory / f"{source.stem}.ipynb"] = nbformat.writes(plain)
    taken = [file.name for file, text in texts.items() if file.exists() and file.read_text(encoding="utf-8") != text]
    if taken:
        raise BookError(
            f"{directory} holds other versions of {', '.join(taken)}: choose an empty folder, or move them away."
        )
    for file, text in texts.items():
        write_whole(file, text)
        console.print(str(file), soft_wrap=True, highlight=False)
    return list(texts)


def unsolved(notebook):
    """Remove solutions and outputs, and let the checks of unsolved exercises say so instead of stopping the notebook.

    Cells tagged ``solution`` go; so do the directives ``{solution}``, ``{solution-start}`` to ``{solution-end}`` with
    everything between, and dropdowns and admonitions whose title begins with "Solution" or "Answer".

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook.
    """
    kept, inside, stubs = [], False, set()
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source, inside = without_solutions(cell.source, inside)
            hidden = not cell.source
        else:
            hidden = inside
        if hidden or "solution" in cell.metadata.get("tags", []):
            continue
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
            cell.source = guarded(cell.source, stubs)
            stubs |= unfinished(cell.source)
        kept.append(cell)
    notebook.cells = kept
    notebook.metadata.pop("widgets", None)
    return notebook


def unfinished(code):
    """Names of functions that only raise NotImplementedError: the stubs a student is to complete.

    Parameters
    ----------
    code : str
        One code cell.

    Returns
    -------
    set of str

    Examples
    --------
    >>> unfinished("def gain(c, n):\\n    raise NotImplementedError('yours')")
    {'gain'}
    """
    functions = [node for node in _tree(code).body if isinstance(node, ast.FunctionDef)]
    last = {function.name: function.body[-1] for function in functions}
    return {
        name for name, step in last.items() if isinstance(step, ast.Raise) and "NotImplementedError" in ast.dump(step)
    }


def guarded(code, stubs):
    """Wrap a cell that calls a stub, so that an unsolved exercise is reported and the notebook goes on.

    Parameters
    ----------
    code : str
        One code cell.
    stubs : set of str
        Names of unfinished functions.

    Returns
    -------
    str
        The same cell, wrapped where it uses a stub.

    Examples
    --------
    >>> print(guarded("assert gain(1, 2) == 3", {"gain"}))
    try:
        assert gain(1, 2) == 3
    except NotImplementedError as unsolved:
        print("Not solved yet:", unsolved)
    """
    tree = _tree(code)
    calls = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    texts = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and node.end_lineno > node.lineno]
    if not calls & stubs or texts:  # indenting would change a text that runs over several lines
        return code
    body = textwrap.indent(code, "    ")
    return f'try:\n{body}\nexcept NotImplementedError as unsolved:\n    print("Not solved yet:", unsolved)'


def _tree(code):
    """The syntax tree of a cell, its %magic and !shell lines turned into calls."""
    from IPython.core.inputtransformer2 import TransformerManager

    return ast.parse(TransformerManager().transform_cell(code))


def without_solutions(text, inside=False):
    """Remove solution blocks from Markdown.

    Parameters
    ----------
    text : str
        One Markdown cell.
    inside : bool
        Whether an earlier cell opened a gated solution that is still open.

    Returns
    -------
    text : str
        What is left, empty when nothing is.
    inside : bool
        Whether a gated solution is open at the end.

    Examples
    --------
    >>> without_solutions("Try it.\\n\\n:::{solution} ex-gain\\nTwice.\\n:::\\n\\nGo on.")
    ('Try it.\\n\\nGo on.', False)
    """
    kept, closing = [], None
    for line in text.splitlines():
        fence = FENCE.match(line)
        if closing:  # in a block that is being dropped: wait for its closing fence
            closing = None if closing.fullmatch(line) else closing
        elif fence and (fence["name"] in ("solution-start", "solution-end") or _is_solution(fence) or inside):
            inside = {"solution-start": True, "solution-end": False}.get(fence["name"], inside)
            closing = re.compile(rf"\s*{fence['mark'][0]}{{{len(fence['mark'])},}}\s*")
        elif not inside:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip(), inside


def _is_solution(fence):
    return fence["name"] == "solution" or (
        fence["name"] in ("dropdown", "admonition") and bool(SOLUTION_TITLE.match(fence["title"]))
    )
