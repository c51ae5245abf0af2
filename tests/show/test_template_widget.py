"""The template in the browser, run under node, against NumPy and the package."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import traitlets

from emgtut.denoise.template import AFTER_S, BEFORE_S, TAPER_S, heart_from_beats
from emgtut.show.template_widget import BEAT_COUNTS, TemplateBench

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE TEMPLATE BENCH WAS NOT TESTED")

FS = 1000
WIDTH = round(BEFORE_S * FS) + round(AFTER_S * FS) + 1
CASES = [
    {"n_beats": n, "snr_db": level, "jitter_ms": jitter}
    for n, level, jitter in [(1, -10, 0), (2, -10, 0), (32, -10, 0), (12, -20, 3), (4, 10, 8)]
]
DRIVER = """
const core = await import(process.argv[2]);
const { readFileSync } = await import("node:fs");
const { muscle, shape, offsets, fs, cases } = JSON.parse(readFileSync(process.argv[3], "utf8"));
const [m, s, o] = [muscle, shape, offsets].map((x) => Float32Array.from(x));
console.log(JSON.stringify({ counts: core.BEAT_COUNTS, cases: cases.map((c) => {
  const found = core.templateState({ muscle: m, shape: s, offsets: o, fs, ...c });
  return { ...found, template: [...found.template], cleaned: [...found.cleaned], said: core.describeTemplate(found) };
}) }));
"""


def floats(part):
    return np.frombuffer(part, "<f4").astype(float)


def bench(**changes):
    rng = np.random.default_rng(3)
    shape = np.zeros(WIDTH)
    shape[140:162] = np.diff(np.exp(-0.5 * (np.arange(-11, 12) / 4) ** 2))
    return TemplateBench(rng.standard_normal((32, WIDTH)), shape, fs=FS, **changes)


@pytest.fixture
def rows(tmp_path):
    widget = bench()
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    given = {name: floats(getattr(widget, name)).tolist() for name in ("muscle", "shape", "offsets")}
    (tmp_path / "given.json").write_text(json.dumps(given | {"fs": FS, "cases": CASES}))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return widget, json.loads(done.stdout)


def by_numpy(widget, n_beats, snr_db, jitter_ms):
    muscle, shape = floats(widget.muscle).reshape(32, -1), floats(widget.shape)
    gain = np.sqrt(np.sum(muscle**2) / (32 * np.sum(shape**2))) * 10 ** (-snr_db / 20)
    places = np.arange(shape.size)
    shifts = floats(widget.offsets)[:n_beats, None] * jitter_ms * FS / 1000
    hearts = gain * np.stack([np.interp(row, places, shape, left=0, right=0) for row in places - shifts])
    return muscle[:n_beats], hearts


@needs_node
def test_template_and_scores_equal_numpy(rows):
    widget, got = rows
    assert got["counts"] == list(BEAT_COUNTS)
    for case, found in zip(CASES, got["cases"], strict=True):
        muscle, hearts = by_numpy(widget, **case)
        template = np.mean(muscle + hearts, axis=0)
        cleaned = muscle + hearts - template
        np.testing.assert_allclose(found["template"], template, atol=1e-5 * np.std(hearts))
        np.testing.assert_allclose(found["cleaned"], cleaned[0], atol=1e-5 * np.std(hearts))
        out = 10 * np.log10(np.sum(muscle**2) / np.sum((cleaned - muscle) ** 2))
        assert found["outDb"] == pytest.approx(out, abs=1e-5)
        assert found["gainDb"] == pytest.approx(out - 10 * np.log10(np.sum(muscle**2) / np.sum(hearts**2)), abs=1e-5)
        parts = found["muscleLeft"] ** 2 + found["heartLeft"] ** 2
        assert 10 * np.log10(1 / parts) == pytest.approx(out, abs=1e-5)


@needs_node
def test_the_template_is_the_packages_plain_average(rows):
    """Rows one after the other, no jitter: the package cuts, averages and tapers; away from the taper all is equal."""
    widget, got = rows
    muscle, hearts = by_numpy(widget, 32, -10, 0)
    beats = round(BEFORE_S * FS) + WIDTH * np.arange(32)
    heart = heart_from_beats((muscle + hearts).ravel(), beats, fs=FS, adaptive=False)[:WIDTH]
    edge = round(TAPER_S * FS)
    np.testing.assert_allclose(got["cases"][2]["template"][edge:-edge], heart[edge:-edge], atol=1e-6)


@needs_node
def test_the_law_holds_and_one_beat_leaves_silence(rows):
    one, two, many, shaky, _ = rows[1]["cases"]
    np.testing.assert_allclose(one["cleaned"], 0, atol=1e-9)
    assert one["outDb"] == pytest.approx(0, abs=1e-9)
    assert "neither heart nor muscle" in one["said"]
    for found in (two, many):  # white rows: the law is an expectation
        assert found["outDb"] == pytest.approx(found["lawDb"], abs=0.6)
        assert "the muscle in the template" in found["said"]
    assert shaky["outDb"] < shaky["lawDb"] - 3
    assert "the jitter of the beats" in shaky["said"]


def test_scripts_need_no_network():
    widget = bench()
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    assert widget._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"muscle": np.ones((31, 100))}, "32 rows"),
        ({"shape": np.zeros(100)}, "silent"),
        ({"n_beats": 5}, "n_beats is one of"),
        ({"snr_db": np.nan}, "SNR lies from"),
        ({"jitter_ms": 9}, "jitter from 0 to 8 ms"),
    ],
)
def test_impossible_starts_are_refused(changes, words):
    call = {"muscle": np.ones((32, 100)), "shape": np.ones(100), "fs": FS, **changes}
    with pytest.raises(ValueError, match=words):
        TemplateBench(call.pop("muscle"), call.pop("shape"), **call)


def test_it_keeps_its_range_and_says_where_it_stands():
    widget = bench(n_beats=1, jitter_ms=2.5)
    with pytest.raises(traitlets.TraitError):
        widget.n_beats = 64
    assert repr(widget) == "<TemplateBench: 1 beat, -10 dB, jitter 2.5 ms>"
