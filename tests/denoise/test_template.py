"""Template subtraction: which beats are found, what is taken away, and when it says that it cannot."""

import numpy as np
import pytest

from emgtut import denoise
from emgtut.acquire import shaped_gaussian
from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr, random_heart, synthetic_ecg
from emgtut.data import available, load, records_in
from emgtut.denoise.beats import find_beats
from emgtut.denoise.template import heart_from_beats, premature
from emgtut.signals import resample, unit_power

FS = 1000.0
TOLERANCE, EDGE = 75, 100  # samples: how near a beat must be, and how near to an end it does not count


def muscle(n, seed=0):
    x = shaped_gaussian(n, fs=FS, rng=np.random.default_rng(seed))
    return denoise.get("highpass", cutoff_hz=20)(x / x.std(), fs=FS)


def heart(n, seed=0, **settings):
    return synthetic_ecg(n, fs=FS, rng=np.random.default_rng(seed), **settings)


def counts(found, true, n):
    """True positives, false positives and missed, beats near the ends left out."""
    found, true = (np.asarray(b)[(np.asarray(b) >= EDGE) & (np.asarray(b) < n - EDGE)] for b in (found, true))
    near = np.abs(found[:, None] - true[None]) <= TOLERANCE
    hit = int(np.sum(near.any(axis=0))) if found.size else 0
    return hit, int(np.sum(~near.any(axis=1))), true.size - hit


# -------------------------------------------------------------------------------------------- beats


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("snr", [-15.0, -5.0, 0.0])
def test_beats_are_found_in_both_polarities(sign, snr):
    ecg = heart(20_000, rr_sd=0.0, heart_rate_bpm=60)
    truth = np.flatnonzero((ecg[1:-1] > 3) & (ecg[1:-1] > ecg[:-2]) & (ecg[1:-1] >= ecg[2:])) + 1
    found = find_beats(mix_at_snr(muscle(20_000), sign * ecg, snr), fs=FS).samples
    hit, extra, missed = counts(found, truth, 20_000)
    assert hit >= 18
    assert extra == 0
    assert missed <= 1


@pytest.mark.data
def test_sensitivity_and_precision_on_training_mixtures(data_root):
    """Real sEMG and real ECG of the training part, 10 s each; annotated beats are the truth."""
    for dataset in ("elderly_lower_limb", "mitdb"):
        if not available(dataset):
            pytest.skip(f"{dataset} is not among the real recordings")
    rng, muscles = np.random.default_rng(0), []
    for record in ("1/VL", "2/BF", "3/TA", "4/VL"):
        recording = load("elderly_lower_limb", record)
        x = resample(recording.channel(record.split("/")[1]), fs=recording.fs, fs_out=FS)[:10_000]
        muscles.append(x - x.mean())
    totals = {}
    for name in records_in("mitdb", "train"):
        recording = load("mitdb", name)
        for channel in recording.signal:
            for snr in (-10.0, 0.0):
                start = int(rng.integers(20, 1700) * recording.fs)
                ecg = resample(channel[start : start + 12 * round(recording.fs)], fs=recording.fs, fs_out=FS)
                beats = (recording.labels["beat_sample"] - start) / recording.fs * FS - 1000
                noisy = mix_at_snr(muscles[rng.integers(4)], unit_power(ecg[1000:11_000]), snr)
                found = find_beats(noisy, fs=FS).samples
                totals.setdefault(snr, []).append(counts(found, beats[(beats >= 0) & (beats < 10_000)], 10_000))
    for snr, (sensitivity, precision) in {-10.0: (0.9, 0.98), 0.0: (0.8, 0.93)}.items():
        hit, extra, missed = np.sum(totals[snr], axis=0)
        assert hit / (hit + missed) >= sensitivity, (snr, hit, missed)
        assert hit / (hit + extra) >= precision, (snr, hit, extra)


def test_a_muscle_is_seldom_taken_for_a_heart():
    bursts = [np.where(np.arange(10_000) % 2500 < 1200, 1.0, 0.1) * muscle(10_000, seed) for seed in range(12)]
    assert sum(find_beats(x, fs=FS).samples.size > 0 for x in bursts) <= 1


def test_a_missed_beat_in_a_gap_is_looked_for_again():
    x = 0.02 * muscle(8000)
    shape = np.exp(-0.5 * (np.arange(-60, 61) / 8) ** 2)
    for place, size in ((500, 1), (1500, 1), (2500, 1), (3500, 0.35), (4500, 1), (5500, 1), (6500, 1)):
        x[place - 60 : place + 61] += size * shape
    assert any(abs(find_beats(x, fs=FS).samples - 3500) < 20)


def test_beats_are_looked_for_in_one_channel():
    with pytest.raises(ValueError, match="one channel"):
        find_beats(np.ones((2, 1000)), fs=FS)


# ------------------------------------------------------------------------------------ what is taken away


def test_a_heart_that_repeats_exactly_is_taken_away_exactly_and_the_muscle_is_left():
    """The plain average of identical beats is the beat: only the muscle's own average is lost, one part in K."""
    beats = np.arange(500, 40_000, 800)
    x = np.zeros(40_000)
    shape = np.diff(np.exp(-0.5 * (np.arange(-50, 52) / 10) ** 2))
    for beat in beats:
        x[beat - 50 : beat + 51] += 30 * shape
    clean = 0.1 * muscle(40_000)
    taken = heart_from_beats(x + clean, beats, fs=FS, adaptive=False)
    error = taken - x
    assert np.std(error) < 0.1 / np.sqrt(beats.size) * 1.5
    np.testing.assert_allclose(heart_from_beats(x, beats, fs=FS, adaptive=False), x, atol=1e-12)


@pytest.mark.parametrize(("scale", "shift"), [(1.3, 0), (0.8, 0), (1.0, 2), (1.2, -2)])
def test_scale_and_shift_follow_each_beat(scale, shift):
    beats = np.arange(500, 20_000, 800)
    shape = np.diff(np.exp(-0.5 * (np.arange(-60, 62) / 12) ** 2))
    x = np.zeros(20_000)
    for number, beat in enumerate(beats):
        odd = number == 10
        place = beat + shift * odd
        x[place - 60 : place + 61] += shape * (scale if odd else 1.0)
    near = slice(beats[10] - 100, beats[10] + 100)
    left = {a: np.std((x - heart_from_beats(x, beats, fs=FS, neighbours=25, adaptive=a))[near]) for a in (True, False)}
    assert left[True] < 0.25 * left[False]


def test_a_premature_beat_of_another_shape_does_not_spoil_the_template():
    beats = np.arange(500, 20_000, 1000)
    beats[10] = 10_100  # 600 ms after the last, with a pause after it
    assert np.flatnonzero(premature(beats)).tolist() == [10]
    x = np.zeros(20_000)
    shape = np.diff(np.exp(-0.5 * (np.arange(-60, 62) / 12) ** 2))
    for beat in beats:
        other = beat == 10_100
        x[beat - 60 : beat + 61] += -4 * shape if other else shape
    taken = heart_from_beats(x, beats, fs=FS, neighbours=6)
    normal = slice(beats[8] - 100, beats[8] + 100)
    assert np.std((x - taken)[normal]) < 1e-3 * np.std(x[normal])


def test_the_template_moves_with_a_heart_that_changes():
    beats = np.arange(500, 100_000, 800)
    x, shape = np.zeros(100_000), np.diff(np.exp(-0.5 * (np.arange(-60, 62) / 12) ** 2))
    other = np.diff(shape, prepend=0) * 8
    for number, beat in enumerate(beats):
        share = number / beats.size
        x[beat - 60 : beat + 61] += (1 - share) * shape + share * other
    left = {n: np.std(x - heart_from_beats(x, beats, fs=FS, neighbours=n)) for n in (6, beats.size)}
    assert left[6] < 0.3 * left[beats.size]


@pytest.mark.parametrize("seconds", [2, 10, 60])
@pytest.mark.parametrize("snr", [-15.0, -5.0])
def test_it_beats_its_own_high_pass_from_two_seconds_to_a_minute(seconds, snr):
    gains, n = [], seconds * 1000
    d = denoise.get("template", low_hz=20)
    for seed in range(4):
        clean = muscle(n, seed)
        noisy = mix_at_snr(clean, heart(n, seed), snr)
        only = denoise.get("highpass", cutoff_hz=20)(noisy, fs=FS)
        gains.append(snr_db(clean, d(noisy, fs=FS)) - snr_db(clean, only))
    # Two or three beats of a heart that the high-pass has nearly removed teach nothing; they must do no harm either.
    assert np.mean(gains) > (-0.5 if (seconds, snr) == (2, -5.0) else 1.0)


def test_longer_recordings_are_cleaned_better():
    gain = {}
    for seconds in (2, 60):
        n, d = seconds * 1000, denoise.get("template", low_hz=20)
        pairs = [(muscle(n, s), heart(n, s)) for s in range(5)]
        gain[seconds] = np.mean([snr_db(c, d(mix_at_snr(c, h, -5.0), fs=FS)) for c, h in pairs])
    assert gain[60] > gain[2] + 1.0


def test_hearts_with_early_beats_are_cleaned_too():
    gains, d = [], denoise.get("template", low_hz=20)
    for seed in range(4):
        rng = np.random.default_rng(seed)
        settings = random_heart(rng, ectopic_share=0.0) | {"ectopic": 0.1}
        clean = muscle(30_000, seed)
        noisy = mix_at_snr(clean, synthetic_ecg(30_000, fs=FS, rng=rng, **settings), -10.0)
        gains.append(snr_db(clean, d(noisy, fs=FS)) + 10.0)
    assert np.mean(gains) > 8.0


def test_a_long_recording_equals_its_parts_away_from_the_ends():
    """With a template of near beats, what lies far away has no say."""
    n = 60_000
    noisy = mix_at_snr(muscle(n), heart(n, heart_rate_bpm=75), -10.0)
    d = denoise.get("template", low_hz=20, neighbours=10)
    whole, part = d(noisy, fs=FS), d(noisy[20_000:], fs=FS)
    assert np.std((whole[20_000:] - part)[15_000:35_000]) < 0.1 * np.std(whole)


# ----------------------------------------------------------------------------------------- saying no


def test_no_heart_is_said_and_not_passed_off_as_a_result():
    with pytest.raises(ValueError, match=r"found no heart beat in 4 s, but it needs 2"):
        denoise.get("template")(muscle(4000, seed=3), fs=FS)


def test_one_beat_is_too_few_and_the_sentence_counts():
    x = 0.01 * muscle(4000)
    x[2000 - 60 : 2000 + 61] += np.diff(np.exp(-0.5 * (np.arange(-60, 62) / 12) ** 2)) * 20
    with pytest.raises(ValueError, match=r"found 1 heart beat in 4 s, but it needs 2"):
        denoise.get("template")(x, fs=FS)
    with pytest.raises(ValueError, match="There are 1 beats, but a template needs 2"):
        heart_from_beats(x, [2000], fs=FS)


def test_the_oracle_decides_whether_there_is_a_heart():
    n = 10_000
    d, clean = denoise.get("template", low_hz=20), muscle(n)
    noisy = mix_at_snr(clean, heart(n), -10.0)
    only = denoise.get("highpass", cutoff_hz=20)(noisy, fs=FS)
    np.testing.assert_allclose(d(noisy, fs=FS, contaminants=["mains"]), only, atol=1e-9)
    assert snr_db(clean, d(noisy, fs=FS, contaminants=["ecg"])) > snr_db(clean, only) + 3


def test_it_says_its_own_shortest_length():
    assert denoise.get("template").info.min_s == 2.0
    with pytest.raises(ValueError, match="at least 2000"):
        denoise.get("template")(np.ones(1999), fs=FS)
