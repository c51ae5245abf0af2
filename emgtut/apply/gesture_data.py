"""Recordings of hand gestures: runs of several gestures in a row, and the trials that are cut from them.

A run is a continuous recording of one person on one day. Noise and denoisers act on runs, as they would in use; models
see trials, one held gesture each. Every source gives runs of the same kind: simulated people, the 64-channel array
*flexemg*, and Ninapro DB2 and GRABMyo where the reader has them.
"""

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.signal import butter, sosfilt, sosfiltfilt

from emgtut.acquire import gestures as gesture_drive
from emgtut.acquire import muap_bank, random_electrode, random_pool, simulate
from emgtut.contaminate import stream
from emgtut.data import DataMissing, data_root, load, read, records
from emgtut.data.prepare import shape_signal
from emgtut.signals import check_count

__all__ = [
    "FS",
    "GESTURES",
    "MUSCLES",
    "PATTERNS",
    "Run",
    "Trials",
    "cut",
    "flexemg",
    "grabmyo",
    "ninapro",
    "simulated",
    "sketched",
]

FS, BAND_HZ = 1000.0, (20.0, 450.0)  # of every run
GRABMYO_REST = "17"
GRABMYO_WHERE = "get it from https://physionet.org/content/grabmyo/ and put its records into the folder grabmyo"
FLOOR_MV = 0.002  # RMS of the instrument's own noise in simulated runs

# In their order around the forearm, 20 mm apart, seen from the little finger's flexor to the little finger's extensor.
MUSCLES = ("FCU", "FDS", "FCR", "ECR", "ED", "ECU")
# Drive of each muscle: plausible settings, not measurements of anybody.
PATTERNS = {
    "fist": (0.20, 0.45, 0.20, 0.30, 0.20, 0.20),
    "open": (0.08, 0.10, 0.05, 0.12, 0.45, 0.18),
    "flex": (0.40, 0.25, 0.40, 0.08, 0.08, 0.08),
    "extend": (0.08, 0.10, 0.08, 0.40, 0.30, 0.35),
    "radial": (0.06, 0.08, 0.32, 0.36, 0.10, 0.06),
    "ulnar": (0.34, 0.10, 0.06, 0.08, 0.10, 0.36),
    "pinch": (0.10, 0.30, 0.15, 0.22, 0.15, 0.08),
    "point": (0.15, 0.28, 0.10, 0.12, 0.32, 0.10),
}
GESTURES = tuple(PATTERNS)


@dataclass(frozen=True)
class Run:
    """A continuous recording with several gestures.

    Parameters
    ----------
    name : str
        Of its own within the data.
    subject, day : str
        Who, and on which day.
    signal : ndarray, shape (n_channels, n_samples), mV or the unit of the source
        At 1 kHz, band-passed 20-450 Hz, channels in their order around the arm where it is known.
    starts : ndarray of int, shape (n_trials,), samples
        Where each trial starts.
    gestures, repetitions : tuple of str
        Of each trial.

    Examples
    --------
    >>> Run("a/1", "a", "1", np.zeros((2, 5000)), np.array([1000]), ("fist",), ("1",)).gestures
    ('fist',)

    Lesson
    ------
    23 Gesture
    """

    name: str
    subject: str
    day: str
    signal: np.ndarray
    starts: np.ndarray
    gestures: tuple
    repetitions: tuple


@dataclass(frozen=True)
class Trials:
    """Trials as models see them.

    Parameters
    ----------
    signal : ndarray of float32, shape (n_trials, n_channels, n_samples), mV or the unit of the source
        One held gesture each, at 1 kHz.
    gesture, subject, day, repetition : ndarray of str, shape (n_trials,), one value per trial
        What is known about each.

    Examples
    --------
    >>> told = (np.array(column) for column in (["fist", "open"], ["ann", "ann"], ["1", "1"], ["1", "1"]))
    >>> few = Trials(np.zeros((2, 6, 2000), dtype="float32"), *told)
    >>> len(few), few.take([1]).gesture.tolist()
    (2, ['open'])

    Lesson
    ------
    23 Gesture
    """

    signal: np.ndarray
    gesture: np.ndarray
    subject: np.ndarray
    day: np.ndarray
    repetition: np.ndarray

    def __len__(self):
        return len(self.gesture)

    def take(self, at):
        """Return the trials at the places `at`, whole numbers from 0."""
        return Trials(*(getattr(self, name)[at] for name in self.__dataclass_fields__))

    def columns(self):
        """Return what is known about the trials, as a dict of columns."""
        return {name: getattr(self, name) for name in ("gesture", "subject", "day", "repetition")}


def cut(runs, signals=None, *, trial_s=2.0):
    """Cut the trials out of runs.

    Parameters
    ----------
    runs : sequence of Run
        All with the same channels.
    signals : sequence of ndarray, each shape (n_channels, n_samples), unit of the run, optional
        Versions of the runs' signals, for example denoised ones, to cut instead of the recorded ones.
    trial_s : float
        Length of a trial in seconds.

    Returns
    -------
    Trials

    Raises
    ------
    ValueError
        If a trial does not fit into its run, or a version has another shape than its run.

    Examples
    --------
    >>> run = Run("a/1", "a", "1", np.arange(12.0).reshape(1, 12), np.array([2, 6]), ("fist", "open"), ("1", "1"))
    >>> cut([run], trial_s=0.003).signal[:, 0].tolist()
    [[2.0, 3.0, 4.0], [6.0, 7.0, 8.0]]

    Lesson
    ------
    23 Gesture
    """
    n_samples, pieces = check_count(round(trial_s * FS), name="samples of a trial", smallest=2), []
    for run, signal in zip(runs, [run.signal for run in runs] if signals is None else signals, strict=True):
        if signal.shape != run.signal.shape:
            raise ValueError(f"A version of {run.name} has shape {signal.shape} instead of {run.signal.shape}.")
        if run.starts.max() + n_samples > signal.shape[-1]:
            raise ValueError(f"A trial of {trial_s:g} s does not fit into the end of {run.name}: choose shorter ones.")
        pieces += [signal[:, start : start + n_samples] for start in run.starts]
    told = {
        "gesture": [name for run in runs for name in run.gestures],
        "subject": [run.subject for run in runs for _ in run.starts],
        "day": [run.day for run in runs for _ in run.starts],
        "repetition": [name for run in runs for name in run.repetitions],
    }
    return Trials(np.stack(pieces).astype(np.float32), **{name: np.array(values) for name, values in told.items()})


# ------------------------------------------------------------------------------------------- simulated people


def simulated(
    *,
    seed,
    people=6,
    days=2,
    repetitions=4,
    later_repetitions=2,
    gestures=GESTURES,
    units=40,
    hold_s=2.0,
    rest_s=0.5,
):
    """Simulate people who make gestures with six forearm muscles under six electrodes.

    People differ in muscles, fat, place of the electrodes and in how they make each gesture. On another day the same
    muscles lie under electrodes that were put on anew, and the gestures are made a little differently. The six muscles
    lie side by side in a flat block; crosstalk between neighbours follows from that, the ring is not closed.

    Parameters
    ----------
    seed : int
        Of everything (dimensionless). People of two seeds are different people.
    people, days : int
        How many.
    repetitions, later_repetitions : int
        Runs of all gestures on the first day, and on each later one.
    gestures : sequence of str
        Some of `GESTURES`.
    units : int
        Motor units of each muscle. Time grows with it.
    hold_s, rest_s : float
        Length in seconds of a gesture, which is a trial, and of the rest before it.

    Returns
    -------
    list of Run
        In millivolts.

    Raises
    ------
    ValueError
        If a gesture is unknown.

    Examples
    --------
    >>> (run,) = simulated(seed=0, people=1, days=1, repetitions=1, gestures=("fist", "open"))
    >>> run.name, run.signal.shape, sorted(run.gestures)
    ('simulated/0-1/day1/1', (6, 5000), ['fist', 'open'])

    Lesson
    ------
    23 Gesture
    """
    _check_gestures(gestures)
    runs = []
    for person in range(1, check_count(people, name="people") + 1):
        subject = f"simulated/{seed}-{person}"
        body = _Body(stream(seed, "gesture", "person", person), gestures, check_count(units, name="units"))
        for day in range(1, check_count(days, name="days") + 1):
            rng = stream(seed, "gesture", "day", person, day)
            worn = body.electrodes_on(rng)
            for repetition in range(1, (repetitions if day == 1 else later_repetitions) + 1):
                signal, starts, order = body.perform(worn, rng, hold_s=hold_s, rest_s=rest_s)
                told = tuple(gestures[at] for at in order), (str(repetition),) * len(order)
                runs.append(Run(f"{subject}/day{day}/{repetition}", subject, str(day), signal, starts, *told))
    return runs


class _Body:
    """One simulated person: muscles, and how each gesture is made."""

    def __init__(self, rng, gestures, units):
        places = 20.0 * (np.arange(len(MUSCLES)) - (len(MUSCLES) - 1) / 2)
        self.pools = [random_pool(rng, x_mm=x, n_units=units, sub_fibres=8) for x in places]
        self.places = places + 3.0 * rng.standard_normal(places.size)  # where electrodes are put on this person
        habit = np.exp(0.3 * rng.standard_normal((len(gestures), len(MUSCLES))))
        self.patterns = np.array([PATTERNS[name] for name in gestures]) * habit

    def electrodes_on(self, rng):
        """Put the electrodes on: what they see of each muscle, and the gestures of that day."""
        shift = 3.0 * rng.standard_normal(self.places.size)
        along = rng.uniform(-8.0, 8.0)
        row = [random_electrode(rng, x_mm=x, z_mm=along, spacing_mm=20.0) for x in self.places + shift]
        banks = [muap_bank(pool, row, fs=FS) for pool in self.pools]
        patterns = self.patterns * np.exp(0.1 * rng.standard_normal(self.patterns.shape))
        return row, banks, np.clip(patterns, 0.0, 0.9)

    def perform(self, worn, rng, *, hold_s, rest_s):
        """Make every gesture once, in an order by chance."""
        row, banks, patterns = worn
        order = rng.permutation(len(patterns))
        made = gesture_drive(patterns, order, fs=FS, rng=rng, hold_s=hold_s, rest_s=rest_s)
        emg = simulate(made.drive, fs=FS, rng=rng, pool=self.pools, electrode=row, muaps=banks).emg
        emg += FLOOR_MV * rng.standard_normal(emg.shape)
        starts = np.flatnonzero((made.label[1:] >= 0) & (made.label[:-1] < 0)) + 1
        return shape_signal(emg, fs=FS, band_hz=BAND_HZ), starts, order


def sketched(*, seed, people=6, days=2, repetitions=4, later_repetitions=2, gestures=GESTURES, hold_s=2.0, rest_s=0.5):
    """Sketch people instead of simulating them: noise in the band of muscle, as loud as each muscle is driven.

    A hundred times as fast as :func:`simulated`, and without motor units, fibres or a volume conductor. Each electrode
    hears a muscle the less, the further away it lies. What differs between people and days is of the same kind: the
    place of the electrodes, how loud muscles are, and how a gesture is made. No two repetitions are quite alike.

    Parameters
    ----------
    seed, people, days, repetitions, later_repetitions, gestures, hold_s, rest_s
        As for :func:`simulated`.

    Returns
    -------
    list of Run
        In millivolts.

    Raises
    ------
    ValueError
        If a gesture is unknown.

    Examples
    --------
    >>> first, again = (sketched(seed=0, people=1, days=1, repetitions=1)[0] for _ in range(2))
    >>> first.signal.shape, bool(np.all(first.signal == again.signal))
    ((6, 20000), True)

    Lesson
    ------
    23 Gesture
    """
    _check_gestures(gestures)
    runs = []
    for person in range(1, check_count(people, name="people") + 1):
        subject, rng = f"sketched/{seed}-{person}", stream(seed, "gesture", "sketch", person)
        usual = np.arange(len(MUSCLES)) + 0.3 * rng.standard_normal(len(MUSCLES))  # electrodes, in steps of 20 mm
        habit = np.exp(0.3 * rng.standard_normal((len(gestures), len(MUSCLES))))
        loud = 0.5 * np.exp(0.3 * rng.standard_normal(len(MUSCLES)))
        for day in range(1, check_count(days, name="days") + 1):
            rng = stream(seed, "gesture", "sketch", person, day)
            place = usual + 0.3 * rng.standard_normal(usual.size)
            hears = loud * np.exp(-np.square((place[:, None] - np.arange(len(MUSCLES))) / 0.8))
            drives = np.array([PATTERNS[name] for name in gestures]) * habit
            drives = drives * np.exp(0.15 * rng.standard_normal(drives.shape))
            for repetition in range(1, (repetitions if day == 1 else later_repetitions) + 1):
                order = rng.permutation(len(gestures))
                signal = _noise_as_loud_as(drives[order], hears, rng, hold_s, rest_s)
                starts = np.round(FS * (rest_s + (hold_s + rest_s) * np.arange(len(order)))).astype(int)
                told = tuple(gestures[at] for at in order), (str(repetition),) * len(order)
                runs.append(Run(f"{subject}/day{day}/{repetition}", subject, str(day), signal, starts, *told))
    return runs


def _noise_as_loud_as(drives, hears, rng, hold_s, rest_s):
    """One run of gestures, one after another, at all electrodes."""
    made = drives * np.exp(0.2 * rng.standard_normal(drives.shape))  # no two repetitions are alike
    rest, hold = np.zeros((made.shape[1], round(rest_s * FS))), round(hold_s * FS)
    drive = np.concatenate([part for row in made for part in (rest, np.repeat(row[:, None], hold, axis=1))], axis=1)
    soft = butter(2, 5.0, fs=FS, output="sos")  # nobody starts or stops at once
    noise = sosfilt(butter(2, (40.0, 200.0), "bandpass", fs=FS, output="sos"), rng.standard_normal(drive.shape))
    emg = hears @ (np.abs(sosfiltfilt(soft, drive)) * noise) + FLOOR_MV * rng.standard_normal(drive.shape)
    return shape_signal(emg, fs=FS, band_hz=BAND_HZ)


def _check_gestures(gestures):
    unknown = [name for name in gestures if name not in PATTERNS]
    if unknown:
        raise ValueError(f"There is no gesture {unknown[0]!r}; choose from {', '.join(GESTURES)}.")


# --------------------------------------------------------------------------------------------- real recordings


def flexemg(*, ring=None, settle_s=1.0, root=None):
    """Read the trials of the 64-channel forearm array: two people, four gestures, nine runs on one day, one on another.

    The gestures of a run follow one another without a rest; a trial starts `settle_s` after the change of the cue.

    On the other day the pattern of levels around the arm fits that of the first day only after a turn by twelve of the
    sixteen places, in both people: the array was put on turned, or its plugs were exchanged; the files do not say. The
    recordings are given as they are, unturned.

    Parameters
    ----------
    ring : int, optional
        Only this one of the four rings of sixteen electrodes, from 0; all 64 channels by default.
    settle_s : float
        Seconds after the cue that are left out.
    root : path, optional
        Data folder.

    Returns
    -------
    list of Run
        In millivolts; channels go around the arm, the four electrodes along it beside one another.

    Raises
    ------
    DataMissing
        If a recording is not here. Nothing is put in its place.

    References
    ----------
    Moin2018

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> flexemg(root="a folder that does not exist")
    Traceback (most recent call last):
    ...
    emgtut.data.places.DataMissing: ...
    """
    runs = []
    for name in records("flexemg"):
        recording = load("flexemg", name, root=root)
        about, label = recording.meta, recording.labels["gesture"]
        grid = np.array(about["grid"]) - 1
        order = (grid if ring is None else grid[:, [ring]]).ravel()
        starts, codes = _stretches(label)
        runs.append(
            Run(
                f"flexemg/{name}",
                f"flexemg/{recording.subject}",
                about["session"],
                _shaped(recording.signal[order], recording.fs),
                np.array(starts) + round(settle_s * FS),
                tuple(about["gestures"][code - 1] for code in codes),
                (f"{about['phase']}{int(about['trial'].split('-')[1])}",) * len(codes),
            )
        )
    return runs


def ninapro(*, people=None, exercises=("1", "2", "3"), trial_s=2.0, root=None):
    """Read Ninapro DB2: forty people, 49 gestures in three exercises, six repetitions each, one day.

    A trial starts where the relabelled movement starts. A gesture is named by exercise and number, so that names of two
    exercises cannot collide. A movement that starts too late for a whole trial is left out.

    Parameters
    ----------
    people : sequence of str, optional
        Which subjects, by number; all by default.
    exercises : sequence of str
        Which of the three.
    trial_s : float
        Length of the trials that will be cut, in seconds.
    root : path, optional
        Data folder.

    Returns
    -------
    list of Run
        One for each person and exercise, in millivolts, with the twelve channels in the order of the file.

    Raises
    ------
    DataMissing
        If a recording is not here. Nothing is put in its place.

    References
    ----------
    Atzori2014

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> ninapro(people=["1"], root="a folder that does not exist")
    Traceback (most recent call last):
    ...
    emgtut.data.places.DataMissing: ...
    """
    people = [str(number) for number in (range(1, 41) if people is None else people)]
    runs = []
    for subject in people:
        for exercise in exercises:
            recording = load("ninapro_db2", f"S{subject}_E{exercise}_A1", root=root)
            signal = _shaped(recording.signal, recording.fs)
            starts, codes = _stretches(recording.labels["gesture"])
            turns = recording.labels["repetition"][starts]
            starts = np.rint(np.array(starts) * FS / recording.fs).astype(int)
            kept = starts + round(trial_s * FS) <= signal.shape[-1]
            runs.append(
                Run(
                    f"ninapro_db2/{subject}/{exercise}",
                    f"ninapro_db2/{subject}",
                    "1",
                    signal,
                    starts[kept],
                    tuple(f"{exercise}.{code}" for code in np.array(codes)[kept]),
                    tuple(str(turn) for turn in turns[kept]),
                )
            )
    return runs


def grabmyo(*, people=None, settle_s=1.5, root=None):
    """Read GRABMyo: sixteen gestures, seven repetitions, three days, up to 43 people.

    It is a set of WFDB records in the folder ``grabmyo`` of the data root, under their names from PhysioNet, such as
    ``session1_participant1_gesture1_trial1``. The sixteen electrodes around the forearm are used (F1 to F16); the
    seventeenth "gesture" is rest and left out. The gestures of one repetition are separate records; they are laid end
    to end as one run.

    Parameters
    ----------
    people : sequence of str, optional
        Which participants, by number; all that are here by default.
    settle_s : float
        Seconds at the start of each record that are left out.
    root : path, optional
        Data folder.

    Returns
    -------
    list of Run
        In the unit of the files.

    Raises
    ------
    DataMissing
        If there is no such record here.

    References
    ----------
    Pradhan2022

    Lesson
    ------
    23 Gesture

    Examples
    --------
    >>> grabmyo(root="a folder that does not exist")
    Traceback (most recent call last):
    ...
    emgtut.data.places.DataMissing: ...
    """
    folder = (data_root() if root is None else Path(root)) / "grabmyo"
    found = {}
    for path in folder.rglob("session*_participant*_gesture*_trial*.hea"):
        day, person, gesture, trial = re.findall(r"\d+", path.stem)
        if gesture != GRABMYO_REST and (people is None or person in people):
            found.setdefault((int(person), int(day), int(trial)), {})[int(gesture)] = path
    if not found:
        raise DataMissing(
            "grabmyo", folder.parent, ["session1_participant1_gesture1_trial1.hea"], instead=GRABMYO_WHERE
        )
    runs = []
    for (person, day, trial), paths in sorted(found.items()):
        pieces = [_ring_of(read(paths[gesture])) for gesture in sorted(paths)]
        ends = np.cumsum([piece.shape[-1] for piece in pieces])
        runs.append(
            Run(
                f"grabmyo/{person}/day{day}/{trial}",
                f"grabmyo/{person}",
                str(day),
                np.concatenate(pieces, axis=-1),
                np.concatenate([[0], ends[:-1]]) + round(settle_s * FS),
                tuple(str(gesture) for gesture in sorted(paths)),
                (str(trial),) * len(paths),
            )
        )
    return runs


def _ring_of(recording):
    """The electrodes around the forearm of a GRABMyo record."""
    wanted = [at for at, name in enumerate(recording.channels) if re.fullmatch(r"F\d+", name)]
    return _shaped(recording.signal[wanted], recording.fs)


def _shaped(signal, fs):
    """Without offset, in the band, at 1 kHz."""
    return shape_signal(signal - signal.mean(axis=-1, keepdims=True), fs=fs, band_hz=BAND_HZ)


def _stretches(label):
    """Starts and values of the stretches of one and the same label above zero."""
    starts = np.concatenate([[0], np.flatnonzero(np.diff(label)) + 1])
    starts = starts[label[starts] > 0]
    return starts, label[starts]
