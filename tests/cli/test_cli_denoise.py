"""`emgtut denoise`: every format in, every format out, the report, the pictures."""

import dataclasses
import json

import numpy as np
import pytest
from matplotlib import image

from emgtut import denoise
from emgtut.data import Recording, read, write

# What one rounding step of the format may move a sample by, as a share of the channel's range
STEP = {".csv": 0.0, ".npz": 0.0, ".edf": 1.02 / 65535, ".hea": 1 / 2**24}

# One real file of each kind, the options it needs, what comes of it, and the format to write it in
REAL = {
    "WFDB": ("mitdb/100.hea", {"channel": "MLII"}, 360, "mV", ".csv"),
    "WFDB without suffix": ("mitdb/100", {"channel": "1"}, 360, "mV", ".hea"),
    "WFDB, needle": ("emgdb/emg_healthy.hea", {}, 4000, "mV", ".edf"),
    "Excel": ("elderly_lower_limb/ID 17.xlsx", {"fs": 2000, "units": "uV", "channel": "EMG_VL/0"}, 2000, "mV", ".npz"),
    "text": ("muscletracker/Data/Raw/Biopac/13_1_1.txt", {"fs": 1000, "units": "mV"}, 1000, "mV", ".csv"),
    "text, one column": ("diaphragm_emg/1ch_example.txt", {"fs": 2000, "channel": "2"}, 2000, "arbitrary", ".hea"),
    "OpenSignals h5": ("biosignalsnotebooks/emg_bursts.h5", {}, 1000, "arbitrary", ".edf"),
    "OpenSignals txt": ("biosignalsnotebooks/gesture_game/0_1.txt", {}, 1000, "arbitrary", ".npz"),
    "MATLAB": ("nstdb_excerpts/mam_10s.mat", {"fs": 360}, 360, "arbitrary", ".csv"),
}


@pytest.mark.data
@pytest.mark.parametrize("kind", REAL)
def test_real_files_of_every_format(works, data_root, tmp_path, kind):
    name, options, fs, units, suffix = REAL[kind]
    source, target = data_root / name, tmp_path / f"out{suffix}"
    before = read(source, **options)
    given = [part for option, value in options.items() for part in (f"--{option}", value)]
    text = works("denoise", source, target, "--method", "highpass", *given)
    after = read(target)
    assert (after.fs, after.units, after.channels) == (fs, units, before.channels)
    expected = denoise.get("highpass")(before.signal, fs=fs)
    allowed = STEP[suffix] * np.ptp(expected, axis=-1, keepdims=True)
    assert np.all(np.abs(after.signal - expected) <= allowed + 1e-15)
    assert "highpass: filter, phase zero-phase, latency whole recording, keeps 40 Hz and above." in text
    assert all(channel in text for channel in before.channels)


@pytest.mark.data
def test_a_rate_too_low_for_semg_is_refused(fails, data_root, tmp_path):
    source = next((data_root / "nsrdb_excerpts").glob("*m.mat"))
    assert "128 Hz" in fails("denoise", source, tmp_path / "out.csv", "--method", "highpass")


@pytest.mark.parametrize("start", STEP)
@pytest.mark.parametrize("end", STEP)
def test_any_format_to_any_other(works, recording, tmp_path, start, end):
    source, target = tmp_path / f"in{start}", tmp_path / f"out{end}"
    write(recording, source)
    works("denoise", source, target, "--method", "highpass_causal")
    before, after = read(source), read(target)
    expected = denoise.get("highpass_causal")(before.signal, fs=1000)
    allowed = STEP[end] * np.ptp(expected, axis=-1, keepdims=True)
    assert np.all(np.abs(after.signal - expected) <= allowed + 1e-15)
    assert (after.fs, after.units, after.channels) == (1000, "mV", ["VL", "BF"])
    made = {path.name for file in (source, target) for path in file.parent.glob(f"{file.stem}.*")}
    assert {path.name for path in tmp_path.iterdir()} == made  # no temporary file is left


def test_channel_names_with_blanks_survive_a_csv(works, tmp_path):
    write(Recording([np.arange(500.0)], 1000, ["left biceps"], units="mV"), tmp_path / "in.npz")
    works("denoise", tmp_path / "in.npz", tmp_path / "out.csv", "--method", "identity")
    after = read(tmp_path / "out.csv")
    assert after.channels == ["left biceps"]
    np.testing.assert_array_equal(after.signal[0], np.arange(500.0))


def test_npz_keeps_labels_and_says_how_it_was_made(works, recording, tmp_path):
    labelled = dataclasses.replace(recording, labels={"gesture": np.zeros(2000, dtype=int)}, subject="7")
    write(labelled, tmp_path / "in.npz")
    text = works(
        "denoise", tmp_path / "in.npz", tmp_path / "out.npz", "--method", "highpass", "--setting", "cutoff_hz=20"
    )
    after = read(tmp_path / "out.npz")
    np.testing.assert_array_equal(after.labels["gesture"], 0)
    assert after.subject == "7"
    made = after.meta["denoised"]
    assert (made["method"], made["settings"], made["seed"]) == ("highpass", {"cutoff_hz": 20}, 0)
    assert "the labels" not in text
    text = works("denoise", tmp_path / "in.npz", tmp_path / "out.csv", "--method", "highpass")
    assert "the labels gesture" in text


def test_settings_reach_the_method(works, recording, tmp_path):
    write(recording, tmp_path / "in.npz")
    settings = ["--setting", "cutoff_hz=12.5", "--setting", "order=2"]
    text = works("denoise", tmp_path / "in.npz", tmp_path / "out.npz", "--method", "highpass", *settings)
    expected = denoise.get("highpass", cutoff_hz=12.5, order=2)(recording.signal, fs=1000)
    np.testing.assert_array_equal(read(tmp_path / "out.npz").signal, expected)
    assert "keeps 12.5 Hz and above" in text


def test_the_report_measures_what_was_removed(works, tmp_path):
    """A 2 Hz sine of RMS 1 mV and a 200 Hz sine of RMS 0.1 mV on an offset: 10·log10(1.01/0.01) = 20.04 dB go."""
    time = np.arange(10_000) / 1000
    signal = np.sqrt(2) * (np.sin(2 * np.pi * 2 * time) + 0.1 * np.sin(2 * np.pi * 200 * time)) + 3.0
    write(Recording([signal, np.zeros(10_000)], 1000, ["VL", "dead"], units="mV"), tmp_path / "in.npz")
    text = works("denoise", tmp_path / "in.npz", tmp_path / "out.npz", "--method", "highpass")
    assert "in.npz: 2 channels, 10 s at 1000 Hz, units mV." in text
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    before, after, decibels, mean, _ = rows["VL"]
    assert float(before) == pytest.approx(np.sqrt(1.01), rel=1e-3)
    assert float(after) == pytest.approx(0.1, rel=2e-2)  # the ends are a little off
    assert float(decibels) == pytest.approx(10 * np.log10(1.01 / 0.01), abs=0.1)
    assert float(mean) == 3.0
    assert rows["dead"][2:4] == ["was", "silent"]
    assert "no SNR" in text
    assert "mixing SNR" in text


def test_zero_removes_all_and_identity_nothing(works, recording, tmp_path):
    write(recording, tmp_path / "in.npz")
    text = works("denoise", tmp_path / "in.npz", tmp_path / "zero.npz", "--method", "zero", "--channel", "VL")
    assert next(line for line in text.splitlines() if line.startswith(" VL")).split()[3] == "all"
    text = works("denoise", tmp_path / "in.npz", tmp_path / "same.npz", "--method", "identity", "--channel", "VL")
    assert next(line for line in text.splitlines() if line.startswith(" VL")).split()[3] == "0.00"


def test_list_shows_every_method_without_other_arguments(works):
    text = works("denoise", "--list")
    lines = {line.split()[0]: line for line in text.splitlines() if line.split()}
    for name in denoise.names():
        info = denoise.get(name).info
        assert info.phase in lines[name]
        assert info.licence in lines[name]


def test_force_replaces_a_result(works, fails, recording, tmp_path):
    write(recording, tmp_path / "in.npz")
    target = tmp_path / "out.csv"
    target.write_text("something dear")
    assert "--force" in fails("denoise", tmp_path / "in.npz", target, "--method", "zero")
    works("denoise", tmp_path / "in.npz", target, "--method", "zero", "--force")
    assert not read(target).signal.any()


def test_pictures_one_for_each_channel(works, fails, recording, tmp_path):
    write(recording, tmp_path / "in.npz")
    source = tmp_path / "in.npz"
    text = works("denoise", source, tmp_path / "out.csv", "--method", "highpass", "--plot")
    for name in ("out_0_VL.png", "out_1_BF.png"):
        pixels = image.imread(tmp_path / name)
        assert min(pixels.shape[:2]) > 500
        assert pixels[..., :3].std() > 0.05  # not a blank sheet
        assert name in text
    drawing = "--method", "highpass", "--channel", "VL", "--plot-to"
    works("denoise", source, tmp_path / "b.csv", *drawing, tmp_path / "p.svg")
    assert "<svg" in (tmp_path / "p.svg").read_text()
    again = "denoise", source, tmp_path / "c.csv", *drawing
    assert "p.svg" in fails(*again, tmp_path / "p.svg")
    assert ".png" in fails(*again, tmp_path / "p.doc")
    assert "does not exist" in fails(*again, tmp_path / "nowhere" / "p.png")


def test_meta_of_an_npz_stays_plain_text(works, recording, tmp_path):
    write(recording, tmp_path / "in.npz")
    works("denoise", tmp_path / "in.npz", tmp_path / "out.npz", "--method", "zero", "--seed", "5")
    with np.load(tmp_path / "out.npz", allow_pickle=False) as archive:
        assert json.loads(str(archive["meta"]))["denoised"]["seed"] == 5
