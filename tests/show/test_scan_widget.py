"""The selective memory in the browser, run under node, against the package's scan."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import torch

from emgtut.denoise.scan import scan_naive
from emgtut.show.scan_widget import ScanMemory

NODE = shutil.which("node")
DRIVER = """
const core = await import(process.argv[2]);
const { u, marks, cases } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const rows = cases.map((c) => {
  const state = core.scanState({ u, marks, fs: 250, ...c });
  return { memory: [...state.memory], shares: [...state.shares], marked: state.marked, asked: state.asked,
    held: state.held, said: core.describeScan(state) };
});
console.log(JSON.stringify(rows));
"""
CASES = [
    {"rest": 0.01, "at_mark": 0.01, "read_s": 3.0},
    {"rest": 1e-5, "at_mark": 10.0, "read_s": 3.0},
    {"rest": 1e-5, "at_mark": 10.0, "read_s": 0.1},
]
U, MARKS = np.random.default_rng(0).standard_normal(1000).astype("<f4"), np.arange(1000) % 250 == 100


def one_number(steps):
    """The package's scan with one channel and one state; it writes Δ·B, so B is chosen to write 1 - exp(-Δ)."""
    dt = torch.from_numpy(steps).reshape(1, -1, 1)
    u = torch.from_numpy(U.astype(float)).reshape(1, -1, 1)
    one = torch.ones(1, len(U), 1, dtype=torch.float64)
    return scan_naive(u, dt, -one[0, :1], -torch.expm1(-dt) / dt, one).flatten().numpy()


@pytest.fixture
def rows(tmp_path):
    widget = ScanMemory(U, MARKS, fs=250)
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {"u": U.astype(float).tolist(), "marks": MARKS.astype(int).tolist(), "cases": CASES}
    (tmp_path / "given.json").write_text(json.dumps(given))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE MEMORY'S JAVASCRIPT WAS NOT TESTED")
def test_the_memory_is_the_packages_scan_and_its_shares_add_up_to_it(rows):
    for case, row in zip(CASES, rows, strict=True):
        memory = one_number(np.where(MARKS, case["at_mark"], case["rest"]))
        np.testing.assert_allclose(row["memory"], memory, atol=1e-12)
        now = round(case["read_s"] * 250)
        np.testing.assert_allclose(np.dot(row["shares"], U[: now + 1]), memory[now], atol=1e-12)
    fixed, selective, early = rows
    assert fixed["marked"] < 0.05
    assert selective["marked"] > 0.99
    assert selective["held"] == pytest.approx(selective["asked"], abs=0.02)
    assert "before the first mark" in early["said"]


def test_it_needs_no_network_and_keeps_its_range():
    widget = ScanMemory(U, MARKS, fs=250)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    with pytest.raises(ValueError, match="at_mark must lie between"):
        ScanMemory(U, MARKS, fs=250, at_mark=11.0)
    with pytest.raises(ValueError, match="one mark for each"):
        ScanMemory(U, MARKS[:-1], fs=250)
