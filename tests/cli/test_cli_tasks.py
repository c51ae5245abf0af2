"""`emgtut benchmark --task ...`: the tables of room V, each by one command."""

import numpy as np
import pytest

from emgtut.apply import fatigue, fatigue_data, gesture
from emgtut.apply.fatigue_data import CLASSES, Trial
from emgtut.apply.gesture_data import Run
from emgtut.benchmark import tasks
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


@pytest.fixture
def toy_gestures(monkeypatch):
    """Three people whose gestures are white noise, each in a channel of its own."""

    def run(person, day, repetition, rng):
        x = rng.standard_normal((3, 7500))
        for at in range(3):
            x[at, 2500 * at + 500 : 2500 * (at + 1)] *= 6
        told = np.array([500, 3000, 5500]), ("fist", "flex", "open"), (repetition,) * 3
        return Run(f"{person}/{day}/{repetition}", person, day, x, *told)

    rng = np.random.default_rng(0)
    made = [run(who, day, turn, rng) for who in ("ann", "ben", "cat") for day in "12" for turn in "123"]
    monkeypatch.setattr(gesture, "runs_of", lambda data, **_: made)
    gesture._made.cache_clear()
    yield
    gesture._made.cache_clear()


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
    assert set(rows["scheme"]) == {"subject", "window"}
    rows = rows[rows["scheme"] == "subject"]
    assert len(rows) == 2 * 3 * 4
    assert set(rows["confusion"].str.split(">").str[0]) <= set(CLASSES)
    summary, _ = read_csv(shelf / "task_fatigue_summary.csv")
    summary = summary[summary["scheme"] == "subject"]
    clean = summary[(summary["model"] == "svm") & (summary["input"] == "clean") & (summary["score"] == "accuracy")]
    mine = rows[(rows["model"] == "svm") & (rows["input"] == "clean")]["accuracy"].mean()
    assert clean["estimate"].item() == pytest.approx(mine, abs=1e-5)
    slopes, _ = read_csv(shelf / "task_fatigue_slopes.csv")
    assert set(slopes["input"]) == {"clean", "noisy", "highpass"}
    assert len(read_csv(shelf / "task_fatigue_slopes_summary.csv")[0]) == 3 * 4
    assert (tmp_path / "out" / "rows.parquet").is_file()


@pytest.mark.parametrize("task", ["gesture", "disorder"])
def test_what_is_left_out_is_what_the_task_lists(task):
    module, made = tasks.task_module(task), tasks.make_study(task, seeds=[0])
    assert list(made.about["inputs"]) == ["clean", "noisy", *module.DENOISERS]
    assert made.about["scheme"] == list(module.SCHEMES)
    assert len({job.name for job in made.jobs}) == len(made.jobs)


def test_one_day_has_no_later_one_and_is_not_asked_for_it():
    made = tasks.make_study("gesture", data="ninapro_db2", inputs=[], seeds=[0])
    assert made.about["scheme"] == ["repetition", "subject"]


def test_gestures_of_three_schemes_stand_in_one_table(works, toy_gestures, tmp_path, monkeypatch):
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "no data"))
    asked = ["benchmark", "--task", "gesture", "--methods", "highpass", "--models", "lda,lda_own", "--seeds", "0,1"]
    text = works(*asked, "--size", "quick", "--out", tmp_path / "out", "--results", tmp_path)
    for word in ("Split by repetition", "Split by day", "Split by subject", "Denoisers are not told"):
        assert word in text
    rows, told = read_csv(tmp_path / "task_gesture.csv")
    assert told["command"].endswith("--methods highpass --models lda,lda_own --size quick --seeds 0,1")
    assert len(rows) == 2 * 5 * 3 * 3  # seeds; three schemes for lda and two for lda_own; inputs; people
    summary, _ = read_csv(tmp_path / "task_gesture_summary.csv")
    assert set(summary["seeds"]) == {2}
    assert summary[["low", "high", "difference_low"]].notna().all(axis=None)
    again = works(*asked, "--size", "quick", "--out", tmp_path / "out", "--results", tmp_path)
    assert text.split("Split by")[1:] == again.split("Split by")[1:]


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
