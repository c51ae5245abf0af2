"""Load a record of a known dataset by name."""

import importlib
from pathlib import Path

from emgtut.data.manifests import manifest
from emgtut.data.places import DataMissing, data_root, inside


def load(dataset, record, *, root=None):
    """Load one record of a dataset.

    Parameters
    ----------
    dataset : str
        Name of the dataset, as `datasets` lists it.
    record : str
        Name of the record, as `records` lists it, such as ``"100"`` or ``"17/VL"``.
    root : str or pathlib.Path, optional
        The data root; without it, `data_root`.

    Returns
    -------
    Recording
        Shape (n_channels, n_samples), in mV where the gain is known, else arbitrary. `meta` has the dataset, the record
        and the parts of its name.

    Raises
    ------
    ValueError
        If dataset or record are unknown, or a file is damaged.
    DataMissing
        If the files are not there. Nothing is ever put in their place.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> load("mitdb", "99")
    Traceback (most recent call last):
    ...
    ValueError: The dataset 'mitdb' has no record '99'; it has 100, 101, 102, 103, 104, 105, 106, 107 and 40 more.
    """
    record = str(record)
    about = manifest(dataset)
    group = about.group_of(record)
    root = Path(root) if root is not None else data_root()
    needed = group.files_of(record)
    paths = [inside(root / dataset, name) for name in needed]
    missing = [name for name, path in zip(needed, paths, strict=True) if not path.is_file()]
    if missing:
        raise DataMissing(dataset, root, missing, instead=about.manual)
    for name, path in zip(needed, paths, strict=True):
        _check_size(path, about.files[name], dataset)
    reader = importlib.import_module(f"emgtut.data.collections.{group.reader}")
    return reader.load(paths, {"dataset": dataset, **group.fields(record)}, dict(group.settings))


def _check_size(path, file, dataset):
    """A file that ends too early is told by its size; whether every byte is right, `verify` tells."""
    expected = {size for size in (file.size, *(size for size, _ in file.also)) if size is not None}
    if file.size is not None and path.stat().st_size not in expected:
        said = " or ".join(map(str, sorted(expected)))
        raise ValueError(
            f"{file.name} of {dataset!r} has {path.stat().st_size} bytes where {said} are expected; "
            f"run `emgtut data fetch {dataset}` to get it again."
        )


def records(dataset):
    """List the records of a dataset.

    Parameters
    ----------
    dataset : str
        Name of the dataset.

    Returns
    -------
    list of str
        Every record the manifest knows, whether or not its files are there.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> records("elderly_lower_limb")[:4]
    ['1/VL', '1/BF', '1/TA', '1/LG']
    """
    return manifest(dataset).records


def available(dataset, record=None, *, root=None):
    """Say whether a dataset can be loaded here.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    record : str, optional
        Ask for this record; without it, for at least one record of the dataset.
    root : str or pathlib.Path, optional
        The data root; without it, `data_root`.

    Returns
    -------
    bool
        Whether every file the record needs is there. The files are not opened.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> available("mitdb", root="a folder that does not exist")
    False
    """
    about = manifest(dataset)
    folder = (Path(root) if root is not None else data_root()) / dataset
    asked = about.records if record is None else [str(record)]
    return any(all(inside(folder, name).is_file() for name in about.group_of(one).files_of(one)) for one in asked)
