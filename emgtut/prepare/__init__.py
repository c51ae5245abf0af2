"""Prepare a corpus as a published pipeline does: screen, split by subject, filter, cut, mix, annotate.

The pure steps are in `emgtut.data.prepare`. This is one floor above, because screening and mixing are.
"""

from emgtut.prepare.recipes import CORRECTIONS, RECIPES, Recipe, recipe
from emgtut.prepare.run import Summary, annotations, pair, prepare

__all__ = ["CORRECTIONS", "RECIPES", "Recipe", "Summary", "annotations", "pair", "prepare", "recipe"]
