"""The network in the browser, run under node, against PyTorch."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import torch
import traitlets

from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr
from emgtut.denoise.fcn import FCN
from emgtut.learn import seeded
from emgtut.show.fcn_widget import LEVELS, FcnProbe

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE NETWORK'S JAVASCRIPT WAS NOT TESTED")
RNG = np.random.default_rng(15)
CLEAN = RNG.standard_normal(301)
NOISES = {"tone": np.sin(0.3 * np.arange(301)), "white noise": 3 + RNG.standard_normal(301)}
CASES = [
    {"kind": 0, "snr_db": -10.0, "level_db": 0},
    {"kind": 1, "snr_db": 20.0, "level_db": -40},
    {"kind": 1, "snr_db": 0.0, "level_db": 20},
]
DRIVER = """
const core = await import(process.argv[2]);
const { readFileSync } = await import("node:fs");
const { layers, weights, clean, noises, names, cases } = JSON.parse(readFileSync(process.argv[3], "utf8"));
console.log(JSON.stringify({ levels: core.FCN_LEVELS, cases: cases.map((c) => {
  const [w, x, noise] = [weights, clean, noises[c.kind]].map((v) => Float32Array.from(v));
  const found = core.fcnState({ layers, weights: w, clean: x, noise, ...c });
  return { ...found, estimate: [...found.estimate], said: core.describeFcn({ ...found, name: names[c.kind] }) };
}) }));
"""


def network():
    """A network whose normalisation has seen some signal, so that folding it is not folding the identity."""
    with seeded(0):
        model = FCN(8)
        with torch.no_grad():
            for _ in range(20):
                model(2 * torch.randn(8, 300) + 0.3)
    return model.eval()


def floats(part):
    return np.frombuffer(part, "<f4").astype(float)


@needs_node
def test_estimate_and_scores_equal_pytorch(tmp_path):
    model = network()
    widget = FcnProbe(model, CLEAN, NOISES, fs=1000)
    clean, noises = floats(widget.clean), floats(widget.noises).reshape(2, -1)
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {"layers": widget.layers, "weights": floats(widget.weights).tolist(), "names": widget.names}
    given |= {"clean": clean.tolist(), "noises": noises.tolist(), "cases": CASES}
    (tmp_path / "given.json").write_text(json.dumps(given))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    got = json.loads(done.stdout)
    assert got["levels"] == list(LEVELS)
    for case, found in zip(CASES, got["cases"], strict=True):
        noisy = mix_at_snr(clean, noises[case["kind"]], case["snr_db"])
        factor = 10 ** (case["level_db"] / 20) / noisy.std()
        with torch.no_grad():
            window = torch.tensor((noisy - noisy.mean()) * factor, dtype=torch.float32)
            expected = model(window[None])[0].double().numpy() / factor
        np.testing.assert_allclose(found["estimate"], expected, atol=1e-4 * np.abs(expected).max())
        assert found["gainDb"] == pytest.approx(snr_db(clean, expected) - case["snr_db"], abs=1e-2)
        assert found["kept"] == pytest.approx(np.sum(clean * expected) / np.sum(clean**2), abs=1e-3)
    assert got["cases"][0]["said"].startswith("tone at −10")


def test_it_needs_no_network_and_keeps_its_range():
    widget = FcnProbe(FCN(8), CLEAN, NOISES, fs=1000, kind="white noise")
    assert widget.kind == 1
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    assert widget._esm.count("export default { render };") == 1
    with pytest.raises(traitlets.TraitError):
        widget.snr_db = 60.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"clean": np.zeros(300)}, "not constant"),
        ({"noises": {}}, "one noise or more"),
        ({"noises": {"short": np.arange(9.0)}}, "as long as clean"),
        ({"kind": "snow"}, "kind is 'snow'"),
        ({"snr_db": 99.0}, "off the slider"),
        ({"level_db": 1}, "off the slider"),
    ],
)
def test_impossible_starts_are_refused(changes, words):
    call = {"clean": CLEAN, "noises": NOISES, "fs": 1000} | changes
    with pytest.raises(ValueError, match=words):
        FcnProbe(FCN(8), **call)
