"""The judge meter: its JavaScript under node against Python, and Python against closed forms."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.assess.qase_training import scores
from emgtut.show.judge_widget import LIMITS, JudgeMeter, judged

NODE = shutil.which("node")
CASES = [
    dict(zip(LIMITS, values, strict=True))
    for values in [(0, 1, 0.5, 15, 1), (3, 1, 0, 15, 2), (-6, 0.5, 2, 40, 3), (0, 1.5, 6, 5, 20)]
]
DRIVER = """
const core = await import(process.argv[2]);
const states = JSON.parse(process.argv[3]).map(core.judgeState);
console.log(JSON.stringify({ states, said: states.map(core.describeJudge) }));
"""


@pytest.mark.skipif(NODE is None, reason="node is not installed: THE JUDGE METER'S JAVASCRIPT WAS NOT TESTED")
def test_javascript_computes_what_python_does(tmp_path):
    (tmp_path / "core.mjs").write_text(JudgeMeter._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    still = {"bias_db": 1, "slope": 0, "error_db": 0, "range_db": 15, "seed": 1}
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), json.dumps([*CASES, still])]
    out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for case, state, said in zip(CASES, out["states"], out["said"], strict=False):
        predicted, truth = judged(**case)
        found = scores(predicted, truth)
        assert np.allclose(state["said"], predicted)
        assert np.allclose(state["truth"], truth)
        assert (state["mse"], state["lcc"]) == pytest.approx((found["mse"], found["lcc"]), rel=1e-9)
        assert state["offset"] + state["tilt"] + state["scatter"] == pytest.approx(state["mse"], rel=1e-9)
        assert state["offset"] == pytest.approx(found["bias"] ** 2, rel=1e-9, abs=1e-12)
        assert ("constant would do better" in said) == (found["mse"] >= np.var(truth))
    assert out["states"][-1]["lcc"] is None, "a constant has no correlation"
    assert out["states"][-1]["tilt"] == pytest.approx(out["states"][-1]["constant"])


def test_a_bias_costs_its_square_and_leaves_the_correlation():
    plain, biased = (scores(*judged(bias_db=b)) for b in (0.0, 3.0))
    assert biased["lcc"] == pytest.approx(plain["lcc"], abs=1e-12)
    assert biased["mse"] - plain["mse"] == pytest.approx(9 + 6 * plain["bias"], abs=1e-9)


def test_the_same_error_has_a_better_correlation_over_a_wider_range():
    found = [scores(*judged(error_db=2.0, range_db=r)) for r in (5, 15, 40)]
    assert np.ptp([one["mse"] for one in found]) < 1e-9
    assert found[0]["lcc"] < 0.7 < 0.9 < found[1]["lcc"] < 0.98 < found[2]["lcc"]


@pytest.mark.parametrize("wrong", [{"bias_db": 9}, {"slope": 2}, {"error_db": -1}, {"range_db": 0}, {"seed": 0}])
def test_a_slider_starts_where_it_has_a_position(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        JudgeMeter(**wrong)
