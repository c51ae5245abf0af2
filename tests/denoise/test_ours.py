"""The course's own network: small, sees a heartbeat, starts as a high-pass; and its causal form, which cannot peek."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from emgtut.acquire import hold, simulate  # noqa: E402
from emgtut.assess import snr_db as metric  # noqa: E402
from emgtut.contaminate import draw, mix_at_snr  # noqa: E402
from emgtut.denoise import get, tcn, tcn_causal  # noqa: E402
from emgtut.denoise.tcn import TCN, training_loss  # noqa: E402
from emgtut.denoise.tcn_causal import LOOK_AHEAD, CausalTCN  # noqa: E402
from emgtut.denoise.tcn_methods import CausalTCN as CausalMethod  # noqa: E402
from emgtut.denoise.tcn_stream import LATENCY, SHIFT, CausalWorker, TwoGrids  # noqa: E402
from emgtut.learn import Card, count_parameters, save_weights, seeded  # noqa: E402
from emgtut.signals import butterworth, filter_causal, filter_zero_phase  # noqa: E402


def lively(network):
    """A network whose random weights make it do much, so that a difference would show."""
    with seeded(0):
        model = network()
        torch.nn.init.normal_(model.decoder.weight, std=0.3)
        for block in model.blocks:
            torch.nn.init.normal_(block.mix.weight, std=0.1)
    return model.eval()


@pytest.fixture
def model():
    return lively(TCN)


@pytest.fixture
def causal():
    return lively(CausalTCN)


def apply(model, x):
    with torch.no_grad():
        return model(torch.tensor(np.atleast_2d(x), dtype=torch.float32)).numpy()


@pytest.fixture
def x():
    return np.random.default_rng(0).standard_normal((2, 1003)) + 3.0


# ---------------------------------------------------------------------------------------- the network


def test_it_is_small(model, causal):
    """Counted by hand: filter bank, blocks of three taps and a mix, mask and addition, and the way back."""
    by_hand = 2 * 80 * 32 + 80 + 9 * (4 * 80**2 + 2 * 80) + 2 * (80**2 + 80) + 80 * 32
    assert count_parameters(model) == by_hand == 252_560
    by_hand = 64 * 64 + 64 + 8 * (4 * 64**2 + 2 * 64) + 2 * (64**2 + 64) + 64 * 32
    assert count_parameters(causal) == by_hand == 146_624


def test_a_moment_of_the_estimate_sees_more_than_a_second(model):
    """By gradient: which samples move one sample in the middle. The level of the window is held fixed: it is one number
    from all samples, no view of the wave."""
    x = torch.randn(1, 4000, requires_grad=True)
    high = torch.nn.functional.conv1d(x[:, None], model.highpass, padding="same")
    views = torch.cat([x[:, None], high / high.detach().square().mean().sqrt()], dim=1)
    model._correct(views)[0, 0, 2000].backward()
    seen = np.flatnonzero(x.grad[0].numpy())
    assert 1000 <= seen[-1] - seen[0] < 3000
    assert seen[0] < 1500
    assert seen[-1] > 2500


@pytest.mark.parametrize("n_samples", [1, 15, 16, 65, 250, 251, 2000, 2001, 2015])
def test_what_comes_out_is_as_long_as_what_went_in(model, causal, n_samples):
    noisy = np.random.default_rng(1).standard_normal((3, n_samples))
    for network in (model, causal):
        estimate = apply(network, noisy)
        assert estimate.shape == (3, n_samples)
        assert np.isfinite(estimate).all()


@pytest.mark.parametrize("frequency_hz", [5, 40, 100, 300])
def test_without_its_correction_it_is_a_zero_phase_high_pass(model, frequency_hz):
    """Against the Butterworth filter of another room: the corner at -6 dB, and no shift."""
    torch.nn.init.zeros_(model.decoder.weight)
    x = np.sin(2 * np.pi * frequency_hz * np.arange(4000) / 1000)
    other = filter_zero_phase(butterworth(4, 40.0, "highpass", fs=1000), x)
    np.testing.assert_allclose(apply(model, x)[0, 500:-500], other[500:-500], atol=0.03)


def test_without_its_correction_the_causal_form_is_a_causal_high_pass(causal, x):
    torch.nn.init.zeros_(causal.decoder.weight)
    other = filter_causal(butterworth(2, 20.0, "highpass", fs=1000), x)
    np.testing.assert_allclose(apply(causal, x), other, atol=1e-4)


def test_a_window_does_not_care_for_its_neighbours(model, causal, x):
    for network in (model, causal):
        np.testing.assert_allclose(apply(network, x)[1], apply(network, x[1])[0], atol=1e-5)


def test_the_loss_is_minus_the_snr_down_to_a_floor_and_the_mean_absolute_error():
    rng = np.random.default_rng(0)
    clean, noise = rng.standard_normal((2, 4, 1000)).astype(np.float32)
    for snr_db in (-10.0, 0.0, 10.0):
        gain = np.sqrt((clean**2).sum(-1) / (noise**2).sum(-1))[:, None] * 10 ** (-snr_db / 20)
        loss = training_loss(torch.nn.Identity(), torch.tensor(clean + gain * noise), torch.tensor(clean)).item()
        absolute = tcn.PER_DEVIATION_DB * np.abs(gain * noise).mean()
        assert loss == pytest.approx(10 * np.log10(10 ** (-snr_db / 10) + tcn.FLOOR) + absolute, abs=1e-4)
    assert training_loss(torch.nn.Identity(), torch.tensor(clean), torch.tensor(clean)).item() == pytest.approx(-30)


@pytest.mark.parametrize("network", [TCN, CausalTCN])
def test_it_learns(network):
    """A hum that is always the same is gone after a few steps."""
    with seeded(0):
        model = network(16)
        clean = torch.randn(8, 1000)
    noisy = clean + 2 * torch.sin(2 * np.pi * 50 * torch.arange(1000) / 1000)
    optimiser = torch.optim.Adam(model.parameters(), lr=5e-3)
    losses = []
    for _ in range(40):
        loss = training_loss(model, noisy, clean)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 2  # dB


def mixtures(kinds, snr_db, n=6):
    """Virtual people and noise that no training has seen: the streams of the validation part, with another seed."""
    rng = np.random.default_rng(99)
    pairs = []
    for _ in range(n):
        emg = simulate(hold(2500, fs=1000, level=0.3, tremble=0.1, rng=rng), fs=1000, rng=rng).emg[500:]
        emg = filter_causal(butterworth(2, 10.0, "highpass", fs=1000), emg)
        noise = sum(draw(kind, "validation", emg.size, 1000, rng, source="synthetic") for kind in kinds)
        pairs.append((mix_at_snr(emg, noise, snr_db), emg))
    return (np.array(x) for x in zip(*pairs, strict=True))


@pytest.mark.parametrize(
    ("kinds", "snr_db"), [(("ecg",), -7), (("mains", "ecg", "motion", "white", "coloured"), -5), (("mains",), 0)]
)
def test_the_shipped_weights_beat_the_high_pass(kinds, snr_db):
    noisy, clean = mixtures(kinds, snr_db)
    gain = metric(clean, get("tcn")(noisy, fs=1000)) - metric(clean, get("highpass")(noisy, fs=1000))
    assert gain.mean() > 3  # dB


# ----------------------------------------------------------------------------------------- the causal form


def test_the_causal_network_looks_31_samples_ahead_and_no_further(causal):
    """Change what comes after sample 640: a hop begins there, so the look-ahead is used in full."""
    rng = np.random.default_rng(2)
    first, other = rng.standard_normal((2, 1000))
    other[:640] = first[:640]
    difference = np.abs(apply(causal, first) - apply(causal, other))[0]
    assert difference[: 640 - LOOK_AHEAD].max() == 0
    other[:655], first[655] = first[:655], 50.0  # the last sample of a hop
    difference = np.abs(apply(causal, first) - apply(causal, other))[0]
    assert difference[: 655 - LOOK_AHEAD].max() == 0
    assert difference[655 - LOOK_AHEAD] > 0
    assert LOOK_AHEAD / 1000 <= 0.05


def test_the_causal_network_remembers_more_than_a_second(causal):
    x = torch.randn(1, 4000, requires_grad=True)
    causal(x)[0, 3000].backward()
    seen = np.abs(x.grad[0].numpy())
    assert seen[: 3000 - 1000].max() > 1e-9


def test_the_worker_is_the_network_31_samples_late(causal, x):
    """NumPy, frame by frame, against torch, the whole at once."""
    late = CausalWorker(causal).push(x)
    assert not late[:, :LOOK_AHEAD].any()
    np.testing.assert_allclose(late[:, LOOK_AHEAD:], apply(causal, x)[:, :-LOOK_AHEAD], atol=2e-5)


@pytest.mark.parametrize("cuts", [[1, 2, 3], [16, 32], [15, 16, 17, 500], [0, 0, 999], range(1, 1003)])
@pytest.mark.parametrize("kind", [CausalWorker, TwoGrids])
def test_how_the_signal_is_cut_makes_no_difference(causal, x, cuts, kind):
    whole, worker = kind(causal).push(x), kind(causal)
    joined = np.concatenate([worker.push(chunk) for chunk in np.split(x, cuts, axis=-1)], axis=-1)
    np.testing.assert_array_equal(joined, whole)


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e6])
def test_the_worker_is_scale_free_and_leaves_silence_alone(causal, x, scale):
    once, scaled = (CausalWorker(causal).push(x * by) for by in (1.0, scale))
    np.testing.assert_allclose(scaled, scale * once, rtol=1e-4, atol=1e-4 * scale * once.std())
    assert not CausalWorker(causal).push(np.zeros(200)).any()


@pytest.mark.parametrize("kind", [CausalWorker, TwoGrids])
def test_a_worker_wants_the_same_channels_every_time(causal, x, kind):
    worker = kind(causal)
    worker.push(x)
    with pytest.raises(ValueError, match="leading shape"):
        worker.push(x[0])


def test_two_grids_are_the_mean_of_the_network_and_of_the_network_half_a_hop_off(causal, x):
    """The second grid: the network on the signal with its first sample repeated before it."""
    longer = np.concatenate([np.repeat(x[:, :1], SHIFT, axis=-1), x], axis=-1)
    expected = 0.5 * (apply(causal, x) + apply(causal, longer)[:, SHIFT:])
    found = TwoGrids(causal).push(x)[:, LATENCY:]
    np.testing.assert_allclose(found, expected[:, :-LATENCY], atol=2e-5)
    assert np.abs(found - apply(causal, x)[:, :-LATENCY]).max() > 0.01


def test_the_running_level_is_a_weighted_mean_of_the_past():
    power = np.random.default_rng(0).uniform(1, 2, (1, 50)).astype(np.float32)
    total = weight = 0.0
    expected = []
    for value in power[0]:
        total, weight = tcn_causal.DECAY * total + value, tcn_causal.DECAY * weight + 1
        expected.append(np.sqrt(total / weight))
    np.testing.assert_allclose(tcn_causal.running_level(torch.tensor(power))[0], expected, rtol=1e-5)


def test_the_method_states_its_latency_and_its_rate(causal, x, tmp_path):
    card = Card("own", "emgtut.denoise.tcn_causal.CausalTCN", {"width": 64})
    save_weights(tmp_path, "own", causal, card)
    method = CausalMethod(weights=tmp_path / "own.safetensors")
    assert method.info.phase == "causal"
    assert method.info.latency_s * 1000 == LATENCY <= 50
    assert method.info.n_parameters == 146_624
    np.testing.assert_array_equal(method(x, fs=1000), TwoGrids(causal).push(x))
    assert method(np.tile(x, 2), fs=2000).shape == (2, 2006)
    with pytest.raises(ValueError, match="1000 Hz only"):
        method.stream(2000)
    other = dataclasses.replace(card, model="emgtut.denoise.tcn.TCN")
    save_weights(tmp_path, "other", causal, other)
    with pytest.raises(ValueError, match=r"belong to emgtut\.denoise\.tcn\.TCN"):
        CausalMethod(weights=tmp_path / "other.safetensors")
