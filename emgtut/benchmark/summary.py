"""Averages of a table, honestly weighted, each with its count and an interval over subjects.

Macro: the mean over cells (subject, SNR, kinds), each the mean of its windows, so that no subject or condition counts
more because it has more windows. Micro: the mean over windows. A window on which a method gave up, or on which a score
does not exist, is in neither; the counts say how many there are. The interval is the bootstrap over subjects: people
are drawn with replacement, with all their cells. With the seven test subjects it is a rough guide: see
`bootstrap_interval`.
"""

from itertools import combinations_with_replacement
from math import factorial

import numpy as np
from scipy.special import gamma
from scipy.stats import bootstrap

from emgtut.benchmark.scoring import SCORES

__all__ = ["CELL", "bootstrap_interval", "cell_means", "exact_interval", "macro_row", "summarise"]

CELL = ("subject", "snr_db", "kinds")
RESAMPLES, LEVEL = 2000, 0.95
FEWEST = 3  # subjects; whoever draws from two says nothing about a third
MOST_LISTED = 8  # people; with more, the draws are too many to list


def bootstrap_interval(cells, *, seed=0, n_resamples=RESAMPLES, level=LEVEL):
    """Percentile interval of a macro average, by drawing subjects with replacement.

    Its nominal level holds for many subjects. With few it is too narrow: for seven subjects from a normal distribution
    an interval of nominally 95 % covers the truth in about 86 % of experiments, for thirty in about 92 % (2000
    experiments each; a test measures both again).

    Parameters
    ----------
    cells : Series, indexed by at least `subject`
        Cell means, in any unit.
    seed : int
        Of the draws (dimensionless).
    n_resamples : int
        Number of draws.
    level : float
        Nominal coverage, a fraction.

    Returns
    -------
    (float, float)
        Lower and upper end, in the unit of the cells; NaN where there are fewer than three subjects.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.Index(["a", "b", "c", "d"], name="subject")
    >>> low, high = bootstrap_interval(pd.Series([1.0, 2.0, 3.0, 4.0], index=people))
    >>> 1 <= low < 2.5 < high <= 4
    True

    Lesson
    ------
    19 Showdown
    """
    by_subject = cells.groupby("subject")
    sums, counts = by_subject.sum().to_numpy(), by_subject.count().to_numpy()
    if counts.size < FEWEST:
        return np.nan, np.nan
    found = bootstrap(
        (sums, counts),
        lambda total, number, axis: total.sum(axis=axis) / number.sum(axis=axis),
        paired=True,
        n_resamples=n_resamples,
        confidence_level=level,
        method="percentile",
        rng=np.random.default_rng(seed),
    ).confidence_interval
    return float(found.low), float(found.high)


def exact_interval(cells, *, level=LEVEL):
    """Percentile interval of a macro average as `bootstrap_interval`, without chance: every draw of the people counts.

    Seven people can be drawn with replacement in 1716 ways that differ in who is there how often.

    Parameters
    ----------
    cells : Series, indexed by at least `subject`
        Cell means, in any unit.
    level : float
        Nominal coverage, a fraction.

    Returns
    -------
    (float, float)
        Lower and upper end, in the unit of the cells; NaN where there are fewer than two subjects.

    Raises
    ------
    ValueError
        If there are more than eight subjects.

    Examples
    --------
    >>> import pandas as pd
    >>> people = pd.Index(["a", "b"], name="subject")  # aa, ab, ba, bb: means 0, 1, 1, 2
    >>> exact_interval(pd.Series([0.0, 2.0], index=people), level=0.4)
    (1.0, 1.0)

    Lesson
    ------
    19 Showdown
    """
    by_subject = cells.groupby("subject")
    sums, counts = by_subject.sum().to_numpy(), by_subject.count().to_numpy()
    people = counts.size
    if people < 2:
        return np.nan, np.nan
    if people > MOST_LISTED:
        raise ValueError(f"There are {people} subjects, but draws can be listed for {MOST_LISTED} at most: resample.")
    draws = np.array(
        [np.bincount(one, minlength=people) for one in combinations_with_replacement(range(people), people)]
    )
    ways = factorial(people) / np.prod(gamma(draws + 1), axis=1)
    values = draws @ sums / (draws @ counts)
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(ways[order]) / people**people
    at = np.searchsorted(reached, [(1 - level) / 2 - 1e-12, (1 + level) / 2 - 1e-12])
    low, high = values[order][np.minimum(at, values.size - 1)]
    return float(low), float(high)


def summarise(table, *, by=None, scores=tuple(SCORES), seed=0):
    """Average every score for every method and mode.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.
    by : {"snr_db", "k", "kinds"}, optional
        Average separately for each level, number or combination of contaminants.
    scores : sequence of str
        Which scores.
    seed : int
        Of the bootstrap (dimensionless).

    Returns
    -------
    DataFrame
        One row per method, mode, value of `by` and score: `macro`, `low`, `high` (95 % by subject), `micro`,
        `windows` (in the average), `failed`, `undefined`, `cells`, `subjects`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "case": list("abc"), "subject": ["1", "1", "2"], "snr_db": 0.0, "kinds": "ecg", "method": "m",
    ...     "mode": "blind", "failure": "", "snr_imp": [1.0, 3.0, 8.0],
    ... })
    >>> row = summarise(table, scores=["snr_imp"]).iloc[0]
    >>> float(row["macro"]), float(row["micro"]), int(row["windows"])  # (mean of 1 and 3, then with 8); mean of all
    (5.0, 4.0, 3)

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    groups = ["method", "mode", *([by] if by else [])]
    rows = []
    for key, part in table.groupby(groups, sort=False, observed=True):
        known = dict(zip(groups, key, strict=True))
        rows += [{**known, "score": name, **macro_row(part, name, seed)} for name in scores]
    return pd.DataFrame(rows)


def macro_row(part, name, seed):
    """Averages, interval and counts of one score of one method."""
    worked = part[part["failure"] == ""]
    valid = worked[worked[name].notna()]
    cells = cell_means(valid, name)
    low, high = bootstrap_interval(cells, seed=seed) if len(cells) else (np.nan, np.nan)
    return {
        "macro": cells.mean(),
        "low": low,
        "high": high,
        "micro": valid[name].mean(),
        "windows": len(valid),
        "failed": len(part) - len(worked),
        "undefined": len(worked) - len(valid),
        "cells": len(cells),
        "subjects": valid["subject"].nunique(),
    }


def cell_means(valid, name):
    """Mean of one score in each cell, as a Series indexed by subject, SNR and kinds."""
    return valid.groupby(list(CELL), observed=True)[name].mean()
