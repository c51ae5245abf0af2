"""The leaderboard's rows: who has a rank, and in which order."""

import pandas as pd

from emgtut.show.leaderboard import leaderboard_rows

SCORES = ("snr_imp", "prd", "lsd", "rmse_mdf", "time_s")


def rows(**macros):
    """Rank and name of each row; a method is given as (mean, windows scored, windows it gave up on)."""
    common = {"mode": "blind", "low": 0.0, "high": 1.0, "micro": 0.0, "undefined": 0}
    table = pd.DataFrame([
        {**common, "method": name, "score": score, "macro": mean, "windows": windows, "failed": failed}
        for name, (mean, windows, failed) in macros.items()
        for score in SCORES
    ])  # fmt: skip
    return [row[:2] for row in leaderboard_rows(table, pd.DataFrame(columns=["method", "mode", "score"]), "blind")]


def test_ranks_follow_the_mean_and_leave_out_the_references():
    found = rows(weak=(1.0, 9, 0), zero=(7.0, 9, 0), strong=(9.0, 9, 0), identity=(0.0, 9, 0))
    assert found == [["1", "strong"], ["", "zero"], ["2", "weak"], ["", "identity"]]


def test_a_method_that_chose_its_windows_has_no_rank():
    assert rows(picky=(9.0, 8, 1), plain=(3.0, 9, 0)) == [["", "picky"], ["1", "plain"]]
