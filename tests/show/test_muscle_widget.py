"""The muscle sum: its JavaScript under node against the package, and the figure in headless Chromium."""

import base64
import json
import re
import shutil
import subprocess
import time
from dataclasses import replace

import numpy as np
import pytest
import traitlets
from scipy import signal
from scipy.stats import kurtosis

from emgtut.acquire import Electrode, motor_unit_pool, muap_bank, superpose
from emgtut.assess.features import median_frequency
from emgtut.show.muscle_widget import HEARD, MuscleSum

FS = 2000
NODE = shutil.which("node")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
CHROMEDRIVER = shutil.which("chromedriver")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE MUSCLE'S JAVASCRIPT WAS NOT TESTED")
ARROW_LEFT, HOME, END = "\ue012", "\ue011", "\ue010"

SCRIPT = """
import fs from "node:fs";
const core = await import(process.argv[2]);
const job = JSON.parse(fs.readFileSync(process.argv[3]));
const waves = job.waves.map((w) => Float32Array.from(w)), list = (x) => Array.from(x);
const out = { heard: core.HEARD, stretched: list(core.stretched(waves[80], job.rules.lead, 0.7).wave), rows: [] };
out.stretchedLead = core.stretched(waves[80], job.rules.lead, 0.7).lead;
out.long = core.dischargesOf(20, 0.2, 5, 500);
for (const row of job.rows) {
  const s = core.muscleAt({ units: job.units, waves, rules: job.rules, ...row });
  out.rows.push({ trains: s.trains, emg: list(s.emg), rms: s.rms, mdf: s.mdf, kurtosis: s.kurtosis, awake: s.awake,
    perSecond: s.perSecond, rates: job.units.map((u) => core.rateOf(u, row.drive, job.rules)),
    said: core.describeMuscle(s) });
}
console.log(JSON.stringify(out));
"""

ROWS = [
    {"drive": drive, "velocity": 1.0, "heard": heard}
    for drive, heard in ((0.0, 0), (0.04, 1), (0.2, 0), (0.2, 10), (0.8, 0), (1.0, 0))
] + [{"drive": 0.5, "velocity": 0.6, "heard": 0}, {"drive": 0.5, "velocity": 1.0, "heard": 0}]


@pytest.fixture(scope="module")
def pool():
    return motor_unit_pool(np.random.default_rng(4))


@pytest.fixture(scope="module")
def bank(pool):
    return muap_bank(pool, [Electrode()], fs=FS, speeds=[1.0, 0.7])


@pytest.fixture
def widget(pool, bank):
    return MuscleSum(pool, bank.waveforms[0, 0], fs=FS, lead=bank.lead)


@pytest.fixture
def script(widget, tmp_path):
    units = np.frombuffer(widget.units, "<f8").reshape(-1, 2)
    job = {
        "waves": np.frombuffer(widget.waveforms, "<f4").reshape(len(units), -1).tolist(), "rules": widget.rules,
        "units": [{"threshold": t, "peak": p} for t, p in units], "rows": ROWS,
    }  # fmt: skip
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(SCRIPT, encoding="utf-8")
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "job.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_rates_sum_and_numbers_equal_the_package(pool, bank, script):
    waves = bank.waveforms[0, 0].astype(np.float32)
    for given, got in zip(ROWS, script["rows"], strict=True):
        np.testing.assert_allclose(got["rates"], pool.rates([given["drive"]])[:, 0], rtol=1e-12)
        emg = np.array(got["emg"])
        if given["drive"] == 0:
            assert not emg.any()
            assert "silent" in got["said"]
            continue
        if given["velocity"] == 1:
            rows = np.repeat(np.arange(len(got["trains"])), [len(t) for t in got["trains"]])
            samples = np.minimum(np.rint(np.concatenate(got["trains"]) * FS).astype(int), emg.size - 1)
            np.testing.assert_allclose(emg, superpose(samples, rows, waves, emg.size, lead=bank.lead), atol=1e-9)
        assert got["rms"] == pytest.approx(emg.std(), rel=1e-9)
        assert got["kurtosis"] == pytest.approx(kurtosis(emg), rel=1e-9)
        freqs, density = signal.welch(emg, FS, nperseg=1024)
        assert got["mdf"] == pytest.approx(median_frequency(freqs, density), rel=1e-9)
        assert got["awake"] == sum(len(t) > 0 for t in got["trains"])
        assert len(got["trains"]) == (given["heard"] or pool.n_units)
        assert got["perSecond"] == pytest.approx(sum(map(len, got["trains"])) / 4.096)
        assert f"{got['awake']} unit" in got["said"]
    assert tuple(script["heard"]) == HEARD


@needs_node
def test_discharges_have_the_rate_and_the_spread_that_were_asked(pool, script):
    intervals = np.diff(script["long"])
    assert len(script["long"]) == pytest.approx(20 * 500, rel=0.01)
    assert intervals.std() / intervals.mean() == pytest.approx(0.2, rel=0.05)
    assert abs(np.corrcoef(intervals[1:], intervals[:-1])[0, 1]) < 0.04
    for given, row in zip(ROWS, script["rows"], strict=True):  # as many discharges as the rates promise
        expected = pool.rates([given["drive"]])[: len(row["trains"]), 0]
        assert sum(map(len, row["trains"])) == pytest.approx(
            4.096 * expected.sum(), abs=3 + 0.03 * 4.1 * expected.sum()
        )
    # No two trains are alike.
    first, second = (np.array(script["rows"][4]["trains"][i][:20]) for i in (0, 1))
    assert np.abs(first - second).max() > 1e-3


@needs_node
def test_a_slower_wave_is_the_simulators_slower_wave(bank, script):
    mine, true = np.array(script["stretched"]), bank.waveforms[0, 1, 80]
    mine = mine[script["stretchedLead"] - bank.lead :]  # both begin `lead` samples before the discharge
    n = min(mine.size, true.size)
    assert n > 60
    assert np.abs(mine[:n] - true[:n]).max() < 0.03 * np.abs(true).max()
    slow, full = script["rows"][-2:]
    assert slow["mdf"] / full["mdf"] == pytest.approx(0.6, rel=0.05)  # of one noisy spectrum of four seconds


def test_the_script_needs_no_network(widget):
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    assert widget._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"waveforms": np.ones((3, 80))}, "one potential for each of the 120 units"),
        ({"waveforms": np.ones(80)}, "one potential"),
        ({"fs": 0}, "fs"),
        ({"lead": -1}, "lead is -1"),
        ({"drive": 1.1}, "drive lies from 0 to 1"),
        ({"drive": np.nan}, "cannot start"),
        ({"velocity": 0.5}, "velocity from 0.6 to 1"),
        ({"heard": 7}, "heard is one of"),
    ],
)
def test_what_cannot_be_shown_is_refused(pool, bank, changes, words):
    call = {"waveforms": bank.waveforms[0, 0], "fs": FS, "lead": bank.lead} | changes
    with pytest.raises(ValueError, match=words):
        MuscleSum(pool, call.pop("waveforms"), **call)


def test_a_pool_with_common_input_is_refused(pool, bank):
    with pytest.raises(ValueError, match="without common input"):
        MuscleSum(replace(pool, common_input=0.2), bank.waveforms[0, 0], fs=FS, lead=bank.lead)


def test_the_sliders_keep_their_range(pool, bank):
    widget = MuscleSum(pool, bank.waveforms[0, 0], fs=FS, lead=bank.lead, drive=0.4, velocity=0.8, heard=1)
    assert repr(widget) == "<MuscleSum: 120 units, drive 0.4, velocity 80 %, 1 unit heard>"
    for name, value in (("drive", 1.2), ("velocity", 0.5), ("heard", 2)):
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, value)


# --------------------------------------------------------------------------------------------- in a browser

# A stand-in for the widget manager: one model with values and listeners; the module comes from memory, as in anywidget.
PAGE = """<!doctype html><html lang="en" data-theme="light"><head><meta charset="utf-8"><title>muscle</title>
<meta name="viewport" content="width=device-width"><style>body { margin: 8px } __CSS__</style></head><body>
<main><div id="figure"></div></main><script type="module">
const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
const values = __STATE__, heard = {};
for (const key of ["waveforms", "units"]) values[key] = bytes(values[key]);
const model = { get: (key) => values[key], save_changes() {}, off() {},
  set(key, value) { values[key] = value; for (const call of heard["change:" + key] || []) call(); },
  on: (event, call) => (heard[event] ||= []).push(call) };
const module = await import(URL.createObjectURL(new Blob([__ESM__], { type: "text/javascript" })));
module.default.render({ model, el: document.getElementById("figure") });
document.body.dataset.loaded = "yes";
</script></body></html>"""


@pytest.fixture
def page(widget, tmp_path):
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for flag in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    state = {name: getattr(widget, name) for name in ("rules", "drive", "velocity", "heard")}
    state |= {name: base64.b64encode(getattr(widget, name)).decode() for name in ("waveforms", "units")}
    text = PAGE.replace("__CSS__", widget._css).replace("__STATE__", json.dumps(state))
    (tmp_path / "page.html").write_text(text.replace("__ESM__", json.dumps(widget._esm)), encoding="utf-8")
    with webdriver.Chrome(options=options, service=Service(CHROMEDRIVER)) as driver:
        resize(driver, 900)
        driver.get((tmp_path / "page.html").as_uri())
        wait(lambda: driver.execute_script("return document.body.dataset.loaded") == "yes")
        yield driver
        assert not [entry["message"] for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]


def resize(driver, width):
    size = {"width": width, "height": 1100, "deviceScaleFactor": 1, "mobile": width < 500}
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
def test_the_figure_follows_its_sliders_and_fits_everywhere(page, pool):
    def find(selector):
        return page.find_element("css selector", selector)

    def told(name):
        return float(root.get_attribute(f"data-{name}"))

    root = find(".emg-front")
    drive, velocity, heard = (find(f"input[data-key={key}]") for key in ("drive", "velocity", "heard"))
    loud, fast = told("rms"), told("mdf")
    velocity.send_keys(HOME)
    assert velocity.get_attribute("aria-valuetext").replace("\xa0", " ") == "60 %"
    assert told("mdf") / fast == pytest.approx(0.6, rel=0.04)  # few discharges: their own spectrum shows
    drive.send_keys(END)
    assert told("rms") > 3 * loud
    assert told("per-second") == pytest.approx(pool.rates([1.0]).sum(), rel=0.02)
    heard.send_keys(HOME)
    assert told("awake") == 1
    said = find("[aria-live=polite]")
    wait(lambda: said.text.startswith("1 unit in the sum"))
    drive.send_keys(HOME)
    assert told("rms") == 0
    wait(lambda: "silent" in said.text)

    assert root.accessible_name == "A muscle, summed from its motor units"
    names = [element.accessible_name for element in page.find_elements("css selector", "input")]
    assert [name.split("  ")[0] for name in names] == ["drive", "conduction velocity", "units in the sum"]
    assert all(len(picture.accessible_name) > 20 for picture in page.find_elements("css selector", "svg"))

    page.execute_script("document.documentElement.dataset.theme = 'dark'")
    assert root.value_of_css_property("color-scheme") == "dark"
    resize(page, 360)
    wait(lambda: find("svg").size["width"] < 350)
    assert page.execute_script("return document.documentElement.scrollWidth") <= 360
