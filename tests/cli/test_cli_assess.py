"""`emgtut assess`: scores that closed forms know, and recordings that cannot be compared."""

import dataclasses

import numpy as np
import pytest
from matplotlib import image

from emgtut.assess import evaluate
from emgtut.contaminate import mix_at_snr
from emgtut.data import Recording, load, read, write


def table(text):
    """Scores as the table prints them: name -> (unit, values)."""
    rows = {}
    for line in text.replace("−", "-").replace("∞", "inf").replace("undefined", "nan").splitlines():
        cells = line.split()
        if cells and cells[0] in SCORES:
            rows[cells[0]] = (cells[1], [float(cell) for cell in cells[2:]])
    return rows


SCORES = {
    "snr_in": "dB",
    "snr_out": "dB",
    "snr_imp": "dB",
    "rmse": "mV",
    "prd": "%",
    "lsd": "dB",
    "rmse_arv": "mV",
    "rmse_zcr": "crossings/s",
    "rmse_mnf": "Hz",
    "rmse_mdf": "Hz",
    "rmse_kurtosis": "none",
}


@pytest.fixture
def files(rng, tmp_path):
    """Clean, noisy (10 dB and 0 dB) and estimate (20 dB and 40 dB) of two channels, as files."""
    clean = rng.standard_normal((2, 4000))
    error = rng.standard_normal((2, 4000))
    error *= np.linalg.norm(clean, axis=-1, keepdims=True) / np.linalg.norm(error, axis=-1, keepdims=True)
    signals = {
        "clean": clean,
        "noisy": clean + np.array([[10**-0.5], [1.0]]) * error,
        "estimate": clean + np.array([[0.1], [0.01]]) * error,
    }
    paths = {name: tmp_path / f"{name}.npz" for name in signals}
    for name, signal in signals.items():
        write(Recording(signal, 1000, ["VL", "BF"], units="mV"), paths[name])
    return paths


def test_scores_that_are_known(works, files):
    text = works("assess", files["estimate"], "--clean", files["clean"], "--noisy", files["noisy"])
    rows = table(text)
    assert {name: unit for name, (unit, _) in rows.items()} == SCORES
    assert rows["snr_in"][1] == pytest.approx([10, 0], abs=1e-3)
    assert rows["snr_out"][1] == pytest.approx([20, 40], abs=1e-2)
    assert rows["snr_imp"][1] == pytest.approx([10, 40], abs=1e-2)
    assert rows["prd"][1] == pytest.approx([10, 1], rel=1e-3)
    level = np.sqrt(np.mean(np.square(read(files["clean"]).signal), axis=-1))
    assert rows["rmse"][1] == pytest.approx(level * [0.1, 0.01], rel=1e-3)
    assert "energy of the clean signal" in text


def test_without_the_noisy_signal_no_gain_is_claimed(works, files):
    rows = table(works("assess", files["estimate"], "--clean", files["clean"]))
    assert list(rows) == [name for name in SCORES if name not in ("snr_in", "snr_imp")]
    assert rows["snr_out"][1] == pytest.approx([20, 40], abs=1e-2)


def test_a_perfect_estimate_and_silence(works, files, tmp_path):
    rows = table(works("assess", files["clean"], "--clean", files["clean"]))
    assert rows["snr_out"][1] == [np.inf, np.inf]
    assert rows["prd"][1] == [0, 0]
    works("denoise", files["noisy"], tmp_path / "zero.csv", "--method", "zero")
    text = works("assess", tmp_path / "zero.csv", "--clean", files["clean"])
    rows = table(text)
    assert rows["snr_out"][1] == pytest.approx([0, 0], abs=1e-9)
    assert rows["prd"][1] == [100, 100]
    assert np.isnan(rows["rmse_mnf"][1]).all()
    assert "Undefined" in text


def test_channels_are_matched_by_name(works, files, tmp_path):
    estimate = read(files["estimate"])
    swapped = dataclasses.replace(estimate, signal=estimate.signal[::-1], channels=["BF", "VL"])
    write(swapped, tmp_path / "swapped.npz")
    rows = table(works("assess", tmp_path / "swapped.npz", "--clean", files["clean"]))
    assert rows["snr_out"][1] == pytest.approx([40, 20], abs=1e-2)


def test_one_channel_of_many(works, files):
    rows = table(works("assess", files["estimate"], "--clean", files["clean"], "--channel", "BF"))
    assert rows["snr_out"][1] == pytest.approx([40], abs=1e-2)


def test_many_channels_fill_several_tables(works, rng, tmp_path):
    clean = rng.standard_normal((8, 1000))
    names = [f"channel-{i}" for i in range(8)]
    write(Recording(clean, 1000, names), tmp_path / "clean.npz")
    write(Recording(1.1 * clean, 1000, names), tmp_path / "estimate.npz")
    text = works("assess", tmp_path / "estimate.npz", "--clean", tmp_path / "clean.npz")
    assert [name for name in names if name not in text] == []
    assert text.count("20 ") + text.count("20\n") >= 8


class Judge:
    """Stands in for the trained network: what it says is known, and windows with a negative mean cube are strange."""

    low_db, high_db = -15.0, 15.0

    def __call__(self, windows):
        import torch

        return torch.full((len(windows),), 3.0), torch.full((len(windows),), 0.5)

    def distance(self, windows):
        return np.where(np.mean(windows**3, axis=-1) < 0, 2.0, 0.5)


@pytest.fixture
def judged(monkeypatch, tmp_path, rng):
    """Three channels of 6 s: a familiar one, a strange one and a silent one."""
    monkeypatch.setattr("emgtut.assess.qasenet._judge", lambda name: Judge())
    peaks = rng.standard_normal(6000) ** 2
    path = tmp_path / "walk.npz"
    write(Recording(np.stack([peaks, -peaks, np.zeros(6000)]), 1000, ["VL", "BF", "off"], units="mV"), path)
    return path


def test_without_a_reference_the_snr_is_predicted(works, judged):
    text = works("assess", judged)
    lines = {line.split()[0]: line.split() for line in text.splitlines() if line.split()}
    assert lines["VL"][1:] == ["3", "0.5", "3", "3", "100", "%", "B"]
    assert lines["BF"][-3:] == ["0", "%", "unknown"]
    assert lines["off"][-1] == "silent"
    assert "BF: outside of what the judge was trained on" in text
    assert "off: constant" in text
    assert "VL:" not in text


def test_the_curve_over_time_is_drawn(works, fails, judged, tmp_path):
    text = works("assess", judged, "--plot")
    for name in ("walk_snr_0_VL.png", "walk_snr_1_BF.png", "walk_snr_2_off.png"):
        assert image.imread(tmp_path / name)[..., :3].std() > 0.05
        assert name in text
    assert "--force" in fails("assess", judged, "--plot")


def test_without_torch_or_weights_it_says_what_to_do(fails, files, monkeypatch, tmp_path):
    from emgtut.assess import qasenet

    qasenet._judge.cache_clear()
    monkeypatch.setattr("emgtut.learn.cards.WEIGHTS", tmp_path)
    assert "emgtut train" in fails("assess", files["estimate"])
    monkeypatch.setattr("emgtut.assess.qasenet.importlib.util.find_spec", lambda name: None)
    assert "PyTorch" in fails("assess", files["estimate"])


def test_what_cannot_be_judged(fails, judged, files, tmp_path):
    assert "choose one" in fails("assess", judged, "--model", "magic")
    assert "--clean" in fails("assess", judged, "--model", "ecg", "--clean", files["clean"], code=2)
    assert "--clean" in fails("assess", judged, "--noisy", files["noisy"], code=2)
    write(Recording(np.ones((1, 900)), 900, ["VL"]), tmp_path / "slow.npz")
    assert "constant" in fails("assess", tmp_path / "slow.npz")
    write(Recording(np.eye(1, 4000), 900, ["VL"]), tmp_path / "slow.npz")
    assert "higher rate" in fails("assess", tmp_path / "slow.npz")
    write(Recording(np.eye(1, 1500), 1000, ["VL"]), tmp_path / "short.npz")
    assert "at least 2000" in fails("assess", tmp_path / "short.npz")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fs": 2000}, ["1000 Hz", "2000 Hz"]),
        ({"units": "arbitrary"}, ["mV", "arbitrary", "--units"]),
        ({"signal": slice(0, 3999)}, ["4000", "3999"]),
        ({"signal": [0], "channels": ["VL"]}, ["2 channels", "1", "--channel"]),
    ],
)
def test_what_cannot_be_compared(fails, files, tmp_path, change, words):
    clean = read(files["clean"])
    if isinstance(change.get("signal"), slice):
        change = change | {"signal": clean.signal[:, change["signal"]]}
    elif "signal" in change:
        change = change | {"signal": clean.signal[change["signal"]]}
    write(dataclasses.replace(clean, **change), tmp_path / "other.npz")
    told = fails("assess", files["estimate"], "--clean", tmp_path / "other.npz")
    assert [word for word in words if word not in told] == []
    told = fails("assess", files["estimate"], "--clean", files["clean"], "--noisy", tmp_path / "other.npz")
    assert [word for word in words if word not in told] == []


def test_a_silent_reference_is_named(fails, files, tmp_path):
    clean = read(files["clean"])
    clean.signal[1] = 0
    write(clean, tmp_path / "silent.npz")
    told = fails("assess", files["estimate"], "--clean", tmp_path / "silent.npz")
    assert "silent" in told
    assert "'BF'" in told


def test_too_short_to_score(fails, tmp_path):
    write(Recording(np.ones((1, 100)), 1000, ["VL"]), tmp_path / "short.npz")
    fails("assess", tmp_path / "short.npz", "--clean", tmp_path / "short.npz")


def test_pictures(works, fails, files, tmp_path):
    scores = "assess", files["estimate"], "--clean", files["clean"], "--plot"
    works(*scores)
    for name in ("estimate_assess_0_VL.png", "estimate_assess_1_BF.png"):
        assert image.imread(tmp_path / name)[..., :3].std() > 0.05
    assert "--force" in fails(*scores)
    works(*scores, "--force")


@pytest.mark.data
def test_real_muscle_and_heart_mixed_cleaned_and_scored(works, data_root, tmp_path):
    """The semi-synthetic example of chapter 08, through files only, gives what the package gives."""
    from emgtut.denoise import get
    from emgtut.signals import resample, unit_power

    muscle = load("elderly_lower_limb", "17/VL", root=data_root)
    heart = resample(load("mitdb", "122", root=data_root).signal[0, : 360 * 10], fs=360, fs_out=2000)
    clean = muscle.signal[0, :18_000] - muscle.signal[0, :18_000].mean()
    noisy = mix_at_snr(clean, unit_power(heart[:18_000]), -10)
    for name, signal in {"clean": clean, "noisy": noisy}.items():
        write(Recording([signal], 2000, ["VL"], units="mV"), tmp_path / f"{name}.npz")
    works("denoise", tmp_path / "noisy.npz", tmp_path / "out.csv", "--method", "highpass")
    rows = table(
        works("assess", tmp_path / "out.csv", "--clean", tmp_path / "clean.npz", "--noisy", tmp_path / "noisy.npz")
    )
    expected = evaluate(clean, noisy, get("highpass")(noisy, fs=2000), fs=2000)
    assert {name: values[0] for name, (_, values) in rows.items()} == pytest.approx(expected, rel=1e-3)
    assert rows["snr_in"][1][0] == pytest.approx(-10, abs=1e-3)
    assert rows["snr_imp"][1][0] > 5
