"""Text files: columns of numbers with or without a header line."""

import io
import re

import numpy as np

from emgtut.data.traces import Contents, Trace

CSV_MARK = "# emgtut recording"  # first line of what `write` makes; such a file is taken at its word
TIME = re.compile(r"^(time|t|seconds|zeit)$", re.IGNORECASE)
# "EMG (uV)", "EMG [mV]": the unit in brackets is split off the name
NAME_AND_UNIT = re.compile(r"^(?P<name>.*?)\s*[\(\[](?P<unit>[^\)\]]*)[\)\]]$")
SECONDS = {"": 1.0, "s": 1.0, "sec": 1.0, "second": 1.0, "seconds": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6}
JITTER = 0.25  # a time column is even when no step strays from the mean by more than this share of it


def contents(path):
    """Read a text file of columns; lines that begin with # may state ``fs``, ``units`` and ``subject``."""
    text = decoded(path)
    comments, lines = _split(text)
    if not lines:
        raise ValueError(f"{path.name} holds no numbers; check that the recording was saved completely.")
    said = _statements(comments)
    own = text.startswith(CSV_MARK)
    if own and "samples" not in said and not text.endswith("\n"):
        lines = lines[:-1]  # the program that wrote it was stopped within a line
        if not lines:
            raise ValueError(f"{path.name} holds no samples; check that the recording was saved completely.")
    delimiter = "," if own else _delimiter(lines, path.suffix.lower())
    names, body = _header(lines, delimiter, always=own)
    if not body:
        raise ValueError(f"{path.name} has a header line but no samples; check that it was saved completely.")
    table = numbers(body, delimiter, path.name, first_line=1 + text.count("\n", 0, text.find(body[0])))
    if own and "samples" in said and (said["samples"] != str(len(table)) or not text.endswith("\n")):
        raise ValueError(f"{path.name} is cut off: it promises {said.get('samples')} samples and has {len(table)}.")
    names, units = _names(names, table.shape[1], path.name, split_units=not own)
    fs = _stated_rate(said, path.name)
    time = None if own else next((i for i, name in enumerate(names) if TIME.match(name)), None)
    if time is not None:
        shown = rate_of_times(table[:, time], SECONDS.get(units[time] or ""), path.name)
        fs = shown if fs is None else fs
    traces = [
        Trace(names[i], table[:, i], fs, units[i] if units[i] is not None else said.get("units"))
        for i in range(table.shape[1])
        if i != time
    ]
    return Contents(traces, subject=said.get("subject"), meta={"format": "text"})


def numbers(lines, delimiter, source, first_line=1):
    """Turn lines of text into a table of numbers, naming the line where that fails.

    Examples
    --------
    >>> numbers(["1,2", "3,x"], ",", "arm.csv")
    Traceback (most recent call last):
    ...
    ValueError: arm.csv, line 2: 'x' is not a number; correct or remove it.
    """
    import pandas as pd

    lines = [line.rstrip() for line in lines]
    width = len(_cells(lines[0], delimiter))
    try:
        frame = pd.read_csv(
            io.StringIO("\n".join(lines)), sep=r"\s+" if delimiter is None else delimiter, header=None, index_col=False,
            float_precision="round_trip", skip_blank_lines=False, na_filter=False, low_memory=False,
        )  # fmt: skip
    except (ValueError, OverflowError):
        return _slow_numbers(lines, delimiter, source, first_line, width)
    # pandas fills short rows and turns words into truth values without a word of its own
    even = frame.shape == (len(lines), width) and all(len(line.split(delimiter)) == width for line in lines)
    if even and all(kind.kind in "iuf" for kind in frame.dtypes):
        return frame.to_numpy(dtype=np.float64)
    return _slow_numbers(lines, delimiter, source, first_line, width)


def _slow_numbers(lines, delimiter, source, first_line, width):
    """Go through the lines one by one: slower, and able to say which one is wrong."""
    rows = []
    for at, line in enumerate(lines, first_line):
        cells = _cells(line, delimiter)
        if len(cells) != width:
            raise ValueError(
                f"{source}, line {at}: {len(cells)} columns where the first line has {width}; is it cut off?"
            )
        try:
            rows.append([float(cell) for cell in cells])
        except ValueError:
            wrong = next(cell for cell in cells if not _is_number(cell))
            raise ValueError(f"{source}, line {at}: {wrong!r} is not a number; correct or remove it.") from None
    return np.array(rows, dtype=np.float64)


def decoded(path):
    """Text of a file, with line ends as Python has them."""
    raw = path.read_bytes()
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        if b"\0" in raw:
            raise ValueError(f"{path.name} is not a text file; give it the suffix of its real format.") from error
        return raw.decode("latin-1").replace("\r\n", "\n").replace("\r", "\n")


def _split(text):
    """Comments (without #) and the other lines that are not blank."""
    lines = [line for line in text.split("\n") if line.strip()]
    comments = [line.lstrip("# ").strip() for line in lines if line.startswith("#")]
    return comments, [line for line in lines if not line.startswith("#")]


def _delimiter(lines, suffix):
    """Tab, semicolon or comma, whichever the second line has; else what the suffix means; None means blanks."""
    sample = lines[min(1, len(lines) - 1)]
    return next((mark for mark in "\t;," if mark in sample), {".csv": ",", ".tsv": "\t"}.get(suffix))


def _cells(line, delimiter):
    """Cells of one line; one delimiter at the very end closes the line and opens no further cell."""
    cells = [cell.strip() for cell in line.split(delimiter)]
    return cells[:-1] if len(cells) > 1 and cells[-1] == "" else cells


def _is_number(cell):
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _header(lines, delimiter, always=False):
    """Split off a first line of names: one in which no cell is a number."""
    cells = [cell.strip('"') for cell in _cells(lines[0], delimiter)]
    if not always and any(_is_number(cell) for cell in cells):
        return None, lines
    return cells, lines[1:]


def _names(header, width, source, split_units=True):
    if header is None:
        return [f"channel {i}" for i in range(width)], [None] * width
    if len(header) != width:
        raise ValueError(f"{source} names {len(header)} columns and has {width}; correct the header line.")
    parts = [NAME_AND_UNIT.match(cell) if split_units else None for cell in header]
    names = [part["name"].strip() if part else cell for part, cell in zip(parts, header, strict=True)]
    return names, [part["unit"].strip() if part else None for part in parts]


def _statements(comments):
    pairs = (comment.split(":", 1) for comment in comments if ":" in comment)
    return {key.strip().lower(): value.strip() for key, value in pairs}


def _stated_rate(said, source):
    word = said.get("fs")
    if word is None:
        return None
    number = word.lower().removesuffix("hz").strip()
    if not _is_number(number):
        raise ValueError(f"{source} states its sampling rate as {word!r}; write it as a number of hertz.")
    return float(number)


def rate_of_times(time, seconds, source):
    """Sampling rate from a column of times: even steps only."""
    if seconds is None:
        raise ValueError(f"{source} gives its time in an unknown unit; use s, ms or us in the header.")
    if len(time) < 2:
        raise ValueError(f"{source} has a time column with one row; a sampling rate needs two.")
    steps = np.diff(time)
    mean = (time[-1] - time[0]) / (len(time) - 1)
    if not np.isfinite(mean) or mean <= 0 or np.any(np.abs(steps - mean) > JITTER * mean):
        raise ValueError(f"{source} has a time column with uneven steps: samples are missing or repeated; resample it.")
    fs = 1 / (mean * seconds)
    # Printed times are rounded: accept the whole number of hertz that the rounding hides.
    hidden = 2 * np.max(np.abs(steps - mean)) / (mean * len(steps)) + 1e-9
    return float(round(fs)) if round(fs) and abs(fs / round(fs) - 1) <= hidden else fs
