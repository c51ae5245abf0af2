"""STCNet: hand gestures from a short stretch of several channels, seen along time and around the arm at once.

A trial is cut into segments of 0.2 s. For each segment one branch looks along time, another across neighbouring
electrodes; a recurrent network then reads the segments in order. This file needs torch.
"""

import torch
from torch import nn
from torch.nn import functional

from emgtut.signals import check_count

__all__ = ["SEGMENT", "STCNet", "STCNetContrastive", "roll"]

SEGMENT = 20  # samples of a segment, 0.2 s at 100 Hz


def roll(x, *, faithful=False):
    """Close the row of electrodes to a ring, so that a convolution sees the last one beside the first.

    Parameters
    ----------
    x : Tensor, shape (..., n_electrodes), any unit
        Values in the order in which the electrodes lie around the arm.
    faithful : bool
        Put the first two electrodes behind the last one, as the authors do: the first two then stand at an end as well,
        beside the zeros of a padded convolution. Otherwise one electrode is repeated at either end, and the ring as it
        is stands in the middle. Either way each electrode stands once between its two neighbours.

    Returns
    -------
    Tensor, shape (..., n_electrodes + 2), same unit

    Examples
    --------
    >>> roll(torch.tensor([1, 2, 3])), roll(torch.tensor([1, 2, 3]), faithful=True)
    (tensor([3, 1, 2, 3, 1]), tensor([1, 2, 3, 1, 2]))

    References
    ----------
    STCNet2025

    Lesson
    ------
    23 Gesture
    """
    parts = (x, x[..., :2]) if faithful else (x[..., -1:], x, x[..., :1])
    return torch.cat(parts, dim=-1)


class Residual(nn.Module):
    """Two convolutions of three taps and a way around them; nothing is applied to their sum."""

    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv1d(inputs, outputs, 3, stride, padding=1),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Dropout(0.3),
            nn.Conv1d(outputs, outputs, 3, padding=1),
            nn.BatchNorm1d(outputs),
        )
        same = inputs == outputs and stride == 1
        self.around = (
            nn.Identity() if same else nn.Sequential(nn.Conv1d(inputs, outputs, 1, stride), nn.BatchNorm1d(outputs))
        )

    def forward(self, x):
        """Map (n, inputs, length) to (n, outputs, length over stride)."""
        return self.layers(x) + self.around(x)


def squeeze(inputs, outputs):
    """Return two linear layers with half of the inputs between them."""
    return nn.Sequential(nn.Flatten(), nn.Linear(inputs, inputs // 2), nn.ReLU(), nn.Linear(inputs // 2, outputs))


class Encoder(nn.Module):
    """The part that gesture classifier and contrastive training share: from a trial to one long vector."""

    def __init__(self, n_channels, n_segments, width, hidden, faithful):
        super().__init__()
        self.shape, self.faithful = (n_segments, SEGMENT, n_channels), faithful
        self.temporal = nn.Sequential(
            Residual(n_channels, width, 1),
            Residual(width, 2 * width, 2),
            Residual(2 * width, 4 * width, 2),
            squeeze(4 * width * (SEGMENT // 4), 4 * width),
        )
        ring = -(-(n_channels + 2) // 2)  # electrodes after the stride of two
        self.spatial = nn.Sequential(
            Residual(SEGMENT, width, 1), Residual(width, 2 * width, 2), squeeze(2 * width * ring, 2 * width)
        )
        self.recurrent = nn.LSTM(6 * width, hidden, num_layers=2, batch_first=True, dropout=0.2, bidirectional=True)
        self.size = n_segments * 2 * hidden

    def forward(self, x):
        """Describe trials, shape (n_trials, n_segments, SEGMENT, n_channels), by vectors, shape (n_trials, size)."""
        if tuple(x.shape[1:]) != self.shape:
            raise ValueError(f"Trials have shape {tuple(x.shape[1:])}, but this network was made for {self.shape}.")
        segments = x.flatten(0, 1)
        along = self.temporal(segments.transpose(1, 2))
        around = self.spatial(roll(segments, faithful=self.faithful))
        steps = torch.cat([along, around], dim=1).unflatten(0, x.shape[:2])
        return self.recurrent(steps)[0].flatten(1)


class STCNet(nn.Module):
    """The classifier: encoder and two linear layers.

    With the settings that are the defaults, 12 channels and 49 gestures (Ninapro DB2) it has the 6,712,897 parameters
    of the authors' network, 77 in 100 of them in the first layer of the head. `COURSE` in
    :mod:`emgtut.apply.gesture_learning` is much narrower.

    Parameters
    ----------
    n_channels : int
        Electrodes, in their order around the arm, at least 2.
    n_classes : int
        Gestures.
    n_segments : int
        Segments of 0.2 s in a trial; the authors have 25, a trial of 5 s.
    width : int
        Channels of the first convolution (dimensionless).
    hidden : int
        Size of the recurrent layers, in each direction (dimensionless).
    head : int
        Size of the layer before the last (dimensionless).
    faithful : bool
        Close the ring of electrodes as the authors do, see :func:`roll`. The number of parameters is the same.

    References
    ----------
    STCNet2025

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> count_parameters(STCNet(12, 49)), count_parameters(STCNet(10, 52)), count_parameters(STCNet(12, 52))
    (6712897, 6707124, 6714436)
    >>> STCNet(6, 4, n_segments=10, width=4, hidden=8, head=16).eval()(torch.zeros(3, 10, 20, 6)).shape
    torch.Size([3, 4])

    Lesson
    ------
    23 Gesture
    """

    def __init__(self, n_channels, n_classes, *, n_segments=25, width=16, hidden=200, head=512, faithful=False):
        super().__init__()
        check_count(n_channels, name="n_channels", smallest=2)
        check_count(n_classes, name="n_classes", smallest=2)
        self.encoder = Encoder(n_channels, check_count(n_segments, name="n_segments"), width, hidden, faithful)
        self.head = nn.Sequential(
            nn.Linear(self.encoder.size, head), nn.BatchNorm1d(head), nn.ReLU(), nn.Linear(head, n_classes)
        )

    def forward(self, x):
        """Score each gesture (logits, shape (n_trials, n_classes)) for trials, shape (n_trials, n_segments, 20, C)."""
        return self.head(self.encoder(x))


class STCNetContrastive(nn.Module):
    """The network of the first stage: the encoder, and two heads that each lay trials on a sphere.

    On the first sphere trials of one gesture shall lie together, on the second those of one person.

    Parameters
    ----------
    encoder : Encoder
        That of an `STCNet`, trained in place.
    head : int
        Size of the hidden layers of the heads (dimensionless).
    out : int
        Dimensions in which the spheres lie (dimensionless).

    References
    ----------
    STCNet2025, Khosla2020

    Examples
    --------
    >>> from emgtut.learn import count_parameters
    >>> count_parameters(STCNetContrastive(STCNet(12, 49).encoder))
    11938576

    Lesson
    ------
    23 Gesture
    """

    def __init__(self, encoder, *, head=512, out=128):
        super().__init__()
        self.encoder = encoder
        self.gesture, self.person = (
            nn.Sequential(nn.Linear(encoder.size, head), nn.ReLU(), nn.Linear(head, out)) for _ in range(2)
        )

    def forward(self, x):
        """Place trials on both spheres: two tensors, shape (n_trials, out), each row of length one."""
        found = functional.normalize(self.encoder(x))
        return functional.normalize(self.gesture(found)), functional.normalize(self.person(found))
