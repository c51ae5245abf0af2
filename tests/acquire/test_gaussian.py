"""The shaped-Gaussian stand-in against its own closed form, integrated by mpmath."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch

from emgtut.acquire import bursts, shaped_gaussian, shaped_power


def closed_form(f, low, high):
    return high**4 * f**2 / ((f**2 + low**2) * (f**2 + high**2) ** 2)


def spectral_moments(low, high, top):
    """Mean and median frequency of the model over 0..top hertz, by quadrature."""
    total = mpmath.quad(lambda f: closed_form(f, low, high), [0, low, high, top])
    mean = mpmath.quad(lambda f: f * closed_form(f, low, high), [0, low, high, top]) / total
    median = mpmath.findroot(lambda m: mpmath.quad(lambda f: closed_form(f, low, high), [0, m]) - total / 2, 0.8 * high)
    return float(mean), float(median)


def measured_moments(x, fs):
    freqs, density = welch(x, fs, nperseg=int(fs), detrend=False)
    cumulative = np.cumsum(density)
    return np.sum(freqs * density) / cumulative[-1], np.interp(cumulative[-1] / 2, cumulative, freqs)


@pytest.mark.parametrize(("fs", "mnf", "mdf"), [(1000, 116, 95), (1000, None, None), (4000, None, None)])
def test_mean_and_median_frequency(fs, mnf, mdf):
    """The sheet's 116/95 Hz belong to fs = 1 kHz; with a wider band the mean rises (123 Hz) and the median stays."""
    x = shaped_gaussian(600 * fs, fs=fs, rng=np.random.default_rng(1))
    expected = spectral_moments(60, 120, fs / 2) if mnf is None else (mnf, mdf)
    np.testing.assert_allclose(measured_moments(x, fs), expected, rtol=0.01)


def test_spectrum_follows_the_formula(rng):
    fs = 2000
    x = shaped_gaussian(900 * fs, fs=fs, rng=rng, low_hz=40, high_hz=100)
    freqs, density = welch(x, fs, nperseg=2000, detrend=False)
    band = (freqs >= 5) & (freqs <= 900)
    expected = closed_form(freqs, 40.0, 100.0)
    expected /= np.sum(expected) * (freqs[1] - freqs[0])  # unit power over the band
    error_db = 10 * np.log10(density[band] / expected[band])
    assert np.max(np.abs(error_db)) < 0.8  # 900 segments: one bin's spread is 0.15 dB
    assert np.sqrt(np.mean(error_db**2)) < 0.2


def test_shaped_power_equals_the_closed_form():
    for f in (0.5, 33.0, 120.0, 480.0):
        assert shaped_power(f) == pytest.approx(float(closed_form(mpmath.mpf(f), 60, 120)), rel=1e-14)


def test_amplitude_is_gaussian(rng):
    x = shaped_gaussian(400_000, fs=1000, rng=rng)
    assert abs(np.mean(x**4) / np.mean(x**2) ** 2 - 3) < 0.06


@given(n=st.integers(2, 5000), seed=st.integers(0, 2**32 - 1), fs=st.sampled_from([250.0, 1000.0, 2048.0]))
@settings(max_examples=40, deadline=None)
def test_unit_rms_and_zero_mean_at_any_length(n, seed, fs):
    x = shaped_gaussian(n, fs=fs, rng=np.random.default_rng(seed))
    assert x.shape == (n,)
    assert np.sqrt(np.mean(x**2)) == pytest.approx(1, rel=1e-12)
    assert abs(np.mean(x)) < 1e-12


def test_same_seed_same_signal_and_the_drive_only_scales():
    one = shaped_gaussian(1000, fs=1000, rng=np.random.default_rng(5))
    two = shaped_gaussian(1000, fs=1000, rng=np.random.default_rng(5))
    louder = shaped_gaussian(1000, fs=1000, rng=np.random.default_rng(5), drive=np.full(1000, 0.25))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(louder, 0.25 * one, rtol=1e-12)


def test_drive_is_the_local_rms(rng):
    fs, n = 1000, 400_000
    drive = np.where((np.arange(n) // 1000) % 2 == 0, 0.5, 2.0)
    x = shaped_gaussian(n, fs=fs, rng=rng, drive=drive)
    assert np.sqrt(np.mean(x[drive == 0.5] ** 2)) == pytest.approx(0.5, rel=0.02)
    assert np.sqrt(np.mean(x[drive == 2.0] ** 2)) == pytest.approx(2.0, rel=0.02)
    assert np.sqrt(np.mean(x**2)) == pytest.approx(np.sqrt(np.mean(drive**2)), rel=1e-12)


def test_rest_is_silent_and_the_whole_has_zero_mean(rng):
    drive = bursts(4000, fs=1000, on_s=0.5, off_s=0.5, ramp_s=0.1)
    x = shaped_gaussian(4000, fs=1000, rng=rng, drive=drive)
    assert np.all(x[drive == 0] == 0)
    assert abs(np.mean(x)) < 1e-12


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n_samples": 1}, "at least 2"),
        ({"n_samples": 10.5}, "whole number"),
        ({"fs": 0}, "fs"),
        ({"fs": 200}, "half the sampling rate"),
        ({"low_hz": -1}, "positive"),
        ({"drive": np.ones(9)}, "one value per sample"),
        ({"drive": -np.ones(10)}, "negative"),
        ({"drive": np.zeros(10)}, "at least two samples"),
        ({"drive": np.full(10, np.nan)}, "drive"),
    ],
)
def test_bad_input_is_one_clear_sentence(rng, changes, words):
    call = {"n_samples": 10, "fs": 1000, "rng": rng, **changes}
    with pytest.raises(ValueError, match=words) as caught:
        shaped_gaussian(call.pop("n_samples"), **call)
    assert "\n" not in str(caught.value)


def test_bursts_shape():
    fs = 1000
    drive = bursts(6000, fs=fs, on_s=1.0, off_s=2.0, ramp_s=0.25)
    assert drive[0] == 0
    assert np.all(drive[:2000] == 0)
    assert np.all(drive[2250:2750] == 1)
    assert drive[2125] == pytest.approx(0.5, abs=1e-9)  # half way up the cosine edge
    np.testing.assert_allclose(drive[:3000], drive[3000:], atol=1e-12)
    assert drive.min() == 0
    assert drive.max() == 1


def test_bursts_without_rest_or_ramp():
    assert np.all(bursts(100, fs=10, on_s=1, off_s=0) == 1)
    assert bursts(4000, fs=1000, on_s=1, off_s=1).mean() == 0.5


@pytest.mark.parametrize(
    "bad",
    [{"on_s": 0}, {"off_s": -1}, {"ramp_s": -0.1}, {"ramp_s": 0.6}, {"on_s": np.inf}, {"n_samples": 0}, {"fs": -5}],
)
def test_bursts_refuses_nonsense(bad):
    call = {"n_samples": 100, "fs": 1000, "on_s": 1.0, "off_s": 1.0, "ramp_s": 0.1, **bad}
    with pytest.raises(ValueError):
        bursts(call.pop("n_samples"), **call)
