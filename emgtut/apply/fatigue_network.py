"""The dilated CNN for fatigue: five causal convolutions that look ever further back, then one mean over the window.

Two ways to train it. "published": whole windows, 40 epochs, batches of 64, as in the published program. Two things are
other: weight decay is decoupled from the step (AdamW, as everywhere in the course), and the best weights are chosen on
validation people, in four looks, and not on the test fold. "quick": short random crops of the windows and few steps, so
that a processor is enough; the network ends with a mean over time, so it takes any length.
"""

import tempfile

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from emgtut.contaminate import stream
from emgtut.learn import Recipe, fit, seeded

__all__ = ["RECIPES", "Block", "DilatedCnn", "classify", "train"]

WIDTHS, KERNEL, DROPOUT = (32, 64, 64, 64, 64), 7, 0.4
CHECKS, PART = 4, 16  # looks at validation during a training; windows that are classified at once
RECIPES = {
    "published": {"epochs": 40, "batch": 64, "crop": None},
    "quick": {"steps": 36, "batch": 16, "crop": 1000},
}


class Block(nn.Module):
    """One convolution that sees the past only; its input is added after the bend.

    Parameters
    ----------
    n_in, n_out : int
        Channels.
    dilation : int
        Distance between the samples that the kernel sees, in samples.

    Examples
    --------
    >>> Block(4, 32, 1)(torch.zeros(1, 4, 50)).shape
    torch.Size([1, 32, 50])

    Lesson
    ------
    22 Fatigue
    """

    def __init__(self, n_in, n_out, dilation):
        super().__init__()
        self.past = nn.ConstantPad1d(((KERNEL - 1) * dilation, 0), 0.0)
        self.conv = nn.Conv1d(n_in, n_out, KERNEL, dilation=dilation)
        self.norm, self.bend = nn.BatchNorm1d(n_out), nn.GELU()
        self.short = nn.Conv1d(n_in, n_out, 1) if n_in != n_out else nn.Identity()

    def forward(self, x):
        """Map (n_windows, n_in, n_samples) to (n_windows, n_out, n_samples)."""
        return self.bend(self.norm(self.conv(self.past(x)))) + self.short(x)


class DilatedCnn(nn.Sequential):
    """The network: five blocks with dilations 1, 2, 4, 8, 16, a mean over time, dropout, one linear layer.

    Parameters
    ----------
    n_channels : int
        Channels of the input.
    n_classes : int
        Classes of the output.

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> count_parameters(DilatedCnn(4, 3))
    104579

    Lesson
    ------
    22 Fatigue
    """

    def __init__(self, n_channels, n_classes):
        widths = (n_channels, *WIDTHS)
        blocks = [Block(widths[at], widths[at + 1], 2**at) for at in range(len(WIDTHS))]
        head = [nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Dropout(DROPOUT), nn.Linear(WIDTHS[-1], n_classes)]
        super().__init__(*blocks, *head)


def train(windows, labels, train_at, validation_at, *, n_classes, seed=0, how="quick", progress=False):
    """Train the network on some windows; keep the weights that were best on others.

    Parameters
    ----------
    windows : ndarray of float32, shape (n_windows, n_channels, n_samples), dimensionless
        Windows, each channel divided by its RMS at the start of the trial.
    labels : ndarray of int, shape (n_windows,), index of classes
        Their classes.
    train_at, validation_at : ndarray of int, shape (n_items,), index of windows
        Which to train on, and which to choose the best weights by.
    n_classes : int
        Number of classes.
    seed : int
        Of weights and batches (dimensionless).
    how : {"quick", "published"}
        Recipe.
    progress : bool
        Show a bar in a terminal.

    Returns
    -------
    torch.nn.Module
        In evaluation mode.

    Raises
    ------
    ValueError
        If the recipe is unknown.

    Examples
    --------
    Two tones, told apart:

    >>> tone = np.sin(2 * np.pi * np.outer([0.05, 0.2], np.arange(1000))).astype("float32")
    >>> windows, labels = np.tile(tone[:, None], (8, 1, 1)), np.tile([0, 1], 8)
    >>> net = train(windows, labels, np.arange(8), np.arange(8, 16), n_classes=2)
    >>> classify(net, windows[8:]).tolist()
    [0, 1, 0, 1, 0, 1, 0, 1]

    Lesson
    ------
    22 Fatigue
    """
    if how not in RECIPES:
        raise ValueError(f"There is no recipe {how!r}: choose {' or '.join(RECIPES)}.")
    plan = RECIPES[how]
    steps = plan.get("steps") or plan["epochs"] * -(-len(train_at) // plan["batch"])
    recipe = Recipe("fatigue", seed=seed, steps=steps, batch=plan["batch"], lr=1e-3, weight_decay=1e-4)
    recipe = recipe.but(schedule="cosine", check_every=max(1, steps // CHECKS))
    counts = np.bincount(labels[train_at], minlength=n_classes)
    weights = torch.tensor(len(train_at) / (n_classes * np.maximum(counts, 1)), dtype=torch.float32)
    with seeded(seed):
        net = DilatedCnn(windows.shape[1], n_classes)

    def batches(rng, step):
        at = train_at[_epoch(len(train_at), plan["batch"], seed, step)]
        if plan["crop"] is None:
            return windows[at], labels[at]
        first = rng.integers(windows.shape[-1] - plan["crop"] + 1, size=at.size)
        return np.stack([windows[i, :, f : f + plan["crop"]] for i, f in zip(at, first, strict=True)]), labels[at]

    def loss(model, batch):
        return cross_entropy(model(batch[0]), batch[1], weight=weights.to(batch[0].device))

    def validate(model):
        right = classify(model, windows[validation_at]) == labels[validation_at]
        own = [right[labels[validation_at] == label].mean() for label in np.unique(labels[validation_at])]
        return 1.0 - float(np.mean(own))  # one minus the balanced accuracy

    with tempfile.TemporaryDirectory() as folder:
        fit(net, loss, batches, validate, recipe=recipe, folder=folder, progress=progress)
    return net


def classify(net, windows):
    """Say the class of every window.

    Parameters
    ----------
    net : torch.nn.Module
        A trained network.
    windows : ndarray of float32, shape (n_windows, n_channels, n_samples), dimensionless
        As for `train`.

    Returns
    -------
    ndarray of int, shape (n_windows,), index of classes
        The most likely class.

    Examples
    --------
    >>> classify(DilatedCnn(2, 3).eval(), np.zeros((5, 2, 100), dtype="float32")).shape
    (5,)

    Lesson
    ------
    22 Fatigue
    """
    with torch.no_grad():
        parts = [torch.from_numpy(np.ascontiguousarray(windows[at : at + PART])) for at in range(0, len(windows), PART)]
        return torch.cat([net(part).argmax(dim=1) for part in parts]).numpy()


def _epoch(size, batch, seed, step):
    """Items of one step: each epoch is dealt anew, and every item is in it once."""
    per_epoch = -(-size // batch)
    order = stream(seed, "epoch", step // per_epoch).permutation(size)
    return order[(step % per_epoch) * batch :][:batch]
