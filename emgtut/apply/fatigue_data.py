"""Recordings of muscles that tire: simulated people, the Upper-Limb dataset where it is present, one real person.

Every trial is band-passed 20-450 Hz forwards and backwards and brought to 1 kHz. It is cut into windows of 4 s, one
every 2 s; the label of a window is that of its middle, and a window whose two ends differ in label is left out of
training and scores.
"""

import functools
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emgtut.acquire import hold, random_electrode, random_pool, simulate, slowing
from emgtut.contaminate import stream
from emgtut.data import DataMissing, data_root, load
from emgtut.data.prepare import shape_signal
from emgtut.signals import check_count

__all__ = ["CLASSES", "FS", "Trial", "cut", "real_person", "simulated_trials", "upper_limb_trials"]

CLASSES = ("fresh", "transition", "fatigued")
FS, BAND_HZ, WINDOW_S = 1000.0, (20.0, 450.0), 4.0
LENGTH, HOP = 4000, 2000  # of the windows, in samples
MUSCLES = ("biceps brachii", "deltoid anterior", "deltoid medius", "deltoid posterior")

# Simulated people: plausible settings, not measurements of anybody.
POPULATION = 2026  # seed of the people: they are a dataset, and the seeds of a study change noise and training only
UNITS = 60  # motor units of each muscle: few, since potentials are computed for every velocity
FINAL_FACTOR = (0.60, 0.78)  # of the conduction velocity, at the end
EFFORT, EFFORT_RISE, TREMBLE = (0.2, 0.5), (1.0, 1.4), 0.1
SAYS_TRANSITION, SAYS_FATIGUED = (0.25, 0.45), (0.60, 0.80)  # share of a person's own fall at which the answer changes

# The Upper-Limb dataset: its folder under the data root, and trials that earlier work left out.
UPPER_LIMB, UPPER_LIMB_FS, EMG_COLUMNS = "upper_limb_fatigue", 1259.0, (1, 3, 5, 7)
LEFT_OUT = {(11, 4), (8, 9), (9, 9), (5, 10), (3, 1), (7, 5), (11, 5), (12, 4), (9, 6)}
BY_HAND = (
    f"download it from Zenodo (record 13860256), unpack it, and put the folders sEMG_data and "
    f"self_perceived_fatigue_index into the folder {UPPER_LIMB} there"
)


@dataclass(frozen=True)
class Trial:
    """One contraction of one person, with a label for every sample.

    Parameters
    ----------
    subject, name : str
        Who, and which trial.
    signal : ndarray, shape (n_channels, n_samples), mV or arbitrary units
        At 1 kHz.
    labels : ndarray of int, shape (n_samples,), index into `CLASSES`
        What the person would have said at each sample.
    channels : tuple of str
        Muscles.
    velocity : ndarray, shape (n_samples,), dimensionless, optional
        Factor on the conduction velocity, mean of the muscles, where it is known: in a simulation.

    Examples
    --------
    >>> Trial("ann", "1", np.zeros((1, 4)), np.zeros(4, dtype=int), ("biceps",)).item
    'ann/1'

    Lesson
    ------
    22 Fatigue
    """

    subject: str
    name: str
    signal: np.ndarray
    labels: np.ndarray
    channels: tuple
    velocity: np.ndarray | None = None

    @property
    def item(self):
        """Subject and trial, as one text."""
        return f"{self.subject}/{self.name}"


def cut(trial):
    """Say where the windows of a trial lie, what their labels are, and which count.

    Parameters
    ----------
    trial : Trial
        The trial, at least one window long.

    Returns
    -------
    starts : ndarray of int, shape (n_windows,), samples
        First sample of each window.
    labels : ndarray of int, shape (n_windows,), index into `CLASSES`
        Label at the middle.
    kept : ndarray of bool, shape (n_windows,), index of windows
        Whether both ends have the same label.

    Raises
    ------
    ValueError
        If the trial is shorter than a window.

    Examples
    --------
    >>> trial = Trial("ann", "1", np.zeros((1, 9000)), np.repeat([0, 2], [5000, 4000]), ("biceps",))
    >>> [part.tolist() for part in cut(trial)]
    [[0, 2000, 4000], [0, 0, 2], [True, False, False]]

    Lesson
    ------
    22 Fatigue
    """
    if trial.labels.size < LENGTH:
        raise ValueError(f"{trial.item} has {trial.labels.size} samples, but one window has {LENGTH}: take more.")
    starts = np.arange(0, trial.labels.size - LENGTH + 1, HOP)
    first, middle, last = (trial.labels[starts + at] for at in (0, LENGTH // 2, LENGTH - 1))
    return starts, middle, first == last


# --------------------------------------------------------------------------------------- simulated people


@functools.lru_cache(maxsize=2)
def simulated_trials(people=8, seconds=48.0):
    """Simulate people who hold a contraction until they tire, each with four muscles of their own.

    The fibres of each muscle slow down by a factor of the person's own, while the effort rises a little to hold the
    force. What the person says follows from how far the mean velocity has fallen on the way to that person's own limit,
    and people differ in where they change their answer. A real contraction lasts longer; the fall is what counts.

    Parameters
    ----------
    people : int
        How many; the first ones are the same whatever the number.
    seconds : float
        Length of each trial in seconds.

    Returns
    -------
    tuple of Trial
        One for each person.

    Raises
    ------
    ValueError
        If there is nobody, or the trial is shorter than a window.

    Examples
    --------
    >>> (trial,) = simulated_trials(1, 8.0)
    >>> trial.signal.shape, bool(trial.velocity[-1] < 0.8), trial.labels[[0, -1]].tolist()
    ((4, 8000), True, [0, 2])

    Lesson
    ------
    22 Fatigue
    """
    check_count(people, name="people")
    if not seconds >= WINDOW_S:
        raise ValueError(f"seconds is {seconds}, but a trial lasts at least one window: choose {WINDOW_S:g} or more.")
    return tuple(_simulated(str(number + 1), round(seconds * FS)) for number in range(people))


def _simulated(subject, n_samples):
    rng = stream(POPULATION, "fatigue", "person", subject)
    final, steepness = rng.uniform(*FINAL_FACTOR), rng.uniform(0.7, 2.0)
    effort = rng.uniform(*EFFORT) * np.linspace(1.0, rng.uniform(*EFFORT_RISE), n_samples)
    says = rng.uniform(*SAYS_TRANSITION), rng.uniform(*SAYS_FATIGUED)
    signals, factors = [], []
    for _ in MUSCLES:
        own = 1 - (1 - final) * rng.uniform(0.8, 1.2)
        factor = slowing(n_samples, fs=FS, final=own, time_constant_s=steepness * n_samples / FS)
        wander = hold(n_samples, fs=FS, level=0.5, tremble=TREMBLE, rng=rng) / 0.5  # around one
        drive = np.clip(effort * wander, 0.0, 1.0)
        pool, electrode = random_pool(rng, n_units=UNITS), random_electrode(rng)
        signals.append(simulate(drive, fs=FS, rng=rng, pool=pool, electrode=electrode, velocity_factor=factor).emg)
        factors.append(factor)
    velocity = np.mean(factors, axis=0)
    fallen = (1 - velocity) / (1 - velocity[-1])
    labels = np.searchsorted(says, fallen, side="right")
    shaped = shape_signal(np.stack(signals), fs=FS, band_hz=BAND_HZ, fs_out=FS)
    return Trial(f"simulated-{subject}", "1", shaped, labels, MUSCLES, velocity)


# --------------------------------------------------------------------------------------------- real people


def real_person(*, root=None):
    """Read the one real person who tires: one muscle, a contraction about every four seconds, for two minutes.

    Parameters
    ----------
    root : path, optional
        Data folder.

    Returns
    -------
    Trial
        Raw counts of a converter, so arbitrary units. Nobody was asked how tired they felt: every label is -1.

    Raises
    ------
    DataMissing
        If the recording is not here.

    References
    ----------
    BSN

    Examples
    --------
    >>> real_person(root="a folder that does not exist")
    Traceback (most recent call last):
        ...
    emgtut.data.places.DataMissing: The dataset 'biosignalsnotebooks' lacks emg_fatigue.h5 under the data root ...

    Lesson
    ------
    22 Fatigue
    """
    recording = load("biosignalsnotebooks", "emg_fatigue", root=root)
    centred = recording.signal - recording.signal.mean(axis=-1, keepdims=True)
    shaped = shape_signal(centred, fs=recording.fs, band_hz=BAND_HZ, fs_out=FS)
    labels = np.full(shaped.shape[-1], -1)
    return Trial("biosignalsnotebooks", "emg_fatigue", shaped, labels, tuple(recording.channels))


def upper_limb_trials(*, root=None, per_subject=None):
    """Read the Upper-Limb dataset: 13 people, movements with the arm until fatigue, and what they said.

    Nobody who wrote this has seen the files; the reader follows the layout that a published program reads, and refuses
    what it does not expect. A trial without a label file, or with samples missing in its middle, is left out and told.

    Parameters
    ----------
    root : path, optional
        Data folder.
    per_subject : int, optional
        Read the first so many trials of each person; all by default.

    Returns
    -------
    trials : list of Trial
        By subject and trial.
    notes : list of str
        What was left out, in sentences.

    Raises
    ------
    DataMissing
        If the dataset is not here.
    ValueError
        If a file has another layout.

    References
    ----------
    Cerqueira2024

    Examples
    --------
    >>> upper_limb_trials(root="a folder that does not exist")
    Traceback (most recent call last):
        ...
    emgtut.data.places.DataMissing: The dataset 'upper_limb_fatigue' lacks sEMG_data under the data root ...

    Lesson
    ------
    22 Fatigue
    """
    base = Path(root) if root is not None else data_root()
    folder = base / UPPER_LIMB
    files = {_numbers(path): path for path in folder.glob("sEMG_data/subject_*/trial_*.csv")}
    if not files:
        raise DataMissing(UPPER_LIMB, base, ["sEMG_data"], instead=BY_HAND)
    found, notes = [], []
    for subject, number in sorted(files.keys() - LEFT_OUT):
        if per_subject is not None and sum(trial.subject == str(subject) for trial in found) >= per_subject:
            continue
        said = _label_file(folder, subject, number)
        if said is None:
            notes.append(f"Left out, as it has no labels: subject {subject}, trial {number}.")
            continue
        signal, times = _emg_columns(files[subject, number]), _columns(said, (0, 1))
        if not np.isfinite(signal).all():
            notes.append(f"Left out, as samples are missing in it: subject {subject}, trial {number}.")
            continue
        found.append(_upper_limb(str(subject), str(number), signal, times, said.name))
    return found, notes


def _upper_limb(subject, number, signal, said, name):
    signal = signal - signal.mean(axis=-1, keepdims=True)
    shaped = shape_signal(signal, fs=UPPER_LIMB_FS, band_hz=BAND_HZ, fs_out=FS)
    times, answers = said[:, np.isfinite(said).all(axis=0)]
    if times.size < 2 or np.any(np.diff(times) <= 0) or not np.isin(answers, range(len(CLASSES))).all():
        raise ValueError(f"{name} of subject {subject} must hold rising times and labels 0, 1 or 2; download it again.")
    between = (times[1:] + times[:-1]) / 2  # the label that is nearest in time
    labels = answers.astype(int)[np.searchsorted(between, np.arange(shaped.shape[-1]) / FS)]
    return Trial(subject, number, shaped, labels, MUSCLES)


def _emg_columns(path):
    """Four channels; empty cells at the end, where another sensor ran longer, are cut off."""
    signal = _columns(path, EMG_COLUMNS)
    whole = np.flatnonzero(np.isfinite(signal).all(axis=0))
    if not whole.size:
        raise ValueError(f"{path.name} of {path.parent.name} has no row with all four channels; download it again.")
    return signal[:, : whole[-1] + 1]


def _columns(path, wanted):
    """Some columns of a text table with a header, shape (n_columns, n_rows); an empty cell is NaN."""
    import pandas as pd

    table = pd.read_csv(path)
    if table.shape[1] <= max(wanted):
        raise ValueError(f"{path.name} of {path.parent.name} has {table.shape[1]} columns; download it again.")
    return table.iloc[:, list(wanted)].to_numpy(dtype=np.float64).T


def _label_file(folder, subject, number):
    files = sorted((folder / "self_perceived_fatigue_index" / f"subject_{subject}").glob("*.csv"))
    return next((path for path in files if (_numbers(path) or (0, 0))[1] == number), None)


def _numbers(path):
    """Subject and trial by the names of folder and file; the last number of the file's name is the trial."""
    subject, trial = re.findall(r"\d+", path.parent.name), re.findall(r"\d+", path.stem)
    return (int(subject[-1]), int(trial[-1])) if subject and trial else None
