"""The study: splits that keep apart what they say, models that never see a test trial, one row per person."""

import numpy as np
import pytest

from emgtut.apply import gesture
from emgtut.apply.gesture_data import Run

PEOPLE, DAYS, REPETITIONS, NAMES = ("ann", "ben", "cat"), ("1", "2"), ("1", "2", "3"), ("fist", "flex", "open")


def toy_runs(people=PEOPLE):
    """Runs in which each gesture is the loudness of one channel, at a level of the person's own."""
    rng, runs = np.random.default_rng(0), []
    for person in people:
        level = np.exp(0.3 * rng.standard_normal())
        for day in DAYS:
            for repetition in REPETITIONS:
                x = rng.standard_normal((3, 7500))
                for at in range(3):
                    x[at, 2500 * at + 500 : 2500 * (at + 1)] *= 6 * level
                starts = np.array([500, 3000, 5500])
                runs.append(Run(f"{person}/{day}/{repetition}", person, day, x, starts, NAMES, (repetition,) * 3))
    return runs


@pytest.fixture(scope="module")
def made():
    """All versions of the toy runs."""
    return gesture.trials_of(toy_runs(), ("clean", "noisy", "highpass", "noisy_train"), seed=0, source="synthetic")


# --------------------------------------------------------------------------------------------------- splits


def keys(trials, at, *columns):
    return set(zip(*(getattr(trials, name)[at] for name in columns)))


@pytest.mark.parametrize("scheme", gesture.SCHEMES)
def test_folds_do_not_share_what_the_scheme_holds_out(made, scheme):
    trials = made["clean"]
    first = trials.day == "1"
    folds = gesture.split(trials, scheme)
    tested = np.concatenate([fold.test for fold in folds])
    assert len(set(tested)) == len(tested)  # every trial is tested once
    assert set(tested) == set(np.flatnonzero(~first if scheme == "day" else first))
    for fold in folds:
        assert set(trials.day[fold.train]) == {"1"}
        columns = {"subject": ["subject"], "day": ["day"], "repetition": ["repetition"]}[scheme]
        assert not keys(trials, fold.train, *columns) & keys(trials, fold.test, *columns)
        assert set(trials.gesture[fold.train]) == set(NAMES)
        for train, validation in fold.pairs:
            assert set(train) | set(validation) == set(fold.train)
            shared = ["subject", "day", "repetition"]
            assert not keys(trials, train, *shared) & keys(trials, validation, *shared)


def test_with_three_people_to_train_on_validation_is_another_person():
    runs = toy_runs(people=("ann", "ben", "cat", "dan"))
    trials = gesture.trials_of(runs, ["clean"], seed=0)["clean"]
    for fold in gesture.split(trials, "subject"):
        for train, validation in fold.pairs:
            assert not set(trials.subject[train]) & set(trials.subject[validation])


def test_many_people_are_held_out_in_groups(made):
    trials = made["clean"].take(np.flatnonzero(made["clean"].day == "1"))
    many = gesture.Trials(
        np.tile(trials.signal[:9], (20, 1, 1)), *(np.tile(getattr(trials, n)[:9], 20) for n in ("gesture",)),
        np.repeat([f"p{n}" for n in range(20)], 9), np.full(180, "1"), np.tile(trials.repetition[:9], 20),
    )  # fmt: skip
    folds = gesture.split(many, "subject")
    assert len(folds) == gesture.SUBJECT_FOLDS
    assert sum(len(fold.test) for fold in folds) == 180


def test_what_cannot_be_split_is_told(made):
    one_day = made["clean"].take(np.flatnonzero(made["clean"].day == "1"))
    with pytest.raises(ValueError, match="of one day"):
        gesture.split(one_day, "day")
    with pytest.raises(ValueError, match="There is no scheme 'window'"):
        gesture.split(one_day, "window")
    with pytest.raises(ValueError):
        gesture.split(one_day.take(np.flatnonzero(one_day.subject == "ann")), "subject")


# --------------------------------------------------------------------------------------------------- inputs


def test_noise_to_train_with_is_not_the_noise_of_the_tests(made):
    clean, noisy, other = (made[name].signal for name in ("clean", "noisy", "noisy_train"))
    tested, trained = noisy - clean, other - clean
    assert tested.std() > 0
    assert trained.std() > 0
    for one, two in zip(tested.reshape(-1, 2000), trained.reshape(-1, 2000)):
        assert abs(np.corrcoef(one, two)[0, 1]) < 0.95
    assert np.array_equal(made["clean"].gesture, made["highpass"].gesture)


def test_a_recording_s_noise_does_not_depend_on_the_others(made):
    alone = gesture.trials_of(toy_runs()[:1], ("noisy",), seed=0, source="synthetic")["noisy"]
    assert np.array_equal(alone.signal, made["noisy"].signal[:3])


# --------------------------------------------------------------------------------------------------- models


@pytest.mark.parametrize("model", gesture.MODELS)
def test_models_learn_the_toy_and_never_see_a_test_trial(made, model):
    fold = gesture.split(made["clean"], "repetition")[0]
    truth = made["clean"].gesture[fold.test]
    found, _ = gesture.predict(model, made, fold, seed=0, size="quick")
    assert set(found) == {"clean", "noisy", "highpass"}
    if model.startswith("lda") and model != "lda_noisy":
        assert np.mean(found["clean"] == truth) > 0.9
    # Whatever stands in the other test trials, training and the answer for this input stay what they were.
    spoilt = {name: gesture.Trials(**{**vars(trials), "signal": trials.signal.copy()}) for name, trials in made.items()}
    for name in ("clean", "noisy_train", "highpass"):
        spoilt[name].signal[fold.test] = 100 * np.random.default_rng(1).standard_normal(spoilt[name].signal[:1].shape)
    again, _ = gesture.predict(model, spoilt, fold, seed=0, size="quick")
    assert again["noisy"].tolist() == found["noisy"].tolist()


def test_a_personal_model_knows_nobody_else(made):
    fold = gesture.split(made["clean"], "repetition")[0]
    clean = {"clean": made["clean"]}
    found, _ = gesture.predict("lda_own", clean, fold, seed=0)
    changed = {"clean": gesture.Trials(**{**vars(made["clean"]), "signal": made["clean"].signal.copy()})}
    others = fold.train[made["clean"].subject[fold.train] != "ann"]
    changed["clean"].signal[others] *= -7
    again, _ = gesture.predict("lda_own", changed, fold, seed=0)
    hers = made["clean"].subject[fold.test] == "ann"
    assert again["clean"][hers].tolist() == found["clean"][hers].tolist()
    with pytest.raises(ValueError, match="has no trial to train with"):
        gesture.predict("lda_own", clean, gesture.split(made["clean"], "subject")[0], seed=0)
    with pytest.raises(ValueError, match="There is no model 'magic'"):
        gesture.predict("magic", clean, fold, seed=0)


# ---------------------------------------------------------------------------------------------------- study


@pytest.fixture
def toy_source(monkeypatch):
    """Let the study work on the toy runs."""
    monkeypatch.setattr(gesture, "runs_of", lambda data, **_: toy_runs())
    monkeypatch.setitem(gesture.SIZES, "full", gesture.SIZES["quick"])
    gesture._made.cache_clear()
    yield
    gesture._made.cache_clear()


def test_the_table_has_one_row_for_each_person_input_model_scheme_and_seed(toy_source):
    found = gesture.table(models=["lda", "lda_own"], denoisers=["highpass"], seeds=(0, 1))
    key = ["seed", "scheme", "model", "input", "subject"]
    assert not found.duplicated(key).any()
    assert len(found) == 2 * 5 * 3 * 3  # seeds; three schemes for lda and two for lda_own; inputs; people
    assert set(found["input"]) == {"clean", "noisy", "highpass"}
    assert set(found["items"]) == {9}
    assert found[found["input"] == "clean"]["accuracy"].mean() > 0.9


def test_jobs_give_the_same_rows_in_any_order(toy_source):
    jobs = gesture.study(models=["lda", "lda_noisy"], seeds=[0]).jobs
    forwards = [job.run() for job in jobs]
    gesture._made.cache_clear()
    assert [job.run() for job in jobs[::-1]][::-1] == forwards


def test_the_network_says_what_validation_chose(toy_source):
    (job,) = gesture.study(models=["stcnet"], seeds=[0], scheme="day").jobs
    rows = job.run()
    assert {row.subject for row in rows} == set(PEOPLE)
    assert rows[0].chosen.startswith("step ")


def test_what_a_study_is_made_of():
    made = gesture.study(seeds=[3], data="ninapro_db2", inputs=["vmd"])
    assert made.about["inputs"] == ("clean", "noisy", "vmd")
    assert [job.name for job in made.jobs] == [f"seed3_{name}" for name in gesture.MODELS if name != "lda_own"]
    assert "seed3_lda_own" in [job.name for job in gesture.study(seeds=[3], scheme="repetition").jobs]
    for wrong in ("data", "scheme", "size"):
        with pytest.raises(ValueError, match="magic"):
            gesture.study(**{wrong: "magic"})
    for wrong in ("models", "inputs"):
        with pytest.raises(ValueError, match="magic"):
            gesture.study(**{wrong: ["magic"]})
    with pytest.raises(ValueError, match="recorded on one day"):
        gesture.study(data="ninapro_db2", scheme="day")
    with pytest.raises(ValueError, match="none fits the scheme subject"):
        gesture.study(models=["lda_own"])


def test_sizes_decide_how_much_is_made(monkeypatch):
    asked = {}
    monkeypatch.setattr(gesture, "simulated", lambda **how: asked.update(how))
    gesture.runs_of("synthetic", seed=4, size=gesture.Size(1, 2, 3, ("fist", "open"), units=5))
    assert asked == {
        "seed": 4, "people": 1, "repetitions": 2, "later_repetitions": 3, "gestures": ("fist", "open"), "units": 5,
    }  # fmt: skip
    assert gesture._plan("stcnet_sac", gesture.SIZES["quick"]).contrast_steps == 20
