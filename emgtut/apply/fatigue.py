"""Is this muscle tired? Three classes, judged on people the model has never met, from clean and from cleaned signals.

Models are trained on clean signals and tested on every input. Nothing is normalised by a clean reference or by labels:
a trial is compared with its own beginning, as it is on that input.

majority  says the most frequent class of the training people: what a number must be read against
mdf       one number, how far the median frequency has moved since the start, and two thresholds
svm       the 32 features of four channels and their 32 changes, RBF support vectors; constant and baseline are chosen
cnn       the dilated CNN on the waveform; its epoch is chosen. It sees the amplitude, not the spectrum, of the start

Choices are made by inner folds of the training people. The table of slopes gives the classical answer beside it: the
slope of the median frequency, with its interval, for each channel of each trial.
"""

import functools
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from emgtut import denoise
from emgtut.apply import fatigue_data
from emgtut.apply.evaluation import Job, Study, choose, folds, scores, subject_rows
from emgtut.apply.evaluation import table as as_table
from emgtut.apply.fatigue_data import CLASSES, FS, HOP, LENGTH, cut
from emgtut.apply.fatigue_features import FEATURES, mdf_slope, relative_to_start, window_features, with_changes
from emgtut.apply.inputs import check_inputs, draw_condition, versions
from emgtut.signals import frames, rms

__all__ = ["DATA", "DENOISERS", "MODELS", "SCHEMES", "SIZES", "Size", "design", "slopes", "study", "table"]

TASK = "fatigue"
DATA = ("synthetic", "real", "single")
MODELS = ("majority", "mdf", "svm", "cnn")
# Rows of the table: every method that is registered, but for those that mean no cleaning or silence, the causal twins,
# the template, which refuses a recording without a heart in it, and CEEMDAN, by far the slowest.
NO_ROW = ("identity", "zero", "highpass_causal", "bandpass_notch_causal", "tcn_causal", "template", "ceemdan")
DENOISERS = tuple(name for name in denoise.names() if name not in NO_ROW)
SCHEMES = ("subject", "window")
WINDOW_FOLDS, INNER = 3, 3
SVM_CHOICES = tuple(product(("start", "none"), (10.0, 1.0, 100.0)))  # baseline, C; the published C first
NOTES = {
    "synthetic": "People are simulated, all contaminants are models with the seeds of the test part: nobody trained "
    "a denoiser on either.",
    "real": "The Upper-Limb dataset; ECG and motion are recordings of the test part where they are present.",
    "single": "One person, no labels: there are slopes, and no score of a classifier is possible.",
}
LEAK = "Windows of one trial stand on both sides: these scores say what the leak is worth, not what the model can do."


@dataclass(frozen=True)
class Size:
    """How much is simulated or read, and how the network is trained.

    Parameters
    ----------
    people : int
        Simulated people.
    seconds : float
        Length of a simulated trial in seconds.
    per_subject : int or None
        Trials of a real person; all when None.
    recipe : str
        Of the network, as `fatigue_network.RECIPES` lists it.

    Examples
    --------
    >>> SIZES["quick"].people
    8

    Lesson
    ------
    22 Fatigue
    """

    people: int
    seconds: float
    per_subject: int | None
    recipe: str


SIZES = {"quick": Size(8, 48.0, 2, "quick"), "published": Size(13, 120.0, None, "published")}


def study(*, data="synthetic", inputs=(), models=MODELS, seeds=(0, 1, 2), scheme="subject", size="quick", root=None):
    """Put the study of fatigue together.

    Parameters
    ----------
    data : {"synthetic", "real", "single"}
        Simulated people, the Upper-Limb dataset, or the one real person.
    inputs : sequence of str
        Denoisers to test beside "clean" and "noisy".
    models : sequence of str
        Some of `MODELS`.
    seeds : sequence of int
        Of noise, inner folds and training (dimensionless). The people are the same for all seeds.
    scheme : {"subject", "window"}
        Leave one person out; or deal windows, which leaks, to see how much that flatters.
    size : str or Size
        One of `SIZES`, or your own.
    root : path, optional
        Data folder.

    Returns
    -------
    Study
        One job for each model, seed and fold, and one of slopes for each seed, which know no folds: they come with the
        scheme "subject". All jobs of a seed stand together, so that its inputs are made once.

    Raises
    ------
    ValueError
        If a choice is unknown.
    DataMissing
        If real data are asked for and are not here. Nothing is put in their place.

    References
    ----------
    Cerqueira2024

    Examples
    --------
    >>> made = study(models=["svm"], seeds=[0])
    >>> len(made.jobs), made.jobs[0].name, made.jobs[-1].kind
    (9, 'svm_seed0_simulated-1', 'slopes')

    Lesson
    ------
    22 Fatigue
    """
    for name, value, known in (("data", data, DATA), ("scheme", scheme, SCHEMES)):
        if value not in known:
            raise ValueError(f"{name} is {value!r}: choose {' or '.join(known)}.")
    unknown = [name for name in models if name not in MODELS]
    if unknown or not models:
        raise ValueError(f"models is {list(models)}: choose from {', '.join(MODELS)}.")
    if not isinstance(size, Size) and size not in SIZES:
        raise ValueError(f"size is {size!r}: choose {' or '.join(SIZES)}.")
    size = size if isinstance(size, Size) else SIZES[size]
    plan = _Plan(data, scheme, check_inputs(inputs), size, None if root is None else str(root))
    seeds = tuple(int(seed) for seed in seeds)
    names = []
    if data != "single":
        names = [str(at) for at in range(WINDOW_FOLDS)] if scheme == "window" else plan.people()
    jobs = []
    for seed in seeds:
        jobs += [
            Job(f"{model}_seed{seed}_{fold}", functools.partial(_score, plan, model, seed, fold))
            for model in dict.fromkeys(models)
            for fold in names
        ]
        if scheme == "subject":
            jobs.append(Job(f"slopes_seed{seed}", functools.partial(_slopes, plan, seed), "slopes"))
    about = {"task": TASK, "data": data, "scheme": scheme, "inputs": plan.inputs, "models": tuple(models)}
    about |= {"seeds": seeds, "size": vars(size)}
    return Study(TASK, about, jobs, [NOTES[data], *plan.notes(), *([LEAK] if scheme == "window" and names else [])])


def table(*, seeds=(0,), data="synthetic", denoisers=(), size="quick", progress=False, **choices):
    """Run the study here and now, without keeping what is finished.

    Parameters
    ----------
    seeds, data, size
        As for :func:`study`.
    denoisers : sequence of str
        The `inputs` of :func:`study`.
    progress : bool
        Show a bar in a terminal.
    **choices
        `models`, `scheme` and `root`, as for :func:`study`.

    Returns
    -------
    DataFrame
        The scores, with the columns of `evaluation.Row`. Slopes are left out.

    Raises
    ------
    ValueError
        If a choice is unknown.

    Examples
    --------
    >>> table(data="single", root="a folder that does not exist")
    Traceback (most recent call last):
        ...
    emgtut.data.places.DataMissing: The dataset 'biosignalsnotebooks' lacks emg_fatigue.h5 under the data root ...

    Lesson
    ------
    22 Fatigue
    """
    from tqdm import tqdm

    made = study(seeds=seeds, data=data, inputs=denoisers, size=size, **choices)
    jobs = [job for job in made.jobs if job.kind == "rows"]
    bar = tqdm(jobs, desc=TASK, disable=None if progress else True)
    return as_table(row for job in bar for row in job.run())


@dataclass(frozen=True)
class _Plan:
    """What the jobs of a study share; it can be hashed, so that material is made once, whatever the scheme."""

    data: str
    scheme: str = field(compare=False)
    inputs: tuple
    size: Size
    root: str | None

    def people(self):
        """Names of the people, without simulating anybody."""
        if self.data == "synthetic":
            return [f"simulated-{at + 1}" for at in range(self.size.people)]
        return list(dict.fromkeys(trial.subject for trial in _trials(self)[0]))

    def notes(self):
        """What was left out of real data."""
        return [] if self.data == "synthetic" else list(_trials(self)[1])


@functools.lru_cache(maxsize=2)
def _trials(plan):
    """The trials of a study, and notes on them."""
    if plan.data == "synthetic":
        return fatigue_data.simulated_trials(plan.size.people, plan.size.seconds), []
    if plan.data == "single":
        return (fatigue_data.real_person(root=plan.root),), []
    return fatigue_data.upper_limb_trials(root=plan.root, per_subject=plan.size.per_subject)


@functools.lru_cache(maxsize=1)
def _versions(plan, seed):
    """Every input of every trial: a list of dicts, in the order of the trials."""
    source = "synthetic" if plan.data == "synthetic" else "auto"
    how = {"fs": FS, "seed": seed, "source": source, "root": plan.root}
    return [versions(trial.signal, plan.inputs, item=f"fatigue/{trial.item}", **how) for trial in _trials(plan)[0]]


# ------------------------------------------------------------------------------------ classifiers


@dataclass(frozen=True)
class _Seen:
    """One input as a model may see it: features by trial, and windows relative to the RMS at the start of the trial."""

    features: list
    kept: list
    windows: np.ndarray


@functools.lru_cache(maxsize=1)
def _items(plan):
    """Subject and label of every window that counts, and which windows of each trial do."""
    subjects, labels, kept_windows = [], [], []
    for trial in _trials(plan)[0]:
        _, own, kept = cut(trial)
        kept_windows.append(kept)
        labels.append(own[kept])
        subjects += [trial.subject] * int(kept.sum())
    return np.array(subjects), np.concatenate(labels), kept_windows


@functools.lru_cache(maxsize=16)
def _seen(plan, seed, name):
    """Features and windows of one input; "clean" is the same for every seed."""
    if name == "clean":
        signals = [trial.signal for trial in _trials(plan)[0]]
    else:
        signals = [made[name] for made in _versions(plan, seed)]
    features, windows, kept_windows = [], [], _items(plan)[2]
    for signal, kept in zip(signals, kept_windows, strict=True):
        grid = np.moveaxis(frames(signal, LENGTH, HOP), 0, 1)  # windows first, then channels
        features.append(window_features(grid, fs=FS))
        start = rms(signal[:, : round(0.2 * signal.shape[-1])])[:, None]
        windows.append((grid[kept] / np.where(start == 0, 1.0, start)).astype(np.float32))
    return _Seen(features, kept_windows, np.concatenate(windows))


def design(features, kept, *, baseline="start"):
    """Put the features of all trials into the matrix of the support vectors: 32 features, then their 32 changes.

    Parameters
    ----------
    features : list of ndarray, each shape (n_windows, n_channels, 8), any unit
        By trial, in time order, no window left out.
    kept : list of ndarray of bool, each shape (n_windows,), index of windows
        Which windows count.
    baseline : {"start", "none"}
        Whether a trial is divided by its own beginning.

    Returns
    -------
    ndarray, shape (n_items, 2·8·n_channels), dimensionless or as given
        The windows that count, of all trials.

    Examples
    --------
    >>> design([np.ones((5, 4, 8))], [np.array([True, True, False, True, True])]).shape
    (4, 64)

    Lesson
    ------
    22 Fatigue
    """
    made = []
    for own, counts in zip(features, kept, strict=True):
        relative = relative_to_start(own) if baseline == "start" else np.asarray(own)
        made.append(with_changes(relative.reshape(len(own), -1))[counts])
    return np.concatenate(made)


def _score(plan, model, seed, fold_name):
    """Train one model without the people of one fold, and test it on them, on every input."""
    subjects, labels, _ = _items(plan)
    if plan.scheme == "subject":
        dealt = folds({"subject": subjects}, inner=INNER, seed=seed)
    else:
        dealt = folds({"subject": subjects}, by=None, outer=WINDOW_FOLDS, inner=INNER, seed=seed)
    fold = next(one for one in dealt if one.name == fold_name)
    predict, chosen = _FIT[model](_seen(plan, seed, "clean"), labels, fold, seed, plan.size)
    names = np.array(CLASSES)
    known = {"task": TASK, "data": plan.data, "scheme": plan.scheme, "model": model, "seed": seed, "chosen": chosen}
    rows = []
    for name in plan.inputs:
        said = predict(_seen(plan, seed, name), fold.test)
        rows += subject_rows(names[labels[fold.test]], names[said], subjects[fold.test], input=name, **known)
    return rows


def _fit_majority(seen, labels, fold, seed, size):
    most = np.bincount(labels[fold.train]).argmax()
    return (lambda seen, at: np.full(len(at), most)), ""


def _fit_mdf(seen, labels, fold, seed, size):
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    equal = np.full(len(CLASSES), 1 / len(CLASSES))
    rule = LinearDiscriminantAnalysis(priors=equal).fit(_moved(seen)[fold.train], labels[fold.train])
    return (lambda seen, at: rule.predict(_moved(seen)[at])), ""


def _moved(seen):
    """Median frequency since the start, mean of the channels, one column."""
    at = FEATURES.index("mdf")
    moved = [relative_to_start(own[..., at]).mean(axis=1)[kept] for own, kept in zip(seen.features, seen.kept)]
    return np.concatenate(moved)[:, None]


def _fit_svm(seen, labels, fold, seed, size):
    matrices = {baseline: design(seen.features, seen.kept, baseline=baseline) for baseline, _ in SVM_CHOICES}

    def judge(setting, train, validation):
        baseline, constant = setting
        machine = _machine(constant, seed).fit(matrices[baseline][train], labels[train])
        return scores(labels[validation], machine.predict(matrices[baseline][validation]))["balanced_accuracy"]

    (baseline, constant), _ = choose(SVM_CHOICES, fold.pairs, judge)
    machine = _machine(constant, seed).fit(matrices[baseline][fold.train], labels[fold.train])

    def predict(seen, at):
        return machine.predict(design(seen.features, seen.kept, baseline=baseline)[at])

    return predict, f"baseline={baseline} C={constant:g}"


def _machine(constant, seed):
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.svm import SVC

    return make_pipeline(StandardScaler(), SVC(C=constant, gamma="scale", class_weight="balanced", random_state=seed))


def _fit_cnn(seen, labels, fold, seed, size):
    from emgtut.apply import fatigue_network  # torch is loaded here, not with the room

    train_at, validation_at = fold.pairs[0]
    how = {"n_classes": len(CLASSES), "seed": seed, "how": size.recipe}
    net = fatigue_network.train(seen.windows, labels, train_at, validation_at, **how)
    return (lambda seen, at: fatigue_network.classify(net, seen.windows[at])), f"recipe={size.recipe}"


_FIT = {"majority": _fit_majority, "mdf": _fit_mdf, "svm": _fit_svm, "cnn": _fit_cnn}


# -------------------------------------------------------------------------------- the classical answer


def _slopes(plan, seed):
    """Slope of the median frequency of every channel of every trial, on every input."""
    found = []
    for trial, made in zip(_trials(plan)[0], _versions(plan, seed), strict=True):
        condition = draw_condition(f"fatigue/{trial.item}", seed=seed)
        known = {"task": TASK, "data": plan.data, "seed": seed, "snr_db": condition.snr_db}
        known["kinds"] = "+".join(condition.kinds)
        found += [{**known, **row} for row in slopes(trial, made)]
    return found


def slopes(trial, made):
    """Fit the slope of the median frequency to every input of a trial.

    Parameters
    ----------
    trial : Trial
        Whose trial.
    made : dict of str to ndarray, each shape (n_channels, n_samples), any unit
        Inputs by name, at 1 kHz.

    Returns
    -------
    list of dict
        `input`, `subject`, `trial`, `channel`, `start_hz`, `per_minute`, `low`, `high` (Hz per minute), `fall`
        (fraction), `falls`, and `velocity_fall`, the true fall of the conduction velocity (mean of the muscles), None
        where nobody knows it.

    Examples
    --------
    >>> t = np.arange(20_000) / FS
    >>> tone = np.sin(2 * np.pi * (100 * t - t**2))[None]  # it falls by 2 Hz every second
    >>> trial = fatigue_data.Trial("ann", "1", tone, np.zeros(t.size, dtype=int), ("biceps",))
    >>> (row,) = slopes(trial, {"clean": tone})
    >>> row["channel"], round(row["per_minute"]), row["falls"]
    ('biceps', -120, True)

    Lesson
    ------
    22 Fatigue
    """
    truth = None if trial.velocity is None else float(1 - trial.velocity[-1] / trial.velocity[0])
    rows = []
    for name, signal in made.items():
        for channel, x in zip(trial.channels, signal, strict=True):
            known = {"input": name, "subject": trial.subject, "trial": trial.name, "channel": channel}
            line = mdf_slope(x, fs=FS)
            rows.append({**known, **vars(line), "falls": line.falls, "velocity_fall": truth})
    return rows
