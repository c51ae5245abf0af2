"""The packet filter: its JavaScript under node against SciPy, and the figure in headless Chromium."""

import base64
import json
import re
import shutil
import subprocess
import time

import numpy as np
import pytest
import traitlets
from scipy import signal

from emgtut.show.stream_widget import MEMORIES, PACKETS, PacketFilter
from emgtut.signals import butterworth, filter_causal

FS = 1000
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
ARROW_LEFT, ARROW_RIGHT, HOME, END = "\ue012", "\ue014", "\ue011", "\ue010"

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

# A stand-in for the widget manager: one model with values and listeners; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>packets</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body>
<main><div id="figure"></div></main><script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const values = __STATE__, heard = {};
for (const key of ["muscle", "sos"]) values[key] = bytes(values[key]);
const model = { get: (key) => values[key], save_changes() {}, off() {},
  set(key, value) { values[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([__ESM__], { type: "text/javascript" })));
module.default.render({ model, el: document.getElementById("figure") });
document.body.dataset.loaded = "yes";
</script></body></html>"""


@pytest.fixture
def page(muscle, tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    widget = PacketFilter(muscle, fs=FS, packet=32, memory="kept", offset=1.5)
    state = {name: getattr(widget, name) for name in ("fs", "packet", "memory", "offset")}
    state |= {name: base64.b64encode(getattr(widget, name)).decode() for name in ("muscle", "sos")}
    text = PAGE.replace("__CSS__", widget._css).replace("__STATE__", json.dumps(state))
    (tmp_path / "page.html").write_text(text.replace("__ESM__", json.dumps(widget._esm)), encoding="utf-8")
    with webdriver.Chrome(options=options, service=Service(CHROMEDRIVER)) as driver:
        resize(driver, 900)
        driver.get((tmp_path / "page.html").as_uri())
        wait(lambda: driver.execute_script("return document.body.dataset.loaded") == "yes")
        yield driver
        assert not [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def resize(driver, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def wait(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the page did not come to it in time"
        time.sleep(0.05)


@pytest.mark.browser
@pytest.mark.skipif(
    not (CHROMIUM and CHROMEDRIVER), reason="chromium and chromedriver are not installed: THE FIGURE WAS NOT TRIED"
)
def test_the_figure_follows_its_sliders_and_fits_everywhere(page, muscle):
    def find(selector):
        return page.find_element("css selector", selector)

    root, packet = find(".emg-front"), find("input[data-key=packet]")
    memory, offset = find("input[data-key=memory]"), find("input[data-key=offset]")
    sections = butterworth(2, (20, 450), "bandpass", fs=FS)
    x = muscle.astype(np.float32).astype(float) + 1.5

    assert float(root.get_attribute("data-largest")) == 0
    pictures = {find("svg").get_attribute("innerHTML")}
    memory.send_keys(ARROW_RIGHT)
    assert memory.get_attribute("aria-valuetext") == "zeroed"
    expected = np.abs(in_packets(sections, x, 32, "zeroed") - filter_causal(sections, x)).max()
    assert float(root.get_attribute("data-largest")) == pytest.approx(expected, rel=1e-9)
    pictures.add(find("svg").get_attribute("innerHTML"))
    packet.send_keys(END)
    assert packet.get_attribute("aria-valuetext") == "1000"
    pictures.add(find("svg").get_attribute("innerHTML"))
    offset.send_keys(HOME)
    assert offset.get_attribute("aria-valuetext").replace("\xa0", " ") == "0.00 mV"
    pictures.add(find("svg").get_attribute("innerHTML"))
    assert len(pictures) == 4
    said = find("[aria-live=polite]")
    wait(lambda: said.text.startswith("Packets of 1000 samples: the filter forgets"))
    memory.send_keys(ARROW_LEFT)
    wait(lambda: "bit for bit" in said.text)

    assert root.accessible_name == "A band-pass fed in packets"
    names = [element.accessible_name for element in page.find_elements("css selector", "input")]
    assert [name.split("  ")[0] for name in names] == ["samples in a packet", "filter state", "offset of the input"]
    assert all(len(picture.accessible_name) > 20 for picture in page.find_elements("css selector", "svg"))

    page.execute_script("document.documentElement.dataset.theme = 'dark'")
    assert root.value_of_css_property("color-scheme") == "dark"
    resize(page, 360)
    wait(lambda: find("svg").size["width"] < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
