"""`emgtut benchmark --task ...`: the tables of room V, each by one command."""

import numpy as np
import pytest

from emgtut.apply import fatigue, fatigue_data
from emgtut.apply.fatigue_data import CLASSES, Trial
from emgtut.benchmark.tables import read_csv


@pytest.fixture
def people(monkeypatch):
    """Four people of white noise that grows: nobody waits for simulated muscles here."""

    def trial(number):
        noise = np.random.default_rng(number).standard_normal((4, 24_000))
        return Trial(
            f"simulated-{number}", "1", noise * np.linspace(1, 3, 24_000), np.repeat([0, 1, 2], 8000), (*"abcd",)
        )

    made = tuple(trial(number + 1) for number in range(4))
    monkeypatch.setattr(fatigue_data, "simulated_trials", lambda people, seconds: made)
    monkeypatch.setitem(fatigue.SIZES, "quick", fatigue.Size(4, 24.0, 1, "quick"))
    caches = (fatigue._trials, fatigue._versions, fatigue._items, fatigue._seen)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_the_command_writes_every_table(works, people, tmp_path, monkeypatch):
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "no data"))
    shelf = tmp_path / "shelf"
    shelf.mkdir()
    asked = ["benchmark", "--task", "fatigue", "--methods", "highpass", "--models", "majority,svm", "--seeds", "0"]
    text = works(*asked, "--out", tmp_path / "out", "--results", shelf)
    for word in ("majority", "svm", "clean", "noisy", "highpass", "People are simulated", "off the velocity"):
        assert word in text
    rows, told = read_csv(shelf / "task_fatigue.csv")
    assert told["command"] == (
        "emgtut benchmark --task fatigue --data synthetic --methods highpass --models majority,svm --seeds 0"
    )
    assert {"commit", "seeds", "data", "date", "environment", "notes"} <= set(told)
    assert len(rows) == 2 * 3 * 4
    assert set(rows["confusion"].str.split(">").str[0]) <= set(CLASSES)
    summary, _ = read_csv(shelf / "task_fatigue_summary.csv")
    clean = summary[(summary["model"] == "svm") & (summary["input"] == "clean") & (summary["score"] == "accuracy")]
    mine = rows[(rows["model"] == "svm") & (rows["input"] == "clean")]["accuracy"].mean()
    assert clean["estimate"].item() == pytest.approx(mine, abs=1e-5)
    slopes, _ = read_csv(shelf / "task_fatigue_slopes.csv")
    assert set(slopes["input"]) == {"clean", "noisy", "highpass"}
    assert len(read_csv(shelf / "task_fatigue_slopes_summary.csv")[0]) == 3 * 4
    assert (tmp_path / "out" / "rows.parquet").is_file()


@pytest.mark.data
def test_one_real_person_gives_slopes_alone(works, data_root, tmp_path, monkeypatch):
    monkeypatch.setenv("EMGTUT_DATA", str(data_root))
    asked = ["benchmark", "--task", "fatigue", "--data", "single", "--methods", "highpass", "--seeds", "0"]
    text = works(*asked, "--out", tmp_path / "out", "--results", tmp_path)
    assert "no score of a classifier is possible" in text
    assert not (tmp_path / "task_fatigue_single.csv").exists()
    slopes, _ = read_csv(tmp_path / "task_fatigue_single_slopes.csv")
    assert slopes["input"].tolist() == ["clean", "noisy", "highpass"]
    assert slopes.set_index("input").loc["clean", "falls"]
