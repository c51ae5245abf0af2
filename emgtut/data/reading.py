"""Read one file of any supported format."""

import importlib
from pathlib import Path

from emgtut.data.traces import assemble

# suffix -> module in emgtut.data.readers with a function contents(path) -> Contents; loaded when needed
READERS = {
    ".hea": "wfdb_record",
    ".dat": "wfdb_record",
    ".csv": "text_table",
    ".tsv": "text_table",
    ".txt": "txt_file",
    ".xlsx": "workbook",
    ".h5": "opensignals",
    ".hdf5": "opensignals",
    ".npz": "npz_archive",
    ".mat": "mat_file",
    ".edf": "edf_file",
}


def read(path, *, fs=None, units=None, channel=None):
    """Read a recording from a file.

    Parameters
    ----------
    path : str or pathlib.Path
        WFDB (``.hea``, ``.dat``, or the record name without suffix), ``.csv``, ``.tsv``, ``.txt`` (OpenSignals or plain
        columns), ``.xlsx``, OpenSignals ``.h5``, ``.npz``, ``.mat`` or ``.edf``.
    fs : float, hertz, optional
        Sampling rate, where the file does not say. If the file says otherwise, that is an error.
    units : str, optional
        V, mV, uV (or µV), nV or arbitrary, where the file does not say. Voltages are converted to millivolts; without
        any word from file or caller the units are "arbitrary".
    channel : str or int, optional
        Read this channel only: its name, or its number from 0.

    Returns
    -------
    Recording
        Shape (n_channels, n_samples), float64, in mV or arbitrary units.

    Raises
    ------
    FileNotFoundError
        If there is no such file.
    ValueError
        If the file is damaged, cut off or empty, of an unknown format, or silent where it must say something.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import numpy as np, tempfile, pathlib
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = pathlib.Path(folder.name) / "arm.csv"
    >>> _ = path.write_text("time (s),biceps (uV)\\n0.000,10\\n0.001,-20\\n0.002,5\\n")
    >>> read(path)
    <Recording: 1 channel x 3 samples at 1000 Hz (0.003 s), mV: biceps>
    >>> folder.cleanup()
    """
    path = Path(path)
    path, module = _reader(path)
    if not path.exists():
        raise FileNotFoundError(f"There is no file {path}; check the name and the folder.")
    if not path.is_file():
        raise ValueError(f"{path} is not a file; give one recording.")
    if path.stat().st_size == 0:
        raise ValueError(f"{path.name} is empty (0 bytes); copy or download it again.")
    contents = module.contents(path)
    contents.meta.setdefault("file", path.name)
    return assemble(contents, path.name, fs=fs, units=units, channel=channel)


def _reader(path):
    """Choose the reader by suffix; a name without suffix is a WFDB record."""
    if path.is_dir():
        raise ValueError(f"{path} is a folder; give one recording.")
    suffix = path.suffix.lower()
    if suffix not in READERS and path.with_name(path.name + ".hea").is_file():
        path, suffix = path.with_name(path.name + ".hea"), ".hea"
    if suffix not in READERS:
        raise ValueError(f"{path.name} has no format that can be read; allowed are {', '.join(READERS)}.")
    return path, importlib.import_module(f"emgtut.data.readers.{READERS[suffix]}")
