"""The contract of all denoisers, run on untrained networks of a few channels whose weights a test saves."""

import importlib.util
import inspect
import itertools
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import torch

from emgtut import denoise
from emgtut.denoise import base, network, networks
from emgtut.learn import Card, save_weights, seeded

WIDTH = {"fcn": 4, "sdemg": 4, "msemg": 4, "trustemg": 2}
KNOWN = {cls.name: cls for cls in (networks.FCN, networks.SDEMG, networks.MSEMG, networks.TrustEMG)}
# A pure tone comes out of a random network with overtones, and out of a random walk with noise, so the one check that
# looks at its smoothness is replaced by `test_windows_join_without_a_seam` on networks that answer exactly.
NEED_TRAINING = {"test_a_long_recording_has_no_seams"}


def load_contract():
    """The module of the contract's tests."""
    path = pathlib.Path(__file__).with_name("test_contract.py")
    spec = importlib.util.spec_from_file_location("contract_for_networks", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


contract = load_contract()


def checks():
    """Every test of the contract that takes a method's name, with each of its other arguments."""
    for key, function in vars(contract).items():
        if not key.startswith("test_") or "name" not in inspect.signature(function).parameters:
            continue
        marks = [mark.args for mark in function.pytestmark if mark.name == "parametrize"]
        if key in NEED_TRAINING or any(args[0] == "name" and "highpass" not in args[1] for args in marks):
            continue  # the latter are for causal methods, or for those that need heart beats
        if hasattr(function, "hypothesis"):
            function, cases = function.hypothesis.inner_test, [{"exponent": e, "seed": 1} for e in (-9, 0.3, 9)]
        else:
            others = [[named(args[0], value) for value in args[1]] for args in marks if args[0] != "name"]
            cases = [dict(itertools.chain(*(one.items() for one in case))) for case in itertools.product(*others)]
        for i, case in enumerate(cases):
            yield pytest.param(function, case, id=f"{key[5:]}-{i}")


def named(names, value):
    if isinstance(names, str):
        names, value = [names], [value]
    return dict(zip(names, value))


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    """A folder with the weights of four untrained networks."""
    folder = tmp_path_factory.mktemp("weights")
    for name, cls in KNOWN.items():
        module, _, kind = cls.network.rpartition(".")
        with seeded(0):
            model = getattr(importlib.import_module(module), kind)(WIDTH[name])
        save_weights(folder, name, model, Card(name, cls.network, {"width": WIDTH[name]}))
    return folder


@pytest.fixture
def entered(weights, monkeypatch):
    """The four names in the list of methods, with the saved weights; taken off it again afterwards."""

    def small(cls):
        class Small(cls):
            def __init__(self, *, seed=0):
                super().__init__(seed=seed, weights=weights / f"{cls.name}.safetensors")

        return Small

    for name, cls in KNOWN.items():
        monkeypatch.setitem(base._REGISTRY, name, small(cls))


@pytest.mark.parametrize("name", WIDTH)
@pytest.mark.parametrize(("check", "case"), list(checks()))
def test_contract(name, check, case, entered):
    check(name, **case)


def test_the_contract_has_not_been_thinned_out():
    kinds = {case.id.rsplit("-", 1)[0] for case in checks()}
    assert len(kinds) >= 13
    assert {"output_scales_with_input", "same_seed_same_output", "memory_grows_no_faster_than_the_recording"} <= kinds


# ------------------------------------------------------------------------------------------------- windows


class Answer(network.NetworkDenoiser):
    """A network denoiser whose network is a function, to see what the windows do."""

    name = "fcn"

    def __init__(self, answer, *, draws=0, seed=0):
        self.answer, self.draws = answer, draws
        super().__init__(seed=seed)

    def describe(self):
        return denoise.Info("answer", "network", "none", 2.0, 0.25, network.BAND_HZ)

    def model(self):
        return None

    def estimate(self, model, noisy, noise):
        return self.answer(noisy, noise)


def recording(seconds, fs=1000, seed=0):
    return np.random.default_rng(seed).standard_normal(round(seconds * fs))


@pytest.mark.parametrize("samples", [250, 1999, 2000, 2001, 3600, 3601, 12_345])
def test_windows_join_without_a_seam(samples):
    """A network that changes nothing gives the signal back, up to its mean within a window, which is not sEMG."""
    x = recording(20)[:samples] * np.linspace(1, 5, samples)
    x = np.diff(x, prepend=0.0)  # next to no mean
    y = Answer(lambda noisy, noise: noisy)(x, fs=1000)
    assert np.sqrt(np.mean((y - x) ** 2)) < 1e-2 * np.sqrt(np.mean(x**2))


def test_a_window_forgets_its_ends_gradually():
    """A network that is wrong at the ends of its window: where two windows meet, little of that is left."""

    def wrong_at_the_ends(noisy, noise):
        y = noisy.clone()
        y[:, :50] = y[:, -50:] = 0.0
        return y

    x = np.sin(np.arange(20_000) * 0.3)
    error = np.abs(Answer(wrong_at_the_ends)(x, fs=1000) - x)
    assert error[100:-100].max() < 0.06
    assert error[:50].max() > 0.5, "the true ends have one window only"


def test_where_windows_start_does_not_depend_on_what_comes_later():
    x = recording(12)
    whole, cut = (Answer(lambda noisy, noise: noisy.abs())(part, fs=1000) for part in (x, x[:9_137]))
    level = np.sqrt(np.mean(x**2)), np.sqrt(np.mean(x[:9_137] ** 2))
    np.testing.assert_allclose(cut[:7_137], whole[:7_137], rtol=0, atol=1e-5 * max(level))


def test_windows_come_at_zero_mean_and_unit_deviation_unclipped():
    seen = []

    def look(noisy, noise):
        seen.append(noisy)
        return noisy

    x = 1e-5 * (recording(10) + 3.0)
    x[4000] = 0.01
    Answer(look)(x, fs=1000)
    windows = torch.cat(seen)
    assert windows.shape == (6, 2000)
    assert windows.mean(dim=1).abs().max() < 1e-5
    torch.testing.assert_close(windows.std(dim=1, correction=0), torch.ones(6))
    assert windows.max() > 40


def test_noise_belongs_to_seed_and_time_not_to_rows_windows_or_levels():
    draw = Answer(lambda noisy, noise: noise[:, 1], draws=2)
    x = recording(5)
    x /= np.sqrt(np.mean(x**2))
    alone = draw(x, fs=1000)
    both = draw(np.stack([recording(5, seed=1), 1e-3 * x]), fs=1000)
    np.testing.assert_allclose(both[1], 1e-3 * alone, rtol=0, atol=1e-9)
    assert np.abs(Answer(draw.answer, draws=2, seed=1)(x, fs=1000) - alone).max() > 1
    longer = draw(np.concatenate([x, x]), fs=1000)
    ratio = longer[:1600] / alone[:1600]
    assert np.ptp(ratio) < 1e-6, "more signal afterwards changes the level of the whole, not the noise"


def test_a_still_window_stays_still_beside_a_busy_one():
    x = np.concatenate([np.full(4000, 2.0), 2.0 + recording(4)])
    y = Answer(lambda noisy, noise: torch.ones_like(noisy))(x, fs=1000)
    assert not y[:1600].any()
    assert y[6000] != 0


def test_what_lies_above_the_band_is_removed():
    t = np.arange(8000) / 4000
    inside, above = np.sin(2 * np.pi * 100 * t), np.sin(2 * np.pi * 900 * t)
    y = Answer(lambda noisy, noise: noisy)(inside + above, fs=4000)[1000:-1000]
    assert np.abs(y - inside[1000:-1000]).max() < 0.02


# ------------------------------------------------------------------------------------------------- weights


def test_the_list_of_networks_is_light_to_import():
    script = "import sys; from emgtut.denoise import networks; print('torch' in sys.modules, 'numba' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_info_comes_from_the_card(entered):
    info = denoise.get("fcn").info
    assert info.n_parameters == sum(p.numel() for p in denoise.get("fcn").model().parameters())
    assert info.weights == "fcn"
    assert info.latency_s == 2.0


def test_weights_of_another_network_are_refused(weights):
    with pytest.raises(ValueError, match=r"belong to emgtut\.denoise\.msemg\.MSEMG"):
        networks.FCN(weights=weights / "msemg.safetensors")


def test_loading_weights_leaves_the_random_numbers_alone(entered):
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    denoise.get("fcn")(recording(1), fs=1000)
    assert torch.equal(torch.rand(3), expected)


def test_more_samples_and_another_order_change_the_diffusion_result(weights):
    x, path = recording(1), weights / "sdemg.safetensors"
    first = networks.SDEMG(weights=path, calls=3, samples=1)(x, fs=1000)
    for change in ({"samples": 2}, {"order": 1}, {"calls": 4}, {"seed": 1}):
        assert np.abs(networks.SDEMG(weights=path, **{"calls": 3, "samples": 1} | change)(x, fs=1000) - first).max() > 0
    for wrong in ({"calls": 0}, {"samples": 0}, {"order": 3}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))} is"):
            networks.SDEMG(weights=path, **wrong)


def test_enter_puts_a_name_on_the_list_once(monkeypatch):
    monkeypatch.setattr(base, "_REGISTRY", dict(base._REGISTRY))
    base._REGISTRY.pop("fcn", None)
    networks.enter("fcn")
    assert "fcn" in denoise.names()
    with pytest.raises(ValueError, match="exists already"):
        networks.enter("fcn")
    with pytest.raises(KeyError):
        networks.enter("magic")
