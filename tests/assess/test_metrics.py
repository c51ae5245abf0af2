"""Scores against closed forms, their scale rules, and the cases where a score is easily misread."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.assess import evaluate, lsd, prd, rmse, snr_db
from emgtut.assess.features import arv, kurtosis, mdf, mnf, zcr
from emgtut.contaminate import mix_at_snr

FS = 1000.0
KEYS = {"snr_in", "snr_out", "snr_imp", "rmse", "prd", "lsd"} | {
    f"rmse_{name}" for name in ("arv", "zcr", "mnf", "mdf", "kurtosis")
}
SCALE_WITH_THE_SIGNAL = {"rmse", "rmse_arv"}


def triple(seed=0, n_samples=1000, shape=(), snr=-3.0):
    """A clean signal, a noisy one, and a bad attempt at cleaning it."""
    rng = np.random.default_rng(seed)
    clean = rng.standard_normal((*shape, n_samples))
    noisy = mix_at_snr(clean, rng.standard_normal((*shape, n_samples)), snr)
    return clean, noisy, 0.5 * noisy


# ----------------------------------------------------------------------------------------- closed forms


@given(error=st.floats(-0.99, 1e3).filter(lambda e: abs(e) > 1e-6), seed=st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_an_estimate_too_large_by_a_fraction(error, seed):
    clean = np.random.default_rng(seed).standard_normal(300)
    estimate = (1 + error) * clean
    assert snr_db(clean, estimate) == pytest.approx(-20 * np.log10(abs(error)), abs=1e-6)
    assert prd(clean, estimate) == pytest.approx(100 * abs(error), rel=1e-8)
    assert rmse(clean, estimate) == pytest.approx(abs(error) * np.sqrt(np.mean(clean**2)), rel=1e-8)


def test_orthogonal_sines_score_the_ratio_of_their_powers():
    t = np.arange(1000) / FS
    clean, noise = 4.0 * np.sin(2 * np.pi * 80 * t), 0.5 * np.sin(2 * np.pi * 50 * t)
    assert snr_db(clean, clean + noise) == pytest.approx(20 * np.log10(8), abs=1e-12)
    assert rmse(clean, clean + noise) == pytest.approx(0.5 / np.sqrt(2), rel=1e-12)
    assert prd(clean, clean + noise) == pytest.approx(12.5, rel=1e-12)


def test_offsets_are_energy():
    t = np.arange(1000) / FS
    clean = np.sin(2 * np.pi * 80 * t)
    assert snr_db(clean, clean + 0.1) == pytest.approx(10 * np.log10(0.5 / 0.01), abs=1e-9)


def test_prd_is_the_snr_in_another_dress():
    clean, noisy, _ = triple()
    assert prd(clean, noisy) == pytest.approx(100 * 10 ** (-snr_db(clean, noisy) / 20), rel=1e-12)


@pytest.mark.parametrize("a", [0.1, 0.5, 3.0, -2.0])
def test_lsd_of_a_scaled_copy_is_the_level_difference(a):
    clean = np.random.default_rng(0).standard_normal(5000)
    assert lsd(clean, a * clean, fs=FS) == pytest.approx(abs(20 * np.log10(abs(a))), abs=1e-3)


def test_lsd_of_silence_against_a_flat_spectrum_is_the_depth_of_the_floor():
    impulse = np.zeros(200)
    impulse[100] = 1.0
    assert lsd(impulse, np.zeros(200), fs=FS) == pytest.approx(10 * np.log10(1e10 + 1), abs=1e-9)


def test_lsd_of_one_tone_against_another_in_closed_form():
    """A tone on a bin fills three bins of 97: power 1, and 1/4 on each side. Elsewhere only the floor is left."""
    t = np.arange(200) / FS
    clean, other = np.sin(2 * np.pi * 80 * t), np.sin(2 * np.pi * 300 * t)
    centre, side = 10 * np.log10(1e10 + 1), 10 * np.log10(0.25e10 + 1)
    expected = np.sqrt((2 * centre**2 + 4 * side**2) / 97)
    assert lsd(clean, other, fs=FS) == pytest.approx(expected, rel=1e-6)


def test_lsd_does_not_depend_on_volts_or_microvolts():
    clean, noisy, _ = triple()
    assert lsd(5e-5 * clean, 5e-5 * noisy, fs=FS) == pytest.approx(lsd(clean, noisy, fs=FS), rel=1e-9)
    assert lsd(clean, noisy, fs=FS) > 1.0


def test_feature_errors_are_the_features_differences():
    clean, noisy, estimate = triple()
    scores = evaluate(clean, noisy, estimate, fs=FS)
    for feature in (arv, zcr, mnf, mdf, kurtosis):
        difference = feature(estimate, fs=FS) - feature(clean, fs=FS)
        assert scores[f"rmse_{feature.__name__}"] == pytest.approx(np.sqrt(np.mean(difference**2)), rel=1e-12)


# --------------------------------------------------------------------------------------------- evaluate


def test_evaluate_gives_all_measures_as_floats():
    scores = evaluate(*triple(), fs=FS)
    assert set(scores) == KEYS
    assert all(type(value) is float for value in scores.values())
    assert scores["snr_in"] == pytest.approx(-3.0, abs=1e-9)
    assert scores["snr_imp"] == scores["snr_out"] - scores["snr_in"]


def test_evaluate_is_vectorised_over_leading_axes():
    clean, noisy, estimate = triple(shape=(2, 3))
    together = evaluate(clean, noisy, estimate, fs=FS)
    for i in np.ndindex(2, 3):
        alone = evaluate(clean[i], noisy[i], estimate[i], fs=FS)
        for key in KEYS:
            assert together[key].shape == (2, 3)
            assert together[key][i] == pytest.approx(alone[key], rel=1e-9)


def test_blocks_change_nothing(monkeypatch):
    three = triple(shape=(5,))
    whole = evaluate(*three, fs=FS)
    monkeypatch.setattr("emgtut.assess.metrics.BLOCK_SAMPLES", 2000)  # two rows, two rows, one row
    for name, values in evaluate(*three, fs=FS).items():
        np.testing.assert_allclose(values, whole[name], rtol=1e-12)


def test_one_clean_signal_serves_many_estimates():
    clean, _, _ = triple()
    noisy = mix_at_snr(clean, np.random.default_rng(9).standard_normal(1000), np.array([-10.0, 0.0, 10.0]))
    scores = evaluate(clean, noisy, 0.5 * noisy, fs=FS)
    assert all(scores[key].shape == (3,) for key in KEYS)
    np.testing.assert_allclose(scores["snr_in"], [-10, 0, 10], atol=1e-9)


@given(exponent=st.floats(-7, 7), seed=st.integers(0, 1000), snr=st.floats(-20, 20))
@settings(deadline=None, max_examples=40)
def test_scale_rules(exponent, seed, snr):
    signals, a = triple(seed, snr=snr), 10.0**exponent
    before, after = evaluate(*signals, fs=FS), evaluate(*(a * x for x in signals), fs=FS)
    for key in KEYS:
        factor = a if key in SCALE_WITH_THE_SIGNAL else 1.0
        assert after[key] == pytest.approx(factor * before[key], rel=1e-8, abs=1e-9 * factor)


@given(seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_polarity_does_not_matter(seed):
    signals = triple(seed)
    before, after = evaluate(*signals, fs=FS), evaluate(*(-x for x in signals), fs=FS)
    for key in KEYS:
        assert after[key] == pytest.approx(before[key], rel=1e-9, abs=1e-12)


def test_perfect_is_infinite_and_not_a_hundred():
    clean, noisy, _ = triple()
    scores = evaluate(clean, noisy, clean.copy(), fs=FS)
    assert scores["snr_out"] == np.inf
    assert scores["snr_imp"] == np.inf
    assert all(scores[key] == 0.0 for key in KEYS - {"snr_in", "snr_out", "snr_imp"})


def test_nothing_to_improve_is_nan_and_spoiling_a_perfect_input_is_minus_infinity():
    clean, noisy, _ = triple()
    assert np.isnan(evaluate(clean, clean, clean, fs=FS)["snr_imp"])
    assert evaluate(clean, clean, noisy, fs=FS)["snr_imp"] == -np.inf


def test_what_silence_scores():
    clean, noisy, _ = triple(snr=-12.0)
    scores = evaluate(clean, noisy, np.zeros_like(clean), fs=FS)
    assert scores["snr_out"] == pytest.approx(0.0, abs=1e-12)
    assert scores["snr_imp"] == pytest.approx(12.0, abs=1e-9)
    assert scores["prd"] == pytest.approx(100.0, rel=1e-12)
    assert np.isfinite(scores["lsd"])
    assert np.isfinite(scores["rmse_arv"])
    assert all(np.isnan(scores[f"rmse_{name}"]) for name in ("mnf", "mdf", "kurtosis"))


def test_frames_in_which_the_truth_has_no_frequency_are_left_out():
    clean, noisy, estimate = triple(n_samples=2000)
    clean[800:] = 0.0
    scores = evaluate(clean, noisy, estimate, fs=FS)
    heard = evaluate(clean[:900], noisy[:900], estimate[:900], fs=FS)
    assert scores["rmse_mnf"] == pytest.approx(heard["rmse_mnf"], rel=1e-9)


def test_where_only_the_estimate_has_no_frequency_there_is_nothing_to_compare():
    clean, noisy, _ = triple()
    estimate = noisy.copy()
    estimate[300:600] = 0.0
    scores = evaluate(clean, noisy, estimate, fs=FS)
    assert all(np.isnan(scores[f"rmse_{name}"]) for name in ("mnf", "mdf", "kurtosis"))
    assert np.isfinite([scores[name] for name in ("snr_imp", "lsd", "rmse_arv", "rmse_zcr")]).all()


def test_the_floor_of_the_lsd_is_one_for_all_frames():
    clean = np.random.default_rng(0).standard_normal(2000)
    clean[1000:] = 0.0  # 9 of the 19 frames are silent in both: no distance
    assert lsd(clean, 0.5 * clean, fs=FS) == pytest.approx(10 / 19 * 20 * np.log10(2), rel=1e-3)


def test_the_lsd_of_power_that_no_whole_frame_sees_is_unknown():
    clean = np.zeros(2050)
    clean[2010:] = 1.0
    with np.errstate(all="raise"):
        assert np.isnan(lsd(clean, clean, fs=FS))


def test_a_delayed_but_perfect_waveform_scores_badly():
    clean, _, _ = triple(n_samples=4000)
    delayed = np.roll(clean, 1)
    assert snr_db(clean, delayed) < 0
    assert evaluate(clean, delayed, delayed, fs=FS)["rmse_mnf"] < 5.0


@pytest.mark.parametrize(
    ("clean", "other", "says"),
    [
        (np.zeros(500), np.ones(500), "clean is silent"),
        (np.ones((2, 500)) * [[1.0], [0.0]], np.ones((2, 500)), "clean is silent"),
        (np.ones(500), np.ones(499), "500 samples and"),
        (np.ones((2, 500)), np.ones((3, 500)), "leading axes"),
        (np.ones(500, dtype=int), np.ones(500), "int64"),
        (np.ones(500), np.full(500, np.nan), "NaN"),
        (np.ones(500) * 1j, np.ones(500), "complex"),
        (np.empty(0), np.empty(0), "empty"),
    ],
)
@pytest.mark.parametrize(
    "score",
    [snr_db, rmse, prd, lambda c, e: lsd(c, e, fs=FS), lambda c, e: evaluate(c, c, e, fs=FS)],
    ids=["snr_db", "rmse", "prd", "lsd", "evaluate"],
)
def test_what_cannot_be_scored_is_refused_in_words(score, clean, other, says):
    with pytest.raises(ValueError, match=says):
        score(clean, other)


def test_evaluate_says_which_signal_does_not_fit_and_refuses_bad_rates():
    with pytest.raises(ValueError, match="noisy has 499"):
        evaluate(np.ones(500), np.ones(499), np.ones(500), fs=FS)
    with pytest.raises(ValueError, match="fs is -1"):
        evaluate(np.ones(500), np.ones(500), np.ones(500), fs=-1)
    with pytest.raises(ValueError, match="at least one whole frame"):
        evaluate(np.ones(100), np.ones(100), np.ones(100), fs=FS)
