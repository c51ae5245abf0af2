"""A recording that is readable whatever happens to the program that makes it."""

import subprocess
import sys
import time

import numpy as np
import pytest

from emgtut.acquire.recorder import Recorder, recording_files
from emgtut.data import read

SUFFIXES = (".hea", ".csv")
ARM = {"fs": 1000, "channels": ["flexor", "extensor"], "units": "mV", "units_per_count": 2.0**-20}

# Writes without a pause, in batches of up to 45 kB, so that a kill finds it in the middle of a write, and says after
# each batch how much is safe. Sample n of channel c is a known number.
WRITER = """
import sys
import numpy as np
from emgtut.acquire.recorder import Recorder

path, seed = sys.argv[1], int(sys.argv[2])
rng, n = np.random.default_rng(seed), 0
recorder = Recorder(path, fs=1000, channels=["a", "b", "c"], units="arbitrary", units_per_count=1.0)
while True:
    step = int(rng.integers(1, 5000))
    place = np.arange(n, n + step)
    recorder.append(np.stack([(place * k) % 16_000_000 - 8_000_000 for k in (7919, 104729, 1299709)]))
    n += step
    sys.stdout.write(f"{n}\\n")
    sys.stdout.flush()
"""


def expected(n):
    place = np.arange(n)
    return np.stack([(place * k) % 16_000_000 - 8_000_000 for k in (7919, 104729, 1299709)])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_was_appended_is_read_back_exactly(tmp_path, rng, suffix):
    counts = rng.integers(-(2**23) + 1, 2**23, (2, 1000))
    with Recorder(tmp_path / f"arm{suffix}", **ARM) as recorder:
        for part in np.split(counts, [1, 2, 40, 700], axis=1):
            recorder.append(part)
            assert read(tmp_path / f"arm{suffix}").n_samples == recorder.n_samples  # readable while it grows
    arm = read(tmp_path / f"arm{suffix}")
    np.testing.assert_array_equal(arm.signal, counts * 2.0**-20)
    assert (arm.fs, arm.units, arm.channels) == (1000, "mV", ["flexor", "extensor"])
    assert not (tmp_path / "arm.gaps.csv").exists()


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("seed", range(4))
def test_killed_at_any_moment_the_recording_up_to_then_is_readable(tmp_path, suffix, seed):
    path = tmp_path / f"arm{suffix}"
    command = [sys.executable, "-c", WRITER, str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout.readline().strip().isdigit()  # it has begun
        time.sleep(np.random.default_rng(seed).uniform(0, 0.3))
        writer.kill()
        told = [line for line in writer.stdout.read().splitlines(keepends=True) if line.endswith("\n")]
    safe = int(told[-1]) if told else 1
    arm = read(path)
    assert arm.n_samples >= safe
    np.testing.assert_array_equal(arm.signal, expected(arm.n_samples))


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_cut_at_every_byte_the_whole_samples_are_read(tmp_path, suffix):
    """What a kill inside a write can leave behind, and no other accident."""
    counts = np.array([[-8_000_000, 5, -6, 7_000_000], [1, -2, 3_000_000, -4]])
    with Recorder(tmp_path / f"arm{suffix}", **ARM) as recorder:
        recorder.append(counts[:, :1])
        data_path = recording_files_of(tmp_path, suffix)
        start = data_path.stat().st_size
        recorder.append(counts[:, 1:])
    whole = data_path.read_bytes()
    lengths = set()
    for size in range(start, len(whole) + 1):
        data_path.write_bytes(whole[:size])
        arm = read(tmp_path / f"arm{suffix}")
        np.testing.assert_array_equal(arm.signal, counts[:, : arm.n_samples] * 2.0**-20)
        lengths.add(arm.n_samples)
    assert lengths == {1, 2, 3, 4}


def recording_files_of(folder, suffix):
    return folder / ("arm.dat" if suffix == ".hea" else "arm.csv")


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_lost_samples_are_held_and_listed(tmp_path, suffix):
    with Recorder(tmp_path / f"arm{suffix}", **ARM | {"units_per_count": 1.0}) as recorder:
        recorder.append([[1, 2], [10, 20]])
        recorder.append([[5], [50]], lost=3)
        recorder.append([[6], [60]])
        recorder.append([[7], [70]], lost=1)
        recorder.append([[8], [80]], restarted=True)
        assert (recorder.n_samples, recorder.n_filled) == (10, 4)
    assert read(tmp_path / f"arm{suffix}").signal.tolist() == [
        [1, 2, 2, 2, 2, 5, 6, 6, 7, 8],
        [10, 20, 20, 20, 20, 50, 60, 60, 70, 80],
    ]
    assert (tmp_path / "arm.gaps.csv").read_text() == "start_sample,n_samples\n2,3\n7,1\n9,0\n"


def test_the_lowest_count_is_stored_as_its_neighbour(tmp_path):
    """WFDB reserves it; left alone, one clipped sample would make the recording unreadable."""
    with Recorder(tmp_path / "arm.hea", **ARM | {"units_per_count": 1.0}) as recorder:
        recorder.append([[-(2**23), 2**23 - 1], [0, 0]])
    assert read(tmp_path / "arm.hea").signal[0].tolist() == [-(2**23) + 1, 2**23 - 1]


def test_a_rate_that_is_no_whole_number_survives(tmp_path):
    with Recorder(tmp_path / "arm.hea", **ARM | {"fs": 1925.9259259259259}) as recorder:
        recorder.append([[1], [2]])
    assert read(tmp_path / "arm.hea").fs == 1925.9259259259259


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_an_existing_recording_is_never_touched(tmp_path, suffix):
    for file in dict.fromkeys(recording_files(tmp_path / f"arm{suffix}")):
        file.write_text("something dear")
        with pytest.raises(ValueError, match="never overwritten"):
            Recorder(tmp_path / f"arm{suffix}", **ARM)
        assert [path.name for path in tmp_path.iterdir()] == [file.name]
        assert file.read_text() == "something dear"
        file.unlink()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fs": 0}, "sampling rate"),
        ({"channels": ["a", "a"]}, "same name"),
        ({"channels": []}, "signal of shape"),
        ({"units": "furlongs"}, "units"),
        ({"units_per_count": 0}, "units_per_count"),
    ],
)
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_what_cannot_be_recorded_is_refused_before_a_file_is_made(tmp_path, change, words, suffix):
    with pytest.raises(ValueError, match=words):
        Recorder(tmp_path / f"arm{suffix}", **ARM | change)
    assert not list(tmp_path.iterdir())


def test_names_that_a_format_cannot_hold_are_refused_before_a_file_is_made(tmp_path):
    for name, change, words in (
        ("my arm.hea", {}, "record name"),
        ("arm.csv", {"channels": ["a,b", "c"]}, "cannot hold the name"),
        ("arm.hea", {"channels": ["Wadenmuskel", "Fußheber"]}, "ASCII"),
        ("arm.edf", {}, "not to 'arm.edf'"),
    ):
        with pytest.raises(ValueError, match=words):
            Recorder(tmp_path / name, **ARM | change)
    assert not list(tmp_path.iterdir())


def test_wrong_channels_and_endless_gaps_write_nothing(tmp_path):
    with Recorder(tmp_path / "arm.hea", **ARM) as recorder:
        recorder.append([[1], [2]])
        for counts, lost in (([[1]], 0), ([1, 2], 0), ([[1], [2]], 2**31)):
            with pytest.raises(ValueError):
                recorder.append(counts, lost=lost)
        assert recorder.n_samples == 1
    assert read(tmp_path / "arm.hea").n_samples == 1
    assert not (tmp_path / "arm.gaps.csv").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of a file")
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_full_disk_leaves_whole_batches(tmp_path, suffix):
    """The disk is made full by the system's limit on the size of a file, in a process of its own."""
    code = f"""
import resource, signal
import numpy as np
from emgtut.acquire.recorder import Recorder
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
recorder = Recorder({str(tmp_path / f"arm{suffix}")!r}, fs=1000, channels=["a", "b"], units="mV", units_per_count=1.0)
try:
    for n in range(10_000):
        recorder.append(np.full((2, 7), n))
except OSError:
    print(recorder.n_samples)
    recorder.close()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    arm = read(tmp_path / f"arm{suffix}")
    assert arm.n_samples == int(done.stdout) > 7
    np.testing.assert_array_equal(arm.signal[0], np.repeat(np.arange(arm.n_samples // 7), 7))


def test_closing_twice_does_no_harm(tmp_path):
    recorder = Recorder(tmp_path / "arm.hea", **ARM)
    recorder.close()
    recorder.close()
    with pytest.raises(ValueError, match="no samples"):
        read(tmp_path / "arm.hea")
