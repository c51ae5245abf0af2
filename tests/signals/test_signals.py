"""The ground floor: checks in words, levels, frames, rates, filters and spectra against closed forms."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut import signals

FS = 1000.0


def tone(frequency_hz, seconds=2.0, fs=FS):
    return np.sin(2 * np.pi * frequency_hz * np.arange(round(seconds * fs)) / fs)


# ----------------------------------------------------------------------------------------------- checks


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_every_real_floating_type_is_a_signal_and_is_not_copied(dtype):
    x = np.ones((2, 5), dtype=dtype)
    assert signals.validate(x) is x


@pytest.mark.parametrize(
    ("x", "says"),
    [
        ([1, 2], "int64 values"),
        ([True], "bool values"),
        (["a"], "floating point"),
        ([None], "object values"),
        ([1j], "complex"),
        (1.0, "time axis"),
        ([], "0 samples|empty"),
        (np.empty((0, 5)), "empty"),
        (np.empty((5, 0)), "empty"),
        ([1.0, np.nan, np.inf], "2 NaN or infinite"),
        ([-np.inf], "1 NaN or infinite"),
    ],
)
def test_validate_refuses_in_words_and_by_name(x, says):
    with pytest.raises(ValueError, match=says) as refusal:
        signals.validate(x, name="emg")
    assert str(refusal.value).startswith("emg")


def test_validate_counts_samples():
    assert signals.validate(np.ones(3), min_samples=3).size == 3
    assert signals.validate(np.empty(0), min_samples=0).size == 0
    with pytest.raises(ValueError, match="3 samples on its last axis, but at least 4"):
        signals.validate(np.ones((9, 3)), min_samples=4)


@pytest.mark.parametrize("fs", [0, -1, np.nan, np.inf, None, "1000", True, 1j, [1000]])
def test_sampling_rates_that_are_none(fs):
    with pytest.raises(ValueError, match="fs is"):
        signals.check_fs(fs)


def test_sampling_rates_that_are_fine():
    for fs in (1000, 1000.0, np.float32(1000), np.int64(1000)):
        assert signals.check_fs(fs) == 1000.0
        assert type(signals.check_fs(fs)) is float


# ----------------------------------------------------------------------------------------------- levels


def test_levels_of_a_sine_and_of_an_offset():
    x = 3.0 + 2.0 * tone(50)
    assert signals.power(x) == pytest.approx(9 + 2, rel=1e-12)
    assert signals.energy(x) == pytest.approx(11 * 2000, rel=1e-12)
    assert signals.rms(x) == pytest.approx(np.sqrt(11), rel=1e-12)


def test_levels_over_axes():
    x = np.array([[3.0, 4.0], [6.0, 8.0]])
    np.testing.assert_allclose(signals.energy(x), [25, 100])
    np.testing.assert_allclose(signals.energy(x, axis=0), [45, 80])
    np.testing.assert_allclose(signals.power(x), [12.5, 50])
    np.testing.assert_allclose(signals.rms(x, axis=0), np.sqrt([22.5, 40]))
    assert type(signals.rms(x[0])) is float


@given(exponent=st.integers(-300, 300), seed=st.integers(0, 100))
@settings(deadline=None, max_examples=60)
def test_rms_holds_for_every_level_a_float_can_hold(exponent, seed):
    x = np.random.default_rng(seed).uniform(0.1, 1, 50)
    scaled = x * 10.0**exponent
    with np.errstate(all="raise"):
        assert signals.rms(scaled) / 10.0**exponent == pytest.approx(np.sqrt(np.mean(x**2)), rel=1e-12)


def test_float32_levels_are_summed_in_float64():
    x = np.full(3_000_000, 0.1, dtype=np.float32)
    assert signals.energy(x) == pytest.approx(3_000_000 * float(np.float32(0.1)) ** 2, rel=1e-12)


def test_silence_has_no_level():
    assert signals.rms(np.zeros(5)) == signals.power(np.zeros(5)) == signals.energy(np.zeros(5)) == 0.0


def test_unit_power_and_its_refusal():
    x = signals.unit_power(5.0 + 3.0 * tone(50))
    assert x.mean() == pytest.approx(0, abs=1e-12)
    assert np.mean(x**2) == pytest.approx(1, rel=1e-12)
    assert signals.unit_power(tone(50).astype(np.float32)).dtype == np.float32
    for constant in (np.zeros(5), np.full(7, 0.1), np.array([[1.0, 2.0], [3.0, 3.0]])):
        with pytest.raises(ValueError, match="constant"):
            signals.unit_power(constant)


def test_decibels():
    assert signals.db(10) == 10.0
    assert signals.db(0) == -np.inf
    assert signals.from_db(3.0) == pytest.approx(1.9952623149688795, rel=1e-15)
    np.testing.assert_allclose(signals.db([1, 100]), [0, 20])
    for wrong in (-1, np.nan, [1, -1]):
        with pytest.raises(ValueError, match="negative or NaN"):
            signals.db(wrong)


@given(st.floats(-300, 300))
def test_decibels_there_and_back(value):
    assert signals.db(signals.from_db(value)) == pytest.approx(value, abs=1e-12 * max(1, abs(value)))


# ----------------------------------------------------------------------------------------------- frames


@given(n=st.integers(1, 60), length=st.integers(1, 60), hop=st.integers(1, 20))
def test_frames_are_slices(n, length, hop):
    x = np.arange(2.0 * n).reshape(2, n)
    if length > n:
        with pytest.raises(ValueError, match="at least"):
            signals.frames(x, length, hop)
        return
    windows = signals.frames(x, length, hop)
    expected = np.stack([x[:, i : i + length] for i in range(0, n - length + 1, hop)], axis=1)
    np.testing.assert_array_equal(windows, expected)
    assert np.shares_memory(windows, x)
    assert not windows.flags.writeable


def test_frames_refuse_odd_lengths():
    for length, hop in ((0, 1), (2, 0), (1.5, 1)):
        with pytest.raises(ValueError, match="whole number"):
            signals.frames(np.ones(5), length, hop)


# ------------------------------------------------------------------------------------------------ rates


@pytest.mark.parametrize(("fs", "fs_out"), [(360, 1000), (128, 1000), (1926, 1000), (2000, 1000), (1259, 1000)])
def test_a_tone_keeps_its_frequency_level_and_phase(fs, fs_out):
    y = signals.resample(tone(20, 4.0, fs), fs=fs, fs_out=fs_out)
    assert y.size == -(-4 * fs * Fraction(fs_out) // Fraction(fs))
    middle = slice(fs_out, 3 * fs_out)
    np.testing.assert_allclose(y[middle], tone(20, y.size / fs_out, fs_out)[middle], rtol=0, atol=3e-3)


def test_what_the_new_rate_cannot_hold_is_removed_and_not_folded():
    y = signals.resample(tone(800, 4.0, 2000), fs=2000, fs_out=1000)
    assert np.abs(y[500:-500]).max() < 2e-3


def test_an_offset_makes_no_step_at_the_ends():
    y = signals.resample(np.full(500, 7.0), fs=360, fs_out=1000)
    np.testing.assert_allclose(y, 7.0, rtol=1e-9)


def test_resampling_keeps_dtype_axes_and_does_nothing_for_equal_rates():
    x = np.random.default_rng(0).standard_normal((2, 3, 100)).astype(np.float32)
    y = signals.resample(x, fs=250, fs_out=1000)
    assert y.shape == (2, 3, 400)
    assert y.dtype == np.float32
    same = signals.resample(x, fs=250, fs_out=250.0)
    np.testing.assert_array_equal(same, x)
    assert not np.shares_memory(same, x)


def test_decimal_rates_mean_what_they_say_and_hopeless_ratios_are_refused():
    assert signals.resample(np.ones(1000), fs=1000.5, fs_out=500.25).size == 500
    with pytest.raises(ValueError, match="round the sampling rates"):
        signals.resample(np.ones(1000), fs=999.99999, fs_out=1000)


# ---------------------------------------------------------------------------------------------- filters


def response(sos, frequency_hz):
    """|H| from the sections, multiplied out by hand on the unit circle."""
    z = np.exp(-2j * np.pi * frequency_hz / FS * np.arange(3))
    return abs(np.prod([(row[:3] @ z) / (row[3:] @ z) for row in sos]))


@pytest.mark.parametrize(
    ("kind", "corners"), [("highpass", 40), ("lowpass", 150), ("bandpass", (20, 450)), ("bandstop", (48, 52))]
)
def test_corners_are_minus_three_decibels_in_one_pass_and_minus_six_in_two(kind, corners):
    sos = signals.butterworth(4, corners, kind, fs=FS)
    for corner in np.atleast_1d(corners):
        assert response(sos, corner) == pytest.approx(np.sqrt(0.5), rel=1e-9)
    corner = float(np.atleast_1d(corners)[0])
    x = tone(corner, 40.0)
    middle = slice(18_000, 22_000)
    for run, gain in ((signals.filter_causal, np.sqrt(0.5)), (signals.filter_zero_phase, 0.5)):
        assert np.sqrt(2 * np.mean(run(sos, x)[middle] ** 2)) == pytest.approx(gain, rel=1e-3)


def test_filters_keep_shape_and_dtype_and_rows_apart():
    sos = signals.butterworth(4, 40, "highpass", fs=FS)
    x = np.random.default_rng(0).standard_normal((2, 3, 400)).astype(np.float32)
    for run in (signals.filter_causal, signals.filter_zero_phase):
        y = run(sos, x)
        assert y.shape == x.shape
        assert y.dtype == np.float32
        np.testing.assert_array_equal(y[1, 2], run(sos, x[1, 2]))


def test_a_ramp_passes_the_ends_of_a_zero_phase_low_pass():
    """Odd extension continues a straight line, so a line comes back unbent to its very ends."""
    ramp = np.linspace(-3, 5, 500)
    sos = signals.butterworth(2, 50, "lowpass", fs=FS)
    np.testing.assert_allclose(signals.filter_zero_phase(sos, ramp), ramp, rtol=0, atol=1e-3)


def test_very_short_signals_can_be_filtered():
    sos = signals.butterworth(4, 0.5, "highpass", fs=FS)
    assert np.isfinite(signals.filter_zero_phase(sos, np.array([1.0, 2.0]))).all()
    assert np.isfinite(signals.filter_causal(sos, np.array([1.0]))).all()
    with pytest.raises(ValueError, match="at least 2"):
        signals.filter_zero_phase(sos, np.array([1.0]))


def test_an_unstable_filter_is_refused():
    with pytest.raises(ValueError, match="unstable"):
        signals.filter_zero_phase(np.array([[1.0, 0, 0, 1, -1.0, 0]]), np.ones(10))


@pytest.mark.parametrize(
    ("order", "corner", "kind", "says"),
    [
        (4, 500, "highpass", "between 0 and 500 Hz"),
        (4, 0, "highpass", "between 0"),
        (4, np.nan, "highpass", "between 0"),
        (4, (300, 20), "bandpass", "must rise"),
        (4, 40, "bandpass", r"needs 2 corner\(s\)"),
        (4, (20, 40), "highpass", r"needs 1 corner\(s\)"),
        (0, 40, "highpass", "order is 0"),
        (4, 40, "notch", "kind is 'notch'"),
    ],
)
def test_impossible_filters_are_refused_in_words(order, corner, kind, says):
    with pytest.raises(ValueError, match=says):
        signals.butterworth(order, corner, kind, fs=FS)


@given(cuts=st.lists(st.integers(0, 300), max_size=10))
@settings(deadline=None, max_examples=40)
def test_a_filter_that_keeps_its_state_may_be_fed_in_any_pieces(cuts):
    sos = signals.butterworth(4, (20, 450), "bandpass", fs=FS)
    x = np.random.default_rng(0).standard_normal((2, 300)) + 5.0
    live = signals.CausalFilter(sos)
    joined = np.concatenate([live.push(piece) for piece in np.split(x, sorted(cuts), axis=-1)], axis=-1)
    np.testing.assert_array_equal(joined, signals.filter_causal(sos, x))


# ---------------------------------------------------------------------------------------------- spectra


def test_the_density_integrates_to_the_power_of_the_mean_free_signal():
    x = 3.0 + np.random.default_rng(0).standard_normal(100_000)
    freqs, density = signals.psd(x, fs=FS)
    assert freqs[-1] == 500
    assert np.sum(density) * (freqs[1] - freqs[0]) == pytest.approx(np.var(x), rel=0.02)


def test_white_noise_has_the_flat_density_two_sigma_squared_over_fs():
    _, density = signals.psd(np.random.default_rng(0).standard_normal(400_000), fs=FS)
    assert np.mean(density[10:-10]) == pytest.approx(2 / FS, rel=0.02)


def test_density_of_a_short_signal_and_over_leading_axes():
    freqs, density = signals.psd(np.ones((2, 100)), fs=FS)
    assert density.shape == (2, freqs.size)
    assert freqs[1] == 10.0
    with pytest.raises(ValueError, match="segment_s is 0"):
        signals.psd(np.ones(100), fs=FS, segment_s=0)
