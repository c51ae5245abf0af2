"""Machado: motion artefacts, one MATLAB file each, with the signal in the variable ``a`` or the only other one."""

import numpy as np

from emgtut.data.readers.mat_file import load_arrays
from emgtut.data.recording import Recording


def load(paths, about, settings):
    """Read one file as one channel; rate and unit are not in the files."""
    (path,) = paths
    arrays = load_arrays(path)
    names = ["a"] if "a" in arrays else [name for name, values in arrays.items() if values.size > 1]
    if len(names) != 1:
        told = ", ".join(names) or "nothing"
        raise ValueError(f"{path.name} needs the variable 'a' or one other signal, but it has {told}.")
    signal = np.asarray(arrays[names[0]], dtype=np.float64)
    if signal.ndim != 2 or 1 not in signal.shape:
        raise ValueError(f"{path.name} has a signal of shape {signal.shape} where one channel is expected.")
    return Recording(signal.reshape(1, -1), settings["fs"], ["motion"], "arbitrary", meta={**about, "file": path.name})
