"""The capstone's commands as chapter 25 prints them, in a shell, on a board's file and a real one; and `features`."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from emgtut.acquire import bursts, shaped_gaussian
from emgtut.acquire.board import SerialBoard, VirtualBoard
from emgtut.acquire.recorder import Recorder
from emgtut.apply.fatigue_features import mdf_slope
from emgtut.assess import Rules, arv, kurtosis, mdf, mnf, onset_s, predict_snr, screen, zcr
from emgtut.book.execute import read_source
from emgtut.book.layout import find_layout
from emgtut.contaminate import power_line, synthetic_ecg
from emgtut.data import Recording, read, write
from emgtut.denoise import get

CHAPTER = find_layout().root / "notebooks/25_capstone.md"
MV_PER_COUNT = 2.0**-20


def from_chapter(*names, **given):
    """Run the cells of the chapter that define these functions, and return what they make."""
    cells = [cell.source for cell in read_source(CHAPTER).cells if cell.cell_type == "code"]
    made = dict(given)
    for name in names:
        (source,) = [source for source in cells if re.search(rf"^def {name}\(", source, re.MULTILINE)]
        exec(re.split(r"\n\n\n(?=\w+(?:, \w+)* = decide\()", source)[0], made)
    return SimpleNamespace(**{name: made[name] for name in names}, made=made)


def in_a_shell(line, folder):
    """Type a line into a shell, with the programs of this environment in reach; return what it prints."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        line, shell=True, cwd=folder, env=os.environ | {"PATH": path, "PYTHONIOENCODING": "utf-8"},
        capture_output=True, text=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, ""), line
    return done.stdout


def row_of(text, first):
    (row,) = [line.split() for line in text.replace("−", "-").splitlines() if line.split()[:1] == [first]]
    return row


def noisy_arm(n, rng):
    """Three contractions of 5 s under a heart and hum, on the offset of a converter, in mV."""
    drive = 0.01 + bursts(n, fs=1000, on_s=5, off_s=3, ramp_s=0.2)
    muscle = shaped_gaussian(n, fs=1000, rng=rng, drive=0.15 * drive)
    return 1.5 + muscle + 0.1 * synthetic_ecg(n, fs=1000, rng=rng) + 0.06 * power_line(n, fs=1000, rng=rng)


@pytest.fixture
def board_file(rng, tmp_path):
    """`arm.csv`, as a virtual board sent it over a line that loses frames."""
    counts = np.rint(noisy_arm(24_000, rng)[None] / MV_PER_COUNT).astype(int)
    about = {"fs": 1000, "channels": ["biceps"], "units": "mV", "units_per_count": MV_PER_COUNT}
    line = {"fs": 1000, "speed": 20, "repeat": False, "loss": 0.01, "seed": 3}
    with (
        VirtualBoard(counts, **line) as virtual,
        SerialBoard(virtual.port) as board,
        Recorder(tmp_path / "arm.csv", **about) as recorder,
    ):
        virtual.start()
        for frame in board.frames(idle_s=1.0):
            recorder.append(frame.counts, lost=frame.lost)
    assert recorder.n_filled > 0
    return tmp_path / "arm.csv"


def check_run(folder, file, units):
    """Type the chapter's lines in a folder that holds one recording; compare with the same steps in Python."""
    lines = from_chapter("commands").commands(file)
    name = file.rsplit(".", 1)[0]
    assert [line.split()[:2] for line in lines] == [
        ["emgtut", word] for word in ("assess", "assess", "denoise", "assess", "features")
    ]
    before = {path.name for path in folder.iterdir()}
    screened, judged, denoised, screened_again, extracted = (in_a_shell(line, folder) for line in lines)
    assert {path.name for path in folder.iterdir()} - before == {f"{name}_clean.csv", f"{name}_features.csv"}

    recording = read(folder / file)
    x, fs = recording.signal[0], recording.fs
    y = get("bandpass_notch")(x, fs=fs)
    cleaned = read(folder / f"{name}_clean.csv")
    np.testing.assert_allclose(cleaned.signal[0], y, rtol=1e-12, atol=1e-12 * np.abs(y).max())
    assert (cleaned.fs, cleaned.units) == (fs, units)
    assert "Not screened" not in screened + screened_again
    assert row_of(screened, file)[2] == screen(x, fs=fs).grade
    assert row_of(screened_again, f"{name}_clean.csv")[2] == screen(y, fs=fs).grade
    told = predict_snr(x, fs=fs)
    assert float(row_of(judged, recording.channels[0])[1]) == pytest.approx(told.snr_db, rel=6e-3)
    assert f"Written: {name}_clean.csv" in denoised
    slope = mdf_slope(y, fs=fs)
    row = row_of(extracted, recording.channels[0])
    assert float(row[3]) == pytest.approx(slope.start_hz, rel=1e-3)
    assert float(row[4]) == pytest.approx(slope.per_minute, rel=6e-3)
    frames = pd.read_csv(folder / f"{name}_features.csv")
    np.testing.assert_allclose(frames["mdf (Hz)"], mdf(y, fs=fs), rtol=1e-9)
    return x, y, told, slope, fs


def test_the_printed_lines_on_a_file_of_the_virtual_board(board_file):
    check_run(board_file.parent, board_file.name, "mV")


@pytest.mark.data
def test_the_printed_lines_and_the_decision_on_a_real_file(data_root, tmp_path):
    shutil.copy(data_root / "biosignalsnotebooks" / "emg_fatigue.h5", tmp_path)
    x, y, told, slope, fs = check_run(tmp_path, "emg_fatigue.h5", "arbitrary")
    assert slope.falls
    decide = from_chapter("decide", Rules=Rules).decide
    verdict, reason = decide(screen(x, fs=fs), told, screen(y, fs=fs), slope)
    assert verdict in ("usable", "usable after denoising"), reason


def test_the_page_prints_and_runs_one_list():
    (source,) = [cell.source for cell in read_source(CHAPTER).cells if 'for line in commands("arm.csv")' in cell.source]
    body = source[source.index('for line in commands("arm.csv")') :]
    assert 'print("$", line)' in body
    assert "run(line, folder)" in body
    assert "emgtut " not in body


def test_a_denoiser_of_ones_own_takes_at_most_twenty_lines():
    (source,) = [cell.source for cell in read_source(CHAPTER).cells if "@denoise.register(" in cell.source]
    body = source[source.index("@denoise.register(") :]
    assert 10 < sum(bool(line.strip()) for line in body.splitlines()) <= 20


def judgement(snr_db=0.0, sd=1.0, known=True):
    return SimpleNamespace(snr_db=snr_db, sd=sd, in_distribution=known)


@pytest.mark.parametrize(
    ("change", "verdict", "why"),
    [
        ({}, "usable after denoising", "predicted SNR 0 dB; cleaned, grade A"),
        ({"told": judgement(12.0)}, "usable", "predicted SNR 12 dB"),
        ({"told": judgement(10.5)}, "usable after denoising", "predicted SNR"),  # its spread reaches below the limit
        ({"told": judgement(-12.0)}, "record again", "predicted SNR -12 dB"),
        ({"told": judgement(-12.0, known=False)}, "usable after denoising", "only guesses"),
        ({"told": judgement(30.0, known=False)}, "usable after denoising", "only guesses"),
        ({"raw": {"clipped": 0.002}}, "record again", "clipped"),
        ({"raw": {"clipped": 0.0005}}, "usable after denoising", "cleaned"),
        ({"raw": {"flat": 0.02}}, "record again", "flat"),
        ({"raw": {"white": 0.95}}, "record again", "white"),
        ({"grade": "C"}, "record again", "cleaned, and still C"),
        ({"grade": "unknown"}, "record again", "cleaned, and still unknown"),
        ({"slope": None}, "record again", "too little work"),
        ({"slope": SimpleNamespace(start_hz=170.0)}, "record again", "check rate"),
        ({"slope": SimpleNamespace(start_hz=30.0)}, "record again", "check rate"),
    ],
)
def test_every_branch_of_the_decision(change, verdict, why):
    decide = from_chapter("decide", Rules=Rules).decide
    raw = SimpleNamespace(measures={"clipped": 0.0, "flat": 0.0, "white": 0.2} | change.get("raw", {}))
    cleaned = SimpleNamespace(grade=change.get("grade", "A"), reasons=["some rule"])
    slope = change.get("slope", SimpleNamespace(start_hz=80.0))
    found = decide(raw, change.get("told", judgement()), cleaned, slope)
    assert found[0] == verdict
    assert why in found[1]


# ------------------------------------------------------------------------------------------- emgtut features


@pytest.fixture
def arm(rng, tmp_path):
    """Two channels of 24 s, one that works and one that beats once a second."""
    pulses = np.where(np.arange(24_000) % 1000 < 20, 1.0, 0.0) * rng.standard_normal(24_000)
    signal = [noisy_arm(24_000, rng) - 1.5, pulses]
    write(Recording(signal, 1000, ["biceps", "finger"], units="mV"), tmp_path / "arm.npz")
    return tmp_path / "arm.npz"


def test_features_are_those_of_the_package(works, arm, tmp_path):
    text = works("features", arm, tmp_path / "arm.csv")
    x = read(arm).signal[0]
    slope = mdf_slope(x, fs=1000)
    row = row_of(text, "biceps")
    expected = [onset_s(x, fs=1000), np.median(arv(x, fs=1000)), slope.start_hz, slope.per_minute, slope.low]
    assert [float(cell) for cell in row[1:6]] == pytest.approx(expected, rel=6e-3)
    assert row[-1] == ("yes" if slope.falls else "no")
    table = pd.read_csv(tmp_path / "arm.csv")
    units = ["arv (mV)", "zcr (crossings/s)", "mnf (Hz)", "mdf (Hz)", "kurtosis"]
    assert list(table) == ["channel", "time (s)", *units]
    own = table[table["channel"] == "biceps"]
    assert own["time (s)"].iloc[:3].tolist() == [0.1, 0.2, 0.3]
    for name, feature in zip(units, (arv, zcr, mnf, mdf, kurtosis), strict=True):
        np.testing.assert_allclose(own[name], feature(x, fs=1000), rtol=1e-12)
    assert len(table) == 2 * len(own)


def test_a_falling_line_is_told_from_a_level_one(works, tmp_path):
    t = np.arange(60_000) / 1000
    falling, level = (np.sin(2 * np.pi * (100 * t - k * t**2)) for k in (1 / 6, 0.0))
    noise = 0.05 * np.random.default_rng(0).standard_normal((2, 60_000))
    write(Recording(np.stack([falling, level]) + noise, 1000, ["falling", "level"]), tmp_path / "two.npz")
    text = works("features", tmp_path / "two.npz")
    assert row_of(text, "falling")[-1] == "yes"
    assert float(row_of(text, "falling")[4]) == pytest.approx(-20, abs=0.5)
    assert row_of(text, "level")[-1] == "no"


def test_too_little_work_has_no_slope_and_says_why(works, tmp_path):
    write(Recording(np.random.default_rng(0).standard_normal((1, 3000)), 1000, ["VL"]), tmp_path / "short.npz")
    text = works("features", tmp_path / "short.npz")
    assert "VL: no slope. 3 frames" in text
    assert row_of(text, "VL")[-1] == "undefined"


def test_one_channel_of_many(works, arm):
    assert "finger" not in works("features", arm, "--channel", "biceps")


def test_what_is_refused(fails, works, arm, tmp_path):
    assert ".csv" in fails("features", arm, tmp_path / "out.npz")
    assert "does not exist" in fails("features", arm, tmp_path / "nowhere" / "out.csv")
    assert "no file" in fails("features", tmp_path / "absent.csv")
    write(Recording(np.ones((1, 100)), 1000, ["VL"]), tmp_path / "tiny.csv")
    fails("features", tmp_path / "tiny.csv")
    assert "never overwritten" in fails("features", tmp_path / "tiny.csv", tmp_path / "tiny.csv", "--force")
    works("features", arm, tmp_path / "out.csv")
    assert "--force" in fails("features", arm, tmp_path / "out.csv")
    works("features", arm, tmp_path / "out.csv", "--force")


def test_a_list_of_gaps_is_no_recording(works, rng, tmp_path):
    write(Recording(rng.standard_normal((1, 4000)), 1000, ["VL"]), tmp_path / "arm.csv")
    (tmp_path / "arm.gaps.csv").write_text("start_sample,n_samples\n100,32\n")
    text = works("assess", "--screen", tmp_path)
    assert ".gaps.csv" not in text
    assert "1 channel" in text
