"""Manifests: one TOML file per dataset says where it comes from, what it may be used for, and what its files are."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files as package_files
from pathlib import Path
from urllib.parse import quote

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class RecordGroup:
    """Records of one kind: how their names are built, which files each needs, and how those are read."""

    reader: str
    names: tuple[str, ...]
    files: tuple[str, ...]
    pattern: str
    settings: Mapping = field(default_factory=dict)

    def fields(self, name):
        """Parts of a record name, such as ``{"record": "17/VL", "subject": "17", "task": "VL"}``."""
        return {"record": name, **re.fullmatch(self.pattern, name).groupdict()}

    def files_of(self, name):
        """Names of the files that one record needs, the signal's first."""
        return [template.format(**self.fields(name)) for template in self.files]


@dataclass(frozen=True)
class File:
    """One file of a dataset and what is known of it.

    `size` (bytes) and `sha256` are None where unknown; `also` are size and SHA-256 of accepted re-packed copies; a file
    that is not `needed` is checked where it lies and not missed where it does not, such as a licence.
    """

    name: str
    size: int | None = None
    sha256: str | None = None
    also: tuple[tuple[int, str], ...] = ()
    needed: bool = True


@dataclass(frozen=True)
class Manifest:
    """What is known of one dataset.

    Attributes
    ----------
    name, title, summary, url, doi, licence, cite
        Identity; `licence` is an SPDX identifier, `cite` are BibTeX keys.
    may_train_shipped_weights : bool
        Whether weights that ship with this project may be trained on it.
    quirks : tuple of str
        What a user has to know.
    base, paths, sums, manual
        Where `fetch` gets the files, the paths there where they differ from the names here, the name of upstream's own
        list of SHA-256 sums; or, instead, how to get the files by hand.
    groups : tuple of RecordGroup
    files : dict of str to File
    splits : dict of str to dict
        Fixed splits by scheme: ``by`` (a field of the record name) and the values in each part.
    """

    name: str
    title: str
    summary: str
    url: str
    doi: str | None
    licence: str
    cite: tuple[str, ...]
    may_train_shipped_weights: bool
    quirks: tuple[str, ...]
    base: str | None
    paths: Mapping[str, str]
    sums: str | None
    manual: str | None
    groups: tuple[RecordGroup, ...]
    files: Mapping[str, File]
    splits: Mapping[str, Mapping]

    def url_of(self, name):
        """Address of one file at its source."""
        return self.base + quote(self.paths.get(name, name))

    @property
    def records(self):
        """list of str: every record name."""
        return [name for group in self.groups for name in group.names]

    def group_of(self, record):
        """Find the group of a record, or say which records there are."""
        for group in self.groups:
            if record in group.names:
                return group
        names = self.records
        shown = ", ".join(names[:8]) + (f" and {len(names) - 8} more" if len(names) > 8 else "")
        raise ValueError(f"The dataset {self.name!r} has no record {record!r}; it has {shown}.")


def datasets():
    """List the datasets there are manifests for.

    Returns
    -------
    list of str
        Names, in alphabetical order.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> "mitdb" in datasets()
    True
    """
    return sorted(path.stem for path in _folder().glob("*.toml"))


@cache
def manifest(dataset):
    """Read the manifest of a dataset.

    Parameters
    ----------
    dataset : str
        Name, as `datasets` lists it.

    Returns
    -------
    Manifest

    Raises
    ------
    ValueError
        If there is no such dataset.

    Lesson
    ------
    08 Mixing at a chosen SNR

    Examples
    --------
    >>> manifest("mitdb").licence
    'ODC-By-1.0'
    """
    if dataset not in datasets():
        raise ValueError(f"There is no dataset {dataset!r}; known are {', '.join(datasets())}.")
    path = _folder() / f"{dataset}.toml"
    return parse(dataset, tomllib.loads(path.read_text("utf-8")))


def parse(name, table):
    """Build a Manifest from the contents of its TOML file; a field that is missing or unknown is an error."""
    table = dict(table)
    source, groups, known = table.pop("source"), table.pop("records"), table.pop("files", {})
    also, extra, splits = table.pop("also", {}), table.pop("extra", []), table.pop("splits", {})
    groups = tuple(_group(dict(group)) for group in groups)
    needed = dict.fromkeys(file for group in groups for record in group.names for file in group.files_of(record))
    needed |= dict.fromkeys(extra)
    return Manifest(
        name=name,
        groups=groups,
        files={file: _file(file, known.get(file), also.get(file, ()), file in needed) for file in {**needed, **known}},
        splits=splits,
        base=source.get("base"),
        paths=source.get("paths", {}),
        sums=source.get("sums"),
        manual=source.get("manual"),
        doi=table.pop("doi", None),
        cite=tuple(table.pop("cite")),
        quirks=tuple(table.pop("quirks", ())),
        **table,
    )


def _group(table):
    return RecordGroup(
        reader=table.pop("reader"),
        names=tuple(table.pop("names")),
        files=tuple(table.pop("files")),
        pattern=table.pop("pattern", ".+"),
        settings=table,
    )


def _file(name, known, also, needed):
    """`known` is [size, sha256], or the SHA-256 alone, or None."""
    size, sha256 = (None, known) if isinstance(known, str) else known or (None, None)
    return File(name, size, sha256, tuple((int(other_size), other) for other_size, other in also), needed)


def _folder():
    """The manifests lie inside the installed package, or beside it in a checkout."""
    installed = Path(str(package_files("emgtut"))) / "data_manifest"
    return installed if installed.is_dir() else Path(str(package_files("emgtut"))).parent / "data_manifest"
