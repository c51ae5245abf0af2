"""The muscle sum: its JavaScript under node against the package, and the figure in headless Chromium."""

import json
import re
import shutil
import subprocess
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
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: THE MUSCLE'S JAVASCRIPT WAS NOT TESTED")

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


@pytest.mark.browser
def test_the_figure_follows_its_sliders_and_fits_everywhere(open_widget, widget, pool):
    page = open_widget(widget, ("rules", "drive", "velocity", "heard", "waveforms", "units"))

    def told(name):
        return float(root.get_attribute(f"data-{name}"))

    root = page.find(".emg-front")
    drive, velocity, heard = (page.find(f"input[data-key={key}]") for key in ("drive", "velocity", "heard"))
    loud, fast = told("rms"), told("mdf")
    velocity.send_keys(page.HOME)
    assert velocity.get_attribute("aria-valuetext").replace("\xa0", " ") == "60 %"
    assert told("mdf") / fast == pytest.approx(0.6, rel=0.04)  # few discharges: their own spectrum shows
    drive.send_keys(page.END)
    assert told("rms") > 3 * loud
    assert told("per-second") == pytest.approx(pool.rates([1.0]).sum(), rel=0.02)
    heard.send_keys(page.HOME)
    assert told("awake") == 1
    said = page.find("[aria-live=polite]")
    page.wait(lambda: said.text.startswith("1 unit in the sum"))
    drive.send_keys(page.HOME)
    assert told("rms") == 0
    page.wait(lambda: "silent" in said.text)

    assert root.accessible_name == "A muscle, summed from its motor units"
    assert page.sliders() == ["drive", "conduction velocity", "units in the sum"]
    page.check_it_goes_dark()
    page.check_pictures_are_named_and_a_telephone_is_wide_enough()
