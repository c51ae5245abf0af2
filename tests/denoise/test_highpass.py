"""High-pass filters against closed forms: gain, phase, offsets, edges."""

import numpy as np
import pytest

from emgtut import denoise
from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr, synthetic_ecg

FS = 1000.0


def butterworth_gain(frequency_hz, cutoff_hz, order, fs):
    """|H| of a bilinear Butterworth high-pass: the analogue formula on the warped frequency axis."""
    warped = np.tan(np.pi * frequency_hz / fs) / np.tan(np.pi * cutoff_hz / fs)
    return 1.0 / np.sqrt(1.0 + warped ** (-2.0 * order))


def tone(frequency_hz, seconds=4.0):
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * FS)) / FS)


@pytest.mark.parametrize("frequency_hz", [10.0, 25.0, 40.0, 60.0, 150.0])
@pytest.mark.parametrize(("name", "passes"), [("highpass", 2), ("highpass_causal", 1)])
def test_gain_is_the_butterworth_formula(name, passes, frequency_hz):
    y = denoise.get(name)(tone(frequency_hz), fs=FS)[1000:3000]  # whole periods, away from the ends
    gain = np.sqrt(2.0 * np.mean(y**2))
    assert gain == pytest.approx(butterworth_gain(frequency_hz, 40.0, 4, FS) ** passes, rel=1e-6)


@pytest.mark.parametrize(("cutoff_hz", "order"), [(20.0, 4), (100.0, 2), (10.0, 1)])
def test_settings_reach_the_filter(cutoff_hz, order):
    d = denoise.get("highpass", cutoff_hz=cutoff_hz, order=order)
    y = d(tone(30.0), fs=FS)[1000:3000]
    assert np.sqrt(2.0 * np.mean(y**2)) == pytest.approx(butterworth_gain(30.0, cutoff_hz, order, FS) ** 2, rel=1e-6)
    assert d.info.band_hz == (cutoff_hz, np.inf)


def test_zero_phase_keeps_a_tone_in_place_and_causal_shifts_it():
    x = tone(60.0)
    middle = slice(1000, 3000)
    quadrature = np.cos(2 * np.pi * 60.0 * np.arange(x.size) / FS)
    for name, in_place in (("highpass", True), ("highpass_causal", False)):
        y = denoise.get(name)(x, fs=FS)
        phase = np.arctan2(y[middle] @ quadrature[middle], y[middle] @ x[middle])
        assert (abs(phase) < 1e-6) == in_place


def test_zero_phase_treats_both_directions_of_time_alike():
    x = np.random.default_rng(0).standard_normal(3000)
    d = denoise.get("highpass")
    difference = np.abs(d(x[::-1], fs=FS)[::-1] - d(x, fs=FS))
    assert difference[500:-500].max() < 1e-12


def test_an_offset_leaves_no_trace_from_the_very_first_sample():
    x = tone(80.0) * np.linspace(0, 1, 4000)  # begins at zero, so the first sample is the offset
    for name in ("highpass", "highpass_causal"):
        d = denoise.get(name)
        np.testing.assert_allclose(d(x + 1000.0, fs=FS), d(x, fs=FS), rtol=0, atol=1e-7)
    assert abs(denoise.get("highpass_causal")(x + 1000.0, fs=FS)[0]) < 1e-9


def test_a_first_sample_off_the_offset_dies_away_within_a_few_periods_of_the_corner():
    x = np.zeros(1000)
    x[0] = 1.0
    y = denoise.get("highpass_causal")(x, fs=FS)
    assert np.abs(y[1:50]).max() > 0.1
    assert np.abs(y[200:]).max() < 1e-4  # eight periods of 40 Hz


def test_long_equals_short_away_from_the_ends():
    x = np.random.default_rng(1).standard_normal(60_000)
    for name in ("highpass", "highpass_causal"):
        d = denoise.get(name)
        np.testing.assert_allclose(d(x, fs=FS)[30_000:31_000], d(x[29_000:32_000], fs=FS)[1000:2000], atol=1e-9)


def test_phase_alone_costs_many_decibels_on_ecg_contaminated_noise():
    rng = np.random.default_rng(2)
    shape = denoise.get("highpass", cutoff_hz=60.0)
    clean = shape(rng.standard_normal(20_000), fs=FS)
    noisy = mix_at_snr(clean, synthetic_ecg(20_000, fs=FS, rng=rng), -10.0)
    zero_phase, causal = (
        snr_db(clean, denoise.get(name)(noisy, fs=FS)) - snr_db(clean, noisy)
        for name in ("highpass", "highpass_causal")
    )
    assert zero_phase > causal + 5.0


@pytest.mark.parametrize("settings", [{"cutoff_hz": 0}, {"cutoff_hz": -1}, {"order": 0}, {"order": 2.5}])
def test_settings_out_of_range_are_refused_in_words(settings):
    with pytest.raises(ValueError, match=f"{next(iter(settings))} is"):
        denoise.get("highpass", **settings)


def test_a_corner_above_half_the_sampling_rate_is_refused_in_words():
    with pytest.raises(ValueError, match="between 0 and 125 Hz"):
        denoise.get("highpass", cutoff_hz=130)(np.ones(500), fs=250)
    with pytest.raises(ValueError, match="between 0 and 125 Hz"):
        denoise.get("highpass_causal", cutoff_hz=130).stream(250)
