"""elderly_lower_limb: a workbook per subject, a sheet per task, a column per muscle, and a sheet of forces."""

from functools import lru_cache

import numpy as np

from emgtut.data.readers.workbook import sheets, table_of
from emgtut.data.recording import Recording

MUSCLES = ["VL", "BF", "TA", "LG"]


def load(paths, about, settings):
    """Read one task. The label ``dynamometer`` has its column of the sheet DNM, in the device's own unit.

    One sheet name is misspelt upstream (EMB for EMG), so the last two letters decide. Two tasks of a subject may end
    earlier than the others; the dynamometer column then ends with empty cells and is cut to the same length.
    """
    (path,), task = paths, about["task"]
    title, names, table = _sheet(path, path.stat().st_mtime_ns, task)
    if len(names) != len(MUSCLES) or np.isnan(table).any():
        raise ValueError(f"{path.name}, sheet {title!r} needs {len(MUSCLES)} full columns; copy or download it again.")
    forces = _sheet(path, path.stat().st_mtime_ns, "DNM")[2]
    force = forces[: len(table), MUSCLES.index(task)].copy() if forces.shape[1] == len(MUSCLES) else np.empty(0)
    if len(force) != len(table) or np.isnan(force).any():
        raise ValueError(
            f"{path.name}, sheet 'DNM' is shorter than the sheet of task {task}; copy or download it again."
        )
    return Recording(
        table.T * 1e-3,  # the sheets are in microvolts
        settings["fs"],
        MUSCLES,
        "mV",
        labels={"dynamometer": force},
        subject=about["subject"],
        meta={**about, "file": path.name, "sheet": title},
    )


@lru_cache(maxsize=5)
def _sheet(path, changed, ending):
    """Title, column names and numbers of the one sheet whose title ends so; kept, since unpacking takes a second."""
    found = sheets(path, wanted=lambda title: title.split("_")[-1] == ending)
    if len(found) != 1:
        raise ValueError(f"{path.name} needs exactly one sheet for {ending} and has {len(found)}; download it again.")
    ((title, rows),) = found.items()
    return title, *table_of(rows, f"{path.name}, sheet {title!r}")
