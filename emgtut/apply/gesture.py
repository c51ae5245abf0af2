"""Hand gestures: an old baseline and a network, on clean, noisy and denoised trials, split in three honest ways.

The three splits answer three questions. By repetition: will it work on the next trial of somebody it knows, on the same
day? By day: and tomorrow, with the electrodes put on anew? By subject: and on somebody it has never seen? A model is
trained on clean trials, once, and then meets every input; `lda_noisy` is the exception that puts denoising into
perspective. Rest is not a gesture here.
"""

import functools
from dataclasses import asdict, dataclass

import numpy as np

from emgtut import denoise
from emgtut.apply.evaluation import Fold, Job, Study, subject_rows
from emgtut.apply.evaluation import table as table_of
from emgtut.apply.gesture_data import FS, GESTURES, Trials, cut, flexemg, grabmyo, ninapro, simulated
from emgtut.apply.gesture_lda import WindowLDA
from emgtut.apply.inputs import check_inputs, contaminated, draw_condition, versions
from emgtut.data import group_folds, guard

__all__ = [
    "DATA",
    "DENOISERS",
    "MODELS",
    "SCHEMES",
    "SIZES",
    "Size",
    "predict",
    "runs_of",
    "split",
    "study",
    "table",
    "trials_of",
]

TASK = "gesture"
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
    "ninapro_db2": "Recordings of some people of Ninapro DB2, exercise 1; 'clean' means as recorded, band-passed.",
    "grabmyo": "Recordings of some people of GRABMyo; 'clean' means as recorded, band-passed.",
}
# Rows of the table: every method that is registered, but for those that mean no cleaning or silence, the causal twins,
# the template, which refuses a recording without a heart in it, and ceemdan, the slowest by far.
NO_ROW = ("identity", "zero", "highpass_causal", "bandpass_notch_causal", "tcn_causal", "template", "ceemdan")
DENOISERS = tuple(name for name in denoise.names() if name not in NO_ROW)
REPETITION_FOLDS, SUBJECT_FOLDS, INNER = 4, 8, 3
ONE_DAY = ("ninapro_db2",)
NO_MODEL_OF_THEIR_OWN = ("subject", "lda_own")  # nobody has a model of their own before they were recorded


@dataclass(frozen=True)
class Size:
    """How much is simulated or read, and how the network is trained.

    Parameters
    ----------
    people : int
        People, simulated or of the larger collections; flexemg has two.
    repetitions, later_repetitions : int
        Runs of all gestures of a simulated person, on the first day and on the later one.
    gestures : tuple of str
        That simulated people make.
    units : int
        Motor units of each simulated muscle.
    ring : int or None
        Only this ring of sixteen electrodes of flexemg, from 0; all 64 when None.
    plan : tuple of (str, int)
        What differs from `COURSE` of :mod:`emgtut.apply.gesture_learning`.

    Examples
    --------
    >>> SIZES["quick"].gestures
    ('fist', 'open', 'flex', 'extend')

    Lesson
    ------
    23 Gesture
    """

    people: int
    repetitions: int
    later_repetitions: int
    gestures: tuple
    units: int = 40
    ring: int | None = None
    plan: tuple = ()


SIZES = {
    "full": Size(6, 4, 2, GESTURES),
    "quick": Size(
        3,
        3,
        1,
        ("fist", "open", "flex", "extend"),
        units=10,
        ring=1,
        plan=(("width", 4), ("hidden", 8), ("head", 16), ("steps", 40)),
    ),
}


# ------------------------------------------------------------------------------------------------ data


def runs_of(data, *, seed=0, size="full", root=None):
    """Load or simulate the runs of a study.

    Parameters
    ----------
    data : {"synthetic", "flexemg", "ninapro_db2", "grabmyo"}
        Which.
    seed : int
        Of simulated people (dimensionless); recorded people are the same for every seed.
    size : str or Size
        One of `SIZES`, or your own.
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
    size = _size(size)
    if data == "synthetic":
        wanted = {
            name: getattr(size, name) for name in ("people", "repetitions", "later_repetitions", "gestures", "units")
        }
        return simulated(seed=seed, **wanted)
    people = [str(number) for number in range(1, size.people + 1)]
    if data == "flexemg":
        return flexemg(ring=size.ring, root=root)
    if data == "ninapro_db2":
        return ninapro(people=people, exercises=("1",), root=root)
    if data == "grabmyo":
        return grabmyo(people=people, root=root)
    raise ValueError(f"There are no gestures called {data!r}: choose one of {', '.join(DATA)}.")


def _size(size):
    """A size by its name, or as given."""
    if isinstance(size, Size):
        return size
    if size not in SIZES:
        raise ValueError(f"size is {size!r}: choose {' or '.join(SIZES)}.")
    return SIZES[size]


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
    how = {"fs": FS, "item": run.name, "seed": seed, "split": "train", "source": source, "root": root}
    return contaminated(run.signal, condition, **how)


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


def predict(model, inputs, fold, *, seed, size="full"):
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
    size : str or Size
        Its `plan` is that of the networks.

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
        trained = train_stcnet(train, validation, plan=_plan(model, _size(size)), seed=seed)
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


def _plan(model, size):
    from emgtut.apply.gesture_learning import COURSE

    plan = COURSE.but(**dict(size.plan))
    return plan.but(contrast_steps=plan.steps // 2) if model == "stcnet_sac" else plan


# ------------------------------------------------------------------------------------------------ the study


def study(
    *, data="synthetic", inputs=(), models=tuple(MODELS), seeds=(0, 1, 2), scheme="subject", size="full", root=None
):
    """Put the study of gestures together.

    Parameters
    ----------
    data : str
        One of `DATA`.
    inputs : sequence of str
        Denoisers to test beside "clean" and "noisy".
    models : sequence of str
        Some of `MODELS`. There is no `lda_own` for people held out: it is left out, and the notes say so.
    seeds : sequence of int
        Of people (where simulated), noise and training (dimensionless).
    scheme : {"repetition", "day", "subject"}
        What is held out. There is no later day in Ninapro DB2.
    size : str or Size
        One of `SIZES`, or your own. With "quick" there are few people, one ring of electrodes, and little training: the
        networks have hardly learned anything.
    root : path, optional
        Data folder.

    Returns
    -------
    Study
        One job for each seed and model. Jobs load, simulate and train when they are run, not before.

    Raises
    ------
    ValueError
        If a choice is unknown, or no model is left.

    References
    ----------
    Hudgins1993, STCNet2025

    Examples
    --------
    >>> made = study(models=["lda", "lda_own"], seeds=[0])
    >>> [job.name for job in made.jobs]
    ['seed0_lda']

    Lesson
    ------
    23 Gesture
    """
    for kind, names, known in (("data", [data], DATA), ("scheme", [scheme], SCHEMES), ("model", models, MODELS)):
        unknown = [name for name in names if name not in known]
        if unknown:
            raise ValueError(f"There is no {kind} {unknown[0]!r}: choose from {', '.join(known)}.")
    if scheme == "day" and data in ONE_DAY:
        raise ValueError(f"{data} was recorded on one day, so no day can be held out: choose another scheme.")
    size, inputs, seeds = _size(size), check_inputs(inputs), tuple(int(seed) for seed in seeds)
    wanted = tuple(model for model in dict.fromkeys(models) if (scheme, model) != NO_MODEL_OF_THEIR_OWN)
    if not wanted:
        raise ValueError(f"models is {list(models)}, of which none fits the scheme {scheme}: choose others.")
    plan = _Plan(data, scheme, inputs, size, None if root is None else str(root))
    jobs = [
        Job(f"seed{seed}_{model}", functools.partial(_score, plan, model, seed)) for seed in seeds for model in wanted
    ]
    about = {"task": TASK, "data": data, "scheme": scheme, "inputs": inputs, "models": wanted}
    about |= {"seeds": seeds, "size": asdict(size)}
    notes = [
        DATA[data],
        f"{scheme}: {SCHEMES[scheme]}",
        *(f"{name}: {MODELS[name]}" for name in wanted),
        "Every run has one level and one set of contaminants, drawn by chance. Models are trained on clean trials, "
        "except lda_noisy. Denoisers are not told what acts.",
    ]
    return Study(TASK, about, jobs, notes)


def table(*, seeds=(0,), data="synthetic", denoisers=(), size="full", progress=False, schemes=None, **choices):
    """Run the study here and now, with several schemes.

    Parameters
    ----------
    seeds, data, size
        As for :func:`study`.
    denoisers : sequence of str
        The `inputs` of :func:`study`.
    progress : bool
        Show a bar in a terminal.
    schemes : sequence of str, optional
        By default all that the data allow.
    **choices
        `models` and `root`, as for :func:`study`.

    Returns
    -------
    DataFrame
        One row for each seed, scheme, model, input and person; see :class:`emgtut.apply.evaluation.Row`.

    Raises
    ------
    ValueError
        If a choice is unknown.
    DataMissing
        If the recordings are not here. Nothing is put in their place.

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

    wanted = schemes or [name for name in SCHEMES if name != "day" or data not in ONE_DAY]
    how = {"seeds": seeds, "data": data, "inputs": denoisers, "size": size, **choices}
    jobs = [job for scheme in wanted for job in study(scheme=scheme, **how).jobs]
    bar = tqdm(jobs, desc=TASK, disable=None if progress else True)
    return table_of(row for job in bar for row in job.run())


# ------------------------------------------------------------------------------------------------ one job


@dataclass(frozen=True)
class _Plan:
    """What the jobs of a study share; it can be hashed, so that trials are made once."""

    data: str
    scheme: str
    inputs: tuple
    size: Size
    root: str | None


def _score(plan, model, seed):
    """Train and test on every fold, and score each person over all folds."""
    made = _made(plan.data, seed, plan.inputs, plan.size, plan.root)
    clean, places, answers, chosen = made["clean"], [], {name: [] for name in plan.inputs}, []
    for fold in split(clean, plan.scheme, seed=seed):
        found, choice = predict(model, made, fold, seed=seed, size=plan.size)
        places.append(fold.test)
        chosen.append(choice)
        for name in plan.inputs:
            answers[name].append(found[name])
    at = np.concatenate(places)
    known = {"task": TASK, "data": plan.data, "scheme": plan.scheme, "model": model, "seed": seed}
    known["chosen"] = "; ".join(filter(None, chosen))
    rows = []
    for name in plan.inputs:
        said = np.concatenate(answers[name])
        rows += subject_rows(clean.gesture[at], said, clean.subject[at], input=name, **known)
    return rows


@functools.lru_cache(maxsize=3)
def _made(data, seed, inputs, size, root):
    """All inputs of one seed; kept for three seeds, since every scheme needs the same ones."""
    runs = runs_of(data, seed=seed, size=size, root=root)
    source = "synthetic" if data == "synthetic" else "auto"
    return trials_of(runs, (*inputs, "noisy_train"), seed=seed, source=source, root=root)
