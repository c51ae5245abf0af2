"""The alias probe and the grade lottery: their JavaScript under node against Python, and both in headless Chromium."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest
import traitlets
from scipy import stats

from emgtut.acquire import ADS1256, alias_of, checkup, grade_repeatability
from emgtut.show.alias_widget import ORDERS, RATES, AliasProbe
from emgtut.show.checkup_report import checkup_report
from emgtut.show.repeat_widget import REPETITIONS, GradeLottery

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE WIDGETS' JAVASCRIPT WAS NOT TESTED")

DRIVER = """
const core = await import(process.argv[2]);
const job = JSON.parse(process.argv[3]);
const out = {};
if (core.aliasState) {
  out.lists = [core.RATES, core.ORDERS];
  out.rows = job.map((v) => ({ ...core.aliasState(v), said: core.describeAlias(core.aliasState(v)) }));
} else {
  out.lists = [core.REPETITIONS, core.SESSIONS];
  const next = core.uniforms(6);
  out.uniforms = Array.from({ length: 4 }, () => next());
  out.rows = job.map((v) => { const s = core.repeatState(v);
    return { ...s, cvs: Array.from(s.cvs), said: core.describeRepeat(s) }; });
}
console.log(JSON.stringify(out));
"""

TONES = [
    {"tone_hz": tone, "data_rate": rate, "order": order}
    for tone in (50, 450, 900, 1000, 2350, 7950)
    for rate in (500, 1000, 3750, 30000)
    for order in (0, 2)
]
TRIES = [(3, 12, 1), (5, 12, 7), (10, 5, 100), (30, 40, 50)]


def run(widget, job, folder):
    (folder / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (folder / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = [NODE, str(folder / "driver.mjs"), (folder / "core.mjs").as_uri(), json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@needs_node
def test_the_probe_equals_the_converter(tmp_path):
    script = run(AliasProbe(), TONES, tmp_path)
    assert script["lists"] == [list(RATES), list(ORDERS)]
    for given, got in zip(TONES, script["rows"], strict=True):
        tone, rate = given["tone_hz"], given["data_rate"]
        low_pass = 1 / np.sqrt(1 + (tone / 500) ** (2 * given["order"])) if given["order"] else 1.0
        assert got["gain"] == pytest.approx(float(ADS1256(data_rate=rate).response(tone)) * low_pass, abs=1e-12)
        assert got["lands"] == pytest.approx(float(alias_of(tone, fs=rate)), abs=1e-9)
        assert got["left"] == pytest.approx(100 * got["gain"])
        assert got["inBand"] == (20 <= got["lands"] <= 450)
    said = {(g["tone_hz"], g["data_rate"], g["order"]): r["said"] for g, r in zip(TONES, script["rows"], strict=True)}
    assert "at 100\xa0Hz, inside the muscle's band: 10.9\xa0µV" in said[900, 1000, 0]
    assert "stays at 450\xa0Hz" in said[450, 1000, 0]
    assert "as a constant, but with less" in said[1000, 1000, 0]


@needs_node
def test_the_lottery_equals_numpy_and_theory(tmp_path):
    widget = GradeLottery()
    job = [
        {"repetitions": n, "spread_percent": spread, "draw": draw, "factors": widget.factors}
        for n, spread, draw in TRIES
    ]
    script = run(widget, job, tmp_path)
    assert script["lists"] == [list(REPETITIONS), 1000]
    np.testing.assert_allclose(script["uniforms"], [next(mulberry) for mulberry in [mulberry32(6)] for _ in range(4)])
    for (n, spread, draw), got in zip(TRIES, script["rows"], strict=True):
        levels = np.array(got["levels"])
        assert levels.size == n
        assert got["cv"] == pytest.approx(100 * levels.std(ddof=1) / levels.mean())
        assert got["cv"] == pytest.approx(got["cvs"][draw - 1])
        assert got["grade"] == grade_repeatability(got["cv"])
        shares = [
            np.mean([grade_repeatability(v) == g for v in got["cvs"]]) for g in ("excellent", "acceptable", "poor")
        ]
        assert got["shares"] == pytest.approx(shares)
        ends = np.sqrt((n - 1) / stats.chi2.ppf([0.975, 0.025], n - 1))
        assert [got["low"], got["high"]] == pytest.approx(list(got["cv"] * ends))
        # The square of the spread found is about chi-square over its freedom: compare the medians.
        expected = spread * np.sqrt(stats.chi2.median(n - 1) / (n - 1))
        assert np.median(got["cvs"]) == pytest.approx(expected, rel=0.09)
        assert got["deserved"] in got["said"]


def mulberry32(seed):
    """The published generator in whole-number arithmetic, independent of the JavaScript."""
    state, bits = seed, 2**32 - 1
    while True:
        state = (state + 0x6D2B79F5) & bits
        t = ((state ^ state >> 15) * (state | 1)) & bits
        t ^= (t + (((t ^ t >> 7) * (t | 61)) & bits)) & bits
        yield ((t ^ t >> 14) & bits) / 2**32


def test_scripts_need_no_network():
    for widget in (AliasProbe(), GradeLottery()):
        text = widget._esm + widget._css
        assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", text)
        assert widget._esm.count("export default { render };") == 1


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: AliasProbe(tone_hz=20), "between 50 and 8000"),
        (lambda: AliasProbe(tone_hz=np.nan), "between 50 and 8000"),
        (lambda: AliasProbe(data_rate=1200), "data_rate must be one of"),
        (lambda: AliasProbe(order=3), "order must be one of"),
        (lambda: GradeLottery(repetitions=2), "repetitions must be one of"),
        (lambda: GradeLottery(spread_percent=50), "between 2 and 40"),
        (lambda: GradeLottery(draw=0), "from 1 to 100"),
        (lambda: checkup_report(np.zeros((2, 5)), None, fs=1000), "one channel"),
    ],
)
def test_what_cannot_be_shown_is_refused(make, words):
    with pytest.raises(ValueError, match=words):
        make()


def test_sliders_keep_their_range():
    probe, lottery = AliasProbe(), GradeLottery(draw=3)
    for widget, name, value in ((probe, "tone_hz", 9000), (probe, "data_rate", 3), (lottery, "draw", 101)):
        with pytest.raises(traitlets.TraitError):
            setattr(widget, name, value)
    assert repr(lottery) == "<GradeLottery: 5 contractions, true spread 12 %, session 3>"


def test_the_report_shades_what_was_found_and_draws_a_bar_for_each():
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    level = np.where((np.arange(9000) // 1000) % 2, 1.0, 0.05)
    x = level * np.random.default_rng(0).standard_normal(9000)
    found = checkup(x, fs=1000)
    figure = checkup_report(x, found, fs=1000, units="mV", title="walk")
    trace, spectra, bars = figure.axes
    assert [patch.get_x() for patch in trace.patches] == pytest.approx(found.contractions[:, 0])
    heights = [bar.get_height() for bar in bars.containers[0]]
    assert heights == pytest.approx(found.peak_rms)
    assert trace.get_ylabel() == "amplitude\n(mV)"
    work, rest = (line.get_ydata() for line in spectra.lines)
    assert np.median(work - rest) == pytest.approx(26, abs=1)  # decibels, by construction
    plt.close(figure)


# --------------------------------------------------------------------------------------------- in a browser


@pytest.mark.browser
def test_the_probe_follows_its_sliders_and_fits_everywhere(open_widget):
    page = open_widget(AliasProbe(), ("tone_hz", "data_rate", "order"))
    root = page.find(".emg-front")
    assert float(root.get_attribute("data-lands")) == pytest.approx(100)
    rate = page.find("input[data-key=data_rate]")
    rate.send_keys(page.END)
    assert rate.get_attribute("aria-valuetext") == "30000\xa0/s"
    assert float(root.get_attribute("data-lands")) == pytest.approx(900)
    page.find("input[data-key=tone_hz]").send_keys(page.RIGHT)
    assert float(root.get_attribute("data-lands")) == pytest.approx(950)
    assert root.value_of_css_property("background-color") == "rgba(255, 255, 255, 1)"
    page.check_it_goes_dark()
    assert root.value_of_css_property("background-color") == "rgba(20, 24, 30, 1)"
    assert all(len(name) > 8 for name in page.sliders())
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()


@pytest.mark.browser
def test_the_lottery_follows_its_sliders_and_fits_everywhere(open_widget):
    page = open_widget(GradeLottery(), ("repetitions", "spread_percent", "draw", "factors"))
    root = page.find(".emg-front")
    before = root.get_attribute("data-cv")
    page.find("input[data-key=draw]").send_keys(page.RIGHT)
    assert root.get_attribute("data-cv") != before
    few = float(root.get_attribute("data-wrong"))
    page.find("input[data-key=repetitions]").send_keys(page.END)
    assert float(root.get_attribute("data-wrong")) < few
    page.wait(lambda: "deserves" in page.find("[aria-live=polite]").text)
    assert all(len(name) > 8 for name in page.sliders())
    page.check_it_goes_dark()
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
