"""From one recording to its segments: trials, screening, band and rate, windows, names."""

import numpy as np

from emgtut.data.prepare import Trial, content_hash, published_id, segment_id, shape_signal, trials, windows

DB8_PUBLISHED_FS = 1111.0  # Hz; the files have 2000

# Which exercises and channels (from 1) of ninapro_db2 a published recipe uses, by part of its split.
DB2_USE = {
    "qase": {"train": (("1",), (1, 2, 3, 4)), "validation": (("1",), (5, 6)), "test": (("1",), (9, 10))},
    "msemg": {"train": (("1",), (2,)), "validation": (("3",), (2,)), "test": (("2",), (9, 10, 11, 12))},
}


def segments_of(recording, recipe, screen):
    """Cut one recording into segments.

    Parameters
    ----------
    recording : Recording
        As loaded.
    recipe : Recipe
        How.
    screen : callable
        ``screen(active, rest, fs) -> dict`` with ``keep`` (bool), ``grade``, ``reasons`` and measures; `rest` is None
        where nobody marked it.

    Returns
    -------
    rows : list of dict
        One per segment.
    arrays : list of numpy.ndarray, shape (n_samples,), in the recording's units
        The segments.
    screened : list of dict
        One per trial and channel, kept or not.
    """
    meta = recording.meta
    fs = DB8_PUBLISHED_FS if meta["dataset"] == "ninapro_db8" and not recipe.corrected("rate") else recording.fs
    found = _trials(recording, recipe)
    resting = np.asarray(recording.labels["gesture"]) == 0 if "gesture" in recording.labels else None
    rows, arrays, screened = [], [], []
    for channel, (name, x) in enumerate(zip(recording.channels, recording.signal, strict=True), 1):
        rest = x[resting] if resting is not None and resting.any() else None
        shaped, content = None, content_hash(x)
        for trial in found:
            about = _about(recording, trial, channel, name, fs)
            if recipe.screen:
                verdict = screen(x[trial.start : trial.stop], rest, fs)
                screened.append({**about, **verdict})
                if not verdict["keep"]:
                    continue
                about["grade"] = verdict["grade"]
            if shaped is None and (recipe.whole or recipe.corrected("filter")):
                shaped = _shape(x, fs, recipe)
            if shaped is None:
                piece = _shape(x[trial.start : trial.stop], fs, recipe)
            else:
                first, last = (round(at * recipe.fs / fs) for at in (trial.start, trial.stop))
                piece = shaped[first:last]
            if recipe.peak and np.any(piece):
                piece = piece / np.max(np.abs(shaped if shaped is not None else piece))
            cut = windows(piece, fs=recipe.fs, window_s=recipe.window_s)
            for number, segment in enumerate(cut):
                if not np.any(segment):
                    continue
                parts = {**about, "segment": number, "content": content}
                make = segment_id if recipe.corrected("ids") else published_id
                name_parts = {**parts, "subject": about["subject"].split("/", 1)[1]}
                units = "of the largest" if recipe.peak else recording.units
                rows.append({"segment_id": make(**name_parts), **parts, "fs": recipe.fs, "units": units})
                arrays.append(segment)
    return rows, arrays, screened


def used_in(recipe, row, part):
    """Say whether a recipe uses this exercise and channel in this part of the split."""
    if row["dataset"] != "ninapro_db2" or recipe.name not in DB2_USE:
        return True
    exercises, channels = DB2_USE[recipe.name][part]
    return row["exercise"] in exercises and int(row["channel"]) in channels


def _trials(recording, recipe):
    meta, labels = recording.meta, recording.labels
    if recipe.whole or "gesture" not in labels:
        told = str(meta.get("gesture") or meta.get("movement") or meta.get("task") or "")
        return [Trial(0, 0, recording.n_samples, told, str(meta.get("repetition", "")))]
    return trials(labels["gesture"], labels.get("repetition"), split_changes=recipe.corrected("merge"))


def _about(recording, trial, channel, name, fs):
    meta = recording.meta
    record = str(meta["record"])
    return {
        "dataset": meta["dataset"],
        "record": record,
        "recording": f"{meta['dataset']}/{record}",
        "subject": f"{meta['dataset']}/{recording.subject or record}",
        "exercise": str(meta.get("exercise", "")),
        "trial": trial.number,
        "gesture": trial.gesture,
        "repetition": trial.repetition,
        "channel": channel,
        "channel_name": name,
        "start_sample": trial.start,
        "stop_sample": trial.stop,
        "fs_source": fs,
    }


def _shape(x, fs, recipe):
    every_second = not recipe.corrected("resampling") and recipe.whole and fs == 2 * recipe.fs
    return shape_signal(
        x, fs=fs, band_hz=recipe.band_hz, order=recipe.order, fs_out=recipe.fs, every_second=every_second
    )
