"""European Data Format: 16-bit samples with a physical range for each channel."""

import re

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.traces import Contents, Trace

# Our own note of the length before padding to whole data records; the sum of both must be the length of the file.
NOTE = re.compile(r"(?:^|\s)samples=(\d+) padding=(\d+)(?:\s|$)")


def contents(path):
    """Read an EDF file; annotation channels are left out."""
    import edfio

    try:
        _check_size(path)
        edf = edfio.read_edf(path)
        signals = [(s.label, s.data, float(s.sampling_frequency), s.physical_dimension) for s in edf.signals]
        note, patient = str(edf.local_recording_identification), str(edf.local_patient_identification)
    except DAMAGE as error:
        raise ValueError(
            f"{path.name} is not a complete EDF file ({_short(error)}); copy or download it again."
        ) from error
    noted = NOTE.search(note)
    length = int(noted[1]) if noted else None
    if noted and any(len(data) != length + int(noted[2]) for _, data, *_ in signals):
        raise ValueError(
            f"{path.name} does not have the length that is noted in its header; copy or download it again."
        )
    names = [label for label, *_ in signals]
    traces = [
        Trace(name if names.count(name) == 1 else f"{name} {i}", data[:length], fs, unit)
        for i, (name, data, fs, unit) in enumerate(signals)
    ]
    code = patient.split(" ")[0]
    return Contents(traces, subject=None if code in ("X", "") else code, meta={"format": "EDF"})


def _check_size(path):
    """Compare the file with its header: number of records times their length."""
    head = path.read_bytes()
    if len(head) < 256 or head[:8].strip() != b"0":
        raise ValueError("it has no EDF header")
    n_signals, n_records, size = int(head[252:256]), int(head[236:244]), int(head[184:192])
    at = 256 + n_signals * 216
    per_record = sum(int(head[at + 8 * i : at + 8 * i + 8]) for i in range(n_signals))
    if n_signals < 1 or n_records < 1 or len(head) != size + 2 * n_records * per_record:
        raise ValueError("it is shorter or longer than its header says")


def _short(error):
    return str(error).split("\n")[0].rstrip(".")[:120]
