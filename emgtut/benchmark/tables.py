"""Small tables of a big one: averages to publish, a sample to check them by, what gave up and why."""

import io
from pathlib import Path

from emgtut.benchmark.pairing import BASELINE, paired
from emgtut.benchmark.summary import summarise
from emgtut.data.prepare import write_whole

__all__ = ["averages", "failures", "read_csv", "sample", "write_csv"]

SPLIT_SCORES = ("snr_imp", "lsd", "rmse_mdf")  # averaged by level, number and kind as well
PAIRED_SCORES = ("snr_imp", "prd", "lsd", "rmse_mdf")
SAMPLE_BLOCKS, SAMPLE_CASES = 3, 4


def averages(table, *, baseline=BASELINE, seed=0):
    """Average a table in every way that is published.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.
    baseline : str
        Method to compare with in pairs.
    seed : int
        Of the bootstrap (dimensionless).

    Returns
    -------
    DataFrame
        Rows as `summarise` and `paired` give them, with `by` ("all", "snr_db", "k", "kinds"), `value`, and `quantity`:
        "mean", or "difference" to `against`. By kind, only cases with one contaminant count: a mixture of five says
        nothing about any of them.

    Examples
    --------
    >>> import pandas as pd
    >>> known = {"case": "a", "subject": "1", "snr_db": 0.0, "kinds": "ecg", "k": 1, "mode": "blind", "failure": ""}
    >>> from emgtut.benchmark import SCORES
    >>> rows = [{**known, **dict.fromkeys(SCORES, x), "method": name} for name, x in (("highpass", 1.0), ("m", 3.0))]
    >>> found = averages(pd.DataFrame(rows))
    >>> gap = found[(found["quantity"] == "difference") & (found["by"] == "all") & (found["score"] == "snr_imp")]
    >>> gap[["method", "against", "macro"]].values.tolist()
    [['m', 'highpass', 2.0]]

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    alone = table[table["k"] == 1]
    how = {"baseline": baseline, "seed": seed}
    parts = [_told(summarise(table, seed=seed), "all", "mean")]
    parts += [_told(paired(table, scores=PAIRED_SCORES, **how), "all", "difference")]
    for by, some in {"snr_db": table, "k": table, "kinds": alone}.items():
        if len(some):
            parts += [_told(summarise(some, by=by, scores=SPLIT_SCORES, seed=seed), by, "mean")]
            parts += [_told(paired(some, by=by, **how), by, "difference")]
    found = pd.concat([part for part in parts if len(part)], ignore_index=True)
    first = ["by", "value", "quantity", "method", "mode", "score"]
    last = ["against"] if "against" in found else []
    return found[[*first, *(name for name in found if name not in (*first, "against")), *last]]


def _told(part, by, quantity):
    """Say what a part is averaged by, in columns that all parts share."""
    if not len(part):
        return part
    value = part[by].astype(str) if by != "all" else "all"
    part = part.assign(by=by, value=value, quantity=quantity)
    return part if by == "all" else part.drop(columns=by)


def failures(table):
    """Say what gave up, how often, and why.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.

    Returns
    -------
    list of str
        One sentence for each method, mode and reason; numbers in a reason are taken for the same reason.

    Examples
    --------
    >>> import pandas as pd
    >>> rows = {"method": "m", "mode": "blind", "failure": ["", "ValueError: 2 beats", "ValueError: 1 beats"]}
    >>> failures(pd.DataFrame(rows))
    ['m (blind) gave up on 2 of 3 windows, for example: ValueError: 2 beats']

    Lesson
    ------
    19 Showdown
    """
    told = []
    for (method, mode), part in table.groupby(["method", "mode"], sort=False, observed=True):
        failed = part[part["failure"] != ""]
        for _, some in failed.groupby(failed["failure"].str.replace(r"\d+(\.\d+)?", "#", regex=True), sort=False):
            reason = some["failure"].iloc[0]
            told.append(f"{method} ({mode}) gave up on {len(some)} of {len(part)} windows, for example: {reason}")
    return told


def sample(table):
    """Take a few cases with all their rows, by which anybody can check the whole table.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.

    Returns
    -------
    DataFrame
        The first four cases of the first, middle and last block.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"block": list("aabc"), "case": list("uvwx"), "method": "m"})
    >>> sample(table)["case"].tolist()
    ['u', 'v', 'w', 'x']

    Lesson
    ------
    19 Showdown
    """
    names = sorted(set(table["block"]))
    chosen = dict.fromkeys(names[(len(names) - 1) * part // (SAMPLE_BLOCKS - 1)] for part in range(SAMPLE_BLOCKS))
    cases = [case for name in chosen for case in table.loc[table["block"] == name, "case"].unique()[:SAMPLE_CASES]]
    return table[table["case"].isin(cases)].reset_index(drop=True)


def write_csv(path, table, told, *, digits=None):
    """Write a table as CSV with its provenance on top, whole or not at all.

    Parameters
    ----------
    path : path
        Where to.
    table : DataFrame
        What.
    told : dict
        Provenance; one line each, after a "#".
    digits : int, optional
        Significant digits of numbers; all by default, so that what is read back is equal.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(Path(folder, "t.csv"), pd.DataFrame({"x": [1 / 3]}), {"seed": 1}, digits=3)
    ...     Path(folder, "t.csv").read_text().split()
    ['#', 'seed:', '1', 'x', '0.333']

    Lesson
    ------
    19 Showdown
    """
    stream = io.StringIO(newline="")
    stream.writelines(f"# {name}: {value}\n" for name, value in told.items())
    table.to_csv(stream, index=False, lineterminator="\n", float_format=None if digits is None else f"%.{digits}g")
    write_whole(Path(path), stream.getvalue().encode("utf-8"))


def read_csv(path):
    """Read what `write_csv` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    table : DataFrame
        The rows; an empty `failure` is empty text.
    told : dict of str to str
        Provenance.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_csv(Path(folder, "t.csv"), pd.DataFrame({"x": [1 / 3]}), {"seed": 1})
    ...     table, told = read_csv(Path(folder, "t.csv"))
    >>> float(table["x"][0]) == 1 / 3, told
    (True, {'seed': '1'})

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    head = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("# "):
                break
            head.append(line[2:].rstrip("\n"))
    told = dict(line.split(": ", 1) for line in head)
    table = pd.read_csv(path, skiprows=len(head), float_precision="round_trip", dtype={"value": str})
    if "failure" in table:
        table["failure"] = table["failure"].fillna("")
    return table, told
