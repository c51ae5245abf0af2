"""`emgtut stream`: a virtual board watched, recorded, interrupted; a board that is silent, wrong or gone."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from emgtut.acquire.board import VirtualBoard
from emgtut.commands.stream import simulated_board
from emgtut.data import read
from emgtut.signals import butterworth, filter_zero_phase, rms

pytestmark = pytest.mark.skipif(not hasattr(os, "openpty"), reason="a virtual board needs pseudo-terminals")
COMMAND = [sys.executable, "-c", "from emgtut.cli import main; main()", "stream"]


@pytest.mark.parametrize("suffix", [".hea", ".csv"])
def test_two_seconds_of_a_virtual_board(tmp_path, suffix):
    command = [*COMMAND, "--virtual", "--seconds", "2", "--record", f"arm{suffix}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.strip().split("  ")[0] for line in lines[:2]] == ["1 s", "2 s"]  # a line a second
    assert "lost 0 samples, 0 checksum errors" in lines[1]
    assert lines[2:4] == [
        "2 channels, 2 s at 1000 Hz, units mV.",
        "2000 samples a channel; lost 0 samples, 0 checksum errors, 0 bytes skipped.",
    ]
    assert lines[4] == f"Written: arm{suffix} (unfiltered)"
    arm = read(tmp_path / f"arm{suffix}")
    assert (arm.n_samples, arm.fs, arm.units, arm.channels) == (2000, 1000, "mV", ["channel 0", "channel 1"])
    board, mv_per_count = simulated_board(mains_hz=50)
    np.testing.assert_allclose(arm.signal, board.counts[:, :2000] * mv_per_count, rtol=1e-12)


def test_losses_are_filled_counted_and_listed(works, tmp_path):
    text = works("stream", "--virtual", "--seconds", "1.5", "--loss", "0.2", "--record", tmp_path / "arm.hea")
    arm = read(tmp_path / "arm.hea")
    assert arm.n_samples == 1500
    gaps = np.loadtxt(tmp_path / "arm.gaps.csv", delimiter=",", skiprows=1, dtype=int, ndmin=2)
    assert f"lost {gaps[:, 1].sum()} samples" in text
    assert gaps[:, 1].sum() > 0
    board, mv_per_count = simulated_board(mains_hz=50)
    first = int(np.argmin(np.abs(board.counts[0, :640] * mv_per_count - arm.signal[0, 0])))  # a lost start is no gap
    true = board.counts[:, first : first + 1500] * mv_per_count
    held = np.zeros(1500, dtype=bool)
    for start, n in gaps:
        held[start : start + n] = True
        np.testing.assert_array_equal(arm.signal[:, start : start + n], arm.signal[:, [start - 1] * n])
    np.testing.assert_allclose(arm.signal[:, ~held], true[:, ~held], rtol=1e-12)  # time stays true behind every gap


def test_ctrl_c_ends_with_a_summary_and_a_recording(tmp_path):
    command = [*COMMAND, "--virtual", "--record", "arm.csv"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("   1 s")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    assert "Written: arm.csv" in out
    told = next(line for line in out.splitlines() if "samples a channel" in line)
    assert read(tmp_path / "arm.csv").n_samples == int(told.split()[0]) >= 1000


def test_killed_it_leaves_a_readable_recording(tmp_path):
    command = [*COMMAND, "--virtual", "--record", "arm.hea"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline().startswith("   1 s")
        process.kill()
    assert read(tmp_path / "arm.hea").n_samples >= 1000


def test_a_terminal_shows_a_live_view(tmp_path):
    master, slave = os.openpty()
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "30"}
    command = [*COMMAND, "--virtual", "--seconds", "1.2"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=slave, stderr=subprocess.PIPE, env=environment)
    os.close(slave)
    shown = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:  # the other end is closed
            break
        if not data:
            break
        shown += data
    os.close(master)
    assert process.wait(60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()
    text = shown.decode()
    assert text.count("channel 0") > 5  # drawn again and again
    assert "━" in text
    assert any(block in text for block in "▂▃▄▅▆▇█")
    assert "Ctrl-C ends" in text
    assert "\x1b[?25h" in text  # the cursor is given back


def test_the_simulated_board_holds_what_it_says():
    board, mv_per_count = simulated_board(mains_hz=60)
    mv = board.counts * mv_per_count
    assert mv.mean(-1) == pytest.approx([1.5, 1.5], abs=0.01)  # the shift of 1.5 V behind a gain of 1000
    hum = filter_zero_phase(butterworth(2, (59, 61), "bandpass", fs=1000), mv).reshape(2, -1, 250)
    assert np.median(rms(hum)) == pytest.approx(0.05, rel=0.1)
    muscle = filter_zero_phase(butterworth(2, (70, 110), "bandpass", fs=1000), mv).reshape(2, -1, 250)
    loud = rms(muscle) > 0.02
    assert (loud.mean(axis=1) > 0.2).all()
    assert not (loud[0] & loud[1]).any()  # they contract in turn


def test_a_board_at_a_port_needs_its_rate_and_is_arbitrary_without_a_gain(works, tmp_path):
    counts = np.arange(-4000, 4000).reshape(1, -1)
    with VirtualBoard(counts, fs=2000) as board:
        board.start()
        at_port = [
            "stream",
            "--port",
            board.port,
            "--fs",
            "2000",
            "--seconds",
            "0.5",
            "--band",
            "30",
            "400",
            "--mains",
            "off",
        ]
        text = works(*at_port, "--record", tmp_path / "a.hea")
        assert "1 channel, 0.5 s at 2000 Hz, units arbitrary." in text
        scaled = works(*at_port, "--mv-per-count", "0.25", "--record", tmp_path / "b.csv")
        assert "units mV" in scaled
    arm = read(tmp_path / "a.hea")
    assert (arm.n_samples, arm.fs, arm.units) == (1000, 2000, "arbitrary")
    assert set(np.diff(arm.signal[0])) <= {1.0, -7999.0}
    assert set(np.diff(read(tmp_path / "b.csv").signal[0])) <= {0.25, -7999 / 4}


def test_a_silent_board_is_given_up(fails):
    with VirtualBoard([[0]], fs=1000) as board:
        began = time.monotonic()
        said = fails("stream", "--port", board.port, "--fs", "1000")
    assert "nothing came for 3 s" in said
    assert time.monotonic() - began < 30


def test_a_board_that_speaks_otherwise_is_told_from_a_silent_one(fails):
    class Babbler(VirtualBoard):
        def _frames(self):
            rng = np.random.default_rng(0)
            while True:
                yield rng.integers(0, 128, 100, dtype=np.uint8).tobytes()

    with Babbler([[0]], fs=1000) as board:
        board.start()
        assert "--baud" in fails("stream", "--port", board.port, "--fs", "1000")


def test_an_unplugged_board_keeps_what_came(run, tmp_path):
    class Loose(VirtualBoard):
        def _send(self):
            super()._send()
            os.close(self._master)
            self._master = os.open(os.devnull, os.O_RDONLY)

    with Loose(np.zeros((1, 1000), dtype=int), fs=1000, repeat=False) as board:
        board.start()
        result = run("stream", "--port", board.port, "--fs", "1000", "--record", tmp_path / "arm.hea")
    assert result.exit_code == 1
    assert result.stderr.count("\n") == 1
    assert "unplugged" in result.stderr or "nothing came" in result.stderr
    assert "Written" in result.stdout
    assert read(tmp_path / "arm.hea").n_samples > 500


@pytest.mark.parametrize(
    ("args", "words"),
    [
        ([], "either --port"),
        (["--virtual", "--port", "x"], "either --port"),
        (["--port", "x"], "--fs HZ"),
        (["--virtual", "--fs", "1000"], "leave them out"),
        (["--virtual", "--mv-per-count", "1"], "leave them out"),
        (["--port", "x", "--fs", "1000", "--loss", "0.1"], "--loss"),
        (["--virtual", "--mains", "55"], "50, 60, off"),
        (["--virtual", "--seconds", "0"], "--seconds"),
        (["--port", "x", "--fs", "1000", "--baud", "-1"], "--baud"),
        (["--port", "x", "--fs", "1000", "--mv-per-count", "nan"], "--mv-per-count"),
    ],
)
def test_calls_that_make_no_sense(fails, args, words):
    assert words in fails("stream", *args, code=2)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["--port", "/dev/no-such-board", "--fs", "1000"], "cannot be opened"),
        (["--virtual", "--band", "20", "700"], "between 0 and 500 Hz"),
        (["--virtual", "--band", "60", "400", "--track"], "inside the band"),
        (["--virtual", "--loss", "2"], "probabilities"),
        (["--virtual", "--record", "arm.edf"], "not to 'arm.edf'"),
        (["--virtual", "--record", "nowhere/arm.hea"], "does not exist"),
        (["--virtual", "--record", "my arm.hea"], "record name"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_written(fails, args, words):
    assert words in fails("stream", *args)


def test_an_existing_recording_is_safe(fails, tmp_path):
    (tmp_path / "arm.dat").write_text("something dear")
    assert "never overwritten" in fails("stream", "--virtual", "--record", tmp_path / "arm.hea")
