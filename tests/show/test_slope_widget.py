"""The slope meter: its JavaScript under node against Python, and Python against what must be true."""

import json
import shutil
import subprocess

import numpy as np
import pytest
from scipy.stats import t as student

from emgtut.show.slope_widget import CHOICES, SlopeMeter, slope_of

NODE = shutil.which("node")
NAMES = ("fall", "snr_db", "cutoff_hz", "seconds", "seed")
CASES = [
    dict(zip(NAMES, values, strict=True))
    for values in [
        (0, 30, 0, 10, 1),
        (25, 30, 0, 60, 2),
        (40, -20, 0, 40, 3),
        (30, 0, 20, 120, 4),
        (10, 8, 100, 20, 20),
    ]
]
DRIVER = """
const core = await import(process.argv[2]);
const states = JSON.parse(process.argv[3]).map(core.slopeState);
const points = [4, 5, 8, 20, 100].map(core.studentPoint);
console.log(JSON.stringify({ states, points, said: states.map(core.describeSlope) }));
"""
CALM = {"cutoff_hz": 0, "seconds": 120}


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE SLOPE METER'S JAVASCRIPT WAS NOT TESTED")
def test_javascript_computes_what_python_does(tmp_path):
    (tmp_path / "core.mjs").write_text(SlopeMeter._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), json.dumps(CASES)]
    out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert out["points"] == pytest.approx(student.ppf(0.975, [4, 5, 8, 20, 100]), rel=5e-3)
    for case, state, said in zip(CASES, out["states"], out["said"], strict=True):
        values, line = slope_of(**case)
        assert np.allclose(state["mdf"], values, rtol=1e-9)
        assert (state["slope"], state["start"], state["measured"]) == pytest.approx(
            (line.per_minute, line.start_hz, line.fall), rel=1e-6, abs=1e-9
        )
        assert (state["low"], state["high"]) == pytest.approx((line.low, line.high), rel=1e-2, abs=1e-2 * abs(line.low))
        assert ("tires" in said) == line.falls


def test_the_line_loses_what_the_velocity_loses():
    found = [slope_of(fall=30, snr_db=30, seed=seed, **CALM)[1] for seed in range(1, 6)]
    assert all(line.falls for line in found)
    assert np.mean([line.fall for line in found]) == pytest.approx(0.30, abs=0.03)


def test_the_interval_holds_where_nothing_falls():
    held = [slope_of(fall=0, snr_db=30, seed=seed, **CALM)[1] for seed in range(1, 41)]
    assert sum(line.low <= 0 <= line.high for line in held) >= 35


def test_hum_holds_the_frequency_and_a_high_pass_lifts_it():
    def line(**changes):
        return slope_of(**{"fall": 30, "snr_db": 30, "seed": 1, **CALM, **changes})[1]

    assert abs(line(snr_db=-10).per_minute) < 0.1 * abs(line().per_minute)
    assert line(cutoff_hz=80).start_hz > line().start_hz + 20
    assert line(cutoff_hz=80).fall < 0.6 * line().fall


@pytest.mark.parametrize("wrong", [{"fall": 50}, {"snr_db": 40}, {"cutoff_hz": 50}, {"seconds": 5}, {"seed": 0}])
def test_a_slider_starts_where_it_has_a_position(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        SlopeMeter(**wrong)


def test_the_choices_of_python_are_those_of_the_page():
    for name, values in CHOICES.items():
        assert f'key: "{name}"' in SlopeMeter._esm
        assert f"list: {values}" in SlopeMeter._esm
