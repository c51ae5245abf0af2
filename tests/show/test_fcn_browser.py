"""The network in headless Chromium: it computes there, answers to the keyboard, and fits a telephone."""

import base64
import json
import shutil
import time

import numpy as np
import pytest

from emgtut.denoise.fcn import FCN
from emgtut.learn import seeded
from emgtut.show.fcn_widget import FcnProbe

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER),
        reason="chromium and chromedriver are not installed: THE NETWORK ON THE PAGE WAS NOT TRIED",
    ),
]

# A stand-in for the widget manager; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>network</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body><main></main>
<script type="module">
const { esm, state } = __WIDGET__, heard = {};
for (const key of ["weights", "clean", "noises"]) {
  state[key] = new DataView(Uint8Array.from(atob(state[key]), (c) => c.charCodeAt(0)).buffer);
}
const model = { get: (key) => state[key], save_changes() {},
  set(key, value) { state[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
module.default.render({ model, el: document.querySelector("main") });
document.body.dataset.loaded = "yes";
</script></body></html>"""
KEYS = ("layers", "weights", "clean", "noises", "names", "fs", "kind", "snr_db", "level_db")
HOME, END = "\ue011", "\ue010"


@pytest.fixture
def page(tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    rng = np.random.default_rng(15)
    noises = {"tone": np.sin(0.3 * np.arange(800)), "white noise": rng.standard_normal(800)}
    with seeded(0):
        probe = FcnProbe(FCN(8).eval(), rng.standard_normal(800), noises, fs=1000, snr_db=-10)
    values = {key: getattr(probe, key) for key in KEYS}
    state = {key: base64.b64encode(v).decode() if isinstance(v, bytes) else v for key, v in values.items()}
    text = PAGE.replace("__CSS__", probe._css).replace("__WIDGET__", json.dumps({"esm": probe._esm, "state": state}))
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


def test_the_page_runs_the_network_and_fits(page):
    root, seen = find(page, ".emg-front"), {}
    for key, press in (("start", None), ("kind", END), ("snr_db", END), ("level_db", HOME)):
        if press:
            find(page, f"input[data-key={key}]").send_keys(press)
        seen[key] = root.get_attribute("data-gain-db"), find(page, ".emg-front-output").get_attribute("innerHTML")
    assert all(np.isfinite(float(gain)) for gain, _ in seen.values())
    assert len({picture for _, picture in seen.values()}) == 4
    assert find(page, "input[data-key=kind]").get_attribute("aria-valuetext") == "white noise"
    wait(lambda: "white noise at 30" in find(page, "[aria-live=polite]").text.replace("+", ""))

    names = [element.accessible_name.split("  ")[0] for element in page.find_elements("css selector", "input")]
    assert names == ["noise", "SNR of the mixture", "level handed over"]
    assert all(len(picture.accessible_name) > 20 for picture in page.find_elements("css selector", "svg"))

    resize(page, 360)
    wait(lambda: page.execute_script("return document.querySelector('svg').clientWidth") < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
