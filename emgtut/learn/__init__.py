"""Ground floor, learn: one loop that fits every network of the course, and how trained weights are kept."""

from emgtut.learn.cards import Card, read_card
from emgtut.learn.fitting import fit
from emgtut.learn.history import History
from emgtut.learn.recipe import Recipe, learning_rate
from emgtut.learn.seeds import rng_for, seeded
from emgtut.learn.weights import count_parameters, load_weights, save_weights

__all__ = [
    "Card",
    "History",
    "Recipe",
    "count_parameters",
    "fit",
    "learning_rate",
    "load_weights",
    "read_card",
    "rng_for",
    "save_weights",
    "seeded",
]
