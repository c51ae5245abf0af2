"""Twitches, fatigue and drive profiles."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.signal import welch

from emgtut.acquire import (
    discharge_times,
    gestures,
    hold,
    max_force,
    motor_unit_pool,
    muscle_force,
    ramp,
    slowing,
    speed_steps,
    twitch_gain,
)

FS = 1000


@pytest.fixture(scope="module")
def pool():
    return motor_unit_pool(np.random.default_rng(0), sub_fibres=2)


# ------------------------------------------------------------------------------------------------ force


def test_one_discharge_is_one_twitch(pool):
    """P t/T exp(1 - t/T), summed on a 4 ms grid."""
    for unit, at in ((0, 0.1), (119, 0.2013)):
        silent = [np.array([])] * 120
        silent[unit] = np.array([at])
        force = muscle_force(pool, silent, FS, fs=FS) * max_force(pool)
        since, contraction = np.arange(FS) / FS - at, pool.twitch_s[unit]
        expected = pool.twitch_force[unit] * np.maximum(since, 0) / contraction * np.exp(1 - since / contraction)
        assert force.max() == pytest.approx(pool.twitch_force[unit], rel=0.01)
        np.testing.assert_allclose(
            force, expected, atol=0.06 * pool.twitch_force[unit]
        )  # the onset is shared by two grid points


def test_gain_is_one_below_the_knee_and_then_follows_the_law():
    assert np.all(twitch_gain(0.05, np.array([np.inf, 1.0, 0.13])) == 1.0)
    for ratio in (0.5, 1.0, 3.0):
        law = (1 - np.exp(-2 * ratio**3)) / ratio / ((1 - np.exp(-2 * 0.4**3)) / 0.4)
        assert twitch_gain(ratio, 1.0) == pytest.approx(law, rel=1e-12)


@pytest.mark.parametrize("level", [0.1, 0.4, 1.0])
def test_mean_force_at_a_hold_is_area_times_rate_times_gain(pool, level):
    steady = replace(pool, isi_cv=0.0)
    rate = steady.rates(np.array([level]))[:, 0]
    active = rate > 0
    per_unit = pool.twitch_force * pool.twitch_s * np.e * rate
    expected = np.sum(per_unit[active] * twitch_gain(pool.twitch_s[active], 1 / rate[active])) / max_force(pool)
    times = discharge_times(steady, np.full(20 * FS, level), fs=FS, rng=np.random.default_rng(0))
    assert muscle_force(pool, times, 20 * FS, fs=FS)[2 * FS :].mean() == pytest.approx(expected, rel=0.01)


def test_force_rises_with_drive_and_steadies(pool):
    mean, spread = [], []
    for level in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8):
        times = discharge_times(pool, np.full(20 * FS, level), fs=FS, rng=np.random.default_rng(1))
        force = muscle_force(pool, times, 20 * FS, fs=FS)[2 * FS :]
        mean.append(force.mean())
        spread.append(force.std() / force.mean())
    assert np.all(np.diff(mean) > 0)
    np.testing.assert_allclose(mean, [0.012, 0.035, 0.10, 0.30, 0.57, 0.86], rtol=0.1)  # the prototype's, measured
    assert spread[0] > 1.5 * spread[-1]
    assert 0.01 < spread[-1] < spread[0] < 0.06


def test_force_needs_one_train_for_each_unit(pool):
    with pytest.raises(ValueError, match=r"\.$"):
        muscle_force(pool, [np.array([])], FS, fs=FS)


# ------------------------------------------------------------------------------------------------ fatigue


def test_slowing_falls_from_one_to_its_end():
    straight = slowing(1001, fs=10, final=0.7, start_s=20)
    bent = slowing(1001, fs=10, final=0.7, start_s=20, time_constant_s=30)
    for profile in (straight, bent):
        assert np.all(profile[:201] == 1)
        assert profile[-1] == pytest.approx(0.7)
        assert np.all(np.diff(profile) <= 1e-15)
    assert straight[600] == pytest.approx(1 - 0.3 * 40 / 80)
    assert bent[600] == pytest.approx(1 - 0.3 * (1 - np.exp(-40 / 30)) / (1 - np.exp(-80 / 30)))


def test_steps_follow_the_profile_within_one_percent():
    profile = slowing(5000, fs=100, final=0.6)
    speeds, index = speed_steps(profile)
    assert np.max(np.abs(speeds[index] - profile)) <= 0.0101
    assert np.all(np.diff(speeds) < 0)
    speeds, index = speed_steps(np.full(10, 0.8))
    assert speeds.tolist() == [0.8]
    assert not index.any()


@pytest.mark.parametrize("call", [
    lambda: slowing(100, fs=10, final=0.1), lambda: slowing(100, fs=10, start_s=50.0),
    lambda: slowing(100, fs=10, time_constant_s=0.0), lambda: speed_steps(np.full(5, 3.0)),
    lambda: speed_steps(np.ones((2, 5))),
])  # fmt: skip
def test_impossible_fatigue_is_refused(call):
    with pytest.raises(ValueError, match=r"\.$"):
        call()


# ------------------------------------------------------------------------------------------------ profiles


def test_ramp_and_hold():
    profile = ramp(101, fs=10, peak=0.6)
    np.testing.assert_allclose(profile, 0.06 * np.arange(101) / 10)
    assert hold(5, fs=10, level=0.4).tolist() == [0.4] * 5


def test_a_tremble_has_the_spread_and_the_slowness_asked_for(rng):
    profile = hold(600 * 100, fs=100, level=0.5, tremble=0.1, rng=rng)
    assert profile.mean() == pytest.approx(0.5, rel=0.02)
    assert profile.std() == pytest.approx(0.05, rel=0.1)
    freqs, density = welch(profile, 100, nperseg=2000)
    assert density[freqs <= 4].sum() > 0.95 * density.sum()


def test_gestures_are_patterns_in_time(rng):
    patterns = np.array([[0.6, 0.1, 0.0], [0.2, 0.5, 0.3]])
    made = gestures(patterns, [0, 1, 1], fs=200, rng=rng, hold_s=1.5, rest_s=0.5, ramp_s=0.2, effort_sd=0.0)
    assert made.drive.shape == (3, 3 * 400)
    assert made.label.shape == (1200,)
    np.testing.assert_allclose(made.drive[:, 100 + 150], patterns[0])
    np.testing.assert_allclose(made.drive[:, 400 + 100 + 150], patterns[1])
    assert np.all(made.drive[:, made.label == -1] == 0)
    assert np.bincount(made.label + 1).tolist() == [300, 300, 600]


def test_people_repeat_a_gesture_with_different_effort():
    made = gestures([[0.4, 0.4]], [0] * 200, fs=50, rng=np.random.default_rng(0), effort_sd=0.2)
    peaks = made.drive.reshape(2, 200, -1).max(axis=-1)
    assert np.std(np.log(peaks / 0.4)) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize("call", [
    lambda g: ramp(10, fs=10, peak=1.5), lambda g: ramp(10, fs=10, rise_s=0.0), lambda g: hold(10, fs=10, level=-0.1),
    lambda g: hold(100, fs=100, level=0.5, tremble=0.1), lambda g: hold(9, fs=5, level=0.5, tremble=0.1, rng=g),
    lambda g: gestures([[2.0]], [0], fs=100, rng=g), lambda g: gestures([[0.2]], [1], fs=100, rng=g),
    lambda g: gestures([[0.2]], [], fs=100, rng=g), lambda g: gestures([[0.2]], [0.5], fs=100, rng=g),
])  # fmt: skip
def test_impossible_profiles_are_refused(call, rng):
    with pytest.raises(ValueError, match=r"\.$"):
        call(rng)
