"""Real needle recordings for the disorder task, where they are: EMGLAB N2001, and the three examples of PhysioNet."""

from emgtut.apply.disorder_patients import NeedleRecord
from emgtut.data import available, load
from emgtut.data.emglab import FOLDER, emglab_files, load_emglab
from emgtut.data.places import DataMissing, data_root

__all__ = ["CLASS_OF", "emgdb_records", "emglab_records"]

CLASS_OF = {"control": "normal", "als": "neurogenic", "myopathy": "myopathic"}
EXAMPLES = {"emg_healthy": "normal", "emg_neuropathy": "neurogenic", "emg_myopathy": "myopathic"}


def emglab_records(*, root=None, muscle="BB", per_patient=8):
    """Load the recordings of EMGLAB N2001 that are here.

    Parameters
    ----------
    root : path, optional
        The data root; without it, the one in use.
    muscle : str
        Two letters: "BB" is the biceps brachii.
    per_patient : int
        Recordings of each person, the first ones by name.

    Returns
    -------
    list of NeedleRecord

    Raises
    ------
    DataMissing
        If none are here, or a group has none.
    ValueError
        If a file is damaged.

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> emglab_records(root="a folder that does not exist")
    Traceback (most recent call last):
        ...
    emgtut.data.places.DataMissing: The dataset 'emglab_n2001' ... get the collection N2001 from EMGLAB, ...
    """
    counts, records = {}, []
    for path in emglab_files(root=root, muscle=muscle):
        patient = path.stem.upper()[5:8]
        counts[patient] = counts.get(patient, 0) + 1
        if counts[patient] <= per_patient:
            found = load_emglab(path)
            records.append(
                NeedleRecord(found.channel(0), found.fs, CLASS_OF[found.meta["group"]], patient, path.stem.upper())
            )
    if {record.group for record in records} != set(CLASS_OF.values()):
        told = "get the collection N2001 from EMGLAB, and put its headers and signal files under that folder"
        raise DataMissing(FOLDER, root or data_root(), instead=f"three groups are needed; {told}")
    return records


def emgdb_records(*, root=None):
    """Load those of PhysioNet's three example electromyograms that are here.

    One person of each kind: they can show what a feature looks like, and nothing about groups.

    Parameters
    ----------
    root : path, optional
        The data root; without it, the one in use.

    Returns
    -------
    list of NeedleRecord
        Possibly none.

    Raises
    ------
    ValueError
        If a file is damaged.

    References
    ----------
    EMGDB, Goldberger2000

    Lesson
    ------
    24 Disorder

    Examples
    --------
    >>> emgdb_records(root="a folder that does not exist")
    []
    """
    records = []
    for name, group in EXAMPLES.items():
        if available("emgdb", name, root=root):
            found = load("emgdb", name, root=root)
            records.append(NeedleRecord(found.channel(0), found.fs, group, name, name))
    return records
