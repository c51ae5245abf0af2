"""Pictures of what a command found: one for each channel, all of them or none."""

import contextlib
from pathlib import Path

from emgtut.commands import staging
from emgtut.commands.options import progress

SUFFIXES = (".png", ".pdf", ".svg")


def files_for(base, channels):
    """Name one picture for each channel.

    Parameters
    ----------
    base : path
        Picture name for a recording of one channel.
    channels : list of str
        Channel names.

    Returns
    -------
    list of pathlib.Path
        `base` itself for one channel; else `base` with the channel's number and name before the suffix.

    Raises
    ------
    ValueError
        If the suffix is no picture format.

    Examples
    --------
    >>> [p.name for p in files_for("walk.png", ["VL", "BF/left"])]
    ['walk_0_VL.png', 'walk_1_BF-left.png']

    Lesson
    ------
    Command line
    """
    base = Path(base)
    if base.suffix.lower() not in SUFFIXES:
        raise ValueError(f"'{base}' is no picture name: end it in one of {', '.join(SUFFIXES)}.")
    if len(channels) == 1:
        return [base]
    safe = ["".join(c if c.isalnum() or c in "-_." else "-" for c in name) for name in channels]
    return [base.with_name(f"{base.stem}_{number}_{name}{base.suffix}") for number, name in enumerate(safe)]


@contextlib.contextmanager
def drawn(files, draw):
    """Draw pictures first, and show them only if the block that follows ends well.

    Parameters
    ----------
    files : list of pathlib.Path
        Where the pictures go, all in one folder; nothing happens if there are none.
    draw : callable
        `draw(reports, index)` makes the figure of picture `index` with a function of `emgtut.show.reports`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     file = Path(place) / "walk.png"
    ...     with drawn([file], lambda reports, index: reports.denoise_report([0.0, 1.0] * 500, [0.0] * 1000, fs=1000)):
    ...         before = file.exists()
    ...     before, file.exists()
    (False, True)

    Lesson
    ------
    Command line
    """
    if not files:
        yield
        return
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    from emgtut.show import reports, style

    style.use()
    with staging.staged(files[0].parent) as stage:
        with progress("drawing") as bar:
            for index in bar.track(range(len(files))):
                figure = draw(reports, index)
                figure.savefig(stage / files[index].name)
                plt.close(figure)
        yield
