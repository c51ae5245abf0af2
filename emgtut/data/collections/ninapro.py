"""Ninapro DB2, 3, 4, 7, 8 and 10: one MATLAB file per subject and exercise, whose variables have several names."""

import numpy as np

from emgtut.data.readers.mat_file import load_arrays
from emgtut.data.recording import Recording

EMG = ("emg", "EMG", "emg_signals")
GESTURE = ("restimulus", "restStimulus", "restim", "stimulus")  # relabelled by the muscles' activity before as cued
REPETITION = ("rerepetition", "repetition")
TO_MV = {"V": 1e3, "mV": 1.0, "uV": 1e-3}
OFF_BY = 1  # samples by which a label may be longer or shorter than the signal


def load(paths, about, settings):
    """Read one file. The labels ``gesture`` (0 is rest) and ``repetition`` have one value per sample.

    ``fs`` is that of the files, as the manifest says it; a file that states another one is refused.
    """
    (path,) = paths
    arrays = load_arrays(path)
    emg = _emg(arrays, path.name)
    wanted = (*settings.get("gesture_first", ()), *GESTURE)
    gesture = _label(arrays, wanted, emg.shape[1], path.name)
    if gesture is None:
        raise ValueError(f"{path.name} has none of the labels {', '.join(wanted)}; copy or download it again.")
    labels = {"gesture": gesture}
    repetition = _label(arrays, REPETITION, emg.shape[1], path.name)
    if repetition is not None:
        labels["repetition"] = repetition
    return Recording(
        emg * TO_MV[settings["units"]],
        settings["fs"],
        [f"{number:02d}" for number in range(1, len(emg) + 1)],
        "mV",
        labels=labels,
        subject=about["subject"],
        meta={**about, "file": path.name, "exercise": about.get("exercise", "1")},
    )


def _emg(arrays, name):
    found = next((key for key in EMG if key in arrays), None)
    if found is None:
        raise ValueError(f"{name} has none of the signals {', '.join(EMG)}; it has {', '.join(arrays) or 'nothing'}.")
    emg = np.asarray(arrays[found], dtype=np.float64)
    if emg.ndim != 2 or min(emg.shape) == 0:
        raise ValueError(f"{name} has a signal {found!r} of shape {emg.shape} where samples by channels are expected.")
    return emg if emg.shape[0] < emg.shape[1] else emg.T  # a recording has more samples than channels


def _label(arrays, names, n_samples, source):
    """The first label that is there, one whole number per sample."""
    found = next((key for key in names if key in arrays), None)
    if found is None:
        return None
    values = np.asarray(arrays[found]).ravel()
    if abs(values.size - n_samples) > OFF_BY or values.size == 0:
        raise ValueError(f"{source} has {values.size} values of {found!r} for {n_samples} samples; download it again.")
    if not np.array_equal(values, np.round(values)):
        raise ValueError(f"{source} has values of {found!r} that are not whole numbers; download it again.")
    return np.pad(values, (0, max(n_samples - values.size, 0)), mode="edge")[:n_samples].astype(np.int64)
