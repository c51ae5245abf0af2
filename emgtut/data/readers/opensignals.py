"""OpenSignals, the format of biosignalsplux: HDF5 (.h5) and text (.txt), both holding raw converter counts.

The counts stay counts. A transfer function to millivolts needs the sensor's gain and supply voltage; these files give
the number of bits and the kind of sensor, and neither gain nor supply, so the units are "arbitrary".
"""

import json

import numpy as np

from emgtut.data.readers.damage import DAMAGE
from emgtut.data.readers.text_table import numbers
from emgtut.data.traces import Contents, Trace


def contents(path):
    """Read an OpenSignals ``.h5`` file of one device."""
    import h5py

    try:
        with h5py.File(path, "r") as file:
            devices = [name for name in file if isinstance(file[name], h5py.Group) and "raw" in file[name]]
            groups = [file[name] for name in devices]
            attributes = [dict(group.attrs) for group in groups]
            raw = {name: (data[()], dict(data.attrs)) for group in groups for name, data in group["raw"].items()}
    except DAMAGE as error:
        raise ValueError(f"{path.name} is not a readable OpenSignals file; copy or download it again.") from error
    if len(devices) != 1:
        raise ValueError(f"{path.name} holds {len(devices)} OpenSignals devices; a recording has exactly one.")
    (attributes,) = attributes
    for needed in ("sampling rate", "nsamples", "resolution"):
        if needed not in attributes:
            raise ValueError(f"{path.name} lacks the attribute {needed!r}; it is not a complete OpenSignals file.")
    promised = int(attributes["nsamples"])
    traces = []
    for name, (counts, about) in raw.items():
        if name == "nSeq":
            continue
        counts = np.ravel(counts)
        if len(counts) != promised:
            raise ValueError(
                f"{path.name}, {name}: {len(counts)} samples where {promised} are promised; download it again."
            )
        sensor = about.get("sensor", about.get("label", name))
        label = sensor.decode() if isinstance(sensor, bytes) else str(sensor)
        traces.append(Trace(label, counts, float(attributes["sampling rate"]), "counts"))
    bits = [int(bit) for bit in np.ravel(attributes["resolution"])]
    meta = {"format": "OpenSignals", "bits": bits, "device": _text(attributes.get("device", ""))}
    return Contents(_unique(traces), meta={**meta, "date": _text(attributes.get("date", ""))})


def text_contents(source, text):
    """Read the text form: a line of JSON that describes one device, then columns of counts."""
    head, _, body = text.partition("# EndOfHeader")
    lines = [line for line in body.split("\n") if line.strip()]
    try:
        described = json.loads(head.split("\n")[1].lstrip("# "))
        (device,) = described.values()
        fs, columns, labels = float(device["sampling rate"]), device["column"], device["label"]
        sensors, bits = device["sensor"], [int(bit) for bit in device["resolution"]]
    except DAMAGE as error:
        raise ValueError(f"{source} has a damaged OpenSignals header, or several devices; copy it again.") from error
    if not lines:
        raise ValueError(f"{source} has a header but no samples; check that it was saved completely.")
    table = numbers(lines, "\t", source, first_line=head.count("\n") + 2)
    if table.shape[1] != len(columns) or len(labels) != len(sensors):
        raise ValueError(f"{source} names {len(columns)} columns and has {table.shape[1]}; copy it again.")
    traces = [
        Trace(f"{label} {sensor}", table[:, columns.index(label)], fs, "counts")
        for label, sensor in zip(labels, sensors, strict=True)
        if label in columns
    ]
    meta = {"format": "OpenSignals", "bits": bits, "device": device.get("device", ""), "date": device.get("date", "")}
    return Contents(traces, meta={**meta, "comments": device.get("comments", "")})


def _text(value):
    return value.decode() if isinstance(value, bytes) else str(value)


def _unique(traces):
    """Number the channels whose sensors bear the same name."""
    names = [trace.name for trace in traces]
    for i, trace in enumerate(traces):
        if names.count(names[i]) > 1:
            trace.name = f"{names[i]} {i}"
    return traces
