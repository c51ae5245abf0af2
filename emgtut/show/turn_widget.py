"""Live figure: a ring of electrodes is turned on the arm, and a linear discriminant meets it in the browser."""

import anywidget
import numpy as np
import traitlets

from emgtut.show.widgets import _source
from emgtut.signals import check_count, validate

COPIES = (0, 1, 2, 3, 4)  # positions of a slider, as in js/turn_view.js
SHRINK = 0.1  # share of an even diagonal in the covariance, as in js/turn_core.js


class TurnedRing(anywidget.AnyWidget):
    """Train a linear discriminant in the reader's browser, and test it on a ring of electrodes that was turned.

    Sliders choose the turn at the test, and up to how many places turned copies of the training trials are added.

    Parameters
    ----------
    train, test : array_like, shape (n_trials, n_electrodes), dimensionless
        One number for each electrode, such as the logarithm of its level, in their order around the arm.
    train_labels, test_labels : sequence of int, shape (n_trials,), class numbers
        Gestures, from 0. Every class occurs in training.
    turn : int
        Where the slider for the turn starts, in places.
    copies : int
        Where the slider for the copies starts: 0 to 4.

    Raises
    ------
    ValueError
        If the arrays do not fit together, or a slider would start where it has no position.

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> TurnedRing(rng.standard_normal((12, 8)), [0, 1] * 6, rng.standard_normal((6, 8)), [0, 1] * 3)
    <TurnedRing: 8 electrodes, 2 gestures, turned by 0 places, copies up to 0>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "turn_core.js", "turn_view.js")
    _css = _source("front_panel.css")

    train = traitlets.Bytes().tag(sync=True)  # little-endian float32, trial by trial
    test = traitlets.Bytes().tag(sync=True)
    train_labels = traitlets.List().tag(sync=True)
    test_labels = traitlets.List().tag(sync=True)
    electrodes = traitlets.Int().tag(sync=True)
    classes = traitlets.Int().tag(sync=True)
    turn = traitlets.Int().tag(sync=True)
    copies = traitlets.Enum(COPIES).tag(sync=True)

    def __init__(self, train, train_labels, test, test_labels, *, turn=0, copies=0):
        train, test, known, asked = _checked(train, train_labels, test, test_labels)
        electrodes = train.shape[1]
        if copies not in COPIES:
            raise ValueError(f"copies must be one of {', '.join(map(str, COPIES))}, got {copies}.")
        if abs(turn) > electrodes // 2:
            raise ValueError(f"turn must lie between {-(electrodes // 2)} and {electrodes // 2}, got {turn}.")
        super().__init__(
            train=train.astype("<f4").tobytes(), test=test.astype("<f4").tobytes(), train_labels=known.tolist(),
            test_labels=asked.tolist(), electrodes=electrodes, classes=int(known.max()) + 1, turn=int(turn),
            copies=int(copies),
        )  # fmt: skip

    def __repr__(self):
        """Say in one line where the sliders stand; this is what a page without scripts shows."""
        return (
            f"<TurnedRing: {self.electrodes} electrodes, {self.classes} gestures, turned by {self.turn} places, "
            f"copies up to {self.copies}>"
        )


def turn_accuracy(train, train_labels, test, test_labels, *, turns, copies=0):
    """Compute what the turned ring shows.

    Parameters
    ----------
    train, test, train_labels, test_labels
        As for :class:`TurnedRing`.
    turns : sequence of int
        Places by which the ring is turned at the test.
    copies : int
        Training trials are also shown turned by up to so many places to either side.

    Returns
    -------
    ndarray, shape (n_turns,), fraction
        Share of the test trials that are named rightly.

    Raises
    ------
    ValueError
        If the arrays do not fit together.

    Lesson
    ------
    23 Gesture

    Examples
    --------
    Two gestures, each one loud electrode, opposite to each other. Half a turn makes each look like the other:

    >>> rows = np.eye(8)[[0, 4] * 6] + 0.01 * np.random.default_rng(0).standard_normal((12, 8))
    >>> turn_accuracy(rows, [0, 1] * 6, rows, [0, 1] * 6, turns=[0, 4]).tolist()
    [1.0, 0.0]
    """
    train, test, known, asked = _checked(train, train_labels, test, test_labels)
    shifts = range(-check_count(copies, name="copies", smallest=0), copies + 1)
    x = np.concatenate([np.roll(train, shift, axis=1) for shift in shifts])
    y = np.tile(known, len(shifts))
    means = np.stack([x[y == name].mean(axis=0) for name in range(known.max() + 1)])
    off = x - means[y]
    spread = off.T @ off / len(x)
    spread = (1 - SHRINK) * spread + SHRINK * np.trace(spread) / len(spread) * np.eye(len(spread))
    weights = np.linalg.solve(spread, means.T).T
    offsets = -0.5 * np.sum(weights * means, axis=1)
    said = [np.argmax(np.roll(test, turn, axis=1) @ weights.T + offsets, axis=1) for turn in turns]
    return np.array([np.mean(one == asked) for one in said])


def _checked(train, train_labels, test, test_labels):
    train, test = (validate(x, name=name).astype(np.float64) for x, name in ((train, "train"), (test, "test")))
    known, asked = np.asarray(train_labels), np.asarray(test_labels)
    if train.ndim != 2 or test.ndim != 2 or train.shape[1] != test.shape[1] or train.shape[1] < 4:
        raise ValueError(
            f"train has shape {train.shape} and test {test.shape}: give rows of the same 4 or more places."
        )
    if known.shape != train.shape[:1] or asked.shape != test.shape[:1]:
        raise ValueError("There must be one label for each row of train and of test.")
    if known.dtype.kind not in "iu" or asked.dtype.kind not in "iu" or set(known) != set(range(known.max() + 1)):
        raise ValueError("Labels must be whole numbers from 0, each class at least once in training: number them.")
    if not set(asked) <= set(known):
        raise ValueError("A class of the test does not occur in training: leave it out.")
    return train, test, known, asked
