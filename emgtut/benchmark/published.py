"""The published evaluation package of CleanSEMG: pairs that others mixed, read through the restricted reader.

Both halves were divided by a scale and clipped at 1. Here they are multiplied by the scale again (volts); the clipping
cannot be undone. The label's level ignores cross terms, so the realised input SNR is a column of its own (`snr_in`).
"""

import functools

import numpy as np

from emgtut.benchmark.cases import Case
from emgtut.data import load

__all__ = ["KIND_OF", "archive_cases", "archive_size"]

ARCHIVE = "test_combined"
KIND_OF = {"PLI": "mains", "ECG": "ecg", "MOA": "motion", "WGN": "white", "Color": "coloured"}


@functools.lru_cache(maxsize=1)
def _halves(root):
    return tuple(load("cleansemg", f"{ARCHIVE}/{half}", root=root) for half in ("clean", "noisy"))


def archive_size(root):
    """Number of pairs in the archive; `root` is the data folder or None."""
    return len(_halves(root)[0].channels)


def archive_cases(start, stop, root):
    """Pairs `start` to `stop` of the archive as cases; silent clean halves cannot be scored and are refused."""
    clean, noisy = _halves(root)
    return [_case(clean, noisy, index) for index in range(start, min(stop, len(clean.channels)))]


def _case(clean, noisy, index):
    labels = clean.labels
    name, scale = str(labels["segment_id"][index]), float(labels["scale"][index])
    if not np.any(clean.signal[index]):
        raise ValueError(f"The clean half of segment {index} ({name}) is silent; copy or download the archive again.")
    told = str(labels["noise_types"][index]).split("+")
    unknown = [kind for kind in told if kind not in KIND_OF]
    if unknown:
        raise ValueError(f"Segment {index} ({name}) names the noise {unknown[0]!r}; known are {', '.join(KIND_OF)}.")
    about = {
        "case": f"cleansemg/{index:06d}",
        "subject": "cleansemg/" + "_".join(name.split("_")[:2]),
        "recording": f"cleansemg/{name}",
        "channel": next((part for part in name.split("_") if part.startswith("ch")), ""),
        "start_s": 0.0,
        "units": "V",
        "snr_db": float(labels["snr_db"][index]),
        "kinds": "+".join(sorted((KIND_OF[kind] for kind in told), key=list(KIND_OF.values()).index)),
        "k": len(told),
        "sources": str(labels["noise_paths"][index]) if "noise_paths" in labels else "",
    }
    return Case(about, scale * clean.signal[index], scale * noisy.signal[index], clean.fs)
