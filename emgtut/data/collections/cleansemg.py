"""CleanSEMG's evaluation package: archives of Python objects, one dictionary per two-second segment."""

import numpy as np

from emgtut.data.readers.object_npz import load_objects
from emgtut.data.recording import Recording

NEEDED = ("segment_id", "clean", "noisy", "scale", "snr", "k", "noise_types")
# What the archive calls it, what the label is called here, and its kind.
LABELS = {
    "segment_id": ("segment_id", str),
    "dataset": ("source_dataset", str),
    "scale": ("scale", np.float64),
    "snr": ("snr_db", np.float64),
    "k": ("k", np.int64),
    "noise_types": ("noise_types", str),
    "noise_paths": ("noise_paths", str),
    "wgn_capped": ("white_capped", bool),
}


def load(paths, about, settings):
    """Read one half, clean or noisy, of one condition: a channel per segment, in the order of the archive.

    The labels have one value per segment: ``segment_id``, ``snr_db``, ``k``, ``noise_types``, ``scale`` (what the
    segments were divided by before clipping, in volts) and what else the archive has. Segment names may repeat, so
    channels are numbered.
    """
    (path,) = paths
    entries = load_objects(path).get("data")
    if entries is None or entries.ndim != 1 or not len(entries) or not all(isinstance(e, dict) for e in entries):
        raise ValueError(f"{path.name} needs an array 'data' of dictionaries; copy or download it again.")
    lacking = sorted({name for entry in entries for name in NEEDED if name not in entry})
    if lacking:
        raise ValueError(f"{path.name} has segments without {', '.join(lacking)}; copy or download it again.")
    segments = [np.asarray(entry[about["half"]], dtype=np.float64) for entry in entries]
    if len({segment.shape for segment in segments}) != 1 or segments[0].ndim != 1:
        raise ValueError(f"{path.name} has segments of different lengths; copy or download it again.")
    labels = {
        name: np.array([entry[key] for entry in entries], dtype=kind)
        for key, (name, kind) in LABELS.items()
        if all(key in entry for entry in entries)
    }
    return Recording(
        np.stack(segments),
        settings["fs"],
        [f"{number:06d}" for number in range(len(segments))],
        "arbitrary",
        labels=labels,
        meta={**about, "file": path.name},
    )
