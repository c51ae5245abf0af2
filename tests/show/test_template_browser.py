"""The template bench in headless Chromium: keyboard, names, numbers, telephone width."""

import base64
import json
import shutil
import time

import numpy as np
import pytest

from emgtut.show.template_widget import TemplateBench

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="chromium and chromedriver are not installed: THE TEMPLATE BENCH WAS NOT TRIED",
    ),
]

# A stand-in for the widget manager; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>template bench</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body><main></main>
<script type="module">
const { esm, state } = __WIDGET__, heard = {};
for (const key of ["muscle", "shape", "offsets"]) {
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
MUSCLE = np.random.default_rng(5).standard_normal((32, 300))
SHAPE = np.pad(np.diff(np.hanning(62)), 120)[:300]


@pytest.fixture
def page(tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    bench = TemplateBench(MUSCLE, SHAPE, fs=1000)
    values = {
        name: getattr(bench, name) for name in ["muscle", "shape", "offsets", "fs", "n_beats", "snr_db", "jitter_ms"]
    }
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


def test_the_page_averages_subtracts_and_fits(page):
    root = find(page, ".emg-front")
    scaled = MUSCLE / np.std(MUSCLE)

    def law(n):  # without jitter the error is the mean of the first n rows
        return 10 * np.log10(np.sum(scaled[:n] ** 2) / (n * np.sum(scaled[:n].mean(axis=0) ** 2)))

    pictures = set()
    for key, n in ((None, 2), (END, 32), (HOME, 1)):
        if key:
            find(page, "input[data-key=n_beats]").send_keys(key)
        assert float(root.get_attribute("data-out-db")) == pytest.approx(law(n), abs=1e-4)
        pictures.add(find(page, ".emg-front-leftover").get_attribute("innerHTML"))
    assert len(pictures) == 3
    wait(lambda: "neither heart nor muscle" in find(page, "[aria-live=polite]").text)
    find(page, "input[data-key=n_beats]").send_keys(END)
    find(page, "input[data-key=jitter_ms]").send_keys(END)
    assert float(root.get_attribute("data-out-db")) < law(32) - 3
    assert find(page, "input[data-key=jitter_ms]").get_attribute("aria-valuetext").replace("\xa0", " ") == "8 ms"

    names = [element.accessible_name.split("  ")[0] for element in page.find_elements("css selector", "input")]
    assert names == ["number of beats", "SNR in the beats", "jitter of the beats"]
    assert all(len(picture.accessible_name) > 20 for picture in page.find_elements("css selector", "svg"))

    resize(page, 360)
    wait(lambda: page.execute_script("return document.querySelector('svg').clientWidth") < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
