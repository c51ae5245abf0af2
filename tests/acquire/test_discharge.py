"""Recruitment, rate coding and discharge times against Fuglevand's rules."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import welch
from scipy.stats import kstest

from emgtut.acquire import discharge_times, motor_unit_pool, ramp

FS = 1000


@pytest.fixture(scope="module")
def pool():
    return motor_unit_pool(np.random.default_rng(0), n_units=120, sub_fibres=2)


def test_thresholds_span_the_recruitment_range(pool):
    """RTE_i = exp(ln(30) i / n), and full drive is where the last unit reaches its peak: 30 + (25 - 8) / 1."""
    index = np.arange(1, 121)
    np.testing.assert_allclose(pool.threshold, np.exp(np.log(30) * index / 120), rtol=1e-12)
    assert pool.max_excitation == pytest.approx(30 + (25 - 8))
    assert pool.peak_rate[-1] == pytest.approx(25.0)
    assert pool.peak_rate[0] == pytest.approx(35 - 10 * pool.threshold[0] / 30)


def test_twitches_grow_and_quicken(pool):
    np.testing.assert_allclose(pool.twitch_force, np.exp(np.log(100) * np.arange(1, 121) / 120), rtol=1e-12)
    # T = 90 ms (1 / P)^(1 / c) with c = ln(100) / ln(3): the textbook's 4.2.
    np.testing.assert_allclose(pool.twitch_s, 0.09 * (1 / pool.twitch_force) ** (1 / (np.log(100) / np.log(3))))
    assert pool.twitch_s[-1] == pytest.approx(0.03)


def test_small_units_are_small(pool):
    owned = np.bincount(pool.fibres.unit, pool.fibres.weight)
    assert owned[0] == pytest.approx(25)
    assert owned[-1] == pytest.approx(2725)
    assert np.all(np.diff(owned) > 0)
    np.testing.assert_allclose(owned / (np.pi * pool.territory_mm[:, 2] ** 2), 20.0)


@settings(max_examples=30, deadline=None)
@given(drive=st.floats(0, 1), more=st.floats(0, 1))
def test_rates_are_bounded_and_never_fall_with_drive(drive, more):
    pool = motor_unit_pool(np.random.default_rng(0), n_units=20, sub_fibres=1)
    low, high = pool.rates(np.array([min(drive, more), max(drive, more)])).T
    assert np.all(low <= high)
    assert np.all((high == 0) | ((high >= 8 - 1e-9) & (high <= pool.peak_rate)))
    asleep = pool.threshold > max(drive, more) * pool.max_excitation
    assert np.all(high[asleep] == 0)


def test_units_fire_at_their_rate_with_their_variability(pool):
    times = discharge_times(pool, np.full(300 * FS, 0.5), fs=FS, rng=np.random.default_rng(1))
    expected = pool.rates(np.array([0.5]))[:, 0]
    for unit in range(0, 120, 7):
        if expected[unit] == 0:
            assert times[unit].size == 0
            continue
        intervals = np.diff(times[unit])
        assert 1 / intervals.mean() == pytest.approx(expected[unit], rel=0.02)
        assert intervals.std() / intervals.mean() == pytest.approx(0.2, abs=0.012)
        assert intervals.min() > 0


def test_clockwork_has_no_variability(pool):
    times = discharge_times(replace(pool, isi_cv=0.0), np.full(5 * FS, 0.4), fs=FS, rng=np.random.default_rng(0))
    np.testing.assert_allclose(np.diff(times[0]), 1 / pool.rates(np.array([0.4]))[0, 0], rtol=1e-9)


def test_intervals_are_gaussian_on_the_units_own_clock(pool):
    """Time rescaling undone: under a moving drive, the rate's integral between discharges is Gaussian, mean one."""
    drive = 0.4 + 0.2 * np.sin(2 * np.pi * 0.5 * np.arange(200 * FS) / FS)
    times = discharge_times(pool, drive, fs=FS, rng=np.random.default_rng(2))[5]
    grid = np.arange(drive.size + 1) / FS
    clock = np.concatenate([[0.0], np.cumsum(pool.rates(drive)[5]) / FS])
    rescaled = np.diff(np.interp(times, grid, clock))
    assert kstest(rescaled, "norm", args=(1.0, 0.2)).pvalue > 0.01
    assert abs(np.corrcoef(rescaled[:-1], rescaled[1:])[0, 1]) < 0.05


def test_units_are_recruited_in_order_of_size(pool):
    drive = ramp(20 * FS, fs=FS, peak=1.0)
    times = discharge_times(pool, drive, fs=FS, rng=np.random.default_rng(0))
    first = np.array([one[0] for one in times])
    recruited = pool.threshold / pool.max_excitation * 20.0
    assert np.all(first >= recruited - 0.011)  # never before the drive asks, to one control step
    assert np.all(first - recruited < 0.25)  # and within two of the slowest intervals
    assert np.corrcoef(first, recruited)[0, 1] > 0.99


def test_common_input_makes_units_fire_together_without_changing_their_rates(pool):
    """The summed train of many units gains power at 15 to 35 Hz, by the square of the mean train's modulation."""
    drive, n = np.full(120 * FS, 0.6), 120 * FS
    density = {}
    for common in (0.0, 0.2):
        shared = replace(pool, common_input=common)
        times = discharge_times(shared, drive, fs=FS, rng=np.random.default_rng(4))
        expected = pool.rates(np.array([0.6])).sum()
        assert sum(map(len, times)) / 120 == pytest.approx(expected, rel=0.01)
        train = np.bincount((np.concatenate(times) * FS).astype(int), minlength=n)[:n] * FS
        freqs, density[common] = welch(train, FS, nperseg=2000)
    inside, above = (freqs > 20) & (freqs < 30), (freqs > 60) & (freqs < 200)
    gained = np.mean(density[0.2][inside] - density[0.0][inside])
    # One-sided density of the shared modulation: variance over its noise bandwidth of 22 Hz.
    assert gained == pytest.approx((0.2 * expected) ** 2 / 22.2, rel=0.25)
    assert np.mean(density[0.2][above]) == pytest.approx(np.mean(density[0.0][above]), rel=0.05)
    with pytest.raises(ValueError, match=r"\.$"):
        discharge_times(shared, np.full(50, 0.5), fs=100, rng=np.random.default_rng(0))


def test_rest_is_silent_and_nothing_fires_after_the_end(pool):
    times = discharge_times(pool, np.zeros(FS), fs=FS, rng=np.random.default_rng(0))
    assert sum(map(len, times)) == 0
    times = discharge_times(pool, np.full(1003, 1.0), fs=FS, rng=np.random.default_rng(0))  # an odd length
    assert all(one.size == 0 or (one[0] >= 0 and one[-1] < 1.003) for one in times)


@pytest.mark.parametrize("drive", [[0.5, 1.2], [-0.1, 0.2], [[0.1], [0.2]], [np.nan, 0.1], [1, 0]])
def test_impossible_drives_are_refused(pool, drive):
    with pytest.raises(ValueError, match=r"\.$"):
        discharge_times(pool, np.asarray(drive), fs=FS, rng=np.random.default_rng(0))


@pytest.mark.parametrize("settings", [
    {"n_units": 1}, {"recruitment_range": 1.0}, {"peak_rates": (35.0, 5.0)}, {"smallest_unit": 3000}, {"isi_cv": 0.5},
    {"common_input": 0.9},
    {"muscle_mm": (40.0, 0.1)}, {"half_lengths_mm": (0.0, 60.0)}, {"velocity": (-1.0, 4.0)}, {"sub_fibres": 0},
])  # fmt: skip
def test_impossible_pools_are_refused(settings):
    with pytest.raises(ValueError, match=r"\.$"):
        motor_unit_pool(np.random.default_rng(0), **settings)


def test_fibres_lie_in_the_muscle(rng):
    fibres = motor_unit_pool(rng, muscle_mm=(30.0, 12.0), x_mm=50.0, shallowest_mm=0.5).fibres
    assert fibres.x_mm.min() >= 35.0
    assert fibres.x_mm.max() <= 65.0
    assert fibres.depth_mm.min() >= 0.5
    assert fibres.depth_mm.max() <= 12.0
    assert np.all(np.diff(fibres.unit) >= 0)
