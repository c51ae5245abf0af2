"""The arithmetic of the hum meter and the notch tuner, run under node, against Python."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import traitlets
from scipy import signal

from emgtut.acquire import (
    common_mode_voltage,
    input_impedance,
    interference,
    notch,
    shaped_power,
)
from emgtut.show.hum_widget import LOOP_GAINS, HumMeter
from emgtut.show.notch_widget import NotchTuner

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE FRONT END'S JAVASCRIPT WAS NOT TESTED")

DRIVER = """
const core = await import(process.argv[2]);
const job = JSON.parse(process.argv[3]);
const out = {};
if (core.humOf) {
  out.hum = job.hum.map((s) => ({ ...core.humOf(s), said: core.describeHum(core.humOf(s), 50e-6) }));
  out.gains = core.LOOP_GAINS;
  out.texts = [1.3e-5, 0.0104, 5.2e-8].map(core.voltText).concat([159, 2e4].map(core.ohmText));
}
if (core.notchState) {
  out.notch = job.notch.map((v) => { const s = core.notchState(v);
    return { ...s, said: core.describeNotch(s), out: Array.from(core.switchedOn(s, 4000, 2400)) }; });
}
const spec = { low: 10, high: 1e5, steps: 40, log: true }, line = { low: -5, high: 5, steps: 100 };
out.log = Array.from({ length: 41 }, (_, p) => core.valueAt(spec, p));
out.line = Array.from({ length: 101 }, (_, p) => core.valueAt(line, p));
out.back = out.log.map((v) => core.positionOf(spec, v)).concat(out.line.map((v) => core.positionOf(line, v)));
console.log(JSON.stringify(out));
"""

HUM = [
    {"current": 0.2e-6, "ground": 5e4, "second": 2e4, "delta": d, "farad": c, "cmrr": r, "loop": k, "mains": 50.0}
    for d, c, r, k in [(2e4, 2e-10, 100, 0), (1e3, 9e-12, 80, 0), (1e5, 1e-9, 130, 300), (10, 5e-12, 60, 1000)]
]
NOTCH = [
    {"quality": q, "off_percent": off, "mains_hz": mains}
    for q, off, mains in [(0.25, 0, 50), (2.5, 1, 50), (10, -1, 50), (10, 5, 60), (30, 0.2, 50)]
]


def run(widget, folder):
    (folder / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (folder / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    job = json.dumps({"hum": HUM, "notch": NOTCH})
    command = [NODE, str(folder / "driver.mjs"), (folder / "core.mjs").as_uri(), job]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture
def muscle(rng):
    return 0.05 * rng.standard_normal(400)


@needs_node
def test_hum_equals_the_package(muscle, tmp_path):
    script = run(HumMeter(muscle, fs=2000), tmp_path)
    for given, got in zip(HUM, script["hum"], strict=True):
        common = common_mode_voltage(given["current"], electrode_ohm=given["ground"], loop_gain=given["loop"])
        zc = input_impedance(50.0, farad=given["farad"])
        first = given["second"] + given["delta"]
        parts = {"first_ohm": first, "second_ohm": given["second"], "input_ohm": zc}
        assert got["common"] == pytest.approx(common, rel=1e-12)
        assert got["skin"] == pytest.approx(interference(common, **parts), rel=1e-9)
        assert got["total"] == pytest.approx(interference(common, **parts, cmrr_db=given["cmrr"]), rel=1e-9)
        assert got["turn"] == pytest.approx(abs(zc) * 10 ** (-given["cmrr"] / 20), rel=1e-9)
    assert script["gains"] == list(LOOP_GAINS)


@needs_node
def test_hum_sentence_names_the_culprit(muscle, tmp_path):
    script = run(HumMeter(muscle, fs=2000), tmp_path)
    said = [row["said"].replace("\xa0", " ") for row in script["hum"]]
    assert said[0].startswith("It is the skin: 12.6 µV come through unequal electrodes, 100 nV through the amplifier.")
    assert "equal at an imbalance of 159 Ω" in said[0]
    assert said[3].startswith("It is the amplifier")
    assert script["texts"] == ["13\xa0µV", "10.4\xa0mV", "52\xa0nV", "159\xa0Ω", "20\xa0kΩ"]


@needs_node
def test_notch_equals_the_package_and_scipy(tmp_path):
    script = run(NotchTuner(), tmp_path)
    freq = np.arange(20.25, 500, 0.5)
    for given, got in zip(NOTCH, script["notch"], strict=True):
        stage = notch(given["mains_hz"] * (1 + given["off_percent"] / 100), bootstrap=1 - 0.25 / given["quality"])
        left = abs(stage.response(given["mains_hz"]))
        assert got["left"] == pytest.approx(left, rel=1e-9, abs=1e-12)
        assert got["removedDb"] == pytest.approx(min(140, -20 * np.log10(max(left, 1e-9))), abs=1e-6)
        power = shaped_power(freq)
        lost = 1 - np.sum(power * abs(stage.response(freq)) ** 2) / np.sum(power)
        assert got["lost"] == pytest.approx(lost, rel=1e-9)
        b, a = signal.bilinear(stage.num, stage.den, fs=4000)
        hum = np.sin(2 * np.pi * given["mains_hz"] * np.arange(2400) / 4000)
        np.testing.assert_allclose(got["out"], signal.lfilter(b, a, hum), atol=1e-9)
        assert got["tau"] == pytest.approx(-1 / np.real(np.roots(stage.den)[0])) or given["quality"] < 0.5
    assert "all of the hum" in script["notch"][0]["said"]
    assert "removes 14.1 dB of the hum at 50 Hz" in script["notch"][2]["said"].replace("\xa0", " ")


@needs_node
def test_slider_scales_are_round_and_come_back(tmp_path):
    script = run(NotchTuner(), tmp_path)
    assert script["log"][0] == 10
    assert script["log"][-1] == 1e5
    assert np.all(np.diff(script["log"]) > 0)
    np.testing.assert_allclose(script["line"], np.linspace(-5, 5, 101), atol=1e-9)
    assert script["line"][50] == 0
    assert script["back"] == [*range(41), *range(101)]


def test_scripts_need_no_network(muscle):
    for widget in (HumMeter(muscle, fs=2000), NotchTuner()):
        assert not re.search(
            r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css
        )
        assert widget._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"muscle_mv": np.zeros(400)}, "not silent"),
        ({"muscle_mv": np.ones((2, 400))}, "one channel"),
        ({"muscle_mv": np.ones(10)}, "at least 64"),
        ({"delta_ohm": 1.0}, "delta_ohm must lie between"),
        ({"loop_gain": 7}, "one of"),
        ({"fs": 0}, "fs"),
        ({"cmrr_db": np.nan}, "cmrr_db must lie"),
    ],
)
def test_hum_meter_refuses(muscle, changes, words):
    call = {"muscle_mv": muscle, "fs": 2000, **changes}
    with pytest.raises(ValueError, match=words):
        HumMeter(call.pop("muscle_mv"), **call)


def test_notch_tuner_refuses_and_keeps_its_range():
    with pytest.raises(ValueError, match="quality must lie between"):
        NotchTuner(quality=0.1)
    tuner = NotchTuner(quality=3)
    with pytest.raises(traitlets.TraitError):
        tuner.off_percent = 6
    assert repr(tuner) == "<NotchTuner: Q 3, 0 % off 50 Hz>"
