"""The check-up on signals whose rest, contractions and spread are known by construction."""

import numpy as np
import pytest

from emgtut.acquire.checkup import checkup, find_contractions, grade_repeatability, grade_snr

FS = 1000


def session(rng, levels, rest=0.05, work_s=1.5, rest_s=1.5):
    """Band-limited noise with known RMS in each rest and contraction."""
    from emgtut.signals import butterworth, filter_zero_phase

    pieces, spans, at = [], [], 0.0
    for level in levels:
        pieces += [rest] * round(rest_s * FS) + [level] * round(work_s * FS)
        spans.append((at + rest_s, at + rest_s + work_s))
        at += rest_s + work_s
    pieces += [rest] * round(rest_s * FS)
    carrier = filter_zero_phase(butterworth(4, (60, 300), "bandpass", fs=FS), rng.standard_normal(len(pieces)))
    return np.array(pieces) * carrier / carrier.std(), np.array(spans)


@pytest.mark.parametrize("ratio_db", [8, 15, 26, 40])
def test_the_ratio_is_the_one_built_in(ratio_db, rng):
    x, spans = session(rng, [0.05 * 10 ** (ratio_db / 20)] * 6)
    found = checkup(x, fs=FS, contractions=spans)
    assert found.snr_db.value == pytest.approx(ratio_db, abs=0.5)
    assert found.snr_db.low < found.snr_db.value < found.snr_db.high
    assert found.noise_rms.value == pytest.approx(0.05, rel=0.06)


def test_contractions_are_found_where_they_are(rng):
    x, spans = session(rng, [1, 0.8, 1.2, 0.9])
    np.testing.assert_allclose(find_contractions(x, fs=FS), spans, atol=0.15)


def test_scale_changes_levels_and_nothing_else(rng):
    x, _ = session(rng, [1, 0.8, 1.2])
    one, other = checkup(x, fs=FS), checkup(1e-5 * x, fs=FS)
    assert other.snr_db.value == pytest.approx(one.snr_db.value, abs=1e-9)
    assert other.noise_rms.value == pytest.approx(1e-5 * one.noise_rms.value)
    assert other.repeatability_cv.value == pytest.approx(one.repeatability_cv.value)


def test_repeatability_measures_the_spread(rng):
    levels = np.array([1.0, 1.3, 0.7, 1.0, 1.25, 0.75])
    x, spans = session(rng, levels)
    cv = checkup(x, fs=FS, contractions=spans).repeatability_cv
    assert cv.value == pytest.approx(100 * levels.std(ddof=1) / levels.mean(), abs=6)


def test_two_contractions_say_nothing_about_repeatability(rng):
    x, spans = session(rng, [1, 1])
    found = checkup(x, fs=FS, contractions=spans)
    assert np.isnan(found.repeatability_cv.value)
    assert found.grades["repeatability"] == "unknown"


def test_iemg_grows_with_duration_at_equal_level(rng):
    x, _ = session(rng, [1, 1], work_s=3.0)
    found = checkup(x, fs=FS, contractions=[(1.5, 2.5), (1.5, 4.5)])
    assert found.iemg[1] / found.iemg[0] == pytest.approx(3, rel=0.1)


def test_interval_covers_the_truth_about_as_often_as_it_says():
    hits = 0
    for seed in range(40):
        x, spans = session(np.random.default_rng(seed), [0.5] * 6)
        found = checkup(x, fs=FS, contractions=spans).snr_db
        hits += found.low <= 20 <= found.high
    assert hits >= 30, f"the 95 % interval covered the truth {hits} times in 40"


def test_rules_at_their_edges():
    assert [grade_snr(x) for x in (20.001, 20, 10, 9.999)] == ["good", "usable", "usable", "poor"]
    edges = [grade_repeatability(x) for x in (9.999, 10, 20, 20.001)]
    assert edges == ["excellent", "acceptable", "acceptable", "poor"]


@pytest.mark.parametrize(
    "call",
    [
        lambda x: find_contractions(x, fs=FS),
        lambda x: checkup(x, fs=FS),
        lambda x: checkup(x, fs=FS, contractions=[(2, 1)]),
        lambda x: checkup(x, fs=FS, contractions=[(0, 10**6)]),
        lambda x: checkup(x, fs=FS, contractions=[(0, len(x) / FS)]),
        lambda x: find_contractions(x[:100], fs=FS),
    ],
)
def test_what_cannot_be_judged_is_said(call, rng):
    with pytest.raises(ValueError):
        call(rng.standard_normal(4000))


def test_a_real_dead_channel_has_nothing_to_tell_apart(data_root):
    from emgtut.data import load

    recording = load("elderly_lower_limb", "17/VL", root=data_root)
    with pytest.raises(ValueError, match="told apart"):
        checkup(recording.channel(3), fs=recording.fs)


def test_real_bursts_are_counted(data_root):
    from emgtut.data import load

    recording = load("biosignalsnotebooks", "emg_bursts", root=data_root)
    found = checkup(recording.signal[0], fs=recording.fs)
    assert len(found.contractions) >= 5
    assert found.snr_db.value > 10
