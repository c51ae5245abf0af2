"""Schedule, training pairs and samplers of the diffusion network."""

import math

import pytest
import torch

from emgtut.denoise.diffusion import (
    ancestral,
    cosine_levels,
    deterministic,
    diffuse,
    draw_levels,
    few_levels,
    refreshed,
)  # fmt: skip

N = 4000


def perfect(clean):
    """A network that knows the clean signal, and so the noise."""
    return lambda x, level, noisy: (x - level[:, None] * clean) / (1 - level[:, None] ** 2).sqrt()


def gaussian(gain, spread):
    """The best possible network where clean = gain · noisy + spread · white noise."""

    def predict(x, level, noisy):
        v = level[:, None]
        variance = (v * spread) ** 2 + 1 - v**2
        return (1 - v**2).sqrt() * (x - v * gain * noisy) / variance

    return predict


def noise(shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def test_the_schedule_has_the_published_values():
    v = cosine_levels(50)
    published = {1: 0.99913, 10: 0.94800, 25: 0.70274, 40: 0.30667, 48: 0.06230, 49: 0.03116, 50: 0.000985}
    for t, value in published.items():
        assert v[t] == pytest.approx(value, abs=6e-6)
    beta = 1 - (v[1:] / v[:-1]) ** 2
    for t, value in {1: 0.001748, 2: 0.003689, 25: 0.05935, 49: 0.7498, 50: 0.999}.items():
        assert beta[t - 1] == pytest.approx(value, rel=1e-3)


def test_every_step_is_drawn_and_only_from_its_own_interval():
    torch.manual_seed(0)
    levels = cosine_levels(50)
    v = draw_levels(levels, 20_000).double()
    steps = torch.searchsorted(-levels, -v)  # the interval each one lies in
    share = torch.bincount(steps, minlength=51)[1:] / len(v)
    assert share.min() > 0.015
    assert share.max() < 0.026
    assert 0 < v.min() < levels[49]


def test_the_published_draw_wraps_around_and_never_trains_where_sampling_starts():
    torch.manual_seed(0)
    levels = cosine_levels(50)
    v = draw_levels(levels, 20_000, faithful=True)
    in_last = (v < levels[49]).float().mean()
    # Of the proper draw 1/50 falls into the last interval. Here only the wrapped step 0 reaches it, once in 1/0.03.
    assert 0 < in_last < 0.002
    assert (draw_levels(levels, 20_000) < levels[49]).float().mean() > 0.015
    only_the_first = torch.tensor([1.0, 0.9])  # a schedule of one step: a proper draw stays between its two levels
    assert draw_levels(only_the_first, 100).min() >= 0.9
    wrapped = torch.tensor([1.0, 0.9, 0.8])
    assert draw_levels(wrapped, 1000, faithful=True).max() <= 1.0
    assert (draw_levels(wrapped, 1000, faithful=True) < 0.9).any(), "step 0 reaches below its own interval"


def test_a_diffused_signal_has_the_level_it_should():
    clean, level = torch.ones(1, N), torch.tensor([0.6])
    x = diffuse(clean, noise((1, N)), level)
    assert x.mean() == pytest.approx(0.6, abs=0.05)
    assert x.std() == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("calls", [1, 2, 7])
def test_a_perfect_network_leads_back_to_the_clean_signal(order, calls):
    clean = 3 * noise((2, 500), seed=1)
    found = deterministic(perfect(clean), clean * 0, noise((2, 500)), levels=few_levels(calls), order=order)
    torch.testing.assert_close(found, clean, rtol=0, atol=1e-3)


def test_the_published_sampler_leads_back_too_but_only_within_its_limit():
    clean = 0.2 * noise((1, 500), seed=1)
    torch.testing.assert_close(ancestral(perfect(clean), clean), clean, rtol=0, atol=1e-3)
    loud = 10 * clean
    assert ancestral(perfect(loud), loud).abs().max() <= 1.0
    torch.testing.assert_close(ancestral(perfect(loud), loud, limit=100.0), loud, rtol=0, atol=1e-3)


def test_the_network_sees_the_recording_at_every_call():
    seen = []

    def predict(x, level, noisy):
        seen.append(noisy.clone())
        return x

    recording = noise((1, 100), seed=2)
    deterministic(predict, recording, noise((1, 100)), levels=few_levels(5))
    ancestral(predict, recording)
    assert len(seen) == 55
    assert all(torch.equal(noisy, recording) for noisy in seen)


def test_one_step_of_first_order_is_the_ddim_formula():
    levels, x, guess = torch.tensor([1.0, 0.8, 0.3]), noise((1, 50)), noise((1, 50), seed=3)
    states = []

    def predict(x, level, noisy):
        states.append(x)
        return guess

    deterministic(predict, x, x, levels=levels, order=1, limit=math.inf)
    clean = (x - math.sqrt(1 - 0.09) * guess) / 0.3
    torch.testing.assert_close(states[1], 0.8 * clean + 0.6 * guess, rtol=1e-4, atol=1e-5)


def test_second_order_needs_fewer_calls_for_the_same_accuracy():
    """Against the exact walk: where all is Gaussian, noise z ends at gain · noisy + spread · z."""
    recording, z, predict = noise((1, N), seed=4), noise((1, N)), gaussian(0.5, 0.3)

    def error(calls, order):
        found = deterministic(predict, recording, z, levels=few_levels(calls, first=0.01, last=0.999), order=order)
        return float((found - (0.5 * recording + 0.3 * z)).square().mean().sqrt())

    assert error(12, 2) < 0.5 * error(12, 1)
    assert error(200, 1) < 0.3 * error(20, 1)


def test_samples_have_the_right_spread_and_their_mean_is_nearer_to_the_truth():
    recording, predict = noise((1, N), seed=4), gaussian(0.5, 0.3)
    truth = 0.5 * recording + 0.3 * noise((1, N), seed=5)
    walk = ancestral(predict, recording, limit=100.0, generator=torch.Generator().manual_seed(1))
    spread = (walk - 0.5 * recording).std()
    assert 0.27 < spread < 0.31, "fifty steps with this variance of the fresh noise give a little less than 0.3"
    starts = noise((16, N), seed=6)
    walks = deterministic(predict, recording.expand(16, -1), starts, levels=few_levels(20, first=0.01, last=0.999))
    one, mean = (walks[:1] - truth).square().mean(), (walks.mean(0) - truth).square().mean()
    assert one / mean == pytest.approx(2 / (1 + 1 / 16), rel=0.15)  # two independent errors against one and a bit


def test_short_walks_go_from_the_first_to_the_last_level_in_equal_ratios():
    v = few_levels(5, first=0.1, last=0.9)
    assert v.tolist()[::5] == pytest.approx([1.0, 0.1])
    assert v[1] == pytest.approx(0.9)
    ratio = (v / (1 - v**2).sqrt())[1:]
    torch.testing.assert_close(ratio[1:] / ratio[:-1], (ratio[-1] / ratio[0]).pow(0.25).expand(4))


@pytest.mark.parametrize("calls", [1, 2, 6])
def test_fresh_noise_does_not_disturb_a_perfect_network(calls):
    clean = noise((2, 500))
    found = refreshed(perfect(clean), clean * 0, torch.randn(calls, 2, 500), levels=few_levels(calls))
    assert torch.allclose(found, clean, atol=1e-4)


def test_there_must_be_a_noise_for_each_call():
    with pytest.raises(ValueError, match="6 calls, but there are 5 noises"):
        refreshed(perfect(torch.zeros(1, 9)), torch.zeros(1, 9), torch.zeros(5, 1, 9), levels=few_levels(6))


def test_an_unknown_order_is_refused():
    with pytest.raises(ValueError, match="order is 3"):
        deterministic(perfect(torch.zeros(1, 9)), torch.zeros(1, 9), torch.zeros(1, 9), levels=few_levels(2), order=3)
    with pytest.raises(ValueError, match="no level"):
        deterministic(perfect(torch.zeros(1, 9)), torch.zeros(1, 9), torch.zeros(1, 9), levels=torch.ones(1))
