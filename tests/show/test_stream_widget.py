"""The packet filter: its JavaScript under node against SciPy, and the figure in headless Chromium."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import traitlets
from scipy import signal

from emgtut.show.stream_widget import MEMORIES, PACKETS, PacketFilter
from emgtut.signals import butterworth, filter_causal

FS = 1000
NODE = shutil.which("node")

DRIVER = """
import fs from "node:fs";
const core = await import(process.argv[2]);
const job = JSON.parse(fs.readFileSync(process.argv[3]));
const muscle = Float32Array.from(job.muscle), list = (x) => Array.from(x);
const out = { packets: core.PACKETS, memories: core.MEMORIES, rows: [] };
for (const values of job.rows) {
  const s = core.streamState(job.filter, muscle, { ...values, fs: job.fs });
  out.rows.push({ filtered: list(s.filtered), whole: list(s.whole), envelope: list(s.envelope), largest: s.largest,
    share: s.share, waitMs: s.waitMs, said: core.describeStream(s) });
}
console.log(JSON.stringify(out));
"""

ROWS = [
    {"packet": packet, "memory": memory, "offset": offset}
    for packet in (1, 32, 1000)
    for memory in range(3)
    for offset in (0.0, 1.5)
]


@pytest.fixture
def muscle():
    return 0.1 * np.random.default_rng(3).standard_normal(3100)


@pytest.fixture
def script(muscle, tmp_path):
    widget = PacketFilter(muscle, fs=FS)
    sections = butterworth(2, (20, 450), "bandpass", fs=FS)
    stored = np.frombuffer(widget.sos, "<f8").reshape(len(sections), 8)
    np.testing.assert_array_equal(stored, np.hstack([sections, signal.sosfilt_zi(sections)]))
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    chain = {"sections": stored[:, :6].tolist(), "settled": stored[:, 6:].ravel().tolist()}
    job = {"muscle": np.frombuffer(widget.muscle, "<f4").tolist(), "filter": chain, "fs": FS, "rows": ROWS}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "job.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def in_packets(sections, x, packet, memory):
    state = signal.sosfilt_zi(sections) * x[0]
    parts = []
    for start in range(0, len(x), packet):
        part = x[start : start + packet]
        if start and memory == "zeroed":
            state = np.zeros_like(state)
        if start and memory == "guessed":
            state = signal.sosfilt_zi(sections) * part[0]
        out, state = signal.sosfilt(sections, part, zi=state)
        parts.append(out)
    return np.concatenate(parts)


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE PACKET FILTER'S JAVASCRIPT WAS NOT TESTED")
def test_the_arithmetic_equals_scipy(muscle, script):
    sections = butterworth(2, (20, 450), "bandpass", fs=FS)
    samples = muscle.astype(np.float32).astype(float)
    for given, got in zip(ROWS, script["rows"], strict=True):
        x = samples + given["offset"]
        whole = filter_causal(sections, x)
        expected = in_packets(sections, x, given["packet"], MEMORIES[given["memory"]])
        np.testing.assert_allclose(got["whole"], whole, rtol=0, atol=1e-12)
        np.testing.assert_allclose(got["filtered"], expected, rtol=0, atol=1e-12)
        envelope = np.convolve(np.abs(expected), np.full(200, 1 / 200))[: len(x)]
        np.testing.assert_allclose(got["envelope"], envelope, rtol=0, atol=1e-12)
        assert got["largest"] == pytest.approx(np.abs(expected - whole).max(), abs=1e-12)
        share = np.sqrt(np.mean((expected - whole) ** 2) / np.mean(whole**2))
        assert got["share"] == pytest.approx(share, abs=1e-9)
        assert got["waitMs"] == given["packet"]
        if given["memory"] == 0:
            assert got["largest"] == 0  # bit for bit, in the browser as in Python
            assert "bit for bit" in got["said"]
        else:
            assert got["largest"] > 0.01
            assert ("forgets" in got["said"]) == (given["memory"] == 1)
    assert script["packets"] == list(PACKETS)
    assert script["memories"] == list(range(len(MEMORIES)))


def test_the_script_needs_no_network(muscle):
    widget = PacketFilter(muscle, fs=FS)
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    assert widget._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"muscle": np.ones(2000)}, "constant"),
        ({"muscle": np.random.default_rng(0).standard_normal((2, 2000))}, "one channel"),
        ({"muscle": np.random.default_rng(0).standard_normal(20_001)}, "20,000"),
        ({"muscle": np.random.default_rng(0).standard_normal(900)}, "at least 1000"),
        ({"fs": 0}, "fs"),
        ({"packet": 3}, "one of"),
        ({"memory": "lost"}, "one of"),
        ({"offset": 2.5}, "between 0 and 2"),
        ({"offset": np.nan}, "between 0 and 2"),
        ({"band_hz": (20, 600)}, "between 0 and 500"),
    ],
)
def test_what_cannot_be_shown_is_refused(muscle, changes, words):
    call = {"muscle": muscle, "fs": FS} | changes
    with pytest.raises(ValueError, match=words):
        PacketFilter(call.pop("muscle"), **call)


def test_the_sliders_keep_their_range(muscle):
    widget = PacketFilter(muscle, fs=FS, packet=50, memory="guessed", offset=1.5)
    assert repr(widget) == "<PacketFilter: 3.1 s at 1000 Hz in packets of 50, state guessed, offset 1.5 mV>"
    for name, value in (("packet", 3), ("memory", 3), ("offset", 2.1)):
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, value)


# --------------------------------------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_the_figure_follows_its_sliders_and_fits_everywhere(open_widget, muscle):
    widget = PacketFilter(muscle, fs=FS, packet=32, memory="kept", offset=1.5)
    page = open_widget(widget, ("fs", "packet", "memory", "offset", "muscle", "sos"))
    root, packet = page.find(".emg-front"), page.find("input[data-key=packet]")
    memory, offset = page.find("input[data-key=memory]"), page.find("input[data-key=offset]")
    sections = butterworth(2, (20, 450), "bandpass", fs=FS)
    x = muscle.astype(np.float32).astype(float) + 1.5

    assert float(root.get_attribute("data-largest")) == 0
    pictures = {page.find("svg").get_attribute("innerHTML")}
    memory.send_keys(page.RIGHT)
    assert memory.get_attribute("aria-valuetext") == "zeroed"
    expected = np.abs(in_packets(sections, x, 32, "zeroed") - filter_causal(sections, x)).max()
    assert float(root.get_attribute("data-largest")) == pytest.approx(expected, rel=1e-9)
    pictures.add(page.find("svg").get_attribute("innerHTML"))
    packet.send_keys(page.END)
    assert packet.get_attribute("aria-valuetext") == "1000"
    pictures.add(page.find("svg").get_attribute("innerHTML"))
    offset.send_keys(page.HOME)
    assert offset.get_attribute("aria-valuetext").replace("\xa0", " ") == "0.00 mV"
    pictures.add(page.find("svg").get_attribute("innerHTML"))
    assert len(pictures) == 4
    said = page.find("[aria-live=polite]")
    page.wait(lambda: said.text.startswith("Packets of 1000 samples: the filter forgets"))
    memory.send_keys(page.LEFT)
    page.wait(lambda: "bit for bit" in said.text)

    assert root.accessible_name == "A band-pass fed in packets"
    assert page.sliders() == ["samples in a packet", "filter state", "offset of the input"]
    page.check_it_goes_dark()
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
