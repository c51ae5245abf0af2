"""The picture of a training run: losses and validation over the steps."""

import matplotlib.pyplot as plt

from emgtut.show import style

__all__ = ["learning_curve"]

NOT_DRAWN = ("step", "seconds", "lr", "loss", "validation")


def learning_curve(history, *, title="", unit=""):
    """Draw the training loss, and below it what the validation reported, over the steps.

    Parameters
    ----------
    history : emgtut.learn.History
        A row for each check, at least one.
    title : str
        Title of the figure.
    unit : str
        Unit of the validation, for the axis.

    Returns
    -------
    matplotlib Figure
        Two axes; a dotted line marks the step whose weights are kept.

    Raises
    ------
    ValueError
        If there is no check yet.

    Lesson
    ------
    15 FCN

    Examples
    --------
    >>> from emgtut.learn import History
    >>> log = History([{"step": s, "loss": 1 / s, "validation": 2 / s, "gain": s} for s in (1, 2, 3)])
    >>> [ax.get_ylabel() for ax in learning_curve(log, unit="dB").axes]
    ['training loss', 'validation (dB)']
    """
    if not history.rows:
        raise ValueError("The run has not looked at its validation data yet, so there is no curve: train it further.")
    steps = history.column("step")
    figure, (above, below) = plt.subplots(2, 1, sharex=True, figsize=(style.WIDTH_IN, 4.6))
    above.plot(steps, history.column("loss"), marker=".", **style.role("training loss"))
    above.set_ylabel("training loss")
    names = [name for name in history.rows[0] if name not in NOT_DRAWN] or ["validation"]
    for order, name in enumerate(names):
        below.plot(steps, history.column(name), label=name, marker=".", **style.role(name, order=order))
    below.set_ylabel(f"validation ({unit})" if unit else "validation")
    below.set_xlabel("step")
    for ax in (above, below):
        ax.axvline(history.best_step, color=style.OKABE_ITO["black"], linestyle=":", linewidth=1.0)
    below.legend(loc="best")
    figure.suptitle(title)
    return figure
