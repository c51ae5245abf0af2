"""The training corpus: one file of clean muscle and pure noise, from which batches of mixtures are drawn.

`build` makes the file once; `Corpus.open` reads it; `Corpus.batch` mixes fresh windows in about a millisecond, so a
network never waits and hardly ever sees a mixture twice. The file holds training and validation material only.

The training distribution. Half of the windows carry the heart alone at -16 to 1 dB, half a mixture of one to five kinds
of noise at -15 to 15 dB. Each kind in a mixture has equal power before the sum is scaled, once, to the SNR.
Where there are real recordings of a kind, half of the draws are real and half synthetic.
"""

import hashlib
import json
import math
import os
import pathlib
import platform

import numpy as np

from emgtut.contaminate.library import KINDS
from emgtut.contaminate.material import FS, PARTS, active_level, collect
from emgtut.contaminate.varied_heart import STRETCH, varied_heart
from emgtut.signals import check_count, check_rng

__all__ = ["TASKS", "Corpus", "build"]

VERSION = 2
FIELDS = ("part", "kind", "dataset", "subject", "take")
TASKS = {"ecg": (-16.0, 1.0), "mixture": (-15.0, 15.0)}  # SNR ranges in dB
ACTIVE = 0.3  # a clean window is at least this loud, as a fraction of its recording's active level
GRID = 50  # clean windows start at multiples of this many samples


def build(path, *, seed=0, sizes=None, root=None, real="auto"):
    """Gather the material and write it to one file, under a temporary name first.

    Parameters
    ----------
    path : path
        File to write, ending in `.npz`. Something of that name is replaced.
    seed : int
        Seed of everything that is simulated.
    sizes : emgtut.contaminate.material.Sizes, optional
        How much to simulate.
    root : path, optional
        Data folder.
    real : {"auto", "none", "all"}
        Whether to take real recordings; "auto" takes those that are there. `Corpus.about` says which they were.

    Returns
    -------
    Corpus

    Raises
    ------
    ValueError
        If a setting is unknown, or a person or a noise source would be in two parts.
    DataMissing
        If all recordings are asked for and one is missing.

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.contaminate.material import Sizes
    >>> few = Sizes(people=(1, 1), hearts=(1, 1), movements=(1, 1), grids=(1, 1), colours=(1, 1), seconds=6.0)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     corpus = build(f"{folder}/corpus.npz", sizes=few, real="none")
    >>> noisy, clean = corpus.batch(np.random.default_rng(0), 4, "train", 1000)
    >>> noisy.shape, noisy.dtype
    ((4, 1000), dtype('float32'))

    Lesson
    ------
    15 FCN
    """
    path = pathlib.Path(path)
    if path.suffix != ".npz":
        raise ValueError(f"The corpus would be called {path.name}, but it must end in .npz: rename it.")
    found = collect(seed=seed, sizes=sizes, root=root, real=real)
    names = np.array([[getattr(s, field) for field in FIELDS] for s in found])
    lengths = np.array([s.signal.size for s in found])
    signal = np.concatenate([s.signal for s in found])
    about = {
        "version": VERSION,
        "seed": int(seed),
        "fs": FS,
        "datasets": sorted({s.dataset for s in found}),
        "numpy": np.__version__,
        "python": platform.python_version(),
        "sha256": _fingerprint(signal, lengths, names),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.npz")
    try:
        np.savez(part, signal=signal, lengths=lengths, names=names, about=np.array(json.dumps(about)))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return Corpus(signal, lengths, names, about)


class Corpus:
    """Material in memory, ready to be mixed.

    Parameters
    ----------
    signal : ndarray, shape (n_total,), float32; mV for muscles, no unit for noise
        All stretches, one after the other, at 1 kHz.
    lengths : ndarray of int, shape (n_stretches,), samples
        How long each stretch is.
    names : ndarray of str, shape (n_stretches, 5), no unit
        Part, kind, dataset, subject and take of each stretch.
    about : dict
        Version, seed, datasets and SHA-256 of the contents.

    Examples
    --------
    >>> names = np.array([["train", "emg", "simulated", "a", "0"], ["train", "white", "simulated", "b", "0"]])
    >>> one = Corpus(np.ones(4000, np.float32), np.array([2000, 2000]), names, {})
    >>> one.subjects("train", "emg")
    ['a']

    Lesson
    ------
    15 FCN
    """

    def __init__(self, signal, lengths, names, about):
        self.signal, self.lengths, self.names, self.about = signal, lengths, names, about
        self._first = np.cumsum(lengths) - lengths
        self._starts = {}  # for each length of window: where each clean stretch is active
        self._choices = {}
        self._leads = {}

    @classmethod
    def open(cls, path):
        """Read a corpus that `build` wrote, and check that nothing in it has changed."""
        path = pathlib.Path(path)
        if not path.is_file():
            raise ValueError(f"There is no corpus at {path}: make one with emgtut.contaminate.corpus.build.")
        with np.load(path, allow_pickle=False) as file:
            signal, lengths, names = file["signal"], file["lengths"], file["names"]
            about = json.loads(str(file["about"]))
        if about["version"] != VERSION:
            raise ValueError(f"{path} has version {about['version']}, but {VERSION} is wanted: build it again.")
        if about["sha256"] != _fingerprint(signal, lengths, names):
            raise ValueError(f"{path} does not hold what its fingerprint says: build it again.")
        return cls(signal, lengths, names, about)

    def subjects(self, part, kind, *, dataset=None):
        """List the people (`kind="emg"`) or noise sources of one part, of all datasets or of one."""
        rows = self._rows(part, kind, lambda d: dataset in (None, d))
        return sorted(set(self.names[rows, 3].tolist()))

    def batch(self, rng, n, part, n_samples, task="both", *, muscle=None, noise="any", snr_db=None, vary=0.0):
        """Draw `n` mixtures and their clean signals, shape (n, n_samples), float32, at 1 kHz.

        The noisy windows have zero mean and unit standard deviation; the clean ones are scaled by the same factor.

        `rng` is a `numpy.random.Generator`; `part` is "train" or "validation"; `task` is "ecg", "mixture" or "both".
        `muscle` restricts the clean signals to one dataset and `noise` the noise to "real" or "synthetic" sources;
        with "real", kinds that have no recording stay synthetic. `snr_db` is a pair (lowest, highest) in dB that
        replaces the range of the task. `vary` is the share of recorded hearts that are seen otherwise
        (`emgtut.contaminate.varied_heart`).
        """
        check_rng(rng)
        n, n_samples = check_count(n, name="n"), check_count(n_samples, smallest=100)
        for name, value, choices in (
            ("part", part, PARTS),
            ("task", task, ("both", *TASKS)),
            ("noise", noise, ("any", "real", "synthetic")),
        ):
            if value not in choices:
                raise ValueError(f"{name} is {value!r}, but it must be one of {', '.join(choices)}.")
        clean, added = np.empty((2, n, n_samples))
        ratio = np.empty((n, 1))
        if noise == "real" and not self._people(part, "ecg", None, n_samples):
            raise ValueError("This corpus holds no real noise: build it with the recordings, or pass noise='any'.")
        for row in range(n):
            one = task if task != "both" else tuple(TASKS)[rng.integers(2)]
            clean[row] = self._muscle(rng, part, n_samples, muscle)
            added[row] = self._noise(rng, part, n_samples, one, noise, vary)
            ratio[row] = 10 ** (-rng.uniform(*(snr_db or TASKS[one])) / 20)
        added *= ratio * np.sqrt(_energy(clean) / _energy(added))
        noisy = clean + added
        scale = 1 / np.sqrt(_energy(noisy) / n_samples)
        return (noisy * scale).astype(np.float32), (clean * scale).astype(np.float32)

    # ------------------------------------------------------------------------------------------ draws

    def _muscle(self, rng, part, n_samples, dataset):
        """A window in which a muscle works: simulated or real, then a person, then a recording, then a start."""
        starts = self._active_starts(n_samples)
        wanted = [None, "simulated"] if dataset is None else [dataset]
        sources = [c for c in (self._people(part, "emg", w, n_samples) for w in wanted) if c]
        if not sources:
            raise ValueError(f"No active clean window of {n_samples} samples in {part} ({dataset or 'any dataset'}).")
        people = sources[rng.integers(len(sources))]
        rows = people[rng.integers(len(people))]
        row = rows[rng.integers(len(rows))]
        first = self._first[row] + starts[row][rng.integers(starts[row].size)]
        return _centred(self.signal[first : first + n_samples])

    def _noise(self, rng, part, n_samples, task, source, vary):
        if task == "ecg":
            return self._one_noise(rng, part, "ecg", n_samples, source, vary)
        kinds = rng.permutation(len(KINDS))[: rng.integers(1, len(KINDS) + 1)]
        return sum(self._one_noise(rng, part, KINDS[kind], n_samples, source, vary) for kind in kinds)

    def _one_noise(self, rng, part, kind, n_samples, source, vary):
        """A window of one kind with zero mean, unit power and a random sign."""
        if kind == "white":
            x = _centred(rng.standard_normal(n_samples))
            return x / np.sqrt(np.mean(x * x))
        wanted = {"any": [None, "simulated"], "real": [None], "synthetic": ["simulated"]}[source]
        sources = [c for c in (self._people(part, kind, w, n_samples) for w in wanted) if c]
        sources = sources or [self._people(part, kind, "simulated", n_samples)]
        origins = sources[rng.integers(len(sources))]
        sign = rng.choice([-1.0, 1.0])
        while True:  # a short window may fall between two beats: then another one is drawn
            rows = origins[rng.integers(len(origins))]
            row = rows[rng.integers(len(rows))]
            recorded_heart = kind == "ecg" and self.names[row, 2] != "simulated"
            if vary and recorded_heart and rng.random() < vary:
                x = _centred(self._varied_heart(rng, row, n_samples))
            else:
                first = self._first[row] + rng.integers(self.lengths[row] - n_samples + 1)
                x = _centred(self.signal[first : first + n_samples])
            level = np.sqrt(np.mean(x * x))
            if level > 1e-3:
                return sign / level * x

    def _varied_heart(self, rng, row, n_samples):
        if row not in self._leads:  # leads that saw the same beats have all five fields in common
            self._leads[row] = np.flatnonzero((self.names == self.names[row]).all(axis=1))
        leads = self._leads[row]
        length = min(math.ceil(STRETCH * n_samples), self.lengths[leads].min())
        start = rng.integers(self.lengths[leads].min() - length + 1)
        pieces = [self.signal[self._first[lead] + start :][:length] for lead in leads]
        return varied_heart(pieces, n_samples, fs=FS, rng=rng)

    def _people(self, part, kind, dataset, n_samples):
        """Rows by person or origin, long enough for the window; dataset None means all real ones."""
        key = (part, kind, dataset, n_samples)
        if key not in self._choices:
            rows = self._rows(part, kind, lambda d: d != "simulated" if dataset is None else d == dataset)
            if kind == "emg":
                active = self._active_starts(n_samples)
                rows = [row for row in rows if active[row].size]
            by_subject = {}
            for row in rows:
                if self.lengths[row] >= n_samples:
                    by_subject.setdefault(self.names[row, 3], []).append(row)
            self._choices[key] = list(by_subject.values())
        return self._choices[key]

    def _rows(self, part, kind, wants):
        here = (self.names[:, 0] == part) & (self.names[:, 1] == kind)
        return [int(row) for row in np.flatnonzero(here) if wants(self.names[row, 2])]

    def _active_starts(self, n_samples):
        """For each clean stretch, the starts of windows at least `ACTIVE` times as loud as its active level."""
        if n_samples not in self._starts:
            self._starts[n_samples] = {
                int(row): _starts(self.signal[self._first[row] : self._first[row] + self.lengths[row]], n_samples)
                for row in np.flatnonzero(self.names[:, 1] == "emg")
            }
        return self._starts[n_samples]


def _starts(x, n_samples):
    if x.size < n_samples:
        return np.empty(0, dtype=int)
    total = np.concatenate([[0.0], np.cumsum(np.square(x, dtype=np.float64))])
    starts = np.arange(0, x.size - n_samples + 1, GRID)
    level = np.sqrt((total[starts + n_samples] - total[starts]) / n_samples)
    return starts[level >= ACTIVE * active_level(x)]


def _centred(x):
    return x - x.mean()


def _energy(x):
    return np.sum(x * x, axis=-1, keepdims=True)


def _fingerprint(signal, lengths, names):
    digest = hashlib.sha256(json.dumps([lengths.tolist(), names.tolist()]).encode())
    digest.update(np.ascontiguousarray(signal, dtype="<f4"))
    return digest.hexdigest()
