"""The reader of EMGLAB N2001, on made-up files of the same layout: a WFDB header and a signal file of one name."""

import numpy as np
import pytest

from emgtut.apply.disorder import study
from emgtut.apply.disorder_patients import CLASSES
from emgtut.apply.disorder_recordings import emgdb_records, emglab_records
from emgtut.data import DataMissing
from emgtut.data.emglab import FOLDER, emglab_files, load_emglab

FS, COUNTS_PER_MV = 23_437.5, 1000


def write(folder, name, counts, fmt=16):
    """Write a recording as the collection has it: 16-bit counts (61: high byte first) beside a text header."""
    folder.mkdir(parents=True, exist_ok=True)
    counts.astype({16: "<i2", 61: ">i2"}[fmt]).tofile(folder / f"{name}.bin")
    checksum = int(counts.astype(np.int64).sum()) % 65536
    lines = [
        f"{name} 1 {FS} {counts.size}",
        f"{name}.bin {fmt} {COUNTS_PER_MV}/mV 16 0 {counts[0]} {checksum} 0 EMG",
        "#a made-up person",
    ]
    (folder / f"{name}.hea").write_text("\n".join(lines) + "\n", encoding="ascii")


@pytest.fixture
def root(tmp_path, rng):
    for group in "ACM":
        for person in (1, 2):
            for number in (2, 3):
                counts = rng.integers(-2000, 2000, 30_000)
                write(tmp_path / FOLDER / f"{group}{person}", f"N2001{group}{person:02d}BB{number:02d}", counts)
    write(tmp_path / FOLDER, "N2001C01AP52", rng.integers(-9, 9, 30_000))
    return tmp_path


@pytest.mark.parametrize("fmt", [16, 61])
def test_a_recording_comes_back_in_millivolts(tmp_path, rng, fmt):
    counts = rng.integers(-30_000, 30_000, 5000)
    write(tmp_path / FOLDER, "N2001A07BB12", counts, fmt)
    (header,) = emglab_files(root=tmp_path)
    found = load_emglab(header)
    np.testing.assert_allclose(found.signal[0], counts / COUNTS_PER_MV)
    assert (found.fs, found.units, found.subject) == (FS, "mV", "A07")
    assert (found.meta["group"], found.meta["muscle"], found.meta["record"]) == ("als", "BB", "N2001A07BB12")


def test_files_are_found_in_folders_and_by_muscle(root):
    assert len(emglab_files(root=root)) == 13
    assert [path.stem for path in emglab_files(root=root, muscle="AP")] == ["N2001C01AP52"]
    (root / FOLDER / "notes.hea").write_text("not a recording")
    assert len(emglab_files(root=root)) == 13


def test_a_signal_that_is_cut_off_is_refused(root):
    header = emglab_files(root=root)[0]
    signal = header.with_suffix(".bin")
    signal.write_bytes(signal.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="cut off"):
        load_emglab(header)


def test_groups_become_classes_and_persons_keep_their_letters(root):
    records = emglab_records(root=root)
    assert {record.group for record in records} == set(CLASSES)
    assert sorted({record.patient for record in records}) == ["A01", "A02", "C01", "C02", "M01", "M02"]
    assert len(emglab_records(root=root, per_patient=1)) == 6
    assert all(record.fs == FS for record in records)


def test_what_is_not_there_is_never_replaced(tmp_path, root):
    assert study(data="real", root=root, models=["features"]).about["data"] == "real"
    with pytest.raises(DataMissing, match="EMGLAB"):
        study(data="real", root=tmp_path / "empty")
    for header in emglab_files(root=root):
        if "N2001M" in header.stem:
            header.unlink()
    with pytest.raises(DataMissing, match="three groups"):
        emglab_records(root=root)


def test_the_examples_of_physionet_are_read_where_they_are(data_root):
    records = emgdb_records(root=data_root)
    assert {record.group for record in records} <= set(CLASSES)
    assert all(record.fs == 4000 for record in records)
    assert "emg_healthy" in [record.patient for record in records]
