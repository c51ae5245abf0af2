"""The arithmetic of the score board, run under node, against the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.assess.compat import compat_lsd
from emgtut.show.score_widget import ScoreBoard

NODE = shutil.which("node")
DRIVER = """
const core = await import(process.argv[2]);
const out = JSON.parse(process.argv[3]).map((v) => { const s = core.scoreState(v);
  return { ...s, said: core.describeScore(s) }; });
console.log(JSON.stringify({ rows: out, bin: core.HANN_BIN }));
"""
CASES = [
    {"snr_db": s, "gain": g, "level_uv": v} for s, g, v in [(-10, 0, 50), (-10, 1, 50), (3, 0.4, 1e6), (15, 0.96, 1)]
]


@pytest.fixture
def script(tmp_path):
    (tmp_path / "core.mjs").write_text(ScoreBoard()._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), json.dumps(CASES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE SCORE BOARD'S JAVASCRIPT WAS NOT TESTED")
def test_scores_equal_the_package_on_orthogonal_signals(script):
    from emgtut.assess import evaluate

    t = np.arange(2000) / 1000
    clean, noise = np.sin(2 * np.pi * 80 * t), np.sin(2 * np.pi * 130 * t)
    for given, got in zip(CASES, script["rows"], strict=True):
        noisy = clean + 10 ** (-given["snr_db"] / 20) * noise
        scores = evaluate(clean, noisy, given["gain"] * noisy, fs=1000)
        assert got["imp"] == pytest.approx(scores["snr_imp"], abs=1e-6)
        assert got["prd"] == pytest.approx(scores["prd"], rel=1e-6)
    window = np.hanning(512)
    assert script["bin"] == pytest.approx(np.sum(window**2) / np.sum(window) ** 2, rel=1e-12)
    assert "Silence improves the SNR by 10.0" in script["rows"][0]["said"].replace("\xa0", " ")


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE SCORE BOARD'S JAVASCRIPT WAS NOT TESTED")
def test_the_epsilon_collapses_the_distance_as_in_compat(script):
    """White noise and a scaled copy: the model leaves out only that the bins of a real spectrum scatter."""
    rng = np.random.default_rng(0)
    for given, got in zip(CASES, script["rows"], strict=True):
        x = given["level_uv"] * 1e-6 * rng.standard_normal(20_000)
        factor = given["gain"] * np.sqrt(1 + 10 ** (-given["snr_db"] / 10))
        measured = compat_lsd(x, factor * x)
        assert got["lsdVolt"] == pytest.approx(measured, rel=0.5, abs=0.05)


def test_it_needs_no_network_and_keeps_its_range():
    board = ScoreBoard(snr_db=5)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", board._esm + board._css)
    assert repr(board) == "<ScoreBoard: 1 x noisy at 5 dB, 50 µV>"
    with pytest.raises(ValueError, match="gain must lie between"):
        ScoreBoard(gain=1.5)
