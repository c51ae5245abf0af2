"""Turn what only Jupyter Book understands into Markdown that any notebook reader shows."""

import re

from emgtut.book.layout import BookError

FENCE = re.compile(r"^\s*(?P<mark>:{3,}|`{3,}|~{3,})\{(?P<name>[\w:-]+)\}(?P<title>.*)$")
GLUE = re.compile(r"\{glue:text\}`([^`]+)`")
TERM = re.compile(r"\{term\}`([^`<]*?)(?:\s*<[^`>]*>)?`")
OPTION = re.compile(r"\s*:[\w-]+:(\s.*)?")
HEADINGS = {
    "exercise": "### Exercise",
    "exercise-start": "### Exercise",
    "solution": "#### Solution",
    "solution-start": "#### Solution",
}
GATES_END = ("exercise-end", "solution-end")
NOT_COMPUTED = "…"


def readable(notebook, *, executed):
    """Rewrite the Markdown of a notebook for readers outside the book.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Changed in place.
    executed : bool
        Put the stored numbers into the text; otherwise an ellipsis stands for each.

    Returns
    -------
    nbformat.NotebookNode
        The same notebook, without cells that have nothing left.

    Raises
    ------
    BookError
        If the text asks for a number that no cell has stored, or that its format does not fit.

    Lesson
    ------
    Book engine.

    Examples
    --------
    >>> import nbformat
    >>> cell = nbformat.v4.new_markdown_cell("A {term}`gain` of {glue:text}`gain:.1f`.")
    >>> readable(nbformat.v4.new_notebook(cells=[cell]), executed=False).cells[0].source
    'A gain of ….'
    """
    values = glued(notebook) if executed else None
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            cell.source = without_terms(with_numbers(with_headings(cell.source), values))
    notebook.cells = [cell for cell in notebook.cells if cell.cell_type != "markdown" or cell.source]
    return notebook


def glued(notebook):
    """Collect the values that the cells of an executed notebook stored for its text.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        An executed notebook.

    Returns
    -------
    dict of str to str
        Name to the value as plain text; the last one where a name is stored twice, as in the book.
    """
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    stored = [(output["metadata"]["scrapbook"], output["data"]) for output in outputs if _is_stored(output)]
    return {where["name"]: data[f"{where['mime_prefix']}text/plain"] for where, data in stored}


def _is_stored(output):
    where = output.get("metadata", {}).get("scrapbook")
    return where is not None and f"{where['mime_prefix']}text/plain" in output["data"]


def with_numbers(text, values):
    """Replace the roles that stand for a computed number by that number.

    Parameters
    ----------
    text : str
        Markdown.
    values : dict of str to str, or None
        Stored values; None puts an ellipsis for each.

    Returns
    -------
    str

    Raises
    ------
    BookError
        If a value is not stored or does not fit its format.

    Examples
    --------
    >>> with_numbers("{glue:text}`gain:.1f` dB", {"gain": "3.0103"})
    '3.0 dB'
    """

    def number(role):
        from myst_nb.core.variables import format_plain_text

        name, _, spec = role[1].partition(":")
        if values is None:
            return NOT_COMPUTED
        if name not in values:
            raise BookError(f"The text asks for the number `{name}`, which no cell stores: glue it, or mend the name.")
        try:
            return format_plain_text(values[name], spec or "s")
        except ValueError as error:
            raise BookError(f"The number `{name}` is {values[name]}, which `{spec}` does not fit: {error}.") from error

    return GLUE.sub(number, text)


def without_terms(text):
    """Replace links into the glossary by the words themselves.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str

    Examples
    --------
    >>> without_terms("the {term}`SNR`, in {term}`decibels <decibel>`")
    'the SNR, in decibels'
    """
    return TERM.sub(r"\1", text)


def with_headings(text):
    """Turn exercise and solution directives into headings and keep what they hold.

    Parameters
    ----------
    text : str
        Markdown.

    Returns
    -------
    str

    Examples
    --------
    >>> print(with_headings("```{exercise} On paper\\n:label: ex-a\\nHow loud?\\n```"))
    ### Exercise: On paper
    <BLANKLINE>
    How loud?
    """
    if not any(fence and fence["name"] in {*HEADINGS, *GATES_END} for fence in map(FENCE.match, text.splitlines())):
        return text
    kept, closings, options = [], [], False
    for line in text.splitlines():
        if options and OPTION.fullmatch(line):
            continue
        options = False
        fence = FENCE.match(line)
        if closing := next((mark for mark in reversed(closings) if _closes(line, mark)), None):
            closings = closings[: closings.index(closing)]
        elif fence and fence["name"] in HEADINGS:
            kept += ["", _heading(fence), ""]
            closings.append(fence["mark"])
            options = True
        elif fence and fence["name"] in GATES_END:
            closings.append(fence["mark"])
        else:
            kept.append(line)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _closes(line, mark):
    return re.fullmatch(rf"\s*{mark[0]}{{{len(mark)},}}\s*", line)


def _heading(fence):
    label, title = HEADINGS[fence["name"]], fence["title"].strip()
    # the title of a solution is the label of its exercise, which says nothing to a reader
    return f"{label}: {title}" if title and fence["name"].startswith("exercise") else label
