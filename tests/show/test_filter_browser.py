"""The filter bench in headless Chromium: keyboard, names, one heartbeat, telephone width."""

import base64
import json
import shutil
import time

import numpy as np
import pytest

from emgtut import denoise
from emgtut.assess import snr_db
from emgtut.contaminate import mix_at_snr
from emgtut.show.filter_widget import FilterBench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed: THE FILTER BENCH WAS NOT TRIED"
    ),
]

# A stand-in for the widget manager; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>filter bench</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body><main></main>
<script type="module">
const { esm, state } = __WIDGET__, heard = {};
for (const key of ["clean", "noise"]) {
  state[key] = new DataView(Uint8Array.from(atob(state[key]), (c) => c.charCodeAt(0)).buffer);
}
const model = { get: (key) => state[key], save_changes() {},
  set(key, value) { state[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
module.default.render({ model, el: document.querySelector("main") });
document.body.dataset.loaded = "yes";
</script></body></html>"""

HOME, END = "\ue011", "\ue010"
FS = 1000.0


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(11)
    burst = np.hstack([0.01 * rng.standard_normal(1500), rng.standard_normal(1500)]).astype(np.float32)
    beats = np.zeros(3000, dtype=np.float32)
    beats[[500, 2200]] = 1.0, 0.9
    return burst, np.convolve(beats, np.hanning(60), "same").astype(np.float32)


@pytest.fixture
def page(pair, tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    bench = FilterBench(*pair, fs=FS)
    names = ("clean", "noise", "fs", "corner_hz", "order", "passes", "snr_db")
    values = {name: getattr(bench, name) for name in names}
    state = {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in values.items()}
    text = PAGE.replace("__CSS__", bench._css).replace("__WIDGET__", json.dumps({"esm": bench._esm, "state": state}))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    try:
        resize(browser, 900)
        browser.get((tmp_path / "page.html").as_uri())
        wait(lambda: browser.execute_script("return document.body.dataset.loaded") == "yes")
        yield browser
        assert not [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    finally:
        browser.quit()


def resize(browser, width):
    size = {"width": width, "height": 1300, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def wait(condition, seconds=20):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the page did not come to it in time"
        time.sleep(0.05)


def find(browser, selector):
    return browser.find_element("css selector", selector)


def test_the_page_filters_scores_and_fits(page, pair):
    clean, noise = (x.astype(np.float64) for x in pair)
    noisy = mix_at_snr(clean, noise, -10.0)
    root, traces = find(page, ".emg-front"), set()
    for key, slider, method, corner in (
        (None, "corner_hz", "highpass", 40.0),
        (HOME, "passes", "highpass_causal", 40.0),
        (END, "corner_hz", "highpass_causal", 200.0),
    ):
        if key:
            find(page, f"input[data-key={slider}]").send_keys(key)
        expected = snr_db(clean, denoise.get(method, cutoff_hz=corner)(noisy, fs=FS)) + 10
        assert float(root.get_attribute("data-gain-db")) == pytest.approx(expected, abs=1e-3)
        traces.add(find(page, ".emg-front-trace").get_attribute("innerHTML"))
    assert len(traces) == 3
    assert find(page, "input[data-key=passes]").get_attribute("aria-valuetext") == "forwards"
    wait(lambda: "run forwards only" in find(page, "[aria-live=polite]").text)

    names = [element.accessible_name.split("  ")[0] for element in page.find_elements("css selector", "input")]
    assert names == ["corner", "order of one pass", "direction", "SNR of the mixture"]
    assert all(len(picture.accessible_name) > 20 for picture in page.find_elements("css selector", "svg"))
    limit = page.execute_script(
        "return [...document.querySelectorAll('.emg-front-trace text')].map((t) => t.textContent)"
    )
    assert any(float(mark) >= 1 for mark in limit if mark.replace(".", "").isdigit()), "the beat in the burst is shown"

    resize(page, 360)
    wait(lambda: page.execute_script("return document.querySelector('svg').clientWidth") < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
