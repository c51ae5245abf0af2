"""Splits: the fixed one of each dataset, splits by any key, nested ones, and a guard that finds a leak."""

from collections.abc import Mapping

import numpy as np

from emgtut.data.manifests import SPLITS, manifest


def split_of(dataset, record, *, scheme=None):
    """Say which part of the fixed split a record belongs to.

    Parameters
    ----------
    dataset, record : str
        Names.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    {"train", "validation", "test"}

    Raises
    ------
    ValueError
        If the record is in no part: then it must not be used where the split matters.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> split_of("elderly_lower_limb", "17/VL")
    'test'
    >>> split_of("flexemg", "S001_Session3Train_001-001", scheme="day")
    'test'
    """
    about = manifest(dataset)
    name, rule = _rule(about, scheme)
    value = about.group_of(str(record)).fields(str(record)).get(rule["by"])
    for split in SPLITS:
        if value is not None and value in rule[split]:
            return split
    raise ValueError(f"The record {record!r} of {dataset!r} is in no part of the split {name!r}; leave it out.")


def records_in(dataset, split, *, scheme=None):
    """List the records in one part of the fixed split.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    split : {"train", "validation", "test"}
        Which part.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    list of str
        Record names, possibly none.

    Raises
    ------
    ValueError
        If dataset, part or scheme are unknown.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> records_in("mitdb", "validation")
    ['115']
    """
    about = manifest(dataset)
    values = subjects(dataset, split, scheme=scheme)
    by = _rule(about, scheme)[1]["by"]
    return [name for group in about.groups for name in group.names if group.fields(name).get(by) in values]


def subjects(dataset, split, *, scheme=None):
    """List the subjects (or whatever the split goes by) in one part of the fixed split.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    split : {"train", "validation", "test"}
        Which part.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    list of str
        As they occur in record names.

    Raises
    ------
    ValueError
        If dataset, part or scheme are unknown.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> subjects("elderly_lower_limb", "test")
    ['17', '18', '19', '20']
    """
    if split not in SPLITS:
        raise ValueError(f"There is no part {split!r}; a split has train, validation and test.")
    return list(_rule(manifest(dataset), scheme)[1][split])


def _rule(about, scheme):
    if not about.splits:
        raise ValueError(f"The dataset {about.name!r} has no fixed split; use it for demonstration only.")
    name = scheme or next(iter(about.splits))
    if name not in about.splits:
        raise ValueError(f"The dataset {about.name!r} has no split {name!r}; it has {', '.join(about.splits)}.")
    return name, about.splits[name]


# ------------------------------------------------------------------------------------- splits by a key


def stratified_subjects(sizes, *, share=0.2, at_least=2, extremes=False):
    """Choose validation subjects so that those with little and with much data are both represented.

    The subjects are sorted by their amount of data and cut into as many strata as there are validation subjects; the
    middle one of each stratum is taken. No chance is involved.

    Parameters
    ----------
    sizes : dict of str to int
        Amount of data of each subject, such as the number of segments.
    share : float
        Fraction of the subjects for validation.
    at_least : int
        Number of validation subjects wherever there are more subjects than that.
    extremes : bool
        Take evenly spaced ranks from the first to the last instead, as CleanSEMG does: the subject with the least data
        and the one with the most are then always in validation.

    Returns
    -------
    train, validation : list of str
        Names, sorted by amount of data. One subject alone is for training.

    Raises
    ------
    ValueError
        If the share is not between 0 and 1, or there is no subject.

    References
    ----------
    CleanSEMG2026

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> sizes = {"a": 10, "b": 20, "c": 30, "d": 40, "e": 50, "f": 60}
    >>> stratified_subjects(sizes)[1]
    ['b', 'e']
    >>> stratified_subjects(sizes, extremes=True)[1]
    ['a', 'f']
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share!r}, but it must lie between 0 and 1: pass for example 0.2.")
    if not sizes:
        raise ValueError("There is no subject to split; check that something passed the screening.")
    ranked = sorted(sizes, key=lambda name: (sizes[name], name))
    n = len(ranked)
    wanted = min(max(round(share * n), at_least), n - 1)
    if extremes:
        ranks = {int(rank) for rank in np.linspace(0, n - 1, wanted)}
    else:
        ranks = {int((i + 0.5) * n / wanted) for i in range(wanted)}
    return [ranked[i] for i in range(n) if i not in ranks], [ranked[i] for i in sorted(ranks)]


def group_folds(groups, folds, *, seed=0):
    """Deal groups - subjects, recordings, repetitions, noise records - into folds, every group whole.

    Parameters
    ----------
    groups : sequence, length n_items
        Group of each item: a name or number, or a tuple such as (subject, repetition).
    folds : int
        Number of folds, from 2 to the number of different groups.
    seed : int
        Decides the order of groups of equal size.

    Returns
    -------
    list of numpy.ndarray, shape (n_items_of_fold,), index from 0
        The items of each fold. Every item is in one fold; no group is in two.

    Raises
    ------
    ValueError
        If there are fewer groups than folds.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> [fold.tolist() for fold in group_folds(["a", "a", "b", "c", "c"], 2)]
    [[0, 1], [2, 3, 4]]
    """
    members = {}
    for at, group in enumerate(groups):
        members.setdefault(group, []).append(at)
    if not 2 <= folds <= len(members):
        raise ValueError(f"There are {len(members)} groups for {folds} folds; ask for 2 to {len(members)} folds.")
    order = np.random.default_rng(seed).permutation(len(members))
    shuffled = [list(members.values())[i] for i in order]
    dealt = [[] for _ in range(folds)]
    for group in sorted(shuffled, key=len, reverse=True):  # the largest first, always to the emptiest fold
        min(dealt, key=len).extend(group)
    return sorted((np.sort(np.array(items, dtype=np.intp)) for items in dealt), key=lambda items: items[0])


def nested_folds(groups, *, outer=5, inner=4, seed=0):
    """Nested validation: for every test fold, the training and validation folds among the rest.

    Choose settings by the inner folds only; score the choice once on the outer fold.

    Parameters
    ----------
    groups : sequence, length n_items
        Group of each item, as for `group_folds`.
    outer, inner : int
        Number of test folds, and of validation folds within each.
    seed : int
        Decides the order of groups of equal size.

    Returns
    -------
    iterator of (test, pairs)
        `test` are the items of an outer fold, an array of shape (n_test,), index from 0; `pairs` is a list of
        (train, validation), such arrays too, one pair for each inner fold. No group is in two of the three.

    Raises
    ------
    ValueError
        If there are too few groups.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> for test, pairs in nested_folds(["a", "b", "c"], outer=3, inner=2):
    ...     print(test.tolist(), [(train.tolist(), validation.tolist()) for train, validation in pairs])
    [0] [([2], [1]), ([1], [2])]
    [1] [([2], [0]), ([0], [2])]
    [2] [([1], [0]), ([0], [1])]
    """
    groups = list(groups)
    everything = np.arange(len(groups))
    for test in group_folds(groups, outer, seed=seed):
        rest = np.setdiff1d(everything, test)
        parts = [rest[fold] for fold in group_folds([groups[i] for i in rest], inner, seed=seed)]
        yield test, [(np.setdiff1d(rest, part), part) for part in parts]


# ------------------------------------------------------------------------------------------- the guard


def guard(train, validation, test, by=("subject", "recording", "noise")):
    """Refuse a split in which a subject, a recording or a noise record stands on two sides.

    Parameters
    ----------
    train, validation, test : table, or list of dict
        Items of each side: a mapping from column to values, a pandas DataFrame, or one dict per item. A side may be
        empty.
    by : sequence of str or of tuple of str
        Columns to check; a tuple checks their combination, such as ``("subject", "gesture", "repetition")``, since
        every subject has a repetition 1. A cell that holds a list, a tuple or a set counts as several values, and so
        does text with ``|`` in it: a window may hold several noise records. Empty cells are passed over.

    Returns
    -------
    dict
        Number of different values of each key on each side, such as ``{"subject": (14, 2, 4)}``.

    Raises
    ------
    ValueError
        If a value is on two sides: the sentence names it. Also if a column is missing.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> train = [{"subject": "1", "noise": "mitdb/100"}, {"subject": "2", "noise": "mitdb/101"}]
    >>> test = [{"subject": "3", "noise": "mitdb/100"}]
    >>> guard(train, [], test, by=("subject",))
    {'subject': (2, 0, 1)}
    >>> guard(train, [], test, by=("subject", "noise"))
    Traceback (most recent call last):
    ...
    ValueError: The noise mitdb/100 is in train and in test (1 and 1 items); move all of it to one side.
    """
    sides = dict(zip(SPLITS, (train, validation, test), strict=True))
    counted = {}
    for key in [by] if isinstance(by, str) else by:
        columns = (key,) if isinstance(key, str) else tuple(key)
        found = {side: _values(items, columns, side) for side, items in sides.items()}
        for first, second in (("train", "validation"), ("train", "test"), ("validation", "test")):
            shared = sorted(found[first].keys() & found[second].keys())
            if shared:
                others = f" and {len(shared) - 1} more" if len(shared) > 1 else ""
                raise ValueError(
                    f"The {', '.join(columns)} {', '.join(shared[0])}{others} is in {first} and in {second} "
                    f"({found[first][shared[0]]} and {found[second][shared[0]]} items); move all of it to one side."
                )
        counted[key] = tuple(len(found[side]) for side in SPLITS)
    return counted


def _values(items, columns, side):
    """How often each combination of values occurs; a cell with several values counts for each of them."""
    table = _columns(items)
    missing = [name for name in columns if name not in table] if table else []
    if missing:
        raise ValueError(f"The {side} items have no column {missing[0]!r}; they have {', '.join(map(str, table))}.")
    counts = {}
    for row in zip(*(table[name] for name in columns), strict=True) if table else ():
        for combination in _combinations([_several(cell) for cell in row]):
            counts[combination] = counts.get(combination, 0) + 1
    return counts


def _columns(items):
    if isinstance(items, Mapping) or hasattr(items, "columns"):
        return {name: list(items[name]) for name in items}
    rows = list(items)
    names = dict.fromkeys(name for row in rows for name in row)
    lacking = [name for name in names if any(name not in row for row in rows)]
    return {name: [row[name] for row in rows] for name in names if name not in lacking}


def _several(cell):
    if isinstance(cell, (list, tuple, set, frozenset)):
        return {str(value) for value in cell}
    if cell is None or (isinstance(cell, float) and np.isnan(cell)):
        return set()
    return {part for part in str(cell).split("|") if part}


def _combinations(cells):
    done = [()]
    for values in cells:
        done = [(*before, value) for before in done for value in sorted(values)]
    return done
