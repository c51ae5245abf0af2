"""The frozen benchmark, version 1: hashes that tell whether the cases drawn here are those of the published tables.

`frozen_v1.toml` lies beside this file. Two hashes for each data side and protocol. "fingerprint" is over the signals
rounded to a thousandth of the clean RMS, with the names of all cases and sources: it is the same on every machine.
"exact" is over every bit: it is the same where processor and libraries are those named in the file.
"""

import tomllib
from importlib import resources

from emgtut.benchmark.cases import digest
from emgtut.benchmark.tracing import environment

__all__ = ["check_frozen", "draw_all", "frozen", "frozen_suites", "same_environment"]

FILE = "frozen_v1.toml"


def frozen(data, protocol):
    """Look up what is published about one benchmark.

    Parameters
    ----------
    data : {"real", "synthetic"}
        Data side.
    protocol : {"ecg", "mixtures"}
        Conditions.

    Returns
    -------
    dict
        `cases` (their number), `fingerprint`, `exact` (SHA-256).

    Raises
    ------
    ValueError
        If that benchmark is not frozen.

    Examples
    --------
    >>> frozen("synthetic", "ecg")["cases"]
    560

    Lesson
    ------
    19 Showdown
    """
    found = _contents()["suites"].get(data, {}).get(protocol)
    if found is None:
        raise ValueError(f"Version 1 has no benchmark {data!r} with protocol {protocol!r}: it has {_known()}.")
    return found


def frozen_suites():
    """Data and protocol of everything that is frozen."""
    return [(data, name) for data, some in _contents()["suites"].items() for name in some]


def check_frozen(data, protocol, table):
    """Compare the cases of a table with the published ones.

    Parameters
    ----------
    data, protocol : str
        Which benchmark.
    table : DataFrame
        Rows as `run` gives them; what the methods scored does not matter.

    Returns
    -------
    str
        "exact": every bit is equal. "equal": equal to a thousandth of the clean RMS. "different": other cases.

    Raises
    ------
    ValueError
        If that benchmark is not frozen.

    Examples
    --------
    >>> import pandas as pd
    >>> other = pd.DataFrame({"case": ["a"], "sources": ["s"], "fingerprint": ["f"], "exact": ["e"]})
    >>> check_frozen("synthetic", "ecg", other)
    'different'

    Lesson
    ------
    19 Showdown
    """
    published = frozen(data, protocol)
    if digest(table) != published["fingerprint"]:
        return "different"
    return "exact" if digest(table, column="exact") == published["exact"] else "equal"


def draw_all(suite, track=None):
    """Draw every case of a suite and hash it, without scoring anything.

    Parameters
    ----------
    suite : Suite
        What is drawn.
    track : callable, optional
        ``track(iterable, total) -> iterable``, for a progress bar.

    Returns
    -------
    DataFrame
        One row per case, with its fingerprints.

    Examples
    --------
    >>> from emgtut.benchmark.suites import Suite
    >>> len(draw_all(Suite("synthetic", "ecg", [], {})))
    0

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    blocks = track(suite.blocks, len(suite.blocks)) if track else suite.blocks
    rows = [
        {**case.about, "fingerprint": case.fingerprint(), "exact": case.exact()}
        for block in blocks
        for case in block.draw()
    ]
    return pd.DataFrame(rows)


def same_environment():
    """Whether processor and libraries are those of the machine that made the exact hashes."""
    return environment() == _contents()["environment"]


def _contents():
    return tomllib.loads((resources.files("emgtut.benchmark") / FILE).read_text("utf-8"))


def _known():
    return ", ".join(f"{data} {name}" for data, name in frozen_suites())
