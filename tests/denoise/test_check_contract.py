"""`check_contract` and `unregister`: what a reader's own method is checked with, and how it leaves the list again."""

import numpy as np
import pytest

from emgtut import denoise

CHEAP = ["identity", "zero", "highpass", "highpass_causal", "bandpass_notch"]


@pytest.mark.parametrize("name", CHEAP)
def test_methods_of_the_package_keep_every_promise(name):
    assert not any(denoise.check_contract(name).values())


def test_a_method_that_needs_beats_says_so():
    broken = {promise for promise, wrong in denoise.check_contract("template").items() if wrong}
    assert broken == {"says what it is", "no seams in a long recording"}


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no denoiser called 'magic'"):
        denoise.check_contract("magic")


def make(action, **info):
    """A method that does `action(batch, calls)`, linear so that the base class does not mend its level."""

    class Own(denoise.Denoiser):
        linear, calls = True, 0

        def describe(self):
            plain = {"name": "own", "family": "none", "phase": "none", "latency_s": 0.0, "min_s": 0.0}
            return denoise.Info(**plain | {"band_hz": (0.0, 500.0)} | info)

        def process(self, batch, *, fs, contaminants):
            self.calls += 1
            return action(batch, self.calls)

    return Own()


def blockwise(batch, _):
    gain = np.where(np.arange(batch.shape[-1]) // 2000 % 2, 0.8, 1.0)
    return batch * gain


KEPT = []


def hoards(batch, _):
    KEPT.append(np.repeat(batch, max(1, batch.shape[-1] // 2000), axis=0))
    return batch.copy()


@pytest.mark.parametrize(
    ("action", "info", "promise"),
    [
        (lambda x, _: x - x.mean(), {}, "windows do not influence each other"),
        (lambda x, _: np.where(np.abs(x) > 0.5, x, 0.0), {}, "scales with its input"),
        (lambda x, calls: x * (1 + 1e-3 * calls), {}, "same seed, same output"),
        (lambda x, _: x[:, :-1], {}, "shape and dtype come back"),
        (lambda x, _: x * np.nan, {}, "any length, any rate from 250 Hz"),
        (blockwise, {}, "no seams in a long recording"),
        (hoards, {}, "memory grows no faster than the signal"),
        (lambda x, _: x.copy(), {"phase": "backwards"}, "says what it is"),
        (lambda x, _: x.copy(), {"min_s": 2.0}, "says what it is"),
        (lambda x, _: x.copy(), {"n_parameters": 7}, "says what it is"),
        (lambda x, _: x.copy(), {"phase": "causal"}, "streams if causal, else says it cannot"),
    ],
)
def test_each_promise_can_be_broken(action, info, promise):
    assert denoise.check_contract(make(action, **info))[promise]


def test_a_bug_is_not_taken_for_a_broken_promise():
    with pytest.raises(ZeroDivisionError):
        denoise.check_contract(make(lambda x, _: 1 // 0))


def test_a_method_of_ones_own_can_leave_the_list():
    denoise.register("own")(type(make(lambda x, _: x.copy())))
    assert "own" in denoise.names()
    denoise.unregister("own")
    assert "own" not in denoise.names()
    with pytest.raises(ValueError, match="no denoiser called 'own'"):
        denoise.unregister("own")


def test_the_methods_of_the_package_stay():
    with pytest.raises(ValueError, match="stays"):
        denoise.unregister("fcn")
    assert "fcn" in denoise.names()
