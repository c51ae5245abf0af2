"""Patients for the disorder task: simulated ones by default, each with several needle insertions.

A simulated patient is a muscle of random build. A neurogenic one has lost motor units, and the survivors own the
orphaned fibres; a myopathic one has lost fibres in every unit. How far the disease has gone differs between patients.
Which units a needle hears, and how sharp they are, is chance. That is why a classifier can learn the place of a
needle instead of the disease.
"""

from dataclasses import dataclass

import numpy as np

from emgtut.acquire import myopathic, needle_bank, neurogenic, random_pool, simulate
from emgtut.apply.disorder_spectrogram import NEEDLE_HZ, cut_windows, prepare_needle, robust_sd, two_pictures
from emgtut.contaminate import stream
from emgtut.signals import check_count

__all__ = ["CLASSES", "Cohort", "NeedleRecord", "cohort_of", "record_windows", "simulated_patient", "simulated_records"]

CLASSES = ("normal", "neurogenic", "myopathic")
SEVERITY = (0.3, 0.7)  # share of units, or of fibres, that are lost
DRIVE = (0.08, 0.25)  # weak to moderate effort
NOISE_MV = (0.003, 0.010)  # RMS of needle and amplifier
TRIES = 4  # places of the needle to try until muscle is louder than noise


@dataclass(frozen=True, eq=False)
class NeedleRecord:
    """One recording at one place of a needle.

    Parameters
    ----------
    signal : ndarray, shape (n_samples,), mV
        What was recorded.
    fs : float, hertz
        Sampling rate.
    group : str
        One of `CLASSES`.
    patient : str
        Who.
    name : str
        Of the recording, unlike any other one.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> NeedleRecord(np.zeros(10), 10_000.0, "normal", "normal 1", "normal 1/1").patient
    'normal 1'
    """

    signal: np.ndarray
    fs: float
    group: str
    patient: str
    name: str


@dataclass(frozen=True, eq=False)
class Cohort:
    """Windows of many patients, ready for features and networks.

    Parameters
    ----------
    pictures : ndarray, shape (n_windows, 2, n_bins, n_frames), float32, dB and dB per frame
        Log spectrogram and delta.
    windows : ndarray, shape (n_windows, n_samples), mV, or dimensionless where records were scaled
        The samples.
    group, patient, record, block : ndarray of str, shape (n_windows,), index of the group each window belongs to
        Class, person, recording, and a set of patients with one of each class as far as they go.
    fs : float, hertz
        Sampling rate.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> records = simulated_records(patients=1, spots=1, seconds=2.0, seed=0, reach_mm=0.8)
    >>> cohort = cohort_of(records)
    >>> cohort.pictures.shape, sorted(set(cohort.group.tolist()))
    ((6, 2, 128, 77), ['myopathic', 'neurogenic', 'normal'])
    """

    pictures: np.ndarray
    windows: np.ndarray
    group: np.ndarray
    patient: np.ndarray
    record: np.ndarray
    block: np.ndarray
    fs: float

    def items(self):
        """One row per window for `evaluation.folds`; `place` is a set of recordings with one of each class."""
        places = _blocks(self.record, self.group)
        return {
            "subject": self.patient, "record": self.record, "group": self.group,
            "block": self.block, "place": np.array([places[name] for name in self.record]),
        }  # fmt: skip


def simulated_patient(group, number, *, spots=4, seconds=4.0, seed=0, reach_mm=2.0):
    """Simulate one patient: a muscle of its own, and a needle at several places.

    Parameters
    ----------
    group : str
        One of `CLASSES`.
    number : int
        Which patient of the class; with the seed it decides everything.
    spots : int
        Places of the needle.
    seconds : float
        Length of each recording.
    seed : int
        Of the cohort (dimensionless).
    reach_mm : float, millimetres
        How far from the tip fibres are looked for; time grows with its square.

    Returns
    -------
    list of NeedleRecord

    Raises
    ------
    ValueError
        If there is no such class, or a number makes no sense.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> made = simulated_patient("neurogenic", 1, spots=2, seconds=1.0, reach_mm=0.8)
    >>> [(record.name, record.signal.shape) for record in made]
    [('neurogenic 1/1', (10000,)), ('neurogenic 1/2', (10000,))]
    """
    if group not in CLASSES:
        raise ValueError(f"There is no class {group!r}: choose one of {', '.join(CLASSES)}.")
    rng = stream(seed, "patient", group, check_count(number))
    pool = _sick(random_pool(rng), group, rng)
    records = []
    for spot in range(1, check_count(spots, name="spots") + 1):
        signal = _needle(pool, round(seconds * NEEDLE_HZ), reach_mm, rng)
        records.append(NeedleRecord(signal, NEEDLE_HZ, group, f"{group} {number}", f"{group} {number}/{spot}"))
    return records


def simulated_records(*, patients=8, spots=4, seconds=4.0, seed=0, reach_mm=2.0):
    """Simulate a cohort with equally many patients of each class.

    Parameters
    ----------
    patients : int
        Patients of each class.
    spots, seconds, seed, reach_mm
        As for :func:`simulated_patient`.

    Returns
    -------
    list of NeedleRecord

    Raises
    ------
    ValueError
        If a number makes no sense.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> len(simulated_records(patients=2, spots=1, seconds=1.0, reach_mm=0.8))
    6
    """
    how = {"spots": spots, "seconds": seconds, "seed": seed, "reach_mm": reach_mm}
    people = [(group, number) for number in range(1, check_count(patients, name="patients") + 1) for group in CLASSES]
    return [record for group, number in people for record in simulated_patient(group, number, **how)]


def _sick(pool, group, rng):
    """Return the muscle with the disease of its group; nerve loss is made good by sprouting, fibre for fibre."""
    severity = rng.uniform(*SEVERITY)
    if group == "neurogenic":
        return neurogenic(pool, rng, lost=severity, adopted=1 / (1 - severity))
    return myopathic(pool, rng, kept=1 - severity) if group == "myopathic" else pool


def _needle(pool, n_samples, reach_mm, rng):
    """Record at a place where muscle is heard; move the needle up to `TRIES` times to find one."""
    noise = np.exp(rng.uniform(*np.log(NOISE_MV)))
    drive = np.full(n_samples, rng.uniform(*DRIVE))
    low, high = np.quantile(pool.fibres.depth_mm, [0.1, 0.9])
    sides = np.quantile(pool.fibres.x_mm, [0.1, 0.9])
    for _ in range(TRIES):
        place = {"x_mm": rng.uniform(*sides), "depth_mm": rng.uniform(low, high)}
        bank = needle_bank(pool, rng, fs=NEEDLE_HZ, reach_mm=reach_mm, **place)
        muscle = simulate(drive, fs=NEEDLE_HZ, rng=rng, pool=pool, muaps=bank, method="loop").emg
        if muscle.std() > noise:
            break
    return muscle + noise * rng.standard_normal(n_samples)


def cohort_of(records, *, scaled=True):
    """Prepare recordings: filter, resample, scale, cut into windows, make pictures.

    Parameters
    ----------
    records : sequence of NeedleRecord
        Recordings of at least one second.
    scaled : bool
        Divide each recording by its robust standard deviation. Then the amplifier's gain cannot inform. How far the
        muscle stands above the noise still can: spikes are rare, so this deviation is mostly that of the noise.

    Returns
    -------
    Cohort

    Raises
    ------
    ValueError
        If a recording is too short or silent, or two have the same name.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> records = [NeedleRecord(rng.standard_normal(25_000), 1e4, "normal", "a", f"a/{i}") for i in range(2)]
    >>> cohort_of(records).record.tolist()
    ['a/0', 'a/0', 'a/1', 'a/1']
    """
    names = [record.name for record in records]
    if not records or len(set(names)) < len(names):
        raise ValueError(f"There are {len(names)} recordings with {len(set(names))} names: give each one of its own.")
    blocks = _blocks([record.patient for record in records], [record.group for record in records])
    pieces = [record_windows(record, scaled=scaled) for record in records]
    counts = [len(piece) for piece in pieces]
    columns = {
        name: np.repeat([getattr(record, name) for record in records], counts) for name in ("group", "patient", "name")
    }
    return Cohort(
        pictures=np.concatenate([two_pictures(piece) for piece in pieces]),
        windows=np.concatenate(pieces),
        group=columns["group"], patient=columns["patient"], record=columns["name"],
        block=np.array([blocks[who] for who in columns["patient"]]), fs=NEEDLE_HZ,
    )  # fmt: skip


def record_windows(record, *, scaled=True):
    """Cut one recording into the windows that a cohort holds.

    Parameters
    ----------
    record : NeedleRecord
        At least one second.
    scaled : bool
        As for :func:`cohort_of`.

    Returns
    -------
    ndarray, shape (n_windows, n_samples), dimensionless, or mV where not scaled

    Raises
    ------
    ValueError
        If the recording is too short or silent.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> record = NeedleRecord(np.random.default_rng(0).standard_normal(50_000), 2e4, "normal", "a", "a/1")
    >>> record_windows(record).shape
    (2, 10000)
    """
    x = prepare_needle(record.signal, fs=record.fs)
    return cut_windows(x / robust_sd(x) if scaled else x, fs=NEEDLE_HZ)


def _blocks(names, groups):
    """Number the names of each group, starting again where the smallest group ends, so that folds are balanced."""
    members = {}
    for name, group in zip(names, groups, strict=True):
        members.setdefault(group, {}).setdefault(name)
    smallest = min(len(found) for found in members.values())
    return {name: str(at % smallest) for found in members.values() for at, name in enumerate(found)}
