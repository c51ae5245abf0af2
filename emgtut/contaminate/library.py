"""The noise library: five kinds of contaminant, each with sources for training, validation and test that never meet.

Real sources are split by record, as the fixed split of `emgtut.data` says. Synthetic sources are split by seed: the
name of the part and of the kind enter the seed, so that no part can ever draw the stream of another.
"""

import functools
from dataclasses import dataclass, field

import numpy as np

from emgtut.contaminate.broadband import coloured_noise
from emgtut.contaminate.heart import random_heart, synthetic_ecg
from emgtut.contaminate.mains import power_line, random_mains
from emgtut.contaminate.motion import motion_artefact
from emgtut.data import available, load, records_in
from emgtut.signals import check_count, check_fs, check_rng, resample, unit_power

__all__ = ["KINDS", "SPLITS", "Draw", "check_disjoint", "draw", "draw_with_source", "real_records"]

KINDS = ("mains", "ecg", "motion", "white", "coloured")
SPLITS = ("train", "validation", "test")
# Datasets with real sources, and the highest frequency in Hz at which each holds any signal: the recorder's band for
# mitdb, half the sampling rate for the others.
REAL = {"ecg": {"mitdb": 100.0, "nsrdb_excerpts": 64.0}, "motion": {"nstdb_excerpts": 180.0}}
MARGIN_S = 0.5  # read this much more on either side, so that the ends of the resampling filter are cut away


@dataclass(frozen=True)
class Draw:
    """What was drawn from the library, and from where.

    Parameters
    ----------
    kind, split : str
        As asked.
    source : {"synthetic", "real"}
        Which it is.
    origin : str
        The seed of a synthetic draw, `dataset/record` of a real one. No origin is in two parts of a split.
    channel : str
        Channel of a real recording; empty for a synthetic draw.
    start_s : float
        Where the segment starts in the recording, in seconds.
    top_hz : float
        Highest frequency in Hz at which the source holds signal. Above it there is nothing that could harm a muscle.
    settings : dict
        What a synthetic source was drawn with.

    Examples
    --------
    >>> x, source = draw_with_source("white", "test", 500, 1000, np.random.default_rng(0))
    >>> source.source, source.top_hz
    ('synthetic', 500.0)

    Lesson
    ------
    07 Noise sources
    """

    kind: str
    split: str
    source: str
    origin: str
    channel: str = ""
    start_s: float = 0.0
    top_hz: float = np.inf
    settings: dict = field(default_factory=dict)


def draw(kind, split, n_samples, fs, rng, *, source="auto", root=None):
    """Draw one contaminant from the part of the library that belongs to a split.

    Parameters
    ----------
    kind : {"mains", "ecg", "motion", "white", "coloured"}
        Which contaminant.
    split : {"train", "validation", "test"}
        For which part it is meant.
    n_samples : int
        Length in samples.
    fs : float
        Sampling rate in Hz.
    rng : numpy.random.Generator
        Source of chance.
    source : {"auto", "synthetic", "real"}
        "real" takes a recording and stops if one is missing; "auto" takes a recording where one is there and else the
        model, so its result depends on the data folder: `draw_with_source` says which it was.
    root : path, optional
        Data folder; by default the one of `emgtut.data`.

    Returns
    -------
    ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power contaminant. Nothing is high-passed on the way.

    Raises
    ------
    ValueError
        If a choice is unknown, a kind has no real source, or no recording is long enough.
    DataMissing
        If real recordings are asked for and are not there.

    Examples
    --------
    >>> hum = draw("mains", "train", 1000, 1000, np.random.default_rng(0))
    >>> bool(abs(hum.mean()) < 1e-9), round(float(np.mean(hum**2)), 9)
    (True, 1.0)

    Lesson
    ------
    07 Noise sources
    """
    return draw_with_source(kind, split, n_samples, fs, rng, source=source, root=root)[0]


def draw_with_source(kind, split, n_samples, fs, rng, *, source="auto", root=None):
    """Draw one contaminant, and say where it is from.

    Parameters
    ----------
    kind, split, n_samples, fs, rng, source, root
        As for `draw`.

    Returns
    -------
    noise : ndarray, shape (n_samples,), dimensionless
        Zero-mean, unit-power contaminant.
    origin : Draw
        Where it is from.

    Raises
    ------
    ValueError
        If a choice is unknown, a kind has no real source, or no recording is long enough.
    DataMissing
        If real recordings are asked for and are not there.

    Examples
    --------
    >>> _, first = draw_with_source("ecg", "train", 500, 1000, np.random.default_rng(0), source="synthetic")
    >>> _, second = draw_with_source("ecg", "test", 500, 1000, np.random.default_rng(0), source="synthetic")
    >>> first.origin == second.origin  # one generator, two parts: two streams
    False

    Lesson
    ------
    07 Noise sources
    """
    _check_choice("kind", kind, KINDS)
    _check_choice("split", split, SPLITS)
    _check_choice("source", source, ("auto", "synthetic", "real"))
    n_samples = check_count(n_samples, smallest=2)
    fs = check_fs(fs)
    check_rng(rng)
    if source == "real" and kind not in REAL:
        raise ValueError(f"There is no real recording of the kind {kind!r} in the library: pass source='synthetic'.")
    if source == "real":
        return _real(kind, split, _every_record(kind, split), n_samples, fs, rng, root)  # loading says what is missing
    here = real_records(kind, split, root=root) if source == "auto" else []
    if here:
        return _real(kind, split, here, n_samples, fs, rng, root)
    return _synthetic(kind, split, n_samples, fs, rng)


def real_records(kind, split, *, root=None):
    """List the real sources of a kind that are here, for one part of the split.

    Parameters
    ----------
    kind : {"ecg", "motion"}
        Which contaminant; the other kinds have no real source and give an empty list.
    split : {"train", "validation", "test"}
        Which part.
    root : path, optional
        Data folder.

    Returns
    -------
    list of (str, str)
        Dataset and record.

    Raises
    ------
    ValueError
        If kind or split is unknown, or a record stands in two parts.

    Examples
    --------
    >>> real_records("white", "train")
    []

    Lesson
    ------
    07 Noise sources
    """
    _check_choice("kind", kind, KINDS)
    _check_choice("split", split, SPLITS)
    return [(d, r) for d, r in _every_record(kind, split) if available(d, r, root=root)]


def _every_record(kind, split):
    """Records of the fixed split, here or not; the split itself is checked on the way."""
    by_split = {s: [(d, r) for d in REAL.get(kind, {}) for r in records_in(d, s)] for s in SPLITS}
    check_disjoint({s: [f"{d}/{r}" for d, r in pairs] for s, pairs in by_split.items()})
    return by_split[split]


def check_disjoint(origins):
    """Refuse noise sources that stand in more than one part of a split.

    Parameters
    ----------
    origins : dict of str to iterable of str, or iterable of Draw
        Names of sources by part; or draws, which know both.

    Raises
    ------
    ValueError
        If a source is in two parts.

    Examples
    --------
    >>> check_disjoint({"train": ["mitdb/100"], "test": ["mitdb/122"]})
    >>> check_disjoint({"train": ["mitdb/100"], "test": ["mitdb/100"]})
    Traceback (most recent call last):
        ...
    ValueError: The noise source mitdb/100 is in train and in test, ...

    Lesson
    ------
    10 Leakage and splits
    """
    if isinstance(origins, dict):
        pairs = [(split, name) for split, names in origins.items() for name in names]
    else:
        pairs = [(d.split, d.origin) for d in origins]
    home = {}
    for split, name in pairs:
        if home.setdefault(name, split) != split:
            raise ValueError(
                f"The noise source {name} is in {home[name]} and in {split}, but a source may serve one part only: "
                "take it out of one of them."
            )


def _check_choice(name, value, choices):
    if value not in choices:
        raise ValueError(f"{name} is {value!r}, but it must be one of {', '.join(choices)}: choose one of these.")


def _synthetic(kind, split, n_samples, fs, rng):
    """A draw from the models. What the generator gives is keyed by kind and part before it is used as a seed."""
    words = [int(word) for word in rng.integers(0, 2**32, size=4, dtype=np.uint64)]
    key = (KINDS.index(kind), SPLITS.index(split))
    own = np.random.default_rng(np.random.SeedSequence(words, spawn_key=key))
    noise, settings = _model(kind, n_samples, fs, own)
    origin = "seed/" + "-".join(f"{word:08x}" for word in words) + f"/{kind}/{split}"
    return noise, Draw(kind, split, "synthetic", origin, top_hz=fs / 2, settings=settings)


def _model(kind, n_samples, fs, rng):
    if kind == "mains":
        settings = random_mains(rng)
        return power_line(n_samples, fs=fs, rng=rng, **settings), settings
    if kind == "ecg":
        settings = random_heart(rng)
        return synthetic_ecg(n_samples, fs=fs, rng=rng, **settings), settings
    if kind == "motion":
        settings = {"events_per_s": float(rng.uniform(3, 9)), "wander_share": float(rng.uniform(0.05, 0.5))}
        return motion_artefact(n_samples, fs=fs, rng=rng, **settings), settings
    settings = {"exponent": 0.0 if kind == "white" else float(rng.choice([1.0, 2.0]))}
    return coloured_noise(n_samples, rng=rng, **settings), settings


def _real(kind, split, records, n_samples, fs, rng, root):
    """A segment of a recording: any record that is long enough, any channel, any start, all equally likely."""
    where = None if root is None else str(root)
    long_enough = [(d, r) for d, r in records if _length_s(d, r, where) >= n_samples / fs + 2 * MARGIN_S]
    if not long_enough:
        raise ValueError(
            f"No recording of {kind} in the {split} part lasts {n_samples / fs:g} s with its margins: ask for fewer "
            "samples, or for source='synthetic'."
        )
    dataset, record = long_enough[rng.integers(len(long_enough))]
    recording = _load(dataset, record, where)
    channel = int(rng.integers(len(recording.channels)))
    x = recording.signal[channel]
    margin = round(MARGIN_S * recording.fs)
    wanted = int(np.ceil(n_samples / fs * recording.fs)) + 2 * margin
    start = int(rng.integers(x.size - wanted + 1))
    longer = resample(x[start : start + wanted], fs=recording.fs, fs_out=fs)
    first = round(margin / recording.fs * fs)
    noise = unit_power(longer[first : first + n_samples])  # takes the segment's offset off as well
    top_hz = min(REAL[kind][dataset], fs / 2)
    start_s = (start + margin) / recording.fs
    return noise, Draw(kind, split, "real", f"{dataset}/{record}", recording.channels[channel], start_s, top_hz)


@functools.lru_cache(maxsize=24)
def _load(dataset, record, root):
    return load(dataset, record, root=root)


@functools.lru_cache(maxsize=256)
def _length_s(dataset, record, root):
    return _load(dataset, record, root).duration_s
