"""Runs and trials: simulated people, and readers of real collections on files of their layout, written here."""

import numpy as np
import pytest
import wfdb
from scipy.io import savemat

from emgtut.apply.gesture_data import (
    FS,
    GESTURES,
    MUSCLES,
    PATTERNS,
    Run,
    cut,
    flexemg,
    grabmyo,
    ninapro,
    simulated,
    sketched,
)
from emgtut.data import DataMissing

TINY = {"people": 1, "days": 1, "repetitions": 1, "gestures": ("flex", "extend"), "hold_s": 1.0}


@pytest.fixture(scope="module")
def two_days():
    """One person on two days."""
    return simulated(seed=0, **{**TINY, "days": 2, "later_repetitions": 1})


def test_simulated_runs_are_complete_and_reproducible(two_days):
    again = simulated(seed=0, **TINY)
    assert len(two_days) == 2
    assert np.array_equal(again[0].signal, two_days[0].signal)  # another day does not change the first
    for run in two_days:
        assert run.signal.shape == (len(MUSCLES), 3000)
        assert np.abs(run.signal).max() < 5  # millivolts
        assert sorted(run.gestures) == ["extend", "flex"]
        assert run.starts.tolist() == [500, 2000]


def test_another_seed_is_another_person(two_days):
    other = simulated(seed=1, **TINY)[0]
    assert other.subject != two_days[0].subject
    assert not np.allclose(other.signal, two_days[0].signal)


def test_flexors_work_in_flexion_and_rest_is_quiet(two_days):
    run = two_days[0]
    trials = cut([run], trial_s=1.0)
    level = {name: trials.signal[trials.gesture == name].std(axis=-1)[0] for name in ("flex", "extend")}
    of_flexors = {name: values[:3].sum() / values.sum() for name, values in level.items()}
    assert of_flexors["flex"] > of_flexors["extend"] + 0.3
    assert run.signal[:, :300].std() < 0.2 * trials.signal.std()


def test_the_same_person_looks_a_little_different_on_another_day(two_days):
    levels = [cut([run], trial_s=1.0) for run in two_days]
    flex = [np.log(t.signal[t.gesture == "flex"].std(axis=-1)[0]) for t in levels]
    assert 0.02 < np.abs(flex[0] - flex[1]).mean() < 2


def test_sketched_people_are_told_apart_and_their_trials_are_where_they_are_said_to_be():
    runs = sketched(seed=0, people=2, repetitions=2, later_repetitions=1)
    assert [run.name for run in runs[:4]] == [f"sketched/0-1/day{d}/{r}" for d, r in ((1, 1), (1, 2), (2, 1))] + [
        "sketched/0-2/day1/1"
    ]
    other = sketched(seed=1, people=1, days=1, repetitions=1)[0]
    assert not np.allclose(other.signal, runs[0].signal)
    for run in runs:
        assert run.signal.shape == (6, 20_000)
        assert sorted(run.gestures) == sorted(GESTURES)
        rest = np.concatenate([run.signal[:, start - 350 : start - 150] for start in run.starts], axis=1)
        assert rest.std() < 0.2 * cut([run]).signal.std()
    with pytest.raises(ValueError, match="no gesture 'wave'"):
        sketched(seed=0, gestures=("wave",))
    trials = cut(runs)
    level = {name: trials.signal[trials.gesture == name].std(axis=-1).mean(axis=0) for name in ("flex", "extend")}
    of_flexors = {name: values[:3].sum() / values.sum() for name, values in level.items()}
    assert of_flexors["flex"] > of_flexors["extend"] + 0.2


def test_patterns_are_drives_and_no_two_gestures_are_alike():
    drives = np.array(list(PATTERNS.values()))
    assert drives.shape == (len(GESTURES), len(MUSCLES))
    assert drives.min() > 0
    assert drives.max() < 0.6
    apart = np.abs(drives[:, None] - drives[None]).max(axis=-1) + np.eye(len(drives))
    assert apart.min() > 0.04


def test_an_unknown_gesture_is_told():
    with pytest.raises(ValueError, match="There is no gesture 'wave'"):
        simulated(seed=0, gestures=("wave",))


def test_cutting_other_versions_of_a_run():
    x = np.arange(40.0).reshape(2, 20)
    run = Run("a/1", "a", "1", x, np.array([3, 10]), ("fist", "open"), ("1", "1"))
    trials = cut([run, run], [x, -x], trial_s=0.004)
    assert trials.signal[:, 0, 0].tolist() == [3, 10, -3, -10]
    assert trials.signal.dtype == np.float32
    assert len(trials) == 4
    with pytest.raises(ValueError, match=r"instead of \(2, 20\)"):
        cut([run], [x[:, :5]])
    with pytest.raises(ValueError, match="does not fit"):
        cut([run], trial_s=0.011)


# ------------------------------------------------------------------------------------------- real collections


@pytest.mark.parametrize("reader", [flexemg, ninapro, grabmyo])
def test_what_is_not_here_is_told_and_nothing_put_in_its_place(reader, tmp_path):
    with pytest.raises(DataMissing):
        reader(root=tmp_path)


def test_flexemg_goes_around_the_arm(data_root):
    runs = flexemg(ring=1, root=data_root)
    assert len(runs) == 20
    assert {run.subject for run in runs} == {"flexemg/S001", "flexemg/S002"}
    assert {run.day for run in runs} == {"1", "3"}
    for run in runs:
        assert run.signal.shape == (16, 28_000)
        assert sorted(run.gestures) == ["Fist", "Lower", "Open", "Raise"]
        assert run.starts.tolist() == [6000, 11_000, 16_000, 21_000]  # a second after the cue
        assert np.abs(run.signal.mean(axis=-1)).max() < 0.01  # the offset of tens of millivolts is gone
    assert len({run.name for run in runs}) == 20
    firsts = [run.repetitions[0] for run in runs if run.subject.endswith("S001") and run.day == "1"]
    assert sorted(firsts) == [f"Test{n}" for n in range(1, 4)] + [f"Train{n}" for n in range(1, 7)]


def test_the_array_of_flexemg_is_turned_on_the_other_day(data_root):
    trials = cut(flexemg(ring=1, root=data_root))
    level = np.log(trials.signal.std(axis=-1))
    for who in ("flexemg/S001", "flexemg/S002"):
        patterns = []
        for day in "13":
            here = (trials.subject == who) & (trials.day == day)
            mean = np.stack([level[here & (trials.gesture == name)].mean(axis=0) for name in np.unique(trials.gesture)])
            patterns.append(mean - mean.mean(axis=0))
        first, other = patterns
        fit = [np.mean([np.corrcoef(a, np.roll(b, turn))[0, 1] for a, b in zip(first, other)]) for turn in range(16)]
        assert int(np.argmax(fit)) == 12
        assert fit[12] > 0.75
        assert fit[0] < 0.3


def test_ninapro_keeps_exercises_apart_and_leaves_late_movements_out(tmp_path):
    (tmp_path / "ninapro_db2").mkdir()
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 0, 1, 0, 2, 0], [1000, 5000, 1000, 5000, 1000, 5000, 1000])
    turn = np.repeat([0, 1, 0, 2, 0, 1, 0], [1000, 5000, 1000, 5000, 1000, 5000, 1000])
    for exercise in "12":
        savemat(
            tmp_path / "ninapro_db2" / f"S3_E{exercise}_A1.mat",
            {"emg": 1e-4 * rng.standard_normal((label.size, 12)), "restimulus": label, "rerepetition": turn},
        )
    runs = ninapro(people=["3"], exercises=("1", "2"), trial_s=3.2, root=tmp_path)
    assert [run.name for run in runs] == ["ninapro_db2/3/1", "ninapro_db2/3/2"]
    assert runs[0].signal.shape == (12, 9500)  # from 2 kHz to 1 kHz
    assert runs[0].starts.tolist() == [500, 3500]  # the third movement has only three seconds until the end
    assert runs[0].gestures == ("1.1", "1.1")
    assert runs[1].gestures == ("2.1", "2.1")
    assert runs[0].repetitions == ("1", "2")
    assert len(ninapro(people=["3"], exercises=("1",), root=tmp_path)[0].starts) == 3


def test_grabmyo_joins_the_gestures_of_a_repetition_and_leaves_rest_and_wrist_out(tmp_path):
    folder = tmp_path / "grabmyo" / "Session1"
    folder.mkdir(parents=True)
    names = ["F1", "F2", "U1", "W1"]
    rng = np.random.default_rng(0)
    for gesture, loud in ((1, 0), (2, 1), (17, 0)):
        x = 0.1 * rng.standard_normal((10_240, 4))
        x[:, loud] *= 20
        record = f"session1_participant3_gesture{gesture}_trial2"
        wfdb.wrsamp(
            record, fs=2048, units=["mV"] * 4, sig_name=names, p_signal=x, fmt=["16"] * 4, write_dir=str(folder)
        )
    (run,) = grabmyo(root=tmp_path)
    assert (run.name, run.subject, run.day) == ("grabmyo/3/day1/2", "grabmyo/3", "1")
    assert run.gestures == ("1", "2")
    assert run.signal.shape == (2, 10_000)
    assert run.starts.tolist() == [1500, 6500]
    trials = cut([run])
    assert trials.signal.std(axis=-1).argmax(axis=-1).tolist() == [0, 1]
    with pytest.raises(DataMissing):
        grabmyo(people=["4"], root=tmp_path)


def test_every_run_is_at_one_rate(two_days):
    assert FS == 1000
    assert all(run.starts.dtype.kind == "i" for run in two_days)
