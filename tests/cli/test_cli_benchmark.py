"""`emgtut benchmark`: what it writes, what it says, and what it refuses."""

import json

import numpy as np
import pandas as pd
import pytest

from emgtut.acquire import shaped_gaussian
from emgtut.benchmark.tables import read_csv, read_pairs
from emgtut.data import Recording, write


@pytest.fixture(scope="module")
def recordings(tmp_path_factory):
    """Two people's recordings of bursts, as files."""
    folder = tmp_path_factory.mktemp("people")
    work = np.where((np.arange(10000) // 2000) % 2 == 1, 1.0, 0.02)
    for seed, name in enumerate(("ann", "ben")):
        signal = shaped_gaussian(10000, fs=1000, rng=np.random.default_rng(seed)) * work
        write(Recording(signal[None], 1000, ["VL"], units="mV"), folder / f"{name}.npz")
    return folder


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Without real noise, so that the same happens everywhere."""
    monkeypatch.setenv("EMGTUT_DATA", str(tmp_path / "no data"))
    return tmp_path


def test_a_whole_run(works, here, recordings):
    out, shelf = here / "out", here / "shelf"
    shelf.mkdir()
    asked = ["benchmark", "--data", recordings, "--protocol", "ecg", "--windows", "1", "--methods", "highpass_causal"]
    text = works(*asked, "--modes", "blind", "--out", out, "--results", shelf)
    for name in ("identity", "zero", "highpass", "highpass_causal"):
        assert f" {name} " in text
    assert "16 of 16" in text
    assert "not frozen" in text
    assert "All contaminants are models" in text

    table = pd.read_parquet(out / "table.parquet")
    assert len(table) == 2 * 8 * 4
    zero = table[table["method"] == "zero"]
    assert np.allclose(zero["snr_imp"], -zero["snr_in"])
    told = table.attrs["provenance"]
    assert told == json.loads((out / "provenance.json").read_text())
    assert {"command", "commit", "seed", "data", "date"} <= set(told)
    assert str(here) not in json.dumps(told)
    assert str(recordings) not in json.dumps(told)

    averages, head = read_csv(out / "averages.csv")
    assert head == {name: str(value) for name, value in told.items()}
    row = averages[(averages["by"] == "all") & (averages["method"] == "zero") & (averages["score"] == "snr_imp")]
    assert row[row["quantity"] == "mean"]["macro"].item() == pytest.approx(7.0, abs=1e-5)  # the mean of 0 ... 14
    for file in ("leaderboard.md", "leaderboard.html", "snr_blind.png", "kinds_blind.png", "cost_blind.png"):
        assert (out / file).stat().st_size > 500
    assert "| 1 | highpass |" in (out / "leaderboard.md").read_text("utf-8")
    assert f"commit: {told['commit']}" in (out / "leaderboard.html").read_text("utf-8")

    sample, _ = read_csv(shelf / "benchmark_own-recordings_ecg_sample.csv")
    kept = table.set_index(["case", "method"])
    for row in sample.itertuples():
        assert kept.loc[(row.case, row.method), "snr_imp"] == row.snr_imp  # every digit survives

    stamps = {path: path.stat().st_mtime_ns for path in out.rglob("blocks/*/*.parquet")}
    works(*asked, "--modes", "blind", "--out", out)
    assert {path: path.stat().st_mtime_ns for path in stamps} == stamps

    # a later run of another method joins the published tables, and every window is there
    later = [*asked[:-1], "bandpass_notch"]
    works(*later, "--modes", "blind", "--out", here / "later", "--results", shelf)
    joined, head = read_csv(shelf / "benchmark_own-recordings_ecg.csv")
    methods = ["bandpass_notch", "highpass", "highpass_causal", "identity", "zero"]
    assert sorted(set(joined["method"])) == methods
    assert set(head["command"].split("--methods ")[1].split(" ")[0].split(",")) == set(methods)
    before = averages[averages["method"] == "highpass_causal"].reset_index(drop=True)
    pd.testing.assert_frame_equal(joined[joined["method"] == "highpass_causal"].reset_index(drop=True), before)
    windows, _ = read_pairs(shelf / "benchmark_own-recordings_ecg_pairs.parquet")
    assert len(windows) == 2 * 8 * len(methods)
    assert sorted(set(windows["method"])) == methods
    assert windows.groupby("method")["snr_imp"].mean()["zero"] == pytest.approx(7.0, abs=1e-3)


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["--task", "sleep"], 2, "no task 'sleep'"),
        (["--task", "fatigue", "--protocol", "ecg"], 2, "--protocol does not go with --task fatigue"),
        (["--task", "fatigue", "--jobs", "2"], 2, "--jobs does not go with --task fatigue"),
        (["--task", "fatigue", "--seeds", "a"], 2, "--seeds is 'a'"),
        (["--task", "fatigue", "--models", "oracle"], 1, "choose from majority, mdf, svm, cnn"),
        (["--task", "fatigue", "--methods", "magic"], 1, "no denoiser called 'magic'"),
        (["--task", "fatigue", "--scheme", "day"], 1, "scheme is 'day'"),
        (["--task", "fatigue", "--size", "huge"], 1, "size is 'huge'"),
        (["--task", "fatigue", "--data", "real"], 1, "record 13860256"),
        (["--task", "fatigue", "--data", "single"], 1, "emg_fatigue.h5"),
        (["--models", "svm"], 2, "--models goes with --task"),
        (["--seeds", "0"], 2, "--seeds goes with --task"),
        (["--modes", "deaf"], 2, "no mode 'deaf'"),
        (["--modes", ","], 2, "names nothing"),
        (["--methods", "magic"], 1, "no denoiser called 'magic'"),
        (["--protocol", "hum"], 1, "no protocol 'hum'"),
        (["--data", "nowhere"], 1, "There is no 'nowhere'"),
        (["--windows", "0"], 1, "windows"),
        (["--window-s", "0.1"], 1, "too short"),
        (["--seed", "-1"], 2, "seed is -1"),
        (["--results", "nowhere"], 1, "'nowhere' does not exist"),
        (["--jobs", "0"], 1, "jobs"),
        (["--data", "real", "--check"], 1, "emgtut data fetch"),
        (["--data", "real"], 1, "emgtut data fetch"),
        (["--data", "cleansemg"], 1, "cleansemg"),
    ],
)
def test_bad_input_is_one_sentence(fails, here, arguments, code, says):
    assert says in fails("benchmark", "--out", here / "out", *arguments, code=code)


def test_check_says_that_other_windows_differ(run, here):
    result = run("benchmark", "--data", "synthetic", "--protocol", "ecg", "--windows", "1", "--check")
    assert result.exit_code == 1
    assert "NOT those of version 1" in result.output
