"""One file is one record; what the file does not say stands in the manifest."""

from dataclasses import replace

from emgtut.data.reading import read


def load(paths, about, settings):
    """Read the first file. Settings: `fs`, `units`, `channels` (new names) and `counts_per_mV` (gain)."""
    recording = read(paths[0], fs=settings.get("fs"), units=settings.get("units"))
    changes = {"subject": about.get("subject"), "meta": {**recording.meta, **about}}
    if "channels" in settings:
        changes["channels"] = settings["channels"]
    if "counts_per_mV" in settings:
        changes |= {"signal": recording.signal / settings["counts_per_mV"], "units": "mV"}
    return replace(recording, **changes)
