"""Band-pass and mains notches: closed forms, decisions, drift, harmonics, and the causal form chunk by chunk."""

import numpy as np
import pytest
from scipy import signal

from emgtut import denoise
from emgtut.acquire import shaped_gaussian
from emgtut.assess import snr_db
from emgtut.contaminate import draw, mix_at_snr, power_line
from emgtut.denoise.bandpass_notch import mains_lines, remove_mains

FS = 1000.0


def muscle(n=8000, seed=0):
    x = shaped_gaussian(n, fs=FS, rng=np.random.default_rng(seed))
    return x / x.std()


def tone(hz, n=8000, amplitude=1.0):
    return amplitude * np.sin(2 * np.pi * hz * np.arange(n) / FS)


def level_at(x, hz):
    """Amplitude of a line, from the middle of the signal."""
    t = np.arange(x.size)[2000:-2000]
    return 2 * np.abs(np.mean(x[2000:-2000] * np.exp(-2j * np.pi * hz * t / FS)))


@pytest.mark.parametrize(("name", "passes"), [("bandpass_notch", 2), ("bandpass_notch_causal", 1)])
@pytest.mark.parametrize("hz", [10.0, 20.0, 35.0, 150.0, 400.0, 450.0, 470.0])
def test_the_band_is_scipys_butterworth_in_one_pass_or_two(name, passes, hz):
    d = denoise.get(name, band_hz=(20, 450))
    sos = signal.butter(4, [20, 450], "bandpass", fs=FS, output="sos")
    expected = np.abs(signal.sosfreqz(sos, [hz], fs=FS)[1][0]) ** passes
    assert level_at(d(tone(hz), fs=FS, contaminants=[]), hz) == pytest.approx(expected, abs=2e-4)


def test_at_a_low_rate_the_upper_edge_is_left_to_the_converter():
    d = denoise.get("bandpass_notch", band_hz=(20, 450))
    x = np.sin(2 * np.pi * 110 * np.arange(2000) / 250)
    assert np.std(d(x, fs=250)[500:-500]) == pytest.approx(np.sqrt(0.5), rel=0.01)


@pytest.mark.parametrize("mains_hz", [49.7, 50.0, 50.2, 59.8, 60.0, 60.3])
def test_hum_goes_and_muscle_stays(mains_hz):
    x, d = muscle(), denoise.get("bandpass_notch", band_hz=(20, 450))
    left = d(x + tone(mains_hz, amplitude=2.0), fs=FS) - d(x, fs=FS, contaminants=[])
    assert level_at(left, mains_hz) < 0.15, "22 dB down, the muscle in the notch included"
    assert np.std(d(x, fs=FS, contaminants=["mains"]) - d(x, fs=FS)) < 0.25, "a notch costs little muscle"


@pytest.mark.parametrize("name", ["bandpass_notch", "vmd"])
@pytest.mark.parametrize("mains_hz", [50.0, 60.0])
def test_a_window_too_short_to_show_a_line_is_notched_at_the_right_grid_when_told(name, mains_hz):
    x, hum, d = muscle(800), tone(mains_hz, n=800, amplitude=5.0), denoise.get(name)
    error = d(x + hum, fs=FS, contaminants=["mains"]) - d(x, fs=FS, contaminants=[])
    assert np.std(error) < 0.5, "of the hum's 3.5"


@pytest.mark.filterwarnings("error")
def test_a_flat_channel_has_no_line_and_no_warning():
    lines = mains_lines(np.zeros(3000), fs=FS, mains_hz=50)
    assert (lines.strength, lines.present) == (0.0, ())


def test_blind_nothing_is_notched_where_there_is_no_line():
    d = denoise.get("bandpass_notch")
    wrong = 0
    for seed in range(30):
        x = muscle(2000, seed=seed)
        wrong += not np.array_equal(d(x, fs=FS), d(x, fs=FS, contaminants=["ecg"]))
    assert wrong <= 1


def test_oracle_labels_decide():
    x = muscle() + tone(50, amplitude=2.0)
    d = denoise.get("bandpass_notch", band_hz=(20, 450))
    assert level_at(d(x, fs=FS, contaminants=["ecg"]), 50) > 1.9
    assert level_at(d(x, fs=FS, contaminants=["ecg", "mains"]), 50) < 0.02
    weak = muscle() + tone(60, amplitude=0.05)  # too weak to be seen blind
    np.testing.assert_array_equal(d(weak, fs=FS), d(weak, fs=FS, contaminants=[]))
    assert not np.array_equal(d(weak, fs=FS, contaminants=["mains"]), d(weak, fs=FS))


def test_a_told_grid_is_the_only_one_looked_at():
    x = muscle() + tone(50, amplitude=2.0) + tone(60, amplitude=2.0)
    y = denoise.get("bandpass_notch", mains_hz=60)(x, fs=FS)
    assert level_at(y, 60) < 0.05
    assert level_at(y, 50) > 1.8


def test_multiples_are_notched_up_to_the_band_edge_and_only_where_they_are():
    harmonics = {1: 2.0, 3: 1.0, 8: 1.0}
    x = muscle() + sum(tone(h * 50.1, amplitude=a) for h, a in harmonics.items())
    lines = mains_lines(x, fs=FS, mains_hz=50, multiples=range(1, 9))
    assert lines.present == (1, 3, 8)
    assert np.mean(lines.frequency_hz) == pytest.approx(50.1, abs=0.02)
    y = denoise.get("bandpass_notch", band_hz=(20, 450))(x, fs=FS)
    assert max(level_at(y, h * 50.1) for h in harmonics) < 0.05


def test_a_multiple_alone_is_no_mains():
    x = tone(100)
    np.testing.assert_array_equal(remove_mains(x, fs=FS), x)


def test_a_drifting_line_is_followed():
    n = 60_000
    x = muscle(n)
    drift_hz = 50 + 0.4 * np.sin(2 * np.pi * np.arange(n) / n)
    hum = 2 * np.sin(2 * np.pi * np.cumsum(drift_hz) / FS)
    d = denoise.get("bandpass_notch", band_hz=(20, 450), width_hz=0.5)
    clean, banded = d(x, fs=FS, contaminants=[]), d(x + hum, fs=FS, contaminants=[])
    followed = d(x + hum, fs=FS)
    fixed = signal.sosfiltfilt(signal.tf2sos(*signal.iirnotch(50, 100, fs=FS)), banded)
    assert snr_db(clean, followed) > snr_db(clean, fixed) + 10


def test_no_ringing_at_the_ends_of_a_short_window():
    """An IIR notch run forwards and backwards leaves hum at the ends of 2 s; this one does not."""
    x, hum = muscle(2000), tone(50.2, 2000, amplitude=3.0)
    d = denoise.get("bandpass_notch", band_hz=(20, 450))
    left = d(x + hum, fs=FS) - d(x, fs=FS, contaminants=["mains"])
    sos = signal.tf2sos(*signal.iirnotch(50.2, 30, fs=FS))
    usual = signal.sosfiltfilt(sos, hum)
    assert np.std(left[:200]) < 0.5 * np.std(usual[:200])


def test_a_window_too_short_for_a_line_is_filtered_only():
    x = tone(50, 900)
    d = denoise.get("bandpass_notch")
    np.testing.assert_array_equal(d(x, fs=FS), d(x, fs=FS, contaminants=[]))


@pytest.mark.parametrize("snr", [-10.0, 0.0])
def test_synthetic_hum_of_the_library_is_cleaned_blind(snr):
    gains = []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        clean = denoise.get("highpass", cutoff_hz=20)(muscle(4000, seed), fs=FS)
        noisy = mix_at_snr(clean, draw("mains", "train", 4000, FS, rng, source="synthetic"), snr)
        gains.append(snr_db(clean, denoise.get("bandpass_notch")(noisy, fs=FS)) - snr)
    assert np.mean(gains) > {-10.0: 15.0, 0.0: 8.0}[snr]


def test_the_causal_form_sets_its_notches_once_hum_is_clear_and_follows():
    rng = np.random.default_rng(1)
    hum = 2 * power_line(30_000, fs=FS, rng=rng, frequency_hz=60, harmonics=(1.0, 0.0, 0.5), drift_hz=0.05)
    x = muscle(30_000)
    d = denoise.get("bandpass_notch_causal")
    left = d(x + hum, fs=FS) - d(x, fs=FS)
    assert np.std(left[:2000]) > 1.5, "nothing is notched in the first seconds"
    assert np.std(left[10_000:]) < 0.4


def test_the_causal_form_leaves_a_muscle_without_hum_alone():
    x = muscle(30_000)
    d = denoise.get("bandpass_notch_causal")
    np.testing.assert_array_equal(d(x, fs=FS), d(x, fs=FS, contaminants=["ecg"]))


def test_a_stream_that_retunes_is_bit_identical_to_the_whole():
    rng = np.random.default_rng(2)
    x = np.stack([muscle(8000) + tone(50.2, amplitude=2.0), muscle(8000, 1)])
    d = denoise.get("bandpass_notch_causal")
    live, cuts = d.stream(FS), np.sort(rng.integers(0, 8000, 40))
    joined = np.concatenate([live.push(chunk) for chunk in np.split(x, cuts, axis=-1)], axis=-1)
    np.testing.assert_array_equal(joined, d(x, fs=FS))
    np.testing.assert_array_equal(joined[1], d(x[1], fs=FS))


@pytest.mark.parametrize("wrong", [(20,), (450, 20), (0, 100), (20, 200, 450)])
def test_impossible_bands_are_refused_in_words(wrong):
    with pytest.raises(ValueError, match="band_hz is"):
        denoise.get("bandpass_notch", band_hz=wrong)
