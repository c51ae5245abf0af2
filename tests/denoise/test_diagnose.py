"""Diagnosis: finds what is there, keeps quiet where nothing is, and does not care about the unit."""

import numpy as np
import pytest

from emgtut.acquire import ramp, simulate
from emgtut.contaminate import draw, mix_at_snr, power_line, synthetic_ecg
from emgtut.data import available, load
from emgtut.denoise.diagnose import diagnose, heart_beats, mains_line, white_share
from emgtut.signals import resample

FS = 1000
KINDS = ("mains", "ecg", "motion", "white")


@pytest.fixture(scope="module")
def windows():
    """Twenty windows of 4 s of a simulated muscle at many levels of effort."""
    emg = np.atleast_2d(simulate(ramp(84 * FS, fs=FS, peak=0.8), fs=FS, seed=4).emg)[0][2000:82_000]
    return (emg - emg.mean()).reshape(20, -1)


def rates(windows, kind, snr_db, seed=0):
    """How often each kind is found when one kind is mixed in."""
    rng = np.random.default_rng(seed)
    found = [
        diagnose(mix_at_snr(w, draw(kind, "validation", w.size, FS, rng, source="synthetic"), snr_db), fs=FS).kinds
        for w in windows
    ]
    return {k: np.mean([k in kinds for kinds in found]) for k in KINDS}


def test_a_clean_muscle_shows_nothing(windows):
    assert [diagnose(w, fs=FS).kinds for w in windows].count(()) >= 19


@pytest.mark.parametrize("kind", KINDS)
def test_strong_contaminants_are_found(windows, kind):
    found = rates(windows, kind, -5.0)
    assert found[kind] >= 0.9
    if kind in ("mains", "white"):
        assert max(found[k] for k in KINDS if k != kind) <= 0.1


def test_the_heart_is_slow_too_but_motion_is_no_heart(windows):
    assert rates(windows, "ecg", -5.0)["motion"] > 0.5  # P and T waves lie where motion lies: both need a high-pass
    assert rates(windows, "motion", -5.0)["ecg"] <= 0.2


def test_weak_ones_can_be_missed(windows):
    assert rates(windows, "ecg", 15.0)["ecg"] < 0.5


@pytest.mark.parametrize("scale", [1e-9, 1e6])
def test_the_unit_does_not_matter(windows, scale):
    rng = np.random.default_rng(1)
    for w in windows[:5]:
        y = mix_at_snr(w, draw("mains", "validation", w.size, FS, rng), 0.0)
        first, second = diagnose(y, fs=FS), diagnose(scale * y, fs=FS)
        assert first.kinds == second.kinds
        assert first.mains_hz == pytest.approx(second.mains_hz, abs=1e-9)
        assert first.white == pytest.approx(second.white, abs=1e-9)


@pytest.mark.parametrize("mains_hz", [49.6, 50.0, 50.4, 59.8, 60.5])
def test_the_frequency_of_the_mains_is_measured(windows, mains_hz):
    hum = power_line(windows[3].size, fs=FS, rng=np.random.default_rng(0), frequency_hz=mains_hz)
    assert mains_line(mix_at_snr(windows[3], hum, 0.0), fs=FS)[0] == pytest.approx(mains_hz, abs=0.1)


def test_beats_are_where_the_heart_beats(windows):
    ecg = synthetic_ecg(4 * FS, fs=FS, rng=np.random.default_rng(3), heart_rate_bpm=75)
    beats, _, _ = heart_beats(mix_at_snr(windows[2], ecg, -10.0), fs=FS)
    true = np.flatnonzero((ecg[1:-1] > ecg[:-2]) & (ecg[1:-1] >= ecg[2:]) & (ecg[1:-1] > 0.6 * ecg.max())) + 1
    inside = true[(true > 80) & (true < 4 * FS - 80)]
    assert len(beats) == len(inside)
    assert np.max(np.abs(np.sort(beats) - inside)) <= 15


def test_the_share_of_white_noise_is_measured(windows):
    rng = np.random.default_rng(0)
    for snr, share in ((0.0, 0.5), (-10.0, 10 / 11)):
        measured = [white_share(mix_at_snr(w, rng.standard_normal(w.size), snr), fs=FS) for w in windows]
        assert np.mean(measured) == pytest.approx(share, abs=0.06)
    assert white_share(windows[0][:1000], fs=500) == 0.0  # all of that band is muscle: nothing can be said


def test_an_oracle_replaces_the_thresholds(windows):
    w = windows[5]
    told = diagnose(w, fs=FS, contaminants=["mains", "motion", "white"])
    assert told.kinds == ("mains", "motion", "white")
    assert diagnose(w, fs=FS, contaminants=[]).kinds == ()
    told = diagnose(w, fs=FS, contaminants=["ecg"])
    assert told.mains_hz == 0.0
    assert not told.motion


def test_an_oracle_decides_in_short_windows_too(windows):
    short = windows[5][:300]
    assert diagnose(short, fs=FS, contaminants=["ecg"]).kinds == ("ecg",)
    assert diagnose(short, fs=FS, contaminants=["motion"]).kinds == ("motion",)
    for mains_hz in (50.0, 60.0):
        hum = 5 * np.std(short) * np.sin(2 * np.pi * mains_hz * np.arange(300) / FS)
        assert diagnose(short + hum, fs=FS, contaminants=["mains"]).mains_hz == mains_hz


def test_constant_and_short_windows_show_nothing_and_wrong_ones_are_refused():
    assert diagnose(np.full(1000, 2.0), fs=FS).kinds == ()
    assert diagnose(np.zeros(1000), fs=FS).kinds == ()
    for fs in (250, 333.3, 1926, 4000):
        diagnose(np.random.default_rng(0).standard_normal(int(0.25 * fs) + 1), fs=fs)
    with pytest.raises(ValueError, match="one window is judged"):
        diagnose(np.ones((2, 1000)), fs=FS)


def test_real_muscles_and_a_real_heart():
    """Validation subjects of the fixed split; the diaphragm recording carries a heart and 60 Hz."""
    if not (available("elderly_lower_limb") and available("mitdb")):
        pytest.skip("elderly_lower_limb or mitdb is not among the real recordings")
    recording = load("elderly_lower_limb", "15/VL")
    emg = resample(recording.channel("VL"), fs=recording.fs, fs_out=FS)[1000:9000]
    emg = emg - emg.mean()
    clean, noisy = emg.reshape(2, -1), []
    rng = np.random.default_rng(0)
    for w in clean:
        assert diagnose(w, fs=FS).kinds == ()
        noisy.append(mix_at_snr(w, draw("ecg", "validation", w.size, FS, rng, source="real"), -10.0))
    assert all("ecg" in diagnose(y, fs=FS).kinds for y in noisy)
