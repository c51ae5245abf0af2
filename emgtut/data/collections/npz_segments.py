"""nstdb_excerpts: segments of one recording in one archive, arrays ``seg0``, ``seg1``, ... of shape (n, channels)."""

from emgtut.data.readers.npz_archive import load_arrays
from emgtut.data.recording import Recording


def load(paths, about, settings):
    """Read one segment. Its gain is unknown and each segment has its own constant offset, which stays in."""
    (path,), key = paths, f"seg{about['segment']}"
    arrays = load_arrays(path)
    if key not in arrays or arrays[key].ndim != 2:
        raise ValueError(f"{path.name} has no segment {key} of shape (samples, channels); copy or download it again.")
    return Recording(
        arrays[key].T, settings["fs"], settings["channels"], "arbitrary", meta={**about, "file": path.name}
    )
