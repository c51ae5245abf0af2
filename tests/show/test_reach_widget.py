"""The reach meter: its JavaScript under node against Python, and Python against a network's gradient."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import torch
from torch import nn

from emgtut.denoise.tcn import TCN, Block
from emgtut.learn import seeded
from emgtut.show.reach_widget import BPM, MOST, WAVES, ReachMeter, dilations_of, heart_curve, reach_of

NODE = shutil.which("node")
NAMES = ("blocks", "growth", "stacks", "bpm")
CASES = [
    dict(zip(NAMES, values, strict=True))
    for values in [(1, 1, 1, 40), (6, 2, 1, 70), (7, 3, 2, 180), (5, 2, 3, 85), (7, 1, 3, 60)]
]
DRIVER = """
const core = await import(process.argv[2]);
const times = JSON.parse(process.argv[4]);
console.log(JSON.stringify(JSON.parse(process.argv[3]).map((values) => {
  const state = core.reachState(values);
  return { ...state, curve: core.heartCurve(times, values.bpm), said: core.describeReach(state) };
})));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE REACH METER'S JAVASCRIPT WAS NOT TESTED")
def test_javascript_computes_what_python_does(tmp_path):
    times = np.linspace(-1.5, 1.5, 101)
    (tmp_path / "core.mjs").write_text(ReachMeter._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = [(tmp_path / "core.mjs").as_uri(), json.dumps(CASES), json.dumps(times.tolist())]
    command = [NODE, str(tmp_path / "driver.mjs"), *given]
    out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout)
    for case, state in zip(CASES, out, strict=True):
        found = reach_of(dilations_of(case["blocks"], case["growth"], case["stacks"]), bpm=case["bpm"])
        assert tuple(state["dilations"]) == found["dilations"]
        assert (state["reachMs"], state["nearMs"]) == (found["reach_ms"], found["near_ms"])
        assert state["beats"] == pytest.approx(found["beats"])
        assert state["neighbours"] == found["neighbours"] == ("does not reach" not in state["said"])
        np.testing.assert_allclose(state["ways"], found["ways"], atol=1e-12)
        np.testing.assert_allclose(state["curve"], heart_curve(times, case["bpm"]), atol=1e-9)


@pytest.mark.parametrize("dilations", [(1,), (1, 2, 4), (1, 1, 1), (1, 3, 9)])
def test_the_reach_is_where_the_gradient_of_a_network_is(dilations):
    with seeded(0):
        model = TCN(4)
        model.blocks = nn.Sequential(*(Block(4, dilation) for dilation in dilations))
        views = torch.randn(1, 2, 1200, requires_grad=True)
    farthest = 0
    for sample in range(600, 600 + TCN.STRIDE):
        (gradient,) = torch.autograd.grad(model._correct(views)[0, 0, sample], views)
        where = gradient[0].abs().sum(0).nonzero().flatten()
        farthest = max(farthest, sample - int(where.min()), int(where.max()) - sample)
    assert farthest == reach_of(dilations)["reach_ms"]


def test_the_ways_are_all_ways():
    found = reach_of(TCN.DILATIONS)
    assert found["ways"].sum() == pytest.approx(1)
    assert len(found["ways"]) == 2 * sum(TCN.DILATIONS) + 1
    frames = (found["near_ms"] - 31) // 8
    middle = len(found["ways"]) // 2
    assert found["ways"][middle - frames : middle + frames + 1].sum() >= 0.95
    assert found["ways"][middle - frames + 1 : middle + frames].sum() < 0.95


@pytest.mark.parametrize("wrong", [{"blocks": 0}, {"blocks": 8}, {"growth": 4}, {"stacks": 4}, {"bpm": 20}])
def test_a_slider_starts_where_it_has_a_position(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ReachMeter(**wrong)


def test_the_page_has_the_numbers_of_python_and_needs_no_network():
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", ReachMeter._esm)
    assert f'"blocks in a stack", low: 1, high: {MOST["blocks"]}' in ReachMeter._esm
    assert f'"stacks", low: 1, high: {MOST["stacks"]}' in ReachMeter._esm
    assert f'"heart rate", low: {BPM[0]}, high: {BPM[1]}' in ReachMeter._esm
    assert f"FRAME_MS = {TCN.STRIDE}, KERNEL_MS = {TCN.KERNEL}" in ReachMeter._esm
    written = json.loads(re.search(r"WAVES = (\[.*\]);", ReachMeter._esm)[1])
    assert [tuple(wave) for wave in written] == list(WAVES)
