"""biosignalsnotebooks/gesture_game: two muscles, and the acceleration of the hand as a label."""

from dataclasses import replace

from emgtut.data.collections import single_file

GESTURES = {"0": "no action", "1": "paper", "2": "stone", "3": "scissor"}


def load(paths, about, settings):
    """Read one trial: two channels of EMG, the label ``acceleration_z`` (counts), ``meta["gesture"]`` by name."""
    recording = single_file.load(paths, about, settings)
    gesture = GESTURES[about["gesture"]]
    if not recording.meta["comments"].startswith(gesture):
        raise ValueError(f"{paths[0].name} is not a trial of {gesture!r}, it says {recording.meta['comments']!r}.")
    return replace(
        recording,
        signal=recording.signal[:2],
        channels=recording.channels[:2],
        labels={"acceleration_z": recording.signal[2]},
        meta={**recording.meta, "gesture": gesture},
    )
