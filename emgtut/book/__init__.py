"""The book engine: text notebooks -> papermill -> staged .ipynb -> Jupyter Book.

A chapter runs again only when something it depends on has changed (`keys`); a failed cell fails the book (`execute`);
pages are built with execution off (`stage`, `engine`); class notebooks come from the same cells (`handout`).
"""

from emgtut.book.engine import build
from emgtut.book.handout import hand_out
from emgtut.book.layout import BookError
from emgtut.book.vendoring import vendor

__all__ = ["BookError", "build", "hand_out", "vendor"]
