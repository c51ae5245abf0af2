"""Write a recording to a file: whole or not at all."""

import json
import os
import re
import tempfile
from datetime import time
from fractions import Fraction
from pathlib import Path

import numpy as np

from emgtut.data.readers.npz_archive import LABEL
from emgtut.data.readers.text_table import CSV_MARK

WFDB_LIMIT = 2**23 - 2  # 24-bit counts; the most negative one means "no sample"
TINY = 1e-200  # in place of zero, where dividing by zero would have no meaning
EDF_SLACK = 1.01  # how much wider than the signal the range of eight characters may be


def write(recording, path):
    """Write a recording; the suffix decides the format.

    Parameters
    ----------
    recording : Recording
        What to write, in mV or arbitrary units.
    path : str or pathlib.Path
        ``.npz`` keeps everything: samples exactly, labels, subject, meta. ``.csv`` keeps samples exactly, rate, units,
        channel names and subject. WFDB (``.hea``, or ``.dat``) and ``.edf`` keep rate, units and channel names, and
        round each channel to 24 and 16 bits of its own range. An existing file is replaced.

    Returns
    -------
    pathlib.Path
        The file written; for WFDB its header.

    Raises
    ------
    ValueError
        If the format is unknown or cannot hold the recording.

    Notes
    -----
    The file is written under a temporary name in the same folder and renamed when complete. WFDB has two files: the
    header, which makes a record of them, comes last. EDF consists of data records of equal length, so the end of the
    recording is padded; the true length is noted in the header and `read` cuts to it.

    The largest error, as a share of the channel's range from minimum to maximum, is 2**-24 for WFDB and half of 1/65535
    for EDF. It is middle / 2**31 for WFDB where the middle of that range lies more than 64 ranges from zero, and up to
    1 % more for EDF, which stores the limits with eight characters.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> from emgtut.data import Recording, read
    >>> folder = tempfile.TemporaryDirectory()
    >>> arm = Recording([[0.0, 0.25, -0.5]], fs=1000, channels=["biceps"], units="mV")
    >>> read(write(arm, Path(folder.name) / "arm.csv"))
    <Recording: 1 channel x 3 samples at 1000 Hz (0.003 s), mV: biceps>
    >>> folder.cleanup()
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix not in WRITERS:
        raise ValueError(f"{path.name} has no format that can be written; allowed are {', '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise ValueError(f"The folder {path.parent} does not exist; make it first.")
    if suffix == ".dat":
        path = path.with_suffix(".hea")
    with tempfile.TemporaryDirectory(prefix=".emgtut-", dir=path.parent) as folder:
        parts = WRITERS[suffix](recording, Path(folder) / path.name)
        if len(parts) > 1:
            # Between two renames an old header must not describe a new signal.
            path.unlink(missing_ok=True)
        for part in parts:
            os.replace(part, path.parent / part.name)
    return path


def _write_npz(recording, path):
    optional = {} if recording.subject is None else {"subject": np.array(recording.subject)}
    np.savez_compressed(
        path,
        signal=recording.signal,
        fs=np.array(recording.fs),
        channels=np.array(recording.channels, dtype=str),
        units=np.array(recording.units),
        meta=np.array(json.dumps(recording.meta, default=str)),
        **optional,
        **{LABEL + name: values for name, values in recording.labels.items()},
    )
    return [path]


def _write_csv(recording, path):
    import pandas as pd

    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(
            csv_head(
                recording.channels,
                fs=recording.fs,
                units=recording.units,
                samples=recording.n_samples,
                subject=recording.subject,
            )
        )
        pd.DataFrame(recording.signal.T).to_csv(file, index=False, header=False, lineterminator="\n")
    return [path]


def csv_head(channels, *, fs, units, samples=None, subject=None):
    """Lines of a CSV file before its first sample; a file that is written while it grows leaves out `samples`.

    Parameters
    ----------
    channels : list of str
    fs : float, hertz
    units : {"mV", "arbitrary"}
    samples : int, optional
        Samples per channel.
    subject : str, optional

    Returns
    -------
    str
        Ends with a line end.

    Raises
    ------
    ValueError
        If CSV cannot hold a name.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> print(csv_head(["biceps", "triceps"], fs=1000.0, units="mV", samples=2), end="")
    # emgtut recording
    # fs: 1000.0 Hz
    # units: mV
    # samples: 2
    biceps,triceps
    """
    names = [*channels, subject or ""]
    wrong = [name for name in names if any(mark in name for mark in ',"#\n\r') or name != name.strip()]
    if wrong:
        raise ValueError(f"CSV cannot hold the name {wrong[0]!r} (comma, quote, # or outer blank); write .npz.")
    said = {"fs": f"{float(fs)!r} Hz", "units": units, "samples": samples, "subject": subject}
    comments = "".join(f"# {key}: {value}\n" for key, value in said.items() if value is not None)
    return f"{CSV_MARK}\n{comments}{','.join(channels)}\n"


def check_record_name(name):
    """Refuse a name that a WFDB record cannot have.

    Examples
    --------
    >>> check_record_name("left arm")
    Traceback (most recent call last):
    ...
    ValueError: A WFDB record name consists of letters, digits, - and _, unlike 'left arm'; choose another.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", name):
        raise ValueError(f"A WFDB record name consists of letters, digits, - and _, unlike {name!r}; choose another.")


def _write_wfdb(recording, path):
    import wfdb

    check_record_name(path.stem)
    low, high = recording.signal.min(-1), recording.signal.max(-1)
    middle = (low + high) / 2
    span = np.where(high > low, high - low, np.maximum(np.abs(middle), 1e-6))
    # The baseline (counts at zero) must stay a 32-bit integer, also under an offset much larger than the signal.
    gain = np.minimum(2 * WFDB_LIMIT / span, 2**30 / np.maximum(np.abs(middle), TINY))
    baseline = np.round(-middle * gain)
    counts = np.round(recording.signal * gain[:, None] + baseline[:, None]).astype(np.int64)
    wfdb.wrsamp(
        path.stem,
        fs=int(recording.fs) if recording.fs.is_integer() else recording.fs,
        units=[recording.units] * len(counts),
        sig_name=recording.channels,
        d_signal=np.clip(counts, -WFDB_LIMIT, WFDB_LIMIT).T,
        fmt=["24"] * len(counts),
        adc_gain=gain.tolist(),
        baseline=baseline.astype(int).tolist(),
        write_dir=str(path.parent),
    )
    return [path.with_suffix(".dat"), path]


def _write_edf(recording, path):
    import edfio

    rate = Fraction(recording.fs).limit_denominator(1000)
    if abs(rate / Fraction(recording.fs) - 1) > 1e-12:
        raise ValueError(f"EDF cannot hold a sampling rate of {recording.fs!r} Hz; resample, or write .npz.")
    too_long = [name for name in recording.channels if len(name) > 16 or not name.isascii() or not name.isprintable()]
    if too_long:
        raise ValueError(f"EDF holds channel names of up to 16 ASCII characters, unlike {too_long[0]!r}; write .npz.")
    # One data record lasts `denominator` seconds; eight characters hold microvolts better than millivolts.
    padding = -recording.n_samples % rate.numerator
    data = np.pad(recording.signal, ((0, 0), (0, padding)), mode="edge")
    unit, scale = ("uV", 1e3) if recording.units == "mV" else ("a.u.", 1.0)
    signals = [
        _edf_signal(row * scale, recording.fs, name, unit) for name, row in zip(recording.channels, data, strict=True)
    ]
    patient = edfio.Patient(code=re.sub(r"\s", "_", recording.subject or "X"))
    about = edfio.Recording(additional=(f"samples={recording.n_samples}", f"padding={padding}"))
    edf = edfio.Edf(
        signals, patient=patient, recording=about, starttime=time(0), data_record_duration=float(rate.denominator)
    )
    edf.write(path)
    return [path]


def _edf_signal(row, fs, name, unit):
    """One channel as EDF holds it, if the eight characters of its limits leave the resolution alone."""
    import edfio

    low, high = row.min(), row.max()
    limits = (low, high) if high > low else (low, low + 1)
    try:
        signal = edfio.EdfSignal(row, fs, label=name, physical_dimension=unit, physical_range=limits)
        fits = signal.physical_max - signal.physical_min <= EDF_SLACK * (limits[1] - limits[0])
    except ValueError:
        fits = False
    if not fits:
        raise ValueError(
            f"EDF cannot hold channel {name!r}: its range {low:g} to {high:g} {unit} does not fit eight characters; "
            f"write .npz."
        )
    return signal


WRITERS = {".npz": _write_npz, ".csv": _write_csv, ".hea": _write_wfdb, ".dat": _write_wfdb, ".edf": _write_edf}
