"""Find the samples among the named arrays of an .npz or .mat file."""

import numpy as np

from emgtut.data.traces import Trace


def single_array(arrays, source):
    """Return name and values of the only array that can be a signal; several are a question, not a guess."""
    candidates = {
        name: values
        for name, values in arrays.items()
        if isinstance(values, np.ndarray) and values.dtype.kind in "iuf" and values.size > 1 and values.ndim <= 2
    }
    if len(candidates) != 1:
        said = ", ".join(f"{name} {values.shape}" for name, values in list(candidates.items())[:12]) or "none"
        raise ValueError(
            f"{source} must hold exactly one array of samples, or one named 'signal'; found {said}: save one array."
        )
    return next(iter(candidates.items()))


def traces_of(values, name, fs=None, units=None):
    """Split a 1-D or 2-D array into traces; the longer axis is time."""
    table = np.squeeze(values)
    if table.ndim == 1:
        return [Trace(name, table, fs, units)]
    if table.ndim != 2 or table.shape[0] == table.shape[1]:
        raise ValueError(
            f"The array {name!r} of shape {values.shape} leaves open which axis is time; save it as (1, n)."
        )
    rows = table if table.shape[1] > table.shape[0] else table.T
    return [Trace(f"{name} {i}", row, fs, units) for i, row in enumerate(rows)]


def scalar(arrays, names):
    """Return the first of `names` that holds one real number, else None."""
    for name in names:
        values = np.asarray(arrays.get(name, []))
        if values.size == 1 and values.dtype.kind in "iuf":
            return float(values.reshape(-1)[0])
    return None
