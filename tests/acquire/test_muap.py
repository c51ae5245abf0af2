"""Motor unit action potentials: quadrature of the same integral, scaling laws, and what physics demands."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.integrate import quad

from emgtut.acquire import (
    Electrode,
    Fibres,
    Tissue,
    action_potential_slope,
    motor_unit_pool,
    muap_bank,
    needle_gradient,
)
from emgtut.acquire.muap import fibre_sums

FS = 2000


def one_fibre(**changes):
    """A pool of two units, each one fibre, so that single potentials can be looked at."""
    pool = motor_unit_pool(np.random.default_rng(0), n_units=2, sub_fibres=1)
    values = {
        "unit": [0, 1], "x_mm": [0.0, 0.0], "depth_mm": [3.0, 3.0], "endplate_mm": [-20.0, -20.0],
        "right_mm": [60.0, 60.0], "left_mm": [40.0, 40.0], "velocity": [4.0, 4.0], "radius_mm": [0.023, 0.023],
        "delay_ms": [0.0, 0.0], "weight": [1.0, 1.0],
    }  # fmt: skip
    values.update({name: [value, value] for name, value in changes.items()})
    return replace(pool, fibres=Fibres(**{name: np.array(value) for name, value in values.items()}))


def median_frequency(waveforms, fs=FS):
    """Frequency that halves the summed energy spectrum of all units between 5 Hz and half of fs."""
    power = np.sum(np.abs(np.fft.rfft(waveforms, 1 << 15, axis=-1)) ** 2, axis=0)
    freqs = np.fft.rfftfreq(1 << 15, 1 / fs)
    inside = freqs >= 5
    return np.interp(0.5, np.cumsum(power[inside]) / power[inside].sum(), freqs[inside])


def loudness(waveforms):
    return np.sqrt(np.sum(waveforms**2))


@pytest.fixture(scope="module")
def pool():
    return motor_unit_pool(np.random.default_rng(3), n_units=60, sub_fibres=16)


def test_slope_is_the_derivative_of_rosenfalcks_potential():
    z, step = np.array([0.5, 1.0, 2.5, 6.0]), 1e-6

    def potential(z):
        return 96 * z**3 * np.exp(-z) - 90

    expected = (potential(z + step) - potential(z - step)) / (2 * step)
    np.testing.assert_allclose(action_potential_slope(z), expected, rtol=1e-6)


def test_a_single_fibre_equals_the_integral_done_by_quadrature():
    """Generation, propagation and extinction at once, in an endless isotropic-free setting with a known gradient."""
    pool, distance, needle_z = one_fibre(), 4.0, 5.0

    def view(minus_z_mm, members):
        return needle_gradient(minus_z_mm + needle_z, distance_mm=distance, tissue=pool.tissue)

    bank = fibre_sums(pool, [view], fs=FS, fine_hz=64_000)
    source = np.pi * 0.023**2 * 1.0

    def gradient(z):
        return float(needle_gradient(needle_z - z, distance_mm=distance, tissue=pool.tissue))

    expected = []
    times_ms = np.arange(bank.waveforms.shape[-1] - bank.lead) / FS * 1e3
    for time in times_ms[::5]:
        front = 4.0 * time
        right = quad(lambda z, f=front: gradient(z) * action_potential_slope(f - (z + 20)), -20, 40, limit=400,
                     points=np.unique(np.clip([5.0, front - 20, front - 23, front - 30], -19.9, 39.9)))[0]  # fmt: skip
        left = quad(lambda z, f=front: gradient(z) * action_potential_slope(f + (z + 20)), -60, -20, limit=400,
                    points=np.unique(np.clip([-20 - front, -17 - front, -10 - front], -59.9, -20.1)))[0]  # fmt: skip
        expected.append(source * (left - right))
    mine = bank.waveforms[0, 0, 0, bank.lead :: 5]
    assert np.max(np.abs(expected)) > 0
    np.testing.assert_allclose(mine, expected, atol=5e-3 * np.max(np.abs(expected)))


def test_the_fine_rate_is_fine_enough(pool):
    coarse = muap_bank(pool, [Electrode()], fs=4000).waveforms
    views_at = muap_bank(pool, [Electrode()], fs=16_000)
    fine = views_at.waveforms[..., ::4]
    n = min(coarse.shape[-1], fine.shape[-1])
    assert np.max(np.abs(coarse[..., :n] - fine[..., :n])) < 0.03 * np.max(np.abs(fine))


def test_sampling_slowly_only_takes_the_high_frequencies_away(pool):
    """The bank at 1 kHz has the spectrum of the bank at 4 kHz up to the anti-alias edge: nothing folds down."""
    slow, fast = (muap_bank(pool, [Electrode(spacing_mm=10.0)], fs=fs) for fs in (1000, 4000))
    a = np.abs(np.fft.rfft(slow.waveforms[0, 0], 1000, axis=-1)) / 1000
    b = np.abs(np.fft.rfft(fast.waveforms[0, 0], 4000, axis=-1)) / 4000
    np.testing.assert_allclose(a[:, 10:440], b[:, 10:440], atol=3e-3 * b.max())


@pytest.mark.parametrize("factor", [0.9, 0.8, 0.7, 0.6])
def test_median_frequency_is_linear_in_conduction_velocity(pool, factor):
    bank = muap_bank(pool, [Electrode()], fs=FS, speeds=[1.0, factor]).waveforms[0]
    assert median_frequency(bank[1]) / median_frequency(bank[0]) == pytest.approx(factor, rel=0.02)
    # The same potential over a longer time: energy grows as one over the factor.
    assert loudness(bank[1]) / loudness(bank[0]) == pytest.approx(factor**-0.5, rel=0.02)


def test_fat_takes_loudness_and_high_frequencies(pool):
    banks = [muap_bank(replace(pool, tissue=Tissue(fat_mm=fat)), [Electrode()], fs=FS).waveforms[0, 0]
             for fat in (1, 3, 6, 10, 15)]  # fmt: skip
    assert np.all(np.diff([loudness(b) for b in banks]) < 0)
    assert np.all(np.diff([median_frequency(b) for b in banks]) < 0)
    assert loudness(banks[0]) > 3 * loudness(banks[-1])


def test_wide_spacing_lowers_the_median_frequency_and_close_spacing_the_loudness(pool):
    banks = [muap_bank(pool, [Electrode(spacing_mm=d)], fs=FS).waveforms[0, 0] for d in (5, 10, 20, 30, 40)]
    assert np.all(np.diff([median_frequency(b) for b in banks]) < 0)
    assert loudness(banks[0]) < loudness(banks[1]) < loudness(banks[2])


def test_closely_spaced_electrodes_approach_a_derivative(pool):
    """Half the spacing, half the signal: the pair becomes a slope."""
    two, one = (muap_bank(pool, [Electrode(spacing_mm=d, length_mm=0)], fs=FS).waveforms for d in (1.0, 0.5))
    np.testing.assert_allclose(two, 2 * one, atol=0.02 * np.abs(two).max())


def test_the_innervation_zone_is_ten_times_quieter():
    narrow = motor_unit_pool(np.random.default_rng(0), endplate_spread_mm=0.5, fibre_spread_mm=1.0)
    on, off = muap_bank(narrow, [Electrode(z_mm=-30.0), Electrode(z_mm=-10.0)], fs=FS).waveforms
    assert loudness(off) > 9.5 * loudness(on)
    # With one end plate for all and equal arms the cancellation is exact.
    exact = motor_unit_pool(
        np.random.default_rng(0), endplate_spread_mm=0.0, fibre_spread_mm=0.0, tendon_spread_mm=0.0, velocity_sd=0.0
    )
    on, off = muap_bank(exact, [Electrode(z_mm=-30.0), Electrode(z_mm=-10.0)], fs=FS).waveforms
    assert loudness(off) > 1e9 * loudness(on)


def test_a_potential_travels_at_the_conduction_velocity():
    pool = one_fibre(right_mm=200.0, left_mm=200.0, endplate_mm=-60.0)
    bank = muap_bank(pool, [Electrode(z_mm=0.0), Electrode(z_mm=20.0)], fs=8000).waveforms[:, 0, 0]
    lags = np.argmax(np.correlate(bank[1], bank[0], mode="full")) - (bank.shape[-1] - 1)
    assert 20.0 / (lags / 8000 * 1e3) == pytest.approx(4.0, rel=0.02)


def test_the_end_effect_does_not_travel():
    """Beyond the tendon all electrodes hear the extinction at the same time, later by the length over the velocity."""
    electrodes = [Electrode(kind="monopolar", z_mm=z, length_mm=0.0) for z in (60.0, 70.0, 85.0)]
    peaks = []
    for right in (50.0, 58.0):
        bank = muap_bank(one_fibre(right_mm=right, left_mm=400.0), electrodes, fs=8000)
        # The left wave is far away by then; look at the extinction of the right one.
        wave = bank.waveforms[:, 0, 0]
        start = bank.lead + round(8 * (right / 4.0 - 2.0))
        peaks.append(start + np.argmax(np.abs(wave[:, start : start + 64]), axis=-1))
    assert np.ptp(peaks[0]) <= 2
    assert np.ptp(peaks[1]) <= 2
    assert np.mean(peaks[1] - peaks[0]) / 8 == pytest.approx(8.0 / 4.0, abs=0.15)


def test_weights_add_and_delays_shift():
    plain, heavy, late = (muap_bank(one_fibre(**change), [Electrode()], fs=FS).waveforms[0, 0, 0]
                          for change in ({}, {"weight": 7.0}, {"delay_ms": 5.0}))  # fmt: skip
    np.testing.assert_allclose(heavy, 7 * plain, rtol=1e-12, atol=1e-18)
    n = plain.size
    np.testing.assert_allclose(late[10 : n + 10], plain[: late.size - 10], atol=1e-3 * np.abs(plain).max())


def test_batches_do_not_change_the_result(pool, monkeypatch):
    whole = muap_bank(pool, [Electrode()], fs=FS).waveforms
    monkeypatch.setattr("emgtut.acquire.muap.BATCH", 50)  # not a multiple of 16: units straddle batches
    np.testing.assert_allclose(muap_bank(pool, [Electrode()], fs=FS).waveforms, whole, atol=1e-15)


def test_every_potential_fits_and_starts_after_the_discharge(pool):
    bank = muap_bank(pool, [Electrode()], fs=FS)
    wave = bank.waveforms[0, 0]
    peak = np.abs(wave).max(axis=-1)
    assert np.all(np.abs(wave[:, 0]) < 1e-3 * peak)
    assert np.all(np.abs(wave[:, -1]) < 1e-2 * peak)
    assert np.all(np.abs(wave[:, : bank.lead - 2]).max(axis=-1) < 2e-2 * peak)


@pytest.mark.parametrize("call", [
    lambda p: muap_bank(p, [], fs=FS), lambda p: muap_bank(p, [Electrode()], fs=50),
    lambda p: muap_bank(p, [Electrode()], fs=FS, speeds=[0.0]), lambda p: muap_bank(p, [Electrode()], fs=FS, speeds=[]),
])  # fmt: skip
def test_impossible_settings_are_refused(pool, call):
    with pytest.raises(ValueError, match=r"\.$"):
        call(pool)
