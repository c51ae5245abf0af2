"""Fatigue: features, slopes, the network, readers, and a study that never looks at the person it is tested on."""

import itertools

import numpy as np
import pandas as pd
import pytest

from emgtut import denoise
from emgtut.apply import fatigue, fatigue_data
from emgtut.apply.evaluation import folds, subject_rows
from emgtut.apply.evaluation import table as as_table
from emgtut.apply.fatigue_data import FS, Trial, cut, upper_limb_trials
from emgtut.apply.fatigue_features import (
    FEATURES,
    fit_slope,
    mdf_slope,
    relative_to_start,
    start_windows,
    window_features,
    with_changes,
)
from emgtut.benchmark import tasks
from emgtut.data import DataMissing
from emgtut.signals import butterworth, filter_zero_phase

TINY = fatigue.Size(people=4, seconds=40.0, per_subject=1, recipe="quick")


def tiring(subject, seconds=40.0, n_channels=4, fall=0.35):
    """A person of filtered noise, whose band sinks in twenty steps: nothing but the fall is real in it."""
    rng = np.random.default_rng(sum(map(ord, subject)))
    n_samples, top, level = round(seconds * FS), rng.uniform(120, 200), rng.uniform(0.05, 2.0)
    white = rng.standard_normal((n_channels, n_samples + 400))
    signal = np.empty((n_channels, n_samples))
    edges = np.linspace(0, n_samples, 21).astype(int)
    for step, (start, stop) in enumerate(itertools.pairwise(edges)):
        band = butterworth(2, (20.0, top * (1 - fall * step / 19)), "bandpass", fs=FS)
        signal[:, start:stop] = filter_zero_phase(band, white[:, start : stop + 400])[:, 200 : 200 + stop - start]
    labels = np.repeat([0, 1, 2], np.diff([0, int(0.4 * n_samples), int(0.7 * n_samples), n_samples]))
    return Trial(subject, "1", level * signal, labels, tuple("abcd"[:n_channels]))


@pytest.fixture
def crowd(monkeypatch):
    """Cheap people in place of simulated muscles."""
    made = tuple(tiring(f"simulated-{number + 1}") for number in range(TINY.people))
    monkeypatch.setattr(fatigue_data, "simulated_trials", lambda people, seconds: made)
    caches = (fatigue._trials, fatigue._versions, fatigue._items, fatigue._seen)
    for cache in caches:
        cache.cache_clear()
    yield made
    for cache in caches:
        cache.cache_clear()


# --------------------------------------------------------------------------------------------- features


def test_features_of_a_tone():
    t = np.arange(4000) / FS
    found = dict(zip(FEATURES, window_features(2 * np.sin(2 * np.pi * 100 * t + 0.3), fs=FS), strict=True))
    assert found["rms"] == pytest.approx(np.sqrt(2), rel=1e-3)
    assert found["mav"] == pytest.approx(4 / np.pi, rel=2e-2)
    assert found["zc"] == pytest.approx(0.2, rel=1e-2)
    assert found["mnf"] == pytest.approx(100, rel=2e-2)
    assert found["mdf"] == pytest.approx(100, rel=1e-2)


def test_three_of_the_features_are_one():
    x = np.random.default_rng(0).standard_normal((5, 4000))
    found = window_features(x, fs=FS)
    by_name = dict(zip(FEATURES, found.T, strict=True))
    assert np.allclose(by_name["total_power"], 2049 * by_name["mean_power"])
    assert np.allclose(by_name["total_power"], 4096 / 2 * 4000 * by_name["rms"] ** 2, rtol=0.02)  # Parseval


def test_features_relative_to_the_start_forget_the_amplitude():
    x = np.random.default_rng(0).standard_normal((10, 4000))
    first, second = (relative_to_start(window_features(gain * x, fs=FS)) for gain in (1.0, 250.0))
    assert np.allclose(first, second)
    assert np.allclose(first[: start_windows(10)].mean(axis=0), 1.0)


def test_the_design_has_32_features_and_32_changes_and_no_change_across_trials():
    rng = np.random.default_rng(0)
    features = [rng.random((6, 4, 8)), rng.random((5, 4, 8))]
    kept = [np.array([True, True, False, True, True, True]), np.ones(5, dtype=bool)]
    made = fatigue.design(features, kept, baseline="none")
    assert made.shape == (10, 64)
    assert np.all(made[[0, 5], 32:] == 0), "the first window of a trial has not changed"
    assert np.allclose(made[2, 32:], (features[0][3] - features[0][2]).ravel()), "changes are from true neighbours"
    assert with_changes(np.zeros((1, 3))).shape == (1, 6)


# ----------------------------------------------------------------------------------------------- slopes


def test_the_interval_covers_no_change_where_nothing_changes():
    covered = 0
    for seed in range(60):
        found = mdf_slope(np.random.default_rng(seed).standard_normal(40_000), fs=FS)
        covered += found.low <= 0 <= found.high
    assert covered >= 52  # of 60 at nominally 95 %


def test_the_slope_of_a_known_fall():
    found = [mdf_slope(x, fs=FS) for x in tiring("ann").signal]
    assert all(one.falls for one in found)
    assert np.mean([one.fall for one in found]) == pytest.approx(
        0.30, abs=0.07
    )  # the top falls by 0.35, the foot stays


def test_the_slope_does_not_depend_on_the_amplitude():
    x = tiring("ben", 20.0).signal[0]
    assert mdf_slope(1e-6 * x, fs=FS).per_minute == pytest.approx(mdf_slope(x, fs=FS).per_minute)


def test_correlated_rest_widens_the_interval():
    t = np.arange(60_000) / FS
    wander = np.cumsum(12 * np.sin(2 * np.pi * t / 20)) / FS  # the frequency swings slowly by 12 Hz
    found = mdf_slope(np.sin(2 * np.pi * (100 * t + wander)), fs=FS)
    assert found.low < 0 < found.high
    with pytest.raises(ValueError, match="needs 5"):
        mdf_slope(np.ones(3000), fs=FS)


def test_a_line_through_given_values():
    minutes = np.arange(10) / 6
    found = fit_slope(minutes, 90 - 12 * minutes, span=2.0)
    assert (found.start_hz, found.per_minute, found.fall) == pytest.approx((90, -12, 24 / 90))
    with pytest.raises(ValueError, match="needs 5"):
        fit_slope(minutes[:4], minutes[:4], span=1.0)


# ------------------------------------------------------------------------------------------------- data


def test_pauses_are_left_out():
    x = tiring("cat").signal[0]
    pauses = (np.arange(x.size) // 2000) % 2 == 1
    rest = 0.01 * x.std() * np.random.default_rng(0).standard_normal(x.size)
    paused = np.where(pauses, rest, x)
    found, whole = mdf_slope(paused, fs=FS), mdf_slope(x, fs=FS)
    assert mdf_slope(paused + 20 * x.std(), fs=FS).per_minute == pytest.approx(found.per_minute, rel=1e-6)
    assert found.falls
    assert found.fall == pytest.approx(whole.fall, abs=0.07)


@pytest.mark.data
def test_the_real_person_tires(data_root):
    found = mdf_slope(fatigue_data.real_person(root=data_root).signal[0], fs=FS)
    assert found.falls
    assert 0.15 < found.fall < 0.35


def test_windows_with_two_answers_are_left_out():
    trial = tiring("ann")
    starts, labels, kept = cut(trial)
    assert len(starts) == 19
    for start, label, counts in zip(starts, labels, kept, strict=True):
        inside = trial.labels[start : start + 4000]
        assert counts == (inside[0] == inside[-1])
        assert label == inside[2000]
    with pytest.raises(ValueError, match="one window has 4000"):
        cut(Trial("ann", "1", np.zeros((1, 10)), np.zeros(10, dtype=int), ("a",)))


def test_a_simulated_person_slows_down():
    (trial,) = fatigue_data.simulated_trials(1, 8.0)
    assert np.all(np.diff(trial.velocity) <= 0)
    assert trial.labels[0] == 0
    assert trial.labels[-1] == 2
    assert trial.signal.shape == (4, 8000)


def upper_limb(root, subject=1, trial=1, seconds=12, extra_rows=0, labels=((0, 0), (5, 1), (9, 2)), gap=False):
    """A made-up trial, laid out like the dataset: time and EMG of four sensors, and answers beside them."""
    folder = root / fatigue_data.UPPER_LIMB
    n = round(seconds * 1259)
    columns = {}
    for sensor in range(4):
        x = np.random.default_rng([subject, trial, sensor]).standard_normal(n) * 1e-5 + 3e-4
        columns[f"X{sensor} [s]"] = np.arange(n) / 1259
        columns[f"EMG {sensor} (V)"] = x
    frame = pd.DataFrame(columns)
    if extra_rows:
        longer = pd.DataFrame({"X0 [s]": np.zeros(extra_rows), "EMG 0 (V)": np.ones(extra_rows)})
        frame = pd.concat([frame, longer], ignore_index=True)
    if gap:
        frame.iloc[100, 3] = np.nan
    for part in (folder / f"sEMG_data/subject_{subject}", folder / f"self_perceived_fatigue_index/subject_{subject}"):
        part.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / f"sEMG_data/subject_{subject}/trial_{trial}.csv", index=False)
    said = pd.DataFrame(labels, columns=["time", "label"])
    said.to_csv(folder / f"self_perceived_fatigue_index/subject_{subject}/index_trial_{trial}.csv", index=False)


def test_the_upper_limb_layout(tmp_path):
    upper_limb(tmp_path, 1, 1, extra_rows=50)
    upper_limb(tmp_path, 1, 12)
    upper_limb(tmp_path, 3, 1)  # left out by earlier work
    upper_limb(tmp_path, 10, 2, gap=True)
    upper_limb(tmp_path, 2, 4)
    (tmp_path / fatigue_data.UPPER_LIMB / "self_perceived_fatigue_index/subject_2/index_trial_4.csv").unlink()
    trials, notes = upper_limb_trials(root=tmp_path)
    assert [trial.item for trial in trials] == ["1/1", "1/12"]
    assert len(notes) == 2
    assert "samples are missing" in notes[1]
    first = trials[0]
    assert first.signal.shape == (4, 12_000)
    assert np.abs(first.signal.mean(axis=1)).max() < 1e-6, "the offset is gone"
    assert [int(first.labels[round(t * 1000)]) for t in (0, 2.4, 2.6, 6.9, 7.1, 11.9)] == [0, 0, 1, 1, 2, 2]
    assert len(upper_limb_trials(root=tmp_path, per_subject=1)[0]) == 1


def test_another_layout_is_refused(tmp_path):
    with pytest.raises(DataMissing, match="record 13860256"):
        upper_limb_trials(root=tmp_path)
    upper_limb(tmp_path, labels=((0, 0), (5, 7)))
    with pytest.raises(ValueError, match="labels 0, 1 or 2"):
        upper_limb_trials(root=tmp_path)
    folder = tmp_path / fatigue_data.UPPER_LIMB / "sEMG_data/subject_1"
    pd.DataFrame({"t": [0.0], "x": [1.0]}).to_csv(folder / "trial_1.csv", index=False)
    with pytest.raises(ValueError, match="has 2 columns"):
        upper_limb_trials(root=tmp_path)


def test_a_study_of_the_upper_limb_dataset(tmp_path):
    for subject in (1, 2, 4):
        upper_limb(tmp_path, subject, 1, seconds=30, labels=((0, 0), (15, 1), (25, 2)))
    made = fatigue.study(data="real", models=["mdf"], seeds=[0], root=tmp_path)
    assert [job.name for job in made.jobs] == ["mdf_seed0_1", "mdf_seed0_2", "mdf_seed0_4", "slopes_seed0"]
    rows = made.jobs[0].run()
    assert [(row.subject, row.input) for row in rows] == [("1", "clean"), ("1", "noisy")]


# ---------------------------------------------------------------------------------------------- network


def test_the_network_is_causal_and_has_the_specified_size():
    import torch

    from emgtut.apply.fatigue_network import Block, DilatedCnn
    from emgtut.learn import count_parameters

    assert count_parameters(DilatedCnn(4, 3)) == 104_579
    block = Block(4, 32, 8).eval()
    x = torch.randn(1, 4, 300)
    later = x.clone()
    later[..., 150:] = 0
    assert torch.equal(block(x)[..., :150], block(later)[..., :150])
    assert not torch.equal(block(x)[..., 150:], block(later)[..., 150:])


def test_the_network_learns_two_bands_and_repeats_itself(monkeypatch):
    from emgtut.apply import fatigue_network

    monkeypatch.setitem(fatigue_network.RECIPES, "quick", {"steps": 12, "batch": 8, "crop": 200})
    rng = np.random.default_rng(0)
    low, high = (
        filter_zero_phase(butterworth(2, band, "bandpass", fs=FS), rng.standard_normal((12, 2, 500)))
        for band in ((20.0, 80.0), (150.0, 300.0))
    )
    windows = np.concatenate([low / low.std(), high / high.std()]).astype(np.float32)
    labels = np.repeat([0, 1], 12)
    train_at, validation_at = np.r_[0:8, 12:20], np.r_[8:10, 20:22]
    nets = [fatigue_network.train(windows, labels, train_at, validation_at, n_classes=2, seed=1) for _ in range(2)]
    said = [fatigue_network.classify(net, windows) for net in nets]
    assert np.array_equal(*said)
    assert np.mean(said[0][[10, 11, 22, 23]] == labels[[10, 11, 22, 23]]) == 1.0
    with pytest.raises(ValueError, match="no recipe"):
        fatigue_network.train(windows, labels, train_at, validation_at, n_classes=2, how="slow")


# ------------------------------------------------------------------------------------------------ study


def test_the_study_beats_the_majority_on_people_it_has_not_met(crowd):
    made = fatigue.study(models=["majority", "mdf", "svm"], seeds=[0], size=TINY)
    rows = as_table([row for job in made.jobs if job.kind == "rows" for row in job.run()])
    means = rows[rows["input"] == "clean"].groupby("model")["accuracy"].mean()
    assert means["svm"] > means["majority"] + 0.2
    assert means["mdf"] > means["majority"] + 0.2
    assert rows.groupby(["model", "input"]).size().eq(TINY.people).all()


def test_nothing_is_learnt_or_chosen_from_the_person_that_is_held_out(crowd):
    """Turn round the labels, and spoil the signal, of the person held out: the model and its choice stay the same."""
    plan = fatigue._Plan("synthetic", "subject", ("clean", "noisy"), TINY, None)
    subjects, labels, _ = fatigue._items(plan)
    seen = fatigue._seen(plan, 0, "clean")
    fold = folds({"subject": subjects}, inner=3)[0]
    turned = labels.copy()
    turned[fold.test] = 2 - labels[fold.test]
    spoilt = fatigue._Seen(
        [own * 7 if at == 0 else own for at, own in enumerate(seen.features)], seen.kept, seen.windows
    )
    for model in ("majority", "mdf", "svm"):
        honest, chosen = fatigue._FIT[model](seen, labels, fold, 0, TINY)
        other, again = fatigue._FIT[model](spoilt, turned, fold, 0, TINY)
        assert chosen == again
        assert np.array_equal(honest(seen, fold.test), other(seen, fold.test))


def test_an_input_is_normalised_by_itself(crowd):
    """No clean reference: what a model sees of a noisy trial does not change with the scale of that trial."""
    plan = fatigue._Plan("synthetic", "subject", ("clean", "noisy"), TINY, None)
    clean, noisy = (fatigue._seen(plan, 0, name) for name in ("clean", "noisy"))
    start = start_windows(len(noisy.features[0]))
    assert np.allclose(relative_to_start(noisy.features[0])[:start].mean(axis=0), 1.0)
    assert not np.allclose(clean.features[0], noisy.features[0])
    assert np.sqrt(np.mean(noisy.windows[0] ** 2, axis=-1)) == pytest.approx(1.0, abs=0.6)


def test_dealing_windows_is_offered_with_a_warning(crowd):
    made = fatigue.study(models=["mdf"], seeds=[0], scheme="window", size=TINY)
    assert any("leak" in note for note in made.notes)
    rows = made.jobs[0].run()
    assert len({row.subject for row in rows}) == TINY.people


def test_slopes_are_a_table_beside_the_scores(crowd):
    made = fatigue.study(models=["mdf"], seeds=[0], inputs=["highpass"], size=TINY)
    (job,) = (job for job in made.jobs if job.kind == "slopes")
    found = pd.DataFrame(job.run())
    assert len(found) == TINY.people * 4 * 3
    assert found[found["input"] == "clean"]["falls"].all()


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"data": "moon"}, "data is 'moon'"),
        ({"scheme": "day"}, "scheme is 'day'"),
        ({"models": []}, "choose from"),
        ({"models": ["oracle"]}, "choose from"),
        ({"size": "huge"}, "size is 'huge'"),
        ({"inputs": ["magic"]}, "no denoiser called 'magic'"),
    ],
)
def test_unknown_choices(how, says):
    with pytest.raises(ValueError, match=says):
        fatigue.study(**how)


def test_one_real_person_has_slopes_and_no_scores(tmp_path):
    with pytest.raises(DataMissing):
        fatigue.study(data="single", root=tmp_path)


# --------------------------------------------------------------------------------- tables of the benchmark


def test_a_run_goes_on_where_it_was_stopped(crowd, tmp_path):
    made = fatigue.study(models=["mdf"], seeds=[0, 1], size=TINY)
    first = tasks.run_study(made, tmp_path / "run")
    files = sorted((tmp_path / "run" / "blocks").rglob("*.parquet"))
    assert len(files) == 2 * (TINY.people + 1)
    stamps = {path: path.stat().st_mtime_ns for path in files}
    files[0].unlink()
    again = tasks.run_study(made, tmp_path / "run")
    assert [path for path in files if path.stat().st_mtime_ns != stamps[path]] == [files[0]]
    for kind in ("rows", "slopes"):
        pd.testing.assert_frame_equal(first[kind], again[kind])
    with pytest.raises(ValueError, match="another benchmark"):
        tasks.run_study(fatigue.study(models=["mdf"], seeds=[2], size=TINY), tmp_path / "run")


def test_averages_by_hand():
    known = {"task": "demo", "data": "synthetic", "scheme": "subject", "model": "svm"}
    truth, who = ["a", "b", "a", "a", "b"], ["ann", "ann", "ben", "ben", "cat"]
    rows = []
    for seed, said in ((0, ["a", "b", "a", "b", "b"]), (1, ["a", "a", "a", "a", "b"])):
        rows += subject_rows(truth, said, who, input="clean", seed=seed, **known)
        rows += subject_rows(truth, ["a"] * 5, who, input="noisy", seed=seed, **known)
    found = tasks.summarise_task(as_table(rows)).set_index(["input", "score"])
    accuracy = found.loc[("clean", "accuracy")]
    assert accuracy["estimate"] == pytest.approx((0.75 + 0.75 + 1) / 3)
    assert accuracy["difference"] == pytest.approx((0.25 - 0.25 + 1) / 3)
    assert found.loc[("clean", "balanced_accuracy"), "estimate"] == pytest.approx((5 / 6 + 3 / 4) / 2)
    assert found.loc[("noisy", "macro_f1"), "estimate"] == pytest.approx(0.75 / 2)
    assert (found["low"] <= found["estimate"]).all()
    assert (found["estimate"] <= found["high"]).all()
    assert found.loc[("noisy", "accuracy"), "difference"] == 0


def test_an_interval_knows_that_windows_of_a_person_belong_together():
    """Forty windows of each of four people, all right or all wrong by person: no interval may be narrow."""
    who = np.repeat(list("wxyz"), 40)
    truth = np.tile(["a", "b"], 80)
    said = np.where(np.isin(who, ["w", "x"]), truth, "c")
    known = {"task": "demo", "data": "synthetic", "scheme": "subject", "model": "svm", "seed": 0}
    found = tasks.summarise_task(as_table(subject_rows(truth, said, who, input="clean", **known)))
    assert (found["high"] - found["low"] > 0.7).all()
    assert found["difference"].isna().all()


def test_every_method_is_a_row_but_for_those_that_are_named():
    assert set(fatigue.NO_ROW) <= set(denoise.names())
    assert {"highpass", "emd", "vmd", "fcn", "trustemg"} <= set(fatigue.DENOISERS)
    assert not set(fatigue.NO_ROW) & set(fatigue.DENOISERS)


def test_what_a_seed_needs_is_made_once_for_both_schemes():
    """All jobs of a seed stand together, and both schemes share their caches."""
    made = tasks.make_study("fatigue", models=["mdf"], inputs=[], seeds=[0, 1])
    seeds = [job.name.split("seed")[1][0] for job in made.jobs]
    assert seeds == sorted(seeds)
    assert made.about["scheme"] == ["subject", "window"]
    plans = [fatigue._Plan("synthetic", scheme, ("clean",), TINY, None) for scheme in fatigue.SCHEMES]
    assert plans[0] == plans[1]
    assert hash(plans[0]) == hash(plans[1])


def test_schemes_are_joined_into_one_study():
    made = tasks.make_study("fatigue", schemes=["subject", "window"], models=["mdf"], seeds=[0], size="quick")
    names = [job.name for job in made.jobs]
    assert len(set(names)) == len(names) == 8 + 3 + 1
    with pytest.raises(ValueError, match="no task 'sleep'"):
        tasks.make_study("sleep")
