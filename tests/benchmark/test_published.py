"""The published tables agree with each other: the scores of all windows, their averages, and the sample."""

from pathlib import Path

import pytest

import emgtut
from emgtut.benchmark import frozen, summarise
from emgtut.benchmark.freezing import frozen_suites
from emgtut.benchmark.tables import read_csv, read_pairs

RESULTS = Path(emgtut.__file__).parents[1] / "results"


@pytest.mark.parametrize(("data", "protocol"), frozen_suites())
def test_windows_averages_and_sample_are_one_table(data, protocol):
    averages, told = read_csv(RESULTS / f"benchmark_{data}_{protocol}.csv")
    windows, known = read_pairs(RESULTS / f"benchmark_{data}_{protocol}_pairs.parquet")
    sample, _ = read_csv(RESULTS / f"benchmark_{data}_{protocol}_sample.csv")
    assert told["data"] == known["data"] == frozen(data, protocol)["fingerprint"]

    whole = averages[(averages["by"] == "all") & (averages["quantity"] == "mean") & (averages["score"] == "snr_imp")]
    published = whole.set_index(["method", "mode"])
    again = summarise(windows, scores=["snr_imp"]).set_index(["method", "mode"])
    for key in again.index:
        for column in ("macro", "low", "high"):
            assert again.loc[key, column] == pytest.approx(published.loc[key, column], abs=1e-3), (key, column)
        for column in ("windows", "failed", "cells"):
            assert again.loc[key, column] == published.loc[key, column], (key, column)
    blind = {method for method, mode in published.index if mode == "blind"}
    assert {method for method, mode in again.index if mode == "blind"} <= blind
    assert set(sample.loc[sample["mode"] == "blind", "method"]) == blind
