"""Neuromuscular disorders from needle EMG: normal, neurogenic, myopathic. A lesson in evaluation, not a device.

nearest   one nearest neighbour on five features of a window: remembers places of a needle better than anything
features  logistic regression on the same five; its penalty is chosen
cnn       a network on log spectrogram and delta, SpectroEMG-Net-like: in the spirit of a published one, whose
          description leaves size, settings and split open; its step is chosen
cnn vote  the same, one answer for each patient

Every model can be scored with folds that keep patients, recordings or single windows whole. Only the first says
something about a patient not seen before. Models are trained on clean recordings and tested on every input.
"""

from dataclasses import asdict, dataclass
from functools import lru_cache, partial

import numpy as np

from emgtut.apply.disorder_features import needle_features, plain_classifier
from emgtut.apply.disorder_patients import CLASSES, NeedleRecord, cohort_of, record_windows, simulated_records
from emgtut.apply.disorder_recordings import emglab_records
from emgtut.apply.disorder_spectrogram import two_pictures
from emgtut.apply.disorder_training import patient_votes, predict_windows, train_disorder
from emgtut.apply.evaluation import Job, Study, choose, confusion_matrix, folds, scores, subject_rows
from emgtut.apply.evaluation import table as as_table
from emgtut.apply.inputs import check_inputs, versions
from emgtut.data.emglab import emglab_files

__all__ = [
    "CLASSES",
    "DENOISERS",
    "NOT_A_DEVICE",
    "SCHEMES",
    "SIZES",
    "Size",
    "disorder_folds",
    "study",
    "summary",
    "table",
]

NOT_A_DEVICE = (
    "This is teaching material, not a diagnostic device. It was built on simulated muscles, or on recordings of a few "
    "people, and must not be used to diagnose, to treat, or to reassure anybody."
)
DATA = ("synthetic", "real")
MODELS = ("nearest", "features", "cnn")
DENOISERS = ("highpass", "bandpass_notch", "fcn", "tcn")  # of the table: those that are quick at 10 kHz
SCHEMES = {"subject": "block", "record": "place", "window": None}  # name -> column whose values a fold keeps whole
STRENGTHS = (0.1, 1.0, 10.0)
NOTES = {
    "synthetic": "Patients are simulated; how far a disease has gone differs between them.",
    "real": "EMGLAB N2001, biceps brachii; a class named neurogenic there is ALS.",
    "surface": "Contaminants and denoisers are those of surface EMG; networks keep nothing above 500 Hz.",
    "leak": "One patient stands on both sides: these scores say what the leak is worth, not what the model can do.",
}


@dataclass(frozen=True)
class Size:
    """How much is simulated, and how the network is trained.

    Parameters
    ----------
    patients : int
        Simulated patients of each class.
    spots : int
        Recordings of each.
    seconds : float
        Length of a recording in seconds.
    reach_mm : float
        How far from the needle fibres are looked for, in millimetres.
    outer, inner : int
        Folds.
    steps, batch : int
        Of the network's training.

    Examples
    --------
    >>> SIZES["full"].patients
    8

    Lesson
    ------
    24 Disorder
    """

    patients: int
    spots: int
    seconds: float
    reach_mm: float
    outer: int
    inner: int
    steps: int
    batch: int


SIZES = {
    "full": Size(8, 4, 4.0, 1.5, outer=4, inner=6, steps=200, batch=24),
    "quick": Size(3, 2, 2.0, 0.8, outer=3, inner=2, steps=3, batch=6),
}


def disorder_folds(cohort, scheme, *, outer=4, inner=6, seed=0):
    """Deal the windows of a cohort into folds that keep patients, recordings or nothing whole.

    Patients, and recordings, are dealt in sets with one of each class, so that each fold has the same number of each.

    Parameters
    ----------
    cohort : Cohort
        Windows.
    scheme : {"subject", "record", "window"}
        What a fold keeps whole.
    outer, inner : int
        Number of outer and of inner folds.
    seed : int
        Of the dealing (dimensionless).

    Returns
    -------
    list of Fold

    Raises
    ------
    ValueError
        If there is no such scheme, or a patient stands on two sides although patients are kept whole.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.apply.disorder_patients import NeedleRecord, cohort_of
    >>> rng = np.random.default_rng(0)
    >>> records = [NeedleRecord(rng.standard_normal(20_000), 1e4, kind, f"{kind} {i}", f"{kind} {i}/1")
    ...            for kind in CLASSES for i in range(3)]
    >>> cohort = cohort_of(records)
    >>> [sorted(set(cohort.patient[fold.test].tolist())) for fold in disorder_folds(cohort, "subject", outer=3)][0]
    ['myopathic 0', 'neurogenic 0', 'normal 0']
    """
    if scheme not in SCHEMES:
        raise ValueError(f"There is no scheme {scheme!r}: choose one of {', '.join(SCHEMES)}.")
    apart = {"subject": ["subject"], "record": ["record"], "window": []}[scheme]
    return folds(cohort.items(), by=SCHEMES[scheme], outer=outer, inner=inner, seed=seed, apart=apart)


def study(*, data="synthetic", inputs=(), models=MODELS, seeds=(0, 1, 2), scheme="subject", size="full", root=None):
    """Put the study of disorders together.

    Parameters
    ----------
    data : {"synthetic", "real"}
        Simulated patients, or EMGLAB N2001.
    inputs : sequence of str
        Denoisers to test beside "clean" and "noisy". Where patients are not kept whole, only "clean" is scored.
    models : sequence of {"nearest", "features", "cnn"}
        Which.
    seeds : sequence of int
        Of folds, noise and training, and of the patients too where those are simulated (dimensionless).
    scheme : {"subject", "record", "window"}
        What a fold keeps whole. The last two leak.
    size : str or Size
        One of `SIZES`, or your own. With "quick" the scores mean nothing.
    root : path, optional
        Data folder.

    Returns
    -------
    Study
        One job for each seed and fold.

    Raises
    ------
    ValueError
        If a choice is unknown.
    DataMissing
        If real recordings are asked for and are not here. Nothing is put in their place.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> made = study(seeds=[0], models=["features"])
    >>> [job.name for job in made.jobs]
    ['seed0_0', 'seed0_1', 'seed0_2', 'seed0_3']
    """
    for name, value, known in (("data", data, DATA), ("scheme", scheme, SCHEMES)):
        if value not in known:
            raise ValueError(f"{name} is {value!r}: choose {' or '.join(known)}.")
    unknown = [name for name in models if name not in MODELS]
    if unknown or not models:
        raise ValueError(f"models is {list(models)}: choose from {', '.join(MODELS)}.")
    if not isinstance(size, Size) and size not in SIZES:
        raise ValueError(f"size is {size!r}: choose {' or '.join(SIZES)}.")
    if data == "real":
        emglab_records(root=root, per_patient=1)  # raises where they are not here
    size = size if isinstance(size, Size) else SIZES[size]
    inputs = check_inputs(inputs) if scheme == "subject" else ("clean",)
    plan = _Plan(data, scheme, inputs, tuple(models), size, None if root is None else str(root))
    seeds = tuple(int(seed) for seed in seeds)
    jobs = [
        Job(f"seed{seed}_{number}", partial(_score, plan, seed, number))
        for seed in seeds
        for number in range(size.outer)
    ]
    about = {"task": "disorder", "data": data, "scheme": scheme, "inputs": inputs, "models": tuple(models)}
    about |= {"seeds": seeds, "size": asdict(size)}
    notes = [NOT_A_DEVICE, NOTES[data], NOTES["surface"] if scheme == "subject" else NOTES["leak"]]
    return Study("disorder", about, jobs, notes)


def table(*, seeds=(0,), data="auto", denoisers=(), fast=False, progress=True, models=MODELS, root=None):
    """Run the whole task, with every scheme.

    Parameters
    ----------
    seeds : sequence of int
        As for :func:`study` (dimensionless).
    data : {"auto", "synthetic", "real"}
        "auto" is EMGLAB N2001 where it is, and simulated patients elsewhere; the column `data` says which.
    denoisers : sequence of str
        Names of denoisers to test.
    fast : bool
        The quick size, to see that all works.
    progress : bool
        Show a progress bar in a terminal.
    models, root
        As for :func:`study`.

    Returns
    -------
    DataFrame
        One row for each patient, scheme, model and input, with the columns of `evaluation.Row`.

    Raises
    ------
    ValueError
        If a choice is unknown.
    DataMissing
        If real recordings are required and not here.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> found = table(data="synthetic", fast=True, models=["nearest"], progress=False)
    >>> sorted(set(found["scheme"])), sorted(set(found["input"]))
    (['record', 'subject', 'window'], ['clean', 'noisy'])
    """
    from tqdm import tqdm

    if data == "auto":
        data = "real" if emglab_files(root=root) else "synthetic"
    how = {"data": data, "inputs": denoisers, "models": models, "seeds": seeds, "root": root}
    plans = [study(**how, scheme=scheme, size="quick" if fast else "full") for scheme in SCHEMES]
    jobs = [job for plan in plans for job in plan.jobs]
    bar = tqdm(jobs, desc="disorder", disable=None if progress else True)
    return as_table(row for job in bar for row in job.run())


def summary(rows, *, draws=2000, level=0.95, seed=0):
    """Average over patients, with bootstrap intervals that draw patients within their class.

    Parameters
    ----------
    rows : DataFrame
        As :func:`table` gives it.
    draws : int
        Number of bootstrap draws.
    level : float
        Nominal coverage, a fraction. With few patients the true one is lower.
    seed : int
        Of the draws (dimensionless).

    Returns
    -------
    DataFrame
        For each data, scheme, input and model: number of patients and items; `accuracy` as the mean over patients,
        with `low` and `high`; `macro_f1` of the items pooled.

    Raises
    ------
    ValueError
        If there are no rows.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.apply.evaluation import subject_rows, table
    >>> known = dict(task="disorder", data="synthetic", scheme="subject", input="clean", model="cnn", seed=0)
    >>> rows = subject_rows(["normal"] * 4, ["normal", "normal", "normal", "myopathic"], ["a", "a", "b", "b"], **known)
    >>> summary(table(rows))[["patients", "items", "accuracy", "low", "high"]].round(2).to_numpy().tolist()
    [[2.0, 4.0, 0.75, 0.5, 1.0]]
    """
    import pandas as pd

    if not len(rows):
        raise ValueError("There are no rows to average: run the task first.")
    found = []
    for key, part in rows.groupby(["data", "scheme", "input", "model"], sort=False):
        truth = part["confusion"].str.partition(">")[0]
        right = part.assign(truth=truth, right=part["accuracy"] * part["items"])
        people = right.groupby(["truth", "subject"])[["right", "items"]].sum()
        each = (people["right"] / people["items"]).rename("accuracy")
        by_class = [group.to_numpy() for _, group in each.groupby(level="truth")]
        rng = np.random.default_rng(seed)
        drawn = [rng.choice(group, (draws, group.size)) for group in by_class]
        means = np.concatenate(drawn, axis=1).mean(axis=1)
        low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
        found.append(
            dict(zip(("data", "scheme", "input", "model"), key, strict=True))
            | {"patients": each.size, "items": int(part["items"].sum()), "accuracy": float(each.mean())}
            | {"low": float(low), "high": float(high), "macro_f1": _pooled_f1(part["confusion"])}
        )
    return pd.DataFrame(found)


def _pooled_f1(confusions):
    classes, counts = confusion_matrix(confusions)
    pairs = [(truth, told) for truth in range(len(classes)) for told in range(len(classes))]
    pooled = np.repeat(np.array(pairs), [counts[pair] for pair in pairs], axis=0)
    return scores(pooled[:, 0], pooled[:, 1])["macro_f1"]


# ------------------------------------------------------------------------------------------------- one job


@dataclass(frozen=True)
class _Plan:
    """What the jobs of a study share; it can be hashed, so that patients are made once."""

    data: str
    scheme: str
    inputs: tuple
    models: tuple
    size: Size
    root: str | None


@lru_cache(maxsize=3)
def _cohort(data, seed, size, root):
    """Records and cohort; kept for three seeds, since every fold and scheme needs the same ones."""
    if data == "real":
        records = emglab_records(root=root)
    else:
        wanted = {name: getattr(size, name) for name in ("patients", "spots", "seconds", "reach_mm")}
        records = simulated_records(**wanted, seed=seed)
    return records, cohort_of(records)


def _score(plan, seed, number):
    """Train every model on one outer fold, and give the rows of the patients held out."""
    records, cohort = _cohort(plan.data, 0 if plan.data == "real" else seed, plan.size, plan.root)
    fold = disorder_folds(cohort, plan.scheme, outer=plan.size.outer, inner=plan.size.inner, seed=seed)[number]
    trained = {model: _trained(model, cohort, fold, seed, plan.size) for model in plan.models}
    truth, people = cohort.group[fold.test], cohort.patient[fold.test]
    if plan.data == "synthetic":  # the next seed makes other people of the same names
        people = np.array([f"{who} of cohort {seed}" for who in people])
    known = {"task": "disorder", "data": plan.data, "scheme": plan.scheme, "seed": seed}
    rows = []
    for name in plan.inputs:
        windows, pictures = cohort.windows[fold.test], cohort.pictures[fold.test]
        if name != "clean":
            windows, pictures = _version(records, cohort.record[fold.test], name, seed, plan)
        for model, (tell, chosen) in trained.items():
            told = tell(pictures if model == "cnn" else windows)
            how = {**known, "input": name, "chosen": chosen}
            rows += subject_rows(truth, np.array(CLASSES)[told.argmax(axis=1)], people, model=model, **how)
            if model == "cnn":
                of, votes = dict(zip(people, truth, strict=True)), patient_votes(told, people)
                voted = [CLASSES[vote] for vote in votes.values()]
                rows += subject_rows([of[who] for who in votes], voted, list(votes), model="cnn vote", **how)
    return rows


def _trained(model, cohort, fold, seed, size):
    """Return a function that gives log-probabilities, and what the inner folds chose."""
    if model == "cnn":
        network, history = train_disorder(cohort, *fold.pairs[0], seed=seed, steps=size.steps, batch=size.batch)
        return partial(predict_windows, network), f"step {history.best_step}"
    x, group = needle_features(cohort.windows, fs=cohort.fs), cohort.group
    if model == "nearest":
        fitted, chosen = plain_classifier(strength=None), ""
    else:

        def judge(strength, train, validation):
            fitted = plain_classifier(strength=strength).fit(x[train], group[train])
            return scores(group[validation], fitted.predict(x[validation]))["balanced_accuracy"]

        strength, _ = choose(STRENGTHS, fold.pairs, judge)
        fitted, chosen = plain_classifier(strength=strength), f"C {strength:g}"
    fitted.fit(x[fold.train], group[fold.train])
    order = [list(fitted.classes_).index(name) for name in CLASSES]

    def tell(windows):
        return np.log(fitted.predict_proba(needle_features(windows, fs=cohort.fs))[:, order] + 1e-12)

    return tell, chosen


def _version(records, of, name, seed, plan):
    """Windows and pictures of whole recordings, contaminated and perhaps cleaned, in the order of `of`."""
    source = "synthetic" if plan.data == "synthetic" else "auto"
    made = {}
    for record in records:
        if record.name in of:
            how = {"fs": record.fs, "item": record.name, "seed": seed, "source": source, "root": plan.root}
            signal = versions(record.signal[None], [name], **how)[name][0]
            made[record.name] = record_windows(NeedleRecord(signal, record.fs, "", "", record.name))
    order = list(dict.fromkeys(of))  # the fold holds whole recordings, one after the other
    windows = [made[record] for record in order]
    return np.concatenate(windows), np.concatenate([two_pictures(part) for part in windows])
