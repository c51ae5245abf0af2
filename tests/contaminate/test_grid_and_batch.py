"""Condition grids, their streams, and many mixtures at once."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.contaminate import (
    KINDS,
    Condition,
    check_disjoint,
    compat,
    condition_grid,
    draw_mixture,
    mix_at_snr,
    mix_batch,
    stream,
)

LEVELS = list(range(-15, 16, 5))


def test_the_grid_holds_every_combination_once():
    grid = condition_grid(LEVELS, range(1, 6))
    assert len(grid) == len(set(grid)) == 7 * (2**5 - 1)
    assert {c.k for c in grid} == {1, 2, 3, 4, 5}
    assert sum(c.k == 2 for c in grid) == 7 * 10
    assert condition_grid([0], [2], kinds=("ecg", "mains")) == [Condition(0.0, ("mains", "ecg"))]


@pytest.mark.parametrize(
    ("levels", "k", "kinds"),
    [([], [1], KINDS), ([0, 0], [1], KINDS), ([np.inf], [1], KINDS), ([0], [0], KINDS), ([0], [6], KINDS),
     ([0], [1, 1], KINDS), ([0], [1], ()), ([0], [1], ("hum",)), ([0], [], KINDS)],
)  # fmt: skip
def test_impossible_grids_are_refused(levels, k, kinds):
    with pytest.raises(ValueError):
        condition_grid(levels, k, kinds=kinds)


def test_no_two_items_share_a_stream():
    """The benchmark's arithmetic gives 2 N + 5 streams to 7 N items; names give one to each."""
    items = [(i, level, k) for i in range(300) for level in LEVELS for k in (1, 2)]
    first = {tuple(stream(42, "dataset", str(i), float(s), k).integers(0, 2**63, size=2)) for i, s, k in items}
    assert len(first) == len(items)
    assert len({compat.seed(i, s, 2) for i in range(300) for s in LEVELS}) == 2 * 300 + 5


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 50), st.text(max_size=3), st.integers(-20, 20)), unique=True, max_size=20))
def test_names_that_differ_give_streams_that_differ(names):
    drawn = [stream(1, *name).integers(0, 2**63) for name in names]
    assert len(set(drawn)) == len(names)


def test_names_are_told_apart_by_type_and_by_boundary():
    names = [(1,), (1.0,), ("1",), ("1", ""), ("a", "b"), ("ab",), (("a", "b"),), ("a,b",), (), ('"a"', "b")]
    assert len({stream(0, *name).integers(0, 2**63) for name in names}) == len(names)
    assert stream(0, "a").random() == stream(0, "a").random() != stream(1, "a").random()
    for wrong in (-1, 0.5, True):
        with pytest.raises(ValueError, match="seed is"):
            stream(wrong, "a")
    for wrong in (None, np.nan, True):
        with pytest.raises(ValueError, match="cannot be named"):
            stream(0, wrong)


def test_a_condition_is_reproduced_and_its_label_true(rng):
    clean = 0.05 * rng.standard_normal(2000)
    draws = []
    for condition in condition_grid([-15, 0, 15], [1, 3, 5])[::7]:
        asked = {"fs": 1000, "seed": 42, "item": "S1", "source": "synthetic"}
        one, first = draw_mixture(clean, condition, split="test", **asked)
        again, _ = draw_mixture(clean, condition, split="test", **asked)
        np.testing.assert_array_equal(one.noisy, again.noisy)
        assert one.snr_db == pytest.approx(condition.snr_db, abs=1e-9)
        energies = [np.sum(part**2) for part in one.components.values()]
        np.testing.assert_allclose(energies, energies[0], rtol=1e-9)  # equal shares
        other, second = draw_mixture(clean, condition, split="train", **asked)
        assert np.abs(one.noise - other.noise).max() > 1e-3
        draws += [*first.values(), *second.values()]
    check_disjoint(draws)
    with pytest.raises(ValueError, match="one channel"):
        draw_mixture(np.ones((2, 100)), Condition(0.0, ("white",)), fs=1000, split="test", seed=1, item="a")


def test_given_shares_are_kept(rng):
    clean = rng.standard_normal(2000)
    shares = {"mains": 0.7, "white": 0.3}
    mixture, _ = draw_mixture(
        clean, Condition(-5.0, ("mains", "white")), fs=1000, split="train", seed=0, item="x", shares=shares
    )
    mains, white = (np.sum(mixture.components[k] ** 2) for k in shares)
    assert mains / (mains + white) == pytest.approx(0.7, abs=1e-12)
    assert mixture.snr_db == pytest.approx(-5.0, abs=1e-9)


# ------------------------------------------------------------------------------------------------ batch


@pytest.mark.parametrize("method", ["numpy", "numba"])
@pytest.mark.parametrize("n_samples", [2, 63, 64, 2000, 2001])
def test_blocks_equal_one_at_a_time(method, n_samples, rng):
    if method == "numba":
        pytest.importorskip("numba")
    clean, noise = rng.standard_normal((2, 37, n_samples))
    seen = 0
    for first, noisy in mix_batch(clean, noise, LEVELS, block=8, method=method):
        assert first == seen
        for level, row in zip(LEVELS, noisy):
            windows = slice(first, first + len(row))
            expected = mix_at_snr(clean[windows], noise[windows], level)
            np.testing.assert_allclose(row, expected, rtol=1e-12, atol=1e-12)
        seen += noisy.shape[1]
    assert seen == 37


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_both_methods_agree_to_the_last_bit(dtype, rng):
    pytest.importorskip("numba")
    clean, noise = rng.standard_normal((2, 50, 1999)).astype(dtype)
    kept = {m: np.empty((7, 50, 1999), dtype) for m in ("numpy", "numba")}
    for method, out in kept.items():
        for _ in mix_batch(clean, noise, LEVELS, method=method, out=out):
            pass
    np.testing.assert_array_equal(kept["numpy"], kept["numba"])


def test_realised_snr_of_a_float32_batch(rng):
    clean, noise = rng.standard_normal((2, 20, 2000)).astype(np.float32)
    for first, noisy in mix_batch(clean, noise, LEVELS):
        added = noisy.astype(np.float64) - clean[first : first + noisy.shape[1]]
        own = np.sum(clean[first : first + noisy.shape[1]].astype(np.float64) ** 2, axis=-1)
        realised = 10 * np.log10(own / np.sum(added**2, axis=-1))
        np.testing.assert_allclose(realised, np.broadcast_to(np.c_[LEVELS], realised.shape), atol=1e-4)


def test_memory_is_bounded_by_the_block(rng):
    clean, noise = rng.standard_normal((2, 600, 2000)).astype(np.float32)
    for _ in mix_batch(clean[:8], noise[:8], LEVELS):
        pass
    tracemalloc.start()
    for _ in mix_batch(clean, noise, LEVELS, block=8):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2.5e6  # all mixtures together would be 33.6 MB


def test_a_bad_window_is_named(rng):
    clean, noise = rng.standard_normal((2, 40, 100))
    for value, where in itertools.product((0.0, np.nan, np.inf), ("clean", "noise")):
        c, n = clean.copy(), noise.copy()
        (c if where == "clean" else n)[33] = value
        with pytest.raises(ValueError, match=f"Window 33 of {where}"):
            list(mix_batch(c, n, [0]))
    for bad in ((clean[0], noise[0]), (clean, noise[:3]), (clean, noise.astype(np.float32)), (clean[:0], noise[:0])):
        with pytest.raises(ValueError):
            mix_batch(*bad, [0])
    with pytest.raises(ValueError, match="snr_db"):
        mix_batch(clean, noise, [np.nan])
    with pytest.raises(ValueError, match="out has shape"):
        mix_batch(clean, noise, [0], out=np.empty((2, 40, 100)))
    with pytest.raises(ValueError, match="method is"):
        mix_batch(clean, noise, [0], method="magic")
