"""EMGLAB's collection N2001: needle EMG of healthy people, people with ALS and people with myopathy, read where it is.

The course does not pass it on. Put its files, in folders or not, under ``emglab_n2001`` in the data root. Each
recording is a WFDB header and a signal file of the same name. The name says all: ``N2001A01BB02`` is collection, group
(A: ALS, C: control, M: myopathy), person, muscle, recording. Numbers of persons count within a group.
"""

import re
from dataclasses import replace
from pathlib import Path

from emgtut.data.places import DataMissing, data_root
from emgtut.data.reading import read

__all__ = ["EMGLAB_GROUPS", "emglab_files", "load_emglab"]

EMGLAB_GROUPS = {"A": "als", "C": "control", "M": "myopathy"}
FOLDER = "emglab_n2001"
NAME = re.compile(r"N2001(?P<group>[ACM])(?P<person>\d{2})(?P<muscle>[A-Z]{2})(?P<number>\d{2})", re.IGNORECASE)


def emglab_files(*, root=None, muscle=None):
    """List the headers of the collection that are here.

    Parameters
    ----------
    root : path, optional
        The data root; without it, `data_root`.
    muscle : str, optional
        Two letters, to list one muscle only: "BB" is the biceps brachii.

    Returns
    -------
    list of pathlib.Path
        In the order of names; none where the collection is not here.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> emglab_files(root="a folder that does not exist")
    []
    """
    folder = (Path(root) if root is not None else data_root()) / FOLDER
    found = [(NAME.fullmatch(path.stem), path) for path in folder.rglob("*.hea")]
    kept = [path for name, path in found if name and muscle in (None, name["muscle"].upper())]
    return sorted(kept, key=lambda path: path.stem.upper())


def load_emglab(path):
    """Load one recording of the collection.

    Parameters
    ----------
    path : path
        Its header, as `emglab_files` lists it.

    Returns
    -------
    Recording
        Shape (n_channels, n_samples), in mV where the header gives a gain. `subject` is group and number of the person,
        such as "A01"; `meta` has `group`, `muscle` and the `record`, and what the header says in words.

    Raises
    ------
    ValueError
        If the name is not one of the collection's, or a file is damaged.
    DataMissing
        If there is no such file.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> load_emglab("N2001X01BB02.hea")
    Traceback (most recent call last):
    ...
    ValueError: N2001X01BB02.hea has no name of the collection, such as N2001A01BB02.hea: rename it, or leave it out.
    """
    path = Path(path)
    name = NAME.fullmatch(path.stem)
    if name is None:
        raise ValueError(
            f"{path.name} has no name of the collection, such as N2001A01BB02.hea: rename it, or leave it out."
        )
    if not path.is_file():
        raise DataMissing(
            FOLDER, path.parent, [path.name], instead="get the collection N2001 from EMGLAB and put it there"
        )
    found = read(path)
    group = name["group"].upper()
    about = {"dataset": FOLDER, "record": path.stem, "group": EMGLAB_GROUPS[group], "muscle": name["muscle"].upper()}
    return replace(found, subject=f"{group}{name['person']}", meta={**found.meta, **about})
