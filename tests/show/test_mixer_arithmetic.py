"""The mixer's JavaScript, run under node, against Python."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from scipy.signal import welch

from emgtut.contaminate import gain_for_snr, mix_at_snr
from emgtut.show.widgets import Mixer

NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="node is not installed: THE MIXER'S JAVASCRIPT WAS NOT TESTED")

FS = 1000.0
ASKED = [-20.0, -10.0, -3.5, 0.0, 7.0, 20.0]

DRIVER = """
import fs from "node:fs";
const core = await import(process.argv[2]);
const job = JSON.parse(fs.readFileSync(process.argv[3]));
const read = (path) => new Float32Array(new Uint8Array(fs.readFileSync(path)).buffer);
const prepared = core.prepare(read(job.clean), read(job.noise), job.fs);
const list = (x) => Array.from(x);
const out = { rows: [], freqs: list(prepared.spectra.freqs), numbers: job.numbers.map(core.short) };
for (const definition of Object.keys(core.DEFINITIONS)) for (const asked of job.asked) {
  const s = core.mixAt(prepared, asked, definition);
  out.rows.push({ definition, asked, gain: s.gain, snr: s.snrDb, crest: s.measured.crest, peak: s.measured.peak,
    said: core.describe(s, { clean: "sEMG", noise: "ECG" }), mixture: list(s.mixture),
    density: list(s.density.mixture), clean: list(s.density.clean), noise: list(s.density.noise) });
}
out.sounds = job.rates.map((rate) => { const s = core.sound(prepared.x, rate);
  return { rate: s.rate, samples: list(s.samples) }; });
out.ticks = [core.ticks(0, 4.999, 8), core.ticks(-80, -15, 4), core.ticks(-0.0012, 0.0012, 3)];
out.round = [0.0034, 1.05, 99, 100, 7e5].map(core.roundBelow);
console.log(JSON.stringify(out));
"""


@pytest.fixture(scope="module")
def signals():
    rng = np.random.default_rng(7)
    clean = 0.1 * rng.standard_normal(4000)
    noise = np.zeros(4000)
    noise[::800] = 1.0  # spiky: its crest factor is far from the clean signal's
    noise = np.convolve(noise, np.hanning(60), mode="same") + 0.01 * rng.standard_normal(4000) + 0.05
    return clean, noise


@pytest.fixture(scope="module")
def script(signals, tmp_path_factory):
    """What the shipped module computes, run once."""
    folder = tmp_path_factory.mktemp("mixer")
    mixer = Mixer(*signals, fs=FS)
    (folder / "mixer.mjs").write_text(mixer._esm, encoding="utf-8")
    (folder / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    (folder / "clean.f32").write_bytes(mixer.clean)
    (folder / "noise.f32").write_bytes(mixer.noise)
    job = {
        "clean": str(folder / "clean.f32"),
        "noise": str(folder / "noise.f32"),
        "fs": FS,
        "asked": ASKED,
        "rates": [250, 1000, 1926, 48000],
        "numbers": [-10, 0.7061956, 1234.5, 0],
    }
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [NODE, str(folder / "driver.mjs"), (folder / "mixer.mjs").as_uri(), str(folder / "job.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def rows(script, definition):
    return [row for row in script["rows"] if row["definition"] == definition]


def test_energy_definition_agrees_with_mix_at_snr(signals, script):
    for row in rows(script, "energy"):
        assert row["gain"] == pytest.approx(gain_for_snr(*signals, row["asked"]).item(), rel=1e-6)
        noisy = mix_at_snr(*signals, row["asked"])
        np.testing.assert_allclose(row["mixture"], noisy, rtol=1e-6, atol=1e-6 * np.abs(noisy).max())
        assert row["snr"] == pytest.approx(row["asked"], abs=1e-6)


def test_other_definitions_follow_their_formulas(signals, script):
    clean, noise = signals
    rms_ratio = np.sqrt(np.mean(clean**2) / np.mean(noise**2))
    peak_ratio = np.ptp(clean) / np.ptp(noise)
    for row in rows(script, "rms"):
        assert row["gain"] == pytest.approx(rms_ratio / 10 ** (row["asked"] / 10), rel=1e-6)
        assert row["snr"] == pytest.approx(2 * row["asked"], abs=1e-6)  # 10 log of a ratio of RMS is half the energy's
    for row in rows(script, "peak"):
        assert row["gain"] == pytest.approx(peak_ratio / 10 ** (row["asked"] / 20), rel=1e-6)


@pytest.mark.parametrize("definition", ["energy", "rms", "peak"])
def test_shown_snr_and_crest_are_those_of_the_mixture(signals, script, definition):
    clean, _ = signals
    for row in rows(script, definition):
        mixture = np.array(row["mixture"])
        measured = 10 * np.log10(np.sum(clean**2) / np.sum((mixture - clean) ** 2))
        assert row["snr"] == pytest.approx(measured, abs=1e-5)
        assert row["peak"] == pytest.approx(np.abs(mixture).max(), rel=1e-9)
        assert row["crest"] == pytest.approx(np.abs(mixture).max() / np.sqrt(np.mean(mixture**2)), rel=1e-9)


def test_spectra_equal_scipy_welch(signals, script):
    for row in (rows(script, "energy")[1], rows(script, "peak")[3]):
        for name, x in (("density", np.array(row["mixture"])), ("clean", signals[0]), ("noise", None)):
            x = row["gain"] * signals[1] if x is None else x
            freqs, expected = welch(x, FS, nperseg=512, noverlap=256, detrend="constant")
            np.testing.assert_allclose(script["freqs"], freqs, rtol=1e-12)
            np.testing.assert_allclose(row[name], expected, rtol=1e-4, atol=1e-9 * expected.max())


def test_sentence_names_the_surprise(script):
    said = {(row["definition"], row["asked"]): row["said"].replace("\xa0", " ") for row in script["rows"]}
    assert said["energy", -10.0].endswith("is −10.00 dB, as asked.")
    assert said["rms", -10.0].endswith("is −20.00 dB: 10.00 dB noisier than the number says.")
    assert said["rms", 20.0].endswith("is 40.00 dB: 20.00 dB cleaner than the number says.")
    assert said["rms", 0.0].endswith("is 0.00 dB, as asked.")
    assert said["energy", -3.5].startswith("−3.5 dB read as energy ratio: ECG is multiplied by ")


def test_sound_plays_at_the_signals_own_speed(signals, script):
    for rate, sound in zip([250, 1000, 1926, 48000], script["sounds"]):
        samples = np.array(sound["samples"])
        assert 8000 <= sound["rate"] <= 96000
        assert sound["rate"] % rate == 0
        assert len(samples) / sound["rate"] == pytest.approx(4000 / rate, rel=1e-3)
        assert np.abs(samples).max() <= 0.9
        assert samples[0] == 0
        assert samples[-1] == 0
        factor = sound["rate"] // rate
        inner = slice(1000, 3000)
        kept = samples[::factor][inner] / np.asarray(signals[0])[inner]
        np.testing.assert_allclose(kept, np.median(kept), rtol=1e-3)  # every original sample is among them, scaled once
        assert np.sqrt(np.mean(samples[::factor][inner] ** 2)) == pytest.approx(0.15, rel=0.1)


def test_axis_marks_are_round(script):
    assert script["ticks"] == [[0, 1, 2, 3, 4], [-80, -60, -40, -20], [-0.001, 0, 0.001]]
    assert script["round"] == [0.002, 1, 50, 100, 500000]
    assert script["numbers"] == ["−10", "0.706", "1230", "0"]
