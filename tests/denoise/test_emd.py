"""EMD and CEEMDAN: equal to PyEMD, with and without numba; and denoisers that mend what the published rules miss."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PyEMD import CEEMDAN, EMD

from emgtut import denoise
from emgtut.acquire import ramp, simulate
from emgtut.assess import snr_db
from emgtut.contaminate import coloured_noise, draw, mix_at_snr, synthetic_ecg
from emgtut.denoise.decomposition import ceemdan_modes, emd_modes
from emgtut.denoise.mode_rules import EMD_WEIGHTS, published
from emgtut.signals import rms, unit_power

FS = 1000


@pytest.fixture(scope="module")
def muscle():
    """Two minutes of simulated muscle: a slow ramp up and down, offset removed."""
    emg = np.atleast_2d(simulate(ramp(120 * FS, fs=FS, peak=0.7), fs=FS, seed=11).emg)[0]
    return emg - emg.mean()


def material(muscle, n_samples):
    """Unit-scale windows: simulated muscle, white and coloured noise, mixtures, tones, and clipped ones."""
    rng = np.random.default_rng(n_samples)
    pieces = muscle[: muscle.size // n_samples * n_samples].reshape(-1, n_samples)
    pieces = pieces[np.std(pieces, axis=-1) > 1e-3 * rms(muscle)]  # the ramp begins with silence
    windows = list(pieces)
    for k, piece in enumerate(pieces):
        noise = coloured_noise(n_samples, rng=rng, exponent=float(k % 3))
        tone = np.sin(2 * np.pi * rng.uniform(5, 200) * np.arange(n_samples) / FS)
        windows += [noise, unit_power(piece) + noise, tone + 0.1 * noise, np.clip(unit_power(piece), -1.0, 1.0)]
    return [window / rms(window) for window in windows]


def pyemd(x, max_modes):
    return EMD()(x.copy(), max_imf=max_modes)


def pyemd_ceemdan(x, trials, max_modes, seed):
    reference = CEEMDAN(trials=trials, range_thr=0.001, total_power_thr=0.01, parallel=False)
    reference.noise_seed(seed)
    return reference(x.copy(), max_imf=max_modes)


def differs(ours, theirs):
    return ours.shape != theirs.shape or not np.max(np.abs(ours - theirs)) <= 1e-8


def test_emd_equals_pyemd_on_more_than_two_hundred_windows(muscle):
    short, long = material(muscle, 2 * FS)[:190], material(muscle, 10 * FS)[:10]
    assert len(short) + len(long) >= 200
    different = [k for k, x in enumerate(short + long) if differs(emd_modes(x, max_modes=8), pyemd(x, 8))]
    # Rounding could tip a threshold or split a plateau in some window; here it does so in none.
    assert different == []


def test_all_modes_are_equal_too(muscle):
    for x in material(muscle, 2 * FS)[::12]:
        assert not differs(emd_modes(x), pyemd(x, -1))


@pytest.mark.parametrize("n_samples", [2 * FS, 2 * FS + 1, 10 * FS])
def test_ceemdan_equals_pyemd(muscle, n_samples):
    x = muscle[20_000 : 20_000 + n_samples]
    trials = 20 if n_samples < 3 * FS else 4
    x = x / rms(x)
    ours = ceemdan_modes(x, seed=42, trials=trials, max_modes=8)
    assert not differs(ours, pyemd_ceemdan(x, trials, 8, 42))
    assert differs(ours, ceemdan_modes(x, seed=43, trials=trials, max_modes=8))


@pytest.mark.parametrize("method", ["numpy", "numba"])
def test_plateaus_and_odd_signals_follow_pyemd_in_both_paths(method):
    rng, different = np.random.default_rng(5), []
    for k in range(60):
        n = int(rng.integers(40, 400))
        steps = rng.standard_normal(n)
        x = [np.round(2 * steps) / 2, np.clip(steps, -0.7, 0.7), np.round(np.cumsum(steps)), np.sign(steps)][k % 4]
        x = x / rms(x) if np.any(x) else steps
        limit = (None, 8, 1)[k % 3]
        ours, theirs = emd_modes(x, max_modes=limit, method=method), pyemd(x, limit or -1)
        if differs(ours, theirs):
            different.append(k)
    assert different == []


def test_the_compiled_path_gives_the_numbers_of_the_readable_one(muscle):
    for x in material(muscle, 2 * FS)[::9]:
        np.testing.assert_array_equal(emd_modes(x, method="numba"), emd_modes(x, method="numpy"))
    x = muscle[30_000:30_500] / rms(muscle[30_000:30_500])
    settings = {"seed": 1, "trials": 4}
    np.testing.assert_array_equal(
        ceemdan_modes(x, method="numba", **settings), ceemdan_modes(x, method="numpy", **settings)
    )


def test_without_numba_auto_takes_the_readable_path(tmp_path):
    x = np.random.default_rng(0).standard_normal(600)
    np.save(tmp_path / "x.npy", x)
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "import numpy as np\nfrom emgtut import denoise\n"
        f"x = np.load({str(tmp_path / 'x.npy')!r})\n"
        f"np.save({str(tmp_path / 'y.npy')!r}, denoise.get('emd')(x, fs=1000))\n"
        "assert 'emgtut.denoise.sifting_numba' not in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, env=os.environ | {"PYTHONPATH": os.getcwd()})
    np.testing.assert_array_equal(np.load(tmp_path / "y.npy"), denoise.get("emd", method="numba")(x, fs=1000))


def test_rows_add_up_and_the_unit_decides_how_many_there_are(muscle):
    x = muscle[30_000:32_000] / rms(muscle[30_000:32_000])
    for rows in (emd_modes(x), ceemdan_modes(x, seed=0, trials=4)):
        np.testing.assert_allclose(rows.sum(axis=0), x, atol=1e-9)
    assert len(emd_modes(x)) >= 8
    volts = 2e-5 * x
    assert len(emd_modes(volts)) == len(pyemd(volts, -1)) == 2  # one mode and what is left
    np.testing.assert_allclose(ceemdan_modes(volts, seed=0, trials=2), 2e-5 * ceemdan_modes(x, seed=0, trials=2))


@pytest.mark.parametrize("name", ["emd", "ceemdan"])
@pytest.mark.parametrize("mains_hz", [49.8, 50.2, 60.3])
@pytest.mark.parametrize("told", [None, ["mains"]])
def test_hum_at_50_or_60_hz_and_its_harmonics_goes(muscle, name, mains_hz, told):
    clean = muscle[30_000:32_000]
    t = np.arange(clean.size) / FS
    hum = sum(np.sin(2 * np.pi * h * mains_hz * t + h) / h for h in (1, 2, 3))
    noisy = mix_at_snr(clean, hum, -5.0)
    gain = snr_db(clean, denoise.get(name)(noisy, fs=FS, contaminants=told)) + 5.0
    assert gain > 10.0
    if mains_hz < 50 and told:  # the published rule looks strictly between 50 and 70 Hz: this hum stays
        compat = denoise.get(name, compat=True)(noisy, fs=FS, contaminants=told)
        assert snr_db(clean, compat) + 5.0 < gain - 8.0


@pytest.mark.parametrize("name", ["emd", "ceemdan"])
def test_the_fastest_mode_of_a_clean_muscle_stays(muscle, name):
    clean = muscle[30_000:32_000] - muscle[30_000:32_000].mean()
    assert snr_db(clean, denoise.get(name)(clean, fs=FS)) > 30.0
    assert snr_db(clean, denoise.get(name)(clean, fs=FS, contaminants=[])) > 100.0
    assert snr_db(clean, denoise.get(name, compat=True)(clean, fs=FS)) < 5.0


@pytest.mark.parametrize(("kind", "least"), [("ecg", 12.0), ("motion", 15.0), ("white", 6.0)])
def test_blind_and_oracle_help_on_validation_noise(muscle, kind, least):
    rng = np.random.default_rng(2)
    windows = muscle[20_000:60_000].reshape(-1, 4 * FS)
    noisy = [mix_at_snr(w, draw(kind, "validation", w.size, FS, rng, source="synthetic"), -10.0) for w in windows]
    for told in (None, [kind]):
        gains = [snr_db(w, denoise.get("emd")(y, fs=FS, contaminants=told)) + 10.0 for w, y in zip(windows, noisy)]
        assert np.mean(gains) > least


def test_the_published_rules_do_what_they_say():
    t = np.arange(2000) / FS
    modes = np.stack([np.sin(2 * np.pi * f * t) for f in (200.0, 80.0, 10.0)])
    window = modes.sum(axis=0)
    rules = {"fs": FS, "low_hz": 20.0, "weights": EMD_WEIGHTS, "keep_last": False}
    np.testing.assert_array_equal(published(modes, window, [], **rules), window)
    without_slow = published(modes, window, ["motion"], **rules)
    np.testing.assert_allclose(without_slow[200:-200], (modes[0] + modes[1])[200:-200], atol=0.02)
    modes = np.random.default_rng(0).laplace(size=(3, 2000)) * np.array([[1.0], [0.8], [0.2]])
    threshold = np.median(np.abs(modes[1])) / 0.6745 * np.sqrt(2 * np.log(2000)) / 4
    shrunk = np.sign(modes[1]) * np.maximum(np.abs(modes[1]) - threshold, 0)
    np.testing.assert_allclose(published(modes, window, None, **rules), shrunk)  # the third is no larger than noise


@pytest.mark.parametrize("kind", ["ecg", "mains"])
def test_a_label_counts_in_the_shortest_windows_too(kind):
    rng = np.random.default_rng(0)
    clean = unit_power(coloured_noise(300, rng=rng))
    heart = synthetic_ecg(1000, fs=FS, rng=rng)[200:500]
    hum = np.sin(2 * np.pi * 60 * np.arange(300) / FS)
    noisy = mix_at_snr(clean, {"ecg": heart - heart.mean(), "mains": hum}[kind], -14.0)
    error = {told: snr_db(clean, denoise.get("emd")(noisy, fs=FS, contaminants=told)) for told in ((), (kind,))}
    assert error[(kind,)] > error[()] + 8.0


def test_an_offset_is_no_signal_and_hides_none(muscle):
    clean = muscle[30_000:32_000]
    for name in ("emd", "ceemdan"):
        d = denoise.get(name)
        assert not d(np.full(1000, 3.0), fs=FS).any()
        np.testing.assert_allclose(d(clean + 1e3 * rms(clean), fs=FS), d(clean, fs=FS), atol=1e-6 * rms(clean))


def test_wrong_numbers_are_refused_in_words():
    x = np.random.default_rng(0).standard_normal(500)
    for call, says in (
        (lambda: emd_modes(x, method="fast"), "method is 'fast'"),
        (lambda: emd_modes(x[None]), "one signal is taken apart"),
        (lambda: emd_modes(x, max_modes=0), "max_modes is 0"),
        (lambda: ceemdan_modes(x, seed=0, trials=0), "trials is 0"),
        (lambda: ceemdan_modes(x, seed=0, epsilon=-1.0), "epsilon is -1.0"),
        (lambda: ceemdan_modes(np.ones(500), seed=0), "constant"),
        (lambda: denoise.get("emd", low_hz=-1.0), "low_hz is -1.0"),
    ):
        with pytest.raises(ValueError, match=says):
            call()
