"""VMD: vmdpy's numbers in `compat`, what is repaired by default, and the rules of the denoiser."""

import sys

import numpy as np
import pytest
from scipy import signal

from emgtut import denoise
from emgtut.acquire import shaped_gaussian
from emgtut.assess import snr_db
from emgtut.contaminate import draw, mix_at_snr
from emgtut.denoise.vmd import soft_intervals
from emgtut.denoise.vmd_core import mode_gains, vmd_modes
from emgtut.signals import rms

FS = 1000.0


def window(n=2000, seed=0, noise=0.5):
    rng = np.random.default_rng(seed)
    x = shaped_gaussian(n, fs=FS, rng=rng)
    return x / x.std() + noise * rng.standard_normal(n)


# ---------------------------------------------------------------------------------------- vmdpy's numbers


@pytest.mark.parametrize("method", ["numpy", "numba"])
@pytest.mark.parametrize(
    ("settings", "scale"),
    [
        ({"n_modes": 6, "alpha": 2000.0, "tol": 1e-7}, 1.0),
        ({"n_modes": 6, "alpha": 2000.0, "tol": 1e-7}, 5e-5),
        ({"n_modes": 3, "alpha": 500.0, "tol": 1e-6}, 16.0),
        ({"n_modes": 4, "alpha": 1000.0, "tau": 0.1, "tol": 1e-6}, 1.0),
        ({"n_modes": 4, "alpha": 1000.0, "keep_dc": True, "tol": 1e-6}, 1.0),
    ],
)
def test_compat_gives_vmdpys_modes_centres_and_rounds(method, settings, scale):
    vmdpy = pytest.importorskip("vmdpy")
    x = scale * window(1000)
    ours = vmd_modes(x, compat=True, method=method, **settings)
    told = {"tau": 0.0, "keep_dc": False} | settings
    modes, _, centres = vmdpy.VMD(x, told["alpha"], told["tau"], told["n_modes"], int(told["keep_dc"]), 1, told["tol"])
    np.testing.assert_allclose(ours.modes, modes, rtol=0, atol=1e-10 * max(1.0, scale))
    np.testing.assert_allclose(ours.modes, modes, rtol=0, atol=1e-10 * scale)
    assert ours.centres.shape == centres.shape
    np.testing.assert_allclose(ours.centres, centres, rtol=0, atol=1e-10)


def test_compat_cuts_an_odd_sample_and_stops_at_vmdpys_limit():
    vmdpy = pytest.importorskip("vmdpy")
    x = window(601)
    ours = vmd_modes(x, n_modes=3, tol=0.0, compat=True)
    modes, _, centres = vmdpy.VMD(x, 2000, 0.0, 3, 0, 1, 0.0)
    assert ours.modes.shape == modes.shape == (3, 600)
    assert ours.rounds == len(centres) == 499
    np.testing.assert_allclose(ours.modes, modes, rtol=0, atol=1e-10)


def test_compat_depends_on_the_unit_and_the_default_does_not():
    x = window()
    rounds = {scale: vmd_modes(scale * x, compat=True, tol=1e-7).rounds for scale in (1.0, 5e-5)}
    assert rounds[5e-5] <= 4
    assert rounds[1.0] > 100
    usual, volts = vmd_modes(x), vmd_modes(5e-5 * x)
    assert usual.rounds == volts.rounds
    np.testing.assert_allclose(volts.modes, 5e-5 * usual.modes, rtol=0, atol=1e-15)
    stuck = FS * vmd_modes(5e-5 * x, compat=True, tol=1e-7).centres
    assert np.max(np.abs(stuck[-1] - stuck[0])) < 80, "in volts the centres stay near their uniform start"


# ------------------------------------------------------------------------------------------- the default


@pytest.mark.parametrize("n", [4, 5, 50, 999, 2001])
def test_any_length_is_kept(n):
    assert vmd_modes(window(n), n_modes=2).modes.shape == (2, n)


@pytest.mark.parametrize("settings", [{}, {"tau": 0.2}, {"keep_dc": True}])
def test_the_compiled_and_the_readable_rounds_agree(settings):
    x = window(1001)
    readable, compiled = (vmd_modes(x, max_rounds=60, method=m, **settings) for m in ("numpy", "numba"))
    assert readable.rounds == compiled.rounds
    np.testing.assert_allclose(readable.modes, compiled.modes, rtol=0, atol=1e-10)
    np.testing.assert_allclose(readable.centres, compiled.centres, rtol=0, atol=1e-12)


def test_without_numba_the_readable_rounds_are_taken(monkeypatch):
    import importlib.util

    x = window(400)
    expected = vmd_modes(x, method="numpy").modes
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.setitem(sys.modules, "emgtut.denoise.vmd_numba", None)
    np.testing.assert_array_equal(vmd_modes(x).modes, expected)


def test_three_tones_come_apart():
    t = np.arange(2000) / FS
    tones = np.array([np.cos(2 * np.pi * hz * t) for hz in (30, 120, 310)])
    found = vmd_modes(tones.sum(axis=0), n_modes=3)
    np.testing.assert_allclose(FS * found.centres[-1], [30, 120, 310], atol=0.2)
    middle = slice(200, -200)
    for mode, true in zip(found.modes, tones, strict=True):
        assert snr_db(true[middle], mode[middle]) > 25


def test_at_rest_vmd_is_the_bank_of_filters_that_mode_gains_says():
    x = window(2000)
    found = vmd_modes(x, n_modes=5, tol=1e-12, max_rounds=3000)
    mirrored = np.concatenate([x[:1000][::-1], x, x[1000:][::-1]])
    spectrum, freqs = np.fft.rfft(mirrored), np.arange(2001) / 4000
    gains = mode_gains(freqs, found.centres[-1], 2000.0)
    np.testing.assert_allclose(gains.sum(axis=0), 1.0)
    expected = np.fft.irfft(gains[:-1] * spectrum, 4000, axis=-1)[:, 1000:3000]
    np.testing.assert_allclose(found.modes, expected, atol=0.01)


def test_memory_does_not_grow_with_the_rounds():
    import tracemalloc

    x = window(4000)

    def peak(rounds):
        tracemalloc.start()
        vmd_modes(x, tol=0.0, max_rounds=rounds, method="numpy")
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(3)
    assert peak(60) < 1.1 * peak(10)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"alpha": 0.0}, "alpha=0"),
        ({"tol": -1.0}, "tol=-1"),
        ({"n_modes": 0}, "n_modes"),
        ({"method": "fast"}, "method is 'fast'"),
    ],
)
def test_impossible_settings_are_refused_in_words(settings, says):
    with pytest.raises(ValueError, match=says):
        vmd_modes(window(100), **settings)


def test_one_signal_at_a_time():
    with pytest.raises(ValueError, match="one signal"):
        vmd_modes(np.ones((2, 100)))


# ------------------------------------------------------------------------------------------- the denoiser


def published(x, labels, f_min=20.0):
    """The published rules once more, written straight from their description on top of vmdpy."""
    vmdpy = pytest.importorskip("vmdpy")
    unit = x / rms(x)
    high = signal.butter(4, f_min, "highpass", fs=FS, output="sos")
    padlen = {"padlen": min(unit.size - 1, 400)}
    modes, _, centres = vmdpy.VMD(unit, 2000, 0.0, 6, 0, 1, 1e-7)
    out = np.zeros_like(x)
    for mode, centre in zip(modes, centres[-1] * FS, strict=True):
        if "mains" in labels and 50 < centre < 70:
            mode = signal.filtfilt(*signal.iirnotch(centre, 20, fs=FS), mode)
        if "motion" in labels and "ecg" not in labels:
            mode = np.zeros_like(mode) if centre < f_min else signal.sosfiltfilt(high, mode, **padlen)
        if not labels or "white" in labels:
            if 20 <= centre <= 500:
                crossings = np.flatnonzero(np.sign(mode[1:]) != np.sign(mode[:-1])) + 1
                threshold = np.median(np.abs(mode)) / 0.6745 * np.sqrt(2 * np.log(mode.size)) / 4
                pieces = np.split(mode.copy(), crossings)
                for piece in pieces:
                    top = np.max(np.abs(piece))
                    piece *= max(0.0, (top - threshold) / top)
                mode = np.concatenate(pieces)
            else:
                mode = np.zeros_like(mode)
        out += mode
    return out * rms(x)


@pytest.mark.parametrize("labels", [None, ["ecg"], ["white"], ["motion"], ["motion", "ecg"]])
def test_compat_follows_the_published_rules(labels):
    x = 1e-3 * window(2000)
    ours = denoise.get("vmd", compat=True)(x, fs=FS, contaminants=labels)
    expected = published(x, labels or [])
    middle = slice(300, -300)  # the ends of a filter are padded in another way
    np.testing.assert_allclose(ours[middle], expected[middle], rtol=0, atol=1e-4 * np.std(x))


def test_compat_takes_a_60_hz_line_and_leaves_a_heart():
    clean = shaped_gaussian(2000, fs=FS, rng=np.random.default_rng(0))
    d = denoise.get("vmd", compat=True)
    hum = np.sin(2 * np.pi * 60 * np.arange(2000) / FS)
    noisy = mix_at_snr(clean, hum, -10.0)
    assert snr_db(clean, d(noisy, fs=FS, contaminants=["mains"])) > -5.0
    heart = mix_at_snr(clean, draw("ecg", "train", 2000, FS, np.random.default_rng(0), source="synthetic"), -10.0)
    assert abs(snr_db(clean, d(heart, fs=FS, contaminants=["ecg"])) + 10.0) < 1.0
    assert snr_db(clean, denoise.get("vmd")(heart, fs=FS, contaminants=["ecg"])) > 0.0


@pytest.mark.parametrize("labels", [None, ["white"]])
def test_an_offset_changes_nothing(labels):
    rng = np.random.default_rng(0)
    clean = shaped_gaussian(2000, fs=FS, rng=rng)
    noisy = clean / clean.std() + 0.7 * rng.standard_normal(2000)
    d = denoise.get("vmd")
    expected = d(noisy, fs=FS, contaminants=labels)
    assert np.std(expected) > 0.3
    np.testing.assert_allclose(d(noisy + 20.0, fs=FS, contaminants=labels), expected, rtol=0, atol=1e-6)


def test_the_default_treats_both_grids():
    clean = denoise.get("highpass", cutoff_hz=30)(shaped_gaussian(2000, fs=FS, rng=np.random.default_rng(0)), fs=FS)
    for hz in (50.2, 59.9):
        noisy = mix_at_snr(clean, np.sin(2 * np.pi * hz * np.arange(2000) / FS), -10.0)
        assert snr_db(clean, denoise.get("vmd")(noisy, fs=FS)) + 10 > 12


@pytest.mark.parametrize("kind", ["mains", "ecg", "motion", "white"])
@pytest.mark.parametrize("told", [False, True])
def test_the_default_gains_more_than_the_published_rules(kind, told):
    ours, theirs = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        clean = denoise.get("highpass", cutoff_hz=20)(shaped_gaussian(2000, fs=FS, rng=rng), fs=FS)
        noisy = mix_at_snr(clean, draw(kind, "train", 2000, FS, rng, source="synthetic"), -5.0)
        labels = [kind] if told else None
        ours.append(snr_db(clean, denoise.get("vmd")(noisy, fs=FS, contaminants=labels)))
        theirs.append(snr_db(clean, denoise.get("vmd", compat=True)(noisy, fs=FS, contaminants=labels)))
    assert np.mean(ours) > np.mean(theirs) + 0.3


def test_soft_intervals_keep_zero_crossings_and_shrink_by_the_threshold():
    mode = window(500)
    shrunk = soft_intervals(mode)
    assert np.all(shrunk * mode >= 0)
    threshold = np.median(np.abs(mode)) / 0.6745 * np.sqrt(2 * np.log(500)) / 4
    assert np.max(np.abs(mode)) - np.max(np.abs(shrunk)) == pytest.approx(threshold)


def test_an_odd_window_keeps_its_length_in_compat():
    assert denoise.get("vmd", compat=True)(window(2001), fs=FS).shape == (2001,)
