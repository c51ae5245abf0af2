"""Condition grids: every SNR with every combination of contaminants, and a stream of chance for each item.

A stream is named by what it is for - seed, dataset, item, SNR, contaminants - and the name is hashed into the seed. So
no two items share a stream by arithmetic accident, and adding items or levels does not change the others.
"""

import hashlib
import itertools
import json
from dataclasses import dataclass

import numpy as np

from emgtut.contaminate.library import KINDS, REAL, draw_with_source
from emgtut.contaminate.mix import mix_components
from emgtut.signals import validate

__all__ = ["Condition", "condition_grid", "draw_mixture", "stream"]


@dataclass(frozen=True)
class Condition:
    """One cell of a grid: which contaminants, at which total SNR.

    Parameters
    ----------
    snr_db : float
        Total SNR in dB.
    kinds : tuple of str
        Contaminants, each once, in the order of `KINDS`.

    Examples
    --------
    >>> Condition(-10.0, ("mains", "ecg")).k
    2

    Lesson
    ------
    08 Mixing at a chosen SNR
    """

    snr_db: float
    kinds: tuple

    @property
    def k(self):
        """Number of contaminants."""
        return len(self.kinds)


def condition_grid(snr_db, k, *, kinds=KINDS):
    """List every condition: all levels, all numbers of contaminants, all combinations of that many kinds.

    Parameters
    ----------
    snr_db : sequence of float
        Levels in dB, each once.
    k : sequence of int
        Numbers of contaminants, each once.
    kinds : sequence of str
        Kinds to combine.

    Returns
    -------
    list of Condition
        In the order level, number, combination.

    Raises
    ------
    ValueError
        If a level or number repeats or is impossible, or a kind is unknown.

    Examples
    --------
    >>> len(condition_grid(range(-15, 16, 5), range(1, 6)))  # 7 levels times 31 combinations
    217

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    levels, numbers, kinds = [float(s) for s in snr_db], [int(n) for n in k], tuple(kinds)
    if not levels or len(set(levels)) < len(levels) or not np.all(np.isfinite(levels)):
        raise ValueError(f"snr_db is {levels}, but it must list finite levels, each once: pass for example [-10, 0].")
    if not kinds or len(set(kinds)) < len(kinds) or not set(kinds) <= set(KINDS):
        raise ValueError(f"kinds is {kinds}, but it must name some of {', '.join(KINDS)}, each once.")
    if not numbers or len(set(numbers)) < len(numbers) or not all(1 <= n <= len(kinds) for n in numbers):
        raise ValueError(f"k is {numbers}, but it must list numbers from 1 to {len(kinds)}, each once.")
    ordered = [kind for kind in KINDS if kind in kinds]
    return [
        Condition(level, combination)
        for level in levels
        for n in numbers
        for combination in itertools.combinations(ordered, n)
    ]


def stream(seed, *names):
    """Make the generator that belongs to a name, the same one whenever the name is the same.

    Parameters
    ----------
    seed : int
        Seed of the whole project, zero or above.
    *names : str, int, float, or tuples of these
        What the stream is for. `1`, `1.0` and `"1"` are three different names.

    Returns
    -------
    numpy.random.Generator
        A stream of its own.

    Raises
    ------
    ValueError
        If the seed is no whole number of zero or above, or a name is something else.

    Examples
    --------
    >>> first, again = (stream(42, "ninapro", "S1_E1", -5.0).random() for _ in range(2))
    >>> first == again
    True
    >>> first == stream(42, "ninapro", "S1_E1", 5.0).random()
    False

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)) or seed < 0:
        raise ValueError(f"seed is {seed!r}, but it must be a whole number of zero or above: pass for example 42.")
    told = json.dumps([int(seed), [_plain(name) for name in names]], ensure_ascii=True, separators=(",", ":"))
    digest = hashlib.sha256(told.encode("ascii")).digest()
    return np.random.default_rng(np.random.SeedSequence(int.from_bytes(digest, "little")))


def _plain(name):
    """A name as JSON with its type, so that no two names are written alike."""
    if isinstance(name, str):
        return name
    if isinstance(name, (tuple, list)):
        return [_plain(part) for part in name]
    if isinstance(name, (int, np.integer)) and not isinstance(name, bool):
        return {"int": int(name)}
    if isinstance(name, (float, np.floating)) and np.isfinite(name):
        return {"float": float(name).hex()}
    raise ValueError(f"A stream cannot be named by {name!r}: use strings, whole numbers, finite numbers or tuples.")


def draw_mixture(clean, condition, *, fs, split, seed, item, source="auto", shares=None, root=None):
    """Contaminate one item under one condition, reproducibly.

    Parameters
    ----------
    clean : array_like, shape (n_samples,), any unit
        Clean signal, not silent.
    condition : Condition
        Which contaminants at which SNR.
    fs : float
        Sampling rate in Hz.
    split : {"train", "validation", "test"}
        Which part of the noise library to draw from.
    seed : int
        Seed of the whole project.
    item : str
        Name of the item; together with seed and condition it decides what is drawn.
    source : {"auto", "synthetic", "real"}
        As for `draw`. With "real" the other kinds, which have no recording, stay synthetic.
    shares : dict of str to float, dimensionless, optional
        Fraction of the noise energy per kind; equal by default.
    root : path, optional
        Data folder.

    Returns
    -------
    mixture : Mixture
        The mixture, shape (n_samples,) in the unit of `clean`, with realised and nominal SNR in dB.
    draws : dict of str to Draw
        Where each contaminant is from.

    Raises
    ------
    ValueError
        If the clean signal is not one channel, or a choice is unknown.

    Examples
    --------
    >>> clean = np.random.default_rng(0).standard_normal(2000)
    >>> mixture, draws = draw_mixture(
    ...     clean, Condition(-5.0, ("mains", "white")), fs=1000, split="test", seed=42, item="a", source="synthetic"
    ... )
    >>> round(mixture.snr_db, 9), sorted(draws)
    (-5.0, ['mains', 'white'])

    Lesson
    ------
    08 Mixing at a chosen SNR
    """
    clean = validate(clean, name="clean", min_samples=2)
    if clean.ndim != 1:
        raise ValueError(f"clean has shape {clean.shape}, but one channel is contaminated at a time: pass clean[0].")
    noises, draws = {}, {}
    for kind in condition.kinds:
        wanted = "synthetic" if source == "real" and kind not in REAL else source
        rng = stream(seed, item, split, float(condition.snr_db), tuple(condition.kinds), kind)
        noises[kind], draws[kind] = draw_with_source(kind, split, clean.size, fs, rng, source=wanted, root=root)
    return mix_components(clean, noises, condition.snr_db, shares=shares), draws
