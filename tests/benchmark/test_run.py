"""Scoring and running: failures that are told, a kill that costs nothing, processes and Dask that agree."""

import os
import pathlib
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest

from emgtut.assess import evaluate
from emgtut.benchmark import Block, Case, Suite, digest, finished, read_table, run, score
from emgtut.benchmark.scoring import SCORES
from emgtut.denoise import Denoiser, Info, base, get
from emgtut.denoise.highpass import Highpass


def case(number, *, broken=False):
    rng = np.random.default_rng(number)
    clean, noise = rng.standard_normal((2, 1000))
    noisy = clean + noise
    if broken:
        noisy[3] = np.nan
    about = {
        "case": f"case{number}", "subject": f"s{number % 3}", "recording": "r", "channel": "c", "start_s": 0.0,
        "units": "mV", "snr_db": 0.0, "kinds": "ecg+white", "k": 2, "sources": f"seed/{number}",
    }  # fmt: skip
    return Case(about, clean, noisy, 1000.0)


def small_suite(n_blocks=4, *, pause_s=0.0, broken=()):
    def draw(first):
        time.sleep(pause_s)
        return [case(number, broken=number in broken) for number in (first, first + 1)]

    blocks = [Block(f"block{n:02d}", lambda n=n: draw(2 * n)) for n in range(n_blocks)]
    return Suite("made up", "test", blocks, {"n_blocks": n_blocks, "seed": 0})


def without_time(table):
    return table.drop(columns="time_s").sort_values(["case", "method", "mode"], ignore_index=True)


# ------------------------------------------------------------------------------------------------ scoring


class Moody(Denoiser):
    """Gives up on a loud window, and does what the labels say."""

    linear = True

    def describe(self):
        return Info("moody", "test", "none", 0.0, 0.0, (0.0, np.inf))

    def process(self, batch, *, fs, contaminants):
        if np.abs(batch).max() > 100:
            raise RuntimeError("too\n loud")
        return 2 * batch if contaminants == ("ecg", "white") else batch


@pytest.fixture
def moody(monkeypatch):
    monkeypatch.setitem(base._REGISTRY, "moody", Moody)


def test_scores_are_those_of_evaluate(moody):
    one = case(1)
    (row,) = score([one], [("highpass", "blind")])["highpass", "blind"]
    expected = evaluate(one.clean, one.noisy, get("highpass")(one.noisy, fs=1000), fs=1000)
    assert {name: row[name] for name in expected} == expected
    assert set(expected) | {"time_s"} == set(SCORES)
    assert 0 < row["time_s"] < 1


def test_only_the_oracle_is_told_the_labels(moody):
    found = score([case(1)], [("moody", "blind"), ("moody", "oracle")])
    blind, oracle = found["moody", "blind"][0], found["moody", "oracle"][0]
    assert blind["snr_imp"] == 0
    assert oracle["snr_imp"] < -1


def test_a_method_that_gives_up_has_no_score_and_a_reason(moody):
    loud = case(2)
    loud.noisy[:] *= 1000
    quiet, failed = score([case(1), loud], [("moody", "blind")])["moody", "blind"]
    assert (quiet["failure"], failed["failure"]) == ("", "RuntimeError: too loud")
    assert np.isnan([failed[name] for name in SCORES if name != "time_s"]).all()


def test_a_bug_is_not_a_failure_to_count(moody, monkeypatch):
    monkeypatch.setattr(Moody, "process", lambda self, batch, **_: batch.no_such_thing)
    with pytest.raises(AttributeError):
        score([case(1)], [("moody", "blind")])


def test_a_causal_method_is_moved_back_by_the_latency_it_states(monkeypatch):
    class Late(Denoiser):
        linear = True

        def describe(self):
            return Info("late", "test", "causal", 0.039, 0.0, (0.0, np.inf))

        def process(self, batch, *, fs, contaminants):
            return np.pad(batch, [(0, 0), (39, 0)])[:, :-39]

    monkeypatch.setitem(base._REGISTRY, "late", Late)
    (row,) = score([case(1)], [("late", "blind")])["late", "blind"]
    assert row["snr_imp"] == 0, "waiting is a cost of its own, not an error of the waveform"


def test_an_unknown_mode_is_told():
    with pytest.raises(ValueError, match="no mode 'deaf'"):
        score([case(1)], [("zero", "deaf")])


# ------------------------------------------------------------------------------------------------ running


def test_a_run_has_a_row_for_every_case_method_and_mode_and_the_two_references(tmp_path):
    table = run(small_suite(broken=[5]), ["highpass"], tmp_path / "out")
    assert len(table) == 8 * 3 * 2
    assert set(table["method"]) == {"identity", "zero", "highpass"}
    failed = table[table["failure"] != ""]
    assert set(failed["case"]) == {"case5"}  # a NaN is refused by every method
    assert len(failed) == 3 * 2
    assert failed["failure"].str.startswith("ValueError: ").all()
    assert not table.loc[table["failure"] == "", "snr_imp"].isna().any()


def test_a_second_run_scores_only_what_is_new(tmp_path):
    drawn = []
    made = small_suite()
    watched = Suite(
        made.data,
        made.protocol,
        [Block(b.name, lambda b=b: drawn.append(b.name) or b.draw()) for b in made.blocks],
        made.about,
    )
    first = run(watched, [], tmp_path / "out", modes=["blind"])
    assert len(drawn) == 4
    again = run(watched, [], tmp_path / "out", modes=["blind"])
    assert len(drawn) == 4
    pd.testing.assert_frame_equal(first, again)
    more = run(watched, ["highpass"], tmp_path / "out", modes=["blind"])
    assert len(drawn) == 8
    assert set(more["method"]) == {"identity", "zero", "highpass"}
    pd.testing.assert_frame_equal(more[more["method"] != "highpass"].reset_index(drop=True), first)


def test_fresh_scores_the_named_methods_again_and_no_others(tmp_path):
    out = tmp_path / "out"
    run(small_suite(), ["highpass"], out, modes=["blind"])
    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet")}
    run(small_suite(), [], out, modes=["blind"], fresh=True)
    same = {path.stem.split(".")[0] for path, stamp in stamps.items() if path.stat().st_mtime_ns == stamp}
    assert same == {"highpass"}


def test_fresh_in_one_mode_leaves_the_other_mode(tmp_path):
    out = tmp_path / "out"
    whole = run(small_suite(1), ["highpass"], out)
    again = run(small_suite(1), ["highpass"], out, modes=["blind"], fresh=True)
    assert set(whole["mode"]) == {"blind", "oracle"}
    pd.testing.assert_frame_equal(without_time(again), without_time(whole))


def test_a_method_that_has_not_finished_is_not_in_the_table(tmp_path):
    out = tmp_path / "out"
    run(small_suite(), ["highpass"], out, modes=["blind"])
    (out / "blocks" / "block02" / "highpass.blind.parquet").unlink()
    assert set(read_table(out)["method"]) == {"identity", "zero"}


def test_a_method_with_other_settings_is_not_mixed_with_its_old_blocks(tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(small_suite(), ["highpass"], out, modes=["blind"])
    (out / "blocks" / "block02" / "highpass.blind.parquet").unlink()
    recalibrated = lambda *, seed=0: Highpass(seed=seed, cutoff_hz=30.0)  # noqa: E731
    monkeypatch.setitem(base._REGISTRY, "highpass", recalibrated)
    with pytest.raises(ValueError, match="highpass has other settings"):
        run(small_suite(), ["highpass"], out, modes=["blind"])
    run(small_suite(), [], out, modes=["blind"])  # the others may go on


def test_fresh_does_not_mix_the_settings_of_two_modes(tmp_path, monkeypatch):
    out = tmp_path / "out"
    run(small_suite(1), ["zero"], out)
    monkeypatch.setitem(base._REGISTRY, "zero", lambda *, seed=0: Highpass(seed=seed, cutoff_hz=30.0))
    with pytest.raises(ValueError, match="zero has other settings than when its oracle blocks"):
        run(small_suite(1), [], out, modes=["blind"], fresh=True)


def test_a_folder_belongs_to_one_benchmark(tmp_path):
    run(small_suite(), [], tmp_path / "out", modes=["blind"])
    with pytest.raises(ValueError, match="holds another benchmark"):
        run(small_suite(5), [], tmp_path / "out")
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "text.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds no benchmark"):
        run(small_suite(), [], tmp_path / "thesis")
    with pytest.raises(ValueError, match="modes is"):
        run(small_suite(), [], tmp_path / "new", modes=[])
    assert not (tmp_path / "new").exists()


KILLED = """
import sys
sys.path.insert(0, sys.argv[1])
from test_run import small_suite
from emgtut.benchmark import run

if __name__ == "__main__":
    run(small_suite(12, pause_s=0.15), ["highpass"], sys.argv[2], modes=["blind"])
"""


def test_a_kill_loses_nothing_and_nothing_is_scored_twice(tmp_path):
    out, script = tmp_path / "out", tmp_path / "go.py"
    script.write_text(KILLED)
    here = str(pathlib.Path(__file__).parent)
    process = subprocess.Popen([sys.executable, str(script), here, str(out)])
    deadline = time.monotonic() + 120
    while len(finished(out)) < 6:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    children = child_processes(process.pid)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert children, "the work is done in a process of its own"
    wait_until(lambda: not any(alive(pid) for pid in children))
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.rglob("*.parquet")}
    assert 6 <= len(before) < 36

    resumed = run(small_suite(12), ["highpass"], out, modes=["blind"])
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in before} == before
    whole = run(small_suite(12), ["highpass"], tmp_path / "whole", modes=["blind"])
    pd.testing.assert_frame_equal(without_time(resumed), without_time(whole))
    assert len(resumed) == 24 * 3


def child_processes(pid):
    """Processes of a parent, by asking the system; Linux only, as this test's machine is."""
    tasks = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in tasks.read_text().split()]


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


def wait_until(holds, seconds=30):
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_two_processes_and_a_dask_cluster_give_what_one_process_gives(tmp_path):
    distributed = pytest.importorskip("distributed")
    one = run(small_suite(), ["highpass"], tmp_path / "one")
    two = run(small_suite(), ["highpass"], tmp_path / "two", jobs=2)
    how = {"n_workers": 2, "threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with distributed.LocalCluster(**how) as cluster:
        many = run(small_suite(), ["highpass"], tmp_path / "many", cluster=cluster.scheduler_address)
    for other in (two, many):
        pd.testing.assert_frame_equal(without_time(one), without_time(other))
    assert digest(one) == digest(many)


def test_a_cluster_that_does_not_answer_is_told(tmp_path):
    pytest.importorskip("distributed")
    with pytest.raises(ValueError, match="No Dask scheduler answers"):
        run(small_suite(), [], tmp_path / "out", cluster="tcp://127.0.0.1:9")
