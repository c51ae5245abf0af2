"""What happened in a training run: one row for each look at the validation data."""

import math
from dataclasses import dataclass, field

import numpy as np

__all__ = ["History"]


@dataclass
class History:
    """The log of a run.

    Parameters
    ----------
    rows : list of dict
        One for each check: ``step``, ``seconds`` of training so far, ``lr``, mean training ``loss`` since the check
        before, ``validation`` loss (lower is better), and what else the validation reported.
    stopped : {"", "finished", "patience", "time"}
        Why the run ended; a run that ended for "time" can be resumed.
    step : int
        Number of steps done.

    Examples
    --------
    >>> log = History([{"step": 10, "validation": 2.0}, {"step": 20, "validation": 3.0}])
    >>> log.best_step, log.best, log.checks_since_best
    (10, 2.0, 1)

    Lesson
    ------
    15 FCN
    """

    rows: list = field(default_factory=list)
    stopped: str = ""
    step: int = 0

    @property
    def best(self):
        """Lowest validation loss, infinite before the first check."""
        return min((row["validation"] for row in self.rows), default=math.inf)

    @property
    def best_step(self):
        """Step at which the kept weights were reached, or None before the first check."""
        return next((row["step"] for row in self.rows if row["validation"] == self.best), None)

    @property
    def checks_since_best(self):
        """Number of checks after the best one."""
        return sum(row["step"] > self.best_step for row in self.rows)

    @property
    def finished(self):
        """Whether there is nothing left to resume."""
        return self.stopped in ("finished", "patience")

    def column(self, name):
        """Return one column, shape (n_checks,), as float64; NaN where a check did not report it."""
        return np.array([row.get(name, math.nan) for row in self.rows], dtype=np.float64)
