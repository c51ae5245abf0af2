"""A live figure alone on a page in headless Chromium, for the tests that move its sliders."""

import base64
import json
import shutil
import time

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")

# A stand-in for the widget manager; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>live figure</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body><main></main>
<script type="module">
const { esm, state, binary } = __WIDGET__, heard = {};
for (const key of binary) {
  state[key] = new DataView(Uint8Array.from(atob(state[key]), (c) => c.charCodeAt(0)).buffer);
}
const model = { get: (key) => state[key], save_changes() {}, off() {},
  set(key, value) { state[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
module.default.render({ model, el: document.querySelector("main") });
document.body.dataset.loaded = "yes";
</script></body></html>"""


class Page:
    """What a reader can do on the page; it must not complain to the console meanwhile."""

    HOME, END, LEFT, RIGHT = "\ue011", "\ue010", "\ue012", "\ue014"

    def __init__(self, browser):
        self.browser = browser

    def resize(self, width):
        size = {"width": width, "height": 1300, "deviceScaleFactor": 1, "mobile": width < 500}
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def wait(self, condition, seconds=30):
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "the page did not come to it in time"
            time.sleep(0.05)

    def find(self, selector):
        return self.browser.find_element("css selector", selector)

    def run(self, script):
        return self.browser.execute_script(f"return {script}")

    def sliders(self):
        """Names that a screen reader hears."""
        return [one.accessible_name.split("  ")[0] for one in self.find_all("input")]

    def find_all(self, selector):
        return self.browser.find_elements("css selector", selector)

    def check_it_goes_dark(self):
        self.run("document.documentElement.dataset.theme = 'dark'")
        assert self.find(".emg-front").value_of_css_property("color-scheme") == "dark"

    def check_pictures_are_named_and_a_telephone_is_wide_enough(self):
        assert all(len(one.accessible_name) > 20 for one in self.find_all("svg"))
        self.resize(360)
        self.wait(lambda: self.run("document.querySelector('svg').clientWidth") < 350)
        assert self.run("document.documentElement.scrollWidth") <= 360


@pytest.fixture
def open_widget(tmp_path):
    """`open_widget(widget, keys)` shows a widget with its traits `keys` on a page of its own."""
    if not (CHROMIUM and DRIVER):
        pytest.skip("chromium and chromedriver are not installed: THIS LIVE FIGURE WAS NOT TRIED")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))

    def show(widget, keys):
        values = {key: getattr(widget, key) for key in keys}
        binary = [key for key, value in values.items() if isinstance(value, bytes)]
        state = values | {key: base64.b64encode(values[key]).decode() for key in binary}
        told = json.dumps({"esm": widget._esm, "state": state, "binary": binary})
        text = PAGE.replace("__CSS__", widget._css).replace("__WIDGET__", told)
        (tmp_path / "page.html").write_text(text, encoding="utf-8")
        page = Page(browser)
        page.resize(900)
        browser.get((tmp_path / "page.html").as_uri())
        page.wait(lambda: page.run("document.body.dataset.loaded") == "yes")
        return page

    try:
        yield show
        assert not [entry["message"] for entry in browser.get_log("browser") if entry["level"] == "SEVERE"]
    finally:
        browser.quit()
