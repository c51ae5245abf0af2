"""The check-up on signals whose rest, contractions and spread are known by construction."""

import numpy as np
import pytest

from emgtut.acquire.checkup import (
    Measured,
    checkup,
    find_contractions,
    grade_repeatability,
    grade_snr,
    rests,
    spread_interval,
)
from emgtut.signals import butterworth, filter_zero_phase

FS = 1000


def session(rng, levels, rest=0.05, work_s=1.5, rest_s=1.5):
    """Band-limited noise with known RMS in each rest (one number, or one for each) and contraction."""
    quiet = np.broadcast_to(rest, len(levels) + 1)
    pieces, spans, at = [], [], 0.0
    for level, low in zip(levels, quiet, strict=False):
        pieces += [low] * round(rest_s * FS) + [level] * round(work_s * FS)
        spans.append((at + rest_s, at + rest_s + work_s))
        at += rest_s + work_s
    pieces += [quiet[-1]] * round(rest_s * FS)
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


@pytest.mark.parametrize("n", [3, 5, 10])
def test_interval_covers_the_truth_about_as_often_as_it_says(n):
    """Contractions and rests that differ from one to the next: samples or frames alone would promise far too much."""
    hits = 0
    for seed in range(120):
        rng = np.random.default_rng([seed, n])
        work = np.exp(0.2 * rng.standard_normal(n) - 0.04)  # mean square 1
        rest = 0.1 * np.exp(0.1 * rng.standard_normal(n + 1) - 0.01)
        x, spans = session(rng, work, rest, work_s=0.8, rest_s=0.8)
        found = checkup(x, fs=FS, contractions=spans).snr_db
        hits += found.low <= 20 <= found.high
    assert hits >= 106, f"the 95 % interval covered the truth {hits} times in 120"  # 114 expected, SD 2.4


def test_interval_is_students_where_only_contractions_vary(rng):
    levels = np.array([1.0, 1.06, 0.95, 1.02, 0.97, 1.04])
    x, spans = session(rng, levels, work_s=20.0, rest_s=20.0)  # long, so that nothing else varies
    found = checkup(x, fs=FS, contractions=spans).contraction_rms
    half = 2.5706 * np.log(levels).std(ddof=1) / np.sqrt(6)  # t for 5 degrees of freedom
    assert np.log(found.high / found.low) / 2 == pytest.approx(half, rel=0.15)


def test_spread_interval_of_three_has_a_closed_form():
    found = spread_interval([0.9, 1.0, 1.1])  # chi-square with two degrees of freedom: -2 ln(1 - p)
    assert found.value == pytest.approx(10)
    assert found.low == pytest.approx(10 * np.sqrt(2 / (-2 * np.log(0.025))))
    assert found.high == pytest.approx(10 * np.sqrt(2 / (-2 * np.log(0.975))))


def test_spread_interval_covers_normal_values(rng):
    tries = [spread_interval(row) for row in 1 + 0.1 * rng.standard_normal((2000, 6))]
    assert np.mean([found.low <= 10 <= found.high for found in tries]) == pytest.approx(0.95, abs=0.015)


def test_separation_is_one_where_work_and_rest_just_do_not_overlap(rng):
    """Frames of steady noise spread by a known factor; a ratio of twice that factor is a separation of two."""
    steady, _ = session(rng, [1.0], 1.0, work_s=100.0, rest_s=50.0)
    level = np.sqrt(np.mean(steady[: 199 * FS].reshape(-1, 100) ** 2, axis=-1))
    overlap = np.percentile(level, 95) / np.percentile(level, 5)
    for wanted in (1.0, 2.0):
        x, spans = session(rng, [0.1 * wanted * overlap] * 5, 0.1, work_s=10.0, rest_s=10.0)
        found = checkup(x, fs=FS, contractions=spans).separation
        assert found.value == pytest.approx(wanted, rel=0.08)
        assert found.low < found.value < found.high


def test_too_few_pieces_give_no_interval(rng):
    x, spans = session(rng, [1, 1])
    found = checkup(x, fs=FS, contractions=spans)  # two contractions, three rests
    assert np.isnan([found.snr_db.low, found.contraction_rms.high, found.separation.low]).all()
    assert found.noise_rms.low < found.noise_rms.value < found.noise_rms.high
    assert found.grades["snr"] == "good, no interval"


def test_a_verdict_names_every_grade_the_interval_reaches():
    assert Measured(15, 8, 22, "dB").verdict(grade_snr) == "usable, perhaps poor or good"
    assert Measured(5, 4, 6, "dB").verdict(grade_snr) == "poor"
    assert Measured(8, 5, 25, "%").verdict(grade_repeatability) == "excellent, perhaps acceptable or poor"
    assert Measured(np.nan, np.nan, np.nan, "%").verdict(grade_repeatability) == "unknown"


def test_rests_keep_away_from_contractions_and_are_long_enough():
    x = np.arange(5000.0)
    found = rests(x, [(0.0, 1.0), (1.25, 2.0), (4.0, 5.0)], fs=FS)  # 0.25 s less two guards is too short
    assert [(r[0], r[-1] + 1) for r in found] == [(2100, 3900)]


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
        lambda x: checkup(x, fs=FS, contractions=[(1, 1.05)]),
        lambda x: spread_interval([1.0, 2.0]),
        lambda x: spread_interval([1.0, 2.0, -1.0]),
    ],
)
def test_what_cannot_be_judged_is_said(call, rng):
    with pytest.raises(ValueError):
        call(rng.standard_normal(4000))


def test_a_contraction_that_fills_the_recording_leaves_no_rest(rng):
    x = np.r_[0.01 * rng.standard_normal(100), rng.standard_normal(9900)]
    with pytest.raises(ValueError, match="rest away from it"):
        checkup(x, fs=FS)


def test_a_muted_rest_is_no_noise_floor(rng):
    x, spans = session(rng, [1, 1, 1], rest=0.0)
    with pytest.raises(ValueError, match="stands at one value"):
        checkup(x + 1.5, fs=FS, contractions=spans)


def test_a_column_of_times_is_no_muscle():
    with pytest.raises(ValueError, match="no recorded signal"):
        checkup(np.arange(40_000) / FS, fs=FS)


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
