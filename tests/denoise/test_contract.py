"""The Denoiser contract, run over every registered name. A new method enters by being registered."""

import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut import denoise
from emgtut.contaminate import coloured_noise, mix_at_snr, synthetic_ecg

NAMES = denoise.names()
CAUSAL = [name for name in NAMES if denoise.get(name).info.phase == "causal"]
BLOCK_OR_WHOLE = [name for name in NAMES if name not in CAUSAL]
LONGER_MIN_S = {"template"}  # needs several heart beats and says so
OF_CHANCE = {"sdemg"}  # draws its estimate, so that no two cycles of a tone are alike
# A tone has no beats, and nothing drawn is steady: these methods have tests of their own beside the common one.
STEADY_TONES = [name for name in NAMES if name not in LONGER_MIN_S | OF_CHANCE]
every_method = pytest.mark.parametrize("name", NAMES)


def noisy_signal(n_samples, fs=1000.0, seed=0, shape=()):
    """sEMG-like noise with an ECG ten times stronger, one per leading index, on a small offset."""
    rng = np.random.default_rng(seed)
    rows = [
        mix_at_snr(coloured_noise(n_samples, rng=rng), synthetic_ecg(n_samples, fs=fs, rng=rng), -10.0)
        for _ in range(math.prod(shape))
    ]
    return 0.1 + np.reshape(rows, (*shape, n_samples))


def tolerance(d, x):
    """Rounding allowed: that of float64 arithmetic for classical methods, of float32 for networks."""
    return (1e-9 if d.info.n_parameters == 0 else 1e-4) * float(np.max(np.abs(x)))


def shortest(d, fs):
    return max(1, math.ceil(d.info.min_s * fs - 1e-9))


def enough(name, n_samples, fs=1000.0):
    """The length asked for, or where a method needs beats, one that surely holds enough of them."""
    return n_samples if name not in LONGER_MIN_S else max(n_samples, math.ceil(2 * denoise.get(name).info.min_s * fs))


def test_the_two_reference_rows_and_both_high_pass_filters_are_registered():
    assert {"identity", "zero", "highpass", "highpass_causal"} <= set(NAMES)


@every_method
def test_info_says_what_a_reader_needs(name):
    info = denoise.get(name).info
    assert info.name == name
    assert info.family
    assert info.licence
    assert info.phase in {"causal", "zero-phase", "none"}
    assert info.latency_s >= 0
    assert math.isfinite(info.latency_s) or info.phase != "causal"
    assert 0 <= info.min_s <= 0.25 or name in LONGER_MIN_S
    assert 0 <= info.band_hz[0] <= info.band_hz[1]
    assert info.n_parameters >= 0
    assert bool(info.weights) == (info.n_parameters > 0)


@every_method
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 1, 3)])
def test_shape_and_dtype_come_back(name, dtype, shape):
    x = noisy_signal(enough(name, 1501), shape=shape).astype(dtype)
    y = denoise.get(name)(x, fs=1000)
    assert y.shape == x.shape
    assert y.dtype == dtype
    assert np.isfinite(y).all()


@every_method
def test_input_is_left_alone_and_not_shared_with_the_output(name):
    x = noisy_signal(enough(name, 1000))
    before = x.copy()
    y = denoise.get(name)(x, fs=1000)
    assert not np.shares_memory(x, y)
    y[:] = 7.0
    np.testing.assert_array_equal(x, before)


@every_method
def test_memory_layout_does_not_matter(name):
    x = noisy_signal(enough(name, 1000), shape=(4,))
    d = denoise.get(name)
    np.testing.assert_array_equal(d(np.asfortranarray(x), fs=1000), d(x, fs=1000))
    np.testing.assert_array_equal(d(x[::2], fs=1000), d(x[::2].copy(), fs=1000))


@every_method
@pytest.mark.parametrize("fs", [250, 333.3, 1000, 1926, 4000])
@pytest.mark.parametrize("extra", [0, 1, 2, 501])
def test_any_length_from_the_shortest_and_any_rate_from_250_hz(name, fs, extra):
    d = denoise.get(name)
    x = noisy_signal(max(shortest(d, fs), 2) + extra, fs=fs)
    y = d(x, fs=fs)
    assert y.shape == x.shape
    assert np.isfinite(y).all()


@every_method
@given(exponent=st.floats(-9, 9), seed=st.integers(0, 100))
@settings(deadline=None, max_examples=15)
def test_output_scales_with_input(name, exponent, seed):
    d, x, a = denoise.get(name), noisy_signal(enough(name, 800), seed=seed), 10.0**exponent
    np.testing.assert_allclose(d(a * x, fs=1000) / a, d(x, fs=1000), rtol=0, atol=tolerance(d, x))


@every_method
def test_a_window_does_not_depend_on_its_place_or_on_its_neighbours(name):
    d, x = denoise.get(name), noisy_signal(enough(name, 1000), shape=(5,))
    x[3] *= 1e4
    together = d(x, fs=1000)
    for i, row in enumerate(x):
        np.testing.assert_allclose(d(row, fs=1000), together[i], rtol=0, atol=tolerance(d, row))
    order = [4, 2, 0, 1, 3]
    for place, i in enumerate(order):
        np.testing.assert_allclose(d(x[order], fs=1000)[place], together[i], rtol=0, atol=tolerance(d, x[i]))


@every_method
def test_same_seed_same_output(name):
    x = noisy_signal(enough(name, 1000))
    d = denoise.get(name, seed=3)
    first = d(x, fs=1000)
    np.testing.assert_array_equal(d(x, fs=1000), first)
    np.testing.assert_array_equal(denoise.get(name, seed=3)(x, fs=1000), first)


@every_method
def test_silence_stays_silent_beside_a_signal(name):
    x = noisy_signal(enough(name, 1000), shape=(2,))
    x[0] = 0.0
    d = denoise.get(name)
    assert not d(x, fs=1000)[0].any()
    np.testing.assert_allclose(d(x, fs=1000)[1], d(x[1], fs=1000), rtol=0, atol=tolerance(d, x))


@pytest.mark.parametrize("name", sorted(LONGER_MIN_S))
def test_a_method_that_needs_beats_makes_no_seams_and_leaves_the_time_between_beats_alone(name):
    """What it takes away has no steps that a heart could not make, and is nothing where there is no beat."""
    d, fs = denoise.get(name), 1000
    heart = synthetic_ecg(30 * fs, fs=fs, rng=np.random.default_rng(0))
    x = heart + 0.1 * coloured_noise(30 * fs, rng=np.random.default_rng(1))
    taken = denoise.get("highpass", cutoff_hz=d.info.band_hz[0])(x, fs=fs) - d(x, fs=fs)
    assert np.max(np.abs(np.diff(taken))) <= 1.05 * np.max(np.abs(np.diff(heart)))
    assert np.mean(np.abs(taken) < 1e-9) > 0.3
    with pytest.raises(ValueError, match="found no heart beat"):
        d(np.sin(2 * np.pi * 100 * np.arange(30 * fs) / fs), fs=fs)


def check_for_seams(name, tone_hz):
    """A steady tone inside the kept band comes back steady: no step that its usual cycle does not make.

    A network may add overtones of its own, the same in every cycle; a seam is a step that only some cycles have.
    """
    d = denoise.get(name)
    low, high = d.info.band_hz
    fs, seconds = 1000, 30
    period = round(fs / np.clip(tone_hz, max(1.0, 1.2 * low), max(1.0, 0.8 * high, 1.2 * low)))
    y = d(np.sin(2 * np.pi * np.arange(seconds * fs) / period), fs=fs)[fs:-fs]
    cycle = y[: y.size // period * period].reshape(-1, period).mean(axis=0)
    usual = np.max(np.abs(np.diff(cycle, append=cycle[0])))
    assert np.max(np.abs(np.diff(y))) * np.max(np.abs(cycle)) <= 1.05 * usual * np.max(np.abs(y))
    levels = np.sqrt(np.mean(np.square(y.reshape(-1, 500)), axis=-1))
    assert np.ptp(levels) <= 0.05 * np.max(levels)


@pytest.mark.parametrize("name", STEADY_TONES)
def test_a_long_recording_has_no_seams(name):
    check_for_seams(name, 100.0)


@pytest.mark.parametrize("name", sorted(OF_CHANCE))
def test_a_method_of_chance_is_as_rough_and_as_loud_where_windows_meet_as_elsewhere(name):
    """Two draws that are faded into one another would be quieter there, and two that are not would leave a step."""
    d, fs = denoise.get(name), 1000
    y = d(np.sin(2 * np.pi * np.arange(30 * fs) / 10), fs=fs)
    overlap = round(d.overlap_s * fs)
    meet = np.zeros(y.size - 1, dtype=bool)
    for start in range(2 * fs - overlap, y.size - 2 * fs, 2 * fs - overlap):
        meet[start - 3 : start + overlap + 3] = True
    for x in (y[:-1], np.diff(y)):
        assert np.std(x[meet]) == pytest.approx(np.std(x[~meet]), rel=0.05)


@pytest.mark.parametrize("name", sorted(OF_CHANCE))
def test_that_check_sees_a_knife_edge_too(name, monkeypatch):
    monkeypatch.setattr(type(denoise.get(name)), "overlap_s", 0.002)
    with pytest.raises(AssertionError):
        test_a_method_of_chance_is_as_rough_and_as_loud_where_windows_meet_as_elsewhere(name)


# `tcn` knows a tone of 100 Hz at the end of a window as well as elsewhere; for a slow one it needs both sides.
KNIFE_EDGE_HZ = {"fcn": 100.0, "trustemg": 100.0, "tcn": 25.0}


@pytest.mark.parametrize("name", KNIFE_EDGE_HZ)
def test_the_check_for_steady_tones_sees_windows_that_meet_at_a_knife_edge(name, monkeypatch):
    check_for_seams(name, KNIFE_EDGE_HZ[name])
    monkeypatch.setattr(type(denoise.get(name)), "overlap_s", 0.002)
    with pytest.raises(AssertionError):
        check_for_seams(name, KNIFE_EDGE_HZ[name])


@every_method
def test_memory_grows_no_faster_than_the_recording(name):
    d = denoise.get(name)

    def peak_bytes(seconds):
        x = noisy_signal(seconds * 1000)
        tracemalloc.start()
        d(x, fs=1000)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak_bytes(10)  # the first call pays for imports
    assert peak_bytes(80) <= 8.5 * peak_bytes(10) + 1e6


@every_method
@pytest.mark.parametrize(
    ("x", "says"),
    [
        (np.full(5000, np.nan), "NaN"),
        (np.where(np.arange(5000) == 500, np.inf, 1.0), "infinite"),
        (np.empty(0), "empty"),
        (np.empty((0, 1000)), "empty"),
        (np.ones(1000, dtype=complex), "complex"),
        (np.ones(1000, dtype=np.int16), "int16"),
        (np.ones(1000, dtype=bool), "bool"),
        (np.array(1.0), "time axis"),
    ],
)
def test_unusable_signals_are_refused_in_words(name, x, says):
    with pytest.raises(ValueError, match=says):
        denoise.get(name)(x, fs=1000)


@every_method
@pytest.mark.parametrize("fs", [-1000, 0, np.nan, np.inf, 249.9, None, "1000"])
def test_unusable_sampling_rates_are_refused_in_words(name, fs):
    with pytest.raises(ValueError, match="fs is"):
        denoise.get(name)(np.ones(1000), fs=fs)


@pytest.mark.parametrize("name", [name for name in NAMES if denoise.get(name).info.min_s > 0])
def test_too_short_is_refused_in_words(name):
    d = denoise.get(name)
    with pytest.raises(ValueError, match="samples on its last axis"):
        d(np.ones(shortest(d, 1000) - 1), fs=1000)


@every_method
def test_oracle_labels_are_names_or_none(name):
    d, x = denoise.get(name), noisy_signal(enough(name, 1000))
    assert d(x, fs=1000, contaminants=["ecg"]).shape == x.shape
    assert d(x, fs=1000, contaminants=None).shape == x.shape
    for wrong in ("ecg", [1], 3):
        with pytest.raises(ValueError, match="contaminants is"):
            d(x, fs=1000, contaminants=wrong)


@pytest.mark.parametrize("name", CAUSAL)
@given(cuts=st.lists(st.integers(0, 600), max_size=20), dtype=st.sampled_from([np.float32, np.float64]))
@settings(deadline=None, max_examples=30)
def test_a_stream_gives_bit_for_bit_what_the_whole_signal_gives(name, cuts, dtype):
    d, x = denoise.get(name), noisy_signal(600, shape=(2,)).astype(dtype)
    live = d.stream(1000)
    joined = np.concatenate([live.push(chunk) for chunk in np.split(x, sorted(cuts), axis=-1)], axis=-1)
    assert joined.dtype == dtype
    np.testing.assert_array_equal(joined, d(x, fs=1000))


@pytest.mark.parametrize("name", CAUSAL)
def test_a_stream_of_single_samples_is_bit_identical_too(name):
    d, x = denoise.get(name), noisy_signal(500)
    live = d.stream(1000)
    np.testing.assert_array_equal(np.concatenate([live.push(x[i : i + 1]) for i in range(500)]), d(x, fs=1000))


@pytest.mark.parametrize("name", CAUSAL)
def test_a_refused_chunk_leaves_the_stream_as_it_was(name):
    d, x = denoise.get(name), noisy_signal(500)
    live = d.stream(1000)
    first = live.push(x[:200])
    for wrong in (np.array([1.0, np.nan]), np.array([1, 2]), np.ones((2, 5))):
        with pytest.raises(ValueError, match="chunk"):
            live.push(wrong)
    np.testing.assert_array_equal(np.concatenate([first, live.push(x[200:])]), d(x, fs=1000))


@pytest.mark.parametrize("name", CAUSAL)
def test_a_causal_method_does_not_know_the_future(name):
    d, x = denoise.get(name), noisy_signal(1000)
    other_future = x.copy()
    other_future[600:] = 5.0
    delay = round(d.info.latency_s * 1000)
    np.testing.assert_array_equal(d(x, fs=1000)[: 600 - delay], d(other_future, fs=1000)[: 600 - delay])


@pytest.mark.parametrize("name", BLOCK_OR_WHOLE)
def test_methods_that_cannot_stream_say_so(name):
    with pytest.raises(ValueError, match="not a causal method"):
        denoise.get(name).stream(1000)


def test_unknown_names_and_settings_list_what_is_allowed():
    with pytest.raises(ValueError, match=r"'wavelet'.*identity, zero, highpass"):
        denoise.get("wavelet")
    with pytest.raises(ValueError, match="its settings are cutoff_hz, order"):
        denoise.get("highpass", corner=40)
    with pytest.raises(ValueError, match="none besides seed"):
        denoise.get("zero", level=1)


def test_a_name_is_taken_once():
    with pytest.raises(ValueError, match="'zero' exists already"):
        denoise.register("zero")(denoise.Denoiser)


class TestTheContractCanFail:
    """The checks that matter most, each shown to catch a method that breaks its promise."""

    @staticmethod
    def make(action, **info):
        class Broken(denoise.Denoiser):
            linear = True

            def describe(self):
                return denoise.Info(
                    **{"name": "broken", "family": "none", "phase": "none", "latency_s": 0.0, "min_s": 0.0}
                    | {"band_hz": (0.0, 500.0)}
                    | info
                )

            def process(self, batch, *, fs, contaminants):
                return action(batch)

        return Broken()

    def patch(self, monkeypatch, action):
        monkeypatch.setattr(denoise, "get", lambda *_, **__: self.make(action))

    def test_fixed_threshold(self, monkeypatch):
        self.patch(monkeypatch, lambda batch: np.where(np.abs(batch) > 0.5, batch, 0.0))
        with pytest.raises(AssertionError):
            test_output_scales_with_input.hypothesis.inner_test("broken", exponent=3.0, seed=0)

    def test_normalising_by_the_batch(self, monkeypatch):
        self.patch(monkeypatch, lambda batch: batch - batch.mean())
        with pytest.raises(AssertionError):
            test_a_window_does_not_depend_on_its_place_or_on_its_neighbours("broken")

    def test_seams(self, monkeypatch):
        def blockwise(batch):
            blocks = batch.reshape(len(batch), -1, 2000).copy()
            blocks[:, ::2] *= 0.8
            return blocks.reshape(batch.shape)

        self.patch(monkeypatch, blockwise)
        with pytest.raises(AssertionError):
            test_a_long_recording_has_no_seams("broken")

    def test_not_finite_and_wrong_shape(self):
        for action in (lambda batch: batch * np.nan, lambda batch: batch[:, :-1]):
            with pytest.raises(RuntimeError, match="fault of the method"):
                self.make(action)(np.ones(500), fs=1000)

    def test_a_base_that_scales_a_nonlinear_method_makes_it_scale_free(self):
        d = self.make(lambda batch: np.where(np.abs(batch) > 0.5, batch, 0.0))
        d.linear = False
        x = noisy_signal(1000)
        np.testing.assert_allclose(d(1e-5 * x, fs=1000), 1e-5 * d(x, fs=1000), rtol=1e-12)
        assert not d(np.zeros(1000), fs=1000).any()
