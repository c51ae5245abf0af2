"""The disorder task: pictures, patients, folds that leak or not, votes, intervals, and the whole thing once, small."""

import numpy as np
import pytest

from emgtut.apply import disorder
from emgtut.apply.disorder import CLASSES, disorder_folds, study, summary
from emgtut.apply.disorder_features import FEATURES, needle_features
from emgtut.apply.disorder_patients import NeedleRecord, cohort_of, simulated_patient
from emgtut.apply.disorder_spectrogram import delta, log_spectrogram, prepare_needle, robust_sd, two_pictures
from emgtut.apply.disorder_training import patient_votes, predict_windows, train_disorder
from emgtut.apply.evaluation import subject_rows, table

FS = 10_000


def fake_records(people=4, spots=2, seconds=2, seed=0, fs=FS):
    """White noise whose loud bursts come at a rate that tells the class: easy to learn, quick to make."""
    rng, records = np.random.default_rng(seed), []
    for at, group in enumerate(CLASSES):
        for who in range(people):
            for spot in range(spots):
                x = rng.standard_normal(seconds * fs)
                for start in rng.integers(0, x.size - 200, (4, 12, 36)[at] * seconds):
                    x[start : start + 40] += 60 * np.hanning(40)
                records.append(NeedleRecord(x, fs, group, f"{group} {who}", f"{group} {who}/{spot}"))
    return records


@pytest.fixture(scope="module")
def cohort():
    return cohort_of(fake_records())


# ------------------------------------------------------------------------------------------------ pictures


def test_delta_is_the_slope_of_the_least_squares_line(rng):
    x = rng.standard_normal((3, 20))
    t = np.arange(-2, 3)
    by_definition = [[np.polyfit(t, row[at - 2 : at + 3], 1)[0] for at in range(2, 18)] for row in x]
    np.testing.assert_allclose(delta(x)[:, 2:-2], by_definition)
    assert np.all(delta(np.full(5, 4.0)) == 0)


def test_a_louder_recording_has_the_same_picture_but_for_a_constant(rng):
    x = rng.standard_normal((2, FS))
    soft, loud = log_spectrogram(x), log_spectrogram(100 * x)
    np.testing.assert_allclose(loud - soft, 40.0)
    np.testing.assert_allclose(two_pictures(100 * x)[:, 1], two_pictures(x)[:, 1], atol=1e-4)


def test_silence_within_a_recording_is_not_minus_infinity(rng):
    x = np.stack([rng.standard_normal(FS), np.zeros(FS)])
    picture = log_spectrogram(x)
    assert np.isfinite(picture).all()
    assert np.ptp(picture) <= 80.0 + 1e-9


def test_preparing_takes_offset_and_slow_waves_and_keeps_the_needle(rng):
    t = np.arange(5 * 23_437) / 23_437.5
    slow, fast = 50 + np.sin(2 * np.pi * 2 * t), np.sin(2 * np.pi * 1000 * t)
    inside = slice(5000, 45_000)
    assert np.abs(prepare_needle(slow, fs=23_437.5)[inside]).max() < 0.02
    np.testing.assert_allclose(prepare_needle(fast, fs=23_437.5)[inside].std(), np.sqrt(0.5), rtol=0.01)


@pytest.mark.parametrize("call", [
    lambda: log_spectrogram(np.zeros((2, FS))), lambda: robust_sd(np.ones(10)), lambda: delta([1.0, 2.0], half_width=0),
    lambda: cohort_of([]), lambda: cohort_of(fake_records(people=1, spots=1) * 2),
    lambda: simulated_patient("tired", 1), lambda: needle_features(np.zeros((1, 100)), fs=FS),
    lambda: study(models=["oracle"]), lambda: study(scheme="patient"), lambda: study(size="huge"),
    lambda: study(inputs=["magic"]), lambda: patient_votes(np.zeros((2, 3)), ["a"]),
])  # fmt: skip
def test_what_makes_no_sense_is_refused_with_a_sentence(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call()


# ------------------------------------------------------------------------------------------------ patients


def test_a_patient_is_decided_by_seed_class_and_number():
    how = {"spots": 1, "seconds": 1.0, "reach_mm": 0.6}
    first, again = (simulated_patient("myopathic", 2, seed=5, **how)[0].signal for _ in range(2))
    other = simulated_patient("myopathic", 2, seed=6, **how)[0].signal
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0


def test_scaling_takes_the_gain_of_the_amplifier_out():
    record = fake_records(people=1, spots=1)[0]
    louder = NeedleRecord(10 * record.signal, record.fs, record.group, record.patient, record.name)
    one, other = (cohort_of([each]).windows for each in (record, louder))
    np.testing.assert_allclose(one, other, atol=1e-9)
    assert np.ptp(cohort_of([louder], scaled=False).windows) > 5 * np.ptp(cohort_of([record], scaled=False).windows)


def test_features_count_what_they_say():
    t = np.arange(FS) / FS
    x = (20 * np.sin(2 * np.pi * 50 * t) + 0.5 * np.sin(2 * np.pi * 900 * t))[None]
    found = dict(zip(FEATURES, np.exp(needle_features(x, fs=FS)[0])))
    assert found["turns"] == pytest.approx(101, abs=1)  # the ripple of height one does not count
    assert found["level"] == pytest.approx(20 / np.sqrt(2), rel=0.01)
    assert found["median frequency"] == pytest.approx(50, abs=1)
    assert found["turn height"] == pytest.approx(40, rel=0.1)


# --------------------------------------------------------------------------------------------------- folds


def test_subject_folds_hold_one_of_each_class_and_no_patient_twice(cohort):
    for fold in disorder_folds(cohort, "subject", outer=4, inner=3):
        held = set(cohort.patient[fold.test])
        assert sorted(who.split()[0] for who in held) == sorted(CLASSES)
        assert not held & set(cohort.patient[fold.train])
        for train, validation in fold.pairs:
            assert not set(cohort.patient[train]) & set(cohort.patient[validation])


@pytest.mark.parametrize("scheme", ["record", "window"])
def test_the_other_folds_leak_what_they_say(cohort, scheme):
    dealt = disorder_folds(cohort, scheme, outer=4, inner=3)
    assert any(set(cohort.patient[fold.test]) & set(cohort.patient[fold.train]) for fold in dealt)
    for fold in dealt:
        common = set(cohort.record[fold.test]) & set(cohort.record[fold.train])
        assert bool(common) == (scheme == "window")
        if scheme == "record":
            assert set(cohort.group[fold.test]) == set(CLASSES)


def test_unequal_classes_still_give_folds_with_every_class():
    records = [
        r for r in fake_records(people=5, spots=1) if r.patient not in ("neurogenic 4", "myopathic 4", "myopathic 3")
    ]
    uneven = cohort_of(records)
    for fold in disorder_folds(uneven, "subject", outer=3, inner=2):
        assert set(uneven.group[fold.test]) == set(CLASSES)


# ------------------------------------------------------------------------------------------------ training


def test_the_network_learns_what_is_there_and_is_the_same_each_time(cohort):
    fold = disorder_folds(cohort, "subject", outer=4, inner=3)[0]
    how = {"steps": 6, "batch": 8, "check_every": 3, "lr": 3e-3}
    first, again = (train_disorder(cohort, *fold.pairs[0], seed=1, **how) for _ in range(2))
    told = predict_windows(first[0], cohort.pictures[fold.test])
    np.testing.assert_array_equal(told, predict_windows(again[0], cohort.pictures[fold.test]))
    np.testing.assert_allclose(np.exp(told).sum(axis=1), 1, rtol=1e-5)
    learned = first[1].column("loss")
    assert learned[-1] < learned[0]


def test_statistics_come_from_training_windows_alone(cohort):
    train = np.flatnonzero(cohort.block != "0")
    network, _ = train_disorder(cohort, train, np.flatnonzero(cohort.block == "0"), steps=1, batch=4)
    expected = cohort.pictures[train].mean(axis=(0, 3))[..., None]
    np.testing.assert_allclose(network.mean.numpy(), expected, rtol=1e-4, atol=1e-4)


def test_a_class_that_is_missing_in_training_is_named(cohort):
    with pytest.raises(ValueError, match="lacks myopathic"):
        train_disorder(cohort, np.flatnonzero(cohort.group != "myopathic"), [0])


# ------------------------------------------------------------------------------------------------- summary


def rows_of(shares, windows=10):
    """One patient for each share of right windows; all are normal, or called myopathic."""
    rows = []
    for at, share in enumerate(shares):
        told = ["normal"] * round(share * windows) + ["myopathic"] * (windows - round(share * windows))
        known = {"task": "disorder", "data": "synthetic", "scheme": "subject", "input": "clean", "model": "cnn"}
        rows += subject_rows(["normal"] * windows, told, [f"p{at}"] * windows, seed=0, **known)
    return table(rows)


def test_the_interval_counts_patients_and_not_windows():
    few, many = summary(rows_of([0.0, 1.0, 1.0, 0.0])), summary(rows_of([0.0, 1.0] * 20))
    assert few["accuracy"][0] == many["accuracy"][0] == 0.5
    assert few["high"][0] - few["low"][0] > 2 * (many["high"][0] - many["low"][0])
    same = summary(rows_of([0.0, 1.0, 1.0, 0.0], windows=1000))
    assert same["low"][0] == few["low"][0]
    assert same["high"][0] == few["high"][0]


def test_patients_are_drawn_within_their_class():
    known = {"task": "disorder", "data": "synthetic", "scheme": "subject", "input": "clean", "model": "cnn", "seed": 0}
    truth, people = ["normal"] * 4 + ["myopathic"] * 4, [f"p{at}" for at in range(8)]
    found = summary(table(subject_rows(truth, ["normal"] * 8, people, **known)))
    assert found[["accuracy", "low", "high"]].to_numpy().tolist() == [[0.5, 0.5, 0.5]]  # each class is all or none


# ---------------------------------------------------------------------------------------------- everything


def test_the_whole_task_once_small(monkeypatch):
    records = fake_records(people=3)
    monkeypatch.setattr(disorder, "simulated_records", lambda **how: records)
    disorder._cohort.cache_clear()
    found = disorder.table(data="synthetic", fast=True, denoisers=["identity"], progress=False)
    disorder._cohort.cache_clear()
    whole = found[found["scheme"] == "subject"]
    assert len(whole) == 9 * 4 * 3  # patients, models, inputs; a patient in several folds has a row in each
    assert set(found["input"][found["scheme"] != "subject"]) == {"clean"}
    windows = found[(found["model"] == "features") & (found["scheme"] == "subject") & (found["input"] == "clean")]
    assert windows["items"].tolist() == [4] * 9
    assert windows["accuracy"].mean() > 0.9  # the fake classes are easy
    assert set(found[found["model"] == "cnn vote"]["items"]) == {1}


def test_leak_is_seen_where_classes_mean_nothing():
    """Every record has a tone of its own and no class: only a model that has met the record can know its label."""
    rng, records = np.random.default_rng(3), []
    for group in CLASSES:
        for who in range(4):
            for spot in range(2):
                tone = 40 * np.sin(2 * np.pi * np.exp(rng.uniform(*np.log([100, 3000]))) * np.arange(3 * FS) / FS)
                x = rng.standard_normal(3 * FS) + tone * rng.uniform(0.5, 2)
                records.append(NeedleRecord(x, FS, group, f"{group} {who}", f"{group} {who}/{spot}"))
    cohort = cohort_of(records, scaled=False)
    right = {}
    for scheme in disorder.SCHEMES:
        part = []
        for fold in disorder_folds(cohort, scheme, outer=4, inner=2):
            tell, _ = disorder._trained("nearest", cohort, fold, 0, disorder.SIZES["quick"])
            told = np.array(CLASSES)[tell(cohort.windows[fold.test]).argmax(axis=1)]
            part.append(np.mean(told == cohort.group[fold.test]))
        right[scheme] = np.mean(part)
    assert right["window"] > 0.75
    assert right["subject"] < right["window"] - 0.3


def test_the_note_says_what_this_is_not():
    assert "not a diagnostic device" in disorder.NOT_A_DEVICE
    assert disorder.NOT_A_DEVICE in study(seeds=[0]).notes
