"""Screening on signals with known answers, and on real recordings with known faults."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from emgtut.acquire import bursts, shaped_gaussian
from emgtut.assess.faults import clipped_share, flat_share, hum_share, odd_channels, whiteness
from emgtut.assess.screening import Rules, contrast_snr_db, grade, screen, screen_recording
from emgtut.assess.spectral_quality import hampel_error_ratio, spectral_quality
from emgtut.data import Recording, load

FS = 1000.0
T = np.arange(8000) / FS
GOOD = {"smr_db": 20.0, "shr_db": 30.0, "ohm": 1.2, "snr_db": 19.0, "hampel": 0.02}


def tone(frequency_hz, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * frequency_hz * T)


@pytest.fixture
def muscle(rng):
    drive = 0.02 + bursts(16_000, fs=FS, on_s=3, off_s=2)
    return shaped_gaussian(16_000, fs=FS, rng=rng, drive=drive)


# ---------------------------------------------------------------------------------------------- spectrum


def test_ratios_of_tones_are_ratios_of_their_powers():
    quality = spectral_quality(tone(80) + tone(5, 0.1) + tone(450, 0.01), fs=FS)
    assert quality["smr_db"] == pytest.approx(20, abs=0.01)
    assert quality["shr_db"] == pytest.approx(40.04, abs=0.02)
    # A Hann line on a bin spreads 1/6, 4/6, 1/6: the nearest bin holds two thirds of the hum.
    hum = spectral_quality(tone(80) + tone(50, 0.1), fs=FS)
    assert hum["spr_db"] == pytest.approx(10 * np.log10(1.01 / (0.01 * 2 / 3)), abs=0.02)


def test_ohm_of_two_lines_in_closed_form():
    """Powers p and 1-p at 60 and 240 Hz; the lines are narrow, so the moments are those of two points."""
    x = tone(60, np.sqrt(0.75)) + tone(240, np.sqrt(0.25))
    first, second = 0.75 * 60 + 0.25 * 240, 0.75 * 60**2 + 0.25 * 240**2
    assert spectral_quality(x, fs=FS)["ohm"] == pytest.approx(np.sqrt(second) / first, rel=1e-3)


def test_white_noise_is_as_strong_everywhere(rng):
    quality = spectral_quality(rng.standard_normal(200_000), fs=FS)
    assert quality["smr_db"] == pytest.approx(10 * np.log10(480 / 20), abs=0.3)
    assert quality["shr_db"] == pytest.approx(10 * np.log10(5), abs=0.1)
    assert quality["ohm"] == pytest.approx(np.sqrt(1 / 3) / (1 / 2), abs=0.01)
    assert quality["dpr_db"] < 2


def test_compat_from_the_definition(rng):
    x = 1e-5 * rng.standard_normal(3000)
    f, p = signal.welch(x, FS, nperseg=1024)
    eps, m0 = 1e-12, np.trapezoid(p, f)
    low = f <= 20
    expected = 10 * np.log10((m0 + eps) / (np.trapezoid(p[low], f[low]) + eps))
    assert spectral_quality(x, fs=FS, compat=True)["smr_db"] == pytest.approx(expected, abs=1e-6)


@given(exponent=st.floats(-100, 100))
@settings(deadline=None, max_examples=20)
def test_no_measure_has_a_unit(exponent):
    x = np.random.default_rng(1).standard_normal(3000) + tone(50)[:3000]
    for measure in (spectral_quality, lambda x, fs: {"h": hampel_error_ratio(x, fs=fs), "w": whiteness(x, fs=fs)}):
        before, after = measure(x, fs=FS), measure(10.0**exponent * x, fs=FS)
        assert after == pytest.approx(before, rel=1e-6)


def test_observation_the_gain_decides_in_compat(rng):
    """Protocol sheet, observation 20: 1e-12 V² is a hidden amplitude gate."""
    x = shaped_gaussian(4000, fs=FS, rng=rng)
    shr = [spectral_quality(level * x, fs=FS, compat=True)["shr_db"] for level in (1e-3, 2e-6)]
    assert shr[0] > 15 > shr[1]
    same = [spectral_quality(level * x, fs=FS)["shr_db"] for level in (1e-3, 2e-6)]
    assert same[0] == pytest.approx(same[1])
    rest = 1e-6 * (-1.0) ** np.arange(1000)
    lost = contrast_snr_db(10 * rest, rest) - contrast_snr_db(10 * rest, rest, compat=True)
    assert lost == pytest.approx(10 * np.log10(3), abs=0.01)  # 4.8 dB


@pytest.mark.parametrize("hz", [80.0, 101.0, 333.0])
def test_a_pure_tone_can_be_judged(hz):
    """Behind a strong line a running mean of the spectrum would round to a power below zero."""
    for x in (tone(hz), tone(hz) + tone(7)):
        assert spectral_quality(x, fs=FS)["dpr_db"] > 60


@pytest.mark.parametrize("ratio_db", [-3.0, 3.0, 12.0])
def test_observation_the_published_smr_counts_motion_as_signal(ratio_db):
    """Protocol sheet, observation 21: the numerator includes 0-20 Hz. At the limit of 12 dB that is 0.3 dB."""
    x = 10 ** (ratio_db / 20) * tone(101) + tone(7)
    plain, published = (spectral_quality(x, fs=FS, compat=how)["smr_db"] for how in (False, True))
    assert plain == pytest.approx(ratio_db, abs=0.1)
    assert published - plain == pytest.approx(10 * np.log10(1 + 10 ** (-ratio_db / 10)), abs=0.02)


def test_observation_hum_passes_all_published_rules_but_the_hampel_gate(muscle):
    """Protocol sheet, observation 21: SPR and DPR are computed and have no threshold."""
    humming = 5e-5 * (muscle + 0.7 * np.std(muscle) * np.sqrt(2) * np.sin(2 * np.pi * 50 * np.arange(muscle.size) / FS))
    found = screen(humming, fs=FS, contractions=[(2, 5), (7, 10), (12, 15)], compat=True).measures
    clean = screen(5e-5 * muscle, fs=FS, contractions=[(2, 5), (7, 10), (12, 15)], compat=True).measures
    assert found["spr_db"] < clean["spr_db"] - 5
    assert found["hampel"] > 0.1 > clean["hampel"]
    assert grade(found | {"hampel": 0.0, "snr_db": 20.0}) == ("A", [])


def test_hampel_removes_a_line_and_leaves_noise(rng):
    x = rng.standard_normal(6000)
    assert hampel_error_ratio(x, fs=FS) < 0.06
    for amplitude in (2.0, 5.0):
        share = amplitude**2 / 2 / (amplitude**2 / 2 + 1)
        assert hampel_error_ratio(x + tone(50, amplitude)[:6000], fs=FS) == pytest.approx(share, abs=0.05)
    assert hampel_error_ratio(x, fs=FS) <= hampel_error_ratio(x, fs=FS, compat=True)
    assert np.isnan(hampel_error_ratio(x[:1999], fs=FS))
    assert np.isnan(hampel_error_ratio(np.zeros(4000), fs=FS))


# ------------------------------------------------------------------------------------------------ faults


@pytest.mark.parametrize("bits", [None, 8, 12])
def test_clipping_is_counted_and_not_imagined(rng, bits):
    x = shaped_gaussian(20_000, fs=FS, rng=rng)
    for wave in (x, tone(49.73), tone(83.3) + 0.3 * x[:8000]):
        if bits:
            wave = np.round(wave / np.ptp(wave) * 2**bits)
        assert clipped_share(wave) == 0
        top = 0.7 * np.max(wave)
        cut = np.minimum(wave, top)
        assert clipped_share(cut) == pytest.approx(np.mean(wave >= top), abs=1e-12)
    assert clipped_share(np.zeros(100)) == 0


def test_flat_line_counts_long_runs_only():
    x = np.arange(1000.0)
    x[100:149] = 7.0  # 49 ms
    assert flat_share(x, fs=FS) == 0
    x[300:400] = 7.0
    assert flat_share(x, fs=FS) == pytest.approx(0.1)
    assert flat_share(np.zeros(500), fs=FS) == 1


def test_whiteness(rng):
    assert whiteness(rng.standard_normal(20_000), fs=FS) > 0.95
    assert whiteness(shaped_gaussian(20_000, fs=FS, rng=rng), fs=FS) < 0.6
    assert np.isnan(whiteness(np.full(2000, 0.1), fs=FS))


@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.9])
def test_hum_share_is_the_share_of_power(rng, mains_hz, share):
    noise = shaped_gaussian(8000, fs=FS, rng=rng)
    noise /= np.std(noise)
    wave = tone(mains_hz) + tone(3 * mains_hz, 0.5)
    hum = wave / np.std(wave) * np.sqrt(share / (1 - share))
    found, frequency = hum_share(noise + hum, fs=FS)
    assert frequency == mains_hz
    assert found == pytest.approx(share, abs=0.03)
    assert hum_share(noise, fs=FS)[0] < 0.03


def test_odd_channels_need_company(rng):
    x = rng.standard_normal((6, 1000))
    x[1] *= 20
    x[4] = 0
    levels = odd_channels(x)
    assert levels[1] == pytest.approx(26, abs=1)
    assert levels[4] == -np.inf
    assert np.all(np.abs(levels[[0, 2, 3, 5]]) < 2)
    assert not odd_channels(x[:3]).any()


# ------------------------------------------------------------------------------------------------ grades


@pytest.mark.parametrize(
    ("change", "given", "reason"),
    [
        ({}, "A", ""),
        ({"snr_db": 18.0}, "A", ""),
        ({"snr_db": 17.9}, "B", "SNR < 18"),
        ({"snr_db": 9.9}, "C", "SNR < 10"),
        ({"snr_db": 1.7}, "rejected", "SNR < 1.8"),
        ({"smr_db": 12.0}, "rejected", "SMR"),
        ({"shr_db": 15.0}, "rejected", "SHR"),
        ({"ohm": 1.4}, "rejected", "OHM"),
        ({"hampel": 0.11}, "rejected", "Hampel"),
        ({"hampel": np.nan}, "rejected", "unknown"),
        ({"snr_db": 5.0, "hampel": 0.5}, "C", "SNR < 10"),  # the gate looks at A and B only
        ({"snr_db": np.nan}, "unknown", "no contraction"),
    ],
)
def test_grades_at_their_borders(change, given, reason):
    found, reasons = grade(GOOD | change)
    assert found == given
    assert reason in " ".join(reasons)


def test_a_good_muscle_is_an_a_at_any_gain(muscle):
    for gain in (1.0, 1e-7, 1e7):
        found = screen(gain * muscle, fs=FS)
        assert (found.grade, found.faults) == ("A", [])


def test_offset_and_drift_are_seen_and_the_rest_is_not_fooled(muscle):
    assert screen(muscle + 1000.0, fs=FS).grade == "A"  # an offset is no motion
    wander = 3 * np.sin(2 * np.pi * 1.0 * np.arange(16_000) / FS)
    assert "SMR ≤ 12 dB" in screen(muscle + wander, fs=FS).reasons


def test_contractions_can_be_given(muscle):
    found = screen(muscle, fs=FS, contractions=[(2.0, 5.0)], rules=Rules(a_db=100.0))
    assert found.grade in ("B", "C", "rejected")


def test_the_snr_takes_all_contractions_and_a_rest_that_keeps_its_distance():
    size = np.full(8000, 0.1)
    size[1000:2000], size[4000:5500] = 1.0, 3.0  # two contractions ...
    size[900:1000] = size[2000:2100] = 1.0  # ... and a tenth of a second around the first that is no rest yet
    x = size * (-1.0) ** np.arange(8000)
    found = screen(x, fs=FS, contractions=[(1.0, 2.0), (4.0, 5.5)]).measures
    assert found["snr_db"] == pytest.approx(10 * np.log10((1000 * 1 + 1500 * 9) / 2500 / 0.01), abs=1e-6)


def test_the_spectrum_is_that_of_the_longest_contraction(muscle):
    wander = np.where(np.arange(16_000) < 3500, 3 * np.sin(2 * np.pi * np.arange(16_000) / FS), 0.0)
    assert screen(muscle + wander, fs=FS, contractions=[(2.0, 3.0), (7.0, 10.0)]).measures["smr_db"] > 12
    assert screen(muscle + wander, fs=FS, contractions=[(2.0, 3.5), (7.0, 8.0)]).measures["smr_db"] < 12


@pytest.mark.parametrize("gain", [0.1, 10.0])
def test_a_channel_unlike_the_others_is_odd(rng, gain):
    x = rng.standard_normal((5, 8000))
    x[2] *= gain
    found = screen_recording(Recording(x, fs=FS, channels=list("abcde")))
    assert [one.channel for one in found if "odd" in one.faults] == ["c"]


@pytest.mark.parametrize(
    ("spoil", "fault"),
    [
        (lambda x: np.clip(x, -2, 2), "clipped"),
        (lambda x: np.where(np.arange(x.size) > 14_000, 0.0, x), "flat"),
        (lambda x: np.random.default_rng(0).standard_normal(x.size), "dead"),
        (lambda x: np.full(x.size, 0.3), "dead"),
        (lambda x: x + 2 * np.sin(2 * np.pi * 60 * np.arange(x.size) / FS), "hum 60 Hz"),
    ],
)
def test_each_fault_is_named(muscle, spoil, fault):
    assert fault in screen(spoil(muscle), fs=FS).faults


def test_what_screening_cannot_see(muscle):
    """Crosstalk is muscle too: it passes with an A."""
    crosstalk = np.roll(muscle, 137) * 0.7
    assert screen(muscle + crosstalk, fs=FS).grade == "A"


def test_what_is_refused():
    with pytest.raises(ValueError, match="2 s"):
        screen(np.ones(1999), fs=FS)
    with pytest.raises(ValueError, match="one channel"):
        hampel_error_ratio(np.ones((2, 3000)), fs=FS)
    with pytest.raises(ValueError, match="channels are compared"):
        odd_channels(np.ones(3000))


# -------------------------------------------------------------------------------------------------- real


@pytest.mark.data
def test_the_dead_channel_of_every_subject(data_root):
    for subject in ("3", "9", "17"):
        recording = load("elderly_lower_limb", f"{subject}/TA", root=data_root)
        found = {one.channel: one.faults for one in screen_recording(recording)}
        assert "dead" in found["LG"]
        assert not any("dead" in found[name] for name in ("VL", "BF", "TA"))


@pytest.mark.data
def test_the_clipped_samples_of_emg_fatigue(data_root):
    x = load("biosignalsnotebooks", "emg_fatigue", root=data_root).channel(0)
    assert round(clipped_share(x) * x.size) == 26
    assert "clipped" not in screen(load("biosignalsnotebooks", "emg_bursts", root=data_root).channel(0), fs=FS).faults


@pytest.mark.data
def test_the_bad_channels_of_the_array(data_root):
    recording = load("flexemg", "S001_Session1Train_001-001", root=data_root)
    odd = np.abs(odd_channels(recording.signal)) > 15
    assert [name for name, bad in zip(recording.channels, odd) if bad] == ["23", "24"]


@pytest.mark.data
def test_the_hum_of_gesture_game(data_root):
    for record in ("0_1", "3_1"):
        x = load("biosignalsnotebooks", f"gesture_game/{record}", root=data_root).channel(0)
        share, frequency = hum_share(x, fs=FS)
        assert share > 0.4
        assert frequency == 50.0
