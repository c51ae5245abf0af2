"""Small tables of a big one: averages to publish, a sample to check them by, what gave up and why."""

import io
from pathlib import Path

from emgtut.benchmark.pairing import BASELINE, paired
from emgtut.benchmark.summary import summarise
from emgtut.data.prepare import write_whole

__all__ = [
    "averages",
    "failures",
    "joined",
    "joined_told",
    "pairs",
    "read_csv",
    "read_pairs",
    "sample",
    "write_csv",
    "write_pairs",
]

SPLIT_SCORES = ("snr_imp", "lsd", "rmse_mdf")  # averaged by level, number and kind as well
PAIRED_SCORES = ("snr_imp", "prd", "lsd", "rmse_mdf")
SAMPLE_BLOCKS, SAMPLE_CASES = 3, 4
PAIR_DIGITS = 3  # decimals: a tenth of what a page prints


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


def pairs(table):
    """Take the scores of every single window, so that anybody can average them in another way.

    A method that does not listen when it is told the contaminants has the same scores in both modes; they are kept
    once, as blind.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.

    Returns
    -------
    DataFrame
        One row per case, method and mode with what the averages need: case, subject, level, kinds and their number,
        reason of a failure, and the four scores that are compared in pairs, in float32, rounded to three decimals.

    Examples
    --------
    >>> import pandas as pd
    >>> known = {"case": "a", "subject": "1", "snr_db": 0.0, "kinds": "ecg", "k": 1, "failure": "", "sources": "s"}
    >>> scores = {"snr_imp": 1.23456, "prd": 50.0, "lsd": 2.0, "rmse_mdf": 3.0}
    >>> rows = [{**known, "method": "m", "mode": mode, **scores} for mode in ("blind", "oracle")]
    >>> found = pairs(pd.DataFrame(rows))
    >>> found["mode"].tolist(), round(float(found["snr_imp"].iloc[0]), 6)
    (['blind'], 1.235)

    Lesson
    ------
    19 Showdown
    """
    known = ["case", "subject", "snr_db", "kinds", "k", "method", "mode", "failure"]
    found = table[[*known, *PAIRED_SCORES]]
    deaf = [method for method, rows in found.groupby("method", sort=False) if _deaf(rows)]
    found = found[~(found["method"].isin(deaf) & (found["mode"] == "oracle"))].reset_index(drop=True)
    return (
        found.astype(dict.fromkeys(PAIRED_SCORES, "float64"))
        .round(dict.fromkeys(PAIRED_SCORES, PAIR_DIGITS))
        .astype(dict.fromkeys(PAIRED_SCORES, "float32"))
    )


def joined(before, after, *, within):
    """Put the rows of a later run into a published table: methods that it scored are replaced, others stay.

    Parameters
    ----------
    before, after : DataFrame
        Rows with `method` and `mode`.
    within : sequence of str
        Columns by which the rows are ordered first, in the order in which their values appear.

    Returns
    -------
    DataFrame
        All rows, ordered by `within`, method and mode.

    Examples
    --------
    >>> import pandas as pd
    >>> old = pd.DataFrame({"by": ["all", "k", "all", "k"], "method": ["a", "a", "c", "c"], "mode": "blind", "x": 1})
    >>> new = pd.DataFrame({"by": ["all", "k", "all", "k"], "method": ["b", "b", "c", "c"], "mode": "blind", "x": 2})
    >>> joined(old, new, within=["by"])[["by", "method", "x"]].values.tolist()[:4]
    [['all', 'a', 1], ['all', 'b', 2], ['all', 'c', 2], ['k', 'a', 1]]

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    scored = set(zip(after["method"], after["mode"], strict=True))
    kept = [pair not in scored for pair in zip(before["method"], before["mode"], strict=True)]
    found = pd.concat([before[kept], after], ignore_index=True)
    ranks = {}
    for column in within:
        order = {value: rank for rank, value in enumerate(dict.fromkeys([*before[column], *after[column]]))}
        ranks[column] = found[column].map(order)
    keys = pd.DataFrame({**ranks, "method": found["method"], "mode": found["mode"]})
    return found.loc[keys.sort_values(list(keys), kind="stable").index].reset_index(drop=True)


def joined_told(before, after, table):
    """Provenance of a joined table.

    Parameters
    ----------
    before, after : dict of str to str
        Provenance of the published table and of the later run.
    table : DataFrame
        The joined rows.

    Returns
    -------
    dict of str to str
        As of the later run, with the methods and commits of both.

    Raises
    ------
    ValueError
        If the two were made of different windows.

    Examples
    --------
    >>> import pandas as pd
    >>> run = {"command": "emgtut benchmark --methods b --modes blind", "commit": "2", "data": "h", "seed": "1"}
    >>> old = {**run, "command": "emgtut benchmark --methods a --modes blind", "commit": "1"}
    >>> rows = pd.DataFrame({"method": ["a", "b"], "mode": ["blind", "blind"]})
    >>> joined_told(old, run, rows)
    {'command': 'emgtut benchmark --methods a,b --modes blind', 'commit': '1 2', 'data': 'h', 'seed': '1'}

    Lesson
    ------
    19 Showdown
    """
    if (before["data"], before["seed"]) != (after["data"], after["seed"]):
        raise ValueError("The published table is of other windows than this run: name another folder for --results.")
    words = after["command"].split(" ")
    for option, column in (("--methods", "method"), ("--modes", "mode")):
        words[words.index(option) + 1] = ",".join(dict.fromkeys(table[column]))
    commits = " ".join(dict.fromkeys([*before["commit"].split(" "), *after["commit"].split(" ")]))
    return {**after, "command": " ".join(words), "commit": commits}


def _deaf(rows):
    """Whether a method scores the same, told or not told what acts."""
    blind, oracle = (rows[rows["mode"] == mode].set_index("case")["snr_imp"] for mode in ("blind", "oracle"))
    return len(blind) == len(oracle) and blind.equals(oracle.reindex(blind.index))


def write_pairs(path, table, told):
    """Write what `pairs` gives as Parquet with its provenance, whole or not at all.

    Parameters
    ----------
    path : path
        Where to.
    table : DataFrame
        What.
    told : dict
        Provenance.

    Examples
    --------
    >>> import pandas as pd, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_pairs(Path(folder, "t.parquet"), pd.DataFrame({"x": [1.5], "failure": [""]}), {"seed": 1})
    ...     table, told = read_pairs(Path(folder, "t.parquet"))
    >>> table["x"].tolist(), told
    ([1.5], {'seed': 1})

    Lesson
    ------
    19 Showdown
    """
    content = io.BytesIO()
    table = table.copy()
    table.attrs = {"provenance": told}
    table.to_parquet(content, index=False, compression="zstd")
    write_whole(Path(path), content.getvalue())


def read_pairs(path):
    """Read what `write_pairs` wrote.

    Parameters
    ----------
    path : path
        The file.

    Returns
    -------
    table : DataFrame
        The rows, scores in float64.
    told : dict
        Provenance.

    Examples
    --------
    >>> read_pairs("missing.parquet")
    Traceback (most recent call last):
        ...
    FileNotFoundError: ...

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    table = pd.read_parquet(path)
    told = table.attrs.get("provenance", {})
    table.attrs = {}
    return table.astype({name: "float64" for name in PAIRED_SCORES if name in table}), told


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
