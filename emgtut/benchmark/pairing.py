"""Paired comparison: a method against a baseline, on the windows that both have scored."""

from emgtut.benchmark.scoring import SCORES
from emgtut.benchmark.summary import macro_row

__all__ = ["BASELINE", "paired"]

BASELINE = "highpass"


def paired(table, *, baseline=BASELINE, scores=("snr_imp",), by=None, seed=0):
    """Average the differences, method minus baseline, window by window.

    Two averages over different windows cannot be compared when one method gave up on some of them. Here both are taken
    on the common windows, within one mode, and `windows` says how many these are.

    Parameters
    ----------
    table : DataFrame
        Rows as `run` gives them.
    baseline : str
        Method to compare with.
    scores : sequence of str
        Which scores.
    by : {"snr_db", "k", "kinds"}, optional
        Average separately for each level, number or combination of contaminants.
    seed : int
        Of the bootstrap (dimensionless).

    Returns
    -------
    DataFrame
        As `summarise` gives it, of differences, with the column `against`. `failed` counts the windows on which either
        gave up. The baseline itself is left out.

    Raises
    ------
    ValueError
        If the table has no such method.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({
    ...     "case": ["a", "b", "a", "b"], "subject": "1", "snr_db": 0.0, "kinds": "ecg", "mode": "blind",
    ...     "method": ["highpass", "highpass", "m", "m"], "failure": ["", "", "", "ValueError: too short"],
    ...     "snr_imp": [1.0, 2.0, 4.0, float("nan")],
    ... })
    >>> row = paired(table).iloc[0]
    >>> float(row["macro"]), int(row["windows"]), int(row["failed"])
    (3.0, 1, 1)

    Lesson
    ------
    19 Showdown
    """
    import pandas as pd

    if baseline not in set(table["method"]):
        raise ValueError(f"The table has no method {baseline!r} to compare with: name one of its methods, or run it.")
    unknown = [name for name in scores if name not in SCORES]
    if unknown:
        raise ValueError(f"There is no score {unknown[0]!r}: choose from {', '.join(SCORES)}.")
    rows = []
    for mode, part in table.groupby("mode", sort=False, observed=True):
        reference = part[part["method"] == baseline].set_index("case")
        for method, own in part.groupby("method", sort=False, observed=True):
            if method == baseline or reference.empty:
                continue
            both = own.set_index("case").join(reference[[*scores, "failure"]], how="inner", rsuffix="_baseline")
            both["failure"] = both["failure"] + both["failure_baseline"]
            for name in scores:
                both[name] = both[name] - both[f"{name}_baseline"]
            for value, some in both.groupby(by, sort=False) if by else [(None, both)]:
                known = {"method": method, "mode": mode, **({by: value} if by else {})}
                rows += [
                    {**known, "score": name, "against": baseline, **macro_row(some, name, seed)} for name in scores
                ]
    return pd.DataFrame(rows)
