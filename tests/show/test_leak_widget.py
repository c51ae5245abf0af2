"""The leak meter: its JavaScript under node against Python, and Python against what must be true."""

import json
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.show.leak_widget import CHOICES, LeakMeter, _normals, leak_of

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="node is not installed: THE LEAK METER'S JAVASCRIPT WAS NOT TESTED"
)
CASES = [
    {"spread": spread, "features": features, "patients": patients, "seed": seed}
    for spread, features, patients, seed in [
        (0, 5, 6, 1),
        (0.5, 20, 15, 2),
        (2, 20, 15, 1),
        (3, 1, 36, 20),
        (1, 40, 9, 7),
    ]
]
DRIVER = """
const core = await import(process.argv[2]);
const next = core.normals(7);
const states = JSON.parse(process.argv[3]).map(core.leakState);
console.log(JSON.stringify({ states, said: states.map(core.describeLeak), normals: Array.from({ length: 50 }, next) }));
"""


@needs_node
def test_javascript_computes_what_python_does(tmp_path):
    (tmp_path / "core.mjs").write_text(LeakMeter._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), json.dumps(CASES)]
    out = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert np.allclose(out["normals"], _normals(7, 50), atol=1e-12)
    for case, state, said in zip(CASES, out["states"], out["said"], strict=True):
        assert (state["shuffled"], state["apart"]) == pytest.approx(leak_of(**case))
        for point in state["curve"]:
            expected = leak_of(**{**case, "spread": point["spread"]})
            assert (point["shuffled"], point["apart"]) == pytest.approx(expected)
        assert f"With {case['patients']} patients" in said
        assert f"{100 * state['shuffled']:.0f}" in said


def test_the_generator_is_normal():
    x = _normals(3, 100_000)
    assert abs(x.mean()) < 0.02
    assert abs(x.std() - 1) < 0.02
    assert abs(np.mean(np.abs(x) < 1) - 0.6827) < 0.01


def test_without_spread_nothing_leaks_and_with_spread_all_does():
    draws = [(leak_of(spread=s, features=20, patients=36, seed=seed)) for s in (0.0, 3.0) for seed in range(1, 6)]
    shuffled, apart = np.array(draws).reshape(2, 5, 2).mean(axis=1).T
    assert abs(shuffled[0] - 1 / 3) < 0.08
    assert shuffled[1] > 0.999
    assert np.all(np.abs(apart - 1 / 3) < 0.1)


@pytest.mark.parametrize("wrong", [{"spread": 4}, {"features": 3}, {"patients": 7}, {"seed": 0}])
def test_a_slider_starts_where_it_has_a_position(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        LeakMeter(**wrong)


def test_the_choices_of_python_are_those_of_the_page():
    for name, values in CHOICES.items():
        assert f'key: "{name}"' in LeakMeter._esm
        assert f"list: {values}" in LeakMeter._esm
