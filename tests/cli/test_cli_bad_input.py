"""Bad input: one sentence, a non-zero exit, and a folder that looks as before."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from emgtut import data
from emgtut.data import Recording, read, write
from emgtut.data.reading import READERS

HIGHPASS = ("--method", "highpass")


def wfdb_pair(folder, recording):
    """A whole WFDB record called `in`; returns its two files."""
    write(recording, folder / "in.hea")
    return folder / "in.hea", folder / "in.dat"


def truncated_wfdb(folder, recording):
    header, data = wfdb_pair(folder, recording)
    data.write_bytes(data.read_bytes()[:-2000])
    return header


def wfdb_without_header(folder, recording):
    header, data = wfdb_pair(folder, recording)
    header.unlink()
    return data


def wfdb_without_data(folder, recording):
    header, data = wfdb_pair(folder, recording)
    data.unlink()
    return header


def wfdb_with_a_changed_sample(folder, recording):
    header, data = wfdb_pair(folder, recording)
    raw = bytearray(data.read_bytes())
    raw[300] ^= 1
    data.write_bytes(raw)
    return header


def text(content, name="in.csv"):
    def make(folder, recording):
        (folder / name).write_bytes(content)
        return folder / name

    return make


def archive(**changes):
    def make(folder, recording):
        arrays = {"signal": recording.signal, "fs": np.array(1000.0), "channels": np.array(["VL", "BF"])}
        arrays = {name: value for name, value in (arrays | changes).items() if value is not None}
        np.savez(folder / "in.npz", **arrays)
        return folder / "in.npz"

    return make


def cut(suffix):
    def make(folder, recording):
        path = write(recording, folder / f"in{suffix}")
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        return path

    return make


ROWS = b"".join(b"%d,%d\n" % (i % 7, i % 5) for i in range(500))

BAD_FILES = {
    "no such file": lambda folder, recording: folder / "in.csv",
    "a folder": lambda folder, recording: folder,
    "unknown format": text(b"1\n2\n", "in.docx"),
    "no suffix and no record": text(b"1\n2\n", "in"),
    "0 bytes": text(b""),
    "header line only": text(b"# fs: 1000 Hz\nVL,BF\n"),
    "comments only": text(b"# fs: 1000 Hz\n"),
    "no sampling rate": text(b"VL,BF\n" + ROWS),
    "sampling rate in words": text(b"# fs: fast\nVL,BF\n" + ROWS),
    "NaN in a CSV": text(b"# fs: 1000\nVL,BF\n" + ROWS + b"nan,1\n"),
    "infinity in a CSV": text(b"# fs: 1000\nVL,BF\n" + ROWS + b"inf,1\n"),
    "a word among numbers": text(b"# fs: 1000\nVL,BF\n" + ROWS + b"x,1\n"),
    "a short row": text(b"# fs: 1000\nVL,BF\n" + ROWS + b"1\n"),
    "unknown unit in the file": text(b"# fs: 1000\nVL (furlong),BF (furlong)\n" + ROWS),
    "too short for the method": text(b"# fs: 1000\nVL,BF\n1,2\n2,1\n"),
    "rate too low": text(b"# fs: 100\nVL,BF\n" + ROWS),
    "CSV cut off": cut(".csv"),
    "npz cut off": cut(".npz"),
    "EDF cut off": cut(".edf"),
    "three axes": archive(signal=np.zeros((2, 3, 500))),
    "no signal in the archive": archive(signal=None),
    "complex samples": archive(signal=np.zeros((2, 500), dtype=complex)),
    "NaN in an archive": archive(signal=np.full((2, 500), np.nan)),
    "names do not fit": archive(channels=np.array(["VL"])),
    "negative rate in the file": archive(fs=np.array(-1000.0)),
    "pickled object": archive(signal=np.array([{"not": "numbers"}], dtype=object)),
    "truncated WFDB": truncated_wfdb,
    "WFDB without header": wfdb_without_header,
    "WFDB without data": wfdb_without_data,
    "WFDB with a changed sample": wfdb_with_a_changed_sample,
} | {f"not really {suffix}": text(b"\x00\x01 this is no recording \xff", f"in{suffix}") for suffix in READERS}


@pytest.mark.parametrize("kind", BAD_FILES)
def test_bad_files_are_refused(fails, recording, tmp_path, kind):
    source = BAD_FILES[kind](tmp_path, recording)
    told = fails("denoise", source, tmp_path / "out.csv", *HIGHPASS, "--plot")
    assert source.name in told or source.stem in told


@pytest.mark.parametrize("kind", ["truncated WFDB", "0 bytes", "NaN in a CSV", "WFDB without header"])
def test_assess_refuses_them_too(fails, recording, tmp_path, kind):
    write(recording, tmp_path / "good.npz")
    source = BAD_FILES[kind](tmp_path, recording)
    fails("assess", source, "--clean", tmp_path / "good.npz")
    fails("assess", tmp_path / "good.npz", "--clean", source)


BAD_ARGUMENTS = {
    "unknown method": (["--method", "magic"], 1, "magic"),
    "negative fs": (["--fs", "-1000"], 1, "-1000"),
    "fs of zero": (["--fs", "0"], 1, "0"),
    "fs that is no number": (["--fs", "nan"], 1, "nan"),
    "fs against the file": (["--fs", "500"], 1, "500"),
    "unknown unit": (["--units", "furlong"], 1, "furlong"),
    "unit against the file": (["--units", "V"], 1, "V"),
    "unknown channel": (["--channel", "TA"], 1, "TA"),
    "channel number too high": (["--channel", "2"], 1, "2"),
    "unknown setting": (["--setting", "colour=3"], 1, "colour"),
    "setting out of range": (["--setting", "cutoff_hz=600"], 1, "600"),
    "negative setting": (["--setting", "cutoff_hz=-5"], 1, "-5"),
    "word for a number": (["--setting", "cutoff_hz=low"], 1, "low"),
    "setting without a value": (["--setting", "cutoff_hz"], 2, "cutoff_hz"),
    "setting without a name": (["--setting", "=5"], 2, "=5"),
    "setting that is code": (["--setting", "cutoff_hz=__import__('os').getcwd()"], 1, "__import__"),
    "infinite setting": (["--setting", "cutoff_hz=inf"], 2, "inf"),
    "setting that is an argument": (["--setting", "name=zero"], 2, "name=zero"),
}


@pytest.mark.parametrize("kind", BAD_ARGUMENTS)
def test_bad_arguments_are_refused(fails, recording, tmp_path, kind):
    options, code, word = BAD_ARGUMENTS[kind]
    write(recording, tmp_path / "in.csv")
    method = [] if "--method" in options else HIGHPASS
    assert word in fails("denoise", tmp_path / "in.csv", tmp_path / "out.csv", *method, *options, code=code)


BAD_TARGETS = {
    "format that cannot be written": ("out.xlsx", ".npz"),
    "no suffix": ("out", ".npz"),
    "missing folder": ("nowhere/out.csv", "nowhere"),
    "a folder": ("folder.csv", "folder"),
    "WFDB name with a blank": ("my out.hea", "my out"),
}


@pytest.mark.parametrize("kind", BAD_TARGETS)
def test_bad_targets_are_refused(fails, recording, tmp_path, kind):
    name, word = BAD_TARGETS[kind]
    write(recording, tmp_path / "in.csv")
    (tmp_path / "folder.csv").mkdir()
    assert word in fails("denoise", tmp_path / "in.csv", tmp_path / name, *HIGHPASS, "--plot", "--force")


@pytest.mark.parametrize(
    ("source", "target"),
    [("in.csv", "in.csv"), ("in.hea", "in.hea"), ("in", "in.hea"), ("in.dat", "in.hea"), ("in.hea", "in.dat")],
)
def test_the_input_is_never_overwritten(fails, recording, tmp_path, source, target):
    write(recording, tmp_path / ("in.csv" if ".csv" in source else "in.hea"))
    told = fails("denoise", tmp_path / source, tmp_path / target, *HIGHPASS, "--force")
    assert "never overwritten" in told


def test_a_link_to_the_input_is_the_input(fails, recording, tmp_path):
    write(recording, tmp_path / "in.csv")
    (tmp_path / "link.csv").symlink_to(tmp_path / "in.csv")
    assert "never overwritten" in fails("denoise", tmp_path / "in.csv", tmp_path / "link.csv", *HIGHPASS, "--force")


def test_half_a_wfdb_record_in_the_way_is_seen(fails, recording, tmp_path):
    write(recording, tmp_path / "in.csv")
    (tmp_path / "out.dat").write_bytes(b"data of somebody's")
    assert "out.dat" in fails("denoise", tmp_path / "in.csv", tmp_path / "out.hea", *HIGHPASS)


def test_a_format_that_cannot_hold_the_names_leaves_nothing(fails, tmp_path):
    write(Recording([np.ones(500)], 1000, ["a name, far too long for an EDF"], units="mV"), tmp_path / "in.npz")
    for suffix in (".edf", ".csv"):
        assert "name" in fails("denoise", tmp_path / "in.npz", tmp_path / f"out{suffix}", *HIGHPASS, "--plot")


def test_a_channel_that_cannot_be_cleaned_is_named(fails, recording, tmp_path, monkeypatch):
    from emgtut.denoise import highpass

    def broken(self, batch, *, fs, contaminants):
        raise ValueError("This method has no idea.")

    monkeypatch.setattr(highpass.Highpass, "process", broken)
    write(recording, tmp_path / "in.csv")
    told = fails("denoise", tmp_path / "in.csv", tmp_path / "out.csv", *HIGHPASS)
    assert "'VL'" in told
    assert "no idea" in told


def test_a_bug_keeps_its_traceback(run, recording, tmp_path, monkeypatch):
    from emgtut.denoise import highpass

    def broken(self, batch, *, fs, contaminants):
        return batch[:, :-1]

    monkeypatch.setattr(highpass.Highpass, "process", broken)
    write(recording, tmp_path / "in.csv")
    with pytest.raises(RuntimeError, match="fault of the method"):
        run("denoise", tmp_path / "in.csv", tmp_path / "out.csv", *HIGHPASS)
    assert [path.name for path in tmp_path.iterdir()] == ["in.csv"]


def test_a_full_disk_leaves_nothing(fails, recording, tmp_path, monkeypatch):
    from emgtut.data import writing

    def half(recording, path):
        path.write_bytes(b"half a file")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setitem(writing.WRITERS, ".csv", half)
    write(recording, tmp_path / "in.npz")
    assert "No space left" in fails("denoise", tmp_path / "in.npz", tmp_path / "out.csv", *HIGHPASS, "--plot")


def test_a_picture_that_fails_leaves_no_result(run, recording, tmp_path, monkeypatch):
    from emgtut.show import reports

    def broken(*args, **kwargs):
        raise ValueError("The pen is dry.")

    monkeypatch.setattr(reports, "denoise_report", broken)
    write(recording, tmp_path / "in.npz")
    result = run("denoise", tmp_path / "in.npz", tmp_path / "out.csv", *HIGHPASS, "--plot")
    assert (result.exit_code, result.stderr) == (1, "Error: The pen is dry.\n")
    assert [path.name for path in tmp_path.iterdir()] == ["in.npz"]


RUN = "from emgtut.cli import main; main()"
STUCK = f"import os, time; os.replace = lambda *names: time.sleep(600); {RUN}"


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
@pytest.mark.parametrize(
    ("target", "program"), [("out.csv", RUN), ("out.npz", STUCK), ("out.hea", STUCK), ("out.edf", STUCK)]
)
def test_killed_before_the_end_leaves_no_result(tmp_path, rng, target, program):
    """Killed while it writes, or between writing and renaming: the folder shows the input only."""
    source = tmp_path / "in.npz"
    write(Recording(rng.standard_normal((4, 500_000)), 1000, ["a", "b", "c", "d"]), source)
    content = source.read_bytes()
    command = [sys.executable, "-c", program, "denoise", source, tmp_path / target, "--method", "identity"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 60
        while not any(path.stat().st_size for path in tmp_path.glob(".emgtut-*/*")):
            assert process.poll() is None, "it ended before it could be killed"
            assert time.monotonic() < deadline, "it never began to write"
            time.sleep(0.001)
        process.kill()
    assert process.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith(".")] == ["in.npz"]
    assert source.read_bytes() == content


def test_a_locked_folder_is_told_before_the_work(fails, recording, tmp_path, monkeypatch):
    write(recording, tmp_path / "in.csv")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    assert "does not let you write" in fails("denoise", tmp_path / "in.csv", tmp_path / "out.csv", *HIGHPASS)


def test_a_file_that_may_not_be_read_is_told_like_any_other(fails, recording, tmp_path, monkeypatch):
    def refused(path, **given):
        raise PermissionError(13, "Permission denied", str(path))

    write(recording, tmp_path / "in.csv")
    monkeypatch.setattr(data, "read", refused)
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.R_OK)
    told = fails("denoise", tmp_path / "in.csv", tmp_path / "out.csv", *HIGHPASS)
    assert told == f"Error: Permission denied: '{tmp_path / 'in.csv'}'."


def test_bad_files_of_a_real_recording(fails, data_root, tmp_path):
    for name in ("100.hea", "100.dat"):
        shutil.copy(data_root / "mitdb" / name, tmp_path / name)
    assert read(tmp_path / "100.hea").fs == 360
    with open(tmp_path / "100.dat", "r+b") as file:
        file.truncate(1_000_000)
    assert "100.dat" in fails("denoise", tmp_path / "100.hea", tmp_path / "out.npz", *HIGHPASS)
