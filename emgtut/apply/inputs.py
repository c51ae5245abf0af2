"""What a trained model meets at the end: the clean recording, the contaminated one, and what each denoiser makes of it.

Each recording gets one condition - a level and a set of contaminants - with noise from the test part of the noise
library. A person has one heart, and a room one mains: those two are drawn once and act on all channels at once. Motion
and broadband noise arise at each electrode and are drawn for each channel. Which noise it is follows from the seed and
the recording's name alone. Denoisers are not told what acts, as they would not be in use.
"""

import numpy as np

from emgtut import denoise
from emgtut.contaminate import KINDS, Condition, draw_with_source, mix_components, stream
from emgtut.contaminate.library import REAL
from emgtut.signals import validate

__all__ = ["INPUTS", "LEVELS_DB", "SHARED", "check_inputs", "contaminated", "draw_condition", "versions"]

LEVELS_DB = (-15.0, -10.0, -5.0, 0.0, 5.0, 10.0, 15.0)
INPUTS = ("clean", "noisy")  # in every table: the upper bound, and what doing nothing gives
SHARED = ("mains", "ecg")  # one source for all channels of a recording


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


def contaminated(clean, condition, *, fs, item, seed, split="test", source="auto", root=None):
    """Contaminate all channels of one recording: one heart and one mains for all, the rest channel by channel.

    Parameters
    ----------
    clean : array_like, shape (n_channels, n_samples), any unit
        The recording; no channel silent.
    condition : Condition
        Which contaminants, and at which level.
    fs : float
        Sampling rate in Hz.
    item : str
        Name of the recording.
    seed : int
        Of the study (dimensionless).
    split : {"train", "validation", "test"}
        Which part of the noise library to draw from.
    source : {"auto", "synthetic", "real"}
        Where noise is from, as for :func:`emgtut.contaminate.draw_mixture`.
    root : path, optional
        Data folder.

    Returns
    -------
    ndarray, shape (n_channels, n_samples), unit of `clean`
        The level holds over the whole recording, in each channel. So a shared contaminant has one course in time and,
        where muscles differ in loudness, another size in each channel.

    Raises
    ------
    ValueError
        If the recording is not two-dimensional, or a channel is silent.

    Examples
    --------
    >>> clean = np.random.default_rng(0).standard_normal((2, 3000))
    >>> how = {"fs": 1000, "item": "ann/1", "seed": 0, "source": "synthetic"}
    >>> hum, hiss = (contaminated(clean, Condition(0.0, (kind,)), **how) - clean for kind in ("mains", "white"))
    >>> [round(float(abs(np.corrcoef(noise)[0, 1])), 1) for noise in (hum, hiss)]
    [1.0, 0.0]

    Lesson
    ------
    22 Fatigue
    """
    clean = validate(clean, name="clean")
    if clean.ndim != 2:
        raise ValueError(f"clean has shape {clean.shape}, but (channels, samples) is needed: pass x[None] for one.")

    def drawn(kind, *place):
        rng = stream(seed, item, split, float(condition.snr_db), tuple(condition.kinds), kind, *place)
        wanted = "synthetic" if source == "real" and kind not in REAL else source
        return draw_with_source(kind, split, clean.shape[-1], fs, rng, source=wanted, root=root)[0]

    shared = {kind: drawn(kind) for kind in condition.kinds if kind in SHARED}
    noisy = []
    for at, row in enumerate(clean):
        noises = {kind: shared[kind] if kind in shared else drawn(kind, at) for kind in condition.kinds}
        noisy.append(mix_components(row, noises, condition.snr_db).noisy)
    return np.stack(noisy)


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
        made["noisy"] = contaminated(clean, condition, fs=fs, item=item, seed=seed, source=source, root=root)
    for name in names:
        if name not in made:
            made[name] = denoise.get(name, seed=seed)(made["noisy"], fs=fs)
    return {name: made[name] for name in names}
