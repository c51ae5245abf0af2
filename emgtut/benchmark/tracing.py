"""Where a table is from: command, commit, seed, data, date, libraries."""

import datetime
import importlib.metadata
import platform
import subprocess
from pathlib import Path

import numpy as np

import emgtut
from emgtut.benchmark.cases import digest

__all__ = ["environment", "provenance", "stamp"]

LIBRARIES = ("numpy", "scipy")


def stamp():
    """Commit and date of this moment, as a dict."""
    return {"commit": _commit(), "date": datetime.datetime.now(datetime.UTC).date().isoformat()}


def environment():
    """What decides the last bit of a sample: libraries, kind of machine, and the instructions that NumPy uses."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    versions = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {**versions, "machine": platform.machine(), "simd": " ".join(found)}


def provenance(suite, table, *, command):
    """Tell everything that is needed to make a table again.

    Parameters
    ----------
    suite : Suite
        What was scored.
    table : DataFrame
        What `run` returned.
    command : str
        The command that made it.

    Returns
    -------
    dict of str to str or int
        `command`, `commit` (of all blocks), `seed`, `data` (SHA-256 of all cases), `date`, `emgtut`, `environment`.

    Examples
    --------
    >>> import pandas as pd
    >>> from emgtut.benchmark.suites import Suite
    >>> table = pd.DataFrame({"case": ["a"], "sources": ["s"], "fingerprint": ["f"]})
    >>> told = provenance(Suite("synthetic", "ecg", [], {"seed": 1}), table, command="emgtut benchmark")
    >>> list(told), len(told["data"])
    (['command', 'commit', 'seed', 'data', 'date', 'emgtut', 'environment'], 64)

    Lesson
    ------
    19 Showdown
    """
    now = stamp()
    return {
        "command": command,
        "commit": " ".join(table.attrs.get("commits", [now["commit"]])),
        "seed": suite.about.get("seed", "none"),
        "data": digest(table),
        "date": now["date"],
        "emgtut": emgtut.__version__,
        "environment": " ".join(f"{name}={environment()[name]}" for name in (*LIBRARIES, "machine")),
    }


def _commit():
    """The commit of the program, with "-dirty" where files differ from it; "unknown" outside a checkout."""
    folder = Path(emgtut.__file__).parent
    command = ["git", "-C", str(folder), "describe", "--always", "--dirty", "--abbrev=7", "--exclude=*"]
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
