"""Where the book's parts live on disk, and which chapters there are."""

import dataclasses
import pathlib
import re

STATUS_PAGE = "book/status"


class BookError(RuntimeError):
    """The book could not be built; the message says which part, why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Layout:
    """The folders of one checkout.

    Parameters
    ----------
    root : pathlib.Path
        Folder that holds `_toc.yml`, `_config.yml`, `book/`, `notebooks/` and `emgtut/`.

    Lesson
    ------
    Book engine.

    Examples
    --------
    >>> Layout(pathlib.Path("course")).html.as_posix()
    'course/_build/html'
    """

    root: pathlib.Path

    @property
    def work(self):
        """Everything that is made: `_build/`."""
        return self.root / "_build"

    @property
    def stage(self):
        """What Jupyter Book reads."""
        return self.work / "stage"

    @property
    def failed(self):
        """Notebooks that stopped half-way."""
        return self.work / "failed"

    @property
    def html(self):
        """The finished pages."""
        return self.work / "html"

    def executed(self, fast):
        """Folder of executed notebooks: FAST and full are kept apart."""
        return self.work / "executed" / ("fast" if fast else "full")

    def pages(self):
        """Names of every page in reading order, without suffix, as `_toc.yml` lists them.

        Returns
        -------
        list of str
            For example ``["book/welcome", "notebooks/08_mixing"]``.
        """
        from sphinx_external_toc.parsing import MalformedError, parse_toc_yaml

        try:
            return [re.sub(r"\.(md|ipynb)$", "", name) for name in parse_toc_yaml(self.root / "_toc.yml")]
        except MalformedError as error:
            raise BookError(f"_toc.yml cannot be read: {error}") from error

    def chapters(self):
        """Sources that are executed, in reading order: every chapter, and pages whose front matter names a kernel.

        Returns
        -------
        list of pathlib.Path
        """
        sources = [(name, self.root / f"{name}.md") for name in self.pages()]
        return [source for name, source in sources if name.startswith("notebooks/") or _names_kernel(source)]

    def name(self, source):
        """Name of a page as `_toc.yml` writes it.

        Examples
        --------
        >>> Layout(pathlib.Path("course")).name(pathlib.Path("course/notebooks/08_mixing.md"))
        'notebooks/08_mixing'
        """
        return source.relative_to(self.root).with_suffix("").as_posix()

    def choose(self, wanted):
        """Pick chapters by number, name or file.

        Parameters
        ----------
        wanted : sequence of str or None
            For example ``["08"]`` or ``["08_mixing"]``; None takes every chapter.

        Returns
        -------
        list of pathlib.Path
            Sources in reading order.

        Raises
        ------
        BookError
            If a wanted chapter is not in `_toc.yml`.
        """
        chapters = self.chapters()
        if wanted is None:
            return chapters
        chosen = set()
        for name in wanted:
            stem = pathlib.Path(name).stem
            matches = [c for c in chapters if stem == c.stem or _number(stem) == _number(c.stem) != ""]
            if not matches:
                known = ", ".join(c.stem for c in chapters)
                raise BookError(f"There is no chapter '{name}' in _toc.yml; choose from: {known}.")
            chosen.update(matches)
        return [chapter for chapter in chapters if chapter in chosen]

    def check_sources(self):
        """Raise BookError when a page of `_toc.yml` has no source, before any time is spent on execution."""
        missing = [n for n in self.pages() if n != STATUS_PAGE and not (self.root / f"{n}.md").is_file()]
        if missing:
            raise BookError(f"_toc.yml lists pages that have no source: {', '.join(f'{name}.md' for name in missing)}.")


def _names_kernel(source):
    """Whether the front matter of a page has a kernelspec; a page that is not there has none."""
    text = source.read_text(encoding="utf-8") if source.is_file() else ""
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    return bool(front and re.search(r"^kernelspec:", front[1], re.MULTILINE))


def _number(stem):
    """The leading number of a chapter name without padding, with the letter behind it (18b), or an empty string."""
    digits = re.match(r"(\d+[a-z]?)(?:_|$)", stem)
    return digits[1].lstrip("0") or "0" if digits else ""


def find_layout(root=None):
    """Find the checkout: `root`, or the working folder or one above it, or the place this package was loaded from.

    Parameters
    ----------
    root : path or None

    Returns
    -------
    Layout

    Raises
    ------
    BookError
        If no such folder holds `_toc.yml` and `notebooks/`.
    """
    here = pathlib.Path.cwd()
    places = [root] if root else [here, *here.parents, pathlib.Path(__file__).parents[2]]
    for place in map(pathlib.Path, places):
        if (place / "_toc.yml").is_file() and (place / "notebooks").is_dir():
            return Layout(place.resolve())
    raise BookError(
        f"No book sources (_toc.yml and notebooks/) in {places[0]} or above: run this inside a copy of the repository."
    )


def write_whole(file, text):
    """Write a text file so that it is never seen half-written.

    Parameters
    ----------
    file : pathlib.Path
    text : str
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    half = file.with_name(f".{file.name}.part")
    half.write_text(text, encoding="utf-8")
    half.replace(file)
