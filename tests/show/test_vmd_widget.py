"""The decomposition in the browser, run under node, against the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.acquire import shaped_gaussian
from emgtut.denoise.vmd_core import make_rounds, mode_gains
from emgtut.show.vmd_widget import VmdProbe

NODE = shutil.which("node")
DRIVER = """
const core = await import(process.argv[2]);
const { re, im, cases, freqs } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const rows = cases.map((c) => {
  const found = core.decompose({ re, im, samples: 2 * re.length, ...c });
  return { ...found, said: core.describeVmd({ ...found, fs: 1000, rms: c.rms }),
    gains: freqs.map((f) => core.gainsAt(f, found.centres[found.rounds], c.alpha)) };
});
console.log(JSON.stringify(rows));
"""
CASES = [
    {"modes": 6, "alpha": 2000, "rms": 1.0},
    {"modes": 6, "alpha": 2000, "rms": 5e-5},
    {"modes": 3, "alpha": 500, "rms": 1e-3},
]
FREQS = [0.0, 0.05, 0.123, 0.4]


def probe():
    return VmdProbe(shaped_gaussian(600, fs=1000, rng=np.random.default_rng(0)), fs=1000)


@pytest.fixture
def rows(tmp_path):
    widget = probe()
    re_, im = (np.frombuffer(part, "<f4").astype(float) for part in (widget.real, widget.imag))
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {"re": re_.tolist(), "im": im.tolist(), "cases": CASES, "freqs": FREQS}
    (tmp_path / "given.json").write_text(json.dumps(given))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return re_ + 1j * im, json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE DECOMPOSITION'S JAVASCRIPT WAS NOT TESTED")
def test_rounds_centres_and_gains_equal_the_package(rows):
    spectrum, found = rows
    samples = 2 * spectrum.size
    freqs = np.arange(spectrum.size) / samples
    for case, got in zip(CASES, found, strict=True):
        limit = (1e-7 - np.spacing(1.0)) * samples / case["rms"] ** 2
        _, centres = make_rounds(
            spectrum, freqs, case["modes"], float(case["alpha"]), 0.0, False, True, limit, 0.0, 499
        )
        assert got["rounds"] == len(centres) - 1
        np.testing.assert_allclose(got["centres"], centres, atol=1e-9)
        expected = mode_gains(np.array(FREQS), centres[-1], case["alpha"])[:-1].T
        np.testing.assert_allclose(got["gains"], expected, atol=1e-9)
    assert found[0]["rounds"] > 50 > 4 >= found[1]["rounds"]
    assert "50\xa0µV" in found[1]["said"]


def test_it_needs_no_network_and_keeps_its_range():
    widget = probe()
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    with pytest.raises(ValueError, match="n_modes must lie between"):
        VmdProbe(np.ones(100), fs=1000, n_modes=9)
    with pytest.raises(ValueError, match="not silent"):
        VmdProbe(np.zeros(100), fs=1000)
