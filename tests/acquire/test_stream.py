"""The real-time chain equals the whole-signal result bit for bit, and does what its filters promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.acquire.stream import Conditioner
from emgtut.signals import butterworth, filter_causal

FS = 1000


def in_chunks(chain, x, sizes):
    parts, at, i = [], 0, 0
    while at < x.shape[1]:
        step = sizes[i % len(sizes)]
        parts.append(chain.push(x[:, at : at + step]))
        at, i = at + step, i + 1
    return tuple(
        np.concatenate([getattr(p, name) for p in parts], axis=1) for name in ("filtered", "rectified", "envelope")
    )


@settings(max_examples=40, deadline=None)
@given(
    sizes=st.lists(st.integers(1, 700), min_size=1, max_size=12),
    seed=st.integers(0, 2**16),
    n_channels=st.integers(1, 3),
    mains=st.sampled_from([50.0, 60.0, None]),
    track=st.booleans(),
)
def test_any_chunking_is_bit_identical_to_the_whole(sizes, seed, n_channels, mains, track):
    x = np.random.default_rng(seed).standard_normal((n_channels, 2600)) + 40.0
    settings_ = {"fs": FS, "mains_hz": mains, "track": track and mains is not None}
    whole = Conditioner(n_channels, **settings_).push(x)
    filtered, rectified, envelope = in_chunks(Conditioner(n_channels, **settings_), x, sizes)
    assert np.array_equal(filtered, whole.filtered)
    assert np.array_equal(rectified, whole.rectified)
    assert np.array_equal(envelope, whole.envelope)


def test_single_samples_are_bit_identical(rng):
    x = rng.standard_normal((1, 1500))
    whole = Conditioner(1, fs=FS).push(x)
    assert np.array_equal(in_chunks(Conditioner(1, fs=FS), x, [1])[2], whole.envelope)


def test_the_band_pass_is_the_library_s(rng):
    x = rng.standard_normal((2, 800))
    ours = Conditioner(2, fs=FS, mains_hz=None, poles=8).push(x).filtered
    assert np.array_equal(ours, filter_causal(butterworth(4, (20, 450), "bandpass", fs=FS), x))


def test_envelope_is_the_mean_of_the_last_200_ms(rng):
    out = Conditioner(1, fs=FS).push(rng.standard_normal((1, 1000)))
    assert out.envelope[0, 700] == pytest.approx(out.rectified[0, 501:701].mean(), rel=1e-12)
    assert Conditioner(1, fs=FS).delay_s == pytest.approx(0.0995)


def test_an_offset_makes_no_start_transient(rng):
    emg = rng.standard_normal((1, 2000))
    emg[:, 0] = 0
    with_offset = Conditioner(1, fs=FS).push(emg + 1500).filtered
    np.testing.assert_allclose(with_offset, Conditioner(1, fs=FS).push(emg).filtered, atol=1e-7)


@pytest.mark.parametrize("mains", [50.0, 60.0])
def test_mains_and_harmonics_go(mains):
    t = np.arange(8000) / FS
    hum = sum(np.sin(2 * np.pi * mains * h * t) for h in (1, 2, 3, 5))[None]
    with_notches = Conditioner(1, fs=FS, mains_hz=mains).push(hum).filtered[:, 4000:]
    first_only = Conditioner(1, fs=FS, mains_hz=mains, harmonics=False).push(hum).filtered[:, 4000:]
    assert np.std(with_notches) < 0.01 * np.std(hum)
    assert np.std(first_only) > 0.5 * np.std(hum)


def test_tracking_follows_a_grid_that_drifts(rng):
    t = np.arange(30000) / FS
    frequency = 50 + 0.4 * t / 30
    hum = np.sin(2 * np.pi * np.cumsum(frequency) / FS)[None]
    noisy = 5 * hum + rng.standard_normal((1, 30000))
    left = {}
    for track in (False, True):
        out = Conditioner(1, fs=FS, quality=30, harmonics=False, track=track).push(noisy).filtered
        reference = Conditioner(1, fs=FS, quality=30, harmonics=False).push(noisy - 5 * hum).filtered
        left[track] = np.std((out - reference)[:, 20000:])
    assert left[True] < 0.4 * left[False]


def test_tracking_stays_put_when_there_is_no_hum():
    moved = []
    for seed in range(8):
        chain = Conditioner(1, fs=FS, track=True)
        for part in np.split(np.random.default_rng(seed).standard_normal((1, 30000)), 30, axis=1):
            chain.push(part)
            moved.append(chain.mains_now_hz != 50.0)
    assert np.mean(moved) < 0.1


def test_tracking_measures_the_mains_to_a_few_hundredths_of_a_hertz(rng):
    hum = 3 * np.sin(2 * np.pi * 50.37 * np.arange(5000) / FS)
    chain = Conditioner(1, fs=FS, track=True)
    assert chain.mains_now_hz == 50.0
    chain.push((hum + rng.standard_normal(5000))[None])
    assert chain.mains_now_hz == pytest.approx(50.37, abs=0.03)
    assert Conditioner(1, fs=FS, mains_hz=None).mains_now_hz is None
    assert Conditioner(1, fs=FS, mains_hz=60.0).mains_now_hz == 60.0


def test_the_floating_type_of_the_caller_comes_back(rng):
    x = rng.standard_normal((1, 400))
    out = Conditioner(1, fs=FS).push(x.astype(np.float32))
    wide = Conditioner(1, fs=FS).push(x.astype(np.float32).astype(np.float64))
    for name in ("filtered", "rectified", "envelope"):
        assert getattr(out, name).dtype == np.float32
        np.testing.assert_array_equal(getattr(out, name), getattr(wide, name).astype(np.float32))


def test_forgetting_the_state_costs_a_transient_at_every_chunk(rng):
    x = rng.standard_normal((1, 2000)) + 3 * np.sin(2 * np.pi * 2 * np.arange(2000) / FS)
    whole = Conditioner(1, fs=FS).push(x).filtered
    forgetful = np.concatenate(
        [Conditioner(1, fs=FS).push(x[:, i : i + 100]).filtered for i in range(0, 2000, 100)], axis=1
    )
    assert np.std(forgetful - whole) > 0.1 * np.std(whole)


def test_bad_chunks_leave_the_memory_unchanged(rng):
    x = rng.standard_normal((1, 400))
    chain = Conditioner(1, fs=FS)
    first = chain.push(x[:, :200]).envelope
    for bad in (np.full((1, 5), np.nan), np.zeros((2, 5)), np.zeros(5), np.zeros((1, 5), dtype=int)):
        with pytest.raises(ValueError):
            chain.push(bad)
    second = chain.push(x[:, 200:]).envelope
    assert np.array_equal(np.concatenate([first, second], axis=1), Conditioner(1, fs=FS).push(x).envelope)


IMPOSSIBLE = [
    {"fs": -1},
    {"fs": 500},
    {"band_hz": (450, 20)},
    {"poles": 3},
    {"quality": 0},
    {"envelope_s": 0},
    {"mains_hz": -50},
    {"mains_hz": None, "track": True},
    {"band_hz": (60, 450), "track": True},
]


@pytest.mark.parametrize("setting", IMPOSSIBLE)
def test_impossible_settings_are_refused(setting):
    with pytest.raises(ValueError):
        Conditioner(1, **({"fs": FS} | setting))
