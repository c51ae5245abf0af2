"""flexemg: 64 channels of raw counts, the size of one count in millivolts, and a gesture code for each sample."""

import numpy as np

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.npz_archive import load_arrays
from emgtut.data.recording import Recording


def load(paths, about, settings):
    """Read one trial. The label ``gesture`` is 0 for rest, else 1 + the place in ``meta["gestures"]``.

    ``meta["grid"]`` has the channel numbers (from 1) as they lie on the array.
    """
    path, map_path = paths
    arrays = load_arrays(path)
    lacking = [name for name in ("raw", "label", "labelnames", "fs", "lsb_mV") if name not in arrays]
    if lacking:
        raise ValueError(f"{path.name} lacks {', '.join(lacking)}; copy or download it again.")
    raw, gesture = arrays["raw"], arrays["label"].astype(np.int64)
    if raw.ndim != 2 or raw.shape[0] != len(gesture):
        raise ValueError(f"{path.name} has {len(gesture)} labels for samples of shape {raw.shape}; download it again.")
    try:
        grid = np.load(map_path, allow_pickle=False)
    except DAMAGE as error:
        raise ValueError(f"{map_path.name} is not a readable array; copy or download it again.") from error
    return Recording(
        raw.T * float(arrays["lsb_mV"]),
        float(arrays["fs"]),
        [f"{number:02d}" for number in range(1, raw.shape[1] + 1)],
        "mV",
        labels={"gesture": gesture},
        subject=about["subject"],
        meta={**about, "file": path.name, "gestures": [str(n) for n in arrays["labelnames"]], "grid": grid.tolist()},
    )
