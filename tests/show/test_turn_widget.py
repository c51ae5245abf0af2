"""The turned ring: its JavaScript under node against Python, and Python against what must be true."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from emgtut.show.turn_widget import COPIES, SHRINK, TurnedRing, turn_accuracy

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None, reason="node is not installed: THE TURNED RING'S JAVASCRIPT WAS NOT TESTED"
)
DRIVER = """
const core = await import(process.argv[2]);
const { given, cases } = JSON.parse((await import("node:fs")).readFileSync(process.argv[3], "utf8"));
const [train, test] = [given.train, given.test].map((x) => Float32Array.from(x));
const states = cases.map((c) => core.turnState({ ...given, train, test, ...c }));
console.log(JSON.stringify({ shrink: core.TURN_SHRINK, states, said: states.map(core.describeTurn) }));
"""


def ring(trials, seed, electrodes=16, classes=8):
    """Levels around an arm with six muscles; each class is a pattern of drives."""
    rng, label = np.random.default_rng(seed), np.arange(trials) % classes
    place, muscle = (2 * np.pi * np.arange(n) / n for n in (electrodes, 6))
    drive = np.random.default_rng(99).uniform(0.05, 0.45, (classes, 6))[label]
    made = drive * np.exp(0.3 * rng.standard_normal(drive.shape)) @ np.exp(4 * np.cos(place - muscle[:, None]) - 4)
    return (np.log(made) + 0.3 * rng.standard_normal(made.shape)).astype("<f4"), label


@needs_node
def test_javascript_computes_what_python_does(tmp_path):
    (train, known), (test, asked) = ring(64, 0), ring(50, 1)
    widget = TurnedRing(train, known, test, asked)
    cases = [{"turn": turn, "copies": copies} for turn, copies in ((0, 0), (-8, 1), (3, 2), (8, 4))]
    given = {"train": train.ravel().tolist(), "test": test.ravel().tolist(), "trainLabels": known.tolist()}
    given |= {"testLabels": asked.tolist(), "electrodes": 16, "classes": 8}
    (tmp_path / "core.mjs").write_text(widget._esm, encoding="utf-8")
    (tmp_path / "driver.mjs").write_text(DRIVER, encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps({"given": given, "cases": cases}))
    command = [NODE, str(tmp_path / "driver.mjs"), (tmp_path / "core.mjs").as_uri(), str(tmp_path / "given.json")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    out = json.loads(done.stdout)
    assert out["shrink"] == SHRINK
    turns = list(range(-8, 9))
    for case, state, said in zip(cases, out["states"], out["said"], strict=True):
        expected = turn_accuracy(train, known, test, asked, turns=turns, copies=case["copies"])
        assert [point["accuracy"] for point in state["curve"]] == pytest.approx(expected)
        assert [point["turn"] for point in state["curve"]] == turns
        assert state["here"] == pytest.approx(expected[case["turn"] + 8])
        assert state["plain"][8]["accuracy"] == pytest.approx(turn_accuracy(train, known, test, asked, turns=[0])[0])
        assert f"{100 * state['here']:.0f}" in said


def test_a_whole_turn_changes_nothing_and_copies_widen_the_hill():
    (train, known), (test, asked) = ring(160, 0), ring(400, 1)
    how = (train, known, test, asked)
    straight, whole = turn_accuracy(*how, turns=[0, 16])
    assert straight == whole > 0.6
    plain, widened = (turn_accuracy(*how, turns=[-2, 2], copies=many) for many in (0, 2))
    assert np.all(widened > plain + 0.05)


def test_it_agrees_with_a_discriminant_of_the_library():
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    (train, known), (test, asked) = ring(64, 0), ring(200, 1)
    off = train - np.stack([train[known == name].mean(axis=0) for name in range(8)])[known]
    spread = off.T @ off / len(train)
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINK, priors=[0.125] * 8).fit(train, known)
    assert theirs.covariance_ == pytest.approx(
        (1 - SHRINK) * spread + SHRINK * np.trace(spread) / 16 * np.eye(16), abs=1e-4
    )
    assert turn_accuracy(train, known, test, asked, turns=[0])[0] == pytest.approx(theirs.score(test, asked), abs=0.01)


def test_it_needs_no_network():
    widget = TurnedRing(*ring(20, 0), *ring(20, 1))
    assert not re.search(r"https?:(?!//www\.w3\.org/2000/svg)|\bimport\b|fetch\(|XMLHttp", widget._esm + widget._css)
    assert f"list: {list(COPIES)}" in widget._esm


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"turn": 9}, "turn must lie"),
        ({"copies": 5}, "copies must be one of"),
        ({"test": np.zeros((20, 15))}, "the same 4 or more"),
        ({"train_labels": np.arange(20) % 4 + 1}, "whole numbers from 0"),
        ({"test_labels": np.full(20, 8)}, "does not occur in training"),
        ({"test_labels": [0]}, "one label for each row"),
    ],
)
def test_impossible_starts_are_refused(changes, words):
    (train, known), (test, asked) = ring(20, 0), ring(20, 1)
    call = {"train": train, "train_labels": known, "test": test, "test_labels": asked} | changes
    with pytest.raises(ValueError, match=words):
        TurnedRing(**call)
