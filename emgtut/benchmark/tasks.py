"""The tasks of room V as tables: run the jobs of a study, keep each, and average the rows over people.

Accuracy is averaged over subjects, whose share of items then does not matter. Balanced accuracy and F1 are computed
from the items of all subjects together, because a subject may have one class only: a patient has one disease. Seeds are
pooled; the spread over seeds is told beside. All intervals come from drawing subjects with replacement, never windows.
"""

import importlib
from dataclasses import replace

import numpy as np
from scipy.stats import bootstrap

import emgtut
from emgtut import denoise
from emgtut.apply.evaluation import Study, confusion_matrix, table
from emgtut.apply.inputs import INPUTS
from emgtut.benchmark import journal
from emgtut.benchmark.running import settings_of
from emgtut.benchmark.summary import FEWEST, LEVEL, RESAMPLES, bootstrap_interval
from emgtut.benchmark.tracing import LIBRARIES, environment, stamp

__all__ = ["TASKS", "make_study", "run_study", "summarise_slopes", "summarise_task", "task_module", "task_provenance"]

TASKS = ("fatigue", "gesture", "disorder")
USUAL_SCHEMES = {  # by task and, where it matters, data; the others run all that they have
    ("gesture", "ninapro_db2"): ("repetition", "subject"),  # of one day
}
POOLED = ("balanced_accuracy", "macro_f1")
GROUPS = ["task", "data", "scheme", "model"]
AGAINST = "noisy"


def task_module(task):
    """Find the module of a task.

    Parameters
    ----------
    task : {"fatigue", "gesture", "disorder"}
        Its name.

    Returns
    -------
    module
        With `study`, and the names that it takes.

    Raises
    ------
    ValueError
        If there is no such task.

    Examples
    --------
    >>> task_module("fatigue").MODELS[0]
    'majority'

    Lesson
    ------
    22 Fatigue
    """
    if task not in TASKS:
        raise ValueError(f"There is no task {task!r}: choose {', '.join(TASKS)}.")
    return importlib.import_module(f"emgtut.apply.{task}")


def make_study(task, *, inputs=None, schemes=None, size=None, **asked):
    """Put the study of a task together, with all the schemes that are wanted.

    Parameters
    ----------
    task : {"fatigue", "gesture", "disorder"}
        Which.
    inputs : sequence of str, optional
        Denoisers to test beside "clean" and "noisy"; by default those that the task lists as `DENOISERS`.
    schemes : sequence of str, optional
        How items are split; by default as is usual for the task.
    size : str, optional
        How much is made and how long is trained, where there is a choice.
    **asked
        `data`, `models`, `seeds` and `root`, as the task's own `study` takes them.

    Returns
    -------
    Study
        One, whatever the number of schemes.

    Raises
    ------
    ValueError
        If a choice is unknown.

    Examples
    --------
    >>> made = make_study("fatigue", schemes=["subject", "window"], models=["svm"], seeds=[0])
    >>> made.jobs[0].name, made.jobs[-1].name
    ('subject_svm_seed0_simulated-1', 'window_svm_seed0_2')

    Lesson
    ------
    22 Fatigue
    """
    module = task_module(task)
    asked |= {"inputs": module.DENOISERS if inputs is None else inputs} | ({} if size is None else {"size": size})
    usual = USUAL_SCHEMES.get((task, asked.get("data")), USUAL_SCHEMES.get(task, tuple(module.SCHEMES)))
    wanted = tuple(schemes or usual)
    made = {scheme: module.study(scheme=scheme, **asked) for scheme in dict.fromkeys(wanted)}
    if len(made) == 1:
        return made[wanted[0]]
    first = made[wanted[0]]
    jobs = [
        replace(job, name=f"{scheme}_{job.name}")
        for seed in first.about["seeds"]  # what is made for a seed is made once for all schemes
        for scheme in made
        for job in module.study(scheme=scheme, **asked | {"seeds": (seed,)}).jobs
    ]
    about = {**first.about, "scheme": list(made), "parts": [part.about for part in made.values()]}
    return Study(task, about, jobs, list(dict.fromkeys(note for part in made.values() for note in part.notes)))


def run_study(study, out, *, fresh=False, track=None):
    """Run the jobs of a study that are not finished yet, and read all.

    Parameters
    ----------
    study : emgtut.apply.evaluation.Study
        What is run.
    out : path
        Folder of the run. A job that is finished there is not run again.
    fresh : bool
        Run every job anew.
    track : callable, optional
        ``track(iterable, total) -> iterable``, for a progress bar.

    Returns
    -------
    dict of str to DataFrame
        The table of each kind of job; "rows" has the columns of `Row`. `attrs["commits"]` lists the commits of the
        program that made it.

    Raises
    ------
    ValueError
        If the folder holds another study, or anything else.

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.apply.evaluation import Job, Study
    >>> made = Study("demo", {"seeds": [0], "inputs": []}, [Job("a", lambda: [{"x": 1}], "numbers")])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     run_study(made, folder)["numbers"]["x"].tolist()
    [1]

    Lesson
    ------
    22 Fatigue
    """
    denoisers = [name for name in study.about["inputs"] if name not in INPUTS]
    settings = {name: settings_of(denoise.get(name)) for name in denoisers}
    journal.claim(out, {**study.about, "settings": settings})
    done = set() if fresh else journal.finished(out)
    todo = [job for job in study.jobs if (job.name, study.task, job.kind) not in done]
    made_by = stamp()
    for job in track(todo, len(todo)) if track and todo else todo:
        rows = job.run()
        journal.keep(out, job.name, study.task, job.kind, table(rows) if job.kind == "rows" else rows, made_by)
    found = {}
    for kind in dict.fromkeys(job.kind for job in study.jobs):
        names = [job.name for job in study.jobs if job.kind == kind]
        found[kind] = journal.read_table(out, blocks=names).drop(columns="block")
    return found


def summarise_task(rows, *, seed=0):
    """Average the rows of a task, and say how much each input is better than doing nothing.

    Parameters
    ----------
    rows : DataFrame
        With the columns of `Row`.
    seed : int
        Of the bootstrap (dimensionless).

    Returns
    -------
    DataFrame
        One row per model, input and score: `estimate` with `low` and `high` (95 % by subject), `seed_sd` (standard
        deviation over seeds), `difference` to the input "noisy" with its own interval, and counts. Fractions all.

    Examples
    --------
    >>> from emgtut.apply.evaluation import subject_rows, table
    >>> known = dict(task="demo", data="synthetic", scheme="subject", model="svm", seed=0)
    >>> who, truth = ["ann", "ann", "ben", "ben"], ["a", "b", "a", "b"]
    >>> rows = subject_rows(truth, truth, who, input="clean", **known)
    >>> rows += subject_rows(truth, ["a", "a", "a", "b"], who, input="noisy", **known)
    >>> summarise_task(table(rows))[["input", "score", "estimate", "difference"]].head(2).values.tolist()
    [['clean', 'accuracy', 1.0, 0.25], ['clean', 'balanced_accuracy', 1.0, 0.25]]

    Lesson
    ------
    22 Fatigue
    """
    import pandas as pd

    found = []
    for key, part in rows.groupby(GROUPS, sort=False):
        by_input = {name: some for name, some in part.groupby("input", sort=False)}
        noisy = by_input.get(AGAINST)
        for name, some in by_input.items():
            known = {**dict(zip(GROUPS, key, strict=True)), "input": name}
            counts = {
                "subjects": some["subject"].nunique(),
                "seeds": some["seed"].nunique(),
                "items": some["items"].sum(),
            }
            means = {"accuracy": _accuracy(some, noisy, seed)} | {
                one: _pooled(some, noisy, one, seed) for one in POOLED
            }
            found += [{**known, "score": score, **values, **counts} for score, values in means.items()]
    return pd.DataFrame(found)


def summarise_slopes(slopes, *, seed=0):
    """Average the slopes of the median frequency, input by input.

    Parameters
    ----------
    slopes : DataFrame
        As a study of fatigue makes them.
    seed : int
        Of the bootstrap (dimensionless).

    Returns
    -------
    DataFrame
        One row per input and `quantity`, with `estimate`, `low` and `high` (95 % by subject), fractions all: `falls`,
        the share of channels whose whole interval lies below zero; `fall`, the share of the frequency that is lost;
        `off_clean` and `off_velocity`, how far `fall` lies, on average, from that of the clean input and from the fall
        of the velocity, where it is known.

    Examples
    --------
    >>> import pandas as pd
    >>> known = {"data": "synthetic", "seed": 0, "trial": "1", "channel": "a", "velocity_fall": 0.3}
    >>> rows = [{**known, "subject": who, "input": name, "fall": fall, "falls": fall > 0.1}
    ...         for who in ("ann", "ben") for name, fall in (("clean", 0.2), ("noisy", 0.0))]
    >>> found = summarise_slopes(pd.DataFrame(rows)).set_index(["input", "quantity"])["estimate"]
    >>> float(found["noisy", "falls"]), float(found["noisy", "off_clean"]), float(found["noisy", "off_velocity"])
    (0.0, 0.2, 0.3)

    Lesson
    ------
    22 Fatigue
    """
    import pandas as pd

    place = ["data", "seed", "subject", "trial", "channel"]
    clean = slopes[slopes["input"] == "clean"].set_index(place)["fall"].rename("clean_fall")
    both = slopes.join(clean, on=place)
    both["off_clean"] = (both["fall"] - both["clean_fall"]).abs()
    both["off_velocity"] = (both["fall"] - both["velocity_fall"].astype(float)).abs()
    rows = []
    for (data, name), part in both.groupby(["data", "input"], sort=False):
        for quantity in ("falls", "fall", "off_clean", "off_velocity"):
            own = part.groupby("subject")[quantity].mean().astype(float)
            low, high = bootstrap_interval(own, seed=seed) if own.notna().all() else (np.nan, np.nan)
            known = {"data": data, "input": name, "quantity": quantity}
            rows.append({**known, "estimate": own.mean(), "low": low, "high": high, "subjects": own.size})
    return pd.DataFrame(rows)


def _accuracy(some, noisy, seed):
    """Mean over subjects, each the mean of its seeds."""
    own = some.groupby("subject")["accuracy"].mean()
    values = _told(own.mean(), bootstrap_interval(own, seed=seed), some.groupby("seed")["accuracy"].mean())
    if noisy is None:
        return values | _gap(np.nan, (np.nan, np.nan))
    gaps = own - noisy.groupby("subject")["accuracy"].mean()
    return values | _gap(gaps.mean(), bootstrap_interval(gaps, seed=seed))


def _pooled(some, noisy, score, seed):
    """One score of the items of all subjects together."""
    people = sorted(set(some["subject"]))
    parts = [some] if noisy is None else [some, noisy]
    classes = confusion_matrix([told for part in parts for told in part["confusion"]])[0]
    counts = [_counts(part, people, classes) for part in parts]

    def score_of(at, axis=-1):  # `at` has shape (..., n_people)
        return _score_of(counts[0][at].sum(axis=-3), score)

    def gap_of(at, axis=-1):
        return score_of(at) - _score_of(counts[1][at].sum(axis=-3), score)

    everybody = np.arange(len(people))
    by_seed = [_score_of(_counts(one, people, classes).sum(axis=0), score) for _, one in some.groupby("seed")]
    values = _told(float(score_of(everybody)), _interval(score_of, everybody, seed), by_seed)
    if noisy is None:
        return values | _gap(np.nan, (np.nan, np.nan))
    return values | _gap(float(gap_of(everybody)), _interval(gap_of, everybody, seed))


def _counts(rows, people, classes):
    """Right ones, true ones and predicted ones of each class, shape (n_people, 3, n_classes)."""
    found = np.zeros((len(people), 3, len(classes)))
    for at, who in enumerate(people):
        own, matrix = confusion_matrix(rows.loc[rows["subject"] == who, "confusion"])
        columns = [classes.index(name) for name in own]
        found[at][:, columns] = matrix.diagonal(), matrix.sum(axis=1), matrix.sum(axis=0)
    return found


def _score_of(counts, score):
    """Mean over the classes that occur in the truth; `counts` has shape (..., 3, n_classes)."""
    right, true, said = np.moveaxis(counts, -2, 0)
    each = right / np.maximum(true, 1) if score == "balanced_accuracy" else 2 * right / np.maximum(true + said, 1)
    return np.where(true > 0, each, 0.0).sum(axis=-1) / np.count_nonzero(true, axis=-1)


def _interval(statistic, everybody, seed):
    """Percentile interval of a score that is no mean over subjects, by drawing subjects with replacement."""
    if everybody.size < FEWEST:
        return np.nan, np.nan
    how = {"n_resamples": RESAMPLES, "confidence_level": LEVEL, "method": "percentile", "batch": 200}
    found = bootstrap((everybody,), statistic, vectorized=True, rng=np.random.default_rng(seed), **how)
    return float(found.confidence_interval.low), float(found.confidence_interval.high)


def _told(value, interval, by_seed):
    spread = float(np.std(by_seed, ddof=1)) if len(by_seed) > 1 else np.nan
    return {"estimate": float(value), "low": interval[0], "high": interval[1], "seed_sd": spread}


def _gap(value, interval):
    return {
        "against": AGAINST,
        "difference": float(value),
        "difference_low": interval[0],
        "difference_high": interval[1],
    }


def task_provenance(study, rows, *, command):
    """Tell everything that is needed to make the tables of a task again.

    Parameters
    ----------
    study : Study
        What was run.
    rows : DataFrame
        What `run_study` returned of one kind.
    command : str
        The command that made it.

    Returns
    -------
    dict of str to str
        `command`, `commit` (of all jobs), `seeds`, `data`, `date`, `emgtut`, `environment`, `notes`.

    Examples
    --------
    >>> import pandas as pd
    >>> from emgtut.apply.evaluation import Study
    >>> about = {"seeds": [0, 1], "data": "synthetic"}
    >>> told = task_provenance(Study("demo", about, []), pd.DataFrame(), command="emgtut benchmark --task demo")
    >>> list(told), told["seeds"]
    (['command', 'commit', 'seeds', 'data', 'date', 'emgtut', 'environment', 'notes'], '0 1')

    Lesson
    ------
    22 Fatigue
    """
    now, machine = stamp(), environment()
    return {
        "command": command,
        "commit": " ".join(rows.attrs.get("commits", [now["commit"]])),
        "seeds": " ".join(map(str, study.about["seeds"])),
        "data": str(study.about.get("data", study.task)),
        "date": now["date"],
        "emgtut": emgtut.__version__,
        "environment": " ".join(f"{name}={machine[name]}" for name in (*LIBRARIES, "machine")),
        "notes": " ".join(study.notes),
    }
