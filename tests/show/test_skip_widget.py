"""The decoder in the browser, run under node, against the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import torch

from emgtut.assess import snr_db
from emgtut.denoise.trustemg import TrustEMG
from emgtut.learn import seeded
from emgtut.show.skip_widget import SkipBench

NODE = shutil.which("node")
DRIVER = """
const core = await import(process.argv[2]);
const { noisy, clean, ways, weights, width, taps } =
  JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const given = { ways: core.skipWays(Float32Array.from(ways), width, noisy.length),
  weights: Float32Array.from(weights), width, samples: noisy.length };
console.log(JSON.stringify(taps.map((gains) => {
  const estimate = core.decodeWith(given, gains);
  const gainDb = core.skipGain(noisy, clean, estimate);
  return { estimate: Array.from(estimate), gainDb, said: core.describeSkips({ gainDb, wholeDb: gainDb + 1 }) };
})));
"""
TAPS = [[1, 1, 1, 1, 1], [1, 1, 1, 1, 0], [0, 1, 1, 1, 1], [0.5, 0.25, 1, 0, 0.75]]  # skips 1 to 4, middle


def trained(width=2):
    """A network whose batch normalisation has seen signals."""
    with seeded(0), torch.no_grad():
        model = TrustEMG(width).train()
        for _ in range(20):
            model(torch.randn(8, 700))
    return model.eval()


def window(samples=701):
    clean, noise = np.random.default_rng(3).standard_normal((2, samples))
    return (clean + noise) / np.sqrt(2), clean / np.sqrt(2)


def by_hand(model, noisy, taps):
    x, skips = torch.as_tensor(noisy, dtype=torch.float32)[None, None], []
    with torch.no_grad():
        for stage in model.encoder:
            x = stage(x)
            skips.append(x)
        x = taps[4] * model.middle(skips.pop())
        for stage, gain in zip(model.decoder, taps[3::-1], strict=True):
            x = stage(x, gain * skips.pop())
        return model.output(x)[0, 0, : noisy.size].numpy()


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE DECODER'S JAVASCRIPT WAS NOT TESTED")
def test_the_decoder_and_its_score_equal_the_package(tmp_path):
    model, (noisy, clean) = trained(), window()
    widget = SkipBench(model, noisy, clean, fs=1000)
    given = {
        name: np.frombuffer(getattr(widget, name), "<f4").tolist() for name in ("noisy", "clean", "ways", "weights")
    }
    (tmp_path / "given.json").write_text(json.dumps(given | {"width": widget.width, "taps": TAPS}))
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    size = np.abs(by_hand(model, noisy, TAPS[0])).max()
    assert size > 0
    for taps, row in zip(TAPS, found, strict=True):
        expected = by_hand(model, noisy, taps)
        np.testing.assert_allclose(row["estimate"], expected, atol=1e-5 * size)
        gain = snr_db(clean, expected.astype(float)) - snr_db(clean, noisy)
        assert row["gainDb"] == pytest.approx(gain, abs=1e-3)
    whole = model(torch.as_tensor(noisy, dtype=torch.float32)[None])[0].detach().numpy()
    np.testing.assert_allclose(found[0]["estimate"], whole, atol=1e-5 * size)
    assert len({row["said"] for row in found}) > 1
    assert "1.0\xa0dB less" in found[0]["said"]


def test_it_needs_no_network_and_keeps_its_range():
    model, (noisy, clean) = trained(), window(300)
    widget = SkipBench(model, noisy, clean, fs=1000)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    with pytest.raises(ValueError, match="cannot start at"):
        SkipBench(model, noisy, clean, fs=1000, taps={"middle": 2.0})
    with pytest.raises(ValueError, match="cannot start at"):
        SkipBench(model, noisy, clean, fs=1000, taps={"skip5": 1.0})
    with pytest.raises(ValueError, match="218 to 4000"):
        SkipBench(model, noisy[:100], clean[:100], fs=1000)
    with pytest.raises(ValueError, match="too much for a page"):
        SkipBench(TrustEMG(16), noisy, clean, fs=1000)
