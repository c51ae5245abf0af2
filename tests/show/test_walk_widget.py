"""The walk back in the browser, run under node, against the package's own walk."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import torch

from emgtut.denoise.diffusion import deterministic, few_levels
from emgtut.show.walk_widget import WalkProbe

NODE = shutil.which("node")
DRIVER = """
const core = await import(process.argv[2]);
const { starts, cases } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const rows = cases.map((c) => {
  const state = core.walkState({ starts, ...c });
  return { ...state, said: core.describeWalk(state) };
});
console.log(JSON.stringify(rows));
"""
CASES = [
    {"recording": 0.5, "noise": 1.0, "hump": 0.0, "calls": 50, "first": 0.01, "last": 0.999},
    {"recording": -0.3, "noise": 1.5, "hump": 0.95, "calls": 20, "first": 0.05, "last": 0.9},
    {"recording": 2.0, "noise": 0.5, "hump": 0.6, "calls": 1, "first": 0.15, "last": 0.9},
]


def starts_of(widget):
    return np.frombuffer(widget.starts, "<f4").astype(float)


def exact(recording, noise, hump):
    """Mean and standard deviation of the clean value given the recording, by a sum over a fine grid."""
    x = np.linspace(-8, 8, 160_001)
    spread = 1 - hump**2
    prior = np.exp(-((x - hump) ** 2) / 2 / spread) + np.exp(-((x + hump) ** 2) / 2 / spread)
    weight = prior * np.exp(-((recording - x) ** 2) / 2 / noise**2)
    mean = np.average(x, weights=weight)
    return mean, np.sqrt(np.average((x - mean) ** 2, weights=weight))


def best_guess(recording, noise, hump):
    """What a perfect network would say about the noise in x, by the same sum."""
    grid = torch.linspace(-8, 8, 16_001, dtype=torch.float64)
    spread = 1 - hump**2
    prior = torch.exp(-((grid - hump) ** 2) / 2 / spread) + torch.exp(-((grid + hump) ** 2) / 2 / spread)
    prior = prior * torch.exp(-((recording - grid) ** 2) / 2 / noise**2)

    def predict(x, level, noisy):
        v = level[:, None]
        weight = prior * torch.exp(-((x - v * grid) ** 2) / 2 / (1 - v**2))
        clean = (weight * grid).sum(1, keepdim=True) / weight.sum(1, keepdim=True)
        return (x - v * clean) / (1 - v**2).sqrt()

    return predict


@pytest.fixture
def found(tmp_path):
    widget = WalkProbe(walks=60)
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps({"starts": starts_of(widget).tolist(), "cases": CASES}))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return torch.from_numpy(starts_of(widget))[:, None], json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE WALK'S JAVASCRIPT WAS NOT TESTED")
def test_walks_end_where_the_packages_own_walk_ends(found):
    starts, rows = found
    for case, row in zip(CASES, rows, strict=True):
        setting = {name: case[name] for name in ("recording", "noise", "hump")}
        levels = few_levels(case["calls"], first=case["first"], last=case["last"])
        ends = deterministic(best_guess(**setting), starts, starts, levels=levels, order=1)
        np.testing.assert_allclose(row["levels"], levels.flip(0), atol=1e-12)
        np.testing.assert_allclose(row["ends"], ends[:, 0], atol=1e-6)
        np.testing.assert_allclose([row["mean"], row["sd"]], exact(**setting), atol=1e-6)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE WALK'S JAVASCRIPT WAS NOT TESTED")
def test_many_walks_are_three_decibels_better_than_one_where_the_spread_is_right(found):
    _, rows = found
    gaussian, short_of_one, single = rows
    assert short_of_one["endSd"] < short_of_one["sd"], "the last call, at 0.9, already takes a mean"
    assert gaussian["endSd"] == pytest.approx(gaussian["sd"], rel=0.07)  # 60 quantiles spread a little less
    bias, own = (gaussian["endMean"] - gaussian["mean"]) ** 2, gaussian["endSd"] ** 2
    shared = gaussian["sd"] ** 2 + bias
    assert gaussian["many"] == pytest.approx(10 * np.log10((shared + own) / shared))
    assert gaussian["two"] == pytest.approx(10 * np.log10((shared + own) / (shared + own / 2)))
    assert 10 * np.log10(2) - 0.3 < gaussian["many"] < 10 * np.log10(2) + 0.05
    assert single["many"] < 0.5, "one call gives nearly the mean: walks hardly differ"
    assert "50 calls" in gaussian["said"]
    assert "1 call the" in single["said"]


def test_it_needs_no_network_and_keeps_its_range():
    widget = WalkProbe()
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    with pytest.raises(ValueError, match="hump must lie between"):
        WalkProbe(hump=1.0)
    with pytest.raises(ValueError, match="calls is 5"):
        WalkProbe(calls=5)
    with pytest.raises(ValueError, match="last is"):
        WalkProbe(last=0.42)
