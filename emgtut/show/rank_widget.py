"""Live figure: a ranking over windows of the reader's choice, averaged again from the score of every single window."""

import anywidget
import numpy as np
import pandas as pd
import traitlets

from emgtut.contaminate import KINDS
from emgtut.show.widgets import _source

MISSING = -32768  # a window that a method gave up on
# score: name on the page, unit, step of the stored whole numbers, whether more is better
SCORES = {
    "snr_imp": ("SNRimp", "dB", 0.01, True),
    "lsd": ("LSD", "dB", 0.01, False),
    "rmse_mdf": ("MDF error", "Hz", 0.02, False),
}
LEVELS = (-15, -14, -12, -10, -8, -6, -5, -4, -2, 0, 5, 10, 15)  # dB; positions of a slider, as in js/rank_core.js
MOST_PEOPLE = 8  # with more, the draws are too many to go through all of them


class RankBoard(anywidget.AnyWidget):
    """Rank methods in the reader's browser, over a choice of windows, with intervals over people.

    Sliders choose the test, the score, the kinds of contaminant, the range of input SNR, and whether a method stands
    alone or as a difference to another one, window by window. The interval is the percentile bootstrap over people. It
    is exact: the page goes through every way of drawing them.

    Parameters
    ----------
    tables : dict of str to DataFrame
        For each test, by a short name, the rows of `emgtut.benchmark.tables.read_pairs`.
    test : str, optional
        Test at the start, the first one by default.
    against : str, optional
        Method to compare with at the start; none by default.

    Raises
    ------
    ValueError
        If there is nothing to rank, a test has more than eight people, or a start is unknown.

    Lesson
    ------
    19 Showdown

    Examples
    --------
    >>> known = {"snr_db": 0.0, "kinds": "ecg", "mode": "blind", "failure": "", "snr_imp": 1.0, "lsd": 2.0}
    >>> rows = [{**known, "case": who, "subject": who, "method": "m", "rmse_mdf": 3.0} for who in ("ann", "ben")]
    >>> RankBoard({"demo": pd.DataFrame(rows)})
    <RankBoard: 2 windows, 1 rows, demo>
    """

    _esm = _source("mixer_core.js", "front_panel.js", "rank_core.js", "rank_view.js")
    _css = _source("front_panel.css")

    names = traitlets.List().tag(sync=True)
    test_names = traitlets.List().tag(sync=True)
    kind_names = traitlets.List().tag(sync=True)
    scores = traitlets.List().tag(sync=True)
    units = traitlets.List().tag(sync=True)
    steps = traitlets.List().tag(sync=True)
    better = traitlets.List().tag(sync=True)
    tests = traitlets.Bytes().tag(sync=True)  # one byte a window: which test,
    people = traitlets.Bytes().tag(sync=True)  # which person of it,
    levels = traitlets.Bytes().tag(sync=True)  # input SNR in dB, signed,
    kinds = traitlets.Bytes().tag(sync=True)  # and one bit for each kind
    values = traitlets.Bytes().tag(sync=True)  # int16, (scores, methods, windows), in steps
    test = traitlets.Int(min=0).tag(sync=True)
    score = traitlets.Int(min=0).tag(sync=True)
    against = traitlets.Int(min=0).tag(sync=True)
    pick = traitlets.Int(min=0).tag(sync=True)
    low = traitlets.Float().tag(sync=True)
    high = traitlets.Float().tag(sync=True)

    def __init__(self, tables, *, test=None, against=None):
        if not tables:
            raise ValueError("tables is empty: give the scores of one test or more, by name.")
        rows = {name: _labelled(table) for name, table in tables.items()}
        names = list(dict.fromkeys(label for part in rows.values() for label in part["row"]))
        test = next(iter(tables)) if test is None else test
        if test not in tables:
            raise ValueError(f"test is {test!r}, but it must be one of {', '.join(tables)}.")
        if against is not None and against not in names:
            raise ValueError(f"against is {against!r}, but it must be one of {', '.join(names)}.")
        parts = [_columns(place, name, part, names) for place, (name, part) in enumerate(rows.items())]
        columns = {key: np.concatenate([part[key] for part in parts], axis=-1) for key in parts[0]}
        told = list(SCORES.values())
        super().__init__(
            names=names, test_names=list(tables), kind_names=list(KINDS), scores=[one[0] for one in told],
            units=[one[1] for one in told], steps=[one[2] for one in told], better=[one[3] for one in told],
            **{key: np.ascontiguousarray(column).tobytes() for key, column in columns.items()},
            test=list(tables).index(test), score=0, against=0 if against is None else 1 + names.index(against), pick=0,
            low=float(LEVELS[0]), high=float(LEVELS[-1]),
        )  # fmt: skip

    def __repr__(self):
        """Say in one line what is ranked; this is what a page without scripts shows."""
        return f"<RankBoard: {len(self.tests)} windows, {len(self.names)} rows, {', '.join(self.test_names)}>"


def _labelled(table):
    """Name the rows: a method that was told the contaminants has a row of its own if that changes a score."""
    table = table.assign(row=table["method"])
    kept = [table[table["mode"] == "blind"]]
    for method, told in table[table["mode"] == "oracle"].groupby("method", sort=False):
        blind = kept[0][kept[0]["method"] == method].set_index("case")["snr_imp"]
        if not told.set_index("case")["snr_imp"].equals(blind.reindex(told["case"])):
            kept.append(told.assign(row=f"{method}, told"))
    if not len(kept[0]):
        raise ValueError("A table has no rows of the mode 'blind': run the benchmark in that mode first.")
    return pd.concat(kept, ignore_index=True)


def _columns(place, name, rows, names):
    """Bytes of one test: what each window is, and its scores in whole steps."""
    cases = rows.drop_duplicates("case").set_index("case")[["subject", "snr_db", "kinds"]]
    people = {who: number for number, who in enumerate(dict.fromkeys(cases["subject"]))}
    if len(people) > MOST_PEOPLE:
        raise ValueError(f"{name!r} has {len(people)} people, but the page can go through {MOST_PEOPLE} at most.")
    bit = {kind: 1 << number for number, kind in enumerate(KINDS)}
    values = np.full((len(SCORES), len(names), len(cases)), MISSING, dtype="<i2")
    for i, (score, (_, _, step, _)) in enumerate(SCORES.items()):
        grid = rows.pivot(index="row", columns="case", values=score).reindex(index=names, columns=cases.index)
        whole = np.rint(grid.to_numpy(dtype=float) / step)
        found = np.isfinite(whole)
        values[i][found] = np.clip(whole[found], MISSING + 1, 32767).astype("<i2")
    return {
        "tests": np.full(len(cases), place, dtype="u1"),
        "people": np.array([people[who] for who in cases["subject"]], dtype="u1"),
        "levels": cases["snr_db"].to_numpy().astype("i1"),
        "kinds": np.array([sum(bit[kind] for kind in kinds.split("+")) for kinds in cases["kinds"]], dtype="u1"),
        "values": values,
    }
