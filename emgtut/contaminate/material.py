"""Material for the training corpus: clean muscle signals and pure noise, each stretch with the person it is from.

Real recordings follow the fixed split of `emgtut.data`; only its training and validation parts are ever opened. What
is simulated has a stream of its own for each part, so that no virtual person is in two parts.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.acquire import bursts, hold, muap_bank, ramp, random_electrode, random_pool, simulate
from emgtut.contaminate.grid import stream
from emgtut.contaminate.library import REAL, draw_with_source
from emgtut.data import available, guard, load, records_in
from emgtut.data.prepare import shape_signal
from emgtut.signals import butterworth, filter_causal, frames, resample, rms

__all__ = ["BAND_HZ", "PARTS", "Sizes", "Stretch", "active_level", "collect"]

FS = 1000.0
BAND_HZ = (20.0, 450.0)  # of a clean muscle, as in the benchmark
PARTS = ("train", "validation")  # test people and test noise have no place here
CLEAN = ("elderly_lower_limb", "muscletracker")  # both may train weights that are given away
DEAD_CHANNEL = "LG"  # the elderly set's fourth channel holds the floor of the instrument and nothing else
LOUD_MV = 0.02  # about nine times that floor: what stays below it is a muscle at rest
SETTLE_S = 1.0  # a simulated muscle starts from silence: this much is cut away
EXCERPT_S, GAP_EXCERPTS = 50.0, 4  # of a long ECG, one excerpt in so many is kept


@dataclass(frozen=True)
class Sizes:
    """How much to simulate, as (training, validation).

    Parameters
    ----------
    people, hearts, movements, grids, colours : tuple of int
        Number of virtual people, hearts, motion artefacts, power lines and stretches of coloured noise.
    seconds : float
        Length of each simulated stretch in seconds.
    excerpts : int
        Excerpts of 50 s from each lead of a long real ECG.

    Examples
    --------
    >>> Sizes().people
    (300, 40)

    Lesson
    ------
    15 FCN
    """

    people: tuple = (300, 40)
    hearts: tuple = (400, 60)
    movements: tuple = (150, 30)
    grids: tuple = (150, 30)
    colours: tuple = (60, 15)
    seconds: float = 15.0
    excerpts: int = 8


@dataclass(frozen=True)
class Stretch:
    """One stretch of one signal at 1 kHz and where it is from.

    Parameters
    ----------
    signal : ndarray, shape (n_samples,), float32
        Clean sEMG in mV; noise at zero mean and unit power, so without a unit.
    part : {"train", "validation"}
        Which part it serves.
    kind : str
        "emg", or a kind of noise.
    dataset : str
        "simulated", or the dataset it is from.
    subject : str
        Whom it is from: `dataset/subject` or `dataset/record`; the seed of what is simulated.
    take : int
        Number of the excerpt within a recording; the leads of one heart share it when they saw the same beats.

    Examples
    --------
    >>> Stretch(np.zeros(3, np.float32), "train", "emg", "simulated", "simulated/train/0").kind
    'emg'

    Lesson
    ------
    15 FCN
    """

    signal: np.ndarray
    part: str
    kind: str
    dataset: str
    subject: str
    take: int = 0


def collect(*, seed, sizes=None, root=None, real="auto"):
    """Gather all stretches, simulated ones first, and check that no person and no noise source is in two parts.

    Parameters
    ----------
    seed : int
        Seed of everything that is simulated.
    sizes : Sizes, optional
        How much to simulate.
    root : path, optional
        Data folder.
    real : {"auto", "none", "all"}
        "auto" takes the real recordings that are there, "none" none, and "all" stops if one is missing.

    Returns
    -------
    list of Stretch

    Raises
    ------
    ValueError
        If `real` is unknown or a source is in two parts.
    DataMissing
        If all recordings are asked for and one is missing.

    Examples
    --------
    >>> few = Sizes(people=(1, 1), hearts=(1, 1), movements=(1, 1), grids=(1, 1), colours=(1, 1), seconds=4.0)
    >>> found = collect(seed=0, sizes=few, real="none")
    >>> sorted({stretch.kind for stretch in found})
    ['coloured', 'ecg', 'emg', 'mains', 'motion']

    Lesson
    ------
    15 FCN
    """
    if real not in ("auto", "none", "all"):
        raise ValueError(f"real is {real!r}, but it must be auto, none or all: choose one of these.")
    sizes = sizes or Sizes()
    found = [s for part in PARTS for s in _simulated(part, seed, sizes)]
    if real != "none":
        found += [s for part in PARTS for s in _recorded(part, sizes, root, must=real == "all")]
    sides = {p: [{"subject": s.subject} for s in found if s.part == p] for p in PARTS}
    guard(sides["train"], sides["validation"], [], by=("subject",))
    return found


def active_level(x, *, fs=FS):
    """How loud a recording is when its muscle works: 95th percentile of the RMS in windows of half a second.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Signal of at least half a second.
    fs : float
        Sampling rate in Hz.

    Returns
    -------
    float
        Level in the unit of `x`.

    Examples
    --------
    >>> active_level(np.tile([1.0, -1.0], 1000))
    1.0

    Lesson
    ------
    15 FCN
    """
    length = round(fs / 2)
    return float(np.percentile(rms(frames(x, length, length // 2)), 95))


def _in_band(x):
    """What counts as muscle. Lower down is the sway of cables, which nobody can tell from the sway of a heart."""
    return shape_signal(x, fs=FS, band_hz=BAND_HZ, fs_out=FS)


# ------------------------------------------------------------------------------------------ simulated


def _simulated(part, seed, sizes):
    place = PARTS.index(part)
    for number in range(sizes.people[place]):
        yield from _person(part, number, stream(seed, "corpus", part, "emg", number), sizes.seconds)
    counts = {"ecg": sizes.hearts, "motion": sizes.movements, "mains": sizes.grids, "coloured": sizes.colours}
    n_samples = round(sizes.seconds * FS)
    for kind, count in counts.items():
        rng = stream(seed, "corpus", part, kind)
        for _ in range(count[place]):
            noise, origin = draw_with_source(kind, part, n_samples, FS, rng, source="synthetic")
            yield Stretch(noise.astype(np.float32), part, kind, "simulated", origin.origin)


def _person(part, number, rng, seconds):
    """One muscle under one electrode and one recorder: a hold, a ramp and bursts."""
    pool = random_pool(rng)
    bank = muap_bank(pool, [random_electrode(rng)], fs=FS)
    chain = _recorder(rng)
    settle = round(SETTLE_S * FS)
    n_samples = round(seconds * FS / 2) + settle  # three profiles of half the length
    floor_db = rng.uniform(-40, -22)
    for drive in _drives(n_samples, rng):
        emg = filter_causal(chain, simulate(drive, fs=FS, rng=rng, pool=pool, muaps=bank).emg)[settle:]
        emg = emg + active_level(emg) * 10 ** (floor_db / 20) * rng.standard_normal(emg.size)
        yield Stretch(_in_band(emg).astype(np.float32), part, "emg", "simulated", f"simulated/{part}/{number}")


def _drives(n_samples, rng):
    on_s = rng.uniform(0.5, 2.0)
    level = np.exp(rng.uniform(*np.log((0.08, 0.8)), 3))
    yield hold(n_samples, fs=FS, level=level[0], tremble=0.1, rng=rng)
    yield ramp(n_samples, fs=FS, peak=rng.uniform(0.3, 0.9))
    off_s, ramp_s = rng.uniform(0.3, 1.5), rng.uniform(0.05, 0.4) * on_s
    yield level[2] * bursts(n_samples, fs=FS, on_s=on_s, off_s=off_s, ramp_s=ramp_s)


def _recorder(rng):
    """A recorder's band: sets differ in their corners, and a network must not learn one recorder by heart."""
    low_hz = np.exp(rng.uniform(*np.log((5.0, 28.0))))
    sections = [butterworth(int(rng.integers(1, 4)), low_hz, "highpass", fs=FS)]
    if rng.random() < 0.5:
        sections.append(butterworth(2, rng.uniform(220.0, 480.0), "lowpass", fs=FS))
    return np.concatenate(sections)


# ------------------------------------------------------------------------------------------- recorded


def _recorded(part, sizes, root, must):
    for dataset in CLEAN:
        for record in records_in(dataset, part):
            if must or available(dataset, record, root=root):
                yield from _muscle(dataset, record, part, root)
    for kind, datasets in REAL.items():
        for dataset in datasets:
            for record in records_in(dataset, part):
                if must or available(dataset, record, root=root):
                    yield from _noise(kind, dataset, record, part, sizes.excerpts, root)


def _muscle(dataset, record, part, root):
    if record.endswith(f"/{DEAD_CHANNEL}"):
        return
    recording = load(dataset, record, root=root)
    for name, x in zip(recording.channels, recording.signal, strict=True):
        x = resample(x - x.mean(), fs=recording.fs, fs_out=FS)
        if name != DEAD_CHANNEL and active_level(x) >= LOUD_MV:
            yield Stretch(_in_band(x).astype(np.float32), part, "emg", dataset, f"{dataset}/{recording.subject}")


def _noise(kind, dataset, record, part, excerpts, root):
    recording = load(dataset, record, root=root)
    longest = round(EXCERPT_S * FS)
    for x in resample(recording.signal, fs=recording.fs, fs_out=FS):
        starts = range(0, x.size, GAP_EXCERPTS * longest)[:excerpts] if x.size > 3 * longest else [0]
        for take, first in enumerate(starts):
            piece = x[first : first + longest] if x.size > 3 * longest else x
            piece = piece - piece.mean()
            yield Stretch((piece / rms(piece)).astype(np.float32), part, kind, dataset, f"{dataset}/{record}", take)
