"""Fetch a dataset from its source: what is missing, piece by piece, and nothing that fails its checksum."""

from pathlib import Path

from emgtut.data.checksums import LEDGER, fault, note_first_sight, read_sums, sha256_of
from emgtut.data.downloading import Patience, download
from emgtut.data.manifests import File, manifest
from emgtut.data.places import DataMissing, data_root, inside


def fetch(dataset, *, root=None, records=None, progress=True, patience=None):
    """Download the files of a dataset that are not there yet, and check each.

    Parameters
    ----------
    dataset : str
        Name of the dataset, as `datasets` lists it.
    root : str or pathlib.Path, optional
        The data root; without it, `data_root`. Files go to ``<root>/<dataset>/``.
    records : sequence of str, optional
        Only what these records need; without it, the whole dataset.
    progress : bool, optional
        Show a progress bar for each file.
    patience : Patience, optional
        Attempts, waits (seconds) and time-outs (seconds).

    Returns
    -------
    list of pathlib.Path
        The files asked for. Each is there and has passed its checksum; where no checksum was known, the one seen now is
        noted and counts from now on.

    Raises
    ------
    ValueError
        If dataset or record are unknown.
    DataMissing
        If the dataset cannot be fetched; says how to get it by hand.
    DownloadFailed
        If a file could not be had whole. What had arrived is kept aside (``.part``) and continued next time; files
        already complete stay. Nothing incomplete ever bears a final name.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> fetch("mitdb", records=["99"])
    Traceback (most recent call last):
    ...
    ValueError: The dataset 'mitdb' has no record '99'; it has 100, 101, 102, 103, 104, 105, 106, 107 and 40 more.
    """
    about = manifest(dataset)
    root = Path(root) if root is not None else data_root()
    return fetch_files(about, root, wanted_files(about, records), progress=progress, patience=patience or Patience())


def wanted_files(about, records=None):
    """Names of the files that the records need, or all that the dataset needs."""
    if records is None:
        return [name for name, file in about.files.items() if file.needed]
    names = [str(record) for record in ([records] if isinstance(records, str) else records)]
    return list(dict.fromkeys(file for name in names for file in about.group_of(name).files_of(name)))


def fetch_files(about, root, names, *, progress, patience):
    """Fetch the named files of a dataset that are not there and whole."""
    folder = root / about.name
    paths = {name: inside(folder, name) for name in names}
    noted = read_sums(folder / LEDGER)
    lacking = [name for name in names if not _is_whole(paths[name], about.files[name], noted.get(name))]
    if lacking and about.base is None:
        raise DataMissing(about.name, root, lacking, instead=about.manual)
    if about.sums and any(about.files[name].sha256 is None and name not in noted for name in lacking):
        noted = {**_upstream_sums(about, folder, patience), **noted}
    for at, name in enumerate(lacking, 1):
        file, path = about.files[name], paths[name]
        expected = file.sha256 or noted.get(name)
        download(
            about.url_of(name),
            path,
            sha256=expected,
            size=file.size,
            bar=f"{about.name} {at}/{len(lacking)} {name}" if progress else None,
            patience=patience,
        )
        if file.sha256 is None:
            note_first_sight(folder, name, expected or sha256_of(path))
    for name in names:
        if about.files[name].sha256 is None and not about.files[name].also and name not in lacking:
            note_first_sight(folder, name, noted.get(name) or sha256_of(paths[name]))
    return list(paths.values())


def _is_whole(path, file, noted):
    return path.is_file() and fault(path, file, noted) is None


def _upstream_sums(about, folder, patience):
    """Upstream's own list of sums: better than trusting the first file that arrives."""
    path = inside(folder, about.sums)
    listed = about.files.get(about.sums, File(about.sums))
    download(about.url_of(about.sums), path, sha256=listed.sha256, size=listed.size, bar=None, patience=patience)
    return read_sums(path)
