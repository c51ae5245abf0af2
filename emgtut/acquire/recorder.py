"""Record a stream to disk so that a killed program loses nothing but what had not yet arrived.

Both formats are written in append form: a header first, then sample after sample. Whatever moment the program is
killed at, what lies on the disk is a readable recording: a sample cut in two at the very end is left out on reading.
Only a power cut can take more, namely what the system had not yet passed on to the disk.
"""

import os
from pathlib import Path

import numpy as np

from emgtut.acquire.frames import fill_gap
from emgtut.data.recording import Recording
from emgtut.data.writing import check_record_name, csv_head

__all__ = ["Recorder"]

LOWEST = -(2**23) + 1  # the count below is WFDB's word for "no sample"


class Recorder:
    """Appends converter counts to a WFDB record (``.hea``, exact counts) or a CSV file (``.csv``, in `units`).

    Samples that the line lost are filled by holding the last value, so that time stays true, and listed in
    ``NAME.gaps.csv`` with start and number of samples. They are not measurements. A number of 0 means that the board
    began to count anew there, and nobody knows how much is missing.

    Parameters
    ----------
    path : str or pathlib.Path
        New file, ``.hea`` or ``.csv``; an existing one is not touched.
    fs : float, hertz
    channels : list of str
    units : str
        ``"mV"`` or ``"arbitrary"``.
    units_per_count : float, `units` per count

    Attributes
    ----------
    n_samples, n_filled : int
        Samples per channel on disk, and how many of them only fill gaps.

    Raises
    ------
    ValueError
        If the file exists or the format is unknown, or rate, names or units cannot be stored.

    Notes
    -----
    The most negative of the 2**24 counts cannot be stored in WFDB and becomes the one above it.

    Lesson
    ------
    05 Streaming

    Examples
    --------
    >>> import tempfile
    >>> from emgtut.data import read
    >>> folder = tempfile.TemporaryDirectory()
    >>> path = Path(folder.name) / "arm.hea"
    >>> with Recorder(path, fs=1000, channels=["biceps"], units="mV", units_per_count=0.5) as recorder:
    ...     recorder.append([[2, 4]])
    ...     recorder.append([[6]], lost=1)
    >>> read(path).signal, recorder.n_filled
    (array([[1., 2., 2., 3.]]), 1)
    >>> folder.cleanup()
    """

    def __init__(self, path, *, fs, channels, units, units_per_count):
        self.path = Path(path)
        about = Recording(np.zeros((len(channels), 1)), fs, channels, units)  # it checks rate, names and units
        self.fs, self.channels, self.units = about.fs, about.channels, about.units
        self.units_per_count = float(units_per_count)
        if not 0 < self.units_per_count < np.inf:
            raise ValueError(f"units_per_count must be a positive number, got {units_per_count}.")
        _, self._data_path, self.gaps_path = recording_files(self.path)
        self.n_samples = self.n_filled = 0
        self._last = np.zeros((len(self.channels), 1), dtype=np.int64)
        self._begin()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def append(self, counts, *, lost=0, restarted=False):
        """Write the next samples, after filling what was lost before them.

        Parameters
        ----------
        counts : array_like (n_channels, n_samples), int, counts
        lost : int
            Samples per channel that are missing before these.
        restarted : bool
            The board began to count anew before these.

        Raises
        ------
        ValueError
            If the number of channels is not the recorder's; nothing is written then.
        OSError
            If the disk is full; the file then ends with the last whole batch.

        Lesson
        ------
        05 Streaming

        Examples
        --------
        See :class:`Recorder`.
        """
        counts = np.asarray(counts, dtype=np.int64)
        if counts.ndim != 2 or counts.shape[0] != len(self.channels):
            raise ValueError(f"counts must have shape ({len(self.channels)}, n_samples), got {counts.shape}.")
        whole = fill_gap(counts, lost, self._last)
        if whole.shape[1] == 0:
            return
        if lost or restarted:
            self._note_gap(lost)
        self._write(self._encode(whole))
        self._last = whole[:, -1:]
        self.n_samples += whole.shape[1]
        self.n_filled += lost

    def close(self):
        """Make sure everything is on the disk and give the file back; closing twice does no harm."""
        if self._file is not None:
            os.fsync(self._file)
            os.close(self._file)
        self._file = None

    def _begin(self):
        head = self._head()  # before any file is made: it refuses names that the format cannot hold
        binary = getattr(os, "O_BINARY", 0)  # Windows would change bytes that look like line ends
        self._file = os.open(self._data_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | binary, 0o644)
        self._size = 0
        if self._data_path == self.path:
            self._write(head)
            return
        # The header makes a record of the signal file, so it comes last, and whole.
        draft = self.path.with_name(f".{self.path.name}.part")
        draft.write_bytes(head)
        os.replace(draft, self.path)

    def _head(self):
        if self.path.suffix == ".csv":
            return csv_head(self.channels, fs=self.fs, units=self.units).encode()
        foreign = [name for name in self.channels if not name.isascii()]
        if foreign:
            raise ValueError(f"A WFDB header holds ASCII names only, unlike {foreign[0]!r}; record to .csv.")
        rate = int(self.fs) if self.fs.is_integer() else self.fs
        gain = 1 / self.units_per_count
        # The header leaves the length out, as the format allows: the signal file's size says it.
        lines = [f"{self.path.stem} {len(self.channels)} {rate!r}"]
        lines += [f"{self._data_path.name} 24 {gain!r}(0)/{self.units} 24 0 0 0 0 {name}" for name in self.channels]
        return ("\n".join(lines) + "\n").encode()

    def _encode(self, counts):
        if self.path.suffix == ".hea":
            wide = np.ascontiguousarray(np.maximum(counts, LOWEST).T.astype("<i4"))
            return wide.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        rows = (counts * self.units_per_count).T
        return "".join(",".join(map(repr, row)) + "\n" for row in rows.tolist()).encode()

    def _write(self, data):
        """Hand all bytes to the system now, past any buffer of ours; after an error, take back a part of a batch."""
        left = memoryview(data)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            os.ftruncate(self._file, self._size)
            raise
        self._size += len(data)

    def _note_gap(self, lost):
        row = f"{self.n_samples},{lost}\n"
        if not self.gaps_path.exists():
            row = "start_sample,n_samples\n" + row
        with open(self.gaps_path, "ab", buffering=0) as file:
            file.write(row.encode())


def recording_files(path):
    """Files that a new recording named `path` will consist of: what one opens, the samples, the list of gaps.

    Raises
    ------
    ValueError
        If the format is unknown or cannot hold the name, or one of the files exists: a recording is never overwritten.

    Examples
    --------
    >>> [file.name for file in recording_files("no_such_folder/arm.hea")]
    ['arm.hea', 'arm.dat', 'arm.gaps.csv']
    >>> [file.name for file in recording_files("no_such_folder/arm.csv")]
    ['arm.csv', 'arm.csv', 'arm.gaps.csv']
    """
    path = Path(path)
    if path.suffix not in (".hea", ".csv"):
        raise ValueError(f"A stream is recorded to .hea (WFDB) or .csv, not to {path.name!r}.")
    if path.suffix == ".hea":
        check_record_name(path.stem)
    files = [path, path.with_suffix(".dat") if path.suffix == ".hea" else path, path.with_suffix(".gaps.csv")]
    taken = [file for file in files if file.exists()]
    if taken:
        raise ValueError(f"'{taken[0]}' exists, and a recording is never overwritten; choose another name.")
    return files
