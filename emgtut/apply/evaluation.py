"""How the tasks of this room are judged: folds that keep people apart, choices made inside, one row per subject.

A task module (`fatigue`, `gesture`, `disorder`) has a function ::

    study(*, data="synthetic", inputs=(), models=MODELS, seeds=(0, 1, 2), scheme=..., size="quick", root=None) -> Study

whose jobs each train once and give rows. `data`, `models`, `scheme` and `size` take the names that the module lists in
`DATA`, `MODELS`, `SCHEMES` and `SIZES`, the usual one first. `emgtut.benchmark.tasks` runs the jobs, keeps each, and
averages the rows with intervals over subjects.

1. `folds` deals the items into outer folds (one subject each, or k), and the rest of each into inner folds. A guard
   raises where a subject, or whatever must be kept apart, stands on two sides.
2. `choose` picks a setting by the inner folds alone.
3. `subject_rows` scores the outer fold, once, for one input: "clean", "noisy", or the name of a denoiser.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field

import numpy as np

from emgtut.data import guard, nested_folds

__all__ = [
    "SCORES",
    "Fold",
    "Job",
    "Row",
    "Study",
    "choose",
    "confusion_matrix",
    "folds",
    "scores",
    "subject_rows",
    "table",
]

SCORES = ("accuracy", "balanced_accuracy", "macro_f1")


@dataclass(frozen=True)
class Fold:
    """One outer fold: what is held out, and inner folds of the rest.

    Parameters
    ----------
    name : str
        What is held out: the subject where one is left out, else the number of the fold.
    train, test : ndarray of int, shape (n_items,), index from 0
        Items to train on, and items held out.
    pairs : list of (ndarray, ndarray)
        Inner (train, validation) folds of `train`: items, index from 0.

    Examples
    --------
    >>> Fold("ann", np.array([1, 2]), np.array([0]), []).test
    array([0])

    Lesson
    ------
    22 Fatigue
    """

    name: str
    train: np.ndarray
    test: np.ndarray
    pairs: list


@dataclass(frozen=True)
class Row:
    """What one model did for one subject on one input.

    Parameters
    ----------
    task, data : str
        For example "fatigue" and "synthetic".
    scheme : str
        How the items were split: "subject" (leave one out), "folds", "window", ...
    input : str
        "clean", "noisy", or the name of a denoiser.
    model : str
        For example "svm" or "cnn".
    seed : int
        Of data, noise and training.
    subject : str
        Whose items these are.
    items : int
        How many.
    accuracy, balanced_accuracy, macro_f1 : float
        Fractions; the last two over the classes that occur in the truth.
    confusion : str
        Counts as "truth>predicted:count", with blanks between: enough to pool subjects and score them together.
    chosen : str
        The setting that the inner folds chose.

    Examples
    --------
    >>> subject_rows(["a", "b"], ["a", "a"], ["ann", "ann"], task="demo", data="synthetic", scheme="subject",
    ...              input="clean", model="svm", seed=0)[0].confusion
    'a>a:1 b>a:1'

    Lesson
    ------
    22 Fatigue
    """

    task: str
    data: str
    scheme: str
    input: str
    model: str
    seed: int
    subject: str
    items: int
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    confusion: str
    chosen: str = ""


@dataclass(frozen=True)
class Job:
    """A part of a study that is done and kept as a whole, usually one training and the scores of what it made.

    Parameters
    ----------
    name : str
        Of its own within the study, and safe as a file name.
    run : callable
        `run()` gives a list of `Row`: the same ones whenever it is called, in any order of jobs.
    kind : str
        "rows"; or the name of another table, to which a job adds: then `run()` gives a list of plain dicts.

    Examples
    --------
    >>> Job("svm_seed0_ann", list).run()
    []

    Lesson
    ------
    22 Fatigue
    """

    name: str
    run: Callable
    kind: str = "rows"


@dataclass(frozen=True)
class Study:
    """A task, ready to be run.

    Parameters
    ----------
    task : str
        Its name.
    about : dict
        Everything that decides the rows, as JSON can hold it, "seeds" and "inputs" (tuples) among it: two studies with
        the same `about` have the same rows.
    jobs : list of Job
        Its parts. They compute nothing before they are run.
    notes : list of str
        What a reader should know about data and noise, in sentences.

    Examples
    --------
    >>> Study("demo", {"seeds": [0]}, []).about["seeds"]
    [0]

    Lesson
    ------
    22 Fatigue
    """

    task: str
    about: dict
    jobs: list
    notes: list = field(default_factory=list)


def folds(items, *, by="subject", outer=None, inner=3, seed=0, apart=None):
    """Deal items into outer folds with inner folds each, groups whole, and refuse a leak.

    Parameters
    ----------
    items : DataFrame, or dict of sequences
        One row per item (window, trial, recording), with the columns of `by` and `apart`.
    by : str or tuple of str, or None
        Column whose values stay whole; a tuple stands for their combination. None deals single items: overlapping
        windows of one recording then stand on both sides, which is what this function is otherwise there to prevent.
    outer : int, optional
        Number of outer folds; by default each group is left out once.
    inner : int
        Number of inner folds; fewer where fewer groups are left.
    seed : int
        Decides how groups are dealt (dimensionless).
    apart : sequence of str or of tuple of str, optional
        Columns whose values must not stand on two sides; `by` by default.

    Returns
    -------
    list of Fold
        In the order of the first item held out.

    Raises
    ------
    ValueError
        If there are fewer than three groups, or a value of `apart` stands on two sides.

    Examples
    --------
    >>> items = {"subject": ["ann", "ann", "ben", "cat", "cat"], "session": ["1", "2", "3", "4", "5"]}
    >>> [(fold.name, fold.train.tolist(), fold.test.tolist()) for fold in folds(items, inner=2)]
    [('ann', [2, 3, 4], [0, 1]), ('ben', [0, 1, 3, 4], [2]), ('cat', [0, 1, 2], [3, 4])]
    >>> folds(items, by="session", apart=["subject"])
    Traceback (most recent call last):
        ...
    ValueError: The subject ann is in validation and in test (1 and 1 items); move all of it to one side.

    Lesson
    ------
    22 Fatigue
    """
    columns = {name: [str(value) for value in items[name]] for name in items}
    keys = (by,) if isinstance(by, str) else tuple(by or ())
    size = len(next(iter(columns.values())))
    groups = list(zip(*(columns[key] for key in keys), strict=True)) if keys else list(range(size))
    found = len(set(groups))
    if found < 3:
        raise ValueError(f"There are {found} groups, but 3 or more are needed: to train, to choose and to test.")
    outer = found if outer is None else outer
    smallest_rest = found - -(-found // outer)
    if smallest_rest < 2:
        raise ValueError(f"{outer} folds of {found} groups leave too few to train and choose: ask for more folds.")
    dealt = []
    inner = min(inner, smallest_rest)
    for number, (test, pairs) in enumerate(nested_folds(groups, outer=outer, inner=inner, seed=seed)):
        held_out = {groups[at] for at in test}
        name = "-".join(map(str, held_out.pop())) if keys and len(held_out) == 1 else str(number)
        dealt.append(Fold(name, np.setdiff1d(np.arange(size), test), test, pairs))
    for fold in dealt:
        _refuse_a_leak(columns, fold, ([by] if keys else []) if apart is None else apart)
    return dealt


def _refuse_a_leak(columns, fold, apart):
    def side(at):
        return {name: [values[i] for i in at] for name, values in columns.items()}

    for train, validation in fold.pairs:
        guard(side(train), side(validation), side(fold.test), by=apart)


def choose(settings, pairs, judge):
    """Choose a setting by inner folds: the one with the best mean score on validation.

    Parameters
    ----------
    settings : sequence
        What to choose from; the earlier one wins a tie, so put the plainer one first.
    pairs : list of (ndarray, ndarray)
        Inner folds, as `Fold.pairs`: items, index from 0.
    judge : callable
        ``judge(setting, train, validation)`` returns a score, higher is better.

    Returns
    -------
    setting : object
        The choice.
    means : list of float
        Mean score of each setting, in the unit of the score.

    Raises
    ------
    ValueError
        If there is nothing to choose from, or a score is not finite.

    Examples
    --------
    >>> choose([1, 2, 3], [([0], [1]), ([1], [0])], lambda setting, train, validation: -abs(setting - 2))
    (2, [-1.0, 0.0, -1.0])

    Lesson
    ------
    22 Fatigue
    """
    settings = list(settings)
    if not settings or not pairs:
        raise ValueError(f"There are {len(settings)} settings and {len(pairs)} inner folds: give one or more of each.")
    means = [float(np.mean([judge(setting, *pair) for pair in pairs])) for setting in settings]
    if not np.all(np.isfinite(means)):
        raise ValueError(f"The mean scores are {means}, but they must be finite to be compared: look at the judge.")
    return settings[int(np.argmax(means))], means


def scores(truth, predicted):
    """Score labels: share of right ones, mean recall of the classes, mean F1 of the classes.

    The classes are those that occur in the truth. A label that occurs only among the predictions still counts as an
    error of the class it was given for.

    Parameters
    ----------
    truth, predicted : array_like of str or int, shape (n_items,), names or index of classes
        What is, and what the model says.

    Returns
    -------
    dict of str to float
        `accuracy`, `balanced_accuracy`, `macro_f1`, as fractions.

    Raises
    ------
    ValueError
        If there is no item, or the lengths differ.

    Examples
    --------
    Whoever always says "rest" is right three times in four, and has learned nothing:

    >>> scores(["rest", "rest", "rest", "fist"], ["rest"] * 4)
    {'accuracy': 0.75, 'balanced_accuracy': 0.5, 'macro_f1': 0.42857142857142855}

    Lesson
    ------
    22 Fatigue
    """
    from sklearn.metrics import accuracy_score, f1_score, recall_score

    truth, predicted = np.asarray(truth).astype(str), np.asarray(predicted).astype(str)
    if truth.ndim != 1 or truth.shape != predicted.shape or not truth.size:
        raise ValueError(f"truth and predicted have shapes {truth.shape} and {predicted.shape}: give two equal lists.")
    how = {"labels": np.unique(truth), "average": "macro", "zero_division": 0}
    return {
        "accuracy": float(accuracy_score(truth, predicted)),
        "balanced_accuracy": float(recall_score(truth, predicted, **how)),
        "macro_f1": float(f1_score(truth, predicted, **how)),
    }


def subject_rows(truth, predicted, subjects, *, task, data, scheme, input, model, seed, chosen=""):
    """Score each subject by itself.

    Parameters
    ----------
    truth, predicted : array_like of str or int, shape (n_items,), names or index of classes
        What is, and what the model says.
    subjects : array_like of str, shape (n_items,), index of people
        Whose item each is.
    task, data, scheme, input, model, chosen : str
        As in `Row`.
    seed : int
        As in `Row` (dimensionless).

    Returns
    -------
    list of Row
        One for each subject, in the order of names.

    Raises
    ------
    ValueError
        If the lengths differ, or a class has a blank, a colon or a ">" in its name.

    Examples
    --------
    >>> known = dict(task="demo", data="synthetic", scheme="subject", input="noisy", model="svm", seed=0)
    >>> rows = subject_rows([0, 1, 0], [0, 1, 1], ["ann", "ann", "ben"], **known)
    >>> [(row.subject, row.items, row.accuracy) for row in rows]
    [('ann', 2, 1.0), ('ben', 1, 0.0)]

    Lesson
    ------
    22 Fatigue
    """
    truth, predicted, subjects = (np.asarray(part).astype(str) for part in (truth, predicted, subjects))
    if not truth.shape == predicted.shape == subjects.shape:
        sizes = f"{truth.size}, {predicted.size} and {subjects.size}"
        raise ValueError(f"truth, predicted and subjects have {sizes} items: give one of each for every item.")
    odd = [name for name in np.unique([*truth, *predicted]) if set(name) & set(" :>") or not name]
    if odd:
        raise ValueError(f"The class {str(odd[0])!r} cannot be written into a table: give names without blank, : or >.")
    known = {"task": task, "data": data, "scheme": scheme, "input": input, "model": model, "seed": int(seed)}
    rows = []
    for subject in np.unique(subjects):
        at = subjects == subject
        pairs, counts = np.unique(np.stack([truth[at], predicted[at]]), axis=1, return_counts=True)
        told = " ".join(f"{one}>{other}:{count}" for (one, other), count in zip(pairs.T, counts, strict=True))
        found = scores(truth[at], predicted[at])
        rows.append(Row(**known, subject=str(subject), items=int(at.sum()), **found, confusion=told, chosen=chosen))
    return rows


def confusion_matrix(confusions):
    """Add up the confusions of rows.

    Parameters
    ----------
    confusions : sequence of str
        As in `Row`.

    Returns
    -------
    classes : list of str
        In alphabetical order.
    counts : ndarray of int, shape (n_classes, n_classes), number of items
        Truth down, prediction across.

    Examples
    --------
    >>> confusion_matrix(["a>a:3 a>b:1", "b>b:2"])
    (['a', 'b'], array([[3, 1],
           [0, 2]]))

    Lesson
    ------
    22 Fatigue
    """
    found = [part.rpartition(":") for told in confusions for part in told.split()]
    pairs = [(pair.split(">"), int(count)) for pair, _, count in found]
    classes = sorted({name for pair, _ in pairs for name in pair})
    counts = np.zeros((len(classes), len(classes)), dtype=int)
    for (truth, predicted), count in pairs:
        counts[classes.index(truth), classes.index(predicted)] += count
    return classes, counts


def table(rows):
    """Put rows into a table, one column for each field of `Row`.

    Parameters
    ----------
    rows : iterable of Row
        The rows.

    Returns
    -------
    DataFrame
        In the order of the rows.

    Examples
    --------
    >>> list(table([]))[:5]
    ['task', 'data', 'scheme', 'input', 'model']

    Lesson
    ------
    22 Fatigue
    """
    import pandas as pd

    return pd.DataFrame([asdict(row) for row in rows], columns=list(Row.__dataclass_fields__))
