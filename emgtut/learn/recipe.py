"""A recipe: everything that decides how a network is trained, and the learning rate it gives at each step."""

import dataclasses
import math
from dataclasses import dataclass

from emgtut.signals import check_count

__all__ = ["SCHEDULES", "Recipe", "learning_rate"]

SCHEDULES = ("constant", "cosine", "plateau")


@dataclass(frozen=True)
class Recipe:
    """How to train: two runs with the same recipe, data and machine give the same weights.

    The optimiser is AdamW, which is Adam where `weight_decay` is zero.

    Parameters
    ----------
    name : str
        What the recipe is for, for example the name of the network.
    seed : int
        Seed of all chance in training (dimensionless).
    steps : int
        Largest number of optimiser steps.
    batch : int
        Windows in a batch.
    lr : float
        Highest learning rate (dimensionless).
    weight_decay : float
        Decoupled weight decay (dimensionless).
    betas : tuple of float
        Memory of the first and the second moment of Adam (dimensionless).
    clip_norm : float or None
        Largest norm of the gradient; longer gradients are scaled down to it. None leaves them as they are.
    schedule : {"constant", "cosine", "plateau"}
        "cosine" falls to zero at the last step; "plateau" multiplies the rate by `factor` each time `plateau_checks`
        checks in a row bring no new best.
    warmup : int
        Steps over which the rate rises from near zero, with every schedule.
    factor : float
        For "plateau", between 0 and 1 (dimensionless).
    plateau_checks : int
        For "plateau".
    check_every : int
        Steps between two looks at the validation data. A run that is killed loses at most these.
    patience : int or None
        Stop after so many checks in a row without a new best. None never stops early.
    ema_decay : float or None
        Keep a running mean of the weights, updated at every step, that forgets with this factor (dimensionless); it is
        what is validated and kept. Early on it forgets faster, so that the random start leaves no trace. None keeps the
        weights themselves.
    bf16 : bool
        Compute the loss with bfloat16 where torch thinks it safe: faster on a graphics card, less exact.

    Raises
    ------
    ValueError
        If a number is out of its range or the schedule is unknown.

    Examples
    --------
    >>> Recipe("fcn", steps=500, lr=1e-3).schedule
    'constant'
    >>> Recipe("fcn", lr=-1.0)
    Traceback (most recent call last):
        ...
    ValueError: lr is -1, but it must be above 0: choose for example 0.001.

    Lesson
    ------
    15 FCN
    """

    name: str
    seed: int = 0
    steps: int = 1000
    batch: int = 16
    lr: float = 1e-3
    weight_decay: float = 0.0
    betas: tuple[float, float] = (0.9, 0.999)
    clip_norm: float | None = 1.0
    schedule: str = "constant"
    warmup: int = 0
    factor: float = 0.5
    plateau_checks: int = 5
    check_every: int = 100
    patience: int | None = None
    ema_decay: float | None = None
    bf16: bool = False

    def __post_init__(self):
        for name in ("steps", "batch", "check_every", "plateau_checks"):
            check_count(getattr(self, name), name=name)
        for name in ("seed", "warmup"):
            check_count(getattr(self, name), name=name, smallest=0)
        if self.patience is not None:
            check_count(self.patience, name="patience")
        if self.schedule not in SCHEDULES:
            raise ValueError(
                f"schedule is {self.schedule!r}, but it must be one of {', '.join(SCHEDULES)}: choose one."
            )
        _check_range("lr", self.lr, 0, math.inf, "0.001")
        _check_range("factor", self.factor, 0, 1, "0.5")
        if not 0 <= self.weight_decay < math.inf:
            raise ValueError(
                f"weight_decay is {self.weight_decay:g}, but it must not be negative: choose for example 0."
            )
        if self.clip_norm is not None:
            _check_range("clip_norm", self.clip_norm, 0, math.inf, "1")
        if self.ema_decay is not None:
            _check_range("ema_decay", self.ema_decay, 0, 1, "0.999")
        object.__setattr__(self, "betas", tuple(self.betas))

    def but(self, **changes):
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)

    def fitted(self):
        """Return a copy whose warm-up and checks fit its steps: a run that was made short has both, too."""
        return self.but(check_every=min(self.check_every, self.steps), warmup=min(self.warmup, self.steps // 10))

    def as_dict(self):
        """Return the fields as a dict that JSON can hold."""
        return dataclasses.asdict(self) | {"betas": list(self.betas)}


def _check_range(name, value, low, high, example):
    if not low < value < high:
        limits = f"above {low:g}" if high == math.inf else f"between {low:g} and {high:g}"
        raise ValueError(f"{name} is {value:g}, but it must be {limits}: choose for example {example}.")


def learning_rate(recipe, step, validations=()):
    """Return the learning rate of one step: a pure function, so that a resumed run needs no memory of it.

    Parameters
    ----------
    recipe : Recipe
        Schedule and highest rate.
    step : int
        Number of steps done before this one.
    validations : sequence of float
        Validation losses of all checks so far; "plateau" looks at them.

    Returns
    -------
    float
        Learning rate (dimensionless).

    Examples
    --------
    >>> recipe = Recipe("demo", steps=100, lr=1.0, schedule="cosine")
    >>> [round(learning_rate(recipe, step), 6) for step in (0, 50, 100)]
    [1.0, 0.5, 0.0]
    >>> learning_rate(recipe.but(schedule="plateau", plateau_checks=2), 50, [3.0, 2.0, 2.5, 2.5])
    0.5

    Lesson
    ------
    15 FCN
    """
    rise = min(1.0, (step + 1) / (recipe.warmup + 1))
    if recipe.schedule == "cosine":
        done = max(0, step - recipe.warmup) / max(1, recipe.steps - recipe.warmup)
        return recipe.lr * rise * 0.5 * (1.0 + math.cos(math.pi * min(1.0, done)))
    if recipe.schedule == "plateau":
        return recipe.lr * rise * recipe.factor ** _plateaus(validations, recipe.plateau_checks)
    return recipe.lr * rise


def _plateaus(validations, checks):
    """How often `checks` checks in a row brought no new best."""
    best, waited, count = math.inf, 0, 0
    for value in validations:
        best, waited = (value, 0) if value < best else (best, waited + 1)
        if waited == checks:
            waited, count = 0, count + 1
    return count
