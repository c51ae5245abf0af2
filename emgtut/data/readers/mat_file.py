"""MATLAB files up to version 7, and PhysioNet's export of an excerpt: a matrix `val` beside a .info text."""

import re

import numpy as np

from emgtut.data.readers.arrays import scalar, single_array, traces_of
from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.mat_layout import numeric_variables
from emgtut.data.traces import Contents, Trace

RATE = ("fs", "Fs", "FS", "samplingRate", "sampling_rate")
INFO_RATE = re.compile(r"Sampling frequency:\s*([\d.]+)\s*Hz")
INFO_ROW = re.compile(r"^\s*(\d+)\t(.+?)\t([\d.]+)\t(-?[\d.]+)\t(\S+)\s*$", re.MULTILINE)


def contents(path):
    """Read a ``.mat`` file with one numeric matrix."""
    arrays = load_arrays(path)
    info = path.with_suffix(".info")
    if "val" in arrays and info.is_file():
        return _physionet(arrays["val"], info)
    name, values = single_array(arrays, path.name)
    return Contents(traces_of(values, name, scalar(arrays, RATE)), meta={"format": "MAT"})


def load_arrays(path):
    """Load the arrays of numbers of a ``.mat`` file, or say in one sentence why not; the rest is passed over."""
    from scipy.io import loadmat
    from scipy.io.matlab import MatReadError

    try:
        names = numeric_variables(path)
        return {name: values for name, values in loadmat(path, variable_names=names).items() if name in names}
    except NotImplementedError as error:
        raise ValueError(f"{path.name} is a MATLAB 7.3 file; save it with -v7 and read it again.") from error
    except (MatReadError, *DAMAGE) as error:
        raise ValueError(f"{path.name} is not a readable MATLAB file; copy or download it again.") from error


def _physionet(values, info):
    """Scale the integers of `val` by the gains and bases that the ``.info`` text gives."""
    text = info.read_text("utf-8", "replace")
    rate, rows = INFO_RATE.search(text), INFO_ROW.findall(text)
    if rate is None or len(rows) != len(values):
        raise ValueError(f"{info.name} does not describe the {len(values)} signals beside it; download both again.")
    traces = [
        Trace(name.strip(), (row.astype(np.float64) - float(base)) / float(gain), float(rate[1]), unit)
        for row, (_, name, gain, base, unit) in zip(values, rows, strict=True)
    ]
    return Contents(traces, meta={"format": "MAT", "source": text.splitlines()[0].removeprefix("Source: ").strip()})
