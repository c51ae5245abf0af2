"""Damaged files: one clear sentence, never another library's error, never a silently shorter signal."""

import shutil
import traceback

import h5py
import numpy as np
import openpyxl
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emgtut.data import Recording, load, read, write
from emgtut.data.readers.wfdb_record import annotations

N = 700


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    """One undamaged file of each format, in a folder."""
    folder = tmp_path_factory.mktemp("good")
    rng = np.random.default_rng(3)
    arm = Recording(rng.normal(size=(2, N)), 1000, ["biceps", "triceps"], "mV")
    for suffix in (".npz", ".csv", ".hea", ".edf"):
        write(arm, folder / f"arm{suffix}")
    scipy.io.savemat(folder / "arm.mat", {"emg": arm.signal, "fs": 1000}, do_compression=True)
    scipy.io.savemat(folder / "plain.mat", {"emg": arm.signal, "fs": 1000})
    scipy.io.savemat(folder / "four.mat", {"emg": arm.signal, "fs": 1000}, format="4")
    with h5py.File(folder / "arm.h5", "w") as file:
        device = file.create_group("00:07")
        device.attrs.update({"sampling rate": 1000, "nsamples": N, "resolution": np.array([16, 16])})
        for number in range(2):
            device.create_dataset(f"raw/channel_{number}", data=np.arange(N, dtype=np.uint16)[:, None] + number)
    workbook = openpyxl.Workbook()
    for row in arm.signal[:, :50].T:
        workbook.active.append(list(row))
    workbook.save(folder / "arm.xlsx")
    return folder


def refused(path, **given):
    """Read a file that must be refused; return the sentence."""
    with pytest.raises(ValueError) as refusal:
        read(path, **given)
    sentence = str(refusal.value)
    assert "\n" not in sentence
    assert sentence.endswith((".", "?"))
    assert path.stem in sentence
    # what the course says comes last; what a library said before it is chained, not shown bare
    assert traceback.extract_tb(refusal.value.__traceback__)[-1].filename.split("emgtut")[-1].startswith("/data/")
    return sentence


def copy(good, tmp_path, suffix, change=lambda content: content):
    """A copy of one good file with its bytes changed; for .dat and .hea the other half comes along."""
    if suffix in (".dat", ".hea"):
        for part in (".dat", ".hea"):
            shutil.copy(good / f"arm{part}", tmp_path)
    source = good / (f"arm{suffix}" if suffix.startswith(".") else suffix)
    path = tmp_path / source.name
    path.write_bytes(change(source.read_bytes()))
    return path


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".hea", ".dat", ".edf", ".mat", ".xlsx", ".h5", ".txt", ".tsv"])
def test_zero_bytes(tmp_path, suffix):
    (tmp_path / f"arm{suffix}").touch()
    assert refused(tmp_path / f"arm{suffix}") == f"arm{suffix} is empty (0 bytes); copy or download it again."


@pytest.mark.parametrize("suffix", [".npz", ".edf", ".mat", ".xlsx", ".h5", ".hea"])
@pytest.mark.parametrize(
    "content", [b"garbage " * 500, b"\0" * 4000, b"PK\x03\x04" + b"\xff" * 3000, b"\x89HDF\r\n\x1a\n"]
)
def test_garbage(tmp_path, suffix, content):
    (tmp_path / f"arm{suffix}").write_bytes(content)
    refused(tmp_path / f"arm{suffix}", fs=1000)


@pytest.mark.parametrize("suffix", [".npz", ".csv", ".dat", ".edf", ".mat", ".xlsx"])
@pytest.mark.parametrize("share", [0.02, 0.3, 0.7, 0.99])
def test_cut_off(good, tmp_path, suffix, share):
    path = copy(good, tmp_path, suffix, lambda content: content[: int(len(content) * share)])
    refused(path, fs=1000)


def test_cut_csv_of_another_program_is_refused_where_it_shows(tmp_path):
    """Inside a line a cut shows; between two lines it cannot, and no reader could tell."""
    path = tmp_path / "arm.csv"
    path.write_text("emg,ecg\n1,2\n3,4\n5")
    assert "line 4: 1 columns where the first line has 2; is it cut off?" in refused(path, fs=1000)


def test_wfdb_that_is_cut_is_named(good, tmp_path):
    path = copy(good, tmp_path, ".dat", lambda content: content[:-6])
    assert refused(path) == (
        "arm.dat is cut off or too long: arm.hea promises 4200 bytes and there are 4194; download both again."
    )


def test_wfdb_without_header_or_signal(good, tmp_path):
    shutil.copy(good / "arm.dat", tmp_path)
    assert refused(tmp_path / "arm.dat") == "arm.dat has no header: arm.hea must lie beside it."
    (tmp_path / "arm.dat").unlink()
    shutil.copy(good / "arm.hea", tmp_path)
    assert refused(tmp_path / "arm.hea") == (
        "arm.hea needs the signal file arm.dat, which is not beside it; download it too."
    )


def test_wfdb_with_a_changed_sample(good, tmp_path):
    def flip(content):
        return content[:100] + bytes([content[100] ^ 4]) + content[101:]

    assert "fails the checksum of its header" in refused(copy(good, tmp_path, ".dat", flip))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"arm 2 1000 700", b"arm 2 1000 70"),
        (b"arm 2 1000 700", b"arm 1 1000 700"),
        (b"arm 2 1000 700", b"arm 2"),
        (b"arm 2 1000 700", b"arm 2 0 700"),
        (b"arm 2 1000 700", b"arm 2 fast 700"),
        (b"arm 2 1000 700", b"arm/2 2 1000 700"),
        (b"arm 2 1000 700", b""),
        (b"arm.dat 24", b"arm.dat 16"),
        (b"arm.dat 24", b"arm.dat 9999"),
        (b"arm.dat 24", b"arm.dat 24x4"),
        (b"/mV", b"/mmHg"),
    ],
)
def test_wfdb_with_a_wrong_header(good, tmp_path, old, new):
    refused(copy(good, tmp_path, ".hea", lambda content: content.replace(old, new)))


def test_edf_that_is_cut_is_named(good, tmp_path):
    assert "shorter or longer than its header says" in refused(copy(good, tmp_path, ".edf", lambda c: c[:-2]))


@pytest.mark.parametrize("size", [0, 1, 10, 101])
def test_annotations_that_are_cut(data_root, tmp_path, size):
    content = (data_root / "mitdb" / "100.atr").read_bytes()
    (tmp_path / "100.atr").write_bytes(content[:size])
    with pytest.raises(ValueError, match=r"100\.atr is cut off"):
        annotations(tmp_path / "100.atr")


def test_a_damaged_record_of_a_dataset(data_root, tmp_path):
    for dataset, name, record in [
        ("emgdb", "emg_healthy.dat", "emg_healthy"),
        ("nsrdb_excerpts", "16265m.mat", "16265"),
        ("mitdb", "100.atr", "100"),
        ("flexemg", "S001_Session1Train_001-001.npz", "S001_Session1Train_001-001"),
        ("flexemg", "arraymap.npy", "S001_Session1Train_001-002"),
        ("nstdb_excerpts", "em_segments_0-3.npz", "em/1"),
        ("elderly_lower_limb", "ID 1.xlsx", "1/VL"),
        ("muscletracker", "Data/Raw/Biopac/1_1_1.txt", "1_1_1"),
        ("diaphragm_emg", "1ch_example.txt", "1ch_example"),
        ("biosignalsnotebooks", "emg_bursts.h5", "emg_bursts"),
    ]:
        shutil.rmtree(tmp_path / dataset, ignore_errors=True)
        folder = shutil.copytree(data_root / dataset, tmp_path / dataset)
        content = (folder / name).read_bytes()
        (folder / name).write_bytes(content[: len(content) // 2 - 1])
        with pytest.raises(ValueError, match=name.rsplit("/")[-1].split(".")[0]):
            load(dataset, record, root=tmp_path)


# ---- any damage at all

relaxed = settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FUZZED = [".npz", ".csv", ".dat", ".hea", ".edf", ".mat", "plain.mat", "four.mat", ".xlsx", ".h5"]


def rate(path):
    """Give the rate only where the file does not say it."""
    return 1000 if path.suffix == ".xlsx" else None


def survives(path):
    """Read a damaged file: refused with ValueError, or as long and as wide as it was (EDF: or with its padding)."""
    try:
        n_channels, n_samples = read(path, fs=rate(path)).signal.shape
    except ValueError:
        return
    assert n_channels == 2
    assert n_samples == {".xlsx": 50}.get(path.suffix, N) or (path.suffix == ".edf" and n_samples == 1000)


def original(good, suffix):
    return (good / (f"arm{suffix}" if suffix.startswith(".") else suffix)).read_bytes()


@relaxed
@given(data=st.data())
@pytest.mark.parametrize("suffix", FUZZED)
def test_any_cut(good, tmp_path, suffix, data):
    whole = original(good, suffix)
    keep = data.draw(st.integers(0, len(whole) - 1))
    path = copy(good, tmp_path, suffix, lambda content: content[:keep])
    if suffix == ".hea":
        survives(path)  # the comments and descriptions at its end may go without harm
    else:
        refused(path, fs=rate(path))


@relaxed
@given(data=st.data())
@pytest.mark.parametrize("suffix", FUZZED)
def test_any_corruption(good, tmp_path, suffix, data):
    content = bytearray(original(good, suffix))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    survives(copy(good, tmp_path, suffix, lambda _: bytes(content)))
