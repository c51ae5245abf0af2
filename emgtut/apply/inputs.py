"""What a trained model meets at the end: the clean recording, the contaminated one, and what each denoiser makes of it.

Each recording gets one condition - a level and a set of contaminants - and every channel its own noise from the test
part of the noise library, so that even the mains frequency of two channels may differ. Which noise it is follows from
the seed and the recording's name alone. Denoisers are not told what acts, as they would not be in use.
"""

import numpy as np

from emgtut import denoise
from emgtut.contaminate import KINDS, Condition, draw_mixture, stream
from emgtut.signals import validate

__all__ = ["INPUTS", "LEVELS_DB", "check_inputs", "draw_condition", "versions"]

LEVELS_DB = (-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0)
INPUTS = ("clean", "noisy")  # in every table: the upper bound, and what doing nothing gives


def check_inputs(names):
    """Refuse an input that does not exist, before any work, and put the two that are always there first.

    Parameters
    ----------
    names : sequence of str
        "clean", "noisy", or names of denoisers.

    Returns
    -------
    tuple of str
        Each once: "clean", "noisy", then the others as given.

    Raises
    ------
    ValueError
        If there is no such denoiser, or its weights are not there.

    Examples
    --------
    >>> check_inputs(["highpass", "noisy"])
    ('clean', 'noisy', 'highpass')
    >>> check_inputs(["magic"])
    Traceback (most recent call last):
        ...
    ValueError: There is no denoiser called 'magic': choose one of identity, zero, ...

    Lesson
    ------
    22 Fatigue
    """
    found = tuple(dict.fromkeys([*INPUTS, *names]))
    for name in found[len(INPUTS) :]:
        denoise.get(name)
    return found


def draw_condition(item, *, seed, levels_db=LEVELS_DB):
    """Draw the condition of one recording: a level, how many contaminants, and which.

    Parameters
    ----------
    item : str
        Name of the recording.
    seed : int
        Of the study (dimensionless).
    levels_db : sequence of float
        Levels to draw from, in dB.

    Returns
    -------
    Condition
        The same for the same item and seed.

    Examples
    --------
    >>> draw_condition("ann/1", seed=0) == draw_condition("ann/1", seed=0)
    True

    Lesson
    ------
    22 Fatigue
    """
    rng = stream(seed, "condition", item)
    level = float(rng.choice(np.asarray(levels_db, dtype=float)))
    kinds = rng.choice(len(KINDS), size=rng.integers(1, len(KINDS) + 1), replace=False)
    return Condition(level, tuple(KINDS[at] for at in sorted(kinds)))


def versions(clean, names, *, fs, item, seed, source="auto", root=None, condition=None):
    """Make every input from one clean recording.

    Parameters
    ----------
    clean : array_like, shape (n_channels, n_samples), any unit
        The recording; no channel silent.
    names : sequence of str
        Which inputs, as `check_inputs` returns them.
    fs : float
        Sampling rate in Hz.
    item : str
        Name of the recording.
    seed : int
        Of the study (dimensionless).
    source : {"auto", "synthetic", "real"}
        Where noise is from, as for :func:`emgtut.contaminate.draw`.
    root : path, optional
        Data folder.
    condition : Condition, optional
        Instead of a drawn one.

    Returns
    -------
    dict of str to ndarray, each shape (n_channels, n_samples), unit of `clean`
        By name. The level holds over the whole recording, in each channel.

    Raises
    ------
    ValueError
        If the recording is not two-dimensional, or a channel is silent.

    Examples
    --------
    >>> clean = np.random.default_rng(0).standard_normal((2, 3000))
    >>> made = versions(clean, ["clean", "noisy", "zero"], fs=1000, item="ann/1", seed=0, source="synthetic")
    >>> {name: bool(np.any(x != clean)) for name, x in made.items()}
    {'clean': False, 'noisy': True, 'zero': True}

    Lesson
    ------
    22 Fatigue
    """
    clean = validate(clean, name="clean")
    if clean.ndim != 2:
        raise ValueError(f"clean has shape {clean.shape}, but (channels, samples) is needed: pass x[None] for one.")
    condition = draw_condition(item, seed=seed) if condition is None else condition
    made = {"clean": clean}
    if any(name != "clean" for name in names):
        how = {"fs": fs, "split": "test", "seed": seed, "source": source, "root": root}
        noisy = [draw_mixture(row, condition, item=f"{item}/{at}", **how)[0].noisy for at, row in enumerate(clean)]
        made["noisy"] = np.stack(noisy)
    for name in names:
        if name not in made:
            made[name] = denoise.get(name, seed=seed)(made["noisy"], fs=fs)
    return {name: made[name] for name in names}
