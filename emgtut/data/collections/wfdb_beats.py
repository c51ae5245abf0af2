"""WFDB records with beat annotations beside them."""

from dataclasses import replace

import numpy as np

from emgtut.data.collections import single_file
from emgtut.data.readers.wfdb_record import annotations

# Annotation symbols that mark a beat; the others mark rhythm changes, noise and comments.
BEATS = list("NLRBAaJSVrFejnE/fQ?")


def load(paths, about, settings):
    """Read the record, and from the annotation file the labels ``beat_sample`` and ``beat_symbol``."""
    recording = single_file.load(paths, about, settings)
    (path,) = [path for path in paths if path.suffix == ".atr"]
    samples, symbols = annotations(path)
    inside = samples < recording.n_samples
    samples, symbols = samples[inside], symbols[inside]
    is_beat = np.isin(symbols, BEATS)
    labels = {
        "beat_sample": samples[is_beat],
        "beat_symbol": symbols[is_beat],
        "mark_sample": samples[~is_beat],
        "mark_symbol": symbols[~is_beat],
    }
    meta = {**recording.meta, "marks_beyond_the_end": int(np.count_nonzero(~inside))}
    return replace(recording, labels=labels, meta=meta)
