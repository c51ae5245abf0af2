"""WFDB, the format of PhysioNet: a text header (.hea) beside signal files (.dat), annotations apart (.atr)."""

import re

import numpy as np

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.traces import Contents, Trace

# Bytes per sample by WFDB format number, as a fraction; the others (FLAC) are checked by their decoder.
BYTES_PER_SAMPLE = {
    **dict.fromkeys(("8", "80"), (1, 1)),
    **dict.fromkeys(("16", "61", "160"), (2, 1)),
    **dict.fromkeys(("212",), (3, 2)),
    **dict.fromkeys(("310", "311"), (4, 3)),
    "24": (3, 1),
    "32": (4, 1),
}
PADDING = 4  # bytes that a packed format may add at the end


def contents(path):
    """Read the record of a ``.hea`` or ``.dat`` file, if its signal files are as long as the header says."""
    import wfdb

    header_path = path.with_suffix(".hea")
    if not header_path.is_file():
        raise ValueError(f"{path.name} has no header: {header_path.name} must lie beside it.")
    record_name = str(header_path.with_suffix(""))
    try:
        header = wfdb.rdheader(record_name)
    except DAMAGE as error:
        raise ValueError(f"{header_path.name} is not a readable WFDB header; copy or download it again.") from error
    _check_header(header, header_path)
    _check_sizes(header, header_path)
    length = header.sig_len or _length_of_file(header, header_path)
    try:
        record = wfdb.rdrecord(record_name)
    except DAMAGE as error:
        raise ValueError(f"The WFDB record {header_path.stem} is damaged; copy or download it again.") from error
    if record.p_signal is None or record.p_signal.shape != (length, header.n_sig):
        raise ValueError(f"The WFDB record {header_path.stem} is not as long as its header says; download it again.")
    _check_sums(header, record_name, header_path)
    names = _names(record)
    traces = [
        Trace(names[i], record.p_signal[:, i], float(record.fs), _units(record, i, header_path))
        for i in range(record.n_sig)
    ]
    return Contents(traces, meta={"comments": list(record.comments or []), "format": "WFDB"})


def annotations(path):
    """Read an annotation file: sample index (int64) and symbol (text) of each mark, in order.

    Parameters
    ----------
    path : pathlib.Path
        The annotation file, such as ``100.atr``.

    Returns
    -------
    samples : numpy.ndarray, shape (n_marks,), int64, in samples from the start
    symbols : numpy.ndarray, shape (n_marks,), text, without unit

    Raises
    ------
    ValueError
        If the file is damaged.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> import pathlib, tempfile, wfdb
    >>> folder = tempfile.TemporaryDirectory()
    >>> wfdb.wrann("beats", "atr", np.array([10, 200]), symbol=["N", "V"], write_dir=folder.name)
    >>> annotations(pathlib.Path(folder.name) / "beats.atr")
    (array([ 10, 200]), array(['N', 'V'], dtype='<U1'))
    >>> folder.cleanup()
    """
    import wfdb

    if path.stat().st_size < 2 or path.read_bytes()[-2:] != b"\0\0":
        raise ValueError(f"{path.name} is cut off: an annotation file ends with two zero bytes; download it again.")
    try:
        marks = wfdb.rdann(str(path.with_suffix("")), path.suffix[1:])
    except DAMAGE as error:
        raise ValueError(f"{path.name} is not a readable annotation file; copy or download it again.") from error
    samples = np.asarray(marks.sample, dtype=np.int64)
    if samples.size and (samples[0] < 0 or np.any(np.diff(samples) < 0)):
        raise ValueError(f"{path.name} has marks out of order; copy or download it again.")
    return samples, np.asarray(marks.symbol, dtype=str)


def _check_header(header, path):
    """Refuse headers without the fields that make a recording, and layouts this course has no use for."""
    if getattr(header, "seg_name", None) is not None:
        raise ValueError(f"{path.name} describes a record in several segments; read the segments one by one.")
    first_line = next(
        line for line in path.read_text("ascii", "replace").splitlines() if line.strip() and line[0] != "#"
    )
    # A record that was still growing when its header was written has no length there: its one file has it.
    growing = header.sig_len is None and len(first_line.split()) == 3 and len(set(header.file_name or [])) == 1
    if not header.n_sig or not header.file_name or not (header.sig_len or growing):
        raise ValueError(f"{path.name} describes no signal of known length; copy or download it again.")
    if any(factor not in (None, 1) for factor in header.samps_per_frame or []):
        raise ValueError(f"{path.name} samples its channels at different rates; convert it to one rate first.")
    if len(first_line.split()) < 3:
        # WFDB assumes 250 Hz where a header is silent; we do not.
        raise ValueError(f"{path.name} does not say its sampling rate; add it to the first line.")


def _check_sizes(header, path):
    """Compare each signal file with what the header promises, lest a shorter signal is returned without a word."""
    for name in dict.fromkeys(header.file_name):
        if not re.fullmatch(r"[\w.\- ]+", name) or name.startswith("."):
            raise ValueError(f"{path.name} names the signal file {name!r}, which is not a plain file name.")
        signal_path = path.with_name(name)
        if not signal_path.is_file():
            raise ValueError(f"{path.name} needs the signal file {name}, which is not beside it; download it too.")
        of_file = [i for i, other in enumerate(header.file_name) if other == name]
        ratio = BYTES_PER_SAMPLE.get(str(header.fmt[of_file[0]]))
        if ratio is None or header.sig_len is None:
            continue
        offset = header.byte_offset[of_file[0]] or 0 if header.byte_offset else 0
        expected = offset - (-header.sig_len * len(of_file) * ratio[0] // ratio[1])
        found = signal_path.stat().st_size
        if not expected <= found < expected + PADDING:
            raise ValueError(
                f"{name} is cut off or too long: {path.name} promises {expected} bytes and there are {found}; "
                f"download both again."
            )


def _length_of_file(header, path):
    """Samples per channel in the one signal file of a record without a length; half a frame at its end is left out."""
    name, ratio = header.file_name[0], BYTES_PER_SAMPLE.get(str(header.fmt[0]))
    if ratio is None:
        raise ValueError(f"{path.name} gives no length, which its format needs; copy or download it again.")
    offset = header.byte_offset[0] or 0 if header.byte_offset else 0
    length = (path.with_name(name).stat().st_size - offset) * ratio[1] // (ratio[0] * header.n_sig)
    if length < 1:
        raise ValueError(f"{name} holds no samples; check that the recording was saved completely.")
    return length


def _check_sums(header, record_name, path):
    """Compare the 16-bit checksums of the header with the samples, so that a changed sample does not pass unseen."""
    import wfdb

    if not any(header.checksum or []):
        return  # absent, or zeros, which many writers put in place of a sum
    digital = wfdb.rdrecord(record_name, physical=False)
    for name, value, found in zip(digital.sig_name, header.checksum, digital.calc_checksum(), strict=True):
        if value and (int(value) - int(found)) % 65536:
            raise ValueError(f"{path.stem}, channel {name}, fails the checksum of its header; download it again.")


def _names(record):
    """Channel names, numbered where the header gives none or the same twice."""
    names = [name or f"channel {i}" for i, name in enumerate(record.sig_name)]
    return [name if names.count(name) == 1 else f"{name} {i}" for i, name in enumerate(names)]


def _units(record, i, path):
    """Unit of one channel, or "arbitrary" where the header gives no gain: then the record is not calibrated."""
    signal_lines = [line for line in path.read_text("ascii", "replace").splitlines() if line.strip() and line[0] != "#"]
    fields = signal_lines[1 + i].split()
    gain = re.match(r"[-+]?\d*\.?\d+(?:[eE][-+]?\d+)?", fields[2]) if len(fields) > 2 else None
    return record.units[i] if gain and float(gain[0]) != 0 else "arbitrary"
