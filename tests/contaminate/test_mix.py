"""Mixing: golden values from closed forms, exact arithmetic as a second opinion, and properties."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.contaminate import gain_for_snr, mix_at_snr, mix_components

T = np.arange(1000) / 1000.0
snrs = st.floats(-100, 100)
levels = st.floats(-150, 150)


def sine(frequency_hz, amplitude=1.0, phase=0.0):
    """Whole periods in one second, so that different frequencies are orthogonal."""
    return amplitude * np.sin(2 * np.pi * frequency_hz * T + phase)


def realised_db(clean, noise):
    """SNR by a route of its own: each signal is brought to peak one before it is squared."""
    peaks = [np.max(np.abs(x), axis=-1) for x in (clean, noise)]
    energies = [np.sum((x / p[..., None]) ** 2, axis=-1) for x, p in zip((clean, noise), peaks, strict=True)]
    return 10 * np.log10(energies[0] / energies[1]) + 20 * np.log10(peaks[0] / peaks[1])


# -------------------------------------------------------------------------------------------- one noise


@pytest.mark.parametrize("asked", [-10.0, 0.0, 6.0])
def test_gain_of_two_sines_is_the_ratio_of_amplitudes_times_the_snr(asked):
    gain = gain_for_snr(sine(80, 2.0), sine(50, 0.5), asked)
    np.testing.assert_allclose(gain, [4.0 * 10 ** (-asked / 20)], rtol=1e-13)


def test_gain_agrees_with_fifty_digit_arithmetic():
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal(37), rng.standard_normal(37)
    with mpmath.workdps(50):
        energies = [mpmath.fsum(mpmath.mpf(float(v)) ** 2 for v in x) for x in (clean, noise)]
        expected = mpmath.sqrt(energies[0] / energies[1] / mpmath.mpf(10) ** (mpmath.mpf(-7) / 10))
        assert abs(gain_for_snr(clean, noise, -7.0)[0] / expected - 1) < 1e-14


def test_an_offset_is_energy_because_no_mean_is_removed():
    clean = 3.0 + sine(80)  # energy per sample 9 + 1/2
    np.testing.assert_allclose(gain_for_snr(clean, sine(50), 0.0), [np.sqrt(9.5 / 0.5)], rtol=1e-13)
    noise = 3.0 + sine(50)
    np.testing.assert_allclose(gain_for_snr(sine(80), noise, 0.0), [np.sqrt(0.5 / 9.5)], rtol=1e-13)


@given(
    shape=st.lists(st.integers(1, 3), max_size=2),
    n_samples=st.integers(1, 400),
    clean_level=levels,
    noise_level=levels,
    asked=snrs,
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=150)
def test_the_realised_snr_is_the_asked_one(shape, n_samples, clean_level, noise_level, asked, seed):
    rng = np.random.default_rng(seed)
    clean = 10.0**clean_level * rng.standard_normal((*shape, n_samples))
    noise = 10.0**noise_level * (rng.standard_normal((*shape, n_samples)) + rng.uniform(-3, 3))
    noisy = mix_at_snr(clean, noise, asked)
    np.testing.assert_allclose(realised_db(clean, noisy - clean), asked, rtol=0, atol=1e-9)


@given(asked=snrs, seed=st.integers(0, 100))
@settings(deadline=None, max_examples=50)
def test_noise_that_resembles_the_signal_hits_its_snr_too(asked, seed):
    clean = np.random.default_rng(seed).standard_normal(100)
    np.testing.assert_allclose(realised_db(clean, mix_at_snr(clean, -clean, asked) - clean), asked, rtol=0, atol=1e-9)


def test_spikes_do_not_spoil_the_snr():
    clean, noise = np.full(10_000, 1e-9), np.full(10_000, 1e-12)
    clean[17], noise[4000] = 1e6, 1e5
    for asked in (-100.0, 0.0, 100.0):
        assert realised_db(clean, mix_at_snr(clean, noise, asked) - clean) == pytest.approx(asked, abs=1e-9)


def test_leading_axes_broadcast_and_every_row_has_its_own_gain():
    rng = np.random.default_rng(1)
    clean, noise = rng.standard_normal((4, 200)) * np.array([[1], [10], [0.1], [5]]), rng.standard_normal(200)
    together = mix_at_snr(clean, noise, -3.0)
    for i in range(4):
        np.testing.assert_array_equal(together[i], mix_at_snr(clean[i], noise, -3.0))


def test_an_array_of_snrs_adds_leading_axes():
    clean, noise = sine(80), sine(50)
    asked = np.array([-10.0, 0.0, 10.0])
    assert gain_for_snr(clean, noise, asked).shape == (3, 1)
    np.testing.assert_allclose(realised_db(clean, mix_at_snr(clean, noise, asked) - clean), asked, atol=1e-9)
    two = np.stack([clean, 7 * clean])
    noisy = mix_at_snr(two, noise, asked[:, None])
    assert noisy.shape == (3, 2, 1000)
    np.testing.assert_allclose(realised_db(two, noisy - two), np.tile(asked[:, None], 2), atol=1e-9)


def test_the_time_axis_may_be_any():
    rng = np.random.default_rng(2)
    clean, noise = rng.standard_normal((3, 100)), rng.standard_normal((3, 100))
    np.testing.assert_array_equal(mix_at_snr(clean.T, noise.T, 4.0, axis=0).T, mix_at_snr(clean, noise, 4.0))
    assert gain_for_snr(clean.T, noise.T, 4.0, axis=0).shape == (1, 3)


def test_float32_in_float32_out_and_mixed_dtypes_go_to_the_wider():
    clean, noise = sine(80).astype(np.float32), sine(50)
    assert mix_at_snr(clean, noise.astype(np.float32), 0.0).dtype == np.float32
    assert mix_at_snr(clean, noise, 0.0).dtype == np.float64
    noisy = mix_at_snr(clean, noise.astype(np.float32), -10.0).astype(float)
    assert realised_db(clean.astype(float), noisy - clean) == pytest.approx(-10.0, abs=1e-5)


@pytest.mark.parametrize(
    ("clean", "noise", "snr", "says"),
    [
        (np.zeros(10), np.ones(10), 0, "clean is silent"),
        (np.ones(10), np.zeros(10), 0, "noise is silent"),
        (np.array([np.ones(10), np.zeros(10)]), np.ones(10), 0, "clean is silent"),
        (np.ones(10), np.ones(9), 0, "10 samples and noise has 9"),
        (np.ones(10), np.ones(1), 0, "same length"),
        (np.ones((2, 10)), np.ones((3, 10)), 0, "do not broadcast"),
        (np.ones(10), np.ones(10), np.nan, "snr_db is"),
        (np.ones(10), np.ones(10), np.inf, "snr_db is"),
        (np.ones(10), np.ones(10), "loud", "snr_db is"),
        (np.ones(10, dtype=int), np.ones(10), 0, "int64"),
        (np.ones(10), np.ones(10, dtype=complex), 0, "complex"),
        (np.full(10, np.nan), np.ones(10), 0, "NaN"),
        (np.empty(0), np.empty(0), 0, "empty"),
    ],
)
@pytest.mark.parametrize("mix", [gain_for_snr, mix_at_snr, lambda c, n, s: mix_components(c, {"noise": n}, s)])
def test_what_cannot_be_mixed_is_refused_in_words(mix, clean, noise, snr, says):
    with pytest.raises(ValueError, match=says):
        mix(clean, noise, snr)


# --------------------------------------------------------------------------------------- several noises


def test_an_axis_that_is_not_there_is_refused_in_words():
    with pytest.raises(ValueError, match="axis is 5"):
        mix_at_snr(sine(80), sine(50), 0.0, axis=5)


def test_three_orthogonal_components_each_stand_4_77_db_above_the_total():
    noises = {f"{f} Hz": sine(f, amplitude) for f, amplitude in ((50, 3.0), (150, 0.01), (250, 1.0))}
    mixture = mix_components(sine(80, 5.0), noises, 0.0)
    for snr in mixture.component_snr_db.values():
        assert snr == pytest.approx(10 * np.log10(3), abs=1e-10)  # 4.77 dB
    assert mixture.snr_db == pytest.approx(0.0, abs=1e-12)
    assert mixture.nominal_snr_db == pytest.approx(mixture.snr_db, abs=1e-10)


@given(angle=st.floats(-2.6, 2.6), share=st.floats(0.05, 0.95), asked=snrs, level=st.floats(-5, 5))
@settings(deadline=None, max_examples=100)
def test_correlated_components_have_a_nominal_snr_that_is_wrong_by_a_known_amount(angle, share, asked, level):
    """Two sines an angle apart correlate by cos(angle): the energy of the sum is 1 + 2·√(s₁s₂)·cos(angle)."""
    mixture = mix_components(
        sine(80),
        {"one": sine(50), "other": sine(50, 10**level, phase=angle)},
        asked,
        shares={"one": share, "other": 1 - share},
    )
    cross = 2 * np.sqrt(share * (1 - share)) * np.cos(angle)
    assert mixture.snr_db == pytest.approx(asked, abs=1e-9)
    assert mixture.nominal_snr_db - mixture.snr_db == pytest.approx(10 * np.log10(1 + cross), abs=1e-8)


@given(
    k=st.integers(1, 6),
    n_samples=st.integers(8, 300),
    batch=st.sampled_from([(), (2,), (2, 3)]),
    asked=snrs,
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None, max_examples=80)
def test_mixtures_hit_their_snr_keep_their_shares_and_add_up(k, n_samples, batch, asked, seed):
    rng = np.random.default_rng(seed)
    clean = rng.standard_normal((*batch, n_samples))
    noises = {f"n{i}": rng.standard_normal((*batch, n_samples)) * 10 ** rng.uniform(-6, 6) for i in range(k)}
    shares = dict(zip(noises, rng.dirichlet(np.full(k, 5.0)), strict=True))
    mixture = mix_components(clean, noises, asked, shares=shares)
    np.testing.assert_allclose(realised_db(clean, mixture.noisy - clean), asked, rtol=0, atol=1e-9)
    np.testing.assert_allclose(mixture.snr_db, realised_db(clean, mixture.noise), rtol=0, atol=1e-9)
    for name, part in mixture.components.items():
        np.testing.assert_allclose(mixture.component_snr_db[name], realised_db(clean, part), rtol=0, atol=1e-9)
        # Above the nominal level by its share, whatever the cross terms do.
        excess = mixture.component_snr_db[name] - np.asarray(mixture.nominal_snr_db)
        np.testing.assert_allclose(excess, -10 * np.log10(shares[name]), rtol=0, atol=1e-8)
    np.testing.assert_allclose(
        sum(mixture.components.values()), mixture.noise, rtol=0, atol=1e-9 * abs(mixture.noise).max()
    )
    np.testing.assert_array_equal(mixture.noisy, clean + mixture.noise)


def test_one_component_is_the_plain_mix():
    clean, noise = sine(80), sine(50)
    mixture = mix_components(clean, {"hum": noise}, -4.0)
    np.testing.assert_allclose(mixture.noisy, mix_at_snr(clean, noise, -4.0), rtol=0, atol=1e-14)
    assert mixture.nominal_snr_db == pytest.approx(-4.0, abs=1e-12)
    assert isinstance(mixture.snr_db, float)
    assert isinstance(mixture.nominal_snr_db, float)


def test_the_order_of_the_noises_does_not_matter():
    noises = {"a": sine(50), "b": sine(150), "c": sine(50, phase=1.0)}
    forwards = mix_components(sine(80), noises, -5.0)
    backwards = mix_components(sine(80), dict(reversed(noises.items())), -5.0)
    np.testing.assert_allclose(forwards.noisy, backwards.noisy, rtol=0, atol=1e-13)


def test_an_array_of_snrs_gives_a_mixture_for_each():
    mixture = mix_components(sine(80), {"a": sine(50), "b": sine(50, phase=1.0)}, np.array([-5.0, 5.0]))
    assert mixture.noisy.shape == (2, 1000)
    np.testing.assert_allclose(mixture.snr_db, [-5.0, 5.0], atol=1e-9)
    assert np.ptp(mixture.nominal_snr_db - mixture.snr_db) < 1e-9


def test_float32_components_come_back_as_float32():
    mixture = mix_components(sine(80).astype("f4"), {"a": sine(50).astype("f4"), "b": sine(150).astype("f4")}, 0.0)
    assert {mixture.noisy.dtype, mixture.noise.dtype, mixture.components["a"].dtype} == {np.dtype("f4")}


def test_components_that_cancel_are_refused():
    noise = np.random.default_rng(0).standard_normal(1000)
    with pytest.raises(ValueError, match="cancel"):
        mix_components(sine(80), {"a": noise, "b": -3 * noise}, 0.0)


@pytest.mark.parametrize(
    ("shares", "says"),
    [
        ({"a": 0.5, "b": 0.6}, "together"),
        ({"a": 1.5, "b": -0.5}, "above zero"),
        ({"a": 1.0, "b": 0.0}, "above zero"),
        ({"a": np.nan, "b": 1.0}, "above zero"),
        ({"a": 1.0}, "one share per noise"),
        ({"a": 0.5, "c": 0.5}, "one share per noise"),
    ],
)
def test_shares_that_do_not_fit_are_refused(shares, says):
    with pytest.raises(ValueError, match=says):
        mix_components(sine(80), {"a": sine(50), "b": sine(150)}, 0.0, shares=shares)


def test_no_noise_is_refused():
    for nothing in ({}, [sine(50)]):
        with pytest.raises(ValueError, match="dict"):
            mix_components(sine(80), nothing, 0.0)
