"""Compare the files of a dataset with its manifest."""

from dataclasses import dataclass, field
from pathlib import Path

from emgtut.data.checksums import LEDGER, fault, read_sums
from emgtut.data.manifests import manifest
from emgtut.data.places import data_root, inside


@dataclass(frozen=True)
class Report:
    """What `verify` found: names of files, in lists that never overlap.

    Attributes
    ----------
    dataset : str
    valid : list of str
        There, and equal to a known checksum.
    missing : list of str
        Needed by a record, and not there. That is no fault: few people need every record.
    invalid : list of str
        There, and different from every known checksum; `faults` says how, one sentence each.
    unchecked : list of str
        There, and no checksum is known.
    unlisted : list of str
        In the folder, and unknown to the manifest.
    faults : dict of str to str
        What is wrong with each invalid file.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> report = Report("mitdb", valid=["100.hea"], invalid=["100.dat"])
    >>> report.ok
    False
    """

    dataset: str
    valid: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    invalid: list[str] = field(default_factory=list)
    unchecked: list[str] = field(default_factory=list)
    unlisted: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)

    @property
    def ok(self):
        """bool: no file is invalid."""
        return not self.invalid


def verify(dataset, *, root=None):
    """Check every file of a dataset against its manifest. Nothing is written.

    Parameters
    ----------
    dataset : str
        Name of the dataset, as `datasets` lists it.
    root : str or pathlib.Path, optional
        The data root; without it, `data_root`.

    Returns
    -------
    Report
        Valid, missing and invalid files, in separate lists.

    Raises
    ------
    ValueError
        If there is no such dataset.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> report = verify("emgdb", root="a folder that does not exist")
    >>> report.ok, report.valid, len(report.missing)
    (True, [], 6)
    """
    about = manifest(dataset)
    folder = (Path(root) if root is not None else data_root()) / dataset
    noted = read_sums(folder / LEDGER)
    report = Report(dataset)
    for name, file in about.files.items():
        path = inside(folder, name)
        if not path.is_file():
            if file.needed:
                report.missing.append(name)
            continue
        wrong = fault(path, file, noted.get(name))
        if wrong:
            report.invalid.append(name)
            report.faults[name] = wrong
        elif file.sha256 or file.also or name in noted:
            report.valid.append(name)
        else:
            report.unchecked.append(name)
    report.unlisted.extend(_unlisted(folder, {*about.files, LEDGER, about.sums}))
    return report


def _unlisted(folder, known):
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(name for name in found if name not in known and not name.endswith(".part"))
