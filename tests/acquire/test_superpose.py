"""Three superpositions, one result."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emgtut.acquire import superpose

module = importlib.import_module("emgtut.acquire.superpose")  # the package gives the function that name


def by_definition(samples, rows, waveforms, n_samples, lead):
    out = np.zeros(n_samples)
    for start, row in zip(samples, rows):
        for k, value in enumerate(waveforms[row]):
            if 0 <= start + k - lead < n_samples:
                out[start + k - lead] += value
    return out


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), n_samples=st.integers(1, 60), n_discharges=st.integers(0, 40),
       width=st.integers(1, 20))  # fmt: skip
def test_all_methods_equal_the_definition(seed, n_samples, n_discharges, width):
    rng = np.random.default_rng(seed)
    waveforms = rng.standard_normal((5, width))
    samples, rows = rng.integers(0, n_samples, n_discharges), rng.integers(0, 5, n_discharges)
    lead = int(rng.integers(0, width))
    expected = by_definition(samples, rows, waveforms, n_samples, lead)
    for method in ("loop", "numba", "fft"):
        mine = superpose(samples, rows, waveforms, n_samples, lead=lead, method=method)
        np.testing.assert_allclose(mine, expected, atol=1e-12)


def test_a_long_signal_agrees_to_1e_12_and_the_two_loops_to_the_last_bit(rng):
    waveforms = rng.standard_normal((60, 45))
    samples, rows = rng.integers(0, 20_000, 30_000), rng.integers(0, 60, 30_000)
    results = {m: superpose(samples, rows, waveforms, 20_000, lead=4, method=m) for m in ("loop", "numba", "fft")}
    np.testing.assert_array_equal(results["loop"], results["numba"])
    np.testing.assert_allclose(results["fft"], results["loop"], atol=1e-12)


def test_auto_gives_the_loops_numbers(rng):
    waveforms = rng.standard_normal((3, 7))
    samples, rows = np.array([0, 5, 5]), np.array([2, 0, 1])
    np.testing.assert_array_equal(
        superpose(samples, rows, waveforms, 9), superpose(samples, rows, waveforms, 9, method="loop")
    )


def test_auto_compiles_when_that_pays(monkeypatch):
    used = []

    def compiled(samples, rows, waveforms, out):
        used.append(samples.size)

    monkeypatch.setattr(module, "_compiled", lambda: compiled)
    monkeypatch.setattr(module, "PAYS_AFTER", 25)
    monkeypatch.setattr(module, "_looped", [0])
    for _ in range(3):
        superpose(np.arange(10), np.zeros(10, dtype=int), np.ones((1, 3)), 20)
    assert used == [10]  # the first two calls went through the loop


@pytest.mark.parametrize(("samples", "rows", "more"), [
    ([10], [0], {}), ([-1], [0], {}), ([0], [3], {}), ([0, 1], [0], {}), ([0], [0], {"method": "fast"}),
    ([0], [0], {"lead": 99}),
])  # fmt: skip
def test_wrong_places_are_refused(samples, rows, more):
    with pytest.raises(ValueError, match=r"\.$"):
        superpose(np.array(samples), np.array(rows), np.ones((3, 4)), 10, **more)
