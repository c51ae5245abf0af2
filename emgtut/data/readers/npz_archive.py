"""NumPy archives: our own (every field of a Recording) and plain ones with a single array of samples."""

import json

import numpy as np

from emgtut.data.readers.arrays import scalar, single_array, traces_of
from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.zipped import check_zip
from emgtut.data.traces import Contents, Trace

LABEL = "label_"


def contents(path):
    """Read an ``.npz`` file; pickled objects are refused, because loading one can run any code."""
    arrays = load_arrays(path)
    if "signal" not in arrays:
        name, values = single_array(arrays, path.name)
        return Contents(traces_of(values, name, scalar(arrays, ("fs", "Fs", "FS"))), meta={"format": "NPZ"})
    signal = np.atleast_2d(arrays["signal"])
    if signal.ndim != 2 or signal.dtype.kind not in "iuf":
        raise ValueError(
            f"{path.name} has a signal of shape {signal.shape} and kind {signal.dtype}; need (channels, samples)."
        )
    names = [str(name) for name in arrays.get("channels", [f"channel {i}" for i in range(len(signal))])]
    if len(names) != len(signal):
        raise ValueError(f"{path.name} names {len(names)} channels and has {len(signal)}; the file is damaged.")
    fs = scalar(arrays, ("fs", "Fs", "FS"))
    units = str(arrays["units"]) if "units" in arrays else None
    labels = {name.removeprefix(LABEL): values for name, values in arrays.items() if name.startswith(LABEL)}
    return Contents(
        [Trace(name, row, fs, units) for name, row in zip(names, signal, strict=True)],
        labels=labels,
        subject=str(arrays["subject"]) if "subject" in arrays else None,
        meta={**_meta(arrays, path.name), "format": "NPZ"},
    )


def load_arrays(path):
    """Load every array of an ``.npz`` file, or say in one sentence why not."""
    check_zip(path)
    try:
        with np.load(path, allow_pickle=False) as archive:
            return {name: archive[name] for name in archive.files}
    except DAMAGE as error:
        if "allow_pickle" in str(error):
            raise ValueError(
                f"{path.name} holds Python objects, which are refused because loading them can run code; save arrays."
            ) from error
        raise ValueError(f"{path.name} is not a readable .npz archive; copy or download it again.") from error


def _meta(arrays, source):
    if "meta" not in arrays:
        return {}
    try:
        meta = json.loads(str(arrays["meta"]))
    except json.JSONDecodeError as error:
        raise ValueError(f"{source} has a damaged meta field; copy or download it again.") from error
    return meta if isinstance(meta, dict) else {"meta": meta}
