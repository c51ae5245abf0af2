"""The leak meter in headless Chromium: it recomputes by keyboard, fits a telephone, and shows both themes."""

import json
import shutil
import time

import pytest

from emgtut.show.leak_widget import LeakMeter, leak_of

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed: THE LEAK METER WAS NOT TRIED"
    ),
]
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>leak</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body>
<div id="leak"></div><script type="module">
const values = __STATE__, heard = {};
const model = { get: (key) => values[key], save_changes() {}, off() {},
  set(key, value) { values[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([__ESM__], { type: "text/javascript" })));
module.default.render({ model, el: document.getElementById("leak") });
document.body.dataset.loaded = "yes";
</script></body></html>"""


@pytest.fixture
def driver(tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    state = json.dumps({"spread": 2.0, "features": 20, "patients": 15, "seed": 1})
    text = PAGE.replace("__CSS__", LeakMeter._css).replace("__STATE__", state)
    (tmp_path / "page.html").write_text(text.replace("__ESM__", json.dumps(LeakMeter._esm)), encoding="utf-8")
    browser.set_window_size(720, 800)
    browser.get((tmp_path / "page.html").as_uri())
    yield browser
    browser.quit()


def told(driver):
    data = driver.find_element("css selector", ".emg-front").get_attribute
    return float(data("data-shuffled")), float(data("data-apart"))


def wait_for(driver, expected):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if driver.find_elements("css selector", ".emg-front") and told(driver) == pytest.approx(expected):
            return
        time.sleep(0.05)
    raise AssertionError(f"the page shows {told(driver)} instead of {expected}")


def test_it_recomputes_by_keyboard_and_fits_a_telephone(driver, tmp_path):
    wait_for(driver, leak_of(spread=2.0, features=20, patients=15, seed=1))
    driver.save_screenshot(str(tmp_path / "light.png"))
    driver.find_element("css selector", "input[data-key=features]").send_keys("\ue011")  # Home: one feature
    wait_for(driver, leak_of(spread=2.0, features=1, patients=15, seed=1))
    driver.find_element("css selector", "input[data-key=seed]").send_keys("\ue014")
    wait_for(driver, leak_of(spread=2.0, features=1, patients=15, seed=2))
    driver.execute_script("document.documentElement.dataset.theme = 'dark'")
    phone = {"width": 320, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", phone)
    time.sleep(0.5)
    assert driver.execute_script("return document.documentElement.scrollWidth") <= 320
    driver.save_screenshot(str(tmp_path / "dark.png"))
    assert "patients" in driver.find_element("css selector", ".emg-front-said").text
    assert [
        entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE" and "favicon" not in entry["message"]
    ] == []
