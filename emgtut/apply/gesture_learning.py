"""Training of STCNet: from trials to envelopes, the contrastive loss, its augmentations, and the two stages.

What differs from the authors' code, and why: scaling is learned from the training trials only, not from whole files
that hold the test repetitions; the envelope is rectified and thinned out by its maxima, and all of the trial is used;
the weights are chosen on validation, not on the test; the ring of electrodes stands in the middle of its row, see
`roll`. Stage one runs with AdamW, as all training in the course, not with SGD. Their third augmentation, by wavelets,
is left out.
"""

import dataclasses
import tempfile
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from emgtut.apply.gesture_data import FS
from emgtut.apply.gesture_stcnet import SEGMENT, STCNet, STCNetContrastive
from emgtut.learn import Recipe, fit, seeded
from emgtut.signals import check_fs, validate

__all__ = ["COURSE", "Plan", "Scale", "augment", "contrastive_loss", "envelope", "sac_loss", "train_stcnet"]

ENVELOPE_HZ = 100.0
TEMPERATURE, GESTURE_SHARE = 0.07, 0.3
NOISE_RATIO = 30.0  # of signal to added noise: a ratio of powers, which is 14.8 dB, not 30 dB
KNOTS, WARP_SD, CHANCE = 6, 0.1, 0.5
TIE = 1e-3  # weight of the loss where steps are equally accurate


def envelope(x, *, fs=FS):
    """Rectify, and keep the largest value of each hundredth of a second.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Trials.
    fs : float
        Sampling rate in Hz, a multiple of 100.

    Returns
    -------
    ndarray, shape (..., n_samples * 100 / fs), same unit
        Samples after the last whole step are dropped.

    Raises
    ------
    ValueError
        If the rate is no multiple of 100 Hz, or the signal too short for one step.

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> envelope(np.array([0.0, -3.0, 1.0, 2.0]), fs=200)
    array([3., 2.])
    """
    step = check_fs(fs) / ENVELOPE_HZ
    if step != round(step):
        raise ValueError(f"fs is {fs:g} Hz, but it must be a multiple of {ENVELOPE_HZ:g} Hz: resample first.")
    x = np.abs(validate(x, min_samples=round(step)))
    x = x[..., : x.shape[-1] // round(step) * round(step)]
    return x.reshape(*x.shape[:-1], -1, round(step)).max(axis=-1)


@dataclass(frozen=True)
class Scale:
    """From trials to what the network reads: envelopes, min-max scaled by the training trials, cut into segments.

    Parameters
    ----------
    low, high : ndarray, shape (n_channels, 1), unit of the trials
        Range of the envelope of each channel over the training trials.

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> x = np.random.default_rng(0).standard_normal((4, 3, 1000)).astype("float32")
    >>> Scale.of(x)(x).shape
    (4, 5, 20, 3)
    """

    low: np.ndarray
    high: np.ndarray

    @classmethod
    def of(cls, x):
        """Learn the range from training trials, shape (n_trials, n_channels, n_samples)."""
        found = envelope(x)
        low, high = found.min(axis=(0, 2))[:, None], found.max(axis=(0, 2))[:, None]
        if not np.all(high > low):
            raise ValueError("A channel does not change in any training trial, so it has no range: leave it out.")
        return cls(low, high)

    def __call__(self, x):
        """Return segments, shape (n_trials, n_segments, SEGMENT, n_channels), float32."""
        scaled = (envelope(x) - self.low) / (self.high - self.low)
        n_segments = scaled.shape[-1] // SEGMENT
        cut = scaled[..., : n_segments * SEGMENT].reshape(*scaled.shape[:2], n_segments, SEGMENT)
        return np.ascontiguousarray(cut.transpose(0, 2, 3, 1), dtype=np.float32)


# ------------------------------------------------------------------------------------------------- contrast


def contrastive_loss(places, labels, *, temperature=TEMPERATURE):
    """Supervised contrastive loss: items of one label shall lie nearer to one another than to all others.

    Parameters
    ----------
    places : Tensor, shape (n_items, n_dimensions), dimensionless
        Places on a sphere, each of length one.
    labels : Tensor of int, shape (n_items,), class numbers
        Items with the same number belong together. An item without a partner adds nothing.
    temperature : float
        The smaller, the more the nearest items count (dimensionless).

    Returns
    -------
    Tensor, shape (), dimensionless
        Mean over all items.

    References
    ----------
    Khosla2020

    Lesson
    ------
    23 Gesture

    Examples
    --------
    Two pairs at opposite poles, and then each item with a partner at the other pole:

    >>> poles = torch.tensor([[1.0, 0.0], [1.0, 0.0], [-1.0, 0.0], [-1.0, 0.0]])
    >>> right, wrong = (contrastive_loss(poles, torch.tensor(x)).item() for x in ([0, 0, 1, 1], [0, 1, 1, 0]))
    >>> abs(right) < 1e-6, round(wrong, 1)
    (True, 28.6)
    """
    itself = torch.eye(len(places), dtype=torch.bool, device=places.device)
    likeness = (places @ places.T / temperature).masked_fill(itself, float("-inf"))
    log_share = likeness - torch.logsumexp(likeness, dim=1, keepdim=True)
    partner = (labels[:, None] == labels[None, :]) & ~itself
    return -(log_share.masked_fill(~partner, 0.0).sum(1) / partner.sum(1).clamp(min=1)).mean()


def sac_loss(model, x, gesture, person, *, gesture_share=GESTURE_SHARE):
    """Subject-aware contrastive loss: gestures together on one sphere, people together on the other.

    Parameters
    ----------
    model : STCNetContrastive
        In training.
    x : Tensor, shape (n_trials, n_segments, SEGMENT, n_channels), dimensionless
        Trials.
    gesture, person : Tensor of int, shape (n_trials,), class numbers
        Of each trial.
    gesture_share : float
        Weight of the gestures (dimensionless); that of the people is one minus it.

    Returns
    -------
    Tensor, shape (), dimensionless

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> net = STCNetContrastive(STCNet(3, 2, n_segments=2, width=4, hidden=4, head=8).encoder, head=8, out=4).eval()
    >>> who = torch.tensor([0, 0, 1, 1])
    >>> bool(sac_loss(net, torch.rand(4, 2, 20, 3), who, who) > 0)
    True
    """
    by_gesture, by_person = model(x)
    return gesture_share * contrastive_loss(by_gesture, gesture) + (1 - gesture_share) * contrastive_loss(
        by_person, person
    )


def augment(x, rng):
    """Change trials a little: white noise, and a slow random gain in each channel, each on half of the trials.

    Parameters
    ----------
    x : ndarray, shape (n_trials, n_segments, SEGMENT, n_channels), dimensionless
        Scaled trials.
    rng : numpy.random.Generator
        Source of chance.

    Returns
    -------
    ndarray, same shape, float32, dimensionless

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> x = np.ones((2, 2, 20, 3), dtype="float32")
    >>> augment(x, np.random.default_rng(0)).shape
    (2, 2, 20, 3)
    """
    from scipy.interpolate import CubicSpline

    n_trials, n_segments, length, n_channels = x.shape
    chosen = rng.random((2, n_trials, 1, 1, 1)) < CHANCE
    sd = np.sqrt(np.mean(np.square(x), axis=(1, 2, 3), keepdims=True) / NOISE_RATIO)
    knots = 1.0 + WARP_SD * rng.standard_normal((KNOTS, n_trials, n_channels))
    gain = CubicSpline(np.linspace(0, 1, KNOTS), knots)(np.linspace(0, 1, n_segments * length))
    gain = gain.transpose(1, 0, 2).reshape(x.shape)
    noisy = x + np.where(chosen[0], sd, 0.0) * rng.standard_normal(x.shape)
    return (noisy * np.where(chosen[1], gain, 1.0)).astype(np.float32)


# ------------------------------------------------------------------------------------------------- training


@dataclass(frozen=True)
class Plan:
    """Size of the network and length of its training.

    Parameters
    ----------
    width, hidden, head, out : int
        As in `STCNet` and `STCNetContrastive` (dimensionless).
    steps : int
        Optimiser steps of the classifier. Batch normalisation needs about fifty to know the spread of its inputs.
    contrast_steps : int
        Optimiser steps of the contrastive stage before it; none by default.
    batch : int
        Trials in a batch. The contrastive stage takes two views of each.
    lr : float
        Highest learning rate (dimensionless).

    Examples
    --------
    >>> Plan(steps=300).contrast_steps
    0

    Lesson
    ------
    23 Gesture
    """

    width: int = 8
    hidden: int = 32
    head: int = 64
    out: int = 32
    steps: int = 160
    contrast_steps: int = 0
    batch: int = 32
    lr: float = 2e-3

    def but(self, **changes):
        """Return a copy with some fields changed."""
        return dataclasses.replace(self, **changes)


COURSE = Plan()


class Trained:
    """A trained network with its scale: `predict` names gestures."""

    def __init__(self, model, scale, classes, histories):
        self.model, self.scale, self.classes, self.histories = model.eval(), scale, classes, histories

    def predict(self, x):
        """Name the gesture of each trial, shape (n_trials,), for trials of shape (n_trials, n_channels, n_samples)."""
        with torch.no_grad():
            scores = [self.model(torch.from_numpy(self.scale(part))) for part in np.array_split(x, -(-len(x) // 64))]
        return self.classes[torch.cat(scores).argmax(1).numpy()]


def train_stcnet(train, validation, *, plan=COURSE, seed=0, progress=False):
    """Train STCNet on some trials; how long to train is chosen on others.

    Parameters
    ----------
    train, validation : Trials
        No trial in both. Every gesture of the validation must occur in training.
    plan : Plan
        Size and length. With contrastive steps, the encoder is trained by them first.
    seed : int
        Of the weights and of training (dimensionless).
    progress : bool
        Show a progress bar in a terminal.

    Returns
    -------
    Trained
        With the `histories` of its stages.

    Raises
    ------
    ValueError
        If validation has a gesture that training lacks, or a channel never changes.

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> from emgtut.apply.gesture_data import Trials
    >>> x = np.random.default_rng(0).standard_normal((6, 3, 400)).astype("float32")
    >>> told = (np.array(list(column)) for column in ("abcabc", "xxxxxx", "111111", "111222"))
    >>> few = Trials(x, *told)
    >>> small = Plan(width=4, hidden=4, head=8, steps=2)
    >>> found = train_stcnet(few.take(few.repetition == "1"), few.take(few.repetition == "2"), plan=small)
    >>> found.predict(x).shape
    (6,)
    """
    classes = np.unique(train.gesture)
    unknown = set(validation.gesture) - set(classes)
    if unknown:
        raise ValueError(f"The gesture {min(unknown)} is in validation but not in training: choose other trials.")
    scale = Scale.of(train.signal)
    sides = [_side(part, scale, classes) for part in (train, validation)]
    _, n_segments, _, n_channels = sides[0][0].shape
    with seeded(seed):
        model = STCNet(
            n_channels, classes.size, n_segments=n_segments, width=plan.width, hidden=plan.hidden, head=plan.head
        )
        contrast = STCNetContrastive(model.encoder, head=plan.head, out=plan.out)
    histories = []
    if plan.contrast_steps:
        histories.append(_contrast(contrast, *sides, plan, seed, progress))
    histories.append(_classify(model, *sides, plan, seed, progress))
    return Trained(model, scale, classes, histories)


def _side(trials, scale, classes):
    """Scaled trials, gesture numbers, person numbers."""
    _, person = np.unique(trials.subject, return_inverse=True)
    return scale(trials.signal), np.searchsorted(classes, trials.gesture), person


def _contrast(model, train, validation, plan, seed, progress):
    """Stage one: two views of each trial."""

    def views(some, rng):
        x, gesture, person = some
        pair = np.concatenate([augment(x, rng), augment(x, rng)])
        return pair, np.tile(gesture, 2), np.tile(person, 2)

    def batches(rng, step):
        return views(_some(train, plan.batch, rng), rng)

    held = tuple(torch.as_tensor(part) for part in views(validation, np.random.default_rng(seed)))
    return _fit(
        model, lambda net, batch: sac_loss(net, *batch), batches, lambda net: float(sac_loss(net, *held)),
        Recipe("stcnet, contrast", steps=plan.contrast_steps, **_common(plan, seed)), progress,
    )  # fmt: skip


def _classify(model, train, validation, plan, seed, progress):
    """Stage two: name the gesture. The step is chosen by accuracy; among equals the loss decides."""
    x, truth = torch.as_tensor(validation[0]), torch.as_tensor(validation[1])

    def batches(rng, step):
        some, gesture, _ = _some(train, plan.batch, rng)
        return augment(some, rng), gesture

    def validate(net):
        scores = net(x)
        right = float((scores.argmax(1) == truth).double().mean())
        entropy = float(functional.cross_entropy(scores, truth))
        return {"loss": 1 - right + TIE * entropy, "accuracy": right, "entropy": entropy}

    def loss(net, batch):
        return functional.cross_entropy(net(batch[0]), batch[1])

    recipe = Recipe("stcnet", steps=plan.steps, **_common(plan, seed))
    return _fit(model, loss, batches, validate, recipe, progress)


def _some(side, batch, rng):
    """A batch by chance, no trial twice; batch normalisation needs two."""
    at = rng.permutation(len(side[1]))[:batch]
    return tuple(part[at] for part in side)


def _common(plan, seed):
    return {
        "seed": seed, "batch": plan.batch, "lr": plan.lr, "weight_decay": 1e-4, "schedule": "cosine", "warmup": 5,
        "check_every": 10,
    }  # fmt: skip


def _fit(model, loss, batches, validate, recipe, progress):
    with tempfile.TemporaryDirectory() as folder:
        return fit(model, loss, batches, validate, recipe=recipe, folder=folder, progress=progress)
