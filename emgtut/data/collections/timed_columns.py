"""diaphragm_emg: a text file without header whose first column is the time in seconds."""

from dataclasses import replace

from emgtut.data.collections import single_file
from emgtut.data.readers.text_table import rate_of_times


def load(paths, about, settings):
    """Read the columns after the first; the sampling rate of the manifest must be the one the times show."""
    recording = single_file.load(paths, about, settings)
    shown = rate_of_times(recording.signal[0], 1.0, paths[0].name)
    if abs(shown / recording.fs - 1) > 1e-4:
        raise ValueError(f"{paths[0].name} has times at {shown:g} Hz where {recording.fs:g} Hz is expected.")
    return replace(recording, signal=recording.signal[1:], channels=recording.channels[1:])
