"""Features against closed forms: sines, square waves, spectra known on paper."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from emgtut.assess import arv, kurtosis, mdf, mnf, zcr
from emgtut.assess.features import in_band, mean_frequency, median_frequency, whole_spectrum

FS = 1000.0
FEATURES = {"arv": arv, "zcr": zcr, "mnf": mnf, "mdf": mdf, "kurtosis": kurtosis}
every_feature = pytest.mark.parametrize("feature", FEATURES.values(), ids=FEATURES)


def sine(frequency_hz, n_samples=1000, amplitude=1.0, phase=0.0):
    return amplitude * np.sin(2 * np.pi * frequency_hz * np.arange(n_samples) / FS + phase)


@every_feature
@pytest.mark.parametrize(
    ("n_samples", "fs", "n_frames"), [(200, 1000, 1), (299, 1000, 1), (300, 1000, 2), (2000, 1000, 19), (51, 250, 1)]
)
def test_one_grid_for_all_and_no_frame_that_is_not_whole(feature, n_samples, fs, n_frames):
    x = np.random.default_rng(0).standard_normal(n_samples)
    values = feature(x, fs=fs)
    assert values.shape == (n_frames,)
    assert np.isfinite(values).all()


@every_feature
def test_leading_axes_are_independent(feature):
    x = np.random.default_rng(0).standard_normal((2, 3, 900))
    together = feature(x, fs=FS)
    assert together.shape == (2, 3, 8)
    np.testing.assert_allclose(together[1, 2], feature(x[1, 2], fs=FS), rtol=1e-12)


@every_feature
def test_every_frame_of_a_steady_tone_scores_the_same(feature):
    """Half-empty frames at the ends would stand out here."""
    values = feature(sine(50, 2000, phase=0.3), fs=FS)
    np.testing.assert_allclose(values, values[0], rtol=1e-9)


@every_feature
@given(exponent=st.floats(-7, 7), seed=st.integers(0, 1000))
@settings(deadline=None, max_examples=25)
def test_scale_rules(feature, exponent, seed):
    x, a = np.random.default_rng(seed).standard_normal(700), 10.0**exponent
    np.testing.assert_allclose(feature(a * x, fs=FS), (a if feature is arv else 1.0) * feature(x, fs=FS), rtol=1e-9)


@every_feature
def test_too_short_and_unusable_input_is_refused_in_words(feature):
    with pytest.raises(ValueError, match=r"199 samples and a frame of 0\.2 s at fs=1000 Hz has 200"):
        feature(np.ones(199), fs=FS)
    for wrong in (np.ones(500, dtype=int), np.full(500, np.nan), np.ones(500, dtype=complex)):
        with pytest.raises(ValueError, match="x holds"):
            feature(wrong, fs=FS)
    with pytest.raises(ValueError, match="fs is -1"):
        feature(np.ones(500), fs=-1)
    with pytest.raises(ValueError, match="above zero"):
        feature(np.ones(500), fs=FS, hop_s=0)


@every_feature
def test_frame_length_and_hop_can_be_chosen(feature):
    assert feature(np.random.default_rng(0).standard_normal(1000), fs=FS, frame_s=1.0, hop_s=0.5).shape == (1,)
    assert feature(np.random.default_rng(0).standard_normal(1000), fs=FS, frame_s=0.5, hop_s=0.25).shape == (3,)


def test_arv_of_a_sampled_sine_in_closed_form():
    """200 samples to the period: the mean of |sin| over them is (2/200)·cot(π/200), just under 2/π."""
    np.testing.assert_allclose(arv(sine(5, amplitude=3.0), fs=FS), 3.0 * 0.01 / np.tan(np.pi / 200), rtol=1e-12)


@pytest.mark.parametrize("half_period", [1, 2, 5, 10])
def test_zcr_of_a_square_wave(half_period):
    x = np.repeat(np.tile([1.0, -1.0], 500), half_period)[:2000]
    expected = ((200 - 1) // half_period) / (199 / FS)
    np.testing.assert_allclose(zcr(x, fs=FS)[0], expected)


def test_zcr_of_a_tone_is_twice_its_frequency():
    for frequency_hz in (40.37, 83.71, 155.13):  # out of step with the frames
        assert zcr(sine(frequency_hz, 20_000, phase=0.4), fs=FS).mean() == pytest.approx(2 * frequency_hz, rel=0.01)


def test_a_sample_of_exactly_zero_is_no_crossing_of_its_own():
    through = np.tile([1.0, 0.0, -1.0, 0.0], 50)
    touching = np.tile([1.0, 0.0, 1.0, 0.0], 50)
    assert zcr(through, fs=FS)[0] == pytest.approx(99 / 0.199)
    assert zcr(touching, fs=FS)[0] == 0
    assert zcr(-touching, fs=FS)[0] == 0
    assert zcr(np.zeros(200), fs=FS)[0] == 0


def test_mean_and_median_frequency_of_two_tones():
    """Amplitudes 2 and 1 carry powers 4 and 1; both lie on bins, and a Hann line is symmetric."""
    x = sine(60, amplitude=2.0) + sine(160, phase=1.0)
    np.testing.assert_allclose(mnf(x, fs=FS), (4 * 60 + 160) / 5, rtol=1e-6)
    # Half of the power, 2.5 of 5, lies 0.625 into the stronger line's three bins (shares 1/6, 4/6, 1/6).
    share = (0.625 - 1 / 6) / (4 / 6)
    np.testing.assert_allclose(mdf(x, fs=FS), 60 + 5 * (share - 0.5), rtol=1e-6)


def test_it_is_the_power_spectrum_and_not_the_amplitude_spectrum():
    x = sine(60, amplitude=2.0) + sine(160, phase=1.0)
    assert abs(mnf(x, fs=FS)[0] - (2 * 60 + 160) / 3) > 10


def test_mean_and_median_frequency_of_the_sEMG_model_spectrum():
    """Stulen and De Luca's shape with corners 60 and 120 Hz; mpmath integrates it and finds the half."""

    def density(f):
        return f**2 / ((f**2 + 60**2) * (f**2 + 120**2) ** 2)

    top = 2000
    total = mpmath.quad(density, [0, 60, 120, 500, top])
    mean = mpmath.quad(lambda f: f * density(f), [0, 60, 120, 500, top]) / total
    median = mpmath.findroot(lambda f: mpmath.quad(density, [0, 60, f]) - total / 2, 95)
    freqs = np.arange(0.5, top, 1.0)
    assert mean_frequency(freqs, density(freqs)) == pytest.approx(float(mean), rel=1e-5)
    assert median_frequency(freqs, density(freqs)) == pytest.approx(float(median), rel=1e-4)


@given(
    power=st.lists(st.floats(0, 1e6), min_size=2, max_size=30).filter(lambda p: sum(p) > 1e-3), start=st.floats(0, 100)
)
@settings(deadline=None, max_examples=80)
def test_the_median_frequency_halves_the_power(power, start):
    freqs, power = start + 5.0 * np.arange(len(power)), np.array(power)
    middle = median_frequency(freqs, power)
    below = np.sum(power * np.clip((middle - (freqs - 2.5)) / 5.0, 0.0, 1.0))
    assert below == pytest.approx(power.sum() / 2, rel=1e-9)


def test_the_band_leaves_out_offset_and_drift():
    for feature in (mnf, mdf):
        np.testing.assert_allclose(feature(sine(80) + 1000.0, fs=FS), 80.0, rtol=1e-6)
        np.testing.assert_allclose(feature(sine(80) + 5.0 * sine(2), fs=FS), 80.0, rtol=0.01)


def test_a_frame_without_power_in_the_band_has_no_frequency():
    for x in (np.zeros(300), np.full(300, 0.1), np.full(300, 1e6)):
        for feature in (mnf, mdf, kurtosis):
            assert np.isnan(feature(x, fs=FS)).all()
    assert np.isnan(mean_frequency(np.array([1.0, 2.0]), np.zeros(2)))
    assert np.isnan(median_frequency(np.array([1.0, 2.0]), np.zeros(2)))


def test_an_impossible_band_is_refused_in_words():
    with pytest.raises(ValueError, match="widen the band"):
        mnf(np.ones(500), fs=FS, band_hz=(21.0, 24.0))


def test_in_band_keeps_the_borders():
    freqs, power = in_band(*whole_spectrum(np.random.default_rng(0).standard_normal(200), fs=FS))
    assert (freqs[0], freqs[-1]) == (20.0, 500.0)
    assert power.shape == (1, 97)


def test_the_spectrum_obeys_parseval():
    x = np.random.default_rng(0).standard_normal(200)
    _, power = whole_spectrum(x, fs=FS)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(200) / 200)
    assert (2 * power[0].sum() - power[0, 0] - power[0, -1]) / 200 == pytest.approx(
        np.sum((window * x) ** 2), rel=1e-12
    )


def test_kurtosis_of_known_shapes():
    np.testing.assert_allclose(kurtosis(sine(50, phase=0.2), fs=FS), -1.5, atol=1e-12)
    triangle = np.linspace(-1, 1, 200)
    discrete_uniform = -6 / 5 * (200**2 + 1) / (200**2 - 1)
    np.testing.assert_allclose(kurtosis(triangle, fs=FS), discrete_uniform, rtol=1e-12)
    spike = np.zeros(200)
    spike[100] = 1.0
    p = 1 / 200
    np.testing.assert_allclose(kurtosis(spike, fs=FS), (1 - 6 * p * (1 - p)) / (p * (1 - p)), rtol=1e-12)  # Bernoulli


def test_kurtosis_agrees_with_scipy():
    x = np.random.default_rng(0).standard_normal(1000) ** 3 + 5.0
    expected = [stats.kurtosis(x[i : i + 200]) for i in range(0, 801, 100)]
    np.testing.assert_allclose(kurtosis(x, fs=FS), expected, rtol=1e-10)


def test_float32_is_computed_in_float64():
    x = np.random.default_rng(0).standard_normal(600).astype(np.float32)
    for feature in FEATURES.values():
        np.testing.assert_array_equal(feature(x, fs=FS), feature(x.astype(float), fs=FS))
