"""A filter whose coefficients change while it runs."""

import numpy as np
import pytest
from scipy import signal

from emgtut.signals import CausalFilter, filter_causal

FS = 1000


def notch(frequency_hz):
    return signal.tf2sos(*signal.iirnotch(frequency_hz, 30, fs=FS))


def test_the_memory_survives_a_change_of_coefficients(rng):
    """Hand-worked transposed form: before the change with the old section, after it with the new, one state."""
    x = rng.standard_normal(300)
    live = CausalFilter(notch(50.0))
    parts = [live.push(x[:120])]
    live.retune(notch(50.3))
    parts.append(live.push(x[120:]))

    first, second = signal.sosfilt_zi(notch(50.0))[0] * x[0]
    by_hand = []
    for n, value in enumerate(x):
        b0, b1, b2, _, a1, a2 = notch(50.0 if n < 120 else 50.3)[0]
        out = b0 * value + first
        first = b1 * value - a1 * out + second
        second = b2 * value - a2 * out
        by_hand.append(out)
    np.testing.assert_allclose(np.concatenate(parts), by_hand, rtol=0, atol=1e-12)


def test_the_same_coefficients_change_nothing(rng):
    x = rng.standard_normal((2, 300))
    live = CausalFilter(notch(50.0))
    first = live.push(x[:, :100])
    live.retune(notch(50.0))
    joined = np.concatenate([first, live.push(x[:, 100:])], axis=-1)
    np.testing.assert_array_equal(joined, filter_causal(notch(50.0), x))


def test_another_number_of_sections_is_refused(rng):
    live = CausalFilter(notch(50.0))
    live.push(rng.standard_normal(10))
    with pytest.raises(ValueError, match="number of sections"):
        live.retune(np.vstack([notch(50.0), notch(100.0)]))
