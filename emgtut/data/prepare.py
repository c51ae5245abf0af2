"""Pure steps of preparing a corpus: trials, band, windows, names that cannot collide, files that are never half."""

import csv
import hashlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from emgtut.signals import butterworth, check_fs, filter_zero_phase, frames, resample, validate


@dataclass(frozen=True)
class Trial:
    """A stretch of a recording in which one thing was done.

    Parameters
    ----------
    number : int
        Place in the recording, from 0.
    start, stop : int
        First sample, and the one after the last.
    gesture, repetition : str
        What was done, and for which time; empty where nobody noted it.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> Trial(0, 100, 300, "fist", "1").stop
    300
    """

    number: int
    start: int
    stop: int
    gesture: str = ""
    repetition: str = ""


def trials(gesture, repetition=None, *, min_samples=16, split_changes=True):
    """Find the trials of a recording: stretches without rest.

    Parameters
    ----------
    gesture : array_like, shape (n_samples,), index (0 is rest)
        What was done at each sample.
    repetition : array_like, shape (n_samples,), index from 1, optional
        For which time. A trial takes the value that most of its samples have, 0 left out.
    min_samples : int
        Leave out shorter stretches.
    split_changes : bool
        Start a new trial where one gesture follows another without rest. CleanSEMG does not: such neighbours merge, and
        the gesture is that of the majority.

    Returns
    -------
    list of Trial

    References
    ----------
    CleanSEMG2026

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> gesture = [0] * 5 + [1] * 20 + [2] * 30 + [0] * 5
    >>> [(trial.start, trial.stop, trial.gesture) for trial in trials(gesture)]
    [(5, 25, '1'), (25, 55, '2')]
    >>> [(trial.start, trial.stop, trial.gesture) for trial in trials(gesture, split_changes=False)]
    [(5, 55, '2')]
    """
    gesture = np.asarray(gesture)
    key = gesture if split_changes else (gesture > 0).astype(int)
    edges = np.flatnonzero(np.diff(key)) + 1
    found = []
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(gesture)], strict=True):
        if gesture[start] > 0 and stop - start >= min_samples:
            again = "" if repetition is None else _majority(np.asarray(repetition)[start:stop])
            found.append(Trial(len(found), start, stop, _majority(gesture[start:stop]), again))
    return found


def _majority(values):
    kinds, counts = np.unique(values[values > 0], return_counts=True)
    return str(int(kinds[np.argmax(counts)])) if kinds.size else ""


def shape_signal(x, *, fs, band_hz=(20.0, 500.0), order=4, fs_out=1000.0, every_second=False):
    """Band-pass a signal forwards and backwards and bring it to the common rate.

    Parameters
    ----------
    x : array_like, shape (..., n_samples), any unit
        Signal.
    fs : float
        Sampling rate in Hz.
    band_hz : (float, float)
        Corners in Hz. The upper one is lowered to 0.99 times half the sampling rate where it lies above that.
    order : int
        Order of the Butterworth design.
    fs_out : float
        Wanted sampling rate in Hz.
    every_second : bool
        Take every second sample instead of a resampling filter, as the single-channel denoisers and QASE-net do.

    Returns
    -------
    ndarray, shape (..., n_out), same unit

    Raises
    ------
    ValueError
        If every second sample does not give the wanted rate.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> shape_signal(np.random.default_rng(0).standard_normal(4000), fs=2000).shape
    (2000,)
    """
    fs = check_fs(fs)
    band = (band_hz[0], min(band_hz[1], 0.99 * fs / 2))
    filtered = filter_zero_phase(butterworth(order, band, "bandpass", fs=fs), validate(x, min_samples=2))
    if not every_second:
        return resample(filtered, fs=fs, fs_out=fs_out)
    if fs != 2 * fs_out:
        raise ValueError(f"Every second sample of {fs:g} Hz is not {fs_out:g} Hz; resample instead.")
    return filtered[..., ::2]


def windows(x, *, fs, window_s):
    """Cut a signal into windows that neither overlap nor touch the incomplete end.

    Parameters
    ----------
    x : array_like, shape (n_samples,), any unit
        Signal.
    fs : float
        Sampling rate in Hz.
    window_s : float
        Length of a window in seconds.

    Returns
    -------
    ndarray, shape (n_windows, n), same unit
        Possibly no window.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> windows(np.arange(7.0), fs=1, window_s=3)
    array([[0., 1., 2.],
           [3., 4., 5.]])
    """
    length = round(window_s * check_fs(fs))
    x = np.asarray(x)
    return frames(x, length, length) if x.shape[-1] >= length else np.empty((0, length))


def content_hash(x, *, digits=12):
    """Fingerprint of samples: equal samples, equal text; one changed bit, another text.

    Parameters
    ----------
    x : array_like, shape (...), any unit
        Samples.
    digits : int
        Hexadecimal digits to keep.

    Returns
    -------
    str

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> content_hash([1.0, 2.0]) == content_hash([1.0, 2.0]) != content_hash([2.0, 1.0])
    True
    """
    x = np.ascontiguousarray(x, dtype="<f8")
    return hashlib.sha256(repr(x.shape).encode() + x.tobytes()).hexdigest()[:digits]


def segment_id(**parts):
    """Name a segment after everything that tells it apart; the name cannot collide, and says what it is.

    Parameters
    ----------
    **parts : str or int
        ``dataset``, ``record``, ``subject``, ``exercise``, ``trial``, ``channel``, ``segment``, ``content`` and what
        else there is. All go into the fingerprint at the end; the short ones can be read.

    Returns
    -------
    str
        Safe as a file name.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> one = segment_id(dataset="db2", record="S1_E1_A1", subject="1", exercise="1", trial=0, channel=3, segment=0)
    >>> two = segment_id(dataset="db2", record="S1_E2_A1", subject="1", exercise="2", trial=0, channel=3, segment=0)
    >>> one[:-13], two[:-13]
    ('db2_s1_e1_t0_c3_w0', 'db2_s1_e2_t0_c3_w0')
    >>> one[-12:] == two[-12:]
    False
    """
    told = json.dumps({name: str(value) for name, value in parts.items()}, sort_keys=True)
    shown = {"subject": "s", "exercise": "e", "trial": "t", "channel": "c", "segment": "w"}
    start = "".join(mark if mark.isalnum() else "-" for mark in str(parts.get("dataset", "")))
    readable = "".join(f"_{letter}{_plain(parts[name])}" for name, letter in shown.items() if parts.get(name, "") != "")
    return f"{start}{readable}_{hashlib.sha256(told.encode()).hexdigest()[:12]}"


def published_id(**parts):
    """Name a segment as CleanSEMG does: without the exercise, although trials are counted anew in each exercise.

    Parameters
    ----------
    **parts : str or int
        As for `segment_id`.

    Returns
    -------
    str
        The same for two exercises of a subject.

    References
    ----------
    CleanSEMG2026

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> published_id(dataset="DB2", subject="1", exercise="1", channel=3, trial=0, segment=0)
    'DB2_1_ch3_t0_seg0'
    >>> published_id(dataset="DB2", subject="1", exercise="2", channel=3, trial=0, segment=0)
    'DB2_1_ch3_t0_seg0'
    """
    return "{dataset}_{subject}_ch{channel}_t{trial}_seg{segment}".format(**parts)


def _plain(value):
    return "".join(mark if mark.isalnum() else "-" for mark in str(value))


def write_whole(path, content):
    """Write a file so that it is there whole or not at all, whenever the program is stopped.

    Parameters
    ----------
    path : pathlib.Path
        Where to; its folder is made.
    content : bytes
        What.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_whole(Path(folder, "a", "b.txt"), b"done")
    ...     sorted(file.name for file in Path(folder, "a").iterdir())
    ['b.txt']
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    with part.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(part, path)


def write_array(path, x):
    """Write samples as a float32 ``.npy`` file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Where to.
    x : array_like, shape (...), any unit
        Samples.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_array(Path(folder, "x.npy"), [1.0, 2.0])
    ...     np.load(Path(folder, "x.npy"), allow_pickle=False)
    array([1., 2.], dtype=float32)
    """
    stream = io.BytesIO()
    np.save(stream, np.asarray(x, dtype=np.float32), allow_pickle=False)
    write_whole(path, stream.getvalue())


def write_table(path, rows):
    """Write rows as a CSV file, whole or not at all.

    Parameters
    ----------
    path : pathlib.Path
        Where to.
    rows : list of dict
        Every column of any row becomes a column; what a row lacks stays empty.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_table(Path(folder, "t.csv"), [{"id": "a", "k": 1}, {"id": "b"}])
    ...     Path(folder, "t.csv").read_text().split()
    ['id,k', 'a,1', 'b,']
    """
    columns = list(dict.fromkeys(name for row in rows for name in row))
    stream = io.StringIO(newline="")
    table = csv.DictWriter(stream, columns, restval="", lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    write_whole(path, stream.getvalue().encode("utf-8"))
