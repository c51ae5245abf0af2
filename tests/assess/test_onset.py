"""Onsets of bursts whose start is known, and what must not move them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.acquire import shaped_gaussian
from emgtut.assess import onset_error_ms, onset_s, snr_db
from emgtut.assess.onset import teager_kaiser

FS = 1000.0


def burst(start, seed=0, n=3000, rest=0.03):
    drive = np.where(np.arange(n) < start, rest, 1.0)
    return shaped_gaussian(n, fs=FS, rng=np.random.default_rng(seed), drive=drive)


def test_teager_kaiser_of_a_sine_in_closed_form():
    w = 2 * np.pi * 80 / FS
    x = 3 * np.sin(w * np.arange(500) + 0.3)
    np.testing.assert_allclose(teager_kaiser(x), 9 * np.sin(w) ** 2, rtol=1e-9)


@pytest.mark.parametrize("seed", range(8))
@pytest.mark.parametrize("start", [400, 1111, 2400])
def test_a_burst_is_found_where_it_begins(start, seed):
    assert onset_s(burst(start, seed), fs=FS) == pytest.approx(start / FS, abs=0.025)


@given(exponent=st.floats(-150, 150), seed=st.integers(0, 20))
@settings(deadline=None, max_examples=30)
def test_the_unit_does_not_matter(exponent, seed):
    x = burst(900, seed)
    assert onset_s(10.0**exponent * x, fs=FS) == onset_s(x, fs=FS)


@given(shift=st.integers(-300, 300))
@settings(deadline=None, max_examples=30)
def test_a_shift_is_measured_to_the_sample(shift):
    """Both windows begin at rest; which quarter of a second is the quietest may change, and the threshold with it."""
    x = burst(1200)
    late = onset_error_ms(x[300:2700], np.roll(x, shift)[300:2700], fs=FS)
    assert late == pytest.approx(shift, abs=2)


def test_a_wander_hardly_moves_it():
    x = burst(1200)
    wander = 3 * np.sin(2 * np.pi * 0.7 * np.arange(3000) / FS)
    assert abs(onset_error_ms(x, x + wander, fs=FS)) <= 10


@pytest.mark.parametrize("x", [np.zeros(2000), np.ones(2000), np.random.default_rng(0).standard_normal(2000)])
def test_no_contraction_no_onset(x):
    assert np.isnan(onset_s(x, fs=FS))
    assert np.isnan(onset_error_ms(burst(900, n=2000), x, fs=FS))


def test_a_signal_that_begins_at_work_has_none():
    x = burst(0)
    x[1500:] *= 0.03
    assert np.isnan(onset_s(x, fs=FS))


def test_a_click_is_too_short():
    x = 0.01 * np.random.default_rng(0).standard_normal(3000)
    x[700:710] += 5.0 * (-1.0) ** np.arange(10)
    assert np.isnan(onset_s(x, fs=FS))


def test_it_is_vectorised():
    x = np.stack([burst(400), burst(1500), np.zeros(3000)])
    found = onset_s(x, fs=FS)
    assert found.shape == (3,)
    assert [onset_s(one, fs=FS) for one in x[:2]] == found[:2].tolist()
    assert np.isnan(found[2])


def test_two_estimates_of_one_snr_and_another_onset():
    """What the SNR cannot see: see chapter 09."""
    clean = burst(1200)
    late = np.where(np.arange(3000) < 1240, 0.03 * clean, clean)
    error = np.sqrt(np.sum((late - clean) ** 2))
    noise = np.random.default_rng(3).standard_normal(3000) * (np.arange(3000) > 1600)
    steady = clean + noise * error / np.sqrt(np.sum(noise**2))
    assert snr_db(clean, late) == pytest.approx(snr_db(clean, steady), abs=1e-9)
    assert onset_error_ms(clean, late, fs=FS) == pytest.approx(40, abs=6)
    assert abs(onset_error_ms(clean, steady, fs=FS)) <= 2


def test_what_is_refused():
    with pytest.raises(ValueError, match=r"0\.5 s"):
        onset_s(np.ones(400), fs=FS)
    with pytest.raises(ValueError, match="same"):
        onset_error_ms(np.ones(900), np.ones(901), fs=FS)
