"""Sifting in the browser, run under node, against the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.acquire import shaped_gaussian
from emgtut.denoise.decomposition import emd_modes
from emgtut.denoise.sifting import envelopes, extrema
from emgtut.show.sift_widget import SiftProbe

NODE = shutil.which("node")
UNITS = (1.0, 1e-3, 2e-5)
DRIVER = """
const core = await import(process.argv[2]);
const { windows, units } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const rows = windows.map((x) => ({
  curves: core.envelopesOf(x, core.findExtrema(x)).map((e) => Array.from(e.curve)),
  found: units.map((u) => {
    const { rows, sifts } = core.allModes(x.map((v) => v * u));
    return { rows: rows.map((r) => Array.from(r)), sifts, said: core.describeSift({ rows, sifts, volt: u }) };
  }),
}));
console.log(JSON.stringify(rows));
"""


def windows():
    rng = np.random.default_rng(0)
    t = np.arange(400) / 1000
    raw = [
        shaped_gaussian(500, fs=1000, rng=rng),
        rng.standard_normal(301),
        np.sin(2 * np.pi * 61 * t) + 0.7 * np.sin(2 * np.pi * 7.3 * t + 1) + 0.01 * rng.standard_normal(400),
    ]
    return [np.frombuffer(SiftProbe(x, fs=1000).samples, "<f4").astype(float) for x in raw]


@pytest.fixture
def rows(tmp_path):
    (tmp_path / "core.mjs").write_text(SiftProbe._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {"windows": [x.tolist() for x in windows()], "units": UNITS}
    (tmp_path / "given.json").write_text(json.dumps(given))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE SIFTING'S JAVASCRIPT WAS NOT TESTED")
def test_envelopes_and_modes_equal_the_package(rows):
    for x, row in zip(windows(), rows, strict=True):
        upper, lower, *_ = envelopes(x, *extrema(x))
        np.testing.assert_allclose(row["curves"], [upper, lower], atol=1e-9)
        for unit, found in zip(UNITS, row["found"], strict=True):
            expected = emd_modes(unit * x)
            assert len(found["rows"]) == len(expected)
            np.testing.assert_allclose(found["rows"], expected, rtol=0, atol=1e-8 * unit)
    counts = [len(found["sifts"]) for found in rows[0]["found"]]
    assert counts[0] > counts[1] > counts[2] == 1
    assert "20\xa0µV the program finds 1 mode and a rest" in rows[0]["found"][2]["said"]


def test_it_needs_no_network_and_keeps_its_range():
    x = np.random.default_rng(0).standard_normal(300)
    widget = SiftProbe(x, fs=1000, rms_volt=1e-3, n_sifts=4)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    with pytest.raises(ValueError, match="n_sifts must lie between"):
        SiftProbe(x, fs=1000, n_sifts=11)
    with pytest.raises(ValueError, match="not silent"):
        SiftProbe(np.zeros(300), fs=1000)
    with pytest.raises(ValueError, match="equal"):
        SiftProbe(np.round(x), fs=1000)
