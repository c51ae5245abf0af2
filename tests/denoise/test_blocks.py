"""Blocks: every sample comes back once, fades add up to one, and ends of blocks are thrown away."""

import itertools
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.denoise.blocks import in_blocks


@given(n=st.integers(1, 3000), block=st.integers(90, 400), fade=st.integers(1, 20), margin=st.integers(0, 10))
@settings(deadline=None, max_examples=100)
def test_a_function_without_memory_gives_what_it_gives_to_the_whole(n, block, fade, margin):
    x = np.random.default_rng(n).standard_normal((2, n))
    lengths = set()

    def double(piece):
        lengths.add(piece.shape[-1])
        return 2 * piece

    np.testing.assert_allclose(in_blocks(double, x, block=block, fade=fade, margin=margin), 2 * x, rtol=1e-12)
    assert lengths == {min(n, block)}


def test_what_is_wrong_at_the_ends_of_a_block_is_thrown_away():
    def spoilt(piece):
        done = piece.copy()
        done[..., :25] = done[..., -25:] = 1e9
        return done

    x = np.random.default_rng(0).standard_normal(5000)
    y = in_blocks(spoilt, x, block=400, fade=20, margin=25)
    np.testing.assert_allclose(y[25:-25], x[25:-25])
    assert np.any(in_blocks(spoilt, x, block=400, fade=20, margin=10)[25:-25] != x[25:-25])  # the margin is what helps


def test_two_blocks_that_disagree_fade_into_each_other():
    calls = iter(range(100))

    def disagree(piece):
        return np.full_like(piece, next(calls) % 2)

    y = in_blocks(disagree, np.zeros(2000), block=500, fade=100, margin=10)
    assert np.max(np.abs(np.diff(y))) == pytest.approx(1 / 100)
    assert y.min() == 0.0
    assert y.max() == 1.0


@pytest.mark.parametrize(("fade", "margin", "block"), [(20, 0, 61), (20, 5, 71), (20, 30, 161)])
def test_fades_never_touch_in_the_shortest_block_that_is_allowed(fade, margin, block):
    sizes = {"block": block, "fade": fade, "margin": margin}
    for n in range(block + 1, 6 * block):
        numbers = itertools.cycle([0.0, 1.0])
        y = in_blocks(lambda piece, numbers=numbers: np.full_like(piece, next(numbers)), np.zeros(n), **sizes)
        assert np.max(np.abs(np.diff(y))) == pytest.approx(1 / fade), n
    sizes["block"] -= 1
    with pytest.raises(ValueError, match=f"longer than {block - 1}"):
        in_blocks(lambda piece: piece, np.zeros(1000), **sizes)


def test_memory_is_that_of_the_result_and_a_block():
    x = np.zeros(1_000_000)
    tracemalloc.start()
    in_blocks(lambda piece: np.repeat(piece[None], 20, axis=0).mean(axis=0), x, block=10_000, fade=100)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * 1_000_000 + 8 * 10_000 * 25 + 1_000_000  # the result and a block's work; validation on top


def test_dtype_comes_back_and_blocks_too_short_are_refused():
    assert in_blocks(lambda p: p, np.ones(1000, dtype=np.float32), block=100, fade=10).dtype == np.float32
    with pytest.raises(ValueError, match="longer than 120: pass a longer block"):
        in_blocks(lambda p: p, np.ones(1000), block=120, fade=20, margin=20)
