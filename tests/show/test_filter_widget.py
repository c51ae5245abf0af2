"""The arithmetic of the filter bench, run under node, against SciPy and the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import traitlets
from scipy import signal

from emgtut import denoise
from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr
from emgtut.show.filter_widget import ORDERS, FilterBench

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE FILTER BENCH WAS NOT TESTED")

FS = 1000.0
FREQS = [3.0, 20.0, 40.0, 95.0, 200.0]
CASES = [
    {"corner_hz": corner, "order": order, "passes": passes, "snr_db": level}
    for corner, order, passes, level in [
        (40, 4, 2, -10),
        (40, 4, 1, -10),
        (20, 2, 2, 5),
        (100, 8, 1, 20),
        (5, 6, 2, -20),
    ]
]

DRIVER = """
const core = await import(process.argv[2]);
const { clean, noise, cases, freqs, fs } = JSON.parse(process.argv[3]);
const out = { orders: core.ORDERS, cases: cases.map((values) => {
  const s = core.filterState({ ...values, clean: Float32Array.from(clean), noise: Float32Array.from(noise), fs });
  const sections = core.sectionsOf(s.order, s.corner, fs);
  return { out: Array.from(s.out), outDb: s.outDb, gainDb: s.gainDb, ceilingDb: s.ceilingDb, kept: s.kept,
    gain: freqs.map((f) => core.highpassGain(f, s.order, s.corner, fs)),
    delay: freqs.map((f) => core.groupDelay(f, sections, fs)),
    sos: sections.map(({ b, a1, a2 }) => [b, -2 * b, b, 1, a1, a2]), said: core.describeFilter(s) };
}) };
console.log(JSON.stringify(out));
"""


@pytest.fixture
def pair(rng):
    clean = rng.standard_normal(1500).astype(np.float32)
    noise = (np.cumsum(rng.standard_normal(1500)) + 3.0).astype(np.float32)
    return clean, noise


@pytest.fixture
def script(pair, tmp_path):
    bench = FilterBench(*pair, fs=FS)
    (tmp_path / "core.mjs").write_text(bench._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    clean, noise = (x.tolist() for x in pair)
    job = json.dumps({"clean": clean, "noise": noise, "cases": CASES, "freqs": FREQS, "fs": FS})
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), job]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_filter_is_scipys_butterworth(script):
    for given, got in zip(CASES, script["cases"], strict=True):
        sos = signal.butter(given["order"], given["corner_hz"], "highpass", fs=FS, output="sos")
        response = signal.sosfreqz(sos, worN=FREQS, fs=FS)[1]
        np.testing.assert_allclose(got["gain"], np.abs(response), rtol=1e-9)
        mine = signal.sosfreqz(np.array(got["sos"]), worN=FREQS, fs=FS)[1]
        np.testing.assert_allclose(mine, response, rtol=1e-9)
        step = 1e-4  # Hz: the delay is the slope of the phase
        beside = signal.sosfreqz(sos, worN=np.add(FREQS, step), fs=FS)[1]
        slope = -np.angle(beside / response) / (2 * np.pi * step)
        np.testing.assert_allclose(got["delay"], slope, rtol=1e-3)


@needs_node
def test_output_and_scores_equal_the_package(script, pair):
    clean, noise = (x.astype(np.float64) for x in pair)
    for given, got in zip(CASES, script["cases"], strict=True):
        name = "highpass" if given["passes"] == 2 else "highpass_causal"
        d = denoise.get(name, cutoff_hz=given["corner_hz"], order=given["order"])
        noisy = mix_at_snr(clean, noise, given["snr_db"])
        np.testing.assert_allclose(got["out"], d(noisy, fs=FS), atol=1e-6 * np.std(noisy))
        assert got["outDb"] == pytest.approx(snr_db(clean, d(noisy, fs=FS)), abs=1e-4)
        assert got["gainDb"] == pytest.approx(got["outDb"] - given["snr_db"], abs=1e-9)
        alone = d(clean, fs=FS)
        assert got["ceilingDb"] == pytest.approx(snr_db(clean, alone), abs=1e-4)
        assert got["kept"] == pytest.approx(np.sum(alone**2) / np.sum(clean**2), rel=1e-6)
    assert script["orders"] == list(ORDERS)


@needs_node
def test_the_sentence_compares_with_silence_and_with_nothing(script):
    said = [row["said"].replace("\xa0", " ") for row in script["cases"]]
    assert said[0].startswith("Order 4 at 40 Hz, run both ways: the SNR changes by ")
    assert "run forwards only" in said[1]
    assert "no better than doing nothing" in said[3]


def test_scripts_need_no_network(pair):
    bench = FilterBench(*pair, fs=FS)
    text = bench._esm + bench._css
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", text)
    assert bench._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"noise": np.ones(10)}, "equally long"),
        ({"clean": np.zeros(1500)}, "silent"),
        ({"fs": 300}, "500 Hz or more"),
        ({"order": 3}, "order is one of"),
        ({"corner_hz": 2}, "corner lies from"),
        ({"passes": 3}, "passes is 1 or 2"),
        ({"snr_db": np.nan}, "SNR lies from"),
    ],
)
def test_impossible_starts_are_refused(pair, changes, words):
    call = {"clean": pair[0], "noise": pair[1], "fs": FS, **changes}
    with pytest.raises(ValueError, match=words):
        FilterBench(call.pop("clean"), call.pop("noise"), **call)


def test_it_keeps_its_range_and_says_where_it_stands(pair):
    bench = FilterBench(*pair, fs=FS, order=6, passes=1)
    with pytest.raises(traitlets.TraitError):
        bench.corner_hz = 300.0
    assert repr(bench) == "<FilterBench: order 6 at 40 Hz, forwards, -10 dB>"
