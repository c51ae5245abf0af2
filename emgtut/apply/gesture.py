"""Hand gestures: an old baseline and a network, on clean, noisy and denoised trials, split in three honest ways.

The three splits answer three questions. By repetition: will it work on the next trial of somebody it knows, on the same
day? By day: and tomorrow, with the electrodes put on anew? By subject: and on somebody it has never seen? A model is
trained on clean trials, once, and then meets every input; `lda_noisy` is the exception that puts denoising into
perspective. Rest is not a gesture here.
"""

import functools

import numpy as np

from emgtut.apply.evaluation import Fold, Job, Study, subject_rows
from emgtut.apply.evaluation import table as table_of
from emgtut.apply.gesture_data import FS, Trials, cut, flexemg, grabmyo, ninapro, simulated
from emgtut.apply.gesture_lda import WindowLDA
from emgtut.apply.inputs import check_inputs, draw_condition, versions
from emgtut.contaminate import draw_mixture
from emgtut.data import group_folds, guard

__all__ = ["DATA", "DENOISERS", "MODELS", "SCHEMES", "predict", "runs_of", "split", "study", "table", "trials_of"]

SCHEMES = {
    "repetition": "Some repetitions of the first day are held out; everybody is known.",
    "day": "Trained on the first day, tested on later ones; everybody is known.",
    "subject": "Some people are held out; first day.",
}
MODELS = {
    "lda": "LDA on Hudgins features, one for everybody.",
    "lda_own": "LDA on Hudgins features, one for each person; it needs trials of that person.",
    "lda_noisy": "LDA on Hudgins features, one for everybody, trained on noisy trials with noise of the training part.",
    "stcnet": "STCNet of course width, one for everybody, trained to name gestures.",
    "stcnet_sac": "The same, its encoder trained by the subject-aware contrastive loss first.",
}
DATA = {
    "synthetic": "Simulated people; every seed has other people.",
    "flexemg": "Recordings of two people, 64 electrodes around the forearm; 'clean' means as recorded, band-passed.",
    "ninapro_db2": "Recordings of ten people of Ninapro DB2, exercise 1; 'clean' means as recorded, band-passed.",
    "grabmyo": "Recordings of people of GRABMyo; 'clean' means as recorded, band-passed.",
}
DENOISERS = ("highpass", "bandpass_notch", "tcn")
REPETITION_FOLDS, SUBJECT_FOLDS, INNER = 4, 8, 3
FAST = {"people": 3, "repetitions": 3, "later_repetitions": 1, "gestures": ("fist", "open", "flex", "extend")}


# ------------------------------------------------------------------------------------------------ data


def runs_of(data, *, seed=0, fast=False, root=None):
    """Load or simulate the runs of a study.

    Parameters
    ----------
    data : {"synthetic", "flexemg", "ninapro_db2", "grabmyo"}
        Which.
    seed : int
        Of simulated people (dimensionless); recorded people are the same for every seed.
    fast : bool
        Fewer people, gestures or channels.
    root : path, optional
        Data folder.

    Returns
    -------
    list of Run

    Raises
    ------
    ValueError
        If there are no such data.
    DataMissing
        If the recordings are not here. Nothing is put in their place.

    Examples
    --------
    >>> runs_of("magic")
    Traceback (most recent call last):
        ...
    ValueError: There are no gestures called 'magic': choose one of synthetic, flexemg, ninapro_db2, grabmyo.

    Lesson
    ------
    23 Gesture
    """
    if data == "synthetic":
        return simulated(seed=seed, **(FAST if fast else {}))
    if data == "flexemg":
        return flexemg(ring=1 if fast else None, root=root)
    if data == "ninapro_db2":
        return ninapro(people=range(1, 4 if fast else 11), exercises=("1",), root=root)
    if data == "grabmyo":
        return grabmyo(people=("1", "2", "3") if fast else None, root=root)
    raise ValueError(f"There are no gestures called {data!r}: choose one of {', '.join(DATA)}.")


def trials_of(runs, inputs, *, seed, source="auto", root=None):
    """Cut the trials out of every version of some runs: clean, noisy, denoised.

    Noise and denoisers act on whole runs; see :func:`emgtut.apply.inputs.versions`.

    Parameters
    ----------
    runs : sequence of Run
        Clean.
    inputs : sequence of str
        "clean", "noisy", names of denoisers; or "noisy_train", noisy with noise from the training part of the library.
    seed : int
        Of the noise (dimensionless).
    source : {"auto", "synthetic", "real"}
        Where noise is from.
    root : path, optional
        Data folder.

    Returns
    -------
    dict of str to Trials
        By input, all in the same order.

    Raises
    ------
    ValueError
        If an input is unknown.

    Examples
    --------
    >>> from emgtut.apply.gesture_data import Run
    >>> x = np.random.default_rng(0).standard_normal((2, 5000))
    >>> run = Run("ann/1", "ann", "1", x, np.array([500, 3000]), ("fist", "open"), ("1", "1"))
    >>> made = trials_of([run], ["clean", "noisy"], seed=0, source="synthetic")
    >>> {name: trials.signal.shape for name, trials in made.items()}
    {'clean': (2, 2, 2000), 'noisy': (2, 2, 2000)}

    Lesson
    ------
    23 Gesture
    """
    tested = [name for name in inputs if name != "noisy_train"]
    pieces = {name: [] for name in inputs}
    for run in runs:
        made = versions(run.signal, tested, fs=FS, item=run.name, seed=seed, source=source, root=root)
        if "noisy_train" in inputs:
            made["noisy_train"] = _noise_to_train_with(run, seed, source, root)
        for name, signal in made.items():
            pieces[name].append(cut([run], [signal]))
    return {name: _joined(parts) for name, parts in pieces.items()}


def _noise_to_train_with(run, seed, source, root):
    """A noisy version that shares no noise with the tests: another condition, from another part of the library."""
    condition = draw_condition(f"{run.name}/train", seed=seed)
    how = {"fs": FS, "split": "train", "seed": seed, "source": source, "root": root}
    rows = [draw_mixture(row, condition, item=f"{run.name}/{at}", **how)[0].noisy for at, row in enumerate(run.signal)]
    return np.stack(rows)


def _joined(parts):
    names = Trials.__dataclass_fields__
    return Trials(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


# ------------------------------------------------------------------------------------------------ splits


def split(trials, scheme, *, seed=0):
    """Split trials in one of three ways, with inner folds for every choice, and refuse a leak.

    Parameters
    ----------
    trials : Trials
        All trials.
    scheme : {"repetition", "day", "subject"}
        What is held out; see `SCHEMES`.
    seed : int
        Decides how groups are dealt (dimensionless).

    Returns
    -------
    list of Fold
        Places in `trials`. Trials that the scheme does not use are in no fold.

    Raises
    ------
    ValueError
        If the scheme is unknown, there is nothing to hold out, or something stands on two sides.

    Examples
    --------
    >>> columns = {"gesture": "a", "subject": "x x x y y y".split(), "day": "1", "repetition": list("123123")}
    >>> few = Trials(np.zeros((6, 1, 1)), **{name: np.broadcast_to(np.array(v), 6) for name, v in columns.items()})
    >>> [(fold.name, fold.train.tolist(), fold.test.tolist()) for fold in split(few, "subject")]
    [('x', [3, 4, 5], [0, 1, 2]), ('y', [0, 1, 2], [3, 4, 5])]

    Lesson
    ------
    23 Gesture
    """
    if scheme not in SCHEMES:
        raise ValueError(f"There is no scheme {scheme!r}: choose one of {', '.join(SCHEMES)}.")
    days = sorted(set(trials.day), key=int)
    first = np.flatnonzero(trials.day == days[0])
    if scheme == "day":
        if len(days) < 2:
            raise ValueError("All trials are of one day, so no day can be held out: choose another scheme.")
        outer = [("day " + " ".join(days[1:]), np.flatnonzero(trials.day != days[0]))]
    else:
        outer = _held_out(getattr(trials, scheme)[first], first, scheme, seed)
    found = []
    for name, test in outer:
        train = np.setdiff1d(first, test)
        by = "subject" if scheme == "subject" and len(set(trials.subject[train])) > 2 else "repetition"
        groups = getattr(trials, by)[train]
        parts = [train[part] for part in group_folds(groups, min(INNER, len(set(groups))), seed=seed)]
        pairs = [(np.setdiff1d(train, part), part) for part in parts]
        apart = {"subject": "subject", "day": ("subject", "day"), "repetition": ("subject", "day", "repetition")}
        guard(trials.take(train).columns(), {}, trials.take(test).columns(), by=[apart[scheme]])
        for one, other in pairs:
            inner_apart = by if by == "subject" else ("subject", "day", "repetition")
            guard(trials.take(one).columns(), trials.take(other).columns(), {}, by=[inner_apart])
        found.append(Fold(name, train, test, pairs))
    return found


def _held_out(groups, places, scheme, seed):
    """What each outer fold holds out: one group, or several where there are many."""
    most = REPETITION_FOLDS if scheme == "repetition" else SUBJECT_FOLDS
    dealt = group_folds(groups, min(most, len(set(groups))), seed=seed)
    return [(" ".join(sorted(set(groups[part]))), places[part]) for part in dealt]


# ------------------------------------------------------------------------------------------------ models


def predict(model, inputs, fold, *, seed, fast=False):
    """Train a model on the clean trials of a fold, once, and let it name the gestures of the held-out ones.

    Parameters
    ----------
    model : str
        One of `MODELS`.
    inputs : dict of str to Trials
        As `trials_of` returns them, with "clean", and "noisy_train" for `lda_noisy`.
    fold : Fold
        Of `split`. Networks train on the first inner pair: its validation part chooses when to stop. An LDA has nothing
        to choose and trains on all of the training part.
    seed : int
        Of the training (dimensionless).
    fast : bool
        Train small networks for a few steps only.

    Returns
    -------
    predicted : dict of str to ndarray of str, shape (n_test,), dimensionless
        Names of gestures, for each input.
    chosen : str
        What validation chose; empty for an LDA.

    Raises
    ------
    ValueError
        If the model is unknown, or cannot be trained for these people.

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((6, 2, 1000))
    >>> x[::2, 0] *= 3  # the first, third and fifth trial use another muscle
    >>> told = (np.array(list(column)) for column in ("ababab", "xxxxxx", "111111", "112233"))
    >>> few = Trials(x, *told)
    >>> found, _ = predict("lda", {"clean": few}, split(few, "repetition")[0], seed=0)
    >>> found["clean"].tolist()
    ['a', 'b']

    Lesson
    ------
    23 Gesture
    """
    if model not in MODELS:
        raise ValueError(f"There is no model {model!r}: choose one of {', '.join(MODELS)}.")
    tested = {name: trials for name, trials in inputs.items() if name != "noisy_train"}
    if model == "lda_own":
        return _one_for_each(tested, fold), ""
    clean = inputs["clean"]
    if model.startswith("lda"):
        known = inputs["noisy_train" if model == "lda_noisy" else "clean"]
        trained, chosen = WindowLDA().fit(known.signal[fold.train], clean.gesture[fold.train]), ""
    else:
        from emgtut.apply.gesture_learning import train_stcnet

        train, validation = (clean.take(part) for part in fold.pairs[0])
        trained = train_stcnet(train, validation, plan=_plan(model, fast), seed=seed)
        chosen = f"step {trained.histories[-1].best_step}"
    return {name: trained.predict(trials.signal[fold.test]) for name, trials in tested.items()}, chosen


def _one_for_each(inputs, fold):
    """Personal discriminants."""
    clean = inputs["clean"]
    found = {name: np.empty(len(fold.test), dtype=clean.gesture.dtype) for name in inputs}
    for who in np.unique(clean.subject[fold.test]):
        known = fold.train[clean.subject[fold.train] == who]
        if not known.size:
            raise ValueError(f"{who} has no trial to train with, so there is no model of their own: choose another.")
        own = WindowLDA().fit(clean.signal[known], clean.gesture[known])
        here = clean.subject[fold.test] == who
        for name, trials in inputs.items():
            found[name][here] = own.predict(trials.signal[fold.test[here]])
    return found


def _plan(model, fast):
    from emgtut.apply.gesture_learning import COURSE

    plan = COURSE.but(width=4, hidden=8, head=16, steps=40) if fast else COURSE
    return plan.but(contrast_steps=plan.steps // 2) if model == "stcnet_sac" else plan


# ------------------------------------------------------------------------------------------------ the study


def study(
    *, seeds=(0,), data="synthetic", denoisers=DENOISERS, models=tuple(MODELS), schemes=None, fast=False, root=None
):
    """Prepare the study: a job for each seed, scheme and model.

    Parameters
    ----------
    seeds : sequence of int
        Of people (where simulated), noise and training.
    data : str
        One of `DATA`.
    denoisers : sequence of str
        Names; "clean" and "noisy" are always there.
    models : sequence of str
        Some of `MODELS`.
    schemes : sequence of str, optional
        Some of `SCHEMES`; by default all that the data allow: there is no later day in Ninapro DB2.
    fast : bool
        A small study for a chapter or a test.
    root : path, optional
        Data folder.

    Returns
    -------
    Study
        Its jobs load, simulate and train when they are run, not before.

    Raises
    ------
    ValueError
        If a choice is unknown.

    Examples
    --------
    >>> made = study(models=["lda"], denoisers=["highpass"], fast=True)
    >>> [job.name for job in made.jobs]
    ['seed0_repetition_lda', 'seed0_day_lda', 'seed0_subject_lda']

    Lesson
    ------
    23 Gesture
    """
    inputs = check_inputs(denoisers)
    schemes = tuple(schemes or (name for name in SCHEMES if name != "day" or data != "ninapro_db2"))
    for kind, names, known in (("data", [data], DATA), ("scheme", schemes, SCHEMES), ("model", models, MODELS)):
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"There is no {kind} {unknown[0]!r}: choose from {', '.join(known)}.")
    about = {
        "task": "gesture", "data": data, "seeds": [int(seed) for seed in seeds], "inputs": list(inputs),
        "models": list(models), "schemes": list(schemes), "fast": bool(fast),
    }  # fmt: skip
    loaded = {"data": data, "inputs": inputs, "fast": fast, "root": None if root is None else str(root)}
    jobs = [
        Job(f"seed{seed}_{scheme}_{model}", functools.partial(_rows, int(seed), scheme, model, **loaded))
        for seed in seeds
        for scheme in schemes
        for model in models
        if (scheme, model) != ("subject", "lda_own")  # nobody has a model of their own before they were recorded
    ]
    notes = [
        DATA[data],
        *(f"{name}: {SCHEMES[name]}" for name in schemes),
        *(f"{name}: {MODELS[name]}" for name in models),
        "Every run has one level and one set of contaminants, drawn by chance; each channel its own noise of the test "
        "part. Models are trained on clean trials, except lda_noisy. Denoisers are not told what acts.",
    ]
    return Study("gesture", about, jobs, notes)


def _rows(seed, scheme, model, *, data, inputs, fast, root):
    """Train and test on every fold of one scheme, and score each person over all folds."""
    made = _made(data, seed, inputs, fast, root)
    clean, places, answers, chosen = made["clean"], [], {name: [] for name in inputs}, []
    for fold in split(clean, scheme, seed=seed):
        found, choice = predict(model, made, fold, seed=seed, fast=fast)
        places.append(fold.test)
        chosen.append(choice)
        for name in inputs:
            answers[name].append(found[name])
    at = np.concatenate(places)
    known = {"task": "gesture", "data": data, "scheme": scheme, "model": model, "seed": seed}
    return [
        row
        for name in inputs
        for row in subject_rows(
            clean.gesture[at], np.concatenate(answers[name]), clean.subject[at], **known, input=name,
            chosen="; ".join(filter(None, chosen)),
        )
    ]  # fmt: skip


@functools.lru_cache(maxsize=1)
def _made(data, seed, inputs, fast, root):
    """All inputs of one seed: made once for all jobs of that seed that follow one another in a process."""
    runs = runs_of(data, seed=seed, fast=fast, root=root)
    source = "synthetic" if data == "synthetic" else "auto"
    return trials_of(runs, (*inputs, "noisy_train"), seed=seed, source=source, root=root)


def table(*, seeds=(0,), data="synthetic", denoisers=DENOISERS, fast=False, progress=False, **choices):
    """Run the study here and now.

    Parameters
    ----------
    seeds, data, denoisers, fast
        As for `study`.
    progress : bool
        Show a progress bar in a terminal.
    **choices
        More choices of `study`: `models`, `schemes`, `root`.

    Returns
    -------
    DataFrame
        One row for each seed, scheme, model, input and person; see :class:`emgtut.apply.evaluation.Row`.

    Raises
    ------
    ValueError
        If a choice is unknown.
    DataMissing
        If the recordings are not here.

    Examples
    --------
    >>> table(data="magic")
    Traceback (most recent call last):
        ...
    ValueError: There is no data 'magic': choose from synthetic, flexemg, ninapro_db2, grabmyo.

    Lesson
    ------
    23 Gesture
    """
    from tqdm import tqdm

    jobs = study(seeds=seeds, data=data, denoisers=denoisers, fast=fast, **choices).jobs
    return table_of(row for job in tqdm(jobs, desc="gesture", disable=None if progress else True) for row in job.run())
