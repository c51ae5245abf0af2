"""The live figures in headless Chromium: moved by keyboard, read back, in both themes and at telephone width."""

import base64
import json
import shutil
import time

import matplotlib.pyplot as plt
import numpy as np
import pytest

from emgtut.contaminate import gain_for_snr
from emgtut.show.frames import frame_slider
from emgtut.show.widgets import Mixer

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
DRIVER = shutil.which("chromedriver")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (CHROMIUM and DRIVER), reason="chromium and chromedriver are not installed: THE WIDGETS WERE NOT TRIED"
    ),
]

# A stand-in for the widget manager: a model with values and listeners; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>widgets</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body>
<main><div id="one"></div><div id="two"></div>__FRAMES__</main>
<script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const state = __STATE__;
state.clean = bytes(state.clean); state.noise = bytes(state.noise);
const model = () => {
  const values = { ...state }, heard = {};
  return { get: (key) => values[key], save_changes() { window.saved = (window.saved || 0) + 1; }, off() {},
    set(key, value) { values[key] = value; for (const call of heard["change:" + key] || []) call(); },
    on: (event, call) => (heard[event] ||= []).push(call) };
};
const module = await import(URL.createObjectURL(new Blob([__ESM__], { type: "text/javascript" })));
window.models = [model(), model()];
window.closers = ["one", "two"].map((id, i) =>
  module.default.render({ model: window.models[i], el: document.getElementById(id) }));
document.body.dataset.loaded = "yes";
</script></body></html>"""


@pytest.fixture(scope="module")
def pair():
    rng = np.random.default_rng(11)
    noise = np.sin(2 * np.pi * 5 * np.arange(3000) / 1000) ** 9 + 0.02 * rng.standard_normal(3000)
    return 0.1 * rng.standard_normal(3000), noise


@pytest.fixture(scope="module")
def driver():
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--mute-audio"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    browser = webdriver.Chrome(options=options, service=Service(DRIVER))
    yield browser
    browser.quit()


@pytest.fixture
def page(driver, pair, tmp_path):
    """A fresh page with two mixers and two frame sliders, 900 pixels wide."""
    mixer = Mixer(*pair, fs=1000, snr_db=-10)

    def render(value):
        figure, ax = plt.subplots(figsize=(3, 1))
        ax.plot([0, value])
        return figure

    frames = "".join(
        frame_slider(render, values, label=label, unit="dB", alt="A line to {value}.").html()
        for label, values in (("first", [-1, 0, 1]), ("second", [0, 2]))
    )
    state = {key: getattr(mixer, key) for key in ("fs", "snr_db", "definition", "label_clean", "label_noise", "units")}
    state |= {key: base64.b64encode(getattr(mixer, key)).decode() for key in ("clean", "noise")}
    text = PAGE.replace("__CSS__", mixer._css).replace("__FRAMES__", frames)
    text = text.replace("__STATE__", json.dumps(state)).replace("__ESM__", json.dumps(mixer._esm))
    (tmp_path / "page.html").write_text(text, encoding="utf-8")
    resize(driver, 900)
    driver.get((tmp_path / "page.html").as_uri())
    wait(lambda: driver.execute_script("return document.body.dataset.loaded") == "yes")
    driver.get_log("browser")
    yield driver
    errors = [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors


def resize(driver, width):
    size = {"width": width, "height": 900, "deviceScaleFactor": 2, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


def wait(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "the page did not come to it in time"
        time.sleep(0.05)


def find(driver, selector):
    return driver.find_element("css selector", selector)


def press(element, key, times=1):
    for _ in range(times):
        element.send_keys(key)


def picture(driver, selector):
    return driver.execute_script("return document.querySelector(arguments[0]).toDataURL()", selector)


ARROW_LEFT, ARROW_RIGHT, ARROW_DOWN, HOME, END = "\ue012", "\ue014", "\ue015", "\ue011", "\ue010"


def test_keyboard_moves_the_slider_and_the_values_agree_with_python(page, pair):
    root, slider = find(page, "#one .emg-mixer"), find(page, "#one input[type=range]")
    seen = []
    for key, times, asked in ((ARROW_RIGHT, 0, -10), (ARROW_RIGHT, 4, -6), (HOME, 1, -20), (END, 1, 20)):
        press(slider, key, times)
        assert float(root.get_attribute("data-gain")) == pytest.approx(gain_for_snr(*pair, asked).item(), rel=1e-6)
        assert float(root.get_attribute("data-snr-db")) == pytest.approx(asked, abs=1e-6)
        assert slider.get_attribute("aria-valuetext") == f"{asked}\xa0dB".replace("-", "−")
        seen.append((picture(page, "#one .emg-mixer-time"), picture(page, "#one .emg-mixer-spectrum")))
    assert len({time_picture for time_picture, _ in seen}) == 4
    assert len({spectrum_picture for _, spectrum_picture in seen}) == 4
    assert page.execute_script("return window.saved") == 6  # each step is told to the kernel, where there is one


def test_definition_changes_the_gain_for_the_same_number(page, pair):
    root, choice = find(page, "#one .emg-mixer"), find(page, "#one select")
    press(choice, ARROW_DOWN)
    assert root.get_attribute("data-definition") == "rms"
    assert float(root.get_attribute("data-snr-db")) == pytest.approx(-20, abs=1e-6)
    press(choice, ARROW_DOWN)
    expected = np.ptp(pair[0]) / np.ptp(pair[1]) * 10**0.5
    assert root.get_attribute("data-definition") == "peak"
    assert float(root.get_attribute("data-gain")) == pytest.approx(expected, rel=1e-6)
    said = find(page, "#one [aria-live=polite]")
    wait(lambda: "peak-to-peak" in said.text)
    assert "than the number says" in said.text


def test_spans_are_peak_to_peak_over_rms(page, pair):
    shown = find(page, "#one .emg-mixer-numbers > div:last-child").text
    spans = [np.ptp(v) / np.sqrt(np.mean(np.square(v))) for v in pair]
    assert shown.startswith("peak-to-peak / RMS")
    assert f"sEMG {spans[0]:.1f}, ECG {spans[1]:.1f}, mixture" in shown


def test_two_mixers_do_not_disturb_each_other(page):
    press(find(page, "#one input"), ARROW_RIGHT, 3)
    assert find(page, "#one .emg-mixer").get_attribute("data-snr-db") != find(page, "#two .emg-mixer").get_attribute(
        "data-snr-db"
    )
    assert float(find(page, "#two .emg-mixer").get_attribute("data-snr-db")) == pytest.approx(-10, abs=1e-6)


def test_the_kernel_can_move_the_slider(page):
    page.execute_script("window.models[0].set('snr_db', 2.5)")
    assert float(find(page, "#one .emg-mixer").get_attribute("data-snr-db")) == pytest.approx(2.5, abs=1e-6)
    assert find(page, "#one .emg-mixer-asked").text.replace("\xa0", " ") == "2.5 dB"


def test_every_control_and_picture_has_a_name(page):
    assert find(page, "#one input").accessible_name.startswith("SNR asked for")
    assert find(page, "#one select").accessible_name.startswith("read as")
    assert find(page, "#one button").accessible_name == "Listen"
    assert find(page, "#one .emg-mixer").accessible_name == "Mix sEMG and ECG at a chosen SNR"
    assert "the mixture, which reaches" in find(page, "#one .emg-mixer-time").accessible_name
    assert "ECG near 5.86 hertz" in find(page, "#one .emg-mixer-spectrum").accessible_name  # 3 bins of 1000/512 Hz
    assert find(page, ".emg-frames input").accessible_name == "first"


def test_dark_theme_redraws_with_enough_contrast(page):
    root = find(page, "#one .emg-mixer")
    light, ground = picture(page, "#one .emg-mixer-time"), root.value_of_css_property("background-color")
    page.execute_script("document.documentElement.dataset.theme = 'dark'")
    wait(lambda: picture(page, "#one .emg-mixer-time") != light)
    dark_ground = root.value_of_css_property("background-color")
    assert dark_ground != ground
    names = ("--emg-clean", "--emg-mixture", "--emg-noise", "--emg-ink")
    for name in names:
        assert contrast(root_colour(page, name), dark_ground) >= 3
    page.execute_script("document.documentElement.dataset.theme = 'light'")
    for name in names:
        assert contrast(root_colour(page, name), ground) >= 3


def root_colour(driver, name):
    """A custom property as the browser resolves it."""
    return driver.execute_script(
        "const probe = document.querySelector('#one .emg-mixer').appendChild(document.createElement('i'));"
        "probe.style.color = `var(${arguments[0]})`; const seen = getComputedStyle(probe).color; probe.remove();"
        "return seen;",
        name,
    )


def contrast(one, two):
    """Contrast ratio of two CSS colours as WCAG defines it."""
    lights = []
    for colour in (one, two):
        rgb = np.array([float(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3]]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        lights.append(float(linear @ [0.2126, 0.7152, 0.0722]) + 0.05)
    return max(lights) / min(lights)


def test_fits_a_telephone_and_stays_sharp(page):
    resize(page, 390)
    wide = "return document.querySelector('#one .emg-mixer-time').clientWidth"
    wait(lambda: page.execute_script(wide) < 380)
    dots = "return document.querySelector('#one .emg-mixer-time').width"
    wait(lambda: page.execute_script(dots) == 2 * page.execute_script(wide))  # deviceScaleFactor is 2
    assert page.execute_script("return document.documentElement.scrollWidth") <= 390


def test_listen_starts_and_stops(page):
    """Both clicks come at once: a sound that is over before a slow browser looks would be missed."""
    button = "document.querySelector('#one button')"
    twice = "[0, 1].map(() => (BUTTON.click(), BUTTON.textContent))".replace("BUTTON", button)
    assert page.execute_script(f"return {twice}") == ["Stop", "Listen"]


def test_closing_a_view_stops_its_observers(page):
    page.execute_script("window.closers[0]()")
    before = picture(page, "#one .emg-mixer-time")
    page.execute_script("document.documentElement.dataset.theme = 'dark'")
    wait(lambda: find(page, "#two .emg-mixer").value_of_css_property("color-scheme") == "dark")
    assert picture(page, "#one .emg-mixer-time") == before


def test_frames_change_by_keyboard_one_slider_at_a_time(page):
    first, second = page.find_elements("css selector", ".emg-frames")
    press(find(first, "input"), ARROW_RIGHT, 2)
    assert first.get_attribute("data-value") == "1"
    assert second.get_attribute("data-value") == "0"
    shown = [image for image in first.find_elements("css selector", "img") if image.is_displayed()]
    assert [image.get_attribute("alt") for image in shown] == ["A line to 1 dB."]
    assert find(first, "input").get_attribute("aria-valuetext") == "1 dB"
    press(find(first, "input"), ARROW_LEFT)
    assert first.get_attribute("data-value") == "0"
