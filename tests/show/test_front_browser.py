"""The hum meter and the notch tuner in headless Chromium: keyboard, names, both themes, telephone width."""

import base64
import json
import shutil
import time

import numpy as np
import pytest

from emgtut.acquire import input_impedance, interference
from emgtut.show.hum_widget import HumMeter
from emgtut.show.notch_widget import NotchTuner

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed: THE WIDGETS WERE NOT TRIED"
    ),
]

# A stand-in for the widget manager: models with values and listeners; modules come from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>front end</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body>
<main><div id="hum"></div><div id="notch"></div></main>
<script type="module">
const model = (values) => {
  const heard = {};
  return { get: (key) => values[key], save_changes() { window.saved = (window.saved || 0) + 1; }, off() {},
    set(key, value) { values[key] = value; for (const call of heard["change:" + key] || []) call(); },
    on: (event, call) => (heard[event] ||= []).push(call) };
};
window.models = {};
window.closers = {};
for (const [id, { esm, state }] of Object.entries(__WIDGETS__)) {
  if (state.muscle) state.muscle = new DataView(Uint8Array.from(atob(state.muscle), (c) => c.charCodeAt(0)).buffer);
  const module = await import(URL.createObjectURL(new Blob([esm], { type: "text/javascript" })));
  window.models[id] = model(state);
  window.closers[id] = module.default.render({ model: window.models[id], el: document.getElementById(id) });
}
document.body.dataset.loaded = "yes";
</script></body></html>"""

ARROW_RIGHT, HOME, END = "\ue014", "\ue011", "\ue010"


def state_of(widget, names):
    values = {name: getattr(widget, name) for name in names}
    return {name: base64.b64encode(v).decode() if isinstance(v, bytes) else v for name, v in values.items()}


@pytest.fixture(scope="module")
def driver():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver, tmp_path):
    hum = HumMeter(0.05 * np.random.default_rng(5).standard_normal(400), fs=2000)
    tuner = NotchTuner(quality=10, off_percent=1)
    hum_names = ["current_a", "ground_ohm", "second_ohm", "delta_ohm", "picofarad", "cmrr_db", "loop_gain"]
    hum_names += ["mains_hz", "fs", "muscle"]
    widgets = {
        "hum": {"esm": hum._esm, "state": state_of(hum, hum_names)},
        "notch": {"esm": tuner._esm, "state": state_of(tuner, ("quality", "off_percent", "mains_hz"))},
    }
    text = PAGE.replace("__CSS__", hum._css).replace("__WIDGETS__", json.dumps(widgets))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    resize(driver, 900)
    driver.get((tmp_path / "page.html").as_uri())
    wait(lambda: driver.execute_script("return document.body.dataset.loaded") == "yes")
    yield driver
    errors = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors


def resize(driver, width):
    size = {"width": width, "height": 1300, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the page did not come to it in time"
        time.sleep(0.05)


def find(driver, selector):
    return driver.find_element("css selector", selector)


def test_keyboard_moves_a_slider_and_the_hum_agrees_with_python(page):
    root, slider = find(page, "#hum .emg-front"), find(page, "#hum input[data-key=delta_ohm]")
    seen = set()
    for key, ohm in ((None, 20e3), (END, 1e5), (HOME, 10)):
        if key:
            slider.send_keys(key)
        zc = input_impedance(50.0, farad=200e-12)
        expected = interference(0.2e-6 * 50e3, first_ohm=20e3 + ohm, second_ohm=20e3, input_ohm=zc)
        assert float(root.get_attribute("data-skin")) == pytest.approx(expected, rel=1e-6)
        seen.add(find(page, "#hum .emg-front-trace").get_attribute("innerHTML"))
    assert len(seen) == 3
    assert slider.get_attribute("aria-valuetext") == "10\xa0Ω"
    find(page, "#hum input[data-key=loop_gain]").send_keys(END)
    assert float(root.get_attribute("data-common")) == pytest.approx(0.2e-6 * 50e3 / 1001, rel=1e-6)
    wait(lambda: "It is the" in find(page, "#hum [aria-live=polite]").text)


def test_the_notch_follows_its_sliders(page):
    root, slider = find(page, "#notch .emg-front"), find(page, "#notch input[data-key=off_percent]")
    assert float(root.get_attribute("data-removed-db")) == pytest.approx(14.2, abs=0.1)
    for _ in range(40):
        slider.send_keys(ARROW_RIGHT)
    assert slider.get_attribute("aria-valuetext") == "5.0\xa0%"
    assert float(root.get_attribute("data-removed-db")) == pytest.approx(3.0, abs=0.2)
    find(page, "#notch input[data-key=quality]").send_keys(HOME)
    assert float(root.get_attribute("data-removed-db")) == pytest.approx(32.4, abs=0.2)


def test_everything_has_a_name(page):
    names = [element.accessible_name for element in page.find_elements("css selector", "input")]
    assert [name.split("  ")[0] for name in names] == [
        "imbalance ΔZ", "cable and input", "CMRR of the amplifier", "loop gain, driven", "quality Q", "tuned off by",
    ]  # fmt: skip
    for picture in page.find_elements("css selector", "svg"):
        assert len(picture.accessible_name) > 20
    for group in page.find_elements("css selector", ".emg-front"):
        assert group.accessible_name


def test_dark_theme_has_enough_contrast(page):
    for theme in ("light", "dark"):
        page.execute_script("document.documentElement.dataset.theme = arguments[0]", theme)
        ground = find(page, "#hum .emg-front").value_of_css_property("background-color")
        for selector, role in (("polyline.emg-clean", "stroke"), ("polyline.emg-hum", "stroke"), ("text", "fill")):
            assert contrast(find(page, f"#hum svg {selector}").value_of_css_property(role), ground) >= 3
        third = find(page, "#hum svg rect.emg-third").value_of_css_property("fill")
        assert contrast(third, ground) >= 3


def contrast(one, two):
    """Contrast ratio of two CSS colours as WCAG defines it."""
    lights = []
    for colour in (one, two):
        rgb = np.array([float(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3]]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(lights) / min(lights)


def test_fits_a_telephone(page):
    resize(page, 360)
    wait(lambda: page.execute_script("return document.querySelector('#hum svg').clientWidth") < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360


def test_closing_a_view_stops_its_observers(page):
    page.execute_script("window.closers.notch()")
    before = find(page, "#notch svg").get_attribute("width")
    resize(page, 600)
    wait(lambda: int(find(page, "#hum svg").get_attribute("width")) < 600)
    assert find(page, "#notch svg").get_attribute("width") == before
