"""How the disorder network is trained, and how a patient's windows vote."""

import tempfile

import numpy as np

from emgtut.apply.disorder_patients import CLASSES
from emgtut.learn import Recipe, fit, seeded
from emgtut.signals import validate

__all__ = ["RECIPE", "patient_votes", "predict_windows", "train_disorder"]

RECIPE = Recipe(
    "disorder", steps=200, batch=24, lr=1e-3, weight_decay=1e-4, schedule="cosine", check_every=10, patience=8
)


def train_disorder(cohort, train, validation, *, folder=None, progress=False, device="cpu", **changes):
    """Train a :class:`SpectroNet`; the weights that were best on validation are kept.

    Rare classes weigh more, so that each class counts the same. Mean and spread of every bin come from the training
    windows alone.

    Parameters
    ----------
    cohort : Cohort
        Windows.
    train, validation : array_like of int, shape (n_items,), index of windows
        Which to learn from, and which to stop by. Keep patients apart.
    folder : path, optional
        Where checkpoint and log are kept, for a run that can be resumed; without it they are thrown away.
    progress : bool
        Show a progress bar in a terminal.
    device : str
        "cpu" or "cuda".
    **changes
        Fields of `RECIPE` to change, such as ``seed`` and ``steps``.

    Returns
    -------
    network : SpectroNet
        On the processor, in evaluation mode.
    history : History
        What happened.

    Raises
    ------
    ValueError
        If a side is empty, or training lacks a class.

    References
    ----------
    Rahman2023

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.apply.disorder_patients import cohort_of, simulated_records
    >>> cohort = cohort_of(simulated_records(patients=2, spots=1, seconds=1.0, reach_mm=0.8))
    >>> network, history = train_disorder(cohort, [0, 1, 2], [3, 4, 5], steps=2, batch=3)
    >>> history.stopped, predict_windows(network, cohort.pictures).shape
    ('finished', (6, 3))
    """
    import torch

    from emgtut.apply.disorder_network import SpectroNet

    train, validation = (np.asarray(side, dtype=np.intp) for side in (train, validation))
    truth = np.array([CLASSES.index(name) for name in cohort.group])
    counts = np.bincount(truth[train], minlength=len(CLASSES))
    if not counts.all() or not validation.size:
        lacking = [name for name, count in zip(CLASSES, counts, strict=True) if not count]
        raise ValueError(
            f"Training lacks {', '.join(lacking) or 'no class'}, validation has {validation.size} windows."
        )
    recipe = RECIPE.but(**changes)
    recipe = recipe.but(check_every=min(recipe.check_every, recipe.steps))
    with seeded(recipe.seed):
        network = SpectroNet(len(CLASSES)).standardise(cohort.pictures[train])
    weight = torch.as_tensor(train.size / (len(CLASSES) * counts)).float()

    def batches(rng, step):
        taken = rng.choice(train, min(recipe.batch, train.size), replace=False)
        return cohort.pictures[taken], truth[taken]

    def loss(model, batch):
        return torch.nn.functional.cross_entropy(model(batch[0]), batch[1], weight=weight.to(batch[0].device))

    def validate_on(model):
        told = predict_windows(model, cohort.pictures[validation])
        each = -told[np.arange(validation.size), truth[validation]]
        present = [each[truth[validation] == at].mean() for at in np.unique(truth[validation])]
        return {"loss": float(np.mean(present)), "accuracy": float(np.mean(told.argmax(axis=1) == truth[validation]))}

    about = {"windows": int(train.size), "validation": int(validation.size)}
    with tempfile.TemporaryDirectory() as scratch:
        history = fit(
            network, loss, batches, validate_on, recipe=recipe, folder=folder or scratch, device=device,
            progress=progress, about=about,
        )  # fmt: skip
    return network.cpu().eval(), history


def predict_windows(network, pictures, *, at_once=64):
    """Ask a network about windows.

    Parameters
    ----------
    network : SpectroNet
        In evaluation mode.
    pictures : array_like, shape (n_windows, 2, n_bins, n_frames), dB and dB per frame
        As `Cohort.pictures`.
    at_once : int
        Windows that are computed together.

    Returns
    -------
    ndarray, shape (n_windows, n_classes), natural logarithm of probabilities (dimensionless)

    Raises
    ------
    ValueError
        If a picture is not finite.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> from emgtut.apply.disorder_network import SpectroNet
    >>> told = predict_windows(SpectroNet().eval(), np.zeros((2, 2, 128, 77)))
    >>> np.exp(told).sum(axis=1).round(5).tolist()
    [1.0, 1.0]
    """
    import torch

    pictures = validate(pictures, name="pictures").astype(np.float32, copy=False)
    where = next(network.parameters()).device
    told = []
    with torch.no_grad():
        for start in range(0, len(pictures), at_once):
            part = torch.as_tensor(pictures[start : start + at_once]).to(where)
            told.append(torch.log_softmax(network(part), dim=1).cpu().numpy())
    return np.concatenate(told).astype(np.float64)


def patient_votes(told, patient):
    """Let the windows of each patient vote with the mean of their log-probabilities.

    Parameters
    ----------
    told : array_like, shape (n_windows, n_classes), natural logarithm of probabilities (dimensionless)
        As :func:`predict_windows` gives them.
    patient : array_like of str, shape (n_windows,), index of people
        Whose window each is.

    Returns
    -------
    dict of str to int
        For each patient, in the order of names, the index of the class.

    Raises
    ------
    ValueError
        If the lengths differ.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    Two windows lean a little to class 0, one is sure of class 1:

    >>> patient_votes(np.log([[0.6, 0.4], [0.6, 0.4], [0.01, 0.99]]), ["ann", "ann", "ann"])
    {'ann': 1}
    """
    told, patient = np.asarray(told, dtype=np.float64), np.asarray(patient).astype(str)
    if told.ndim != 2 or len(told) != len(patient):
        raise ValueError(f"told has shape {told.shape}, but patient {patient.shape}: give one row for each window.")
    return {str(who): int(told[patient == who].mean(axis=0).argmax()) for who in np.unique(patient)}
