"""The table of how real the simulator is: whole, within its limits, and re-made in part."""

import importlib.util
import pathlib
import re

import numpy as np
import pandas as pd
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TABLE = ROOT / "results" / "simulator_realism.csv"


@pytest.fixture(scope="module")
def table():
    return pd.read_csv(TABLE, comment="#")


@pytest.fixture(scope="module")
def realism():
    spec = importlib.util.spec_from_file_location("realism_benchmark", ROOT / "benchmarks" / "realism.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def row(table, real_set, part, model):
    found = table[(table.real_set == real_set) & (table.part == part) & (table.model == model)]
    assert len(found) == 1
    return found.iloc[0]


def test_the_table_says_where_it_comes_from():
    head = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("#")]
    for name, pattern in {"command": r"python benchmarks/realism\.py.*", "commit": r".+", "seed": r"\d+",
                          "data": r"sha256 [0-9a-f]{16} .*", "date": r"\d{4}-\d{2}-\d{2}"}.items():  # fmt: skip
        assert any(re.fullmatch(f"# {name}: {pattern}", line) for line in head), name


@pytest.mark.parametrize(("real_set", "part", "limit"), [
    ("elderly_lower_limb", "train", 2.0), ("muscletracker", "train", 2.0), ("elderly_lower_limb", "test", 2.0),
])  # fmt: skip
def test_the_median_spectrum_is_within_two_decibels(table, real_set, part, limit):
    assert row(table, real_set, part, "motor-unit pool").psd_distance_db <= limit


def test_where_two_decibels_are_missed_real_people_miss_them_too(table):
    """MuscleTracker's three test subjects: the training subjects themselves lie further than 2 dB from them."""
    people = row(table, "muscletracker", "test", "training subjects").psd_distance_db
    mine = row(table, "muscletracker", "test", "motor-unit pool").psd_distance_db
    assert people > 2.0
    assert mine < people + 1.0


def test_groups_of_three_people_lie_further_apart_than_the_simulator_lies_from_them(table):
    """Why 2 dB to three test subjects is luck: training subjects only, every group against those that are left."""
    people, mine = (row(table, "muscletracker", "train", model) for model in ("training subjects", "motor-unit pool"))
    assert people.groups_p50_db > 2.0
    assert people.groups_within_2_db_percent < 50
    assert mine.groups_p50_db < people.groups_p50_db
    missed = row(table, "muscletracker", "test", "motor-unit pool").psd_distance_db
    assert people.groups_p5_db < missed < people.groups_p95_db
    legs = row(table, "elderly_lower_limb", "train", "motor-unit pool")
    assert legs.groups_p50_db < 2.0


def test_kurtosis_lies_within_the_range_of_people_and_the_gaussians_does_not(table):
    def inside(one, quantile):
        low, high = (float(text) for text in one[f"kurtosis_p{quantile}_people"].split(" to "))
        return low <= one[f"kurtosis_p{quantile}"] <= high

    for _, one in table[table.model == "motor-unit pool"].iterrows():
        assert all(inside(one, quantile) for quantile in (10, 50, 90))
    for _, one in table[table.model == "shaped Gaussian"].iterrows():
        assert not any(inside(one, quantile) for quantile in (10, 50, 90))


@pytest.mark.data
def test_a_sample_of_the_table_can_be_made_again(table, realism, data_root):
    """The row that needs no simulation, to the digit; and the simulator, on a few recordings, about as near."""
    real_set = "muscletracker"
    sets = {}
    for part in ("train", "test"):
        by_subject, fs = realism.real(real_set, part)
        signals = [x for rows in by_subject.values() for x in rows]
        freqs, spectra, _ = realism.describe(signals, fs=fs, floor=realism.QUIETEST_MV)
        sets[part] = spectra
    distance, _, _ = realism.compare(freqs, sets["train"], sets["test"], notch=True)
    assert round(distance, 2) == row(table, real_set, "test", "training subjects").psd_distance_db
    groups = realism.group_distances(real_set)
    assert groups.size == 120  # three out of ten
    assert round(float(np.median(groups)), 2) == row(table, real_set, "train", "training subjects").groups_p50_db
    rng = np.random.default_rng(0)
    heard = [realism.through_instrument(x, real_set, fs=2000, rng=rng, floor=0.0)[500:]
             for x in realism.simulated("motor-unit pool", n=16, seed=1)]  # fmt: skip
    _, mine, _ = realism.describe(heard, fs=1000)
    assert realism.compare(freqs, mine, sets["train"], notch=True)[0] < 2.5
