"""The same promises on real sEMG (elderly_lower_limb) under real ECG (mitdb): a semi-synthetic mixture."""

import numpy as np
import pytest

from emgtut import denoise
from emgtut.assess import evaluate
from emgtut.contaminate import mix_at_snr
from emgtut.data import available, load
from emgtut.signals import resample, unit_power

FS = 1000.0


@pytest.fixture(scope="module")
def mixture(data_root):
    """Vastus lateralis of a test subject and a test ECG record at 1 kHz, 8 s, -10 dB."""
    for dataset in ("elderly_lower_limb", "mitdb"):
        if not available(dataset):
            pytest.skip(f"{dataset} is not among the real recordings")
    muscle, heart = load("elderly_lower_limb", "17/VL"), load("mitdb", "122")
    emg = resample(muscle.channel("VL"), fs=muscle.fs, fs_out=FS)[1000:9000]
    ecg = resample(heart.channel("MLII")[: round(9 * heart.fs)], fs=heart.fs, fs_out=FS)[500:8500]
    clean = emg - emg.mean()  # offsets go before mixing, in the open
    return clean, mix_at_snr(clean, unit_power(ecg), -10.0)


def test_a_real_mixture_hits_its_snr(mixture):
    clean, noisy = mixture
    noise = noisy - clean
    assert 10 * np.log10(np.sum(clean**2) / np.sum(noise**2)) == pytest.approx(-10.0, abs=1e-9)


def test_high_pass_filters_keep_their_order_on_real_recordings(mixture):
    clean, noisy = mixture
    scores = {
        name: evaluate(clean, noisy, denoise.get(name)(noisy, fs=FS), fs=FS)["snr_imp"]
        for name in ("identity", "zero", "highpass", "highpass_causal")
    }
    assert scores["identity"] == 0.0
    assert scores["zero"] == pytest.approx(10.0, abs=1e-9)
    assert scores["highpass"] > scores["highpass_causal"] + 5.0
    # The causal filter removes the heart, and still scores below deleting everything: its phase moves the waveform.
    assert 0.0 < scores["highpass_causal"] < scores["zero"] < scores["highpass"]


def test_scores_are_all_finite_on_real_recordings(mixture):
    clean, noisy = mixture
    scores = evaluate(clean, noisy, denoise.get("highpass")(noisy, fs=FS), fs=FS)
    assert all(np.isfinite(value) for value in scores.values())


def test_a_real_recording_streams_bit_for_bit(mixture):
    _, noisy = mixture
    d = denoise.get("highpass_causal")
    live = d.stream(FS)
    joined = np.concatenate([live.push(chunk) for chunk in np.array_split(noisy, 77)])
    np.testing.assert_array_equal(joined, d(noisy, fs=FS))
