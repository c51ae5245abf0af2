"""QASE-net: published sizes, its hand-made predecessor's features, its calibration, and that it learns SNR."""

import numpy as np
import pytest
import torch

from emgtut.assess import qase_training, qasenet, snr_grade
from emgtut.assess.qase_baseline import train_baseline
from emgtut.assess.qase_network import QaseNet, Wldnn
from emgtut.assess.qase_predictor import QasePredictor
from emgtut.assess.qase_training import JUDGES, labelled, scores, ship_judge, train_judge
from emgtut.assess.waveform_length import waveform_lengths
from emgtut.benchmark.muscles import simulated_windows
from emgtut.contaminate import draw, mix_at_snr
from emgtut.contaminate.corpus import build
from emgtut.contaminate.material import Sizes
from emgtut.learn import count_parameters, read_card


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    sizes = Sizes(people=(6, 3), hearts=(12, 6), movements=(2, 2), grids=(2, 2), colours=(2, 2), seconds=12.0)
    return build(tmp_path_factory.mktemp("corpus") / "corpus.npz", seed=21, sizes=sizes, real="none")


@pytest.fixture(scope="module")
def trained(corpus, tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    return train_judge(
        "qase_ecg", corpus, folder=folder, progress=False, windows=64, steps=120, batch=12, check_every=60, lr=3e-3
    )


def test_published_sizes():
    assert count_parameters(QaseNet()) == 129_041
    assert count_parameters(Wldnn()) == 1_461
    assert count_parameters(QasePredictor(-15, 0)) == 129_041, "the calibration is measured, not trained"


@pytest.mark.parametrize(("n_samples", "steps"), [(72, 1), (2000, 61), (4000, 123), (5000, 155), (10_000, 311)])
def test_one_step_is_32_samples_and_any_length_from_72_will_do(n_samples, steps):
    net = QaseNet().eval()
    assert net.front(torch.zeros(1, 1, n_samples)).shape == (1, 32, steps)
    assert net(torch.zeros(1, n_samples)).shape == (1,)


def test_waveform_length_of_a_square_wave_is_known_in_closed_form():
    # +1, -1, +1, ... has mean 0 and energy n: inside a piece of 200 samples lie 199 steps of 2 / sqrt(n).
    x = np.tile([1.0, -1.0], 5000)
    assert waveform_lengths(x).shape == (50,)
    np.testing.assert_allclose(waveform_lengths(x), 199 * 2 / np.sqrt(10_000), rtol=1e-12)


def test_waveform_length_knows_neither_gain_nor_offset_and_refuses_a_constant():
    x = np.random.default_rng(0).standard_normal((3, 1000))
    np.testing.assert_allclose(waveform_lengths(7 * x + 3), waveform_lengths(x), rtol=1e-9)
    with pytest.raises(ValueError, match="constant"):
        waveform_lengths(np.ones(1000))


def test_waveform_length_falls_with_the_snr():
    t = np.arange(10_000) / 1000
    muscle = np.random.default_rng(1).standard_normal(t.size)
    heart = np.sin(2 * np.pi * 3 * t)
    means = [waveform_lengths(muscle + gain * heart).mean() for gain in (0.5, 1, 2, 4)]
    assert np.all(np.diff(means) < 0)


def low_share(x):
    """Share of power below 10 Hz."""
    power = np.abs(np.fft.rfft(x)) ** 2
    return power[..., : round(10 * x.shape[-1] / 1000)].sum(axis=-1) / power.sum(axis=-1)


@pytest.mark.parametrize("recorded", [0.0, 1.0])
def test_labels_are_the_snr_of_the_very_samples(corpus, recorded):
    judge = JUDGES["qase_ecg"]
    noisy, truth_db = labelled(corpus, np.random.default_rng(3), 40, "train", judge, margin_db=2.0, recorded=recorded)
    assert noisy.shape == (40, 4000)
    np.testing.assert_allclose(noisy.std(axis=-1), 1, atol=1e-5)
    assert truth_db.min() > -17.01
    assert truth_db.max() < 2.01
    assert truth_db.std() > 3, "uniform over 19 dB has a spread of 5.5 dB"
    _, clean = corpus.batch(np.random.default_rng(3), 40, "train", 4000, "ecg", snr_db=(-17.0, 2.0))
    clean = clean.astype(float)
    gain = np.sum(noisy * clean, axis=-1, keepdims=True) / np.sum(clean**2, axis=-1, keepdims=True)
    rest = noisy - gain * clean  # what correlates with the muscle by chance is in neither
    found = 10 * np.log10(np.sum((gain * clean) ** 2, axis=-1) / np.sum(rest**2, axis=-1))
    assert np.median(np.abs(found - truth_db)) < 0.3


def test_without_a_recorder_the_mixtures_are_those_of_the_corpus(corpus):
    noisy, _ = labelled(corpus, np.random.default_rng(3), 8, "train", JUDGES["qase_ecg"], recorded=0.0)
    plain, _ = corpus.batch(np.random.default_rng(3), 8, "train", 4000, "ecg", snr_db=(-15.0, 0.0))
    np.testing.assert_allclose(noisy, plain, atol=2e-5)


def test_a_recorder_takes_slow_power_off_the_noise_and_leaves_the_label(corpus):
    judge = JUDGES["qase_ecg"]
    draws = [labelled(corpus, np.random.default_rng(4), 40, "train", judge, recorded=r) for r in (0.0, 1.0)]
    (plain, truth_db), (through, same_db) = draws
    np.testing.assert_allclose(same_db, truth_db, atol=1e-6)
    assert np.mean(low_share(through)) < 0.7 * np.mean(low_share(plain))


def test_scores_see_a_bias_that_correlation_does_not():
    truth = np.linspace(-15, 0, 31)
    found = scores(truth + 2.0, truth)
    assert found["mse"] == pytest.approx(4.0)
    assert found["bias"] == pytest.approx(2.0)
    assert found["lcc"] == pytest.approx(1.0)
    assert np.var(truth) == pytest.approx(20.0), "a constant scores 20 dB² on the published grid"


def test_a_short_training_beats_the_constant_by_far(trained, corpus):
    model, history = trained
    assert history.best < 0.35 * 225 / 12, "the constant predictor has an error of 18.75 dB²"
    noisy, truth_db = labelled(corpus, np.random.default_rng(9), 200, "validation", JUDGES["qase_ecg"])
    with torch.no_grad():
        predicted = model(torch.as_tensor(noisy))[0].numpy()
    assert scores(predicted, truth_db)["lcc"] > 0.8


def test_calibration_takes_out_a_bias_and_knows_the_spread(trained, corpus):
    model, _ = trained
    noisy, truth_db = labelled(corpus, np.random.default_rng(10), 400, "validation", JUDGES["qase_ecg"])
    with torch.no_grad():
        snr, spread = (part.numpy() for part in model(torch.as_tensor(noisy)))
    error = snr - truth_db
    assert abs(error.mean()) < 0.5
    assert 0.7 < np.sqrt(np.mean(error**2)) / np.sqrt(np.mean(spread**2)) < 1.4
    assert 0.9 < np.mean(model.distance(noisy) <= 1) <= 1.0


@pytest.fixture
def shipped(trained, corpus, tmp_path, monkeypatch):
    model, history = trained
    ship_judge("qase_ecg", model, history, corpus, tmp_path, windows=100, command="test")
    monkeypatch.setattr("emgtut.learn.cards.WEIGHTS", tmp_path)
    qasenet._judge.cache_clear()
    yield
    qasenet._judge.cache_clear()


@pytest.mark.usefixtures("shipped")
def test_prediction_ignores_gain_and_runs_over_time(corpus):
    noisy, _ = corpus.batch(np.random.default_rng(4), 2, "validation", 6000, "ecg")
    quality = qasenet.predict_snr(noisy, fs=1000, model="ecg")
    assert quality.snr_db.shape == quality.sd.shape == quality.in_distribution.shape == (2,)
    np.testing.assert_array_equal(quality.times, [2.0, 3.0, 4.0])
    assert quality.by_window.shape == (2, 3)
    louder = qasenet.predict_snr(1000 * noisy, fs=1000, model="ecg")
    np.testing.assert_allclose(louder.snr_db, quality.snr_db, atol=1e-3)
    assert isinstance(qasenet.predict_snr(noisy[0], fs=1000, model="ecg").snr_db, float)


@pytest.mark.usefixtures("shipped")
def test_a_long_silence_within_a_recording_is_unfamiliar_and_changes_nothing_else(corpus):
    noisy, _ = corpus.batch(np.random.default_rng(4), 1, "validation", 6000, "ecg")
    quality = qasenet.predict_snr(np.concatenate([noisy[0], np.zeros(140_000)]), fs=1000, model="ecg")
    assert not quality.familiar[6:].any()  # more windows in a row than are asked at once
    assert np.isfinite(quality.snr_db)
    alone = qasenet.predict_snr(noisy[0], fs=1000, model="ecg")
    np.testing.assert_allclose(quality.by_window[:3], alone.by_window, atol=1e-3)


@pytest.mark.usefixtures("shipped")
def test_a_signal_from_another_world_is_called_unfamiliar(corpus):
    t = np.arange(8000) / 1000
    strange = np.sign(np.sin(2 * np.pi * 7 * t)) + 0.001 * np.random.default_rng(0).standard_normal(t.size)
    assert not qasenet.predict_snr(strange, fs=1000, model="ecg").in_distribution
    usual, _ = corpus.batch(np.random.default_rng(5), 20, "validation", 4000, "ecg", snr_db=(-12, -3))
    assert qasenet.predict_snr(usual, fs=1000, model="ecg").in_distribution.mean() >= 0.8


@pytest.mark.parametrize(
    ("x", "fs", "model", "says"),
    [
        (np.ones(8000), 500, "ecg", "higher rate"),
        (np.ones(1000), 1000, "ecg", "at least 2000"),
        (np.zeros(4000), 1000, "ecg", "silent"),
        (np.full(8000, -3.0), 2000, "ecg", "silent"),
        (np.ones(4000), 1000, "magic", "choose one"),
    ],
)
def test_bad_input_gets_one_sentence(x, fs, model, says):
    with pytest.raises(ValueError, match=says):
        qasenet.predict_snr(x, fs=fs, model=model)


def test_judges_cover_the_published_and_the_wider_task():
    assert qase_training.JUDGES["qase_ecg"].range_db == (-15.0, 0.0)
    assert qase_training.JUDGES["qase_mixture"].range_db == (-15.0, 15.0)


def test_the_hand_made_judge_learns_on_the_same_mixtures(corpus, tmp_path):
    model, history = train_baseline(
        "qase_ecg", corpus, folder=tmp_path, pool=1000, windows=200, steps=1500, check_every=500
    )
    assert history.finished
    assert history.best < 0.6 * 225 / 12
    noisy, truth_db = labelled(corpus, np.random.default_rng(11), 200, "validation", JUDGES["qase_ecg"])
    with torch.no_grad():
        assert scores(model(noisy).numpy(), truth_db)["lcc"] > 0.6
    features = model.features(labelled(corpus, np.random.default_rng(12), 200, "train", JUDGES["qase_ecg"])[0])
    assert abs(float(features.mean())) < 0.2
    assert 0.7 < float(features.std()) < 1.3


@pytest.mark.parametrize(
    ("value", "known", "letter"), [(10, True, "A"), (9.9, True, "B"), (-30, True, "D"), (5, False, "unknown")]
)
def test_grades(value, known, letter):
    assert snr_grade(value, known) == letter


@pytest.mark.parametrize("name", list(qasenet.MODELS.values()))
def test_shipped_weights_have_a_card_that_says_where_they_are_from(name):
    card = read_card(name)
    assert card.n_parameters == 129_041
    assert card.model == "emgtut.assess.qase_predictor.QasePredictor"
    assert card.commit
    assert "dirty" not in card.commit
    assert "emgtut train" in card.command
    low, high = (card.settings[end] for end in ("low_db", "high_db"))
    assert (low, high) == JUDGES[name].range_db
    assert card.scores["mse_db2, validation"]["value"] < (high - low) ** 2 / 12 / 15, (
        "a constant has fifteen times as much"
    )


@pytest.mark.parametrize(("model", "asked"), [("ecg", -4.0), ("ecg", -12.0), ("mixture", -8.0), ("mixture", 8.0)])
def test_shipped_judges_read_the_snr_of_people_they_never_met(model, asked):
    muscle = simulated_windows("simulated/1", 4.0, 7)[0].x
    muscle = muscle - muscle.mean()
    rng = np.random.default_rng(5)
    noisy = [mix_at_snr(muscle, draw("ecg", "test", 4000, 1000, rng, source="synthetic"), asked) for _ in range(12)]
    found = qasenet.predict_snr(np.stack(noisy), fs=1000, model=model)
    assert np.median(np.abs(found.snr_db - asked)) < 1.5
    assert found.in_distribution.mean() > 0.7


@pytest.mark.parametrize("model", list(qasenet.MODELS))
def test_shipped_judges_say_when_it_is_not_their_world(model):
    t = np.arange(4000) / 1000
    square = np.sign(np.sin(2 * np.pi * 7 * t + 0.1))
    assert not qasenet.predict_snr(square, fs=1000, model=model).in_distribution
