"""Where recordings live: the data root, and what to say when something is not there."""

import os
import sys
from pathlib import Path, PurePosixPath


class DataMissing(FileNotFoundError):
    """A dataset, or a file of it, is not under the data root.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    root : pathlib.Path
        The data root that was searched.
    missing : sequence of str, optional
        Names of the files that are not there.
    instead : str, optional
        What to do where `fetch` cannot bring the files.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> print(DataMissing("mitdb", Path("recordings"), ["100.dat"]))
    The dataset 'mitdb' lacks 100.dat under the data root recordings; run `emgtut data fetch mitdb`, or set EMGTUT_DATA
    to a folder that holds it.
    """

    def __init__(self, dataset, root, missing=(), instead=None):
        what = "is not" if not missing else "lacks " + _some(missing)
        remedy = instead or f"run `emgtut data fetch {dataset}`, or set EMGTUT_DATA to a folder that holds it"
        super().__init__(f"The dataset {dataset!r} {what} under the data root {root}; {remedy}.")
        self.dataset, self.root, self.missing = dataset, Path(root), list(missing)


def data_root():
    """Find the folder under which every dataset has a folder of its own.

    Returns
    -------
    pathlib.Path
        ``EMGTUT_DATA`` where that is set, else ``emgtut`` in the user's cache folder. It need not exist yet.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> data_root().is_absolute()
    True
    """
    named = os.environ.get("EMGTUT_DATA")
    if named:
        root = Path(named).expanduser().absolute()
        if root.exists() and not root.is_dir():
            raise ValueError(f"EMGTUT_DATA names {root}, which is a file; name the folder that holds the datasets.")
        return root
    if sys.platform == "win32":
        cache = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        cache = Path.home() / "Library" / "Caches"
    else:
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return (cache / "emgtut").absolute()


def inside(folder, name):
    """Join `name` to `folder`, refusing every name that could lead out of the folder.

    Examples
    --------
    >>> inside(Path("data"), "../secret")
    Traceback (most recent call last):
    ...
    ValueError: The file name '../secret' is refused: it must be a plain relative path with forward slashes.
    """
    pure = PurePosixPath(name)
    hostile = not pure.parts or pure.is_absolute() or ".." in pure.parts or "\\" in name or ":" in name or "\0" in name
    if hostile:
        raise ValueError(f"The file name {name!r} is refused: it must be a plain relative path with forward slashes.")
    return Path(folder).joinpath(*pure.parts)


def _some(names, limit=4):
    shown = ", ".join(names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more files"
