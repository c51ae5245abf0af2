"""The fixed split: which subjects or records are for training, for validation and for test."""

from emgtut.data.manifests import SPLITS, manifest


def split_of(dataset, record, *, scheme=None):
    """Say which part of the fixed split a record belongs to.

    Parameters
    ----------
    dataset, record : str
        Names.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    {"train", "validation", "test"}

    Raises
    ------
    ValueError
        If the record is in no part: then it must not be used where the split matters.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> split_of("elderly_lower_limb", "17/VL")
    'test'
    >>> split_of("flexemg", "S001_Session3Train_001-001", scheme="day")
    'test'
    """
    about = manifest(dataset)
    name, rule = _rule(about, scheme)
    value = about.group_of(str(record)).fields(str(record)).get(rule["by"])
    for split in SPLITS:
        if value is not None and value in rule[split]:
            return split
    raise ValueError(f"The record {record!r} of {dataset!r} is in no part of the split {name!r}; leave it out.")


def records_in(dataset, split, *, scheme=None):
    """List the records in one part of the fixed split.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    split : {"train", "validation", "test"}
        Which part.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    list of str
        Record names, possibly none.

    Raises
    ------
    ValueError
        If dataset, part or scheme are unknown.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> records_in("mitdb", "validation")
    ['115']
    """
    about = manifest(dataset)
    values = subjects(dataset, split, scheme=scheme)
    by = _rule(about, scheme)[1]["by"]
    return [name for group in about.groups for name in group.names if group.fields(name).get(by) in values]


def subjects(dataset, split, *, scheme=None):
    """List the subjects (or whatever the split goes by) in one part of the fixed split.

    Parameters
    ----------
    dataset : str
        Name of the dataset.
    split : {"train", "validation", "test"}
        Which part.
    scheme : str, optional
        Which split, where a dataset has several; without it, the first.

    Returns
    -------
    list of str
        As they occur in record names.

    Raises
    ------
    ValueError
        If dataset, part or scheme are unknown.

    Lesson
    ------
    10 Leakage and splits

    Examples
    --------
    >>> subjects("elderly_lower_limb", "test")
    ['17', '18', '19', '20']
    """
    if split not in SPLITS:
        raise ValueError(f"There is no part {split!r}; a split has train, validation and test.")
    return list(_rule(manifest(dataset), scheme)[1][split])


def _rule(about, scheme):
    if not about.splits:
        raise ValueError(f"The dataset {about.name!r} has no fixed split; use it for demonstration only.")
    name = scheme or next(iter(about.splits))
    if name not in about.splits:
        raise ValueError(f"The dataset {about.name!r} has no split {name!r}; it has {', '.join(about.splits)}.")
    return name, about.splits[name]
